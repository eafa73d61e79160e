# Copyright: (c) 2026, the groundup.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of what ports, bonds and switches can carry: the VLANs and packet sizes of the networks that run over them.

A network that is too much for a switch is told once, where it's said, and not once for each of its machines.
"""

from __future__ import annotations

import dataclasses

from .checks import Report
from .hardware import Machine, Network, Switch
from .layout import Layout, bond_members, carried_networks, link_nics


@dataclasses.dataclass
class _Users:
    """Who needs a network on a switch: the first of them, and how many there are."""

    first: str
    count: int = 0

    def __str__(self) -> str:
        return self.first if self.count == 1 else f"{self.first} and {self.count - 1} more"


Needs = dict[str, dict[str, _Users]]


def check_carriage(report: Report) -> None:
    """Every switch can carry the VLANs and the packets of what is cabled to it, and every bond those of its machine."""
    needs: Needs = {name: {} for name in report.cloud.switches}
    for machine in report.cloud.machines.values():
        _machine_needs(report.layout, machine, needs)
        _bond(report, machine)
    for switch in report.cloud.switches.values():
        _uplink_needs(report, switch, needs)
        for name, users in needs[switch.name].items():
            network = report.cloud.networks[name]
            _packets(report, switch, network, users)
            _vlans(report, switch, network, users)


def _machine_needs(layout: Layout, machine: Machine, needs: Needs) -> None:
    path = f"machines.{machine.name}"
    networks = {network.name for network in carried_networks(layout, machine)}
    for name in {nic.port.switch for nic in link_nics(machine) if nic.port}:
        _need(needs, name, networks, path)
    port = machine.bmc.switch_port if machine.bmc else None
    holder = layout.holder(machine.bmc.address) if machine.bmc else None
    if port and holder:
        _need(needs, port.switch, {holder.name}, f"{path}.bmc")


def _uplink_needs(report: Report, switch: Switch, needs: Needs) -> None:
    networks = report.cloud.networks
    for name, uplink in switch.uplinks.items():
        listed = networks if "all" in uplink.networks else [item for item in uplink.networks if item in networks]
        _need(needs, switch.name, set(listed), f"switches.{switch.name}.uplinks.{name}")


def _need(needs: Needs, switch: str, networks: set[str], path: str) -> None:
    users = needs.get(switch)
    if users is None:
        return  # a switch that doesn't exist has been reported at the cable
    for name in sorted(networks):
        users.setdefault(name, _Users(path)).count += 1


def _packets(report: Report, switch: Switch, network: Network, users: _Users) -> None:
    if network.mtu > switch.mtu:
        report.say(
            f"networks.{network.name}.mtu",
            network.mtu,
            f"is above the {switch.mtu} bytes of switches.{switch.name}.mtu, whose ports carry it to {users}",
            "raise the one or lower the other",
        )


def _vlans(report: Report, switch: Switch, network: Network, users: _Users) -> None:
    allowed = {vlan for item in switch.vlans for vlan in item.ids()}
    wanted = [network.vlan] if network.vlan is not None else network.vlans.ids() if network.vlans else ()
    lacking = [vlan for vlan in wanted if vlan not in allowed] if allowed else []
    if lacking:
        report.say(
            f"switches.{switch.name}.vlans",
            lacking[0] if len(wanted) == 1 else f"{lacking[0]} (of {network.vlans})",
            f"is missing: the VLAN of networks.{network.name}, which {users} {'needs' if users.count == 1 else 'need'}",
            f"add it, or take {network.name} away from them",
        )


def _bond(report: Report, machine: Machine) -> None:
    members = bond_members(machine)
    if machine.bond.mtu is None or not members:
        return
    path = f"machines.{machine.name}.bond.mtu"
    for network in carried_networks(report.layout, machine):
        if network.mtu > machine.bond.mtu:
            report.say(
                path,
                machine.bond.mtu,
                f"is less than the {network.mtu} of networks.{network.name}.mtu",
                "raise the one or lower the other",
            )
    for name in sorted({nic.port.switch for nic in members if nic.port}):
        switch = report.cloud.switches.get(name)
        if switch and machine.bond.mtu > switch.mtu:
            report.say(
                path,
                machine.bond.mtu,
                f"is above the {switch.mtu} bytes of switches.{name}.mtu",
                "lower the one or raise the other",
            )
