# Copyright: (c) 2026, the groundup.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of cabling: switches and their ports, MLAG pairs, NICs, bonds and interface names."""

from __future__ import annotations

import re

from .checks import Claims, Report
from .enums import BondMode, Platform, PortMode
from .hardware import Machine, Switch
from .layout import bond_members, boot_nic, link_name, vlan_names
from .problems import choose
from .scalars import PortRef
from .switch_view import uplink_mode

# Longest interface name of the Linux kernel (IFNAMSIZ without the terminating zero).
LONGEST_INTERFACE = 15
# Entries of /proc/sys/net/ipv4/conf that are not interfaces, and the loopback interface.
RESERVED_NAMES = frozenset({"all", "default", "lo"})
_RANGE = re.compile(r"(.*?)([0-9]+)-([0-9]+)")


def check_cabling(report: Report) -> None:
    """Check both ends of every cable, the switches, the bonds and the interface names."""
    ports = Claims(report, "cabled to", "name another port")
    existing = {name: ports_of(report, switch) for name, switch in report.cloud.switches.items()}
    for switch in report.cloud.switches.values():
        _check_switch(report, switch)
        _check_uplinks(report, switch, ports, existing[switch.name])
    for machine in report.cloud.machines.values():
        for nic in machine.nics.values():
            _check_port(report, nic.port, f"machines.{machine.name}.nics.{nic.name}.port", ports, existing)
        if machine.bmc:
            _check_port(report, machine.bmc.switch_port, f"machines.{machine.name}.bmc.switch_port", ports, existing)
        if machine.nics:
            _check_bond(report, machine)
        _check_interfaces(report, machine)


def ports_of(report: Report, switch: Switch) -> frozenset[str]:
    """The names of a switch's ports with ranges expanded; empty if the model lists no ports."""
    names: set[str] = set()
    for index, text in enumerate(switch.ports):
        match = _RANGE.fullmatch(text)
        if match is None:
            names.add(text)
            continue
        first, last = int(match[2]), int(match[3])
        if first > last or last - first >= 4096:
            report.add(
                f"switches.{switch.name}.ports[{index}]", text, "is not a range of ports", "write it as Ethernet1-48"
            )
        else:
            # Ethernet01-08 keeps its leading zeros: some switches name their ports that way.
            width = len(match[2]) if match[2].startswith("0") else 0
            names.update(f"{match[1]}{number:0{width}}" for number in range(first, last + 1))
    return frozenset(names)


def _check_switch(report: Report, switch: Switch) -> None:
    path = f"switches.{switch.name}"
    if switch.platform is Platform.OPENVSWITCH:
        if switch.database is None and switch.address is None:
            report.add(f"{path}.database", None, "is missing", "give database: unix:/PATH/db.sock or ssl:HOST:6640")
    elif switch.platform is not None:
        if switch.database is not None:
            report.add(
                f"{path}.database",
                switch.database,
                f"is for openvswitch and not for {switch.platform}",
                "give address instead",
            )
        if switch.address is None:
            report.add(f"{path}.address", None, "is missing", "give its management address")
    if switch.tls and switch.tls.ca_file and switch.tls.fingerprint:
        report.add(f"{path}.tls", None, "has a CA and a fingerprint", "keep one of ca_file and fingerprint")
    if switch.mlag is not None:
        _check_mlag(report, switch, switch.mlag, path)


def _check_mlag(report: Report, switch: Switch, other: str, path: str) -> None:
    peer = report.cloud.switches.get(other)
    if other == switch.name:
        report.add(f"{path}.mlag", other, "is the switch itself", "name the other switch of the pair")
    elif peer is None:
        report.add(f"{path}.mlag", other, "is not a switch", choose(other, set(report.cloud.switches) - {switch.name}))
    elif peer.mlag != switch.name:
        peer_mlag = "no MLAG" if peer.mlag is None else peer.mlag
        report.add(
            f"{path}.mlag",
            other,
            f"is declared on one side only: switches.{peer.name}.mlag says {peer_mlag}",
            f"write switches.{peer.name}.mlag: {switch.name}, or remove this key",
        )
    elif peer.platform is not switch.platform and peer.platform and switch.platform and switch.name > peer.name:
        report.add(
            f"{path}.platform",
            str(switch.platform),
            f"is not the {peer.platform} of switches.{peer.name}, its MLAG peer",
            "pair switches of one platform",
        )


