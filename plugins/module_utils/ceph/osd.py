# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes OSDs away and brings them back, step by step, each when Ceph says that it may be. See `osd_plan`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ..plan.base import Change, Changes
from ..waiting.deadline import Clock, Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, growing, wait
from . import layout, osd_names, state
from .gate import unclean, unclean_now
from .layout import Device
from .osd_names import Identity, Named
from .osd_plan import Action, Daemon, Seen, Step, Wanted, decide, steps
from .osd_refusals import refusals, without_consent
from .runner import Ceph, CephError, NoAnswer, Once
from .state import State

Identities = Mapping[int, Identity]
#: Seconds for which the other copies of a dead disk have to serve all data. Managers count every five seconds.
SETTLE = 10


class Daemons(Protocol):
    """Who runs the daemons of OSDs.

    :ivar managed: whether they are somebody else's objects, which this can change.
    """

    managed: bool

    def read(self) -> tuple[Mapping[int, Daemon], Identities]:
        """The daemons of all OSDs, and the OSDs that somebody is kept from bringing back, with what they were."""

    def refusals(self, wanted: Wanted, seen: Seen, known: Identities) -> Sequence[str]:
        """Why OSDs would come back, or can't be stopped."""

    def act(self, step: Step, known: Identities) -> None:
        """Perform a step of HOLD, STOP, START, FORGET or RELEASE."""


class Foreign:
    """Daemons that nobody here may stop or start: those of systemd, of cephadm, of a person."""

    managed = False

    def read(self) -> tuple[Mapping[int, Daemon], Identities]:
        """Nothing is known of them."""
        return {}, {}

    def refusals(self, wanted: Wanted, seen: Seen, known: Identities) -> Sequence[str]:
        """Refuse OSDs in pods: their operator would bring them back."""
        del seen
        if wanted.state not in ("removed", "destroyed"):
            return ()
        return [
            f"osd.{one}: it runs in the pod {known[one].pod}; give rook, so that its operator does not bring it back"
            for one in wanted.ids
            if one in known and known[one].pod
        ]

    def act(self, step: Step, known: Identities) -> None:
        """Refuse.

        :raises CephError: always.
        """
        host = known[step.osd].host
        raise CephError(
            f"osd.{step.osd} on {host}: it holds no data that is needed any more, and its daemon still runs; this "
            f"module stops daemons of Rook only. Stop it there, with `systemctl disable --now ceph-osd@{step.osd}` or "
            f"`ceph orch daemon stop osd.{step.osd}`, and run again"
        )


