# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual machines: the inputs of the roles `kubevirt` and `cdi`, and what machines need for them."""

from __future__ import annotations

import typing as t

from ..cluster import cdi, kubevirt, kubevirt_input
from ..cluster.address_ranges import AddressRange
from ..layers import kvm
from ..promises.promise import Promise
from . import rook_ceph
from .bundle_facts import manifest
from .cluster_taints import tolerations
from .declared import keeps
from .enums import NetworkProvider, Role
from .hardware import Machine
from .layout import Layout
from .providers import timings
from .scalars import Address
from .segments import Network
from .types import Cloud

View = dict[str, t.Any]
#: Layers and what they are to the cloud.
LAYER, IMAGES = "virtual_machines", "disk_images"
ROOT = "virtualization"
#: The label of nodes of machines with the role compute.
LABEL = {"groundup.cloud/compute": "true"}
#: Addresses for migrations at least. A new virt-handler may get its address before the old one has given it back.
LEAST_ADDRESSES, PER_MACHINE = 16, 2


def wanted(cloud: Cloud) -> bool:
    """Whether the model wants it, and there is a cluster."""
    return cloud.virtualization.enabled and cloud.kubernetes is not None


def machines_of(cloud: Cloud) -> list[Machine]:
    """The machines that run virtual machines."""
    return [one for one in cloud.machines.values() if Role.COMPUTE in one.roles]


def shares_blocks(cloud: Cloud) -> bool:
    """Whether several machines can use a disk at once, as a migration needs it: pools of images can."""
    return rook_ceph.wanted(cloud) and bool(rook_ceph.blocks(cloud))


def eviction(cloud: Cloud) -> str:
    """What becomes of virtual machines on a machine that is drained."""
    if len(machines_of(cloud)) < 2:
        return kubevirt_input.STOP
    return kubevirt_input.MIGRATE if shares_blocks(cloud) else kubevirt_input.IF_POSSIBLE


def binding(cloud: Cloud) -> str:
    """How they are bound to the network of pods: with the address of their pod where a migration keeps it."""
    return kubevirt_input.BRIDGE if keeps(cloud, Promise.ADDRESS_KEPT) else kubevirt_input.MASQUERADE


def migration_network(cloud: Cloud) -> Network | None:
    """The network of migrations; None where they go over that of pods."""
    name = cloud.virtualization.migrations.network
    return cloud.networks.get(name) if wanted(cloud) and name else None


def gives_addresses(cloud: Cloud) -> bool:
    """Whether the network of the cluster gives addresses in other networks, another one on each node."""
    return cloud.network.provider is NetworkProvider.KUBE_OVN


def interfaces(layout: Layout, network: Network) -> dict[str, list[Machine]]:
    """Names of the interfaces in the network of migrations, with the machines that have them."""
    found: dict[str, list[Machine]] = {}
    for machine in machines_of(layout.cloud):
        if network.name in layout.addresses_of(machine.name):
            found.setdefault(layout.wiring.interface(machine, network), []).append(machine)
    return found


def taken(layout: Layout, network: Network) -> set[Address]:
    """Addresses of the network that somebody has."""
    cloud = layout.cloud
    found: set[Address | None] = {
        address for name in cloud.machines for own, address in layout.all_addresses_of(name) if own == network.name
    }
    found |= {*network.gateways, layout.provisioner.get(network.name)}
    found |= {cloud.kubernetes.endpoint if cloud.kubernetes else None}
    return {one for one in found if one is not None}


def addresses(layout: Layout, network: Network) -> AddressRange | None:
    """The addresses for migrations: those of the model, else the highest that nobody has; None if there are too few."""
    given = layout.cloud.virtualization.migrations.addresses
    if given is not None or network.subnet is None:
        return given
    count = max(LEAST_ADDRESSES, PER_MACHINE * len(machines_of(layout.cloud)))
    used, free = taken(layout, network), 0
    last = network.subnet.broadcast_address - 1
    for step in range(min(network.subnet.num_addresses - 2, 1 << 16)):
        one = network.subnet.broadcast_address - 1 - step
        free = 0 if one in used else free + 1
        last = one - 1 if one in used else last
        if free == count:
            return AddressRange(one, last, f"{one}-{last}")
    return None


