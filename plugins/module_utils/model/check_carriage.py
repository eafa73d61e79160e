# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that ports, bonds and switches can carry the VLANs and the MTU of the networks that use them.

A network that a switch can't carry is reported once, at its key, and not once for each machine.
"""

from __future__ import annotations

import dataclasses

from .checks import Report
from .ends import ends_of
from .hardware import Machine, Switch
from .layout import Layout
from .segments import Network
from .wiring import HostLink


@dataclasses.dataclass
class _Users:
    """The objects that need a network on a switch: the path of the first one, and their number."""

    first: str
    count: int = 0

    def __str__(self) -> str:
        return self.first if self.count == 1 else f"{self.first} and {self.count - 1} more"


Needs = dict[str, dict[str, _Users]]


def check_carriage(report: Report) -> None:
    """Check that every switch and every bond can carry the VLANs and MTUs of its networks."""
    needs: Needs = {name: {} for name in report.cloud.switches}
    for machine in report.cloud.machines.values():
        _machine_needs(report.layout, machine, needs)
        for link in report.layout.wiring.of(machine):
            _check_bond(report, machine, link)
    for switch in report.cloud.switches.values():
        _end_needs(report, switch, needs)
        for name, users in needs[switch.name].items():
            network = report.cloud.networks[name]
            _check_mtu(report, switch, network, users)
            _check_vlans(report, switch, network, users)


def _machine_needs(layout: Layout, machine: Machine, needs: Needs) -> None:
    path = f"machines.{machine.name}"
    carried: dict[str, set[str]] = {}
    for link in layout.wiring.of(machine):
        names = {network.name for network in layout.wiring.on(machine, link)}
        for name in {nic.port.switch for nic in link.nics if nic.port}:
            carried.setdefault(name, set()).update(names)
    for name, networks in carried.items():
        _add_need(needs, name, networks, path)
    port = machine.bmc.switch_port if machine.bmc else None
    network = layout.bmc_network(machine)
    if port and network:
        _add_need(needs, port.switch, {network.name}, f"{path}.bmc")


def _end_needs(report: Report, switch: Switch, needs: Needs) -> None:
    networks = report.cloud.networks
    for end in ends_of(report.cloud, switch):
        wanted = end.settings.networks
        listed = networks if "all" in wanted else [item for item in wanted if item in networks]
        _add_need(needs, switch.name, set(listed), end.path)


def _add_need(needs: Needs, switch: str, networks: set[str], path: str) -> None:
    users = needs.get(switch)
    if users is None:
        return  # check_cabling has already reported a cable to an unknown switch
    for name in sorted(networks):
        users.setdefault(name, _Users(path)).count += 1


def _check_mtu(report: Report, switch: Switch, network: Network, users: _Users) -> None:
    if network.mtu > switch.mtu:
        report.add(
            f"networks.{network.name}.mtu",
            network.mtu,
            f"is above the {switch.mtu} bytes of switches.{switch.name}.mtu, whose ports carry it to {users}",
            "raise the lower value or reduce the higher one",
        )


def _check_vlans(report: Report, switch: Switch, whole: Network, users: _Users) -> None:
    network = whole.at(switch.location.rack)
    allowed = {vlan for item in switch.vlans for vlan in item.ids()}
    wanted = [network.vlan] if network.vlan is not None else network.vlans.ids() if network.vlans else ()
    missing = [vlan for vlan in wanted if vlan not in allowed] if allowed else []
    if missing:
        report.add(
            f"switches.{switch.name}.vlans",
            missing[0] if len(wanted) == 1 else f"{missing[0]} (of {network.vlans})",
            f"is missing: the VLAN of networks.{network.name}, which {users} {'needs' if users.count == 1 else 'need'}",
            f"add it, or remove {network.name} there",
        )


def _check_bond(report: Report, machine: Machine, link: HostLink) -> None:
    own = link.bond.mtu if link.bond else None
    if own is None:
        return
    path = f"{link.path(machine)}.bond.mtu"
    for network in report.layout.wiring.on(machine, link):
        if network.mtu > own:
            report.add(
                path,
                own,
                f"is less than the {network.mtu} of networks.{network.name}.mtu",
                "raise the lower value or reduce the higher one",
            )
    for name in sorted({nic.port.switch for nic in link.nics if nic.port}):
        switch = report.cloud.switches.get(name)
        if switch and own > switch.mtu:
            report.add(
                path,
                own,
                f"is above the {switch.mtu} bytes of switches.{name}.mtu",
                "raise the lower value or reduce the higher one",
            )