class Run:
    """One run of the module: reads, decides and acts until nothing is left or the deadline has passed."""

    def __init__(self, params: Mapping[str, Any], ceph: Ceph, daemons: Daemons, clock: Clock) -> None:
        self._ceph, self._daemons, self._params, self._clock = ceph, daemons, params, clock
        self._since: dict[int, float] = {}
        self.done: list[Step] = []
        self.before: dict[int, str] = {}
        self.known: dict[int, Identity] = {}
        self.named = Named()
        self.seen, self.wanted = self.look(first=True)
        self.planned = steps(self.wanted, self.seen)
        self.before = {one: words(self.seen.layout.devices.get(one)) for one in self.wanted.ids}

    def look(self, first: bool = False) -> tuple[Seen, Wanted]:
        """What is now, and what is wanted of it. An OSD that was named at first and has been purged is still meant.

        :raises CephError: the cluster does not answer, or what is wanted can't be told from it.
        """
        params = self._params
        ceph = Once(self._ceph, *layout.COMMANDS, *osd_names.COMMANDS)
        found = layout.read(ceph)
        daemons, held = self._daemons.read()
        self.known = {**dict.fromkeys(daemons, Identity()), **self.known, **held, **osd_names.read(ceph, found)}
        if first:
            self.named = osd_names.resolve(params["osds"], found, self.known)
        named = self.named
        lost = frozenset(map(int, params["lost"]))
        wanted = Wanted(params["state"], named.ids, named.machines, lost, bool(params["erased"]))
        there = [one for one in named.ids if one in found.devices]
        gone = [str(one) for one in there if found.devices[one].out]
        answer = ceph.ask("osd", "safe-to-destroy", *gone)[0] if gone else None
        safe = frozenset((answer or {}).get("safe_to_destroy") or ())
        stop = {one: ceph.ask("osd", "ok-to-stop", str(one))[1] for one in there if one in lost}
        # Placement groups are read after the questions, so that they are no older than the answers. One start for all.
        ceph.read_all(*state.COMMANDS, state.PLACEMENT)
        now = state.read(ceph)
        moving = unclean(now) or unclean_now(ceph)
        denied = {one: self._denied(one, reason, now) for one, reason in stop.items()}
        seen = Seen(
            found,
            safe,
            {one: reason for one, reason in denied.items() if reason},
            tuple(moving),
            self._daemons.managed,
            daemons,
            frozenset(held),
        )
        return seen, wanted

    def _denied(self, number: int, reason: str, now: State) -> str:
        """Why an OSD whose disk is dead is still needed, or nothing.

        Ceph calls an OSD that is down ok to stop even while placement groups have too few copies without it, so it is
        looked at these as well.
        """
        inactive = [f"{count} PGs {name}" for name, count in now.pgs.states.items() if "active" not in name.split("+")]
        reason = reason or ", ".join(inactive)
        reason = reason or ("" if now.active_manager else "no manager is active, so that figures of PGs are old")
        if reason:
            self._since.pop(number, None)
            return f"other copies are missing: {reason}"
        waited = self._clock.now() - self._since.setdefault(number, self._clock.now())
        return "" if waited >= SETTLE else f"the other copies have served all data for {waited:.0f} of {SETTLE} s"

    def refuse(self, check: bool = False) -> str:
        """Refuse what must not be done; return a consent that is missing, in check mode only.

        :raises CephError: with all reasons.
        """
        wrong = [*refusals(self.wanted, self.named, self.seen)]
        wrong += self._daemons.refusals(self.wanted, self.seen, self.known)
        without = osd_names.not_consented(self.wanted.ids, self.known, self._params["consent"])
        consent = "" if self.wanted.state == "in" else without_consent(self.wanted, self.seen, without)
        if consent and not check:
            wrong.append(consent)
        if wrong:
            raise CephError("; ".join(wrong), self.result(()))
        return consent

    def __call__(self) -> Seen | Missing:
        """Do what may be done now; what was seen if nothing is left, else what is missing."""
        tried: set[Step] = set()
        try:
            while True:
                self.seen, self.wanted = self.look()
                self.refuse()
                decision = decide(self.wanted, self.seen)
                again = [step for step in decision.now if step in tried]
                if again:
                    return Missing(tuple(Row(str(step), "has been done, and does not show yet") for step in again))
                if not decision.now:
                    return Missing(decision.missing) if decision.missing else self.seen
                self._act_all(decision.now)
                tried.update(decision.now)
        except NoAnswer as error:
            return Missing.of("Ceph", str(error))

    def _act_all(self, now: Sequence[Step]) -> None:
        """Perform steps, all that can be; what prevents one of them prevents no other."""
        wrong = []
        for step in now:
            try:
                self._act(step)
                self.done += [] if step in self.done else [step]
            except NoAnswer:
                raise
            except CephError as error:
                wrong.append(str(error))
        if wrong:
            raise CephError("; ".join(wrong))

    def _act(self, step: Step) -> None:
        number = str(step.osd)
        # Without --yes-i-really-mean-it, Ceph itself asks once more whether the OSD is safe to destroy.
        sure = ("--yes-i-really-mean-it",) if step.osd in self.wanted.lost else ()
        if step.action is Action.OUT:
            self._ceph.act("osd", "out", number)
        elif step.action is Action.IN:
            self._ceph.act("osd", "in", number)
        elif step.action in (Action.DESTROY, Action.PURGE):
            self._ceph.act("osd", "destroy" if step.action is Action.DESTROY else "purge", number, *sure)
        elif step.action is Action.CLEAR:
            self._ceph.act("osd", "crush", "rm", step.machine)
        else:
            self._daemons.act(step, self.known)

    def result(self, done: Sequence[Step], rows: Sequence[Row] = ()) -> dict[str, Any]:
        """Keys of the module's result."""
        plan = Changes(tuple(self._change(step) for step in done))
        ids = self.wanted.ids
        return {
            **plan.result(),
            "missing": list(map(str, rows)),
            "osds": [
                {
                    "id": one,
                    "host": self.known[one].host if one in self.known else "",
                    "disks": list(self.known[one].disks) if one in self.known else [],
                    "state": words(self.seen.layout.devices.get(one)),
                }
                for one in ids
            ],
            "gone": list(self.named.gone),
            "held": [f"osd.{one}" for one in sorted(self.seen.held)],
        }

    def _change(self, step: Step) -> Change:
        before = f"{step.machine or f'osd.{step.osd}'}: {self.before.get(step.osd, 'in the CRUSH map')}\n"
        return Change(str(step), before, f"{step}\n")


def words(device: Device | None) -> str:
    """The state of an OSD in words."""
    if device is None:
        return "none"
    if device.destroyed:
        return "destroyed"
    return f"{'up' if device.up else 'down'} and {'out' if device.out else 'in'}"


def perform(
    params: Mapping[str, Any],
    check: bool,
    ceph: Ceph | None = None,
    daemons: Daemons | None = None,
    clock: Clock | None = None,
) -> dict[str, Any]:
    """Bring the OSDs of `params` into their state, or in check mode say what would be done.

    All are judged before the first is touched. What a run that ended early has done stays, and the next one goes on.

    :raises CephError: something must not be done, or was still missing at the deadline; with what was done.
    """
    deadline = Deadline(params["timeout"], clock)
    run = Run(params, ceph or Ceph(params["command"], params["connect_timeout"]), daemons or Foreign(), deadline.clock)
    consent = run.refuse(check)
    if check:
        rows = decide(run.wanted, run.seen).missing
        return {**run.result(run.planned, rows), "refused": [consent] if consent else []}
    try:
        wait(run, deadline, what=_goal(run.wanted), pause=growing(2, 30))
    except TimedOut as error:
        raise CephError(f"{error}; run again to go on from here", run.result(run.done, error.missing.rows)) from error
    except CephError as error:
        error.details = run.result(run.done)
        raise
    warnings = [f"{text}: not in the cluster; if it was never there, correct the name" for text in run.named.gone]
    held = run.seen.held & set(run.wanted.ids)
    if held:
        names = ", ".join(f"osd.{one}" for one in sorted(held))
        warnings.append(
            f"Rook looks after nothing until the disks of {names} are erased or pulled; then run again with erased"
        )
    return {**run.result(run.done), "refused": [], **({"warnings": warnings} if warnings else {})}


def _goal(wanted: Wanted) -> str:
    names = ", ".join(f"osd.{one}" for one in wanted.ids)
    return f"{names} to be {'drained' if wanted.state == 'out' else wanted.state}"
