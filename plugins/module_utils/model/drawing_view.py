# Copyright: (c) 2026, the groundup.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pictures of the cloud show: the input of the role `drawing`."""

from __future__ import annotations

import typing as t

from .hardware import Machine, Network, Switch
from .layout import Layout

View = dict[str, t.Any]


def drawing(layout: Layout) -> View:
    """The role input `drawing`."""
    cloud = layout.cloud
    return {
        "title": cloud.name,
        "networks": [_network(network) for network in cloud.networks.values()],
        "switches": [_switch(switch) for switch in cloud.switches.values()],
        "machines": [_machine(layout, machine) for machine in cloud.machines.values()],
    }


def _network(network: Network) -> View:
    return {
        "name": network.name,
        "vlans": str(network.vlans or network.vlan),
        "subnet": str(network.subnet) if network.subnet else None,
        "mtu": network.mtu,
    }


def _switch(switch: Switch) -> View:
    note = f"{switch.platform} {switch.address}" if switch.address else str(switch.platform)
    return {"name": switch.name, "rack": switch.location.rack, "unit": switch.location.unit, "note": note}


def _machine(layout: Layout, machine: Machine) -> View:
    return {
        "name": machine.name,
        "rack": machine.location.rack,
        "unit": machine.location.unit,
        "note": ", ".join(str(role).replace("_", " ") for role in machine.roles),
        "cables": {
            nic.name: {"switch": nic.port.switch, "port": nic.port.port} for nic in machine.nics.values() if nic.port
        },
        "addresses": layout.texts_of(machine.name),
    }
