# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Redfish service (sushy-tools) with TLS and a password, and the fault proxy in front of it.

Its machines are the emulator's own doubles (driver `fake`): no disk, no firmware. Real virtual machines behind the
same service are in the virtual rack (tests/e2e).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fault_proxy import FaultProxy
from services.processes import bound

UUID = "c7a5fdbd-cdaf-9455-926a-d65c16db1809"
MAC = "52:54:00:00:01:01"
PASSWORD = "right-one-9"


@dataclass
class Service:
    """Address and files of the emulator."""

    port: int
    directory: Path

    @property
    def ca(self) -> str:
        """Path of the service's self-signed certificate, which is also the CA."""
        return str(self.directory / "bmc.crt")

    @property
    def key(self) -> str:
        """Path of the service's key."""
        return str(self.directory / "bmc.key")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in hexadecimal."""
        der = ssl.PEM_cert_to_DER_cert(Path(self.ca).read_text())
        return hashlib.sha256(der).hexdigest()


def find(program: str) -> str:
    """Return the path of a program of this environment or of GROUNDUP_LAB_VENV; skip the test if it is missing."""
    places = [Path(sys.executable).parent, Path(os.environ.get("GROUNDUP_LAB_VENV", "/nonexistent")) / "bin"]
    found = next((str(place / program) for place in places if (place / program).exists()), shutil.which(program))
    if not found:
        pytest.skip(f"{program} is not installed")
    return found


def certificate(directory: Path, name: str, address: str = "127.0.0.1") -> None:
    """Make a self-signed certificate for an address."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", f"{directory}/{name}.key", "-out", f"{directory}/{name}.crt", "-days", "3"]
    command += ["-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{address}"]
    subprocess.run(command, check=True, capture_output=True)


def free_port() -> int:
    """Return an unused TCP port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run sushy-emulator for the session."""
    program, directory, port = find("sushy-emulator"), tmp_path_factory.mktemp("bmc"), free_port()
    certificate(directory, "bmc")
    certificate(directory, "other")
    # bcrypt hash of PASSWORD
    import bcrypt

    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    (directory / "users").write_text(f"admin:{hashed}\n")
    (directory / "emulator.conf").write_text(
        f"SUSHY_EMULATOR_LISTEN_IP = '127.0.0.1'\nSUSHY_EMULATOR_LISTEN_PORT = {port}\n"
        f"SUSHY_EMULATOR_SSL_CERT = '{directory}/bmc.crt'\nSUSHY_EMULATOR_SSL_KEY = '{directory}/bmc.key'\n"
        f"SUSHY_EMULATOR_AUTH_FILE = '{directory}/users'\nSUSHY_EMULATOR_STATE_DIR = '{directory}'\n"
        "SUSHY_EMULATOR_FAKE_DRIVER = True\n"
        f"SUSHY_EMULATOR_FAKE_SYSTEMS = [{{'uuid': '{UUID}', 'name': 'node1', 'power_state': 'Off',"
        f" 'external_notifier': False, 'nics': [{{'mac': '{MAC}', 'ip': '10.10.0.21'}}]}}]\n"
    )
    log = (directory / "emulator.log").open("wb")
    process = subprocess.Popen(
        bound(program, "--fake", "--config", directory / "emulator.conf"),
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=directory,
    )
    try:
        _await_port(port, process, directory / "emulator.log")
        yield Service(port, directory)
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def _await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for __ in range(900):  # a busy host takes its time
        if process.poll() is not None:
            raise RuntimeError(log.read_text())
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"no answer on {port}: {log.read_text()}")


@pytest.fixture
def proxy(service: Service) -> Iterator[FaultProxy]:
    """A fault proxy with the same certificate as the service behind it."""
    context = ssl.create_default_context(cafile=service.ca)
    proxy = FaultProxy(service.port, service.ca, service.key, context)
    yield proxy
    proxy.close()
