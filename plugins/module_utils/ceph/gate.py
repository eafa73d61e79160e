# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a Ceph cluster is healthy enough to go on, and what is missing where it is not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from ..waiting.deadline import Clock, Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, growing, wait
from . import layout
from .capacity import machine_loss
from .runner import Ceph, CephError, NoAnswer
from .state import PLACEMENT, Check, Osd, State, is_clean, placement_groups, read

_SHOWN = 5  # details of a check, and placement groups of a state, in a text


@dataclass(frozen=True)
class Wanted:
    """`accept`: names of checks that may be raised; `clean`: all placement groups are active and clean; `osds`: at
    least so many OSDs are up and in; `used_at_most`: percent of its space that the fullest OSD may use."""

    accept: frozenset[str] = frozenset()
    clean: bool = False
    osds: int = 0
    used_at_most: int = 100


def missing(state: State, wanted: Wanted) -> tuple[Row, ...]:
    """What is not as it is wanted; nothing if the cluster is healthy enough.

    Ceph notices a monitor or an OSD that has gone before it raises a check of it, so both are looked at as well.
    """
    raised = {check.name for check in state.checks}
    hosts = {osd.name: osd.host for osd in state.osds}
    rows = [_row(check) for check in state.checks if not check.muted and check.name not in wanted.accept]
    if not raised & {"MON_DOWN"} and "MON_DOWN" not in wanted.accept:
        rows += [Row(f"mon.{name}", "not in quorum") for name in state.out_of_quorum]
    if not raised & {"OSD_DOWN"} and "OSD_DOWN" not in wanted.accept:
        rows += [Row(osd.name, "down", hosts[osd.name]) for osd in state.osds if not osd.up and not osd.out]
    if not state.active_manager:
        rows.append(Row("manager", "none is active, so that figures of PGs and space are old"))
    counted = sum(osd.up and not osd.out for osd in state.osds)
    if counted < wanted.osds:
        away = [osd for osd in state.osds if not osd.up or osd.out]
        reason = f"{counted} of {wanted.osds} are up and in"
        rows.append(Row("OSDs", f"{reason}; not {', '.join(map(_words, away))}" if away else reason))
    if wanted.clean:
        rows += unclean(state)
    fullest = state.fullest
    if fullest and fullest.used > wanted.used_at_most:
        rows.append(Row(fullest.name, f"{fullest.used} % of its space is used, at most {wanted.used_at_most} % may be"))
    return tuple(rows)


def _words(osd: Osd) -> str:
    state = " and ".join([*([] if osd.up else ["down"]), *(["out"] if osd.out else [])])
    return f"{osd.name} ({state}{f', on {osd.host}' if osd.host else ''})"


def _row(check: Check) -> Row:
    more = len(check.detail) - _SHOWN
    detail = "; ".join(check.detail[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
    return Row(check.name, f"{check.summary} ({detail})" if detail else check.summary)


def unclean(state: State) -> list[Row]:
    """One row for each state of placement groups that are not active and clean, and how far the recovery is."""
    rows = []
    for name, count in sorted(state.pgs.states.items()):
        if is_clean(name):
            continue
        groups = [group for group, its in state.pgs.unclean if its == name]
        shown = ", ".join(groups[:_SHOWN]) + (", …" if len(groups) > _SHOWN else "")
        rows.append(Row(f"{count} of {state.pgs.total} PGs", f"{name} ({shown})" if shown else name))
    for part, word in ((state.pgs.degraded, "missing"), (state.pgs.misplaced, "not where they should be")):
        if rows and part:
            rows.append(Row("objects", f"{part} % of their copies are {word}"))
    return rows


def unclean_now(ceph: Ceph) -> list[Row]:
    """One row for each state of placement groups that are not active and clean, as the manager counts them now.

    What monitors show in `ceph status` is what the manager sent them some seconds ago: an OSD that has just been marked
    out is `safe-to-destroy` to the manager while its placement groups peer, and all of them are clean to the monitors.

    :raises CephError: as `state.read`.
    """
    brief = placement_groups(ceph.read(*PLACEMENT))
    counts = Counter(str(pg["state"]) for pg in brief)
    return [Row(f"{counts[name]} of {len(brief)} PGs", name) for name in sorted(counts) if not is_clean(name)]


class Probe:
    """Reads the cluster once for each call. `last` is the state that was read, None where there was no answer.

    Managers count placement groups every five seconds (`mgr_stats_period`), so for that long after an OSD has gone or
    come, all of them may seem to be clean. So a wait goes on until nothing has been missing for `settle` seconds.
    """

    def __init__(self, ceph: Ceph, wanted: Wanted, clock: Clock, settle: float = 0) -> None:
        self.ceph, self.wanted, self.clock, self.settle = ceph, wanted, clock, settle
        self.last: State | None = None
        self._since: float | None = None

    def __call__(self) -> State | Missing:
        """The state of a cluster that is healthy enough, or what is missing."""
        self.last = None
        try:
            self.last = read(self.ceph)
        except NoAnswer as error:
            self._since = None
            return Missing.of("Ceph", str(error))
        rows = missing(self.last, self.wanted)
        if rows:
            self._since = None
            return Missing(rows)
        now = self.clock.now()
        self._since = now if self._since is None else self._since
        if now - self._since < self.settle:
            return Missing.of("Ceph", f"has been healthy enough for {now - self._since:.0f} of {self.settle:.0f} s")
        return self.last


def perform(
    params: dict[str, Any], check: bool, ceph: Ceph | None = None, clock: Clock | None = None
) -> dict[str, Any]:
    """The state of a cluster that is healthy enough, at once or before `timeout` seconds have passed.

    In check mode the cluster is judged once, and what is missing is returned: what was to make it healthy has not
    happened.

    :raises CephError: something is still missing, with the state that was read last; or Ceph can't be asked.
    """
    wanted = Wanted(frozenset(params["accept"]), params["clean"], params["osds"], params["used_at_most"])
    deadline = Deadline(params["timeout"], clock)
    settle = params["settle"] if params["timeout"] and not check else 0
    ceph = ceph or Ceph(params["command"], params["connect_timeout"])
    probe = Probe(ceph, wanted, deadline.clock, settle)
    forecast = bool(params["forecast"])
    if check:
        found = probe()
        rows = found.rows if isinstance(found, Missing) else ()
        return {**_result(probe.last, rows), **(_forecast(ceph) if forecast and probe.last else {})}
    try:
        wait(probe, deadline, what="Ceph to be healthy enough", pause=growing(2, 15))
    except TimedOut as error:
        text = str(error) if params["timeout"] else f"Ceph is not healthy enough: {error.missing}"
        raise CephError(text, _result(probe.last, error.missing.rows)) from error
    return {**_result(probe.last, ()), **(_forecast(ceph) if forecast else {})}


def _forecast(ceph: Ceph) -> dict[str, Any]:
    """What is when the machine dies whose loss is the worst."""
    return {"machine_loss": machine_loss(layout.read(ceph))}


def _result(state: State | None, rows: tuple[Row, ...]) -> dict[str, Any]:
    found = state.public() if state else {}
    return {"changed": False, "healthy": not rows, "missing": list(map(str, rows)), **found}
