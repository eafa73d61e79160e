# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a machine's links: its bond, the NIC that it boots from, a NIC that its BMC shares, interface names."""

from __future__ import annotations

import re

from ..links.values import LINK
from .check_declared_links import check_declared_links
from .checks import Claims, Report
from .enums import BondMode, NetworkBackend
from .hardware import Machine
from .host_view import bridged
from .layout import Layout, is_deployed
from .nics import Bond
from .problems import choose
from .wiring import MLAG_STEP, HostLink, is_same, mlag_id, number_of, shared_nic

# Entries of /proc/sys/net/ipv4/conf that are not interfaces, the loopback interface, and the bridge of pods.
RESERVED_NAMES = frozenset({"all", "default", "lo", "cni0"})
# Names that the kernel gives by itself. udev can't be sure to give one: another NIC may have it (systemd.link(5)).
_KERNEL = re.compile(r"(eth|wlan|wwan|usb|ib)[0-9]+")


def check_links(report: Report) -> None:
    """Check the links of every machine."""
    for machine in report.cloud.machines.values():
        if machine.links:
            check_declared_links(report, machine)
        elif machine.nics:
            _check_members(report, machine)
        if machine.nics:
            _check_boot(report, machine)
            for link in report.layout.wiring.of(machine):
                _check_bond(report, machine, link)
            _check_shared(report, machine)
        _check_interfaces(report, machine)
        _check_backend(report, machine)
    _check_mlag_ids(report)


def _check_backend(report: Report, machine: Machine) -> None:
    path, backend = f"machines.{machine.name}.network_backend", machine.network_backend
    if backend is NetworkBackend.NETWORKD:
        return
    if is_deployed(machine):
        report.add(path, str(backend), "is not on a machine that is deployed, which has systemd-networkd", "remove it")
    elif not machine.nics:
        report.add(path, str(backend), "has no effect: its network is left as it is", "remove it, or give its nics")


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


def _check_boot(report: Report, machine: Machine) -> None:
    path, boot = f"machines.{machine.name}.boot_nic", report.layout.wiring.boot_nic(machine)
    links = report.layout.wiring.of(machine)
    if machine.boot_nic is not None and boot is None:
        report.add(path, machine.boot_nic, f"is not a NIC of {machine.name}", choose(machine.boot_nic, machine.nics))
    if not boot or not links or any(boot in link.nics for link in links):
        return
    names = ", ".join(nic.name for link in links for nic in link.nics)
    if machine.links:
        report.add(path, boot.name, "is on no link", f"choose one of {names}, or add a link: {{nic: {boot.name}}}")
    else:
        message = "is not in the bond, which carries the provision network"
        report.add(path, boot.name, message, f"choose one of {names}, or add it to bond.members")


def _check_bond(report: Report, machine: Machine, link: HostLink) -> None:
    """Check that a bond suits its switches, and what is above it."""
    if link.bond is None:
        return
    path = f"{link.path(machine)}.bond"
    switches = sorted({nic.port.switch for nic in link.nics if nic.port and nic.port.switch in report.cloud.switches})
    if link.is_aggregated and len(switches) > 1 and not _is_mlag_pair(report, switches):
        report.add(
            path,
            None,
            f"spans {', '.join(switches)}, which are not an MLAG pair",
            "declare mlag on both, cable it to one switch, or write mode: active-backup",
        )
    boot = report.layout.wiring.boot_nic(machine)
    if link.bond.mode is BondMode.XOR and is_deployed(machine) and boot in link.nics and len(link.nics) > 1:
        report.add(
            f"{path}.mode",
            str(link.bond.mode),
            "has the NIC that boots, alone, while the switch sends to any port of the aggregation",
            "write mode: 802.3ad, or boot by a NIC in a link of its own",
        )
    above = _of_machines(report, machine, link) if link.bond.mode in (BondMode.ALB, BondMode.TLB) else ""
    if above:
        report.add(
            f"{path}.mode",
            str(link.bond.mode),
            f"carries {above}, and sends their frames with other source addresses than their own",
            "write mode: active-backup, 802.3ad or balance-xor",
        )
    _check_unread(report, link.bond, path)


