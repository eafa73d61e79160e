# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of the model for volumes, shared file systems and buckets."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import enums, notations, scalars
from .fields import many, named, one, own_name


def _certificates(value: t.Any) -> str:
    """Certificates in PEM, which have several lines. A key among them would be shown with the model."""
    remedy = "give certificates in PEM"
    if not isinstance(value, str) or "-----BEGIN CERTIFICATE-----" not in value:
        raise scalars.BadScalar("is no certificate in PEM", remedy)
    text = str.__str__(value)
    if "PRIVATE KEY-----" in text:
        raise scalars.BadScalar("has a private key", f"{remedy} here, and the key as key, from a vault", hidden=True)
    return text


PEM = scalars.Scalar("certificates in PEM", _certificates, {"type": "string", "pattern": "BEGIN CERTIFICATE"})
FSID = scalars.matching(
    "identity of a Ceph cluster", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "give what `ceph fsid` prints there"
)

_REPLICAS = "Copies of its data, each in another failure domain."
_SHOWN_REPLICAS = "3, or as many as there are failure domains with `few_machines`"
_DATA = "Instead of copies, erasure coding with so many chunks of data; needs `coding_chunks`."
_CODING = "Chunks from which lost data is computed, so as many failure domains may be lost."
_CLASS = "Only disks of this class, such as `nvme`, `ssd` or `hdd`."
_COMPRESSION = "Whether Ceph compresses what it stores."
_THEIR_POOL = "Its name in the external cluster; beside `data_pool`, the pool with the metadata of images."
_THEIR_DATA = "The erasure-coded pool of the external cluster that has the data."
_RECLAIM = "What becomes of data when its claim is removed."


@dataclass(frozen=True)
class ExternalCeph:
    """A Ceph cluster that others run, from which volumes come."""

    fsid: str = one(FSID, "Its identity, as `ceph fsid` prints it there.")
    export: t.Any = one(
        scalars.SECRET,
        "What Rook's script create-external-cluster-resources.py printed there, with keys; take it from a vault.",
        secret=True,
    )


@dataclass(frozen=True)
class BlockStorage:
    """A pool of images, and its storage class `rook-ceph-NAME`."""

    name: str = own_name("Name of the pool.")
    replicas: int | None = one(scalars.NUMBER, _REPLICAS, default=None, shown_default=_SHOWN_REPLICAS)
    data_chunks: int | None = one(scalars.NUMBER, _DATA, default=None)
    coding_chunks: int | None = one(scalars.NUMBER, _CODING, default=None)
    device_class: str | None = one(scalars.LABEL_NAME, _CLASS, default=None, shown_default="all disks")
    compression: enums.Compression = one(enums.Compression, _COMPRESSION, default=enums.Compression.NONE)
    reclaim: enums.Reclaim = one(enums.Reclaim, _RECLAIM, default=enums.Reclaim.DELETE)
    default: bool | None = one(
        scalars.BOOLEAN,
        "Claims and virtual machines that name no class get this one.",
        default=None,
        shown_default="`true` for the only pool",
    )
    map_options: tuple[str, ...] = many(
        scalars.TEXT,
        "Options of the kernel's RBD client. `rxbounce` avoids errors of checksums under virtual machines.",
        default=("rxbounce",),
    )
    pool: str | None = one(scalars.TEXT, _THEIR_POOL, default=None, shown_default="the name here")
    data_pool: str | None = one(scalars.TEXT, _THEIR_DATA, default=None)


