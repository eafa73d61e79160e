# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Performs the steps of a plan. Each one judges the living state again, and the run may end after any of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..waiting.deadline import Clock, Deadline, SystemClock
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from .errors import CameBack, FencingError, NotBack, WrongMachine
from .facts import BY_BMC, BY_HUMAN, Node, Power, Record, Seen, timestamp
from .judge import Rules
from .planner import FencePlan

#: Seconds for a renewal that was on its way when the power was cut.
SETTLE = 3.0
#: Part of a Lease's duration in which a kubelet that runs renews it: once and a half of its quarter.
WATCHED = 0.375
#: How often a change is repeated when somebody else has changed the node meanwhile.
TRIES = 8


class Machine(Protocol):
    """The part of the machine that is used here; tests have a double of it."""

    where: str

    def power(self) -> Power:
        """Read the power."""

    def switch(self, wanted: str) -> None:
        """Cut the power, or switch on."""


class Nodes(Protocol):
    """The part of the cluster that is used here; tests have a double of it."""

    name: str

    def seen(self) -> Seen:
        """Read everything."""

    def now(self) -> float:
        """Return the API server's time."""

    def node(self) -> Node:
        """Read the node."""

    def record(self, node: Node, record: Record) -> bool:
        """Write the record."""

    def taint(self, node: Node) -> bool:
        """Set the taint."""

    def release(self, node: Node) -> bool:
        """Remove taint and record."""


class Act:
    """One run. Every step may raise a FencingError, a BmcError or an ObjectsError."""

    def __init__(self, nodes: Nodes, machine: Machine, rules: Rules, patience: float, clock: Clock | None = None):
        self._nodes, self._machine, self._rules = nodes, machine, rules
        self._patience, self._clock = patience, clock or SystemClock()
        self._confirmed = False

    def perform(self, plan: FencePlan) -> None:
        """Perform the steps in their order."""
        self._confirmed = bool(plan.power.error) and plan.wanted == "fenced"
        for step in plan.steps:
            getattr(self, f"_{step}")()

    def _record(self) -> None:
        """Write who fences which boot. Whoever comes back later, even at once, is compared with it."""
        how = BY_HUMAN if self._confirmed else BY_BMC
        at = timestamp(self._nodes.now())

        def change(node: Node) -> bool:
            self._still_lost(node, None)
            return self._nodes.record(node, Record(self._rules.by, at, node.boot_id, how))

        self._change(change)

    def _off(self) -> None:
        node = self._nodes.node()
        self._still_lost(node, node.record)
        self._machine.switch("off")

    def _verify(self) -> None:
        """Read the power twice, with time between, in which a kubelet that still runs would renew its Lease.

        :raises WrongMachine: it was renewed, so the machine that is off is another one.
        :raises CameBack: the machine is on again.
        """
        name = self._nodes.name
        if not self._confirmed:  # a controller that does not answer takes its time for that
            self._require_off("was not off when it was looked at")
        self._clock.sleep(SETTLE)
        before = self._nodes.node()
        self._clock.sleep(before.lease_seconds * WATCHED)
        self._require_off(again := "is on again: it came back by itself, or something else switches it")
        after = self._nodes.node()
        if after.renewed != before.renewed:
            self._still_lost(after, after.record)
            self._require_off(again)
            raise WrongMachine(self._alive(name))

    def _alive(self, name: str) -> str:
        if self._confirmed:
            return (
                f"{name} is not off, though confirmed_off says so: its kubelet renewed its Lease meanwhile. Nothing is "
                "tainted. Look which machine you have switched off"
            )
        return (
            f"{self._machine.where} says that the machine is off, but the kubelet of {name} renewed its Lease after "
            f"that: this is not the controller of {name}, and another machine is off now. Nothing is tainted. Find "
            f"which machine it is and switch it on (state returned does so); correct bmc.address of {name} in the "
            "model, and give its identity (serial or uuid), which is compared before anything is switched"
        )

    def _require_off(self, otherwise: str) -> None:
        power = self._machine.power()
        if power.off or (power.error and self._confirmed):
            return
        name = self._nodes.name
        if power.error:
            raise FencingError(
                f"{power.error}. So it can't be verified that {name} is off, and nothing is tainted; run this again, "
                f"which goes on here, or see yourself that it is off and say so with confirmed_off: {name}"
            )
        raise CameBack(
            f"the machine of {name} {otherwise} (its controller says {power.state.value}). Nothing is tainted. Look "
            "for what switches it on (the power policy after a loss of power, another fencing service, a person), and "
            "run this again"
        )

    def _taint(self) -> None:
        def change(node: Node) -> bool:
            self._still_lost(node, node.record)
            return node.out_of_service or self._nodes.taint(node)

        self._change(change)

    def _on(self) -> None:
        self._machine.switch("on")

    def _ready(self) -> None:
        """Wait until the node is Ready and, where it was out of service, with another boot id."""

        def probe() -> Node | Missing:
            node = self._nodes.node()
            if not node.ready:
                return Missing.of(node.name, node.reason)
            if node.out_of_service and not node.rebooted:
                return Missing.of(node.name, "it is Ready with the boot id that was fenced")
            return node

        try:
            wait(probe, Deadline(self._patience, self._clock), what=f"{self._nodes.name} to come back", pause=3.0)
        except TimedOut as error:
            power = self._machine.power()
            raise NotBack(
                f"{error}; its machine is {power}{f' ({power.error})' if power.error else ''}. Its taint stands, so no "
                "pod starts there. Look at its console, and run this again"
            ) from error

    def _release(self) -> None:
        def change(node: Node) -> bool:
            if not node.ready:
                raise CameBack(f"{node.name} is not Ready any more ({node.reason}), so its taint stands; run again")
            if node.out_of_service and not node.rebooted:
                raise CameBack(
                    f"{node.name} has the boot id that was fenced, so its taint stands; it has to be power-cycled first"
                )
            return self._nodes.release(node)

        self._change(change)

    def _still_lost(self, node: Node, record: Record | None) -> None:
        """Compare with what was planned: the node is not Ready, and no other boot runs than the one that is fenced."""
        if node.out_of_service:
            return
        if node.ready or (record is not None and node.boot_id != record.boot_id):
            how = "is Ready" if node.ready else "shows another boot id"
            raise CameBack(
                f"{node.name} came back by itself while it was fenced: it {how}. Nothing is tainted; run this with "
                "state returned, which removes the record, and find out why it was lost"
            )

    def _change(self, change: Callable[[Node], bool]) -> None:
        """Repeat a change of the node, which is read and judged again each time, while others change it as well."""
        for number in range(TRIES):
            if change(self._nodes.node()):
                return
            self._clock.sleep(0.2 * number)
        raise FencingError(
            f"the node {self._nodes.name} was changed by others {TRIES} times in a row; run again, which goes on here"
        )
