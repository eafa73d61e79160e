# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pods see of a cloud's storage: volumes, file systems, buckets, snapshots, clones, expansion and quotas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ..cluster import rook_ceph_tls
from ..cluster.rook_ceph_cluster import CEPH_IMAGE
from ..cluster.rook_ceph_input import NAMESPACE
from ..conditions.fields import Item, at, lacking
from ..conditions.resources import Wanted
from ..kube.api import Refused
from ..promises.promise import StoragePromise
from ..report.proofs import ProofError
from ..waiting.missing import Row
from . import bucket_pod, bucket_tls_pod, spaces, storage_pods
from .spaces import Space
from .stored import Class, Stored

OBJECT_BUCKETS = "/apis/objectbucket.io/v1alpha1/objectbuckets"
_BLOCK_SNAPSHOTS = "rook-ceph-block"
#: What is written first, and later.
_FIRST, _SECOND, _THIRD = "first", "second", "third"
#: What a quota lets claims ask for together, and a claim beyond that.
_MOST, _TOO_MUCH = "4Gi", "1Ti"
_FORBIDDEN = 403
Attempt = Callable[[], str]


class Volumes:
    """The attempts, of which later ones use what earlier ones made.

    :param nodes: ready nodes. Where there is one only, pods of two nodes are both on it.
    """

    def __init__(self, space: Space, stored: Stored, image: str, nodes: Sequence[str]) -> None:
        self._space, self._stored = space, stored
        self._pods = storage_pods.Pods(space.name, image, max(30, stored.patience // 2))
        self._nodes = (nodes[0], nodes[-1])
        self._on = f"{nodes[0]} and {nodes[-1]}" if len(nodes) > 1 else f"{nodes[0]}, the only node"
        #: What the first class's volume has; nothing as long as nothing was written.
        self._holds = ""
        self._claims: dict[str, Wanted] = {}

    @property
    def attempts(self) -> Mapping[StoragePromise, tuple[bool, Attempt]]:
        """Promise -> whether it needs the volume of blocks, and the attempt. In their order."""
        return {
            StoragePromise.BLOCK: (False, self.blocks),
            StoragePromise.BLOCK_SHARED: (False, lambda: self.shared(self._stored.block[0], raw=True)),
            StoragePromise.FILE: (False, self.files),
            StoragePromise.OBJECT: (False, self.objects),
            StoragePromise.SNAPSHOTS: (True, self.snapshots),
            StoragePromise.CLONES: (True, self.clones),
            StoragePromise.EXPANSION: (True, self.expansion),
            StoragePromise.QUOTA: (False, self.quota),
        }

    @property
    def written(self) -> bool:
        """Whether the volume of blocks was written and read."""
        return bool(self._holds)

    def blocks(self) -> str:
        """Write to a volume of each class on one node, and read it on another one."""
        classes = {f"block-{number}": one for number, one in enumerate(self._stored.block)}
        self._bound([storage_pods.claim(self._space.name, name, one.name) for name, one in classes.items()])
        first, last = self._nodes
        said = self._space.ran(
            [self._pods.writes(first, name, _FIRST) for name in classes], f"pods on {first} to write"
        )
        self._same(classes, said, _FIRST, first)
        said = self._space.ran([self._pods.reads(last, name) for name in classes], f"pods on {last} to read")
        self._same(classes, said, _FIRST, last)
        self._holds = _FIRST
        names = ", ".join(one.name for one in classes.values())
        return f"{names}: {storage_pods.BYTES >> 20} MiB with the same checksum on {self._on}"

    def shared(self, of_class: Class, *, raw: bool = False) -> str:
        """Use one volume from two nodes at the same time."""
        name = f"shared-{'raw' if raw else 'files'}-{of_class.name}"
        self._bound([storage_pods.claim(self._space.name, name, of_class.name, shared=True, raw=raw)])
        pods = self._pods.share(self._nodes, name, raw=raw)
        said = self._space.ran(pods, f"pods on {self._on} to share a volume of {of_class.name}")
        if said != ["good", "good"]:
            raise ProofError(f"{of_class.name}: the pods said {' and '.join(said)}")
        return f"{of_class.name}: pods on {self._on} read what the other one wrote while both had it"

    def files(self) -> str:
        """Use one file system of each class from two nodes at the same time."""
        return "; ".join(self.shared(one) for one in self._stored.file)

    def objects(self) -> str:
        """Put an object into a bucket of each store, get it, and be refused without the key."""
        found = []
        for number, one in enumerate(self._stored.object):
            for name, most in ((f"bucket-{number}", 0), (f"bucket-{number}-small", bucket_pod.MOST)):
                body = storage_pods.bucket(self._space.name, name, one.name, most)
                made = self._space.make(body, "objectbucketclaims")
                self._space.until([Wanted(*_place(made), rule=_bound_bucket)], f"a bucket of {one.name}")
                if one.kept:
                    self._release(OBJECT_BUCKETS, f"obc-{self._space.name}-{name}", "reclaimPolicy")
                said = self._space.ran([self._uses(one, name, bool(most))], f"a pod to use a bucket of {one.name}")
                if said != ["good"]:
                    raise ProofError(f"{one.name}: the pod said {said[0]}")
            found.append(one.name + (" by TLS" if one.tls else ""))
        done = "an object was put, got and deleted, not given without the key, and refused beyond a quota"
        return f"{', '.join(found)}: {done}"

    def _uses(self, of_class: Class, claim: str, too_much: bool) -> storage_pods.Json:
        """A pod that uses a bucket, by TLS with a certificate that is verified where the store has that."""
        env = {"WORD": _FIRST, **({"TOO_MUCH": "yes"} if too_much else {})}
        script = bucket_pod.SCRIPT
        if of_class.tls:
            script, env = bucket_tls_pod.SCRIPT, {**env, "PROGRAM": bucket_tls_pod.PROGRAM, "CA": self._ca(of_class)}
        pod = self._pods.once(self._nodes[-1], script, env)
        container = pod["spec"]["containers"][0]
        if of_class.tls:
            container |= {"image": CEPH_IMAGE, "resources": bucket_tls_pod.MEMORY}
        container["envFrom"] = [{"configMapRef": {"name": claim}}, {"secretRef": {"name": claim}}]
        return pod

    def _ca(self, of_class: Class) -> str:
        """The CA by which clients verify a store, from where they get it."""
        name = rook_ceph_tls.ca_name(of_class.store)
        found = self._space.api.get(f"/api/v1/namespaces/{NAMESPACE}/configmaps/{name}")
        if not found:
            raise ProofError(f"there is no ConfigMap {NAMESPACE}/{name} with the CA of {of_class.name}")
        return str(found["data"][rook_ceph_tls.CA])

    def snapshots(self) -> str:
        """Make a snapshot, change the volume, and find the old data in a volume that is made of the snapshot."""
        snapshot = storage_pods.snapshot(self._space.name, "snapshot", _BLOCK_SNAPSHOTS, "block-0")
        made = self._space.make(snapshot, "volumesnapshots")
        self._space.until([Wanted(*_place(made), rule=_usable)], "a snapshot that can be used")
        before, node = self._holds, self._nodes[-1]
        self._write("block-0", _SECOND)
        self._holds = _SECOND
        self._made("restored", "VolumeSnapshot", "snapshot")
        said = self._space.ran(
            [self._pods.reads(node, "restored"), self._pods.reads(node, "block-0")], "pods to read both volumes"
        )
        self._is("the volume of the snapshot", said[0], before)
        self._is("the changed volume", said[1], _SECOND)
        return f"{self._stored.block[0].name}: the volume of the snapshot has the data from before the change"

    def clones(self) -> str:
        """Clone the volume, change the clone, and find the volume as it was."""
        self._made("clone", "PersistentVolumeClaim", "block-0")
        node = self._nodes[-1]
        (said,) = self._space.ran([self._pods.reads(node, "clone")], "a pod to read the clone")
        self._is("the clone", said, self._holds)
        self._write("clone", _THIRD)
        (said,) = self._space.ran([self._pods.reads(node, "block-0")], "a pod to read the volume")
        self._is("the volume, after its clone was changed,", said, self._holds)
        return f"{self._stored.block[0].name}: the clone has the data, and its change left the volume as it was"

    def expansion(self) -> str:
        """Let the volume grow, and find its file system larger, with the same data."""
        body = {"spec": {"resources": {"requests": {"storage": storage_pods.LARGER}}}}
        path = f"/api/v1/namespaces/{self._space.name}/persistentvolumeclaims/block-0"
        self._space.api.patch(path, body)
        (said,) = self._space.ran([self._pods.grown(self._nodes[0], "block-0")], "a pod to find its file system larger")
        self._is("the larger volume", said, self._holds)
        self._space.until(
            [Wanted("v1", "PersistentVolumeClaim", "block-0", self._space.name, rule=_larger)], "its size"
        )
        name = self._stored.block[0].name
        return f"{name}: from {storage_pods.SIZE} to {storage_pods.LARGER}, with the same data"

    def quota(self) -> str:
        """Ask for more than a quota of the namespace allows."""
        of_class = next(iter((*self._stored.block, *self._stored.file))).name
        made = self._space.make(storage_pods.quota(self._space.name, "most", of_class, _MOST), "resourcequotas")
        self._space.until([Wanted(*_place(made), rule=_in_force)], "a quota that is in force")
        body = storage_pods.claim(self._space.name, "too-large", of_class, size=_TOO_MUCH)
        try:
            self._space.make(body, "persistentvolumeclaims")
        except Refused as error:
            if error.status != _FORBIDDEN or "exceeded quota" not in str(error):
                raise
            return f"{of_class}: a claim of {_TOO_MUCH} was refused, since the namespace may have {_MOST}"
        raise ProofError(f"{of_class}: a claim of {_TOO_MUCH} was accepted, although the namespace may have {_MOST}")

    def _made(self, name: str, kind: str, of: str) -> None:
        body = storage_pods.claim(self._space.name, name, self._stored.block[0].name)
        self._bound([storage_pods.made_of(body, kind, of)])

    def _write(self, of_claim: str, word: str) -> None:
        (said,) = self._space.ran([self._pods.writes(self._nodes[0], of_claim, word)], f"a pod to change {of_claim}")
        self._is(of_claim, said, word)

    def _bound(self, bodies: Sequence[storage_pods.Json]) -> None:
        """Make claims, and wait for their volumes, which go with them whatever their class says."""
        wanted = [self._space.make(body, "persistentvolumeclaims") for body in bodies]
        kept = {one.name for one in (*self._stored.block, *self._stored.file) if one.kept}
        for item in self._space.until(wanted, "volumes for claims").values():
            if at(item, "spec", "storageClassName") in kept:
                self._release(spaces.VOLUMES, str(at(item, "spec", "volumeName")), "persistentVolumeReclaimPolicy")

    def _release(self, path: str, name: str, key: str) -> None:
        self._space.api.patch(f"{path}/{name}", {"spec": {key: "Delete"}})

    def _same(self, classes: Mapping[str, Class], said: Sequence[str], word: str, node: str) -> None:
        for one, text in zip(classes.values(), said, strict=True):
            self._is(f"a volume of {one.name} on {node}", text, word)

    @staticmethod
    def _is(what: str, said: str, word: str) -> None:
        """Refuse another checksum than that of the word."""
        if said != storage_pods.checksum(word):
            raise ProofError(f"{what} has {said or 'nothing'}, not {storage_pods.checksum(word)}")


def _place(made: Wanted) -> tuple[str, str, str, str, str]:
    return made.api_version, made.kind, made.name, made.namespace, made.plural


def _usable(item: Item, _now: datetime) -> Row | None:
    if at(item, "status", "readyToUse"):
        return None
    why = at(item, "status", "error", "message")
    return lacking(item, f"it can't be used yet{f' ({why})' if why else ''}")


def _bound_bucket(item: Item, _now: datetime) -> Row | None:
    phase = at(item, "status", "phase")
    return None if phase == "Bound" else lacking(item, f"its phase is {phase or 'not reported'}")


def _in_force(item: Item, _now: datetime) -> Row | None:
    return None if at(item, "status", "hard") else lacking(item, "the controller of quotas has not seen it")


def _larger(item: Item, _now: datetime) -> Row | None:
    size = at(item, "status", "capacity", "storage")
    return None if size == storage_pods.LARGER else lacking(item, f"its volume has {size or 'no size'}")
