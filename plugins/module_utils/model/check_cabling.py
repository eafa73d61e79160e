# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of cabling: switches and their ports, and what is cabled to a port."""

from __future__ import annotations

import typing as t

from ..fabric.breakout import broken_out
from ..fabric.config import NAME
from .check_pairs import check_pair
from .check_uplinks import check_ends
from .checks import Claims, Report, check_tls
from .enums import BY_HTTPS, BY_SSH, Platform
from .hardware import Switch
from .port_names import expand, right_range
from .problems import choose
from .scalars import PortRef
from .wiring import shared_nic


def check_cabling(report: Report) -> None:
    """Check both ends of every cable, and the switches."""
    ports = Claims(report, "cabled to", "name another port")
    listed = {name: listed_ports(report, switch) for name, switch in report.cloud.switches.items()}
    existing = {name: frozenset(found) for name, found in listed.items()}
    for switch in report.cloud.switches.values():
        _check_switch(report, switch)
        check_ends(report, switch, ports, existing[switch.name])
    for machine in report.cloud.machines.values():
        for nic in machine.nics.values():
            _check_port(report, nic.port, f"machines.{machine.name}.nics.{nic.name}.port", ports, existing)
        if machine.bmc and shared_nic(machine) is None:
            _check_port(report, machine.bmc.switch_port, f"machines.{machine.name}.bmc.switch_port", ports, existing)
    for switch in report.cloud.switches.values():
        used = {ref.port: path for ref, path in ports.owners.items() if ref.switch == switch.name}
        _check_breakouts(report, switch, listed[switch.name] or used)


def listed_ports(report: Report, switch: Switch) -> dict[str, str]:
    """The path of each port of a switch's `ports`, with ranges expanded; empty if the model lists no ports."""
    names: dict[str, str] = {}
    for index, text in enumerate(switch.ports):
        path, ports = f"switches.{switch.name}.ports[{index}]", expand(text)
        if not NAME.match(text) or ".." in text:  # two dots mean a range to people
            report.add(
                path, text, "is neither a port nor a range of ports", "list ports and ranges such as Ethernet1-48"
            )
        elif not ports:
            report.add(path, text, "is not a range of ports", f"write it as {right_range(text)}")
        names.update(dict.fromkeys(ports if NAME.match(text) else (), path))
    return names


def _check_breakouts(report: Report, switch: Switch, places: t.Mapping[str, str]) -> None:
    """A port that is broken out is none beside its parts."""
    for name, parts in broken_out(str(switch.platform), places).items():
        more = f" and {len(parts) - 1} more" if len(parts) > 1 else ""
        why = f"is broken out: {places[parts[0]]} has {parts[0]}{more}"
        report.add(places[name], name, why, "name one of its parts instead, or remove these")


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
