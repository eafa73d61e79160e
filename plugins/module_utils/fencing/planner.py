# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps from what is seen to a node that is fenced, or that is back.

Fenced: `record` who fences which boot, `off`, `verify` that the machine is off and its Lease silent, `taint`.
Back: `record` where somebody else fenced, `on`, `ready` with another boot id, `release` the taint and the record.
A run that ended anywhere in between is continued by the next one, since every step is planned from the living state.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..plan.base import Change, Changes, Diff
from .errors import Refused
from .facts import Power, Seen
from .judge import Rules, against_fencing, against_return

#: What a step does, for people.
WORDS = {
    "record": "record who fences {}",
    "off": "cut the power of {}",
    "verify": "verify that {} is off",
    "taint": "set the taint out-of-service on {}",
    "on": "switch {} on",
    "ready": "wait until {} is Ready after another boot",
    "release": "remove the taint out-of-service and the record from {}",
}


@dataclass(frozen=True)
class FencePlan:
    """``steps``: names of steps in their order. ``seen`` and ``power``: from which they were planned."""

    wanted: str
    seen: Seen
    power: Power
    steps: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether anything is done."""
        return bool(self.steps)

    def words(self) -> list[str]:
        """Return the steps for people."""
        return [WORDS[step].format(self.seen.node.name) for step in self.steps]

    def diff(self) -> Diff:
        """Return the state before and after for --diff."""
        if not self.steps:
            return []
        node = self.seen.node
        fenced = self.wanted == "fenced"
        before = _lines(str(self.power), node.out_of_service, bool(node.record))
        # By the word of a person, and after a start by hand, the controller's answer stays unknown.
        after = _lines("not known" if self.power.error else "off" if fenced else "on", fenced, fenced)
        return Changes((Change(f"node {node.name}", before, after),)).diff()


def plan(wanted: str, seen: Seen, power: Power, rules: Rules) -> FencePlan:
    """Plan the steps to `fenced` or `returned`.

    :raises Refused: for reasons that are all in the error.
    """
    steps = _fenced(seen, power, rules) if wanted == "fenced" else _returned(seen, power)
    return FencePlan(wanted, seen, power, steps)


def _fenced(seen: Seen, power: Power, rules: Rules) -> tuple[str, ...]:
    node = seen.node
    recorded = node.record is not None and not node.rebooted
    confirmed = bool(power.error) and rules.confirmed_off == node.name
    if recorded and node.out_of_service and not node.ready and (power.off or confirmed):
        return ()
    reasons = against_fencing(seen, power, rules)
    if reasons:
        raise Refused(node.name, "fenced", reasons)
    steps = [] if recorded else ["record"]
    steps += [] if power.off or confirmed else ["off"]
    return (*steps, "verify", *([] if node.out_of_service else ["taint"]))


def _returned(seen: Seen, power: Power) -> tuple[str, ...]:
    node = seen.node
    if node.ready and not node.out_of_service:
        if node.record is None:
            return ()
        # Off and Ready: it was cut as it came back, or the controller is another machine's, which was cut by mistake.
        return ("on", "ready", "release") if power.off else ("release",)
    if node.ready and node.rebooted:
        return ("release",)
    reasons = against_return(seen, power)
    if reasons:
        raise Refused(node.name, "brought back", reasons)
    # Without a record, the machine is off: the boot that the node still shows is the one that has ended.
    first = ("record",) if node.record is None else ()
    return (*first, *(("on",) if power.off else ()), "ready", "release")


def _lines(power: str, taint: bool, record: bool) -> str:
    return f"power: {power}\nout of service: {str(taint).lower()}\nrecord: {str(record).lower()}\n"
