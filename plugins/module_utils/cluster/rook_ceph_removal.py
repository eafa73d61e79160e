# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The removal of Ceph in the order of Rook's documentation (Cleaning up a Cluster).

Users' volumes and buckets come first, and are theirs to remove. Then pools, file systems and object stores go while the
cluster runs, then the cluster, whose operator runs a job on each machine that deletes what Ceph has there. Only after
that may the operators go, since nobody else would remove the finalizers of their objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from ..objects.applyset import PART_OF
from ..objects.discovery import Resource
from ..objects.engine import Engine, Request
from ..objects.errors import ObjectsError
from ..objects.live import get
from ..objects.protected import Consent
from ..objects.stages import CRD
from ..objects.transport import MERGE, Json, items
from ..objects.wanted import resources_of
from ..waiting.missing import Row
from . import rook_ceph_external, rook_ceph_held
from .removing import delete, named, spelled, until_none
from .rook_ceph_classes import CEPHFS, RBD
from .rook_ceph_input import NAMESPACE

#: Kinds in the order in which their objects are removed; those of a row together.
ORDER: tuple[tuple[str, ...], ...] = (
    ("CephFilesystemSubVolumeGroup", "CephBlockPoolRadosNamespace", "CephObjectStoreUser"),
    ("CephObjectStore", "CephFilesystem", "CephBlockPool"),
    ("CephCluster",),
    ("ClientProfileMapping", "ClientProfile", "CephConnection"),
    ("Driver",),
    ("OperatorConfig",),
)
#: Kinds of which operators make objects themselves.
MADE = frozenset({"ClientProfileMapping", "ClientProfile", "CephConnection", "CSIAddonsNode"})
CONFIRMED = "yes-really-destroy-data"
JOBS = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
CLEANING = {"labelSelector": "app=rook-ceph-cleanup"}
Found = tuple[Resource, Json]


