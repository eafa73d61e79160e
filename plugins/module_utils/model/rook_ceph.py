# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The storage provider `rook_ceph`: the inputs of the roles `snapshot_controller` and `rook_ceph`."""

from __future__ import annotations

import typing as t

from ..cluster import rook_ceph, rook_ceph_external, rook_ceph_tls, snapshot_controller
from ..cluster.rook_ceph_input import LEAST_MACHINES, QUOTAS
from .bundle_facts import manifest
from .cluster_taints import tolerations
from .enums import DiskUse, FailureDomain, Role, StorageProvider
from .hardware import Machine
from .layout import Layout
from .providers import timings
from .segments import Network
from .storage import BlockStorage, FileStorage, ObjectStorage, Storage
from .types import Cloud

View = dict[str, t.Any]
Kind = BlockStorage | FileStorage | ObjectStorage
#: Layers and what they are to the cloud.
LAYER, SNAPSHOTS = "storage", "snapshots"
#: The variable with keys.
SECRETS = f"{rook_ceph.ROLE}_{rook_ceph_external.SECRETS}"
#: The network that is for storage by its name.
STORAGE_NETWORK = "storage"
#: Racks from which on each copy can be in another one.
LEAST_RACKS = 3
#: The failure domain of a lab with one machine: each copy is on another disk.
OSD = "osd"


def wanted(cloud: Cloud) -> bool:
    """Whether the model wants it."""
    return cloud.storage.provider is StorageProvider.ROOK_CEPH


def is_external(cloud: Cloud) -> bool:
    """Whether others run the Ceph cluster."""
    return wanted(cloud) and cloud.storage.external is not None


def machines_of(cloud: Cloud) -> list[Machine]:
    """The machines that store."""
    return [one for one in cloud.machines.values() if Role.STORAGE in one.roles and one.storage_disks]


def racks_of(cloud: Cloud) -> list[str]:
    """The racks in which machines store, each once; empty if a machine is in none."""
    found = [machine.location.rack for machine in machines_of(cloud)]
    return list(dict.fromkeys(rack for rack in found if rack)) if all(found) else []


def domain(cloud: Cloud) -> str:
    """The failure domain, as the model or Ceph calls it."""
    if cloud.storage.failure_domain is not None:
        return str(cloud.storage.failure_domain)
    if len(racks_of(cloud)) >= LEAST_RACKS:
        return str(FailureDomain.RACK)
    few = cloud.storage.few_machines and len(machines_of(cloud)) < 2
    return OSD if few else str(FailureDomain.HOST)


def domains(cloud: Cloud) -> int:
    """How many failure domains have disks for data."""
    name = domain(cloud)
    if name == FailureDomain.RACK:
        return len(racks_of(cloud))
    machines = machines_of(cloud)
    return sum(map(_data_disks, machines)) if name == OSD else sum(1 for one in machines if _data_disks(one))


def _data_disks(machine: Machine) -> int:
    return sum(1 for disk in machine.storage_disks if disk.use is DiskUse.DATA)


def monitors(cloud: Cloud) -> int:
    """How many monitors run."""
    count = len(machines_of(cloud))
    return cloud.storage.monitors or (5 if count >= 5 else 3 if count >= LEAST_MACHINES else 1)


def public_network(layout: Layout) -> Network | None:
    """The network in which machines reach Ceph."""
    storage, networks = layout.cloud.storage, layout.cloud.networks
    if storage.public_network is not None:
        return networks.get(storage.public_network)
    everywhere = all(STORAGE_NETWORK in layout.addresses_of(name) for name in layout.cloud.machines)
    return networks.get(STORAGE_NETWORK) if everywhere and STORAGE_NETWORK in networks else layout.cluster


def blocks(cloud: Cloud) -> list[BlockStorage]:
    """The pools of images; one where the model stores nothing else."""
    storage = cloud.storage
    others = storage.file or storage.object or storage.external
    return list(storage.block.values()) or ([] if others else [BlockStorage("block")])