def _of_machines(report: Report, machine: Machine, link: HostLink) -> str:
    """VLANs of pods and virtual machines on a link, which are behind a bridge there."""
    tenants = [network.name for network in report.layout.wiring.on(machine, link) if network.vlans]
    bridges = [one.network for one in bridged(report.layout, machine)]
    behind = [name for name in bridges if report.layout.wiring.carrying(machine, report.cloud.networks[name]) == link]
    return ", ".join(f"networks.{name}" for name in dict.fromkeys([*tenants, *behind]))


def _check_unread(report: Report, bond: Bond, path: str) -> None:
    """Settings that the mode does not have; inherited ones are for other machines."""
    wanted = {"lacp_rate": (BondMode.LACP,), "hash_policy": (BondMode.LACP, BondMode.XOR)}
    for key, modes in wanted.items():
        value = getattr(bond, key)
        if bond.mode not in modes and value != getattr(Bond(), key) and not report.origin(f"{path}.{key}"):
            report.add(f"{path}.{key}", str(value), f"has no effect with mode: {bond.mode}", "remove it")


def _check_mlag_ids(report: Report) -> None:
    """The identifiers of aggregations that span a pair have to be unique, see `wiring.mlag_id`."""
    claims = Claims(report, "the MLAG identifier of", f"give numbers below {MLAG_STEP} to machines with several bonds")
    for machine in report.cloud.machines.values():
        for link in report.layout.wiring.of(machine):
            number = mlag_id(machine, link)
            switches = {nic.port.switch for nic in link.nics if nic.port}
            if link.is_aggregated and number is not None and len(switches) > 1:
                own = (
                    f"machines.{machine.name}.number" if number == number_of(machine) else f"{link.path(machine)}.bond"
                )
                claims.claim(number, own)


def _is_mlag_pair(report: Report, names: list[str]) -> bool:
    # check_cabling has already reported a pair that is declared on one side only.
    return len(names) == 2 and any(report.cloud.switches[name].mlag_peer in names for name in names)


def _check_shared(report: Report, machine: Machine) -> None:
    """A BMC on a NIC of the machine has to be reached while the machine is off and sends no LACP."""
    nic, boot = shared_nic(machine), report.layout.wiring.boot_nic(machine)
    link = next((link for link in report.layout.wiring.of(machine) if nic in link.nics), None)
    if nic is None or link is None or not link.is_lacp or nic is boot:
        return
    forwards = f"the port of {boot.name}" if boot in link.nics and boot else "none of its ports"
    report.add(
        f"machines.{machine.name}.bmc.switch_port",
        str(nic.port),
        f"is the port of {nic.name}, and while the machine is off only {forwards} forwards",
        "let the BMC share the NIC that the machine boots from, or write bond: {mode: active-backup}",
    )


def _check_interfaces(report: Report, machine: Machine) -> None:
    """Check interface names by the rule of the role host_network, and those that udev can't give."""
    names = {f"machines.{machine.name}.nics.{name}": name for name in machine.nics}
    bonds: dict[str, str] = {}
    for link in report.layout.wiring.of(machine):
        if link.bond:
            path = f"{link.path(machine)}.bond.name"
            names[path] = link.bond.name
            first = bonds.setdefault(link.bond.name, path)
            if link.bond.name in machine.nics:
                report.add(path, link.bond.name, "is also the name of a NIC", "give the bond a name of its own")
            elif first != path:
                message = f"is already the name of {first.removesuffix('.name')}"
                report.add(path, link.bond.name, message, f"give name: bond{len(bonds)}, or another one")
        _check_tagged(report, machine, link)
    for place, name in names.items():
        _check_name(report, place, name)


def _check_tagged(report: Report, machine: Machine, link: HostLink) -> None:
    wiring = report.layout.wiring
    own = [item for item in report.layout.networks_of(machine) if wiring.carrying(machine, item) == link]
    tagged = [f"{link.name}.{item.vlan}" for item in own if not is_same(wiring.native(machine, link), item)]
    longest = max(tagged, key=len, default="")
    if longest and LINK.match(link.name) and not LINK.match(longest):
        report.add(link.path(machine), longest, _TOO_LONG, "give the bond or the NIC a shorter name")


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


def unused_nics(layout: Layout, machine: Machine) -> list[str]:
    """NICs with a cable that nothing uses: neither a link, nor the machine's boot, nor its BMC."""
    used = [shared_nic(machine), *(nic for link in layout.wiring.of(machine) for nic in link.nics)]
    return [nic.name for nic in machine.nics.values() if nic.port is not None and nic not in used]
