# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the OSDs of a machine, or of another part of the CRUSH map, in while they are stopped for a while.

The flag `noout` is set for each OSD, not for its machine: Rook takes it from machines and racks that it does not
drain itself (pkg/operator/ceph/disruption/clusterdisruption/osd.go). For which OSDs it was set is kept in Ceph, under a
key of the monitors that is written first, so that a run after a crash removes exactly that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..plan.base import Change, Changes
from ..waiting.deadline import Clock, Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, growing, wait
from . import layout, state
from .gate import Wanted, missing
from .layout import Layout
from .runner import Ceph, CephError, NoAnswer, Once
from .state import State

FLAG = "noout"
KEY = "groundup.cloud/maintenance/"
#: Flags of the whole cluster that are there for good.
_USUAL = frozenset({"sortbitwise", "recovery_deletes", "purged_snapdirs", "pglog_hardlimit", "require_jewel_osds"})


@dataclass(frozen=True)
class Mark:
    """A maintenance that has begun: the OSDs that got the flag, and since when."""

    osds: tuple[int, ...]
    since: str

    @classmethod
    def of(cls, text: str, key: str) -> Mark:
        """The mark that a value of the monitors' store is.

        :raises CephError: it is none.
        """
        try:
            found = json.loads(text)
            return cls(tuple(map(int, found["osds"])), str(found["since"]))
        except (ValueError, KeyError, TypeError) as error:
            raise CephError(
                f"{key} in the monitors' store is not what this module writes ({error!r}); remove the flags that "
                f"`ceph health detail` shows and `ceph config-key rm {key}`"
            ) from error

    def __str__(self) -> str:
        return json.dumps({"osds": list(self.osds), "since": self.since})


@dataclass(frozen=True)
class Seen:
    """What Ceph says: its layout, all maintenances by the name of their bucket, and health."""

    layout: Layout
    marks: Mapping[str, Mark]
    health: State


def look(ceph: Ceph) -> Seen:
    """What Ceph says.

    :raises NoAnswer: it does not answer now.
    :raises CephError: it can't be asked.
    """
    asked = ("config-key", "dump", KEY)
    once = Once(ceph, asked, *layout.COMMANDS, *state.COMMANDS)
    found = once.read(*asked)
    marks = {key.removeprefix(KEY): Mark.of(str(text), key) for key, text in found.items()}
    return Seen(layout.read(once), marks, state.read(once))


def foreign(seen: Seen) -> list[str]:
    """Flags that no maintenance of this module has set."""
    own = {one for mark in seen.marks.values() for one in mark.osds}
    found = [f"{flag} of the whole cluster" for flag in sorted(seen.layout.flags - _USUAL)]
    found += [f"{flag} of {name}" for name, flags in sorted(seen.layout.bucket_flags.items()) for flag in flags]
    for device in seen.layout.devices.values():
        flags = sorted(flag for flag in device.states if flag.startswith("no"))
        found += [f"{flag} of {device.name}" for flag in flags if flag != FLAG or device.id not in own]
    return found


def unready(bucket: str, accept: frozenset[str], seen: Seen, denied: str) -> tuple[Row, ...]:
    """What is missing before the OSDs of a bucket may be stopped.

    :param denied: why Ceph says that it is not ok to stop them.
    """
    rows = [Row(name, f"is in maintenance since {mark.since}") for name, mark in seen.marks.items() if name != bucket]
    inside = {device.id for device in seen.layout.below(bucket)}
    if bucket in seen.marks:  # it has begun before, so what is wrong may come from it
        away = [osd for osd in seen.health.osds if not osd.up and not osd.out and osd.id not in inside]
        rows += [Row(osd.name, "down", osd.host) for osd in away]
        states = seen.health.pgs.states.items()
        rows += [Row(f"{count} PGs", name) for name, count in states if "active" not in name.split("+")]
    else:
        rows += missing(seen.health, Wanted(accept | {"OSD_FLAGS"}, clean=True))
    return (*rows, *([Row(bucket, f"its OSDs must not be stopped: {denied}")] if denied else []))


