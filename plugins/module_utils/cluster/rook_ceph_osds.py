# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Daemons of OSDs that Rook runs, and how it is kept from bringing an OSD back.

Rook makes a Deployment for each OSD that it finds on a machine's disks, also for one that Ceph does not know any more
(Rook's documentation, Ceph OSD Management). So a CephCluster that may do so gets the label with which Rook leaves it
alone, from before the daemon is stopped until the disk is erased. An annotation beside it names the OSDs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..ceph.osd_names import Identity
from ..ceph.osd_plan import Action, Daemon, Seen, Step, Wanted
from ..ceph.runner import CephError, NoAnswer
from ..objects.access import connect
from ..objects.errors import ObjectsError, Refused, Unreachable
from ..objects.live import get
from ..objects.transport import BACKGROUND, MERGE, Json, Transport, items
from .rook_ceph_facts import recorded

#: The label with which Rook leaves a CephCluster alone (pkg/apis/ceph.rook.io/v1/labels.go, since 1.19), our value of
#: it, and the annotation that names the OSDs because of which.
LABEL, OURS, ANNOTATION = "ceph.rook.io/do-not-reconcile", "groundup.cloud", "groundup.cloud/osds-to-erase"
#: The serial number in what `rook_ceph_facts.identity` calls a disk.
_SERIAL = re.compile(r"serial (.+?)(?: wwn \S+)?$")
_ID, _CLAIM = "ceph-osd-id", "ceph.rook.io/pvc"


class RookDaemons:
    """The OSDs of one CephCluster. See `..ceph.osd.Daemons`."""

    managed = True

    def __init__(self, transport: Transport, namespace: str, cluster: str) -> None:
        self._transport, self._place = transport, f"{namespace}/{cluster}"
        self._deployments = f"/apis/apps/v1/namespaces/{namespace}/deployments"
        self._path = f"/apis/ceph.rook.io/v1/namespaces/{namespace}/cephclusters/{cluster}"
        self._cluster: Json = {}
        self._found: dict[int, Json] = {}

    def read(self) -> tuple[Mapping[int, Daemon], Mapping[int, Identity]]:
        """The Deployments of all OSDs, and the OSDs whose disks are still to be erased.

        :raises CephError: there is no such CephCluster, or the API refuses.
        :raises NoAnswer: the API does not answer now.
        """
        try:
            self._cluster = get(self._transport, self._path) or {}
            found = list(items(self._transport, self._deployments, {"labelSelector": "app=rook-ceph-osd"}))
        except ObjectsError as error:
            raise _error(error) from error
        if not self._cluster:
            raise CephError(f"there is no CephCluster {self._place}; correct rook.namespace and rook.cluster")
        self._found = {int(item["metadata"]["labels"][_ID]): item for item in found}
        daemons = {
            one: Daemon(item["metadata"]["name"], item["spec"].get("replicas", 1) > 0)
            for one, item in self._found.items()
        }
        return daemons, {one: Identity(entry["host"], tuple(entry["disks"])) for one, entry in self._held().items()}

    def refusals(self, wanted: Wanted, seen: Seen, known: Mapping[int, Identity]) -> Sequence[str]:
        """Why Rook would bring OSDs back, or can't be kept from it."""
        if wanted.state in ("in", "out"):
            return ()
        label = (self._cluster["metadata"].get("labels") or {}).get(LABEL)
        found = []
        if label is not None and label != OURS:
            found.append(
                f"CephCluster {self._place}: somebody else has set its label {LABEL}; let them remove it before"
            )
        for one in wanted.ids:
            if one not in seen.layout.devices:
                continue
            if _CLAIM in (self._found.get(one, {}).get("metadata") or {}).get("labels", {}):
                found.append(f"osd.{one}: it is on a PersistentVolumeClaim; Rook's job osd-purge removes such OSDs")
            found += [f"osd.{one}: {reason}" for reason in self._listed(one, wanted, seen, known)]
        return found

    def act(self, step: Step, known: Mapping[int, Identity]) -> None:
        """Perform a step.

        :raises NoAnswer: the API does not answer now, or somebody else has changed the object at the same time.
        :raises CephError: the API refuses.
        """
        name = f"rook-ceph-osd-{step.osd}"
        try:
            if step.action in (Action.STOP, Action.START):
                self._scale(name, int(step.action is Action.START))
            elif step.action is Action.FORGET:
                self._transport.call("DELETE", f"{self._deployments}/{name}", body=BACKGROUND)
            else:
                self._hold(step, known)
        except ObjectsError as error:
            raise _error(error) from error

    def _scale(self, name: str, replicas: int) -> None:
        path = f"{self._deployments}/{name}/scale"
        self._transport.call("PATCH", path, body={"spec": {"replicas": replicas}}, content=MERGE)

    def _hold(self, step: Step, known: Mapping[int, Identity]) -> None:
        """Add an OSD to those because of which Rook leaves the cluster alone, or take it from them."""
        live = self._transport.call("GET", self._path)
        held = self._held(live)
        if step.action is Action.HOLD:
            one = known.get(step.osd, Identity())
            held[step.osd] = {"host": one.host, "disks": list(one.disks)}
        else:
            held.pop(step.osd, None)
        texts = {f"osd.{one}": held[one] for one in sorted(held)}
        body = {
            "metadata": {
                "resourceVersion": live["metadata"]["resourceVersion"],
                "labels": {LABEL: OURS if held else None},
                "annotations": {ANNOTATION: json.dumps(texts, separators=(",", ":")) if held else None},
            }
        }
        self._transport.call("PATCH", self._path, body=body, content=MERGE)

    def _held(self, cluster: Json | None = None) -> dict[int, dict[str, Any]]:
        text = ((cluster or self._cluster)["metadata"].get("annotations") or {}).get(ANNOTATION) or "{}"
        try:
            return {int(name.removeprefix("osd.")): dict(entry) for name, entry in json.loads(text).items()}
        except (ValueError, AttributeError) as error:
            raise CephError(
                f"CephCluster {self._place}: its annotation {ANNOTATION} is not what this module writes ({error}); "
                "remove it, and the label beside it if no disk is still to be erased"
            ) from error

    def _listed(self, number: int, wanted: Wanted, seen: Seen, known: Mapping[int, Identity]) -> Iterator[str]:
        """Why Rook would make an OSD of the same disk again."""
        storage = self._cluster["spec"].get("storage") or {}
        mine = known.get(number, Identity())
        nodes = [node for node in storage.get("nodes") or () if node.get("name") == mine.host]
        if any(
            one.get("useAllDevices") or one.get("deviceFilter") or one.get("devicePathFilter")
            for one in (storage, *nodes)
        ):
            yield "Rook takes each disk that it finds and would take this one again; let the CephCluster list its disks"
            return
        devices = [
            str(device.get("name") or device.get("fullpath")) for node in nodes for device in node.get("devices") or ()
        ]
        names = {name: text for text, name in recorded(self._cluster).get(mine.host, {}).items()}
        again = [name for name in devices if _is(mine, name, names.get(name, ""))]
        if again:
            yield (
                f"the CephCluster still lists its disk, {', '.join(again)} of {mine.host}; take the disk out of the "
                "model (storage_disks) and run the role rook_ceph before"
            )
            return
        left = [one for one in seen.layout.below(mine.host) if one.id not in wanted.ids] if mine.host else []
        unknown = devices if not mine.disks else [name for name in devices if name not in names]
        if unknown and len(devices) > len(left):
            yield (
                f"the CephCluster lists {len(devices)} disks of {mine.host}, which would have {len(left)} OSDs, and it "
                f"can't be told whether {', '.join(unknown)} is the disk of this one; take the disk out of the model "
                "(storage_disks) and run the role rook_ceph before, or wait until the others are OSDs"
            )


def _is(mine: Identity, name: str, recorded_as: str) -> bool:
    """Whether a disk of the CephCluster is one of the OSD: by what the model calls it, or by its name in by-id."""
    found = _SERIAL.match(recorded_as)
    serial = found[1] if found else ""
    base = name.rpartition("/")[2].lower()
    return bool(serial and mine.has(serial)) or any(
        base.endswith("_".join(disk.split()).lower()) for disk in mine.disks
    )


def _error(error: ObjectsError) -> CephError:
    passing = isinstance(error, Unreachable) or (
        isinstance(error, Refused) and error.status in (409, 429, 500, 503, 504)
    )
    return (NoAnswer if passing else CephError)(str(error))


def daemons(params: Mapping[str, Any]) -> RookDaemons | None:
    """Who runs the daemons by the options of the module ceph_osd: Rook, or nobody that is known.

    :raises AccessError: the options of access lead to no API server.
    """
    rook = params.get("rook")
    return None if rook is None else RookDaemons(connect(params), rook["namespace"], rook["cluster"])
