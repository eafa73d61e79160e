# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of cabling: switches and their ports, and what is cabled to a port."""

from __future__ import annotations

import re

from ..fabric.config import NAME
from .check_pairs import check_pair
from .check_uplinks import check_ends
from .checks import Claims, Report, check_tls
from .enums import BY_HTTPS, BY_SSH, Platform
from .hardware import Switch
from .problems import choose
from .scalars import PortRef
from .wiring import shared_nic

_RANGE = re.compile(r"(.*?)([0-9]+)-([0-9]+)")
# A dash after a digit means a range; xe-0/0/1 is the name of one port.
_DASH = re.compile(r"[0-9]-")
# A range whose last port is written as a name, such as Ethernet1/1-1/48 or swp1-swp48.
_NAMES = re.compile(r"(.*?)([0-9]+)-([A-Za-z0-9/:._]*?)([0-9]+)")


def check_cabling(report: Report) -> None:
    """Check both ends of every cable, and the switches."""
    ports = Claims(report, "cabled to", "name another port")
    existing = {name: ports_of(report, switch) for name, switch in report.cloud.switches.items()}
    for switch in report.cloud.switches.values():
        _check_switch(report, switch)
        check_ends(report, switch, ports, existing[switch.name])
    for machine in report.cloud.machines.values():
        for nic in machine.nics.values():
            _check_port(report, nic.port, f"machines.{machine.name}.nics.{nic.name}.port", ports, existing)
        if machine.bmc and shared_nic(machine) is None:
            _check_port(report, machine.bmc.switch_port, f"machines.{machine.name}.bmc.switch_port", ports, existing)


def ports_of(report: Report, switch: Switch) -> frozenset[str]:
    """The names of a switch's ports with ranges expanded; empty if the model lists no ports."""
    names: set[str] = set()
    for index, text in enumerate(switch.ports):
        path = f"switches.{switch.name}.ports[{index}]"
        match = _RANGE.fullmatch(text)
        if not NAME.match(text):
            report.add(
                path, text, "is neither a port nor a range of ports", "list ports and ranges such as Ethernet1-48"
            )
        elif match is None and not _DASH.search(text):
            names.add(text)
        elif match is None or not 0 <= int(match[3]) - int(match[2]) < 4096:
            report.add(path, text, "is not a range of ports", f"write it as {_right_range(text)}")
        else:
            # Ethernet01-08 keeps its leading zeros: some switches name their ports that way.
            width = len(match[2]) if match[2].startswith("0") else 0
            names.update(f"{match[1]}{number:0{width}}" for number in range(int(match[2]), int(match[3]) + 1))
    return frozenset(names)


def _right_range(text: str) -> str:
    """The range that was meant, where the last port repeats a part of the first port's name; else an example."""
    match = _NAMES.fullmatch(text)
    if match and match[1].endswith(match[3]) and int(match[2]) <= int(match[4]):
        return f"{match[1]}{match[2]}-{match[4]}"
    return "Ethernet1-48"


def _check_switch(report: Report, switch: Switch) -> None:
    path = f"switches.{switch.name}"
    if switch.platform is Platform.OPENVSWITCH:
        if switch.database is None:
            report.add(f"{path}.database", None, "is missing", "give database: unix:/PATH/db.sock or ssl:HOST:6640")
    elif switch.database is not None:
        why = "nobody logs in to the switch" if switch.platform is Platform.UNMANAGED else "only Open vSwitch has one"
        report.add(f"{path}.database", None, f"is not used, since {why}", "remove it")
    _check_login(report, switch, path)
    if switch.mlag is not None:
        check_pair(report, switch, switch.mlag, path)


#: Keys of a switch that is logged in to, and the platforms of which its driver reads them.
_LOGIN: dict[str, frozenset[Platform]] = {
    "port": BY_HTTPS | BY_SSH,
    "username": BY_HTTPS | BY_SSH,
    "password": BY_HTTPS | BY_SSH,
    "tls": BY_HTTPS,
    "ssh": BY_SSH,
}


def _check_login(report: Report, switch: Switch, path: str) -> None:
    """What the driver of the platform needs is given, and nothing that it does not read."""
    for key, readers in _LOGIN.items():
        if getattr(switch, key) is not None and switch.platform not in readers:
            report.add(f"{path}.{key}", None, f"is not used with platform: {switch.platform}", "remove it")
    if switch.platform not in BY_HTTPS | BY_SSH:
        return
    if switch.address is None:
        report.add(f"{path}.address", None, "is missing", "give the address of its management interface")
    for key in ("username", "password") if switch.platform in BY_HTTPS else ("username",):
        if getattr(switch, key) is None:
            report.add(f"{path}.{key}", None, "is missing", f"give {key}, which its driver logs in with")
    check_tls(report, switch.tls, f"{path}.tls")


def _check_port(
    report: Report,
    port: PortRef | None,
    path: str,
    ports: Claims,
    existing: dict[str, frozenset[str]],
) -> None:
    if port is None:
        return
    if port.switch not in existing:
        report.add(
            path,
            str(port),
            f"names an unknown switch: there is no switches.{port.switch}",
            choose(port.switch, existing),
        )
        return
    if existing[port.switch] and port.port not in existing[port.switch]:
        report.add(path, str(port), f"does not exist on {port.switch}", choose(port.port, existing[port.switch]))
    ports.claim(port, path, owner=path.rsplit(".", 1)[0])
