# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the role `host_network`, one per machine: the machine's end of its cables."""

from __future__ import annotations

import typing as t

from ..cluster import network_calico as calico
from .attachments import Attachment, bridge_name
from .enums import BondMode, NetworkProvider, Role
from .hardware import Machine
from .kube_ovn_vlans import is_of_subnet, lent
from .layout import Layout, fqdn
from .nics import Bond, Nic
from .routed_view import addresses as routed_addresses
from .routed_view import peers as routed_peers
from .routed_view import routed_of
from .scalars import Address
from .segments import Network, Route
from .wiring import HostLink, is_same

View = dict[str, t.Any]


def host_network(layout: Layout, machine: Machine, peers: View) -> View:
    """The role input `host_network` of a machine."""
    cloud = layout.cloud
    routers, boot = default_routers(layout, machine), layout.wiring.boot_nic(machine)
    routed = routed_of(layout, machine)
    defaults = set(routers).union(*(item.by_default for item in routed))
    placed = [
        (network, address)
        for network in layout.networks_of(machine)
        for plan in (layout.addresses_of(machine.name), layout.second_addresses_of(machine.name))
        if (address := plan.get(network.name))
    ]
    return {
        "backend": str(machine.network_backend),
        "hostname": machine.name,
        "fqdn": fqdn(machine, cloud),
        "links": [_link(layout, machine, link, boot) for link in layout.wiring.of(machine)],
        "nics": [_nic(nic) for nic in sorted(machine.nics.values(), key=lambda nic: nic is not boot)],
        "addresses": [
            {
                **_address(layout, machine, network, address, routers.get(address.version) is network),
                "routes": _routes(layout, network, address.version, defaults),
            }
            for network, address in placed
        ]
        + routed_addresses(routed),
        "bridges": [_bridge(layout, machine, one) for one in bridged(layout, machine)],
        **({"vlans": vlans} if (vlans := lent(layout, machine)) else {}),
        "dns": {
            "servers": resolvers(layout),
            "search": list(cloud.dns.search) or [cloud.domain],
        },
        "peers": {**peers, **routed_peers(routed)},
        "confirm_timeout": 180,
    }


def resolvers(layout: Layout) -> list[str]:
    """The model's resolvers; without any, the provisioner, which resolves the names of the cloud."""
    own = layout.provisioner.get(layout.provision.name) if layout.provision else None
    return [str(server) for server in layout.cloud.dns.servers] or ([str(own)] if own else [])


def default_routers(layout: Layout, machine: Machine) -> dict[int, Network]:
    """The networks whose gateways are the machine's default routes, by IP version: the first that has a gateway of it.

    Networks with a subnet for each rack come after the others, and the provision network last.
    """
    ordered = layout.networks_of(machine)
    own = [network for network in ordered if not is_same(layout.provision, network)]
    found: dict[int, Network] = {}
    for network in [*sorted(own, key=lambda network: bool(network.rack_name)), *ordered]:
        for router in network.gateways if network.table is None else ():
            found.setdefault(router.version, network)
    return found


def bridged(layout: Layout, machine: Machine) -> list[Attachment]:
    """Attachments of pods for which a machine has a bridge, one for each VLAN."""
    cloud = layout.cloud
    if cloud.kubernetes is None or Role.COMPUTE not in machine.roles:
        return []
    found = [one for one in cloud.network.attachments.values() if one.vlan and one.network in cloud.networks]
    found = [one for one in found if not is_of_subnet(cloud, one.vlan)]
    return list({one.vlan: one for one in found}.values())


def _bridge(layout: Layout, machine: Machine, one: Attachment) -> View:
    network = layout.cloud.networks[one.network]
    link = layout.wiring.carrying(machine, network)
    return {"name": bridge_name(one.vlan), "link": link.name if link else "", "vlan": one.vlan, "mtu": network.mtu}


def _nic(nic: Nic) -> View:
    return {"name": nic.name, "mac": nic.mac, **({"port": str(nic.port)} if nic.port else {})}


def _link(layout: Layout, machine: Machine, link: HostLink, boot: Nic | None) -> View:
    mtu = layout.wiring.mtu(machine, link)
    if link.bond is None:
        return {"name": link.name, "mtu": mtu, "nic": _nic(link.nics[0])}
    return {"name": link.name, "mtu": mtu, "bond": _bond(link.bond, link.nics, boot)}


def _bond(bond: Bond, members: tuple[Nic, ...], boot: Nic | None) -> View:
    first = boot if boot in members and boot else members[0]
    hashes = bond.mode in (BondMode.LACP, BondMode.XOR)
    return {
        "mode": str(bond.mode),
        "members": [_nic(nic) for nic in members],
        # The MAC address of the DHCP reservation, which the machine also uses when it boots from the network.
        "mac": first.mac,
        "primary": first.name,
        **({"lacp_rate": str(bond.lacp_rate)} if bond.mode is BondMode.LACP else {}),
        **({"hash_policy": str(bond.hash_policy)} if hashes else {}),
    }


def _address(layout: Layout, machine: Machine, network: Network, address: Address, default: bool) -> View:
    subnet, router = network.subnet_of(address.version), network.gateway_of(address.version)
    prefix = subnet.prefixlen if subnet else address.max_prefixlen
    link = layout.wiring.carrying(machine, network)
    untagged = link is not None and is_same(layout.wiring.native(machine, link), network)
    return {
        "network": network.name,
        "link": link.name if link else "",
        "vlan": None if untagged else network.vlan,
        "interface": layout.wiring.interface(machine, network),
        "address": f"{address}/{prefix}",
        "mtu": network.mtu,
        "gateway": str(router) if router and (default or network.table) else None,
        **({"table": network.table} if network.table else {}),
    }


def _routes(layout: Layout, network: Network, version: int, defaults: set[int]) -> list[View]:
    """Routes of the IP version of an address; `defaults`: IP versions of which the machine has a default route."""
    own = [route for route in network.routes if len(network.subnets) < 2 or route.to.version == version]
    return [*map(_route, own), *(_for_pods(layout, network, defaults) if version == 4 else ())]


def _route(route: Route) -> View:
    return {"to": str(route.to), "via": str(route.via)}


def _for_pods(layout: Layout, network: Network, defaults: set[int]) -> list[View]:
    """A route to the address that pods of Calico have as their router, for machines without a default route.

    Nodes answer for that address by proxy ARP, which the kernel does only where it has a route to it (Calico's
    documentation, reference/faq: "Why does my container have a route to 169.254.1.1?").
    """
    chosen = layout.cloud.kubernetes is not None and layout.cloud.network.provider is NetworkProvider.CALICO
    if not chosen or not is_same(layout.cluster, network) or 4 in defaults:
        return []
    return [{"to": calico.ROUTER}]


def disk_view(serial: str | None, wwn: str | None) -> View:
    """A disk in a role's input: only the identifiers that the model gives."""
    return {key: value for key, value in (("serial", serial), ("wwn", wwn)) if value}
