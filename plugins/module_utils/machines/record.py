# SPDX-License-Identifier: GPL-3.0-or-later
"""Computes a machine's state from its events. There is no other state, so a killed controller loses nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .types import Event, Good, Phase, Record

TOUCHING = frozenset({"wipe", "write", "grow", "seed", "finish"})
CURRENT = ("arming", "disk_boot", "confirmed")  # events of the controller that make a deployment the current one
CONTROLLER_PHASES = {"confirmed": Phase.DEPLOYED, "gave_up": Phase.FAILED, "disk_boot": Phase.BOOTING}
RAMDISK_PHASES = {"done": Phase.WRITTEN, "failed": Phase.FAILED, "started": Phase.RUNNING}
SERVICE_EVENTS = frozenset({"script", "alarm"})  # events that the boot service itself records
TRAIL = 12


def fold(
    journal: Sequence[Event], events: Sequence[Event], done: Mapping[str, Any] | None, armed_file: bool, run: str | None
) -> Record:
    """Combine the controller's journal and the boot service's events of one machine into a record.

    ``done`` is the content of `done/<machine>.json`. ``run`` is the current run, whose attempts are counted.
    """
    latest = next((event for event in reversed(journal) if event.event in CURRENT), None)
    good = Good.from_done(done) if done else None
    trail = _trail(journal, events)
    if latest is None:
        # The journal was lost, or another controller deployed the machine: the host must be inspected.
        since = float((done or {}).get("time") or 0)
        phase = Phase.WRITTEN if good else Phase.NEW
        return Record(
            phase, good.deploy_id if good else None, since=since, good=good, armed_file=armed_file, trail=trail
        )
    own = [event for event in journal if event.deploy_id == latest.deploy_id]
    received = [event for event in events if event.deploy_id == latest.deploy_id]
    phase, since = _phase(own, received)
    progress = next((dict(event.data) for event in reversed(received) if event.event == "progress"), {})
    touched = any(event.event == "progress" and event.data.get("stage") in TOUCHING for event in received)
    if good and good.deploy_id != latest.deploy_id and touched:
        good = None  # the latest deployment has overwritten at least a part of this one
    failure = next(
        (dict(event.data) for event in reversed([*received, *own]) if event.event in ("failed", "gave_up")), None
    )
    return Record(
        phase=phase,
        deploy_id=latest.deploy_id,
        run=own[-1].run,
        attempts=sum(1 for event in journal if event.event == "arming" and event.run == run),
        boots=sum(1 for event in own if event.event == "disk_boot" and event.run == run),
        began=own[0].time,
        since=since,
        last_event=max([event.time for event in received if event.event not in SERVICE_EVENTS], default=own[0].time),
        last_progress=_last_progress(received, own[0].time),
        progress=progress,
        failure=failure if phase is Phase.FAILED else None,
        good=good,
        armed_file=armed_file,
        powered=any(event.event == "power_on" for event in own),
        trail=trail,
    )


def _phase(own: Sequence[Event], received: Sequence[Event]) -> tuple[Phase, float]:
    """The phase that this deployment reached, and since when (Unix time)."""
    for events, meaning in ((own, CONTROLLER_PHASES), (received, RAMDISK_PHASES)):
        last = next((event for event in reversed(events) if event.event in meaning), None)
        if last:
            return meaning[last.event], last.time
    return Phase.ARMED, own[-1].time


def _last_progress(received: Sequence[Event], began: float) -> float:
    """Time of the last progress: a heartbeat that repeats the one before it is not progress."""
    last, before = began, None
    for event in received:
        state = (event.event, event.data.get("stage"), event.data.get("done"))
        if event.event not in SERVICE_EVENTS and state != before:
            last, before = event.time, state
    return last


def _trail(journal: Sequence[Event], events: Sequence[Event]) -> tuple[str, ...]:
    """The last events of controller and boot service in the order of time, as text."""
    merged = sorted([*journal, *(event for event in events if event.event != "progress")], key=lambda event: event.time)
    return tuple(
        f"{datetime.fromtimestamp(event.time, UTC):%H:%M:%S} {event.event} {_short(event.data)}".rstrip()
        for event in merged[-TRAIL:]
    )


def _short(data: Mapping[str, Any]) -> str:
    plain = {key: value for key, value in data.items() if isinstance(value, str | int | float | bool) and key != "run"}
    return " ".join(f"{key}={value}" for key, value in plain.items())[:200]
