# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the input of the role rook_ceph, before anything of a cluster is known."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..disks.ids import is_device_name, serial_key, wwn_key
from .upstream import refuse

ROLE = "rook_ceph"
NAMESPACE = "rook-ceph"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
#: The Deployment of Rook's operator.
OPERATOR = "rook-ceph-operator"
Params = Mapping[str, Any]

#: With fewer machines, one that fails takes the quorum of monitors or the last copies with it.
LEAST_MACHINES = 3
#: Former generations of keys of volumes that Rook keeps at most (CephCluster, keepPriorKeyCountMax).
MOST_FORMER = 10
#: Kinds of storage in the input, each a list of things with names.
POOLS, FILE_SYSTEMS, STORES = "pools", "filesystems", "object_stores"
KINDS = (POOLS, FILE_SYSTEMS, STORES)
_NAME = re.compile(r"(?=.{1,40}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?")
#: What an external cluster itself decides, and those who use it can't.
_OF_OTHERS = ("nodes", "public_networks", "replication_networks", "encrypt_traffic", "encrypt_disks", "osd_memory",
              "few_machines", "tolerations", "prometheus", "keys")  # fmt: skip
_OF_POOLS = ("data_chunks", "coding_chunks", "device_class")
#: What is named in an external cluster, by its own names.
_OF_EXTERNAL: Mapping[str, Sequence[str]] = {POOLS: ("pool", "data_pool"), FILE_SYSTEMS: ("filesystem", "data_pool")}
_SIZE = re.compile(r"[1-9][0-9]*([KMGTPE]i|[kMGTPE])?")
_FSID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Quotas of users of an object store, and what Rook calls them.
QUOTAS: Mapping[str, str] = {"max_size": "maxSize", "max_objects": "maxObjects", "max_buckets": "maxBuckets"}
#: The label of a node by which Rook tells the failure domain of its OSDs.
LABELS: Mapping[str, str] = {
    "host": "kubernetes.io/hostname",
    "zone": "topology.kubernetes.io/zone",
    "rack": "topology.rook.io/rack",
}


def check(params: Params) -> None:
    """Refuse a wrong input.

    :raises ClusterLayerError: with everything that is wrong.
    """
    if is_external(params):
        # The machines, networks and copies are those of others.
        refuse([*_wrong_of_others(params), *_wrong_names(params)])
        return
    wrong = [*_wrong_nodes(params), *_wrong_counts(params), *_wrong_networks(params), *_wrong_names(params)]
    wrong += [*_wrong_own(params), *_wrong_keys(params)]
    users: dict[str, str] = {}
    for store in items(params, STORES):
        wrong += _wrong_users(f"{ROLE}_config.{STORES}: {store['name']}", store, users)
    for kind in KINDS:
        for item in items(params, kind):
            wrong += _wrong_copies(f"{ROLE}_config.{kind}: {item['name']}", item, params)
    refuse(wrong)


def items(params: Params, key: str) -> Sequence[Params]:
    """The items of a list of the input."""
    found: Sequence[Params] = params.get(key) or ()
    return found


def is_external(params: Params) -> bool:
    """Whether the input names a cluster that others run."""
    return bool(params.get("external"))


def is_coded(item: Params) -> bool:
    """Whether a pool is erasure-coded."""
    return bool(item.get("data_chunks") or item.get("coding_chunks"))


def copies(item: Params) -> int:
    """How many failure domains a pool needs: one for each copy or chunk."""
    return int(item["data_chunks"]) + int(item["coding_chunks"]) if is_coded(item) else int(item.get("replicas") or 3)


def data_disks(node: Params) -> list[Params]:
    """The disks of a machine that become OSDs, without those that hold metadata of others."""
    return [disk for disk in items(node, "disks") if not disk.get("metadata")]


