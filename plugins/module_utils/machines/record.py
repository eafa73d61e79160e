# SPDX-License-Identifier: GPL-3.0-or-later
"""From events to a state. Nothing else remembers anything: a controller that is killed loses nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .types import Event, Good, Phase, Record

TOUCHING = frozenset({"wipe", "write", "grow", "seed", "finish"})
CURRENT = ("arming", "disk_boot", "confirmed")  # what makes a deployment the present one
OURS = {"confirmed": Phase.DEPLOYED, "gave_up": Phase.FAILED, "disk_boot": Phase.BOOTING}
TOLD = {"done": Phase.WRITTEN, "failed": Phase.FAILED, "started": Phase.RUNNING}
NOT_ITS_WORDS = frozenset({"script", "alarm"})  # the boot service's own remarks
TRAIL = 12


def fold(
    journal: Sequence[Event], events: Sequence[Event], done: Mapping[str, Any] | None, armed_file: bool, run: str | None
) -> Record:
    """Fold the controller's journal and the boot service's events of one machine into a record.

    ``done`` is the content of `done/<machine>.json`. ``run`` is the present run: attempts are counted within it.
    """
    latest = next((event for event in reversed(journal) if event.event in CURRENT), None)
    good = Good.from_done(done) if done else None
    trail = _trail(journal, events)
    if latest is None:
        # The journal was lost, or another controller deployed it: the disk is written, the rest must be looked at.
        since = float((done or {}).get("time") or 0)
        phase = Phase.WRITTEN if good else Phase.NEW
        return Record(
            phase, good.deploy_id if good else None, since=since, good=good, armed_file=armed_file, trail=trail
        )
    ours = [event for event in journal if event.deploy_id == latest.deploy_id]
    told = [event for event in events if event.deploy_id == latest.deploy_id]
    phase, since = _phase(ours, told)
    progress = next((dict(event.data) for event in reversed(told) if event.event == "progress"), {})
    touched = any(event.event == "progress" and event.data.get("stage") in TOUCHING for event in told)
    if good and good.deploy_id != latest.deploy_id and touched:
        good = None  # the deployment before the last one is overwritten, at least in part
    failure = next(
        (dict(event.data) for event in reversed([*told, *ours]) if event.event in ("failed", "gave_up")), None
    )
    return Record(
        phase=phase,
        deploy_id=latest.deploy_id,
        run=ours[-1].run,
        attempts=sum(1 for event in journal if event.event == "arming" and event.run == run),
        boots=sum(1 for event in ours if event.event == "disk_boot" and event.run == run),
        began=ours[0].time,
        since=since,
        heard=max([event.time for event in told if event.event not in NOT_ITS_WORDS], default=ours[0].time),
        moved=_moved(told, ours[0].time),
        progress=progress,
        failure=failure if phase is Phase.FAILED else None,
        good=good,
        armed_file=armed_file,
        powered=any(event.event == "power_on" for event in ours),
        trail=trail,
    )


def _phase(ours: Sequence[Event], told: Sequence[Event]) -> tuple[Phase, float]:
    """The furthest point that this deployment reached, and since when."""
    for events, meaning in ((ours, OURS), (told, TOLD)):
        last = next((event for event in reversed(events) if event.event in meaning), None)
        if last:
            return meaning[last.event], last.time
    return Phase.ARMED, ours[-1].time


def _moved(told: Sequence[Event], began: float) -> float:
    """When its work last came further: a heartbeat that repeats the one before is a sign of life only."""
    moved, before = began, None
    for event in told:
        news = (event.event, event.data.get("stage"), event.data.get("done"))
        if event.event not in NOT_ITS_WORDS and news != before:
            moved, before = event.time, news
    return moved


def _trail(journal: Sequence[Event], events: Sequence[Event]) -> tuple[str, ...]:
    """The last events of both sides in one order, for people."""
    merged = sorted([*journal, *(event for event in events if event.event != "progress")], key=lambda event: event.time)
    return tuple(
        f"{datetime.fromtimestamp(event.time, UTC):%H:%M:%S} {event.event} {_short(event.data)}".rstrip()
        for event in merged[-TRAIL:]
    )


def _short(data: Mapping[str, Any]) -> str:
    plain = {key: value for key, value in data.items() if isinstance(value, str | int | float | bool) and key != "run"}
    return " ".join(f"{key}={value}" for key, value in plain.items())[:200]
