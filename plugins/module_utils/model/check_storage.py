# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of storage: machines, racks and networks suffice for what is to be stored."""

from __future__ import annotations

from ..cluster.rook_ceph_input import LEAST_MACHINES, MOST_FORMER
from . import rook_ceph
from .checks import Report
from .enums import DiskUse, FailureDomain, Role
from .problems import choose
from .storage import BlockStorage, FileStorage, ObjectStorage, Storage

ROOT = "storage"
#: Keys about a cluster of one's own, and about pools in it.
_OF_OWN_CLUSTER = ("few_machines", "failure_domain", "monitors", "public_network", "replication_network",
                   "encrypt_traffic", "encrypt_disks", "dashboard", "toolbox", "disk_memory",
                   "prometheus", "keys")  # fmt: skip
_OF_OWN_POOL = ("replicas", "data_chunks", "coding_chunks", "device_class", "compression", "servers")


def check_storage(report: Report) -> None:
    """Check the storage that the model wants."""
    storage = report.cloud.storage
    if report.is_unreadable(f"{ROOT}."):
        return
    if not rook_ceph.wanted(report.cloud):
        _without_effect(report, storage)
        return
    if report.cloud.kubernetes is None:
        if not report.is_unreadable("kubernetes"):
            report.add(f"{ROOT}.provider", str(storage.provider), "needs a cluster", "add kubernetes, or write none")
        return
    if storage.external is not None:
        _external(report, storage)
        return
    _of_external_only(report)
    if report.is_incomplete("machines", "storage_disks") or report.is_incomplete("machines", "roles"):
        return
    _machines(report, storage)
    _networks(report, storage)
    _keys(report, storage)
    _kinds(report, storage)


def _without_effect(report: Report, storage: Storage) -> None:
    default = Storage(provider=storage.provider)
    for key in default.__dataclass_fields__:
        if getattr(storage, key) != getattr(default, key):
            report.add(
                f"{ROOT}.{key}", None, "has no effect without a provider", "write provider: rook_ceph, or remove it"
            )


def _external(report: Report, storage: Storage) -> None:
    """What those decide who run the external cluster, and what it does not give."""
    default = Storage()
    for key in _OF_OWN_CLUSTER:
        if getattr(storage, key) != getattr(default, key):
            report.add(f"{ROOT}.{key}", None, "is decided by those who run the external Ceph cluster", "remove it")
    for machine in report.cloud.machines.values():
        if Role.STORAGE in machine.roles:
            message = "is storage, and no disk is used with storage.external"
            report.add(f"machines.{machine.name}.roles", None, message, "remove the role, or storage.external")
    for name in storage.object:
        message = "is a gateway of its own, and storage.external gives blocks and files only"
        report.add(f"{ROOT}.object.{name}", None, message, "remove it, and use the external cluster's gateway")
    if not storage.block and not storage.file and not storage.object:
        report.add(
            f"{ROOT}.external", None, "gives nothing without a pool", "name one in storage.block or storage.file"
        )
    items: list[BlockStorage | FileStorage] = [*storage.block.values(), *storage.file.values()]
    for item in items:
        kind = "block" if isinstance(item, BlockStorage) else "file"
        same = type(item)(item.name)
        for key in _OF_OWN_POOL:
            if getattr(item, key, None) != getattr(same, key, None):
                message = "is decided by those who run the external Ceph cluster"
                report.add(f"{ROOT}.{kind}.{item.name}.{key}", None, message, "remove it")
    _classes(report)


def _of_external_only(report: Report) -> None:
    """Names that only pools of others have."""
    for key, item in rook_ceph.items(report.cloud):
        for name in ("pool", "filesystem", "data_pool"):
            if getattr(item, name, None) is not None:
                message = "names what an external Ceph cluster has, and there is none"
                report.add(f"{ROOT}.{key}.{item.name}.{name}", None, message, "remove it, or give storage.external")


def _machines(report: Report, storage: Storage) -> None:
    cloud = report.cloud
    found = rook_ceph.machines_of(cloud)
    for machine in cloud.machines.values():
        path = f"machines.{machine.name}.storage_disks"
        if Role.STORAGE in machine.roles and not machine.storage_disks:
            report.add(path, None, "is empty, but the role is storage", "list its disks, or remove the role")
        elif Role.STORAGE in machine.roles and all(disk.use is DiskUse.METADATA for disk in machine.storage_disks):
            report.add(path, None, "are all for metadata, of which there is none", "let one have data")
    if not found:
        report.add(
            f"{ROOT}.provider",
            str(storage.provider),
            "has no disks: no machine with the role storage has storage_disks",
            "give some machines both",
        )
    elif len(found) < LEAST_MACHINES and not storage.few_machines:
        report.add(
            f"{ROOT}.provider",
            str(storage.provider),
            f"has {len(found)} of the at least {LEAST_MACHINES} machines with the role storage, without which data is "
            "lost with a machine",
            "add machines, or consent to that loss with few_machines: true, as in a lab",
        )
    count = rook_ceph.monitors(cloud)
    if storage.monitors is not None and (count % 2 == 0 or count > max(1, len(found))):
        message = f"has to be odd, and at most {len(found)}, the number of machines that store"
        report.add(f"{ROOT}.monitors", count, message, "give 3 or 5")
    elif storage.monitors is not None and count < LEAST_MACHINES and not storage.few_machines:
        message = "ends all storage with its machine"
        report.add(f"{ROOT}.monitors", count, message, "give 3 or 5, or write few_machines: true")
    _racks(report, storage)


