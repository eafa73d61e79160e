# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done with OSDs that leave or come back, from what Ceph says of them now. Nothing is remembered.

Ceph's word alone is not enough: it calls an OSD safe to destroy as soon as no placement group uses it any more, also
while these still make the copy that was on it. So all of them have to be clean as well.

::

    in -> out -> drained (safe-to-destroy, clean) -> stopped (down) -> destroyed: the id is kept
                                                                    -> purged: nothing is left

Each OSD has its steps that are left; the first of them is done once nothing is missing for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ..waiting.missing import Row
from .layout import Device, Layout


class Action(Enum):
    """A step, in the order in which an OSD makes it."""

    OUT = "mark out, so that its data moves to others"
    HOLD = "keep Rook from bringing OSDs of this cluster about until the disk is erased"
    STOP = "stop its daemon"
    DESTROY = "destroy it, and keep its id"
    PURGE = "purge it from the cluster"
    FORGET = "remove its Deployment"
    START = "start its daemon"
    IN = "mark in"
    CLEAR = "remove the machine from the CRUSH map"
    RELEASE = "let Rook look after the cluster again"


@dataclass(frozen=True)
class Step:
    """An action on an OSD, or on a machine of the CRUSH map."""

    action: Action
    osd: int = -1
    machine: str = ""

    def __str__(self) -> str:
        return f"{self.machine or f'osd.{self.osd}'}: {self.action.value}"


@dataclass(frozen=True)
class Daemon:
    """The daemon of an OSD as something that somebody else runs: `name` of its object; whether it is to run."""

    name: str
    running: bool


@dataclass(frozen=True)
class Wanted:
    """The state that is wanted: in, out, destroyed or removed.

    :ivar machines: hosts of the CRUSH map that go with their last OSD.
    :ivar lost: OSDs whose disk is dead, so that nothing can be moved away from it.
    :ivar erased: their disks have been erased or pulled, so that nobody can bring them back.
    """

    state: str
    ids: tuple[int, ...]
    machines: tuple[str, ...] = ()
    lost: frozenset[int] = frozenset()
    erased: bool = False


@dataclass(frozen=True)
class Seen:
    """What Ceph, and who runs its daemons, say now.

    :ivar safe: OSDs that Ceph calls safe to destroy, before `unclean` was read.
    :ivar denied: OSD -> why it is still needed; only of lost ones.
    :ivar unclean: placement groups that are not active and clean.
    :ivar managed: somebody else runs the daemons: `daemons` by OSD, and `held`, the OSDs which it is kept from.
    """

    layout: Layout
    safe: frozenset[int] = frozenset()
    denied: Mapping[int, str] = field(default_factory=dict)
    unclean: tuple[Row, ...] = ()
    managed: bool = False
    daemons: Mapping[int, Daemon] = field(default_factory=dict)
    held: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Decision:
    """`now`: steps for which nothing is missing; `missing`: for the first steps of the others, and at the end."""

    now: tuple[Step, ...]
    missing: tuple[Row, ...]


def steps(wanted: Wanted, seen: Seen) -> tuple[Step, ...]:
    """All steps that are left, those of an OSD in their order."""
    found = [step for number in wanted.ids for step in path(number, wanted, seen)]
    found += [Step(Action.CLEAR, machine=machine) for machine in _leaving(wanted, seen)]
    return tuple(found + _release(wanted, seen))


def decide(wanted: Wanted, seen: Seen) -> Decision:
    """What is to be done now, and what is missing for the rest.

    A daemon that nobody here may stop is left to the end, so that a person is asked once, and for all of them.
    """
    now: list[Step] = []
    others: list[Step] = []
    rows: list[Row] = []
    for number in wanted.ids:
        left = path(number, wanted, seen)
        row = _before(left[0], wanted, seen) if left else _after(number, wanted, seen)
        rows += [row] if row else []
        if left and not row:
            (others if left[0].action is Action.STOP and not seen.managed else now).append(left[0])
    now += others if not now and not rows else []
    if not now and not rows:
        now += [Step(Action.CLEAR, machine=machine) for machine in _leaving(wanted, seen)]
        now = now or _release(wanted, seen)
    return Decision(tuple(now), tuple(dict.fromkeys(rows)))


