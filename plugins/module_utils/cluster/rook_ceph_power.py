# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All of Ceph stopped and started in order, as before and after the power of all machines goes.

Rook's operator stops first, since it would start what is stopped, and starts last (Rook's documentation 1.20, Node
Maintenance). Each Deployment that is stopped keeps its replicas in an annotation of its own, written in the same
change, so a run that was interrupted is taken up, and nothing is started that somebody else has stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from ..ceph import gate, layout, state
from ..ceph.runner import Ceph, NoAnswer
from ..objects.access import connect
from ..objects.live import served
from ..objects.transport import Json, Transport, items
from ..plan.base import Change, Changes
from ..waiting.deadline import Clock, Deadline
from ..waiting.missing import Row
from .removing import named, patch, running, until_none
from .rook_ceph_classes import CEPHFS, RBD
from .rook_ceph_input import DEPLOYMENTS, NAMESPACE, OPERATOR
from .rook_ceph_stopped import NOOUT, REPLICAS
from .upstream import ClusterLayerError

Params = Mapping[str, Any]
_PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
_ATTACHMENTS = "/apis/storage.k8s.io/v1/volumeattachments"
FLAG = "noout"
#: Labels `app` of what is stopped, group by group; monitors last, since all others talk to them. What has another
#: label goes with those that collect figures.
REST = "others"
ORDER = (OPERATOR, "rook-ceph-rgw", "rook-ceph-mds", REST, "rook-ceph-osd", "rook-ceph-mgr", "rook-ceph-mon")


@dataclass(frozen=True)
class Daemon:
    """A Deployment.

    :ivar replicas: how many pods it shall have, and `ready`: how many serve.
    :ivar kept: how many it had before this module stopped it; None where it did not.
    :ivar noout: for the operator, whether this module has set the flag.
    """

    name: str
    app: str
    replicas: int
    ready: int = 0
    kept: int | None = None
    noout: bool = False

    @property
    def group(self) -> str:
        """Its place in the order."""
        return self.app if self.app in ORDER else REST

    @classmethod
    def of(cls, item: Json) -> Daemon:
        """A Deployment as the API has it."""
        metadata = item["metadata"]
        marks, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
        app = OPERATOR if metadata["name"] == OPERATOR else str(labels.get("app") or "")
        kept = int(marks[REPLICAS]) if REPLICAS in marks else None
        ready = int((item.get("status") or {}).get("readyReplicas") or 0)
        return cls(metadata["name"], app, int(item["spec"].get("replicas", 1)), ready, kept, NOOUT in marks)


def read(transport: Transport) -> list[Daemon]:
    """The operator and all daemons of Ceph, in the order in which they stop."""
    found = [
        Daemon.of(item)
        for item in items(transport, DEPLOYMENTS)
        if item["metadata"]["name"] == OPERATOR or (item["metadata"].get("labels") or {}).get("rook_cluster")
    ]
    return sorted(found, key=lambda one: (ORDER.index(one.group), one.name))


def to_stop(daemons: Sequence[Daemon]) -> list[Daemon]:
    """Those that are still to be stopped, in their order."""
    return [one for one in daemons if one.replicas]


def to_start(daemons: Sequence[Daemon]) -> list[Daemon]:
    """Those that this module has stopped, in the order in which they start."""
    return [one for one in reversed(daemons) if one.kept is not None]


def plan(daemons: Sequence[Daemon], *, stopped: bool) -> Changes:
    """The changes of a run."""
    if stopped:
        return Changes(tuple(_change("stop", one, one.replicas, 0) for one in to_stop(daemons)))
    return Changes(tuple(_change("start", one, one.replicas, one.kept or 0) for one in to_start(daemons)))


def _change(verb: str, one: Daemon, before: int, after: int) -> Change:
    return Change(f"{verb} Deployment {NAMESPACE}/{one.name}", f"replicas: {before}\n", f"replicas: {after}\n")


def in_use(transport: Transport) -> list[str]:
    """Volumes of Ceph that are attached to nodes, whose users would hang."""
    found = [item["spec"] for item in served(transport, _ATTACHMENTS) if item["spec"]["attacher"] in (RBD, CEPHFS)]
    return [f"{(one.get('source') or {}).get('persistentVolumeName')} on {one['nodeName']}" for one in found]


