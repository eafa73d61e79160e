# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who must hear whom: the peers of every machine, and the input of the role `prove`."""

from __future__ import annotations

import functools
import typing as t

from ..kube.settings import API_PORT
from . import load_balancer, multus, prove_storage, prove_tenants, prove_virtual_machines
from .declared import declared
from .enums import NetworkProvider, Role, StorageProvider
from .hardware import Machine
from .host_view import disk_view
from .layout import Layout, is_network_configured, root_disks
from .metal_view import control_plane_root
from .pods_mtu import pods
from .routed_view import proved, routed_of
from .scalars import Address
from .wiring import HostLink

View = dict[str, t.Any]
Layers = t.Mapping[str, str | None]
# Enough to tell a broken VLAN from one dead neighbour, and few enough to stay linear in the machines.
MOST_PEERS = 8


class Neighbours:
    """For every network its machines in a ring: the next MOST_PEERS of a machine are its peers.

    So everybody is somebody's peer, the choice is the same in every run, and the work stays linear.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._rings: dict[str, list[str]] = {part.place: [] for part in layout.parts}
        self._places: dict[tuple[str, str], tuple[str, int]] = {}
        for name, machine in layout.cloud.machines.items():
            for network in layout.networks_of(machine):
                if network.name in layout.addresses_of(name):
                    self._places[(network.name, name)] = network.place, len(self._rings[network.place])
                    self._rings[network.place].append(name)

    @functools.cached_property
    def separate(self) -> bool:
        """Whether some machines share no network with some others, not even by way of further ones."""
        groups: list[set[str]] = []
        for own in filter(None, (self._domains(name) for name in self.layout.cloud.machines)):
            touching = [group for group in groups if group & own]
            groups = [group for group in groups if not group & own] + [own.union(*touching)]
        return len(groups) > 1

    def _domains(self, machine: str) -> set[str]:
        """The L2 domains in which a machine has an address."""
        return {self._places[network, machine][0] for network in self.layout.addresses_of(machine)}

    def across(self, machine: str, network: str) -> list[str]:
        """Addresses of one machine in each other rack, of a network with racks; its routers lead to them."""
        return [self.layout.texts_of(name)[network] for name in self._firsts(machine, network)]

    def _firsts(self, machine: str, network: str) -> list[str]:
        """One machine in each other rack."""
        own = self._places[network, machine][0]
        parts = [part.place for part in self.layout.cloud.networks[network].parts if part.place != own]
        return [self._rings[place][0] for place in parts if self._rings[place]][:MOST_PEERS]

    def all_addresses(self, machine: str) -> dict[str, list[str]]:
        """Addresses of the machine's peers of both IP versions by network."""
        second = self.second_addresses(machine)
        return {network: [*own, *second.get(network, ())] for network, own in self.addresses(machine).items()}

    @functools.cache  # noqa: B019
    def second_addresses(self, machine: str) -> dict[str, list[str]]:
        """The same of second subnets, with one machine of each other rack: the provisioner has no address in them."""
        found: dict[str, list[str]] = {}
        for network in self.layout.second_addresses_of(machine):
            names = dict.fromkeys((*self.of(machine, network), *self._firsts(machine, network)))
            plans = [self.layout.second_addresses_of(name) for name in names]
            found[network] = [str(plan[network]) for plan in plans if network in plan]
        return found

    def of(self, machine: str, network: str) -> list[str]:
        """Names of the machine's peers in a network, in its L2 domain."""
        domain, place = self._places[(network, machine)]
        ring = self._rings[domain]
        return [ring[(place + step) % len(ring)] for step in range(1, min(MOST_PEERS, len(ring) - 1) + 1)]

    def _provisioner(self, machine: str, network: str) -> Address | None:
        """The provisioner's address, where it is in the machine's L2 domain."""
        whole = self.layout.cloud.networks[network]
        rack = self.layout.cloud.machines[machine].location.rack
        return (
            None if whole.racks and rack != self.layout.cloud.provisioner.rack else self.layout.provisioner.get(network)
        )

    @functools.cache  # noqa: B019  (lives as long as one run of the model)
    def addresses(self, machine: str) -> dict[str, list[str]]:
        """Addresses of the machine's peers by network; the provisioner, which is always up, comes first. A machine that
        is alone in its L2 domain has peers in other racks."""
        found: dict[str, list[str]] = {}
        for network in self.layout.texts_of(machine):
            own = self._provisioner(machine, network)
            peers = [self.layout.texts_of(name)[network] for name in self.of(machine, network)]
            found[network] = ([str(own)] if own else []) + peers or self.across(machine, network)
        return found