def begin(bucket: str, seen: Seen, since: str) -> tuple[Changes, Mark]:
    """The changes that begin a maintenance, and the mark that it gets.

    :raises CephError: there is no such bucket, or it has no OSDs.
    """
    kind = seen.layout.buckets.get(bucket)
    if kind in (None, "root"):
        known = ", ".join(name for name, its in seen.layout.buckets.items() if its != "root")
        raise CephError(f"{bucket}: no machine or failure domain of the CRUSH map; it has {known or 'none'}")
    devices = [device for device in seen.layout.below(bucket) if not device.destroyed]
    if not devices:
        raise CephError(f"{bucket}: no OSDs are in it, so there is nothing to keep in")
    old = seen.marks.get(bucket, Mark((), since))
    todo = [device.id for device in devices if FLAG not in device.states]
    mark = Mark(tuple(sorted({*old.osds, *todo})), old.since)
    return Changes(tuple(Change(f"set {FLAG} for osd.{one}", "", f"{FLAG}\n") for one in todo)), mark


def end(bucket: str, seen: Seen) -> tuple[Changes, tuple[int, ...]]:
    """The changes that end a maintenance, and the OSDs whose flag they remove."""
    mark = seen.marks.get(bucket)
    if mark is None:
        return Changes(), ()
    devices = seen.layout.devices
    todo = tuple(one for one in mark.osds if one in devices and FLAG in devices[one].states)
    steps = [Change(f"remove {FLAG} of osd.{one}", f"{FLAG}\n", "") for one in todo]
    return Changes((*steps, Change(f"end the maintenance of {bucket}", f"since {mark.since}\n", ""))), todo


class Run:
    """One run of the module; a call does what may be done, or returns what is missing."""

    def __init__(self, params: Mapping[str, Any], check: bool, ceph: Ceph) -> None:
        self._bucket, self._accept = str(params["bucket"]), frozenset(params["accept"])
        self._present, self._check, self._ceph = params["state"] == "present", check, ceph

    def __call__(self) -> dict[str, Any] | Missing:
        """The result, or what is missing.

        :raises CephError: as `look` and `begin`.
        """
        try:
            seen = look(self._ceph)
            return self._begin(seen) if self._present else self._end(seen)
        except NoAnswer as error:
            return Missing.of("Ceph", str(error))

    def _begin(self, seen: Seen) -> dict[str, Any] | Missing:
        plan, mark = begin(self._bucket, seen, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        devices = seen.layout.below(self._bucket)
        names = [str(device.id) for device in devices if not device.destroyed]
        rows = unready(self._bucket, self._accept, seen, self._ceph.ask("osd", "ok-to-stop", *names)[1])
        if rows and not self._check:
            return Missing(rows)
        if plan.changed and not self._check:
            self._ceph.act("config-key", "set", KEY + self._bucket, str(mark))
            self._ceph.act("osd", "set-group", FLAG, *(f"osd.{one}" for one in mark.osds if one in seen.layout.devices))
        return {**self._result(plan, seen, mark.osds, mark.since), "missing": list(map(str, rows))}

    def _end(self, seen: Seen) -> dict[str, Any]:
        plan, todo = end(self._bucket, seen)
        if plan.changed and not self._check:
            if todo:
                self._ceph.act("osd", "unset-group", FLAG, *(f"osd.{one}" for one in todo))
            self._ceph.act("config-key", "rm", KEY + self._bucket)
        mark = seen.marks.get(self._bucket, Mark((), ""))
        unknown = self._bucket not in seen.layout.buckets and not plan.changed
        text = f"{self._bucket}: neither in the CRUSH map nor in maintenance; correct the name if it should be"
        return {
            **self._result(plan, seen, mark.osds, mark.since),
            "missing": [],
            **({"warnings": [text]} if unknown else {}),
        }

    def _result(self, plan: Changes, seen: Seen, osds: Sequence[int], since: str) -> dict[str, Any]:
        return {
            **plan.result(),
            "osds": list(osds),
            "since": since,
            "foreign_flags": foreign(seen),
            "in_maintenance": sorted(seen.marks),
        }


def perform(
    params: Mapping[str, Any], check: bool, ceph: Ceph | None = None, clock: Clock | None = None
) -> dict[str, Any]:
    """Begin or end the maintenance of a machine or failure domain.

    :raises CephError: its OSDs must not be stopped, or Ceph can't be asked.
    """
    run = Run(params, check, ceph or Ceph(params["command"], params["connect_timeout"]))
    deadline = Deadline(params["timeout"], clock)
    what = f"{params['bucket']} to be fit for maintenance" if params["state"] == "present" else "Ceph to answer"
    try:
        return wait(run, deadline, what=what, pause=growing(2, 15))
    except TimedOut as error:
        text = str(error) if params["timeout"] else f"waited for {what}, not at all; missing: {error.missing}"
        raise CephError(text, {"changed": False, "missing": list(map(str, error.missing.rows))}) from error
