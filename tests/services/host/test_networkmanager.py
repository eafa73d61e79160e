# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles, switch and rollback with a real NetworkManager, in namespaces of its own with two veth pairs as NICs.

The veth pairs have no bonds above them, since kernels without that driver run this too.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.links import cabling, change, keyfiles, live, managers
from ansible_collections.groundup.cloud.plugins.module_utils.links.files import DIRECTORY
from ansible_collections.groundup.cloud.plugins.module_utils.links.script import SCRIPT, STATE
from ansible_collections.groundup.cloud.plugins.module_utils.links.spec import parse

NICS = {"nicA": "52:54:00:00:01:00", "nicB": "52:54:00:00:01:01"}
WANTED: dict[str, Any] = {
    "backend": "networkmanager",
    "links": [
        {"nic": {"name": "nicA", "mac": NICS["nicA"]}, "mtu": 1800},
        {"nic": {"name": "nicB", "mac": NICS["nicB"]}},
    ],
    "addresses": [
        {
            "network": "a",
            "address": "10.20.0.21/24",
            "gateway": "10.20.0.1",
            "routes": [{"to": "10.9.0.0/16", "via": "10.20.0.2"}, {"to": "169.254.1.1/32"}],
        },
        {"network": "a", "address": "2001:db8::21/64", "gateway": "2001:db8::1"},
        {"network": "b", "link": "nicB", "address": "10.30.0.21/24"},
    ],
    "dns": {"servers": ["10.20.0.1"], "search": ["rack1.example.net"]},
}
MINE = """\
[connection]
id=mine
uuid=11111111-2222-3333-4444-555555555555
type=ethernet
interface-name=nicA
[ipv4]
method=manual
address1=192.0.2.5/24
[ipv6]
method=disabled
"""
BUS = """\
<busconfig><listen>unix:path={0}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>
"""
SETTINGS = """\
[main]
plugins=keyfile
auth-polkit=false
dns=none
rc-manager=unmanaged
no-auto-default=*
[keyfile]
path={0}/keyfiles
"""


LIBRARY = pathlib.Path(live.__file__).parents[6]
PLACES = {STATE: "state", keyfiles.KEYFILES: "keyfiles", DIRECTORY: "networkd"}


class Host(System):
    """This machine with its files below ``place``, where veth pairs count as NICs."""

    def __init__(self, place: pathlib.Path) -> None:
        super().__init__()
        self._moved = {old: str(place / new) for old, new in PLACES.items()}
        self._script = self.moved(SCRIPT)
        for new in self._moved.values():
            pathlib.Path(new).mkdir()

    def moved(self, text: str) -> str:
        for old, new in self._moved.items():
            text = text.replace(old, new)
        return text

    def path(self, name: str) -> pathlib.Path:
        return pathlib.Path(self.moved(name))

    def run(self, argv: Sequence[str], **rest: Any) -> str:
        text = super().run(argv, **rest)
        if argv[0] != "ip" or "address" not in argv:
            return text
        return json.dumps([{**one, "linkinfo": {}} for one in json.loads(text) if one["ifname"] in NICS])

    def differences(self, params: dict[str, Any]) -> list[str]:
        spec = parse(params)
        return [f"{d.link} {d.what}" for d in live.differences(spec, live.read(self, six=spec.six))]

    def addresses(self) -> dict[str, list[str]]:
        """Those that were given to the NICs."""
        found = live.read(self)
        return {name: sorted(a for a in live.addresses_of(found, name) if "fe80" not in a) for name in NICS}

    def files(self) -> list[str]:
        return sorted(path.name for path in self.path(keyfiles.KEYFILES).iterdir())

    def call(self, *verb: str) -> None:
        subprocess.run(["sh", "-c", self._script, "script", *verb], check=True, capture_output=True)

    def switch(self, params: dict[str, Any], *, confirmed: bool) -> list[str]:
        """Change the network as the module does, but for the timer. Returns the profiles that were activated."""
        spec = parse(params)
        change.save(spec, live.differences(spec, live.read(self, six=spec.six)), self, keep_old=False)
        self.write(change.PENDING, b"1")
        self.call("switch")
        if confirmed:
            self.call("confirm", "1")
        settle(lambda: not self.differences(params))
        return self.path(f"{change.CHANGE}/activate").read_text().split()


