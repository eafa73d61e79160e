# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at all nodes: those that are lost are fenced, those that are back are returned, and each gets a decision.

Nothing is consented to, so a pause and the storm brake hold. It does what the playbook watch does, for a program that
repeats it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ..errors import CloudError
from ..objects.transport import Transport
from ..waiting.deadline import Clock
from .act import Act, Machine, Nodes
from .cluster import Cluster, Surely, survey
from .errors import Refused
from .facts import Node, Pause
from .judge import Rules
from .planner import plan
from .standing import standing

#: Seconds in which a machine that was fenced and is Ready again has to stay so while it is returned.
RETURNED_IN = 60.0


@dataclass(frozen=True)
class Decision:
    """What is done about one node, and why. ``outcome``: `none`, `wait`, `done`, `refused` or `failed`."""

    node: str
    standing: str
    outcome: str
    text: str

    def __str__(self) -> str:
        return f"{self.node} is {self.standing}: {' '.join(self.text.split())}"


class Nodewise(Protocol):
    """The part of the cluster that is used here; tests have a double of it."""

    def survey(self) -> tuple[float, list[Node], Pause | None]:
        """Read the API server's time, all nodes and a pause."""

    def of(self, name: str) -> Nodes:
        """Return one node with the others beside it."""


class OfApi:
    """A cluster by its API."""

    def __init__(self, transport: Transport, clock: Clock | None = None) -> None:
        self._transport, self._clock = transport, clock

    def survey(self) -> tuple[float, list[Node], Pause | None]:
        """Read the API server's time, all nodes and a pause."""
        return survey(Surely(self._transport, self._clock))

    def of(self, name: str) -> Nodes:
        """Return one node with the others beside it."""
        return Cluster(self._transport, name, self._clock)


def look(
    cluster: Nodewise, machines: Mapping[str, Machine], rules: Rules, clock: Clock | None = None
) -> list[Decision]:
    """Judge all nodes, and fence or return one after another, as each changes what the next one is judged by.

    :param machines: by the name of their nodes; others have no management controller.
    :raises FencingError: the nodes can't be read.
    """
    now, nodes, pause = cluster.survey()
    paused = pause if pause and now < pause.ends else None

    def decide(node: Node) -> Decision:
        word = standing(node, now, rules.stale_after)
        if word == "healthy":
            return Decision(node.name, word, "none", "nothing is done")
        if word in ("lost", "back"):
            return _act(cluster, machines.get(node.name), node, word, paused, rules, clock)
        return Decision(node.name, word, "wait", _waits(node, word, now, rules))

    return [decide(node) for node in nodes]


def _waits(node: Node, word: str, now: float, rules: Rules) -> str:
    if word == "fenced":
        return "waits until its machine is on and the node Ready after another boot; return it by fence_state=returned"
    if word == "unproven":
        return f"it is out of service without a proof that it was power-cycled; fence it with consent {node.name}"
    return (
        f"not Ready for {node.unready(now):.0f} s, and its Lease not renewed for {node.silent(now):.0f} s; it may be "
        f"fenced after {rules.stale_after:.0f} s of both"
    )


def _act(
    cluster: Nodewise,
    machine: Machine | None,
    node: Node,
    word: str,
    paused: Pause | None,
    rules: Rules,
    clock: Clock | None,
) -> Decision:
    def decision(outcome: str, text: str) -> Decision:
        return Decision(node.name, word, outcome, text)

    if machine is None:
        if word == "back":
            return decision("refused", "its machine has no management controller here; return it by hand")
        return decision(
            "refused", "its machine has no management controller; see that it is off, and say so by fence_confirmed_off"
        )
    if word == "lost" and paused:  # known without asking its management controller
        return decision("refused", f"fencing is paused by {paused.by}, since machines are worked on")
    wanted = "fenced" if word == "lost" else "returned"
    try:
        found = plan(wanted, cluster.of(node.name).seen(), machine.power(), rules)
        Act(cluster.of(node.name), machine, rules, RETURNED_IN, clock).perform(found)
    except Refused as error:
        return decision("refused", "; ".join(error.reasons))
    except CloudError as error:
        return decision("failed", str(error))
    return decision("done", "; ".join(found.words()) or f"it is {wanted} already")


class Journal:
    """Says decisions, one line each: new ones at once, and one that stands again after ``again`` seconds."""

    def __init__(self, say: Callable[[str], None], again: float = 300.0) -> None:
        self._say, self._again = say, again
        self._last: dict[str, tuple[str, float]] = {}

    def write(self, decisions: list[Decision], now: float) -> None:
        """Write what is new; ``now``: monotonic seconds."""
        for one in decisions:
            self.say(one.node, "" if one.outcome == "none" else _kind(str(one)), str(one), now)
        gone = self._last.keys() - {one.node for one in decisions} - {""}
        for name in gone:
            del self._last[name]

    def say(self, name: str, kind: str, text: str, now: float) -> None:
        """Write a line about a node, or with the name `` about the look, if its kind is not that of the last one.

        :param kind: empty where all is well, which is said once after something else.
        """
        last, said = self._last.get(name, ("", now))
        if kind != last or (kind and now - said >= self._again):
            self._say(text)
            said = now
        self._last[name] = (kind, said)


def _kind(text: str) -> str:
    """The text without its numbers, which change with each look."""
    return re.sub(r"\d+", "0", text)
