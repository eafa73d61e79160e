# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pools, file systems and object stores, and the classes by which volumes, buckets and snapshots are had of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..objects.protected import HOLDS_DATA
from . import rook_ceph_tls
from .rook_ceph_cluster import GATEWAY, METADATA, memory
from .rook_ceph_input import FILE_SYSTEMS, NAMESPACE, POOLS, QUOTAS, STORES, is_coded, is_external, items

Params = Mapping[str, Any]
Json = dict[str, Any]
#: KubeVirt's importer knows what a driver can do by these very names (CDI, storagecapabilities.go).
RBD, CEPHFS = "rook-ceph.rbd.csi.ceph.com", "rook-ceph.cephfs.csi.ceph.com"
BUCKET = "rook-ceph.ceph.rook.io/bucket"
#: Features of images that kernels from 5.4 on have; without the last four, an image is not cloned or compared fast.
IMAGE_FEATURES = "layering,exclusive-lock,object-map,fast-diff,deep-flatten"
CEPH, STORAGE, SNAPSHOT = "ceph.rook.io/v1", "storage.k8s.io/v1", "snapshot.storage.k8s.io/v1"
#: Annotations of the default class, and of that for virtual machines.
DEFAULT = "storageclass.kubernetes.io/is-default-class"
DEFAULT_VM = "storageclass.kubevirt.io/is-default-virt-class"


def render(params: Params) -> Iterator[Json]:
    """All objects for what the input stores."""
    for pool in items(params, POOLS):
        yield from _block(params, pool)
    for system in items(params, FILE_SYSTEMS):
        yield from _file(params, system)
    for store in items(params, STORES):
        yield from _object(params, store)
    if params.get("snapshots", True):
        if items(params, POOLS):
            yield _snapshots("block", RBD, "rook-csi-rbd-provisioner")
        if items(params, FILE_SYSTEMS):
            yield _snapshots("file", CEPHFS, "rook-csi-cephfs-provisioner")


def ceph_pools(params: Params) -> dict[str, int]:
    """Each pool that Ceph makes for what the input stores, by its name, with its copies or chunks.

    Rook's own names for pools of file systems and object stores are those of its documentation (Storage Configuration).
    """
    found: dict[str, int] = {}
    for body in render(params):
        name, spec = str(body["metadata"]["name"]), body.get("spec") or {}
        if body["kind"] == "CephBlockPool":
            found[name] = _size(spec)
        elif body["kind"] == "CephFilesystem":
            found[f"{name}-metadata"] = _size(spec["metadataPool"])
            found |= {f"{name}-{pool['name']}": _size(pool) for pool in spec["dataPools"]}
        elif body["kind"] == "CephObjectStore":
            found[f"{name}.rgw.buckets.index"] = _size(spec["metadataPool"])
            found[f"{name}.rgw.buckets.data"] = _size(spec["dataPool"])
    return found


def _size(pool: Params) -> int:
    coded = pool.get("erasureCoded")
    return int(coded["dataChunks"]) + int(coded["codingChunks"]) if coded else int(pool["replicated"]["size"])


def class_name(item: Params) -> str:
    """The name of a storage class."""
    return f"rook-ceph-{item['name']}"


def _named(kind: str, name: str, spec: Json) -> Json:
    return {"apiVersion": CEPH, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def _replicated(params: Params, item: Params, replicas: int = 0) -> Json:
    """A pool with copies. ``replicas``: for what belongs to an erasure-coded pool."""
    size = replicas or int(item.get("replicas") or 3)
    return {
        "failureDomain": str(params.get("failure_domain") or "host"),
        "replicated": {"size": size, "requireSafeReplicaSize": size > 1},
        **_common(item),
    }


def _common(item: Params) -> Json:
    compression = str(item.get("compression") or "none")
    return {
        **({"deviceClass": str(item["device_class"])} if item.get("device_class") else {}),
        "parameters": {"compression_mode": compression},
    }


def _data(params: Params, item: Params) -> Json:
    """The pool that has the data."""
    if not is_coded(item):
        return _replicated(params, item)
    chunks = {"dataChunks": int(item["data_chunks"]), "codingChunks": int(item["coding_chunks"])}
    domain = str(params.get("failure_domain") or "host")
    return {"failureDomain": domain, "erasureCoded": chunks, **_common(item)}


def _beside(item: Params) -> int:
    """Copies of what an erasure-coded pool can't have itself: as many as outlive the same number of failures."""
    return int(item["coding_chunks"]) + 1 if is_coded(item) else 0


def _metadata(params: Params, item: Params) -> Json:
    return {**_replicated(params, item, _beside(item)), "parameters": {"compression_mode": "none"}}


def _block(params: Params, pool: Params) -> Iterator[Json]:
    name, data = str(pool.get("pool") or pool["name"]), str(pool.get("data_pool") or "")
    if not is_external(params):
        coded = is_coded(pool)
        yield _named("CephBlockPool", name, _metadata(params, pool) if coded else _replicated(params, pool))
        if coded:
            data = f"{name}-data"
            yield _named("CephBlockPool", data, _data(params, pool))
    options = [str(option) for option in pool.get("map_options") or ()]
    parameters = {
        "clusterID": NAMESPACE,
        "pool": name,
        **({"dataPool": data} if data else {}),
        "imageFormat": "2",
        "imageFeatures": IMAGE_FEATURES,
        **({"mapOptions": f"krbd:{','.join(options)}"} if options else {}),
        **_secrets("rbd"),
        # XFS on a volume of the same machine's OSD can wait for itself for ever (rook#3132, rook#14562).
        "csi.storage.k8s.io/fstype": "ext4",
    }
    default = {DEFAULT: "true", DEFAULT_VM: "true"} if pool.get("default") else {}
    yield _class(pool, RBD, parameters, default)


def _file(params: Params, system: Params) -> Iterator[Json]:
    if is_external(params):
        yield _class(system, CEPHFS, {**_of_others(system), **_secrets("cephfs")}, {})
        return
    name = str(system["name"])
    pools = [{"name": "replicated", **_replicated(params, system, _beside(system))}]
    if is_coded(system):
        pools.append({"name": "coded", **_data(params, system)})
    affinity = {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {
                "labelSelector": {"matchLabels": {"app": "rook-ceph-mds", "rook_file_system": name}},
                "topologyKey": "kubernetes.io/hostname",
            }
        ]
    }
    servers = {
        "activeCount": int(system.get("servers") or 1),
        "activeStandby": True,
        "priorityClassName": "system-cluster-critical",
        "placement": {"podAntiAffinity": affinity} if _apart(params, system) else {},
        "resources": memory(METADATA),
    }
    spec = {
        "metadataPool": _metadata(params, system),
        "dataPools": pools,
        "preserveFilesystemOnDelete": False,
        "metadataServer": {key: value for key, value in servers.items() if value != {}},
    }
    yield _named("CephFilesystem", name, spec)
    group = {"name": "csi", "filesystemName": name, "pinning": {"distributed": 1}}
    yield _named("CephFilesystemSubVolumeGroup", f"{name}-csi", group)
    parameters = {
        "clusterID": NAMESPACE,
        "fsName": name,
        "pool": f"{name}-{pools[-1]['name']}",
        **_secrets("cephfs"),
    }
    yield _class(system, CEPHFS, parameters, {})


