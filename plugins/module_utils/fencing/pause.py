# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pause of fencing without consent, while a run restarts machines on purpose.

It is a Lease, so it ends by itself where the run that asked for it has died.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..objects.errors import Refused as Denied
from ..objects.live import get
from ..objects.transport import MERGE, Json, Transport
from ..plan.base import Change, Changes, Diff
from ..waiting.deadline import Clock
from .cluster import LEASES, PAUSE, Surely, server_time
from .errors import FencingError
from .facts import Pause, pause_of, timestamp

IN = LEASES.format("kube-system")


@dataclass(frozen=True)
class Paused:
    """The pause at one time of the API server; ``version``: of its Lease, empty where there is none."""

    now: float
    pause: Pause | None
    version: str = ""

    @property
    def live(self) -> Pause | None:
        """The pause, unless it has ended."""
        return self.pause if self.pause and self.now < self.pause.ends else None


@dataclass(frozen=True)
class PausePlan:
    """``wanted``: the pause after it; None: no pause. ``step``: for people, empty where there is nothing to do."""

    step: str
    wanted: Pause | None

    def diff(self, seen: Paused) -> Diff:
        """Return who pauses before and after for --diff."""
        if not self.step:
            return []
        return Changes((Change("pause of fencing", _line(seen.live), _line(self.wanted)),)).diff()


def plan_pause(state: str, by: str, seconds: int, seen: Paused) -> PausePlan:
    """Plan `present` or `absent`. A pause of one's own is renewed once half of it is over.

    :raises FencingError: it is somebody else's.
    """
    live = seen.live
    if live and live.by != by:
        left = live.ends - seen.now
        raise FencingError(
            f"fencing is paused by {live.by} for another {left:.0f} s, not by {by}; wait until that one is done, or "
            "give its name as by to take the pause over"
        )
    if state == "absent":
        return PausePlan("end the pause of fencing" if live else "", None)
    if live and live.ends - seen.now >= seconds / 2:
        return PausePlan("", live)
    return PausePlan(f"pause fencing for {seconds} s", Pause(by, seen.now + seconds))


class Pauses:
    """The Lease of the pause."""

    def __init__(self, transport: Transport, clock: Clock | None = None) -> None:
        self._transport = Surely(transport, clock)

    def seen(self) -> Paused:
        """Read it, and the API server's time."""
        found = get(self._transport, PAUSE)
        version = str(found["metadata"]["resourceVersion"]) if found else ""
        return Paused(server_time(self._transport), pause_of(found), version)

    def perform(self, plan: PausePlan, seen: Paused) -> None:
        """Write or remove it.

        :raises FencingError: somebody else did so meanwhile.
        """
        metadata: Json = {"resourceVersion": seen.version} if seen.version else {"name": PAUSE.rpartition("/")[2]}
        body: Json = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}
        try:
            if plan.wanted is None:
                self._transport.call("DELETE", PAUSE, None, {"preconditions": metadata})
                return
            length = round(plan.wanted.ends - seen.now)
            body["spec"] = {
                "holderIdentity": plan.wanted.by,
                "renewTime": timestamp(seen.now),
                "leaseDurationSeconds": length,
            }
            if seen.version:
                self._transport.call("PATCH", PAUSE, None, body, MERGE)
            else:
                self._transport.call("POST", IN, None, body)
        except Denied as error:
            if error.status not in (404, 409):
                raise
            raise FencingError(f"the pause was changed by somebody else meanwhile ({error}); run this again") from error


def _line(pause: Pause | None) -> str:
    return f"paused by {pause.by} until {timestamp(pause.ends)}\n" if pause else "not paused\n"
