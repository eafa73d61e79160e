# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a machine's links: its bond, the NIC that it boots from, a NIC that its BMC shares, interface names."""

from __future__ import annotations

import re

from ..links.spec import LINK
from .checks import Report
from .enums import BondMode
from .hardware import Machine
from .layout import bond_members, boot_nic, link_name, link_nics, shared_nic
from .problems import choose

# Entries of /proc/sys/net/ipv4/conf that are not interfaces, the loopback interface, and the bridge of pods.
RESERVED_NAMES = frozenset({"all", "default", "lo", "cni0"})
# Names that the kernel gives by itself. udev can't be sure to give one: another NIC may have it (systemd.link(5)).
_KERNEL = re.compile(r"(eth|wlan|wwan|usb|ib)[0-9]+")


def check_links(report: Report) -> None:
    """Check the links of every machine."""
    for machine in report.cloud.machines.values():
        if machine.nics:
            _check_members(report, machine)
            _check_bond(report, machine)
            _check_shared(report, machine)
        _check_interfaces(report, machine)


def _check_members(report: Report, machine: Machine) -> None:
    path = f"machines.{machine.name}.bond.members"
    if len(machine.nics) < 2 and report.origin(path):
        return  # a machine with one NIC has no bond, so members that it inherits mean nothing
    for index, name in enumerate(machine.bond.members):
        if name not in machine.nics:
            alone = ", or write bond: {members: null}: with one NIC there is no bond" if len(machine.nics) < 2 else ""
            remedy = f"{choose(name, machine.nics)}{alone}"
            report.add(f"{path}[{index}]", name, f"is not a NIC of {machine.name}", remedy)
        elif name in machine.bond.members[:index]:
            report.add(f"{path}[{index}]", name, "is listed twice", "list every NIC once")


def _check_bond(report: Report, machine: Machine) -> None:
    path = f"machines.{machine.name}"
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
    # check_cabling has already reported a pair that is declared on one side only.
    return len(names) == 2 and any(report.cloud.switches[name].mlag in names for name in names)


def _check_shared(report: Report, machine: Machine) -> None:
    """A BMC on a NIC of the machine has to be reached while the machine is off and sends no LACP."""
    nic, boot = shared_nic(machine), boot_nic(machine)
    if nic is None or machine.bond.mode is not BondMode.LACP or nic not in bond_members(machine) or nic is boot:
        return
    forwards = f"the port of {boot.name}" if boot else "the port of its boot NIC"
    report.add(
        f"machines.{machine.name}.bmc.switch_port",
        str(nic.port),
        f"is the port of {nic.name}, and while the machine is off only {forwards} forwards",
        "let the BMC share the NIC that the machine boots from, or write bond: {mode: active-backup}",
    )


def _check_interfaces(report: Report, machine: Machine) -> None:
    """Check interface names by the rule of the role host_network, and those that udev can't give."""
    path, link = f"machines.{machine.name}", link_name(machine)
    names = {f"{path}.nics.{name}": name for name in machine.nics}
    if bond_members(machine):
        names[f"{path}.bond.name"] = machine.bond.name
        if machine.bond.name in machine.nics:
            report.add(
                f"{path}.bond.name", machine.bond.name, "is also the name of a NIC", "give the bond a name of its own"
            )
    for place, name in names.items():
        _check_name(report, place, name)
    tagged = [f"{link}.{network.vlan}" for network in report.layout.networks_of(machine) if not network.native]
    longest = max(tagged, key=len, default="")
    if longest and LINK.match(link) and not LINK.match(longest):
        report.add(path, longest, _TOO_LONG, "give the bond or the NIC a shorter name")


_TOO_LONG = "is too long for an interface (15 characters)"


def _check_name(report: Report, path: str, name: str) -> None:
    remedy = "give it another name, such as nic0 or the one that its driver and slot make, enp1s0"
    if not LINK.match(name):
        report.add(path, name, _TOO_LONG, "give the bond or the NIC a shorter name")
    elif name in RESERVED_NAMES:
        report.add(path, name, "is a reserved name of the kernel", "give the NIC another name")
    elif name.isdigit():
        report.add(path, name, "is a number, which is no name of an interface", remedy)
    elif _KERNEL.fullmatch(name):
        report.add(path, name, "is a name that the kernel gives, so udev can't give it to a certain NIC", remedy)


def unused_nics(machine: Machine) -> list[str]:
    """NICs with a cable that nothing uses: neither the bond, nor the machine's boot, nor its BMC."""
    used = [*link_nics(machine), shared_nic(machine)]
    return [nic.name for nic in machine.nics.values() if nic.port is not None and nic not in used]
