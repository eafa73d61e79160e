# Copyright: (c) 2026, the groundup.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of cables: switches and their ports, MLAG pairs, NICs, bonds, and the names of interfaces."""

from __future__ import annotations

import re

from .checks import Claims, Report
from .enums import BondMode, Platform, PortMode
from .hardware import Machine, Switch
from .layout import bond_members, boot_nic, link_name, vlan_names
from .problems import choose
from .scalars import PortRef
from .switch_view import uplink_mode

# The kernel's limit for the name of an interface, without the final zero.
LONGEST_INTERFACE = 15
# Names of directories below /proc/sys/net/ipv4/conf that are no interfaces, and the loopback.
NO_INTERFACE = frozenset({"all", "default", "lo"})
_RANGE = re.compile(r"(.*?)([0-9]+)-([0-9]+)")


def check_cabling(report: Report) -> None:
    """Every cable end, and both of them together."""
    ports = Claims(report, "cabled to", "name another port")
    existing = {name: ports_of(report, switch) for name, switch in report.cloud.switches.items()}
    for switch in report.cloud.switches.values():
        _switch(report, switch)
        _uplinks(report, switch, ports, existing[switch.name])
    for machine in report.cloud.machines.values():
        for nic in machine.nics.values():
            _port(report, nic.port, f"machines.{machine.name}.nics.{nic.name}.port", ports, existing)
        if machine.bmc:
            _port(report, machine.bmc.switch_port, f"machines.{machine.name}.bmc.switch_port", ports, existing)
        if machine.nics:
            _bond(report, machine)
        _interfaces(report, machine)


def ports_of(report: Report, switch: Switch) -> frozenset[str]:
    """The names of a switch's ports with its ranges spelled out; empty if it lists none."""
    names: set[str] = set()
    for index, text in enumerate(switch.ports):
        match = _RANGE.fullmatch(text)
        if match is None:
            names.add(text)
            continue
        first, last = int(match[2]), int(match[3])
        if first > last or last - first >= 4096:
            report.say(
                f"switches.{switch.name}.ports[{index}]", text, "is no range of ports", "write it as Ethernet1-48"
            )
        else:
            # Ethernet01-08 is written with leading zeros by those whose switch has them.
            width = len(match[2]) if match[2].startswith("0") else 0
            names.update(f"{match[1]}{number:0{width}}" for number in range(first, last + 1))
    return frozenset(names)


def _switch(report: Report, switch: Switch) -> None:
    path = f"switches.{switch.name}"
    if switch.platform is Platform.OPENVSWITCH:
        if switch.database is None and switch.address is None:
            report.say(f"{path}.database", None, "is missing", "give database: unix:/PATH/db.sock or ssl:HOST:6640")
    elif switch.platform is not None:
        if switch.database is not None:
            report.say(
                f"{path}.database",
                switch.database,
                f"is for openvswitch and not for {switch.platform}",
                "give address instead",
            )
        if switch.address is None:
            report.say(f"{path}.address", None, "is missing", "give its management address")
    if switch.tls and switch.tls.ca_file and switch.tls.fingerprint:
        report.say(f"{path}.tls", None, "has a CA and a fingerprint", "keep one of ca_file and fingerprint")
    if switch.mlag is not None:
        _mlag(report, switch, switch.mlag, path)


def _mlag(report: Report, switch: Switch, other: str, path: str) -> None:
    peer = report.cloud.switches.get(other)
    if other == switch.name:
        report.say(f"{path}.mlag", other, "is the switch itself", "name the other switch of the pair")
    elif peer is None:
        report.say(f"{path}.mlag", other, "is no switch", choose(other, set(report.cloud.switches) - {switch.name}))
    elif peer.mlag != switch.name:
        said = "no MLAG" if peer.mlag is None else peer.mlag
        report.say(
            f"{path}.mlag",
            other,
            f"is declared on one side only: switches.{peer.name}.mlag says {said}",
            f"write switches.{peer.name}.mlag: {switch.name}, or take this one away",
        )
    elif peer.platform is not switch.platform and peer.platform and switch.platform and switch.name > peer.name:
        report.say(
            f"{path}.platform",
            str(switch.platform),
            f"is not the {peer.platform} of switches.{peer.name}, its MLAG peer",
            "pair switches of one platform",
        )