def inside(place: pathlib.Path) -> dict[str, Any]:
    """What is observed, in the namespaces."""
    seen: dict[str, Any] = {}
    host = Host(place)
    with_nics()
    carrier = keyfiles.carrier_conf(parse(WANTED))
    for name, mac in NICS.items():  # a veth pair has no permanent address
        carrier = carrier.replace(f"mac:{mac}", f"interface-name:={name}")
    with NetworkManager(place, carrier):
        settle(lambda: set(NICS) <= set(managers.device_states(host)))
        write(host.path(f"{keyfiles.KEYFILES}/mine.nmconnection"), MINE)
        host.run(["nmcli", "connection", "reload"])
        host.run(["nmcli", "connection", "up", "mine"])
        seen["before"] = host.addresses()
        seen["activated"] = host.switch(WANTED, confirmed=False)
        seen["switched"] = host.differences(WANTED), managers.device_states(host)
        host.call("revert")
        settle(lambda: host.addresses()["nicA"] == ["192.0.2.5/24"])
        seen["rolled back"] = host.addresses(), host.files()
        host.switch(WANTED, confirmed=True)
        seen["confirmed"] = host.differences(WANTED), host.files()
        announce("farnicB")
        settle(lambda: bool(cabling.by_nmcli(host)))
        seen["neighbours"] = cabling.by_nmcli(host)
        for line in ("address del 10.20.0.21/24 dev nicA", "link set nicA mtu 1500", "link set nicB down"):
            subprocess.run(["ip", *line.split()], check=True)
        seen["by hand"] = host.differences(WANTED)
        host.switch(WANTED, confirmed=True)
        seen["mended"] = host.differences(WANTED)
        moved = {
            **WANTED,
            "addresses": [*WANTED["addresses"][:2], {**WANTED["addresses"][2], "address": "10.30.0.9/24"}],
        }
        seen["activated of two"] = host.switch(moved, confirmed=False)
        seen["changed"] = host.differences(moved)
        host.call("revert")
        settle(lambda: not host.differences(WANTED))
        seen["back again"] = host.differences(WANTED)
        subprocess.run(["ip", "link", "set", "farnicB", "down"], check=True)
        time.sleep(8)  # carrier-wait-timeout and more, after which NetworkManager disconnects other NICs
        seen["without carrier"] = host.addresses()["nicB"]
    return seen


def announce(interface: str) -> None:
    """Send a frame of LLDP (IEEE 802.1AB) as a switch does, with the name of its port and its own."""
    fields = [(1, b"\x04" + b"\x52\x54\0\0\0\1"), (2, b"\x05Ethernet1"), (3, b"\0\x78"), (5, b"leaf1"), (0, b"")]
    content = b"".join((kind << 9 | len(text)).to_bytes(2, "big") + text for kind, text in fields)
    frame = bytes.fromhex("0180c200000e525400000001" + "88cc") + content
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
        link.bind((interface, 0))
        link.send(frame.ljust(60, b"\0"))


def with_nics() -> None:
    """Two NICs with the far ends of their cables."""
    for name, mac in NICS.items():
        far = f"far{name}"
        subprocess.run(["ip", "link", "add", name, "address", mac, "type", "veth", "peer", "name", far], check=True)
        subprocess.run(["ip", "link", "set", far, "up"], check=True)


class NetworkManager:
    """A NetworkManager with a bus and all of its files below ``place``."""

    def __init__(self, place: pathlib.Path, more: str) -> None:
        write(place / "bus.conf", BUS.format(place))
        write(place / "NetworkManager.conf", SETTINGS.format(place) + more)
        options = {"config": "NetworkManager.conf", "config-dir": "conf", "system-config-dir": "system"}
        options |= {"intern-config": "intern", "state-file": "saved", "pid-file": "pid"}
        self._argv = ["NetworkManager", "--no-daemon", *(f"--{key}={place / name}" for key, name in options.items())]
        self._bus = ["dbus-daemon", f"--config-file={place}/bus.conf", "--nofork", "--nopidfile"]
        self._socket, self._log, self._running = place / "bus", place / "log", list[subprocess.Popen[bytes]]()

    def __enter__(self) -> None:
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={self._socket}"
        with self._log.open("wb") as log:
            self._running.append(subprocess.Popen(self._bus, stdout=log, stderr=log))
            settle(self._socket.exists)
            self._running.append(subprocess.Popen(self._argv, stdout=log, stderr=log))

    def __exit__(self, *_error: object) -> None:
        for one in reversed(self._running):
            one.terminate()
            one.wait(20)


