# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Namespaces of proofs: what is made in them is waited for with its reasons, and removed with them in any case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..conditions.await_objects import await_objects
from ..conditions.containers import pod
from ..conditions.errors import NeverReached
from ..conditions.fields import Item, at, lacking
from ..conditions.resources import Wanted
from ..kube.api import Api
from ..report.proofs import ProofError
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, wait
from . import workloads

NAMESPACES = "/api/v1/namespaces"
VOLUMES = "/api/v1/persistentvolumes"
#: Seconds after which a namespace of proofs must be the rest of a killed run.
_STALE = 3600
#: Seconds between two looks at what is being removed.
_PAUSE = 5.0


def delete_leftovers(api: Api) -> None:
    """Delete namespaces that a killed run left behind; their servers would run for ever."""
    for space in api.get(NAMESPACES)["items"]:
        meta = space["metadata"]
        if meta["name"].startswith(workloads.PREFIX):
            made = datetime.strptime(meta["creationTimestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            if (datetime.now(UTC) - made).total_seconds() > _STALE:
                api.delete(f"{NAMESPACES}/{meta['name']}")


@contextmanager
def namespace(api: Api, name: str) -> Iterator[None]:
    """A namespace that is deleted at the end, whatever happens."""
    api.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    try:
        yield
    finally:
        api.delete(f"{NAMESPACES}/{name}")


def _volumes(api: Api, name: str) -> list[Item]:
    """The volumes of claims of a namespace."""
    return [item for item in api.get(VOLUMES)["items"] if at(item, "spec", "claimRef", "namespace") == name]


def release(api: Api, name: str) -> None:
    """Let the volumes of a namespace go with it, whatever their storage class says."""
    for item in _volumes(api, name):
        if at(item, "spec", "persistentVolumeReclaimPolicy") != "Delete":
            body = {"spec": {"persistentVolumeReclaimPolicy": "Delete"}}
            api.patch(f"{VOLUMES}/{item['metadata']['name']}", body)


def gone(api: Api, name: str, patience: int) -> str:
    """Wait until a namespace that was deleted and its volumes are gone; returns that as text.

    :raises ProofError: with what is left.
    """

    def probe() -> str | Missing:
        left = [
            Row(f"PersistentVolume {item['metadata']['name']}", f"it is {at(item, 'status', 'phase')}")
            for item in _volumes(api, name)
        ]
        space = api.get(f"{NAMESPACES}/{name}")
        if space is not None:
            said = [str(one["message"]) for one in at(space, "status", "conditions") or () if one["status"] == "True"]
            left.append(Row(f"Namespace {name}", "; ".join(["it still exists", *said])))
        return Missing(tuple(left)) if left else f"the namespace {name}, and all volumes of it"

    try:
        return wait(probe, Deadline(patience), what="the removal of what was made", pause=_PAUSE)
    except TimedOut as error:
        raise ProofError(str(error)) from error


def message_of(item: Mapping[str, Any]) -> str:
    """What the container of an ended pod left as its message."""
    statuses = item["status"].get("containerStatuses") or [{}]
    return str(statuses[0].get("state", {}).get("terminated", {}).get("message", ""))


@dataclass(frozen=True)
class Space:
    """What proofs make in one namespace.

    :ivar patience: seconds for each wait.
    """

    api: Api
    name: str
    patience: int

    def make(self, body: Mapping[str, Any], plural: str, *, once: bool = False) -> Wanted:
        """Create an object; returns it as one that can be waited for.

        :param plural: the name of its resource in paths.
        :param once: it is a pod that has to end.
        """
        version = str(body["apiVersion"])
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        self.api.create(f"{root}/namespaces/{self.name}/{plural}", body)
        rule = ended if once else None
        return Wanted(version, str(body["kind"]), str(body["metadata"]["name"]), self.name, plural, rule)

    def until(self, wanted: Sequence[Wanted], what: str) -> dict[Wanted, Item]:
        """The objects, once they are as wanted.

        :raises ProofError: they are not in time, or never will be, with the reasons, events and lines of logs.
        """
        try:
            return await_objects(self.api.get, wanted, Deadline(self.patience), read_text=self.api.text, what=what)
        except NeverReached as error:
            raise ProofError(f"{what}: {error}") from error
        except TimedOut as error:
            raise ProofError(str(error)) from error

    def ran(self, pods: Sequence[Mapping[str, Any]], what: str) -> list[str]:
        """What these pods said at their end. They are deleted, so that another node may have their volumes.

        :raises ProofError: one of them did not start, failed or did not end, with the reasons.
        """
        wanted = [self.make(body, "pods", once=True) for body in pods]
        found = self.until(wanted, what)
        for one in wanted:
            self.api.delete(f"{NAMESPACES}/{self.name}/pods/{one.name}")
        return [message_of(found[one]).strip() for one in wanted]


def ended(item: Item, now: datetime) -> Row | None:
    """A pod has ended well.

    :raises NeverReached: it has failed.
    """
    if at(item, "status", "phase") == "Succeeded":
        return None
    return pod(item, now) or lacking(item, "it still runs")