@dataclass(frozen=True)
class FileStorage:
    """A file system that many nodes share, and its storage class `rook-ceph-NAME`."""

    name: str = own_name("Name of the file system.")
    replicas: int | None = one(scalars.NUMBER, _REPLICAS, default=None, shown_default=_SHOWN_REPLICAS)
    data_chunks: int | None = one(scalars.NUMBER, _DATA, default=None)
    coding_chunks: int | None = one(scalars.NUMBER, _CODING, default=None)
    device_class: str | None = one(scalars.LABEL_NAME, _CLASS, default=None, shown_default="all disks")
    compression: enums.Compression = one(enums.Compression, _COMPRESSION, default=enums.Compression.NONE)
    reclaim: enums.Reclaim = one(enums.Reclaim, _RECLAIM, default=enums.Reclaim.DELETE)
    servers: int = one(scalars.NUMBER, "Active metadata servers; each has a stand-by, and 4 GiB of memory.", default=1)
    filesystem: str | None = one(
        scalars.TEXT, "Its name in the external cluster.", default=None, shown_default="the name here"
    )
    data_pool: str | None = one(
        scalars.TEXT, "Its pool for data in the external cluster.", default=None, shown_default="its first one"
    )


@dataclass(frozen=True)
class StoreTls:
    """TLS of an object store. Without a certificate, one is made, and a CA for it."""

    names: tuple[str, ...] = many(
        scalars.DOMAIN, "Further names by which clients reach it, in a certificate that is made."
    )
    certificate: str | None = one(PEM, "A certificate of your own, in PEM, with its chain.", default=None)
    key: t.Any = one(scalars.SECRET, "Its key in PEM; take it from a vault.", default=None, secret=True)
    ca: str | None = one(PEM, "The CA that signed it, in PEM.", default=None)


@dataclass(frozen=True)
class StoreUser:
    """A user of an object store, with quotas over all its buckets."""

    name: str = own_name("Name of the user.")
    max_size: str | None = one(scalars.TEXT, "Most that it stores, such as `100Gi`.", default=None)
    max_objects: int | None = one(scalars.NUMBER, "Most objects that it stores.", default=None)
    max_buckets: int | None = one(scalars.NUMBER, "Most buckets that it has.", default=None)


@dataclass(frozen=True)
class ObjectStorage:
    """An object store (S3), and its storage class `rook-ceph-NAME` for claims of buckets."""

    name: str = own_name("Name of the object store.")
    replicas: int | None = one(scalars.NUMBER, _REPLICAS, default=None, shown_default=_SHOWN_REPLICAS)
    data_chunks: int | None = one(scalars.NUMBER, _DATA, default=None)
    coding_chunks: int | None = one(scalars.NUMBER, _CODING, default=None)
    device_class: str | None = one(scalars.LABEL_NAME, _CLASS, default=None, shown_default="all disks")
    compression: enums.Compression = one(enums.Compression, _COMPRESSION, default=enums.Compression.NONE)
    reclaim: enums.Reclaim = one(enums.Reclaim, _RECLAIM, default=enums.Reclaim.DELETE)
    gateways: int = one(scalars.NUMBER, "Gateways, of which each serves all.", default=2)
    port: int | None = one(
        scalars.TCP_PORT, "Port of their Service.", default=None, shown_default="80, and 443 with `tls`"
    )
    tls: StoreTls | None = one(StoreTls, "Gateways are reached by TLS only.", default=None)
    users: t.Mapping[str, StoreUser] = named(StoreUser, "Users with keys of their own, beside those of claims.")


@dataclass(frozen=True)
class CephPrometheus:
    """Figures and alerts of Ceph for a Prometheus that runs in the cluster."""

    enabled: bool | None = one(
        scalars.BOOLEAN,
        "There are figures and alerts. The kinds of the Prometheus operator have to be in the cluster before.",
        default=None,
        shown_default="`true` if the cluster has the kinds of the Prometheus operator",
    )
    labels: t.Mapping[str, str] = named(
        notations.NODE_VALUE,
        "Labels by which the Prometheus chooses its rules and monitors, such as `release: prometheus`.",
        names=notations.NODE_KEY,
    )
    url: str | None = one(
        scalars.URL, "Its address, from which Ceph's dashboard takes figures of the past.", default=None
    )


