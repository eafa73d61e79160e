# SPDX-License-Identifier: GPL-3.0-or-later
"""A management controller and a ramdisk for a machine that is there already.

    doubles.py DIRECTORY UUID MAC MACHINE_ID HOST_KEY

DIRECTORY is that of the README's playbook, which reads DIRECTORY/state and DIRECTORY/bmc-ca.crt.

The controller is sushy-tools (real Redfish, TLS, password) with its driver `fake`: no hardware behind it. The ramdisk
is a double: when the machine is armed, on and told to boot from the network, it uses the real boot store as a ramdisk
would, writes nothing, and switches off. Goes on in the background until the network namespace loses its name.
"""

from __future__ import annotations

import base64
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "plugins/module_utils/provision"), str(ROOT / "molecule/services")]

from boot_store import Store  # noqa: E402 - the provisioner runs it as a file as well
from namespace import named  # noqa: E402

ADDRESS, PORT, USER, PASSWORD, LONGEST = "10.20.0.101", 443, "admin", "throw-away", 1800


def emulator() -> str:
    """The program, from this environment or from the one that the virtual rack made."""
    places = [pathlib.Path(sys.executable).parent, *pathlib.Path.home().glob(".cache/groundup/emulators-*/bin")]
    found = next((place / "sushy-emulator" for place in places if (place / "sushy-emulator").exists()), None)
    if not found:
        raise SystemExit("sushy-emulator is not installed: pip install -r requirements/lab.txt")
    return str(found)


def start_controller(directory: pathlib.Path, uuid: str, mac: str) -> subprocess.Popen[bytes]:
    """Starts sushy-tools at an address of its own and waits until it answers."""
    subprocess.run(["ip", "address", "replace", f"{ADDRESS}/32", "dev", "lo"], check=True)
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", "bmc.key", "-out", "bmc.crt", "-days", "3", "-subj", "/CN=bmc"]
    subprocess.run(
        [*command, "-addext", f"subjectAltName=IP:{ADDRESS}"], cwd=directory, check=True, capture_output=True
    )
    hashing = [str(pathlib.Path(emulator()).parent / "python"), "-c"]
    hashing += ["import bcrypt, sys; print(bcrypt.hashpw(sys.stdin.buffer.read(), bcrypt.gensalt(4)).decode())"]
    hashed = subprocess.run(hashing, input=PASSWORD.encode(), check=True, capture_output=True).stdout.decode()
    (directory / "users").write_text(f"{USER}:{hashed}")
    (directory / "emulator.conf").write_text(
        f"SUSHY_EMULATOR_LISTEN_IP = '{ADDRESS}'\nSUSHY_EMULATOR_LISTEN_PORT = {PORT}\n"
        f"SUSHY_EMULATOR_SSL_CERT = '{directory}/bmc.crt'\nSUSHY_EMULATOR_SSL_KEY = '{directory}/bmc.key'\n"
        f"SUSHY_EMULATOR_AUTH_FILE = '{directory}/users'\nSUSHY_EMULATOR_STATE_DIR = '{directory}'\n"
        f"SUSHY_EMULATOR_FAKE_SYSTEMS = [{{'uuid': '{uuid}', 'name': 'node1', 'power_state': 'Off',"
        f" 'external_notifier': False, 'nics': [{{'mac': '{mac}', 'ip': '10.99.10.21'}}]}}]\n"
    )
    log = (directory / "emulator.log").open("wb")
    words = [emulator(), "--fake", "--config", str(directory / "emulator.conf")]
    process = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT, cwd=directory)
    for __ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex((ADDRESS, PORT)) == 0:
                return process
        if process.poll() is not None:
            break
        time.sleep(0.2)
    raise SystemExit(f"the emulator does not answer: {(directory / 'emulator.log').read_text()}")


class Redfish:
    """Just enough of a client to see what the machine was told."""

    def __init__(self, directory: pathlib.Path, uuid: str) -> None:
        self.path = f"https://{ADDRESS}:{PORT}/redfish/v1/Systems/{uuid}"
        self.context = ssl.create_default_context(cafile=str(directory / "bmc.crt"))
        self.login = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def ask(self, suffix: str = "", body: dict[str, str] | None = None) -> Any:
        """GET, or POST with a body."""
        headers = {"Authorization": self.login, "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(self.path + suffix, data, headers)
        with urllib.request.urlopen(request, context=self.context, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None


def ramdisk(store: Store, redfish: Redfish, directory: pathlib.Path, mac: str, machine_id: str, host_key: str) -> None:
    """One deployment, if the machine is told to."""
    arming = store.armed_for(mac)
    if not arming or (directory / "no-ramdisk").exists():
        return
    system = redfish.ask()
    if system["PowerState"] != "On" or system["Boot"]["BootSourceOverrideTarget"] != "Pxe":
        return
    machine = arming["machine"]
    session = store.start(machine, arming["token"], {"nonce": arming["token"][:8], "mac": mac}, "")["session"]
    events: list[tuple[str, dict[str, Any]]] = [
        ("progress", {"stage": "write", "done": 1, "total": 2, "unit": "bytes"}),
        ("done", {"host_key": host_key, "machine_id": machine_id, "image": "debian-13", "image_sha256": "0" * 64}),
    ]
    for number, (event, data) in enumerate(events, 1):
        store.event(machine, session, {"event": event, "seq": number, "data": data}, "")
        time.sleep(1)
    redfish.ask("/Actions/ComputerSystem.Reset", {"ResetType": "ForceOff"})


def main(place: str, uuid: str, mac: str, machine_id: str, host_key: str) -> None:
    """Start, go to the background, and stay there while the scenario lasts."""
    directory, state = pathlib.Path(place, "doubles"), pathlib.Path(place, "state")
    for path in (directory, state):
        shutil.rmtree(path, ignore_errors=True)
    directory.mkdir(parents=True)
    (state / "images").mkdir(parents=True)
    manifest = {"sha256": "0" * 64, "size": 1, "chunk_size": 1, "chunks": []}
    (state / "images/debian-13.json").write_text(json.dumps(manifest))
    (state / "images/debian-13.raw").write_bytes(b"\0")  # no image either; nobody is armed for one that is not there
    store = Store(str(state), "http://127.0.0.1")
    process = start_controller(directory, uuid, mac)
    shutil.copy(directory / "bmc.crt", pathlib.Path(place, "bmc-ca.crt"))
    if os.fork():
        os._exit(0)
    os.setsid()
    for stream in (0, 1, 2):
        os.dup2(os.open(directory / "doubles.log", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), stream)
    end, redfish = time.monotonic() + LONGEST, Redfish(directory, uuid)
    while named() and time.monotonic() < end:
        ramdisk(store, redfish, directory, mac, machine_id, host_key)
        time.sleep(1)
    process.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:6])
