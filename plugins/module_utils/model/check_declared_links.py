# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the key `links` of a machine: its NICs, and that each network is on one link."""

from __future__ import annotations

from .checks import Claims, Report
from .enums import BondMode
from .hardware import Machine
from .layout import is_deployed
from .nics import Bond, Link
from .problems import choose
from .wiring import is_same


def check_declared_links(report: Report, machine: Machine) -> None:
    """Check the links that a machine names."""
    path = f"machines.{machine.name}"
    if machine.bond != Bond() and not report.origin(f"{path}.bond"):
        report.add(f"{path}.bond", None, "is given together with links", "write it as a link, or remove links")
    if not machine.nics:
        report.add(f"{path}.links", None, "has no NICs to name", "give its nics, or remove links")
        return
    nics = Claims(report, "in", "name each NIC in one link")
    for link in machine.links.values():
        where = f"{path}.links.{link.name}"
        if _check_kind(report, machine, link, where):
            _check_nics(report, machine, link, where, nics)
    _check_networks(report, machine, path)
    _check_natives(report, machine, path)
    _check_boot(report, machine, path)


def _check_kind(report: Report, machine: Machine, link: Link, where: str) -> bool:
    if report.is_unreadable(where):
        return False
    if link.bond is None and link.nic is None:
        remedy = f"give nic: {next(iter(machine.nics))}, or bond: {{members: [{', '.join(machine.nics)}]}}"
        report.add(where, None, "has neither bond nor nic", remedy)
    elif link.bond and link.nic:
        report.add(where, None, "has a bond and a nic", "keep one of them")
    elif link.bond and link.bond.mode is BondMode.NONE:
        report.add(f"{where}.bond.mode", "none", "is no bond", "write nic: NAME instead of bond")
    elif link.bond and not link.bond.members:
        report.add(f"{where}.bond.members", None, "is missing", f"list NICs: {', '.join(machine.nics)}")
    else:
        return True
    return False


def _check_nics(report: Report, machine: Machine, link: Link, where: str, nics: Claims) -> None:
    if link.nic:
        named = {f"{where}.nic": link.nic}
    else:
        members = link.bond.members if link.bond else ()
        named = {f"{where}.bond.members[{index}]": name for index, name in enumerate(members)}
    for path, name in named.items():
        if name not in machine.nics:
            report.add(path, name, f"is not a NIC of {machine.name}", choose(name, machine.nics))
        else:
            nics.claim(name, path)


def _check_networks(report: Report, machine: Machine, path: str) -> None:
    networks = report.cloud.networks
    placed = Claims(report, "on", "name each network on one link")
    for link in machine.links.values():
        for index, name in enumerate(link.networks):
            where = f"{path}.links.{link.name}.networks[{index}]"
            if name not in networks:
                report.add(where, name, "is not a network", choose(name, networks))
            else:
                placed.claim(name, where)
    without = [link.name for link in machine.links.values() if not link.networks and link.routed is None]
    if len(without) > 1:
        report.add(
            f"{path}.links.{without[1]}.networks",
            None,
            f"is missing, as it is on {without[0]}: only one link has the networks that no other names",
            "name the networks of one of them",
        )
    for index, name in enumerate(machine.networks if not without else ()):
        if name in networks and name not in placed.owners and not is_same(report.layout.provision, networks[name]):
            report.add(f"{path}.networks[{index}]", name, "is on no link", "name it on a link, or remove it here")
    for host_link in report.layout.wiring.of(machine):
        if host_link.routed is None and not report.layout.wiring.on(machine, host_link):
            report.add(host_link.path(machine), None, "carries no network", "name its networks, or remove the link")


def _check_natives(report: Report, machine: Machine, path: str) -> None:
    wiring = report.layout.wiring
    for link in wiring.of(machine):
        where, name = f"{path}.links.{link.key}.native", link.untagged
        if name is None or link.routed is not None:
            continue
        on = {network.name: network for network in wiring.on(machine, link)}
        native = wiring.native(machine, link)
        if name not in on:
            report.add(where, name, "is not on this link", choose(name, on))
        elif on[name].vlan is None:
            report.add(where, name, "has several VLANs", "name a network with one vlan")
        elif native and not is_same(native, on[name]):
            remedy = f"remove native, or put {native.name} on another link"
            report.add(where, name, f"is not {native.name}, which machines boot over, untagged", remedy)


def _check_boot(report: Report, machine: Machine, path: str) -> None:
    """The NIC that boots has to be on the link of the provision network."""
    wiring, provision = report.layout.wiring, report.layout.provision
    nic = wiring.boot_nic(machine)
    if nic is None or provision is None or not is_deployed(machine):
        return
    carrying = wiring.carrying(machine, provision)
    if carrying is None or nic in carrying.nics:
        return
    names = ", ".join(one.name for one in carrying.nics)
    report.add(
        f"{path}.boot_nic",
        nic.name,
        f"is not on the link {carrying.key}, which carries the provision network",
        f"choose one of {names}, or name {provision.name} on the link of {nic.name}",
    )