def items(cloud: Cloud) -> t.Iterator[tuple[str, Kind]]:
    """All that is stored, with the key of the model."""
    yield from (("block", one) for one in blocks(cloud))
    yield from (("file", one) for one in cloud.storage.file.values())
    yield from (("object", one) for one in cloud.storage.object.values())


def _subnets(cloud: Cloud, network: Network) -> list[str]:
    """The subnets of a network, one for each of its racks where it has several."""
    return [str(part.subnet) for part in cloud.networks[network.name].parts]


def view(layout: Layout) -> View:
    """The role input `rook_ceph_config`."""
    cloud, kubernetes = layout.cloud, layout.cloud.kubernetes
    public = public_network(layout)
    if kubernetes is None or public is None:
        return {}
    storage, machines = cloud.storage, machines_of(cloud)
    if storage.external is not None:
        return _of_others(cloud, storage.external.fsid)
    replication = cloud.networks.get(storage.replication_network) if storage.replication_network else None
    pools = blocks(cloud)
    return {
        "cloud": cloud.name,
        "manifests": [manifest(name) for name in rook_ceph.MANIFESTS],
        "addons_manifests": [manifest(name) for name in rook_ceph.ADDONS],
        **timings(kubernetes),
        "nodes": [{"node": one.name, "disks": [_disk(disk) for disk in one.storage_disks]} for one in machines],
        **({"few_machines": True} if storage.few_machines else {}),
        # Nodes have their rack as a zone. In Ceph's map a name is there once, so a second label would clash.
        "failure_domain": "zone" if domain(cloud) == FailureDomain.RACK else domain(cloud),
        "monitors": monitors(cloud),
        "managers": min(2, len(machines)),
        "public_networks": _subnets(cloud, public),
        **({"replication_networks": _subnets(cloud, replication)} if replication else {}),
        "encrypt_traffic": storage.encrypt_traffic,
        "encrypt_disks": storage.encrypt_disks,
        "dashboard": storage.dashboard,
        "toolbox": storage.toolbox,
        **_prometheus_and_keys(storage),
        **({"osd_memory": storage.disk_memory} if storage.disk_memory else {}),
        **tolerations(machines),
        "snapshots": storage.snapshots,
        "pools": [_block(cloud, pool, len(pools) == 1) for pool in pools],
        "filesystems": [{**_kind(cloud, one), "servers": one.servers} for one in storage.file.values()],
        "object_stores": [_store(cloud, one, kubernetes.domain) for one in storage.object.values()],
    }


def _prometheus_and_keys(storage: Storage) -> View:
    """The parts of the input that are left out where the model says nothing of them."""
    prometheus, keys, found = storage.prometheus, storage.keys, dict[str, View]()
    if prometheus is not None:
        given = {"enabled": prometheus.enabled, "labels": dict(prometheus.labels), "url": prometheus.url}
        found["prometheus"] = {key: value for key, value in given.items() if value not in (None, {})}
    if keys is not None:
        generations = {key: getattr(keys, key) for key in ("daemons", "volumes", "former")}
        found["keys"] = {key: value for key, value in generations.items() if value is not None}
    return {key: value for key, value in found.items() if value}


def _of_others(cloud: Cloud, fsid: str) -> View:
    """The input for a Ceph cluster that others run."""
    kubernetes, pools = cloud.kubernetes, blocks(cloud)
    return {
        "cloud": cloud.name,
        "manifests": [manifest(name) for name in rook_ceph.MANIFESTS],
        "addons_manifests": [manifest(name) for name in rook_ceph.ADDONS],
        **(timings(kubernetes) if kubernetes else {}),
        "external": {"fsid": fsid},
        "snapshots": cloud.storage.snapshots,
        "pools": [
            {
                **_class_of_others(pool, "pool"),
                "default": len(pools) == 1 if pool.default is None else pool.default,
                "map_options": list(pool.map_options),
            }
            for pool in pools
        ],
        "filesystems": [_class_of_others(one, "filesystem") for one in cloud.storage.file.values()],
    }


def _class_of_others(item: BlockStorage | FileStorage, key: str) -> View:
    given = {name: getattr(item, name) for name in (key, "data_pool")}
    return {
        "name": item.name,
        "reclaim": str(item.reclaim),
        **{name: value for name, value in given.items() if value},
    }


