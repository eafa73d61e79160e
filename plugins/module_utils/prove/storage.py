# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of a cloud's storage by Rook: what Ceph says of itself, and what pods see of volumes, files and buckets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..ceph.runner import Ceph, CephError
from ..cluster import rook_ceph_keys
from ..cluster.rook_ceph_input import NAMESPACE
from ..cluster.rook_ceph_upgrade import CLUSTER
from ..conditions.fields import at
from ..conditions.serving import unready
from ..kube.api import Api
from ..kube.errors import KubeError
from ..promises.promise import StoragePromise
from ..report.proofs import Proof, ProofError, prove, untried
from . import ceph_pod, ceph_state, spaces, workloads
from .api_errors import failed_by_api_errors
from .ceph_pod import CephPod
from .registry import proof
from .spaces import Space
from .storage_volumes import Volumes
from .stored import Stored

if TYPE_CHECKING:
    from .cluster import Cluster

LAYER, PROVIDER = "storage", "rook_ceph"
ASKED = "Ceph answers a pod of the cluster"
OSDS = "each disk for data of the model is an OSD of its machine, and no other disk is"
HEALTH = "Ceph is healthy, and all OSDs of the model take part"
PLACEMENT = "each copy of data is in another failure domain"
MONITORS = "each monitor is on another machine, and all are in quorum"
KEYS = "keys of Ceph's daemons are safe from CVE-2025-30156, and all keys of the wanted generation"
EXTERNAL = "the external Ceph cluster is the one of the model, and serves"
REMOVED = "what proofs of storage made is removed, with its volumes"
_OF_CEPH = (OSDS, HEALTH, PLACEMENT, MONITORS, KEYS)
_ROOK = CLUSTER.rpartition("/cephclusters/")[0]
_MONITORS = f"/api/v1/namespaces/{NAMESPACE}/pods?labelSelector=app%3Drook-ceph-mon"


def owed(stored: Stored) -> dict[StoragePromise, str]:
    """Each promise that pods or Ceph show -> why this model does not have it; empty where it does."""
    block, file = bool(stored.block), bool(stored.file)
    without = {
        StoragePromise.BLOCK: "" if block else "the model stores no blocks (storage.block)",
        StoragePromise.FILE: "" if file else "the model stores no files (storage.file)",
        StoragePromise.OBJECT: "" if stored.object else "the model stores no objects (storage.object)",
        StoragePromise.QUOTA: "" if block or file else "the model has no volumes (storage.block, storage.file)",
        StoragePromise.ENCRYPTED_TRAFFIC: "" if stored.encrypted_traffic else "the model has no encrypt_traffic",
        StoragePromise.ENCRYPTED_DISKS: "" if stored.encrypted_disks else "the model has no encrypt_disks",
    }
    no_snapshots = "" if stored.snapshots else "the model has no snapshots (storage.snapshots)"
    of_block = without[StoragePromise.BLOCK]
    without |= dict.fromkeys((StoragePromise.BLOCK_SHARED, StoragePromise.CLONES, StoragePromise.EXPANSION), of_block)
    without[StoragePromise.SNAPSHOTS] = of_block or no_snapshots
    return without


@proof("cluster", layer=LAYER, provider=PROVIDER)
def _storage(context: Cluster) -> Iterator[Proof]:
    stored = context.expected.storage
    if stored is None:  # nobody knows what is stored in a cluster whose model is not known
        return
    missing = owed(stored)
    api, nodes = context.api, _ready(context)
    if api is None or context.unreachable or isinstance(nodes, str):
        reason = context.unreachable or str(nodes)
        names = [
            ASKED,
            *([EXTERNAL] if stored.external else _OF_CEPH),
            *(one.text for one in _cluster_wide(missing)),
            REMOVED,
        ]
        yield from (untried(name, LAYER, reason) for name in names)
    else:
        yield from _of_ceph(api, stored, nodes, missing)
        yield from _of_pods(api, stored, context.expected.image, nodes, missing)
    for promise, why in missing.items():
        if why:
            yield Proof(promise.text, LAYER, None, 0.0, "not promised", real=False, why_not_real=why, promised=False)


def _cluster_wide(missing: dict[StoragePromise, str]) -> list[StoragePromise]:
    """The promises that are kept here; that of encrypted disks is proved on their machines."""
    return [one for one, why in missing.items() if not why and one is not StoragePromise.ENCRYPTED_DISKS]