def _of_others(system: Params) -> Json:
    """A file system of an external cluster."""
    pool = {"pool": str(system["data_pool"])} if system.get("data_pool") else {}
    return {"clusterID": NAMESPACE, "fsName": str(system.get("filesystem") or system["name"]), **pool}


def _apart(params: Params, system: Params) -> bool:
    """Whether there are machines enough for each server and its stand-by to have one of its own."""
    return len(items(params, "nodes")) >= 2 * int(system.get("servers") or 1)


def _object(params: Params, store: Params) -> Iterator[Json]:
    name = str(store["name"])
    data = _data(params, store)
    data["parameters"] = {**data["parameters"], "bulk": "true"}
    spec = {
        "metadataPool": _metadata(params, store),
        "dataPool": data,
        "preservePoolsOnDelete": False,
        "gateway": {
            **_ports(params, store),
            "instances": min(int(store.get("gateways") or 2), len(items(params, "nodes"))),
            "priorityClassName": "system-cluster-critical",
            "resources": memory(GATEWAY),
            # It is reached by a Service, so it need not have a port of each machine.
            "hostNetwork": False,
        },
    }
    yield _named("CephObjectStore", name, spec)
    for user in items(store, "users"):
        quotas = {known: user[key] for key, known in QUOTAS.items() if user.get(key) is not None}
        yield _named(
            "CephObjectStoreUser",
            f"{name}-{user['name']}",
            {"store": name, "displayName": str(user["name"]), **({"quotas": quotas} if quotas else {})},
        )
    parameters = {"objectStoreName": name, "objectStoreNamespace": NAMESPACE}
    yield _class(store, BUCKET, parameters, {})


def _ports(params: Params, store: Params) -> Json:
    """Ports of gateways: that of TLS alone, or the other one."""
    if not store.get("tls"):
        return {"port": int(store.get("port") or 80)}
    name = str(store["name"])
    found = params.get(rook_ceph_tls.CERTIFICATES) or {}
    return {
        "securePort": int(store.get("port") or 443),
        "sslCertificateRef": rook_ceph_tls.secret_name(name),
        # Gateways read their certificate when they start. Another one changes their pods, so that Rook restarts them.
        **({"annotations": rook_ceph_tls.digest(found[name])} if name in found else {}),
    }


def _secrets(kind: str) -> Json:
    """The secrets that Rook makes for a driver, by what they are used for."""
    roles = {
        "provisioner": "provisioner",
        "controller-expand": "provisioner",
        "controller-publish": "provisioner",
        "node-stage": "node",
    }
    found = {}
    for use, role in roles.items():
        found[f"csi.storage.k8s.io/{use}-secret-name"] = f"rook-csi-{kind}-{role}"
        found[f"csi.storage.k8s.io/{use}-secret-namespace"] = NAMESPACE
    return found


def _class(item: Params, provisioner: str, parameters: Json, annotations: Json) -> Json:
    retained = str(item.get("reclaim") or "delete") == "retain"
    metadata = {"name": class_name(item), **({"annotations": annotations} if annotations else {})}
    return {
        "apiVersion": STORAGE,
        "kind": "StorageClass",
        "metadata": metadata,
        "provisioner": provisioner,
        "parameters": parameters,
        "reclaimPolicy": "Retain" if retained else "Delete",
        **({} if provisioner == BUCKET else {"allowVolumeExpansion": True}),
    }


def _snapshots(name: str, driver: str, secret: str) -> Json:
    return {
        "apiVersion": SNAPSHOT,
        "kind": "VolumeSnapshotClass",
        "metadata": {"name": f"rook-ceph-{name}", "annotations": {HOLDS_DATA: "false"}},
        "driver": driver,
        "deletionPolicy": "Delete",
        "parameters": {
            "clusterID": NAMESPACE,
            "csi.storage.k8s.io/snapshotter-secret-name": secret,
            "csi.storage.k8s.io/snapshotter-secret-namespace": NAMESPACE,
        },
    }