def secrets(layout: Layout) -> View:
    """The variable `rook_ceph_secrets`, whose values are evaluated where the role uses them."""
    external, stores = layout.cloud.storage.external, layout.cloud.storage.object.values()
    keys = {store.name: store.tls.key for store in stores if store.tls and store.tls.key is not None}
    return {
        **({rook_ceph_external.EXPORT: external.export} if external else {}),
        **({rook_ceph_tls.KEYS: keys} if keys else {}),
    }


def snapshots_view(layout: Layout) -> View:
    """The role input `snapshot_controller_config`."""
    kubernetes = layout.cloud.kubernetes
    if kubernetes is None:
        return {}
    manifests = [manifest(name) for name in snapshot_controller.MANIFESTS]
    return {"manifests": manifests, **timings(kubernetes), "replicas": min(2, len(layout.cloud.machines))}


def needs(_params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The manifests and images of Rook and Ceph."""
    return (*(f"manifest:{name}" for name in (*rook_ceph.MANIFESTS, *rook_ceph.ADDONS)), *rook_ceph.IMAGES)


def snapshots_need(_params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The manifests and the image of the snapshot-controller."""
    return (*(f"manifest:{name}" for name in snapshot_controller.MANIFESTS), snapshot_controller.IMAGE)


def kernel_modules(cloud: Cloud) -> tuple[str, ...]:
    """Modules by which machines use volumes."""
    return rook_ceph.KERNEL_MODULES if wanted(cloud) and cloud.kubernetes else ()


def packages(cloud: Cloud, machine: Machine) -> tuple[str, ...]:
    """Packages of a machine whose disks are encrypted or hold metadata of others."""
    if not wanted(cloud) or Role.STORAGE not in machine.roles:
        return ()
    apart = any(disk.use is DiskUse.METADATA for disk in machine.storage_disks)
    return rook_ceph.LVM_PACKAGES if apart or cloud.storage.encrypt_disks else ()


def _disk(disk: t.Any) -> View:
    known = {key: getattr(disk, key) for key in ("serial", "wwn") if getattr(disk, key)}
    return {
        "id": known,
        **({"device_class": disk.device_class} if disk.device_class else {}),
        **({"metadata": True} if disk.use is DiskUse.METADATA else {}),
    }


def replicas(cloud: Cloud, item: Kind) -> int:
    """How many copies there are of what is not erasure-coded."""
    most = min(3, max(1, domains(cloud))) if cloud.storage.few_machines else 3
    return item.replicas or most


def _kind(cloud: Cloud, item: Kind) -> View:
    coded = item.data_chunks is not None or item.coding_chunks is not None
    chunks = {"data_chunks": item.data_chunks or 0, "coding_chunks": item.coding_chunks or 0}
    return {
        "name": item.name,
        **(chunks if coded else {"replicas": replicas(cloud, item)}),
        **({"device_class": item.device_class} if item.device_class else {}),
        "compression": str(item.compression),
        "reclaim": str(item.reclaim),
    }


def _store(cloud: Cloud, store: ObjectStorage, domain: str) -> View:
    tls = store.tls
    found = {**_kind(cloud, store), "gateways": store.gateways, "port": store.port or (443 if tls else 80)}
    if tls:
        # A certificate of one's own need not have the name that ends with the cluster's domain.
        names = [*([] if tls.certificate else [f"{rook_ceph_tls.service(store.name)}.{domain}"]), *tls.names]
        given = {"certificate": tls.certificate, "ca": tls.ca}
        found["tls"] = {"names": names, **{key: value for key, value in given.items() if value}}
    users = [
        {"name": one.name, **{key: value for key in QUOTAS if (value := getattr(one, key)) is not None}}
        for one in store.users.values()
    ]
    return {**found, **({"users": users} if users else {})}


def _block(cloud: Cloud, pool: BlockStorage, only: bool) -> View:
    default = only if pool.default is None else pool.default
    return {**_kind(cloud, pool), "default": default, "map_options": list(pool.map_options)}
