# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster and its machines say: kernels and memory of nodes, and the names that disks have there.

Names of disks are those that :mod:`..disks` found on the machine. Which of a disk's names Rook is given is decided
here: one that is made from the disk's own WWN where there is one, and the one that the cluster has already stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .rook_ceph_input import LABELS, ROLE, items
from .upstream import ClusterLayerError

Params = Mapping[str, Any]
#: The annotation of the CephCluster that has the looked-up names, by node and disk.
ANNOTATION = "groundup.cloud/disks"
#: Beginnings of names in /dev/disk/by-id, the best first: a WWN stays with the disk behind any controller.
_PREFERRED = ("wwn-", "nvme-eui.", "nvme-uuid.", "nvme-", "scsi-", "ata-", "virtio-")
#: Names of what is on a disk, which change with it.
_CONTENTS = ("lvm-", "dm-", "md-", "cryptsetup-")
_MIB = 1024 * 1024
_UNITS = {"": 1, "Ki": 1024, "Mi": _MIB, "Gi": 1024 * _MIB, "Ti": 1024 * 1024 * _MIB, "k": 1000, "M": 10**6, "G": 10**9}


@dataclass(frozen=True)
class Node:
    """A node of the cluster.

    :ivar memory: bytes.
    :ivar kernel: its release, such as 6.12.107+deb13-amd64.
    """

    name: str
    memory: int = 0
    kernel: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Node:
        """A Node as the API has it."""
        status = item.get("status") or {}
        memory = str((status.get("capacity") or {}).get("memory") or "0")
        kernel = str((status.get("nodeInfo") or {}).get("kernelVersion") or "")
        return cls(item["metadata"]["name"], _bytes(memory), kernel, item["metadata"].get("labels") or {})

    def release(self) -> tuple[int, int] | None:
        """Version of the kernel; None where it can't be told."""
        found = re.match(r"([0-9]+)\.([0-9]+)", self.kernel)
        return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True)
class Facts:
    """What is known of a cluster beside the input.

    :ivar names: node -> names of its disks, in the order of the input.
    :ivar key_type: the type of CephX keys that its CSI drivers have already, and keep.
    :ivar prometheus: whether the cluster has the kinds of the Prometheus operator.
    """

    nodes: Mapping[str, Node] = field(default_factory=dict)
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    key_type: str = ""
    prometheus: bool = False


def _bytes(quantity: str) -> int:
    found = re.fullmatch(r"([0-9]+)([A-Za-z]*)", quantity)
    if not found or found[2] not in _UNITS:
        raise ClusterLayerError(
            f"a node has {quantity} of memory, which is no quantity; is its kubelet of this release?"
        )
    return int(found[1]) * _UNITS[found[2]]


def identity(disk: Params) -> str:
    """How a disk of the input is named in the annotation."""
    known: Params = disk.get("id") or {}
    return " ".join(f"{key} {known[key]}" for key in ("serial", "wwn") if known.get(key))


def recorded(live: Mapping[str, Any] | None) -> dict[str, dict[str, str]]:
    """Node -> disk -> name, as the CephCluster has it."""
    text = (((live or {}).get("metadata") or {}).get("annotations") or {}).get(ANNOTATION)
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise ClusterLayerError(f"the annotation {ANNOTATION} of the CephCluster is no JSON ({error})") from error
    return {str(node): dict(disks) for node, disks in found.items()}


def annotation(params: Params, names: Mapping[str, Sequence[str]]) -> str:
    """The annotation with the names of all disks."""
    found = {
        str(node["node"]): dict(zip(map(identity, items(node, "disks")), names[str(node["node"])], strict=True))
        for node in items(params, "nodes")
    }
    return json.dumps(found, sort_keys=True, separators=(",", ":"))