@dataclass(frozen=True)
class CephKeys:
    """Generations of CephX keys. A higher number rotates them once; they never go down."""

    daemons: int | None = one(
        scalars.NUMBER, "Keys of Ceph's daemons and gateways, and of the administrator.", default=None
    )
    volumes: int | None = one(scalars.NUMBER, "Keys by which nodes mount volumes.", default=None)
    former: int | None = one(
        scalars.COUNT, "Former generations of keys of volumes that stay valid.", default=None, shown_default="1"
    )


@dataclass(frozen=True)
class Storage:
    """Volumes. Machines with the role `storage` have them on their `storage_disks`."""

    provider: enums.StorageProvider = one(enums.StorageProvider, "Provider.", default=enums.StorageProvider.NONE)
    external: ExternalCeph | None = one(
        ExternalCeph, "A Ceph cluster that others run, instead of one on the machines' own disks.", default=None
    )
    few_machines: bool = one(
        scalars.BOOLEAN,
        "Data may be lost with one machine or one disk, as in a lab. Without it, at least three machines store.",
        default=False,
    )
    failure_domain: enums.FailureDomain | None = one(
        enums.FailureDomain,
        "What may fail at once; each copy is in another one.",
        default=None,
        shown_default="`rack` if the machines are in three racks or more, else `host`",
    )
    monitors: int | None = one(
        scalars.NUMBER,
        "Monitors of Ceph, an odd number. More than half of them have to run.",
        default=None,
        shown_default="5 from five machines on, else 3; 1 with fewer than three machines",
    )
    public_network: str | None = one(
        scalars.LABEL_NAME,
        "Network in which machines reach Ceph; all are in it. It can't be changed later.",
        default=None,
        shown_default="`storage` if all machines are in it, else that of the cluster",
    )
    replication_network: str | None = one(
        scalars.LABEL_NAME,
        "Network over which disks are copied, of the machines that store. It can't be changed later.",
        default=None,
        shown_default="`public_network`",
    )
    encrypt_traffic: bool = one(scalars.BOOLEAN, "Ceph and its clients encrypt what they send.", default=False)
    encrypt_disks: bool = one(
        scalars.BOOLEAN, "Disks that are taken from now on are encrypted; the keys are in the cluster.", default=False
    )
    dashboard: bool = one(scalars.BOOLEAN, "Ceph's dashboard runs.", default=True)
    toolbox: bool = one(
        scalars.BOOLEAN,
        "A pod runs in which playbooks and administrators ask Ceph. It has all rights over Ceph.",
        default=True,
    )
    prometheus: CephPrometheus | None = one(
        CephPrometheus,
        "Figures and alerts of Ceph for Prometheus.",
        default=None,
        shown_default="if the cluster has the kinds of the Prometheus operator",
    )
    keys: CephKeys | None = one(CephKeys, "Rotation of CephX keys.", default=None, shown_default="none")
    disk_memory: int | None = one(
        scalars.NUMBER,
        "Memory that Ceph gets for each disk.",
        default=None,
        unit="MiB",
        shown_default="2048 to 8192, so that the disks of a machine share a quarter of its memory",
    )
    block: t.Mapping[str, BlockStorage] = named(
        BlockStorage, "Pools of images, for virtual machines.", shown_default="one with the name `block`"
    )
    file: t.Mapping[str, FileStorage] = named(FileStorage, "File systems that many nodes share.")
    object: t.Mapping[str, ObjectStorage] = named(ObjectStorage, "Object stores.")
    snapshots: bool = one(
        scalars.BOOLEAN,
        "The cluster gets the kinds of snapshots and their controller, unless somebody else brought it.",
        default=True,
    )


__all__ = [
    "BlockStorage",
    "CephKeys",
    "CephPrometheus",
    "ExternalCeph",
    "FileStorage",
    "ObjectStorage",
    "Storage",
    "StoreTls",
    "StoreUser",
]