def path(number: int, wanted: Wanted, seen: Seen) -> list[Step]:
    """The steps that are left for an OSD."""
    device, daemon = seen.layout.devices.get(number), seen.daemons.get(number)
    if wanted.state == "in":
        actions = _back(device, daemon)
    elif device is None:
        actions = [Action.FORGET] if daemon and wanted.state == "removed" else []
    else:
        actions = _away(device, daemon, wanted, seen)
    return [Step(action, number) for action in actions]


def _back(device: Device | None, daemon: Daemon | None) -> list[Action]:
    if device is None:
        return []
    start = [Action.START] if daemon and not daemon.running else []
    return [*start, *([Action.IN] if device.out else [])]


def _away(device: Device, daemon: Daemon | None, wanted: Wanted, seen: Seen) -> list[Action]:
    if wanted.state == "destroyed" and device.destroyed:
        return []
    moving = not device.destroyed and not device.out and device.id not in wanted.lost
    actions = [Action.OUT] if moving else []
    if wanted.state == "out":
        return actions
    if seen.managed and device.id not in seen.held and not wanted.erased:
        actions.append(Action.HOLD)
    if daemon.running if daemon else device.up:
        actions.append(Action.STOP)
    actions.append(Action.DESTROY if wanted.state == "destroyed" else Action.PURGE)
    return [*actions, *([Action.FORGET] if daemon and wanted.state == "removed" else [])]


def _leaving(wanted: Wanted, seen: Seen) -> list[str]:
    """Machines of the CRUSH map that have no OSDs but those that are removed."""
    if wanted.state != "removed":
        return []
    kept = {device.host for device in seen.layout.devices.values() if device.id not in wanted.ids}
    return [one for one in wanted.machines if one in seen.layout.buckets and one not in kept]


def _release(wanted: Wanted, seen: Seen) -> list[Step]:
    done = wanted.state == "in" or (wanted.state == "removed" and wanted.erased)
    return [Step(Action.RELEASE, number) for number in sorted(seen.held & set(wanted.ids))] if done else []


def _before(step: Step, wanted: Wanted, seen: Seen) -> Row | None:
    """What is missing before a step, if anything."""
    device = seen.layout.devices.get(step.osd)
    if device is None or step.action in (Action.FORGET, Action.START, Action.IN):
        return None
    if step.action is Action.OUT:
        return _unsettled(wanted, seen)
    if not device.destroyed:
        if step.osd in wanted.lost:
            if reason := seen.denied.get(step.osd):
                return Row(device.name, reason, device.host)
        elif not _drained(device, seen):
            return _drains(device, seen)
    if step.action in (Action.DESTROY, Action.PURGE) and device.up:
        return Row(device.name, "its daemon is told to stop, and Ceph still says that it is up", device.host)
    return None


def _after(number: int, wanted: Wanted, seen: Seen) -> Row | None:
    """What is missing for an OSD that has no steps left."""
    device = seen.layout.devices.get(number)
    if device and wanted.state == "out" and not _drained(device, seen):
        return _drains(device, seen)
    if device and wanted.state == "in" and not device.up:
        return Row(device.name, "is in and not up; its daemon has to run", device.host)
    return None


def _drained(device: Device, seen: Seen) -> bool:
    return device.id in seen.safe and not seen.unclean


def _drains(device: Device, seen: Seen) -> Row:
    data = max(0, device.used - device.metadata) / 1024**3
    text = f"is not drained; it has {device.pgs} PGs, {data:.1f} GiB of data"
    return Row(device.name, "; ".join([text, *map(str, seen.unclean)]), device.host)


def _unsettled(wanted: Wanted, seen: Seen) -> Row | None:
    """Why no further data may be moved yet: what recovers may need the copies that are to move.

    Where one of the OSDs is down, the recovery is from its loss, and ends only when it is out.
    """
    others = [one for one in seen.layout.devices.values() if one.id not in wanted.ids]
    down = [one.name for one in others if one.stores and not one.up]
    if down:
        return Row("OSDs", f"{', '.join(down)} down; let it come up, or remove it before others")
    own = any(not seen.layout.devices[one].up for one in wanted.ids if one in seen.layout.devices)
    moving = any(seen.layout.devices[one].out for one in wanted.ids if one in seen.layout.devices)
    if seen.unclean and not own and not moving:
        return Row("recovery", "; ".join(map(str, seen.unclean)))
    return None