def prove(layout: Layout, neighbours: Neighbours, machine: Machine, layers: Layers) -> View:
    """The role input `prove` of a machine: what its proofs compare reality with."""
    addresses, peers = layout.addresses_of(machine.name), neighbours.addresses(machine.name)
    across, blank = neighbours.across, layout.cloud.storage.provider is StorageProvider.NONE
    roots = root_disks(machine)
    known_as = [str(name) for name in layout.cloud.network.custom.known_as]
    return {
        "host": machine.name,
        "bonds": [
            {"name": link.bond.name, "members": len(link.nics), "mode": str(link.bond.mode)}
            for link in layout.wiring.of(machine)
            if link.bond
        ],
        "networks": [
            {
                "name": network.name,
                "interface": layout.wiring.interface(machine, network),
                "mtu": network.mtu,
                "peers": list(dict.fromkeys((*peers[network.name][:MOST_PEERS], *across(machine.name, network.name)))),
            }
            for network in layout.networks_of(machine)
            if network.name in addresses
        ]
        + [
            {
                "name": f"{name} (IPv{address.version})",
                "interface": layout.wiring.interface(machine, network),
                "mtu": network.mtu,
                "peers": neighbours.second_addresses(machine.name)[name],
            }
            for network in layout.networks_of(machine)
            for name, address in layout.second_addresses_of(machine.name).items()
            if name == network.name
        ]
        + proved(routed_of(layout, machine)),
        "isolation": _isolation(layout, neighbours, machine) if is_network_configured(machine) else None,
        "scopes": ["bmc", "host", *(["control_plane"] if _is_control_plane(layout, machine) else [])],
        "layers": dict(layers),
        **({"known_as": known_as} if known_as else {}),
        "node": layout.control_planes is not None,
        "control_planes": layout.control_planes,
        "blank_disks": [disk_view(disk.serial, disk.wwn) for disk in machine.storage_disks] if blank else [],
        **({"root_mirror": [disk_view(disk.serial, disk.wwn) for disk in roots]} if len(roots) > 1 else {}),
        **({"encrypted_disks": disks} if (disks := prove_storage.encrypted(layout.cloud, machine)) else {}),
    }


def _is_control_plane(layout: Layout, machine: Machine) -> bool:
    return layout.control_planes is not None and Role.CONTROL_PLANE in machine.roles


def _senders(layout: Layout, names: list[str]) -> list[str]:
    """Those of some machines that take part in the proof of isolation, so that others may expect to hear them."""
    return [name for name in names if is_network_configured(layout.cloud.machines[name])]


def _isolation(layout: Layout, neighbours: Neighbours, machine: Machine) -> View:
    links = [link for link in layout.wiring.of(machine) if link.routed is None]
    return {
        "links": [_isolated(layout, neighbours, machine, link) for link in links],
        "forbidden": layout.unused_vlan,
        **({"separate": True} if neighbours.separate else {}),
    }


def _isolated(layout: Layout, neighbours: Neighbours, machine: Machine, link: HostLink) -> View:
    addresses, wiring = layout.addresses_of(machine.name), layout.wiring
    own = [network for network in layout.networks_of(machine) if network.name in addresses]
    own = [network for network in own if wiring.carrying(machine, network) == link]
    native = wiring.native(machine, link)
    return {
        "interface": link.name,
        "native": native.vlan if native else None,
        "vlans": [network.vlan for network in own],
        "carries": wiring.vlans(machine, link),
        "peers": {str(network.vlan): _senders(layout, neighbours.of(machine.name, network.name)) for network in own},
    }


def prove_cluster(layout: Layout, layers: Layers) -> View:
    """The role input `prove` of the host that proves the cluster: what all machines together have to be."""
    kubernetes = layout.cloud.kubernetes
    if kubernetes is None:
        return {"cluster": None}
    promises = {layer: [str(word) for word in words] for layer, words in declared(layout.cloud).items()}
    hosted = {"scopes": ["control_plane"], "control_planes": layout.control_planes, "root": control_plane_root(layout)}
    return {
        **(hosted if layout.hosted else {}),
        "layers": dict(layers),
        **({"promises": promises} if promises else {}),
        "cluster": {
            "endpoint": kubernetes.api,
            **({"forwards_to": servers} if kubernetes.external and (servers := api_servers(layout)) else {}),
            **({"existing": True} if layout.existing else {}),
            "version": kubernetes.version,
            "nodes": list(layout.cloud.machines),
            "domain": kubernetes.domain,
            **({"dual_stack": True} if kubernetes.dual else {}),
            **({"pod_mtu": size} if (size := _pod_mtu(layout)) else {}),
            **({"pools": load_balancer.given_unasked(layout)} if load_balancer.wanted(layout.cloud.network) else {}),
            **({"attachments": multus.offered(layout)} if multus.wanted(layout.cloud.network) else {}),
            **({"subnets": subnets} if (subnets := prove_tenants.view(layout)) else {}),
            **({"storage": stored} if (stored := prove_storage.view(layout)) else {}),
            **({"virtual_machines": machines} if (machines := prove_virtual_machines.view(layout)) else {}),
        },
    }


def _pod_mtu(layout: Layout) -> int | None:
    """The MTU of pods' interfaces. Cilium sets it on routes, and a network of the user's own has its own settings."""
    apart = (NetworkProvider.CILIUM, NetworkProvider.CUSTOM)
    return None if layout.existing or layout.cloud.network.provider in apart else pods(layout)


def api_servers(layout: Layout) -> list[str]:
    """Addresses and ports of the API servers, to which an external load balancer forwards."""
    members = [machine.name for machine in layout.cloud.machines.values() if Role.CONTROL_PLANE in machine.roles]
    network = layout.cluster.name if layout.cluster else ""
    return [f"{address}:{API_PORT}" for name in members if (address := layout.texts_of(name).get(network))]


def prove_provisioner(layout: Layout) -> View:
    """The role input `prove` of the provisioner: the service that runs there; empty where none does."""
    fencing = prove_virtual_machines.fencing(layout)
    return {"scopes": ["fencing"], "fencing": fencing} if fencing else {}