def _racks(report: Report, storage: Storage) -> None:
    """Ceph's map of failure domains has racks and machines by their names, each of which is there once."""
    cloud = report.cloud
    racks = {one.location.rack for one in rook_ceph.machines_of(cloud) if one.location.rack}
    for machine in rook_ceph.machines_of(cloud):
        path = f"machines.{machine.name}.location.rack"
        if machine.location.rack in ("default", *cloud.machines):
            message = "is the name of something else in Ceph's map of failure domains"
            report.add(path, machine.location.rack, message, "give the rack another name")
        if storage.failure_domain is FailureDomain.RACK and not machine.location.rack:
            report.add(path, None, "is missing, and racks are the failure domain of storage", "name its rack")
    if storage.failure_domain is FailureDomain.RACK and len(racks) < 2:
        message = f"is the failure domain, and all machines that store are in {len(racks) or 'no'} rack"
        report.add(f"{ROOT}.failure_domain", "rack", message, "write host, or spread them")


def _networks(report: Report, storage: Storage) -> None:
    layout = report.layout
    for key, members in (
        ("public_network", list(report.cloud.machines)),
        ("replication_network", [one.name for one in rook_ceph.machines_of(report.cloud)]),
    ):
        name = getattr(storage, key)
        if name is None:
            continue
        if name not in report.cloud.networks:
            report.add(f"{ROOT}.{key}", name, "is no network", choose(name, report.cloud.networks))
            continue
        out = next((one for one in members if name not in layout.addresses_of(one)), None)
        if out is not None:
            report.add(f"{ROOT}.{key}", name, f"is a network in which {out} has no address", "choose one that all have")


def _keys(report: Report, storage: Storage) -> None:
    """Former keys of volumes are there after a rotation only."""
    keys = storage.keys
    if keys is None or keys.former is None:
        return
    if keys.volumes is None:
        message = "counts for volumes, whose keys are not rotated"
        report.add(f"{ROOT}.keys.former", keys.former, message, "give volumes, or remove it")
    elif keys.former > MOST_FORMER:
        report.add(f"{ROOT}.keys.former", keys.former, "is more than Rook keeps", f"give 0 to {MOST_FORMER}")


def _tls(report: Report, path: str, store: ObjectStorage) -> None:
    """A certificate of the user's own comes with its key, and with the CA by which clients verify it."""
    if store.tls is None:
        return
    given = {key: getattr(store.tls, key) for key in ("certificate", "key", "ca")}
    missing = [key for key, value in given.items() if value is None]
    if 0 < len(missing) < len(given):
        message = "is missing, and the others of certificate, key and ca are there"
        report.add(f"{path}.tls.{missing[0]}", None, message, "give all three, or none, so that a CA is made")


def _classes(report: Report) -> None:
    """Each storage class has one name, and one is the default."""
    seen: dict[str, str] = {}
    default = [pool.name for pool in rook_ceph.blocks(report.cloud) if pool.default]
    if len(default) > 1:
        report.add(f"{ROOT}.block.{default[1]}.default", True, f"is true for {default[0]} as well", "choose one")
    for key, item in rook_ceph.items(report.cloud):
        path = f"{ROOT}.{key}.{item.name}"
        if item.name in seen:
            message = f"has the storage class rook-ceph-{item.name}, as {seen[item.name]} has"
            report.add(path, None, message, "give it another name")
        seen.setdefault(item.name, path)


def _kinds(report: Report, storage: Storage) -> None:
    cloud = report.cloud
    domain, count = rook_ceph.domain(cloud), rook_ceph.domains(cloud)
    _classes(report)
    for key, item in rook_ceph.items(cloud):
        path = f"{ROOT}.{key}.{item.name}"
        if isinstance(item, ObjectStorage):
            _tls(report, path, item)
        coded = item.data_chunks is not None or item.coding_chunks is not None
        if coded and item.replicas is not None:
            report.add(f"{path}.replicas", item.replicas, "is there beside chunks", "keep one of them")
        data, coding = item.data_chunks or 0, item.coding_chunks or 0
        least = 1 if storage.few_machines else 2
        if coded and (data < 2 or coding < least):
            message = f"needs data_chunks of at least 2 and coding_chunks of at least {least}"
            report.add(path, None, message, "give both, or replicas")
            continue
        needed = data + coding if coded else rook_ceph.replicas(cloud, item)
        if not coded and needed < 3 and not storage.few_machines:
            message = "loses data when two disks fail"
            report.add(f"{path}.replicas", needed, message, "give 3, or write few_machines: true")
        if needed > count and rook_ceph.machines_of(cloud) and (storage.few_machines or count >= 3 or coded):
            what = {"host": "machines with disks", "rack": "racks", "osd": "disks"}[domain]
            report.add(path, None, f"needs {needed} {what}, and there are {count}", f"add {what}, or lower it")
