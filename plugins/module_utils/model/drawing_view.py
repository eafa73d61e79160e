# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the role `drawing`: the objects that the pictures of the cloud show."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ..fabric.by_hand import UNMANAGED, table
from ..fabric.config import SwitchConfig
from . import bgp_table
from .ends import ends_of
from .hardware import Location, Machine, Switch
from .layout import Layout
from .routed_view import routed_of
from .scalars import PortRef
from .segments import Network
from .switch_view import without_secrets
from .types import Cloud

View = dict[str, t.Any]


def drawing(layout: Layout, switches: Mapping[str, View]) -> View:
    """The role input `drawing`.

    :param switches: the input of the role `switch` of every switch, by name.
    """
    cloud = layout.cloud
    by_hand = _by_hand(layout, switches)
    return {
        "title": cloud.name,
        "networks": [_network(network) for network in cloud.networks.values()],
        "switches": [_switch(cloud, switch) for switch in cloud.switches.values()],
        "machines": [_machine(layout, machine) for machine in cloud.machines.values()],
        "others": _others(layout),
        **({"by_hand": by_hand} if by_hand else {}),
    }


def _by_hand(layout: Layout, switches: Mapping[str, View]) -> list[str]:
    """The lines of tables of what people have to configure on unmanaged switches, and on routers for BGP."""
    views = [view for view in switches.values() if view["platform"] == UNMANAGED]
    tables = [table(SwitchConfig.from_vars(without_secrets(view)), view.get("mlag_peer")) for view in views]
    tables += bgp_table.tables(layout)
    return [line for lines in tables for line in (*lines, "")][:-1]


def _others(layout: Layout) -> list[View]:
    """Objects with addresses that are not machines: the provisioner and the API endpoint."""
    cloud = layout.cloud
    own = {name: str(address) for name, address in layout.provisioner.items()}
    found: list[View] = [{"name": "provisioner", "note": cloud.provisioner.host, "addresses": own}]
    network = layout.network_of(cloud.kubernetes.endpoint) if cloud.kubernetes else None
    if cloud.kubernetes and network:
        endpoint = {network.name: str(cloud.kubernetes.endpoint)}
        note = "Kubernetes API, external" if cloud.kubernetes.external else "Kubernetes API"
        found.append({"name": "endpoint", "note": note, "addresses": endpoint})
    return found


def _network(network: Network) -> View:
    return {
        "name": network.name,
        "vlans": str(network.vlans or ", ".join(dict.fromkeys(str(part.vlan) for part in network.parts))),
        "subnet": ", ".join(str(subnet) for part in network.parts for subnet in part.subnets) or None,
        "mtu": network.mtu,
        "gateway": ", ".join(str(router) for part in network.parts for router in part.gateways) or None,
        "native": network.native,
    }


def _switch(cloud: Cloud, switch: Switch) -> View:
    facts = [str(switch.platform), str(switch.address) if switch.address else "", f"MLAG {switch.mlag_peer}"]
    return {
        "name": switch.name,
        **_place(switch.location),
        "note": " · ".join(part for part in (facts if switch.mlag else facts[:2]) if part),
        "uplinks": _ends(cloud, switch),
    }


def _ends(cloud: Cloud, switch: Switch) -> dict[str, str]:
    """What is at the other end of ports, and of ranges of ports, that no machine is cabled to."""
    ends = {
        port: f"{end.name}: {end.description}" if end.is_lag else end.description
        for end in ends_of(cloud, switch)
        for port in (end.ports if end.is_lag else (end.name,))
    }
    return ends | dict.fromkeys(switch.mlag.peer_link if switch.mlag else (), f"peer link to {switch.mlag_peer}")


def _place(location: Location) -> View:
    side = {"side": str(location.side)} if location.side else {}
    return {"rack": location.rack, "unit": location.unit, "height": location.height, **side}


def _machine(layout: Layout, machine: Machine) -> View:
    addresses: dict[str, str] = {}
    for name, address in layout.all_addresses_of(machine.name):
        addresses[name] = f"{addresses[name]}, {address}" if name in addresses else str(address)
    for item in routed_of(layout, machine):
        addresses[item.pool.name] = ", ".join(str(ends.machine.ip) for ends in item.ends)
    bmc = machine.bmc.switch_port if machine.bmc else None
    return {
        "name": machine.name,
        **_place(machine.location),
        "note": ", ".join(str(role).replace("_", " ") for role in machine.roles),
        "cables": {nic.name: _end(nic.port) for nic in machine.nics.values() if nic.port},
        "bmc": _end(bmc) if bmc else None,
        "addresses": addresses,
        "carries": [network.name for network in layout.wiring.carried(machine) if network.name not in addresses],
    }


def _end(port: PortRef) -> View:
    return {"switch": port.switch, "port": port.port}
