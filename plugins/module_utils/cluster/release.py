# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upgrades of networks: whether the release of an input can follow the one that a cluster runs.

Both versions are read from images of the same workload, of the living object and of the wanted one, so nothing is
remembered. What upstream rules is data of each layer (:class:`Release`); it is judged here alone. A change of a minor
version begins only while everything of the layer is as its controllers want it. No pods of users are started again:
daemons are exchanged by the strategies of their workloads, and upstream's last step, which restarts all pods, is none
of a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..conditions.fields import at
from ..conditions.judge import judge
from ..objects.live import get
from ..objects.manifests import Definition
from ..objects.transport import Json, Transport
from .operated import numbers
from .upstream import ClusterLayerError

_NAMESPACE = "kube-system"
Version = tuple[int, ...]


class ReleaseRefused(ClusterLayerError):
    """A release can't follow the one that the cluster runs, or not now. Nothing was changed."""


@dataclass(frozen=True)
class Release:
    """What upstream rules for its releases.

    :ivar name: what people call it.
    :ivar daemon_set: its DaemonSet in kube-system by which its version is told.
    :ivar image: the end of the image's repository, without a registry, as mirrors have others.
    :ivar up: how many minor versions an upgrade may advance at once.
    :ivar down: how many it may go back.
    :ivar source: what says so.
    """

    name: str
    daemon_set: str
    image: str
    up: int
    down: int
    source: str

    def of(self, workload: Json | None) -> str:
        """Return the version of a workload by the tag of its image; empty where there is none."""
        for repository, tag in _images(workload):
            if f"/{repository}".endswith(f"/{self.image}"):
                return tag
        return ""

    def _wanted(self, definitions: Iterable[Definition]) -> str:
        return next((self.of(one.body) for one in definitions if self._is_daemon_set(one.body)), "")

    def _is_daemon_set(self, body: Json) -> bool:
        return (body["kind"], body["metadata"]["name"]) == ("DaemonSet", self.daemon_set)

    def refuse_step(self, transport: Transport, definitions: Iterable[Definition]) -> None:
        """Refuse a version that can't follow that of the cluster. Versions that are no numbers are not judged.

        :raises ReleaseRefused: with the version to take instead.
        """
        live = get(transport, f"/apis/apps/v1/namespaces/{_NAMESPACE}/daemonsets/{self.daemon_set}")
        has, wanted = self.of(live), self._wanted(definitions)
        known, target = numbers(has), numbers(wanted)
        if known is None or target is None:
            return
        if target[0] != known[0]:
            raise ReleaseRefused(
                f"{self.name} {wanted} is wanted and the cluster has {has}: there is no known way from one major "
                f"version to another ({self.source}); take the release of this collection that has {has}"
            )
        steps = target[1] - known[1]
        if steps < -self.down:
            back = f"at most {self.down} minor version back" if self.down else "no way back"
            raise ReleaseRefused(
                f"{self.name} {wanted} is older than {has}, which the cluster has, and there is {back} "
                f"({self.source}); take the release of this collection that has {has}"
            )
        if steps > self.up:
            then = f"{known[0]}.{known[1] + self.up}"
            raise ReleaseRefused(
                f"{self.name} {wanted} is wanted and the cluster has {has}: {_advance(self.up)} ({self.source}); take "
                f"the release of this collection that has {then} before"
            )

    def refuse_unready(self, workloads: Sequence[tuple[Json, Json]]) -> None:
        """Refuse to begin another minor version while something of the layer does not run as it should.

        A change within a minor version may be the repair, so it is made. So is one that has begun: some workload has
        the wanted version already.

        :param workloads: living ones, each with the wanted one.
        :raises ReleaseRefused: with what does not run.
        """
        pairs = [(self.of(live), self.of(body)) for live, body in workloads if self._is_daemon_set(body)]
        has, target = pairs[0] if pairs else ("", "")
        if _minor(has) is None or _minor(target) is None or _minor(has) == _minor(target):
            return
        if any(_minor(tag) == _minor(target) for live, __ in workloads for _name, tag in _images(live)):
            return
        now = datetime.now(UTC)
        rows = [str(row) for live, __ in workloads if (row := judge(live, now))]
        if rows:
            raise ReleaseRefused(
                f"{self.name} is not upgraded from {has} to {target} while it does not run as it should: "
                f"{'; '.join(rows)}. Mend that with the release of this collection that has {has}, or wait for it"
            )


def _advance(up: int) -> str:
    return "an upgrade goes one minor version at a time" if up == 1 else f"an upgrade advances {up} minor versions"


def _minor(text: str) -> Version | None:
    found = numbers(text)
    return found[:2] if found else None


def _images(workload: Json | None) -> Iterator[tuple[str, str]]:
    """Repository and tag of each container's image."""
    for container in at(workload or {}, "spec", "template", "spec", "containers") or ():
        repository, __, tag = str(container.get("image") or "").partition("@")[0].rpartition(":")
        yield repository, tag
