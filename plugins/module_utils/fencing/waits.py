# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits until a node stands where it is wanted, and until what ran there runs elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ..waiting.deadline import Clock, Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, wait
from .errors import FencingError
from .facts import Seen
from .standing import STANDINGS, standing

#: Seconds between two looks.
PAUSE = 2.0


class Cluster(Protocol):
    """The part of the cluster that is used here; tests have a double of it."""

    name: str

    def seen(self) -> Seen:
        """Read everything."""

    def left(self) -> dict[str, list[dict[str, Any]]]:
        """Return pods that are bound to the node (`bound`), and pods that no node has yet (`waiting`)."""


def wait_until(
    cluster: Cluster,
    until: Sequence[str],
    *,
    emptied: bool,
    stale_after: float,
    seconds: float,
    clock: Clock | None = None,
) -> None:
    """Return when the node has one of these standings, where any are given, and is emptied, where that is wanted.

    :raises FencingError: it is not after that many seconds; says what is missing.
    """

    def probe() -> bool | Missing:
        seen = cluster.seen()
        found = standing(seen.node, seen.now, stale_after)
        if until and found not in until:
            return Missing.of(
                cluster.name, f"it is {found} ({STANDINGS[found]}), and {' or '.join(until)} is waited for"
            )
        left = cluster.left() if emptied else {}
        rows = [
            _row(pod, node) for word, node in (("bound", cluster.name), ("waiting", "")) for pod in left.get(word, ())
        ]
        return Missing(tuple(rows)) if rows else True

    deadline = Deadline(seconds, clock) if clock else Deadline(seconds)
    try:
        wait(probe, deadline, what=f"the node {cluster.name}", pause=PAUSE)
    except TimedOut as error:
        raise FencingError(f"{error}; look at what is named, and run this again") from error


def _row(pod: Mapping[str, Any], node: str) -> Row:
    why = str(pod["reason"]) or ("it is ending" if pod["ending"] else str(pod["phase"]))
    return Row(f"Pod {pod['namespace']}/{pod['name']}", why, node)