class Power:
    """One run."""

    def __init__(self, transport: Transport, ceph: Ceph, deadline: Deadline) -> None:
        self._transport, self._ceph, self._deadline = transport, ceph, deadline

    def stop(self, *, check: bool) -> dict[str, Any]:
        """Stop everything.

        :raises ClusterLayerError: volumes are in use, or Ceph is not healthy, before anything is stopped.
        :raises ObjectsError: something still runs at the deadline.
        """
        daemons = read(self._transport)
        if not any(one.app == OPERATOR for one in daemons):
            raise ClusterLayerError(f"there is no Deployment {NAMESPACE}/{OPERATOR}, so Rook runs no Ceph here")
        changes = plan(daemons, stopped=True)
        begun = any(one.kept is not None for one in daemons)
        if changes.changed and not begun:
            self._refuse()
        if not check:
            for group in ORDER:
                self._stop([one for one in daemons if one.group == group])
                query = {"labelSelector": f"app={group}" if group != REST else _others()}
                what = f"pods of {group} to end"
                until_none(partial(running, self._transport, _PODS, query), self._deadline, what)
        return changes.result()

    def start(self, *, check: bool) -> dict[str, Any]:
        """Start what was stopped, and wait until all data is where it should be before the operator starts.

        :raises ObjectsError: something is not ready or not healthy at the deadline.
        """
        daemons = read(self._transport)
        changes = plan(daemons, stopped=False)
        if check or not changes.changed:
            return changes.result()
        for group in reversed(ORDER[1:]):
            mine = [one for one in daemons if one.group == group]
            for one in to_start(mine):
                patch(self._transport, f"{DEPLOYMENTS}/{one.name}", _scaled(one.kept or 0, None))
            names = {one.name for one in mine if one.kept or one.replicas}
            until_none(partial(self._unready, names), self._deadline, f"{group} to be ready")
        until_none(self._unhealthy, self._deadline, "Ceph to be healthy")
        for one in to_start(daemons):
            if one.app == OPERATOR:
                if one.noout:
                    self._ceph.act("osd", "unset", FLAG)
                patch(self._transport, f"{DEPLOYMENTS}/{one.name}", _scaled(one.kept or 0, None, {NOOUT: None}))
        return changes.result()

    def _refuse(self) -> None:
        if used := in_use(self._transport):
            raise ClusterLayerError(
                f"nothing was stopped, since volumes are in use, and their users would hang: {named(used)}; stop "
                "virtual machines and pods with volumes before"
            )
        found = gate.missing(state.read(self._ceph), gate.Wanted(clean=True))
        if found:
            raise ClusterLayerError(
                f"nothing was stopped, since Ceph has to be healthy before: {'; '.join(map(str, found))}"
            )

    def _stop(self, daemons: Sequence[Daemon]) -> None:
        for one in daemons:
            noout = one.noout
            if one.app == OPERATOR and one.replicas:
                # Written before the flag is set: whoever finds it may remove the flag.
                noout = noout or FLAG not in layout.read(self._ceph).flags
            if one.replicas:
                marks = {NOOUT: "set"} if one.app == OPERATOR and noout else {}
                patch(self._transport, f"{DEPLOYMENTS}/{one.name}", _scaled(0, one.replicas, marks))
            if one.app == OPERATOR and noout and self._monitors():
                self._ceph.act("osd", "set", FLAG)

    def _monitors(self) -> bool:
        """Whether all monitors run, without which nobody sets a flag; it was set before the first one stopped."""
        found = [one for one in read(self._transport) if one.group == ORDER[-1]]
        return bool(found) and all(one.replicas for one in found)

    def _unready(self, names: set[str]) -> list[Row]:
        return [
            Row(f"Deployment {NAMESPACE}/{one.name}", f"{one.ready} of {one.replicas} pods are ready")
            for one in read(self._transport)
            if one.name in names and one.ready < one.replicas
        ]

    def _unhealthy(self) -> Sequence[Row]:
        try:
            return gate.missing(state.read(self._ceph), gate.Wanted(frozenset({"OSDMAP_FLAGS"}), clean=True))
        except NoAnswer as error:
            return [Row("Ceph", str(error))]


def _others() -> str:
    known = ",".join(one for one in ORDER if one != REST)
    return f"rook_cluster={NAMESPACE},app notin ({known})"


def _scaled(replicas: int, kept: int | None, marks: Mapping[str, str | None] = MappingProxyType({})) -> Json:
    """The patch that scales a Deployment, and writes what it had or removes that.

    :param marks: further annotations.
    """
    annotations = {REPLICAS: None if kept is None else str(kept), **marks}
    return {"metadata": {"annotations": annotations}, "spec": {"replicas": replicas}}


def perform(
    params: Params,
    check: bool,
    transport: Transport | None = None,
    ceph: Ceph | None = None,
    clock: Clock | None = None,
) -> dict[str, Any]:
    """Stop or start all of Ceph.

    :raises CephError: Ceph can't be asked.
    :raises ClusterLayerError: it must not be stopped.
    :raises ObjectsError: something is missing at the deadline.
    """
    power = Power(
        transport or connect(params),
        ceph or Ceph(params["command"], params["connect_timeout"]),
        Deadline(params["timeout"], clock),
    )
    return power.stop(check=check) if params["state"] == "stopped" else power.start(check=check)