def _check_uplinks(report: Report, switch: Switch, ports: Claims, existing: frozenset[str]) -> None:
    for name, uplink in switch.uplinks.items():
        path = f"switches.{switch.name}.uplinks.{name}"
        ports.claim(PortRef(switch.name, name), path)
        if existing and name not in existing:
            report.add(path, name, f"is not a port of {switch.name}", choose(name, existing))
        if not uplink.networks:
            report.add(f"{path}.networks", None, "is missing", "list the networks on this port, or [all]")
        known = [report.cloud.networks[item] for item in uplink.networks if item in report.cloud.networks]
        for index, item in enumerate(uplink.networks):
            if item != "all" and item not in report.cloud.networks:
                report.add(f"{path}.networks[{index}]", item, "is not a network", choose(item, report.cloud.networks))
        if uplink_mode(uplink) is PortMode.ACCESS and (len(vlan_names(known)) > 1 or "all" in uplink.networks):
            report.add(
                f"{path}.mode",
                "access",
                "carries one VLAN only",
                "write mode: trunk, or name one network with one VLAN",
            )


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


def _check_bond(report: Report, machine: Machine) -> None:
    path = f"machines.{machine.name}"
    for index, name in enumerate(machine.bond.members):
        if name not in machine.nics:
            report.add(
                f"{path}.bond.members[{index}]", name, f"is not a NIC of {machine.name}", choose(name, machine.nics)
            )
        elif name in machine.bond.members[:index]:
            report.add(f"{path}.bond.members[{index}]", name, "is listed twice", "list every NIC once")
    boot = boot_nic(machine)
    if machine.boot_nic is not None and boot is None:
        report.add(
            f"{path}.boot_nic",
            machine.boot_nic,
            f"is not a NIC of {machine.name}",
            choose(machine.boot_nic, machine.nics),
        )
    members = bond_members(machine)
    if boot and members and boot not in members:
        report.add(
            f"{path}.boot_nic",
            boot.name,
            "is not in the bond, which carries the provision network",
            f"choose one of {', '.join(nic.name for nic in members)}, or add it to bond.members",
        )
    switches = sorted({nic.port.switch for nic in members if nic.port and nic.port.switch in report.cloud.switches})
    if machine.bond.mode is BondMode.LACP and len(switches) > 1 and not _is_mlag_pair(report, switches):
        report.add(
            f"{path}.bond",
            None,
            f"spans {', '.join(switches)}, which are not an MLAG pair",
            "declare mlag on both, cable it to one switch, or write mode: active-backup",
        )


def _is_mlag_pair(report: Report, names: list[str]) -> bool:
    # _check_mlag has already reported a pair that is declared on one side only.
    return len(names) == 2 and any(report.cloud.switches[name].mlag in names for name in names)


def _check_interfaces(report: Report, machine: Machine) -> None:
    """Check interface names: the kernel allows 15 characters and requires unique names."""
    path, link = f"machines.{machine.name}", link_name(machine)
    if bond_members(machine) and machine.bond.name in machine.nics:
        report.add(
            f"{path}.bond.name", machine.bond.name, "is also the name of a NIC", "give the bond a name of its own"
        )
    names = {f"{path}.nics.{name}": name for name in machine.nics}
    tagged = [f"{link}.{network.vlan}" for network in report.layout.networks_of(machine) if not network.native]
    names[path] = max(tagged, key=len, default="")
    for place, name in names.items():
        if len(name) > LONGEST_INTERFACE:
            report.add(
                place,
                name,
                f"is too long for an interface ({LONGEST_INTERFACE} characters)",
                "give the bond or the NIC a shorter name",
            )
        elif name in RESERVED_NAMES:
            report.add(place, name, "is a reserved name of the kernel", "give the NIC another name")