def _wrong_of_others(params: Params) -> Iterator[str]:
    """What is wrong with an input that names a Ceph cluster which others run."""
    place = f"{ROLE}_config.external"
    if not _FSID.fullmatch(str(params["external"].get("fsid") or "").lower()):
        yield f"{place}.fsid: is no identity of a Ceph cluster; give what `ceph fsid` prints there"
    for key in _OF_OTHERS:
        if params.get(key):
            yield f"{ROLE}_config.{key}: is decided by those who run the external Ceph cluster; remove it"
    for kind in (POOLS, FILE_SYSTEMS):
        for item in items(params, kind):
            found = [key for key in _OF_POOLS if item.get(key)]
            if found:
                yield f"{ROLE}_config.{kind}: {item['name']}: {', '.join(found)} can't be given to a pool of others"
    if items(params, STORES):
        yield (
            f"{ROLE}_config.{STORES}: an external Ceph cluster gives blocks and files only; use its gateways by their "
            "own address"
        )


def _wrong_own(params: Params) -> Iterator[str]:
    """Keys that name what others have made, without a cluster of others."""
    for kind, keys in _OF_EXTERNAL.items():
        for item in items(params, kind):
            if found := [key for key in keys if item.get(key)]:
                yield f"{ROLE}_config.{kind}: {item['name']}: {', '.join(found)} is for an external Ceph cluster only"


def _wrong_keys(params: Params) -> Iterator[str]:
    """What Rook's kinds refuse, by the name that it has here (CephCluster, spec.security.cephx)."""
    keys: Params = params.get("keys") or {}
    for group in ("daemons", "volumes"):
        value = keys.get(group)
        if value is not None and not 0 < int(value) < 2**31:
            yield f"{ROLE}_config.keys.{group}: {value} is no generation of keys; give 2 for the first rotation"
    former = keys.get("former")
    if former is not None and not 0 <= int(former) <= MOST_FORMER:
        yield f"{ROLE}_config.keys.former: {former} former keys can't be kept; give 0 to {MOST_FORMER}"
    if former is not None and not keys.get("volumes"):
        yield f"{ROLE}_config.keys.former: counts for volumes, whose keys are not rotated; give volumes, or remove it"


def _wrong_nodes(params: Params) -> Iterator[str]:
    place = f"{ROLE}_config.nodes"
    nodes = items(params, "nodes")
    if not any(map(data_disks, nodes)):
        yield f"{place}: no machine has a disk for data; name at least one disk of each machine that stores"
    if len(nodes) < LEAST_MACHINES and not params.get("few_machines"):
        yield (
            f"{place}: {len(nodes)} machines can't keep data when one fails; name at least {LEAST_MACHINES}, or "
            f"consent to lose data with one machine, as in a lab, with few_machines: true"
        )
    seen: dict[tuple[str, str, str], str] = {}
    names: set[str] = set()
    for node in nodes:
        name = str(node["node"])
        if name in names:
            yield f"{place}: {name} is listed twice; list each machine once"
        names.add(name)
        if not items(node, "disks"):
            yield f"{place}: {name} has no disk; name its disks, or leave the machine out"
        elif not data_disks(node):
            yield f"{place}: all disks of {name} are for metadata; name one for data"
        for disk in items(node, "disks"):
            yield from _wrong_disk(f"{place}: {name}", name, disk, seen)


def _wrong_disk(place: str, node: str, disk: Params, seen: dict[tuple[str, str, str], str]) -> Iterator[str]:
    known: Params = disk.get("id") or {}
    if not known.get("serial") and not known.get("wwn"):
        yield f"{place}: a disk has neither serial nor wwn; give one of them"
    for kind, key in (("serial", serial_key), ("wwn", wwn_key)):
        value = str(known.get(kind) or "")
        if not value:
            continue
        if is_device_name(value):
            yield f"{place}: {value} is a name that another disk may have after the next start; give serial or wwn"
        # Two machines can have controllers with the same serial number; a WWN is unique.
        scope = (kind, key(value), node if kind == "serial" else "")
        if scope in seen:
            yield f"{place}: {kind} {value} is listed twice (first for {seen[scope]}); list each disk once"
        seen.setdefault(scope, node)
    if disk.get("metadata") and disk.get("device_class"):
        yield f"{place}: a disk for metadata has no device class; remove device_class"


