# SPDX-License-Identifier: GPL-3.0-or-later
"""Why OSDs must not be taken away or brought back, where no waiting helps. Each reason says the remedy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .capacity import forecast
from .osd_names import Named
from .osd_plan import Action, Seen, Wanted, path

#: Flags of the whole cluster with which no data moves, so that no drain ends.
_STILL = ("norebalance", "nobackfill", "norecover", "pauserd", "pausewr")


def refusals(wanted: Wanted, named: Named, seen: Seen) -> tuple[str, ...]:
    """Everything that is wrong, a missing consent apart."""
    return (*_names(wanted, named, seen), *_lost(wanted, seen), *_moves(wanted, seen))


def without_consent(wanted: Wanted, seen: Seen, without: Sequence[int]) -> str:
    """What is missing in the consent, or nothing.

    :param without: OSDs that the consent does not name.
    """
    harmless = {Action.FORGET, Action.START, Action.IN}
    todo = [one for one in without if {step.action for step in path(one, wanted, seen)} - harmless]
    if not todo:
        return ""
    ids = ", ".join(f"osd.{one}" for one in todo)
    return f"{ids}: taking an OSD away wants a consent that names it; give its id, or its machine, in consent"


def _names(wanted: Wanted, named: Named, seen: Seen) -> Iterator[str]:
    if wanted.state != "removed" and named.gone:
        yield f"{', '.join(named.gone)}: not in the cluster; name OSDs that `ceph osd tree` shows"
    for number in wanted.ids:
        device = seen.layout.devices.get(number)
        if device is None and wanted.state != "removed":
            yield f"osd.{number}: it has been purged; a new disk gets a new OSD"
        elif device and device.destroyed and wanted.state in ("in", "out"):
            yield f"{device.name}: it is destroyed; a new disk takes its id, or state removed ends it"
    if seen.managed and wanted.state == "destroyed":
        yield (
            "Rook 1.20 gives a new disk the lowest free id and never one of a destroyed OSD; write state removed, "
            "which frees the id"
        )


def _lost(wanted: Wanted, seen: Seen) -> Iterator[str]:
    if wanted.lost and wanted.state not in ("removed", "destroyed"):
        yield f"lost: it does not go with state {wanted.state}"
    for number in sorted(wanted.lost):
        device = seen.layout.devices.get(number)
        if number not in wanted.ids and device is not None:
            yield f"lost: osd.{number} is none of the OSDs that are named"
        elif device and device.up:
            yield f"lost: {device.name} is up, so its data can be moved; leave it out of lost"


def _moves(wanted: Wanted, seen: Seen) -> Iterator[str]:
    """Why data can't be moved away."""
    devices = seen.layout.devices
    lost = {one for one in wanted.lost if one in devices and devices[one].stores}
    moved = {one for one in wanted.ids if Action.OUT in {step.action for step in path(one, wanted, seen)}}
    if not moved and not lost:
        return
    names = ", ".join(f"osd.{one}" for one in sorted(moved | lost))
    found = forecast(seen.layout, moved | lost | {one for one in wanted.ids if one in devices and devices[one].out})
    if not found.fits:
        where = f"{found.fullest} would use {found.percent} % of its space" if found.fullest else "no OSD would be left"
        full = round(100 * seen.layout.full, 1)
        yield (
            f"{names}: without them, {where}, and Ceph warns at {found.limit} % and stops writing at {full} %; add "
            "disks, or remove data, before"
        )
    if moved:
        if found.narrow:
            yield (
                f"{names}: {', '.join(found.narrow)}, so that copies would be missing for good; add a failure domain "
                "before, or name the OSDs whose disks are dead in lost"
            )
        for other in devices.values():
            busy = other.pgs or (other.up and seen.unclean)
            if other.out and not other.destroyed and busy and other.id not in wanted.ids:
                left = f"still has {other.pgs} PGs" if other.pgs else "the copies that were on it are still made"
                yield (
                    f"{other.name} on {other.host} is being drained, and {left}; let that end, name it as well, or "
                    "take it back in"
                )
        still = [flag for flag in _STILL if flag in seen.layout.flags]
        if still:
            yield f"no data moves while {' and '.join(still)} is set; `ceph osd unset FLAG` before"