def _uplinks(report: Report, switch: Switch, ports: Claims, existing: frozenset[str]) -> None:
    for name, uplink in switch.uplinks.items():
        path = f"switches.{switch.name}.uplinks.{name}"
        ports.claim(PortRef(switch.name, name), path)
        if existing and name not in existing:
            report.say(path, name, f"is no port of {switch.name}", choose(name, existing))
        if not uplink.networks:
            report.say(f"{path}.networks", None, "is missing", "list the networks on this port, or [all]")
        known = [report.cloud.networks[item] for item in uplink.networks if item in report.cloud.networks]
        for index, item in enumerate(uplink.networks):
            if item != "all" and item not in report.cloud.networks:
                report.say(f"{path}.networks[{index}]", item, "is no network", choose(item, report.cloud.networks))
        if uplink_mode(uplink) is PortMode.ACCESS and (len(vlan_names(known)) > 1 or "all" in uplink.networks):
            report.say(
                f"{path}.mode",
                "access",
                "carries one VLAN only",
                "write mode: trunk, or name one network with one VLAN",
            )


def _port(
    report: Report,
    port: PortRef | None,
    path: str,
    ports: Claims,
    existing: dict[str, frozenset[str]],
) -> None:
    if port is None:
        return
    if port.switch not in existing:
        report.say(
            path, str(port), f"is on no switch: there is no switches.{port.switch}", choose(port.switch, existing)
        )
        return
    if existing[port.switch] and port.port not in existing[port.switch]:
        report.say(path, str(port), f"does not exist on {port.switch}", choose(port.port, existing[port.switch]))
    ports.claim(port, path, owner=path.rsplit(".", 1)[0])


def _bond(report: Report, machine: Machine) -> None:
    path = f"machines.{machine.name}"
    for index, name in enumerate(machine.bond.members):
        if name not in machine.nics:
            report.say(
                f"{path}.bond.members[{index}]", name, f"is no NIC of {machine.name}", choose(name, machine.nics)
            )
        elif name in machine.bond.members[:index]:
            report.say(f"{path}.bond.members[{index}]", name, "is listed twice", "list every NIC once")
    boot = boot_nic(machine)
    if machine.boot_nic is not None and boot is None:
        report.say(
            f"{path}.boot_nic", machine.boot_nic, f"is no NIC of {machine.name}", choose(machine.boot_nic, machine.nics)
        )
    members = bond_members(machine)
    if boot and members and boot not in members:
        report.say(
            f"{path}.boot_nic",
            boot.name,
            "is not in the bond, which carries the provision network",
            f"choose one of {', '.join(nic.name for nic in members)}, or add it to bond.members",
        )
    switches = sorted({nic.port.switch for nic in members if nic.port and nic.port.switch in report.cloud.switches})
    if machine.bond.mode is BondMode.LACP and len(switches) > 1 and not _pair(report, switches):
        report.say(
            f"{path}.bond",
            None,
            f"spans {', '.join(switches)}, which are no MLAG pair",
            "declare mlag on both, cable it to one switch, or write mode: active-backup",
        )


def _pair(report: Report, names: list[str]) -> bool:
    # A pair that is declared on one side only has been reported at the switch.
    return len(names) == 2 and any(report.cloud.switches[name].mlag in names for name in names)


def _interfaces(report: Report, machine: Machine) -> None:
    """Names of interfaces: the kernel takes 15 characters, and a name once."""
    path, link = f"machines.{machine.name}", link_name(machine)
    if bond_members(machine) and machine.bond.name in machine.nics:
        report.say(
            f"{path}.bond.name", machine.bond.name, "is also the name of a NIC", "give the bond a name of its own"
        )
    names = {f"{path}.nics.{name}": name for name in machine.nics}
    tagged = [f"{link}.{network.vlan}" for network in report.layout.networks_of(machine) if not network.native]
    names[path] = max(tagged, key=len, default="")
    for place, name in names.items():
        if len(name) > LONGEST_INTERFACE:
            report.say(
                place,
                name,
                f"is too long for an interface ({LONGEST_INTERFACE} characters)",
                "give the bond or the NIC a shorter name",
            )
        elif name in NO_INTERFACE:
            report.say(place, name, "means something else to the kernel", "give the NIC another name")