def settle(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until a condition holds, or the time is over: what is asserted afterwards says what is wrong."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not condition():
        time.sleep(0.2)


def write(path: pathlib.Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    if os.geteuid() or not shutil.which("NetworkManager"):
        pytest.skip("needs root and the program NetworkManager (Debian's package network-manager)")
    place = tmp_path_factory.mktemp("nm")
    # with a /sys that can be written, NetworkManager waits for udev, which does not run in these namespaces
    start = f"mount -t sysfs -o ro none /sys && ip link set lo up && exec {sys.executable} {__file__} {place}"
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", start],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
    )
    assert done.returncode == 0, done.stderr + (place / "log").read_text()[-3000:]
    return json.loads(done.stdout)


pytestmark = pytest.mark.services
PROFILES = ["groundup-nicA.nmconnection", "groundup-nicB.nmconnection", "mine.nmconnection"]


def test_the_profiles_give_the_links_that_are_wanted(seen: dict[str, Any]) -> None:
    assert seen["before"] == {"nicA": ["192.0.2.5/24"], "nicB": []}
    assert seen["activated"] == ["nicA", "nicB"]
    differences, states = seen["switched"]
    assert (differences, states["nicA"], states["nicB"]) == ([], "connected", "connected")


def test_a_rollback_leaves_the_profile_of_before_to_itself(seen: dict[str, Any]) -> None:
    assert seen["rolled back"] == [{"nicA": ["192.0.2.5/24"], "nicB": []}, ["mine.nmconnection"]]


def test_a_profile_of_others_stays_and_is_not_activated(seen: dict[str, Any]) -> None:
    assert seen["confirmed"] == [[], PROFILES]


def test_what_was_changed_by_hand_is_found_and_mended(seen: dict[str, Any]) -> None:
    assert {"nicA address", "nicA mtu", "nicB state"} <= set(seen["by hand"])
    assert seen["mended"] == []


def test_only_the_link_that_changes_is_activated_and_rolled_back(seen: dict[str, Any]) -> None:
    assert (seen["activated of two"], seen["changed"], seen["back again"]) == (["nicB"], [], [])


def test_neighbours_are_those_that_announce_themselves(seen: dict[str, Any]) -> None:
    (neighbour,) = seen["neighbours"]["nicB"]
    assert (neighbour["SystemName"], neighbour["PortID"]) == ("leaf1", "Ethernet1")


def test_addresses_stay_where_a_cable_is_pulled(seen: dict[str, Any]) -> None:
    assert seen["without carrier"] == ["10.30.0.21/24"]


EXPECTED = pathlib.Path(__file__).parents[2] / "unit/links/expected"


@pytest.mark.parametrize("path", sorted(EXPECTED.glob("*.networkmanager.txt")), ids=lambda path: path.name)
def test_networkmanager_reads_every_key_of_each_kind_of_profile(path: pathlib.Path) -> None:
    """Also of bonds, VLANs and bridges: `nmcli --offline` reads a profile, changes it and writes what it understood."""
    if not shutil.which("nmcli"):
        pytest.skip("needs the program nmcli (Debian's package network-manager)")
    for block in path.read_text().split("==> ")[1:]:
        name, _newline, text = block.partition("\n")
        if not name.endswith(keyfiles.KEYFILE_SUFFIX):
            continue
        argv = ["nmcli", "--offline", "connection", "modify", "connection.zone", "trusted"]
        done = subprocess.run(argv, input=text, capture_output=True, text=True, check=True)
        given, gateways = entries(text)
        assert given <= entries(done.stdout)[0] and not done.stderr, f"{name}: {done.stderr}"
        assert all(f",{gateway}\n" in done.stdout for gateway in gateways), "it writes gateways after the addresses"


def entries(text: str) -> tuple[set[str], list[str]]:
    """The entries of a profile without those of gateways, and the gateways."""
    lines = [line for line in text.splitlines() if "=" in line]
    gateways = [line.partition("=")[2] for line in lines if line.startswith("gateway=")]
    written = {line.rpartition(",")[0] for line in lines if line.startswith("address1=") and "," in line}
    return {line for line in lines if not line.startswith("gateway=")} | written, gateways


if __name__ == "__main__":
    print(json.dumps(inside(pathlib.Path(sys.argv[1]))))