def view(layout: Layout) -> View:
    """The role input `kubevirt_config`."""
    cloud, settings = layout.cloud, layout.cloud.virtualization
    version = str(settings.version)
    files = list(cloud.storage.file) if rook_ceph.wanted(cloud) else []
    state = settings.state_storage_class or (f"rook-ceph-{files[0]}" if files else None)
    nodes = len(cloud.machines) if layout.hosted else layout.control_planes or 1
    return {
        "cloud": cloud.name,
        "manifest": manifest(kubevirt.MANIFESTS[version]),
        "version": version,
        **_common(cloud, nodes),
        **({"on_control_planes": False} if layout.hosted else {}),
        "emulation": settings.emulation,
        **({"feature_gates": list(settings.feature_gates)} if settings.feature_gates else {}),
        **_cpus(cloud),
        "network_binding": binding(cloud),
        "eviction": eviction(cloud),
        **({"restartable_only": True} if settings.ha.restartable_only else {}),
        "migrations": _migrations(layout),
        **({"state_storage_class": state} if state else {}),
    }


def _cpus(cloud: Cloud) -> View:
    """The model of CPUs, and where CPUs are looked up: on each machine, unless its CPU decides nothing."""
    settings = cloud.virtualization
    migrated = eviction(cloud) != kubevirt_input.STOP
    chosen = settings.cpu_model or (kubevirt_input.BASELINE if migrated and not settings.emulation else None)
    if chosen is None:
        return {}
    named = chosen not in (kubevirt_input.HOST_MODEL, kubevirt_input.PASSTHROUGH)
    machines = [{"node": one.name} for one in machines_of(cloud)] if named and not settings.emulation else []
    return {"cpu_model": chosen, **({"machines": machines} if machines else {})}


def images_view(layout: Layout) -> View:
    """The role input `cdi_config`."""
    cloud = layout.cloud
    scratch = cloud.virtualization.scratch_storage_class
    return {
        "cloud": cloud.name,
        "manifest": manifest(cdi.MANIFEST),
        **_common(cloud, len(machines_of(cloud))),
        **({"scratch_storage_class": scratch} if scratch else {}),
    }


def _common(cloud: Cloud, nodes: int) -> View:
    return {
        **(timings(cloud.kubernetes) if cloud.kubernetes else {}),
        # Machines without hardware virtualization are a lab's. Each server takes minutes of their CPUs to start.
        "replicas": 1 if cloud.virtualization.emulation else min(2, max(1, nodes)),
        "node_labels": dict(LABEL),
        **tolerations(machines_of(cloud)),
    }


def _migrations(layout: Layout) -> View:
    given, network = layout.cloud.virtualization.migrations, migration_network(layout.cloud)
    limits = {
        "parallel": given.parallel,
        "parallel_per_node": given.parallel_per_node,
        **({"bandwidth": given.bandwidth} if given.bandwidth else {}),
        **({"by_users": True} if given.by_users else {}),
    }
    found = addresses(layout, network) if network else None
    if network is None or found is None:
        return limits
    place = {
        "interface": next(iter(interfaces(layout, network)), ""),
        **({"mtu": network.mtu} if network.mtu else {}),
        "subnet": str(network.subnet),
        "first": str(found.first),
        "last": str(found.last),
        **({"gateway": str(network.gateway)} if network.gateway else {}),
    }
    return {**limits, "network": place}


def needs(params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The manifest and the images of KubeVirt."""
    version = kubevirt_input.version(params)
    return (f"manifest:{kubevirt.MANIFESTS[version]}", *kubevirt.images(version, kubevirt_input.gates(params)))


def images_need(_params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The manifest and the images of CDI."""
    return (f"manifest:{cdi.MANIFEST}", *cdi.IMAGES)


def of_host(cloud: Cloud, machine: Machine) -> View:
    """What the input of host_base says of virtual machines; nothing where the machine runs none."""
    if not wanted(cloud) or Role.COMPUTE not in machine.roles:
        return {}
    return {"virtual_machines": kvm.EMULATED if cloud.virtualization.emulation else kvm.HARDWARE}


def kernel_modules(cloud: Cloud, machine: Machine) -> tuple[str, ...]:
    """Modules of a machine that runs virtual machines. Those of KVM are loaded by udev where the CPU has it."""
    if not wanted(cloud) or Role.COMPUTE not in machine.roles:
        return ()
    return (*kubevirt.KERNEL_MODULES, *(("macvlan",) if migration_network(cloud) else ()))
