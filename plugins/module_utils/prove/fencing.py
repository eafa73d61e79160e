# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of the service that fences machines which are lost: it runs, knows its machines, and has looked just now.

They read on the provisioner what the service was given and what its last look wrote; nothing is fenced.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..ha.program import RECORD
from ..ha.service import NAME, home
from ..provision.managers import ServiceError, manager
from ..report.proofs import Proof, ProofError, Warned, prove
from ..waiting.deadline import Clock, Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from .registry import proof, prove_scope

LAYER = SCOPE = "fencing"
RUNS = "the service that fences machines runs"
WATCHES = "the service that fences machines can switch off each machine of the model that has a management controller"
LOOKS = "the service that fences machines has looked at each node just now"
#: Looks that may be missed, and seconds for one that switches a machine off meanwhile.
_MISSED, _WORK = 3, 60.0


@dataclass(frozen=True)
class Expected:
    """What the service has to be.

    :ivar machines: those with a management controller.
    :ivar nodes: all machines of the cloud, of which each look decides.
    """

    cloud: str
    state_dir: str
    service_manager: str
    machines: Sequence[str]
    nodes: Sequence[str]

    def path(self, *parts: str) -> str:
        """A path below the directory of the service."""
        return os.path.join(self.state_dir, *parts)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Expected:
        """From the options of the module."""
        return cls(**{**given, "state_dir": home(given["state_dir"])})

    def config(self) -> dict[str, Any]:
        """What the service was given. It has passwords, which are in no text here."""
        path = self.path("services", "config.json")
        try:
            return _read(path)
        except FileNotFoundError as error:
            raise ProofError(
                f"there is no {path}: the service is not installed; run site with --tags {LAYER}"
            ) from error


@dataclass(frozen=True)
class Context:
    """What the proofs are given; `now` and `clock` are others in tests."""

    expected: Expected
    running: Callable[[], Mapping[str, str]]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    clock: Clock | None = None


def fencing_proofs(given: Mapping[str, Any]) -> list[Proof]:
    """All proofs; they change nothing, so check mode has them as well."""
    expected = Expected.of(given)
    hand = manager(expected.service_manager, expected)
    return prove_scope(SCOPE, Context(expected, lambda: hand.current([NAME])))


@proof(SCOPE)
def _service(context: Context) -> Iterator[Proof]:
    yield prove(RUNS, LAYER, lambda: _runs(context))
    yield prove(WATCHES, LAYER, lambda: watches(context.expected.config(), context.expected))
    yield prove(LOOKS, LAYER, lambda: _looks(context))


def _runs(context: Context) -> str:
    kind = context.expected.service_manager
    try:
        found = context.running()
    except ServiceError as error:
        raise ProofError(str(error)) from error
    if NAME not in found:
        raise ProofError(f"{NAME} does not run ({kind}); run site with --tags {LAYER}, and read its log")
    return f"{NAME}, kept running by {'systemd' if kind == 'systemd' else 'a supervisor'}"


def watches(config: Mapping[str, Any], expected: Expected) -> str:
    """Whether the configuration has each machine.

    :raises ProofError: one is missing, or one that the model does not have can be switched off.
    """
    known, wanted = set(config.get("machines") or {}), set(expected.machines)
    wrong = [f"{name} is missing" for name in sorted(wanted - known)]
    wrong += [f"{name} is not in the model, and may be switched off" for name in sorted(known - wanted)]
    if wrong:
        raise ProofError("; ".join([*wrong, f"run site with --tags {LAYER}"]))
    without = [name for name in expected.nodes if name not in wanted]
    more = f"; {', '.join(without)} have none, and are fenced by hand" if without else ""
    return f"{', '.join(sorted(known))}{more}"


def _looks(context: Context) -> str | Warned:
    """Wait for a look that is new enough, as after a start of the service."""
    path, most = context.expected.path("run", RECORD), _MISSED * context.expected.config()["interval"] + _WORK

    def probe() -> dict[str, Any] | Missing:
        try:
            record = _read(path)
        except FileNotFoundError:
            return Missing.of("its record", f"{path} does not exist")
        age = (context.now() - datetime.fromisoformat(str(record["at"]))).total_seconds()
        if age > most:
            return Missing.of("a new look", f"the last one was {age:.0f} s ago, so it cannot judge the nodes")
        return {**record, "age": age}

    try:
        found = wait(probe, Deadline(most, context.clock), what="a look at all nodes")
    except TimedOut as error:
        raise ProofError(f"{error}; its log says why") from error
    return judged(found, context.expected.nodes)


def judged(record: Mapping[str, Any], nodes: Sequence[str]) -> str | Warned:
    """What the last look decided: nothing, where all is well.

    :raises ProofError: it did not look at a node, or could not act.
    """
    found = {str(one["node"]): one for one in record["decisions"]}
    wrong = [f"{name} was not looked at" for name in nodes if name not in found]
    wrong += [f"{name}: {one['text']}" for name, one in found.items() if one["outcome"] == "failed"]
    if wrong:
        raise ProofError("; ".join(wrong))
    evidence = f"{record['age']:.0f} s ago it judged {', '.join(found)}"
    notes = [f"{name} is {one['standing']}: {one['text']}" for name, one in found.items() if one["outcome"] != "none"]
    return Warned(evidence, "; ".join(notes)) if notes else evidence


def _read(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return found