class Removal:
    """The removal from one cluster.

    :ivar steps: what is done beside the removal of the layer's objects.
    :ivar needed: there is a Ceph cluster, or something that needs one.
    :ivar consents: to remove what this class removes in order.
    """

    def __init__(self, engine: Engine, request: Request) -> None:
        """Read what there is.

        :raises ObjectsError: users have volumes, buckets or snapshots, or objects of these kinds.
        :raises ClusterLayerError: Rook is told to leave some of it alone, so it would remove nothing.
        """
        self._engine = engine
        self._set = request.apply_set.id if request.apply_set else ""
        kinds = [one.body for one in request.definitions if one.kind == CRD[1]]
        self._found = [pair for kind in kinds for pair in self._objects(kind)]
        _refuse_loss(
            [*self._used(), *(spelled(item["kind"], item) for __, item in self._found if not self._is_own(item))]
        )
        rook_ceph_held.refuse(item for __, item in self._found)
        self.consents = [_consent(item) for __, item in self._found]
        cluster = next((item for __, item in self._found if item["kind"] == "CephCluster"), None)
        self._external = rook_ceph_external.lives(cluster)
        # What an external cluster stores stays there.
        self.needed = bool(self._found) and not self._external
        self._machines = _machines(cluster)
        self.steps = [f"remove {spelled(item['kind'], item)}" for __, item in self._found if item["kind"] in MADE]
        self.steps += [f"delete what Ceph has on {name}, by Rook's job" for name in self._machines]

    def before(self) -> None:
        """Remove all objects for which an operator has to run, in order, each kind after the one before is gone."""
        for kinds in ORDER:
            found = [pair for pair in self._found if pair[1]["kind"] in kinds]
            if kinds == ("CephCluster",) and not self._external:
                self._confirm(found)
            for resource, item in found:
                path = resource.path(item["metadata"].get("namespace", ""), item["metadata"]["name"])
                delete(self._engine.transport, path)
            until_none(partial(self._left, found), self._engine.deadline, f"{' and '.join(kinds)} to be removed")
            if kinds == ("CephCluster",):
                what = "Rook's jobs to delete what Ceph has on machines"
                until_none(self._uncleaned, self._engine.deadline, what)

    def _confirm(self, found: Iterable[Found]) -> None:
        """Let the operator clean the machines when the cluster goes."""
        for resource, item in found:
            path = resource.path(item["metadata"]["namespace"], item["metadata"]["name"])
            policy = {"cleanupPolicy": {"confirmation": CONFIRMED, "sanitizeDisks": {"method": "quick"}}}
            self._engine.transport.call("PATCH", path, body={"spec": policy}, content=MERGE)

    def _objects(self, crd: Json) -> Iterator[Found]:
        wanted = resources_of(crd)[0]
        for resource in self._engine.discovery.versions(wanted.group, wanted.kind)[:1]:
            for item in items(self._engine.transport, resource.path()):
                yield resource, {**item, "kind": wanted.kind}

    def _is_own(self, item: Json) -> bool:
        labels = item["metadata"].get("labels") or {}
        return item["kind"] in MADE or labels.get(PART_OF) == self._set

    def _used(self) -> Iterator[str]:
        """Volumes and snapshots of users. Buckets are objects of one of Rook's kinds."""
        for item in items(self._engine.transport, "/api/v1/persistentvolumes"):
            driver = ((item.get("spec") or {}).get("csi") or {}).get("driver")
            if driver in (RBD, CEPHFS):
                claim = (item.get("spec") or {}).get("claimRef") or {}
                yield f"PersistentVolume {item['metadata']['name']} of {claim.get('namespace')}/{claim.get('name')}"
        path = "/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents"
        if get(self._engine.transport, path) is not None:
            for item in items(self._engine.transport, path):
                if (item.get("spec") or {}).get("driver") in (RBD, CEPHFS):
                    yield f"VolumeSnapshotContent {item['metadata']['name']}"

    def _left(self, found: Iterable[Found]) -> list[Row]:
        rows = []
        for resource, item in found:
            live = get(
                self._engine.transport,
                resource.path(item["metadata"].get("namespace", ""), item["metadata"]["name"]),
            )
            if live is not None and live["metadata"].get("uid") == item["metadata"].get("uid"):
                rows.append(Row(spelled(item["kind"], item), _why(live)))
        return rows

    def _uncleaned(self) -> list[Row]:
        """Machines that are not clean. The operator makes the jobs once the last daemon is gone."""
        done, rows = set(), []
        for job in items(self._engine.transport, JOBS, CLEANING):
            selector = ((job["spec"].get("template") or {}).get("spec") or {}).get("nodeSelector") or {}
            host = str(selector.get("kubernetes.io/hostname") or job["metadata"]["name"])
            if (job.get("status") or {}).get("succeeded"):
                done.add(host)
            else:
                rows.append(Row(f"Job {NAMESPACE}/{job['metadata']['name']}", "it has not ended", host))
        seen = done | {row.node for row in rows}
        return rows + [Row(name, "Rook has no cleanup job there yet") for name in self._machines if name not in seen]


def _machines(cluster: Json | None) -> list[str]:
    nodes = (((cluster or {}).get("spec") or {}).get("storage") or {}).get("nodes") or ()
    return [str(node["name"]) for node in nodes]


def _why(live: Json) -> str:
    """Why an object is not gone: what its operator says, and who holds it."""
    finalizers = ", ".join(live["metadata"].get("finalizers") or ())
    conditions: Iterable[Mapping[str, str]] = (live.get("status") or {}).get("conditions") or ()
    blocked = [str(one.get("message")) for one in conditions if one.get("type") == "DeletionIsBlocked"]
    return "; ".join(["it still exists", *blocked, *([f"finalizers: {finalizers}"] if finalizers else [])])


def _refuse_loss(lost: list[str]) -> None:
    if lost:
        raise ObjectsError(
            f"nothing was removed, because of what users have: {named(lost)}; remove that while Ceph runs, which then "
            "deletes its data"
        )


def _consent(item: Json) -> Consent:
    return Consent(item["kind"], item["metadata"]["name"], item["metadata"].get("namespace") or "")