def from_record(params: Params, record: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """The names of all disks as the cluster has them.

    :raises ClusterLayerError: some have not been looked up yet.
    """
    missing = [
        f"{identity(disk)} of {node['node']}"
        for node in items(params, "nodes")
        for disk in items(node, "disks")
        if identity(disk) not in record.get(str(node["node"]), {})
    ]
    if missing:
        raise ClusterLayerError(
            f"{ROLE}_config.nodes: not looked up yet on its machine: {', '.join(missing)}; the role {ROLE} does that, "
            "and the module takes what disk_info returns as disks"
        )
    return {
        str(node["node"]): [record[str(node["node"])][identity(disk)] for disk in items(node, "disks")]
        for node in items(params, "nodes")
    }


def looked_up(
    params: Params, given: Mapping[str, Sequence[Params]], record: Mapping[str, Mapping[str, str]], fsid: str
) -> dict[str, list[str]]:
    """The names of all disks as found on the machines.

    :param given: by node, what disk_info returned for its disks, in the order of the input.
    :param fsid: the Ceph cluster to which OSDs on these disks may belong; empty if there is none yet.
    :raises ClusterLayerError: disks that can't be used, all of them with their reasons.
    """
    wrong: list[str] = []
    names: dict[str, list[str]] = {}
    paths: dict[tuple[str, str], str] = {}
    for node in items(params, "nodes"):
        host, wanted = str(node["node"]), items(node, "disks")
        seen = given.get(host) or ()
        if len(seen) != len(wanted):
            wrong.append(f"{host}: {len(seen)} of {len(wanted)} disks were looked up; run disk_info with its disks")
            continue
        for disk, one in zip(wanted, seen, strict=True):
            place = f"{host}: {identity(disk)}"
            wrong += [f"{place} {reason}" for reason in unusable(one, fsid)]
            first = paths.setdefault((host, str(one.get("path"))), identity(disk))
            if first != identity(disk):
                wrong.append(f"{place} is the same disk as {first} ({one.get('path')}); list each disk once")
            had = record.get(host, {}).get(identity(disk), "")
            names.setdefault(host, []).append(_name(one.get("links") or (), had))
            if not names[host][-1]:
                wrong.append(f"{place} has no name in /dev/disk/by-id, without which Rook might take another disk")
    if wrong:
        raise ClusterLayerError(f"{ROLE}_config.nodes: " + "; ".join(wrong))
    return names


def unusable(disk: Params, fsid: str) -> Iterator[str]:
    """Why a disk must not become an OSD: it is in use, or holds data of others."""
    if disk.get("problem"):
        yield f"can't be read: {disk['problem']}"
        return
    if disk.get("read_only"):
        yield "is write-protected; let it be written, or replace it"
    owners = items(disk, "ceph")
    clusters = {str(owner.get("fsid") or "") for owner in owners} - {""}
    points = [str(mount["point"]) for mount in items(disk, "mounts")]
    if points:
        yield f"is in use: {', '.join(points)} {'is' if len(points) == 1 else 'are'} mounted from it; name another disk"
    elif disk.get("swap"):
        yield "is in use as swap; name another disk"
    elif owners and clusters != {fsid}:
        others = " and ".join(sorted(clusters - {fsid})) or "that its labels do not name"
        yield (
            f"belongs to the Ceph cluster {others}, not to this one{f', {fsid}' if fsid else ''}; erase it with "
            "disk_wipe if that cluster is no more"
        )
    elif not owners and not disk.get("blank"):
        data = ", ".join(map(str, disk.get("data") or ())) or "something is on it"
        yield f"is not blank: {data}; erase it with disk_wipe"


def _name(links: Sequence[Any], had: str) -> str:
    """The name by which Rook is given a disk; empty if there is none."""
    known = sorted(str(link) for link in links)
    if had in known:
        return had
    base = {link: link.rpartition("/")[2] for link in known}
    usable = [link for link in known if not base[link].startswith(_CONTENTS)]

    def rank(link: str) -> tuple[int, str]:
        place = (number for number, start in enumerate(_PREFERRED) if base[link].startswith(start))
        return next(place, len(_PREFERRED)), link

    return min(usable, key=rank, default="")


def domains(params: Params, facts: Facts) -> dict[str, list[str]]:
    """Failure domain -> machines in it, by labels of nodes.

    :raises ClusterLayerError: machines without that label.
    """
    domain = str(params.get("failure_domain") or "host")
    found: dict[str, list[str]] = {}
    for node in items(params, "nodes"):
        name = str(node["node"])
        label = LABELS[domain]
        value = name if domain == "host" else (facts.nodes[name].labels.get(label) if name in facts.nodes else None)
        if not value:
            raise ClusterLayerError(
                f"{ROLE}_config.failure_domain: {domain} needs the label {label} on the node {name}; give it before, "
                "since Ceph's map of failure domains is made from it"
            )
        found.setdefault(str(value), []).append(name)
    return found