def _wrong_counts(params: Params) -> Iterator[str]:
    machines = len(items(params, "nodes"))
    for key, default in (("monitors", 3), ("managers", 2)):
        count = int(params.get(key) or default)
        if count > machines:
            yield f"{ROLE}_config.{key}: {count} do not run on {machines} machines, one on each; give fewer"
    monitors = int(params.get("monitors") or 3)
    if monitors % 2 == 0:
        yield f"{ROLE}_config.monitors: {monitors} outlive no more failures than {monitors - 1}; give an odd number"
    elif monitors < LEAST_MACHINES and not params.get("few_machines"):
        yield f"{ROLE}_config.monitors: {monitors} ends all storage with its machine; give 3 or 5"


def _wrong_networks(params: Params) -> Iterator[str]:
    for key in ("public_networks", "replication_networks"):
        for value in params.get(key) or ():
            try:
                ipaddress.ip_network(str(value))
            except ValueError as error:
                yield f"{ROLE}_config.{key}: {value} is not a subnet ({error})"
    if not params.get("public_networks"):
        yield f"{ROLE}_config.public_networks: is empty; give the subnet in which machines reach Ceph"


def _wrong_names(params: Params) -> Iterator[str]:
    seen: dict[str, str] = {}
    default = [str(pool["name"]) for pool in items(params, POOLS) if pool.get("default")]
    if len(default) > 1:
        yield f"{ROLE}_config.pools: {' and '.join(default)} are both the default; choose one"
    if not any(items(params, kind) for kind in KINDS):
        yield f"{ROLE}_config.pools: there is no pool, file system or object store, so nothing can be stored; give one"
    for kind in KINDS:
        for item in items(params, kind):
            name = str(item["name"])
            if not _NAME.fullmatch(name):
                yield f"{ROLE}_config.{kind}: {name} is no name; give lower-case letters, digits and inner dashes"
            if name in seen:
                yield (
                    f"{ROLE}_config.{kind}: {name} is in {seen[name]} as well, and both would have the storage class "
                    f"rook-ceph-{name}; give each a name of its own"
                )
            seen.setdefault(name, kind)


def _wrong_users(place: str, store: Params, seen: dict[str, str]) -> Iterator[str]:
    for user in items(store, "users"):
        name, size = str(user["name"]), user.get("max_size")
        known = f"{store['name']}-{name}"
        if known in seen:
            yield f"{place}: users: {name} is {known} to Rook, as in {seen[known]}; give it another name"
        seen.setdefault(known, place)
        if not _NAME.fullmatch(name):
            yield f"{place}: users: {name} is no name; give lower-case letters, digits and inner dashes"
        if size and not _SIZE.fullmatch(str(size)):
            yield f"{place}: users: {name}: max_size {size} is no size; give one such as 100Gi"
        if any(user.get(key) is not None and int(user[key]) < 1 for key in ("max_objects", "max_buckets")):
            yield f"{place}: users: {name}: a quota below 1 lets it store nothing; give more, or leave the user out"


def _wrong_copies(place: str, item: Params, params: Params) -> Iterator[str]:
    few = bool(params.get("few_machines"))
    if is_coded(item):
        if int(item.get("data_chunks") or 0) < 2 or int(item.get("coding_chunks") or 0) < 1:
            yield f"{place}: erasure coding needs data_chunks of at least 2 and coding_chunks of at least 1"
            return
        if int(item["coding_chunks"]) < 2 and not few:
            yield (
                f"{place}: with one coding chunk, a second failure during a repair loses data; give coding_chunks: 2, "
                "or consent to that with few_machines: true"
            )
    elif int(item.get("replicas") or 3) < 3 and not few:
        yield (
            f"{place}: {item['replicas']} copies lose data when two disks fail; give 3, or consent to that with "
            "few_machines: true"
        )
    hosts = sum(1 for node in items(params, "nodes") if data_disks(node))
    disks = sum(len(data_disks(node)) for node in items(params, "nodes"))
    domain = str(params.get("failure_domain") or "host")
    if domain == "osd" and not few:
        yield f"{place}: failure_domain: osd lets one machine have all copies; give host, or write few_machines: true"
    known = {"host": hosts, "osd": disks}.get(domain)
    if known is not None and copies(item) > known:
        what = "machines with disks" if domain == "host" else "disks"
        yield f"{place}: needs {copies(item)} {what}, and there are {known}; add {what}, or lower it"


__all__ = ["KINDS", "LABELS", "NAMESPACE", "ROLE", "check", "copies", "data_disks", "is_coded", "is_external", "items"]