def _ready(context: Cluster) -> list[str] | str:
    """Names of the nodes on which pods start, or why there is none."""
    if context.api is None or context.unreachable:
        return context.unreachable
    try:
        items = context.api.get("/api/v1/nodes")["items"]
    except (KubeError, OSError) as error:
        return str(error)
    ready = sorted(item["metadata"]["name"] for item in items if not unready(item))
    return [name for name in ready if name in context.expected.nodes] or "no node is Ready"


def _of_ceph(api: Api, stored: Stored, nodes: Sequence[str], missing: dict[StoragePromise, str]) -> Iterator[Proof]:
    """What Ceph says, asked once."""
    answers: list[Ceph] = []

    def ask() -> str:
        questions = ceph_pod.OF_OTHERS if stored.external else ceph_pod.QUESTIONS
        answers.append(CephPod(api, nodes[0], stored.patience, questions).ask())
        return f"a pod on {nodes[0]}"

    attempts: dict[str, Callable[[Ceph], str]] = {
        OSDS: lambda ceph: ceph_state.osds(ceph, stored),
        HEALTH: lambda ceph: ceph_state.health(ceph, stored),
        PLACEMENT: lambda ceph: ceph_state.placement(ceph, stored),
        MONITORS: lambda ceph: ceph_state.monitors(ceph, stored, _places(api)),
        KEYS: lambda ceph: ceph_state.keys(ceph, _old_keys(api)),
    }
    if stored.external:
        attempts = {EXTERNAL: lambda ceph: ceph_state.external(ceph, stored.external)}
    if not missing[StoragePromise.ENCRYPTED_TRAFFIC]:
        attempts[StoragePromise.ENCRYPTED_TRAFFIC.text] = ceph_state.encrypted_traffic
    asked = prove(ASKED, LAYER, failed_by_api_errors(ask))
    yield asked
    for name, attempt in attempts.items():
        if answers:
            yield prove(name, LAYER, failed_by_api_errors(_of(attempt, answers[0])))
        else:
            yield untried(name, LAYER, f"Ceph was not asked: {asked.evidence}")


def _of(attempt: Callable[[Ceph], str], ceph: Ceph) -> Callable[[], str]:
    def wrapped() -> str:
        try:
            return attempt(ceph)
        except CephError as error:
            raise ProofError(str(error)) from error

    return wrapped


def _places(api: Api) -> dict[str, str]:
    """Monitor -> machine, by the pods that run."""
    running = [pod for pod in api.get(_MONITORS)["items"] if at(pod, "status", "phase") == "Running"]
    return {
        str(pod["metadata"]["labels"]["ceph_daemon_id"]): str(pod["spec"]["nodeName"])
        for pod in running
        if "ceph_daemon_id" in pod["metadata"]["labels"]
    }


def _old_keys(api: Api) -> list[str]:
    """Keys that are not rotated yet, as Rook reports it."""
    children = [
        {**item, "kind": kind}
        for kind, plural in rook_ceph_keys.CHILDREN.items()
        for item in (api.get(f"{_ROOK}/{plural}") or {}).get("items") or ()
    ]
    return [str(row) for row in rook_ceph_keys.old(api.get(CLUSTER), children)]


def _of_pods(
    api: Api, stored: Stored, image: str, nodes: Sequence[str], missing: dict[StoragePromise, str]
) -> Iterator[Proof]:
    """What pods see, in a namespace that is removed afterwards."""
    name = f"{workloads.PREFIX}storage-{int(time.time())}"
    volumes = Volumes(Space(api, name, stored.patience), stored, image, nodes)
    proofs: list[Proof] = []

    def run() -> str:
        spaces.delete_leftovers(api)
        with spaces.namespace(api, name):
            for promise, (needs, attempt) in volumes.attempts.items():
                if missing[promise]:
                    continue
                if needs and not volumes.written:
                    proofs.append(untried(promise.text, LAYER, "no volume of blocks was written"))
                else:
                    proofs.append(prove(promise.text, LAYER, failed_by_api_errors(attempt)))
        return spaces.gone(api, name, stored.patience)

    removed = prove(REMOVED, LAYER, failed_by_api_errors(run))
    done = {one.name for one in proofs}
    yield from proofs
    for promise in volumes.attempts:
        if not missing[promise] and promise.text not in done:
            yield untried(promise.text, LAYER, removed.evidence)
    yield removed
