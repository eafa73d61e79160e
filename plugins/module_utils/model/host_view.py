# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the role `host_network`, one per machine: the machine's end of its cables."""

from __future__ import annotations

import typing as t

from ..cluster import network_calico as calico
from .attachments import Attachment, bridge_name
from .enums import BondMode, NetworkProvider, Role
from .hardware import Machine, Network, Nic, Route
from .layout import Layout, bond_members, boot_nic, fqdn, link_name

View = dict[str, t.Any]


def host_network(layout: Layout, machine: Machine, peers: View) -> View:
    """The role input `host_network` of a machine."""
    cloud = layout.cloud
    routers, boot = default_routers(layout, machine), boot_nic(machine)
    addresses = layout.texts_of(machine.name)
    networks = [network for network in layout.networks_of(machine) if network.name in addresses]
    return {
        "backend": "networkd",
        "hostname": machine.name,
        "fqdn": fqdn(machine, cloud),
        "bond": _bond(layout, machine),
        "nics": [_nic(nic) for nic in sorted(machine.nics.values(), key=lambda nic: nic is not boot)],
        "mtu": layout.link_mtu(machine),
        "addresses": [
            {
                **_address(machine, network, addresses[network.name], network in routers),
                "routes": [*map(_route, network.routes), *_for_pods(layout, network, routers)],
            }
            for network in networks
        ],
        "bridges": [_bridge(cloud.networks[one.network], one.vlan) for one in bridged(layout, machine)],
        "dns": {
            "servers": resolvers(layout),
            "search": list(cloud.dns.search) or [cloud.domain],
        },
        "peers": peers,
        "confirm_timeout": 180,
    }


def resolvers(layout: Layout) -> list[str]:
    """The model's resolvers; without any, the provisioner, which resolves the names of the cloud."""
    own = layout.provisioner.get(layout.provision.name) if layout.provision else None
    return [str(server) for server in layout.cloud.dns.servers] or ([str(own)] if own else [])


def default_routers(layout: Layout, machine: Machine) -> list[Network]:
    """The networks whose gateways are the machine's default routes: of each IP version the first that has a gateway.

    The provision network comes last.
    """
    ordered = layout.networks_of(machine)
    own = [network for network in ordered if network is not layout.provision]
    found: dict[int, Network] = {}
    for network in [*own, *ordered]:
        if network.gateway:
            found.setdefault(network.gateway.version, network)
    return list(found.values())


def interface(machine: Machine, network: Network) -> str:
    """Name of a machine's interface in one network; the model gives it where the machine's network is not changed."""
    if not machine.nics:
        return machine.interfaces.get(network.name, "")
    return link_name(machine) if network.native else f"{link_name(machine)}.{network.vlan}"


def bridged(layout: Layout, machine: Machine) -> list[Attachment]:
    """Attachments of pods for which a machine has a bridge, one for each VLAN."""
    cloud = layout.cloud
    if cloud.kubernetes is None or Role.COMPUTE not in machine.roles:
        return []
    found = [one for one in cloud.network.attachments.values() if one.vlan and one.network in cloud.networks]
    return list({one.vlan: one for one in found}.values())


def _bridge(network: Network, vlan: int | None) -> View:
    return {"name": bridge_name(vlan), "vlan": vlan, "mtu": network.mtu}


def _nic(nic: Nic) -> View:
    return {"name": nic.name, "mac": nic.mac, **({"port": str(nic.port)} if nic.port else {})}


def _bond(layout: Layout, machine: Machine) -> View | None:
    members = bond_members(machine)
    boot = boot_nic(machine)
    if not members:
        return None
    lacp = machine.bond.mode is BondMode.LACP
    return {
        "name": machine.bond.name,
        "mode": str(machine.bond.mode),
        "members": [_nic(nic) for nic in members],
        # The MAC address of the DHCP reservation, which the machine also uses when it boots from the network.
        "mac": boot.mac if boot in members and boot else members[0].mac,
        "primary": boot.name if boot in members and boot else members[0].name,
        **({"lacp_rate": str(machine.bond.lacp_rate)} if lacp else {}),
        "mtu": layout.link_mtu(machine),
    }


def _address(machine: Machine, network: Network, address: str, default: bool) -> View:
    prefix = network.subnet.prefixlen if network.subnet else 32
    return {
        "network": network.name,
        "vlan": None if network.native else network.vlan,
        "interface": interface(machine, network),
        "address": f"{address}/{prefix}",
        "mtu": network.mtu,
        "gateway": str(network.gateway) if default else None,
    }


def _route(route: Route) -> View:
    return {"to": str(route.to), "via": str(route.via)}


def _for_pods(layout: Layout, network: Network, routers: list[Network]) -> list[View]:
    """A route to the address that pods of Calico have as their router, for machines without a default route.

    Nodes answer for that address by proxy ARP, which the kernel does only where it has a route to it (Calico's
    documentation, reference/faq: "Why does my container have a route to 169.254.1.1?").
    """
    chosen = layout.cloud.kubernetes is not None and layout.cloud.network.provider is NetworkProvider.CALICO
    if not chosen or network is not layout.cluster or any(one.gateway and one.gateway.version == 4 for one in routers):
        return []
    return [{"to": calico.ROUTER}]


def disk_view(serial: str | None, wwn: str | None) -> View:
    """A disk in a role's input: only the identifiers that the model gives."""
    return {key: value for key, value in (("serial", serial), ("wwn", wwn)) if value}
