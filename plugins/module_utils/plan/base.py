# SPDX-License-Identifier: GPL-3.0-or-later
"""The common base of plans: steps with a state before and after, and one shape of diff.

A plan whose steps are performed one by one extends :class:`Plan`. Another kind of plan (a wanted power state, a
decision) returns the diff of the :class:`Changes` that it would make.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Diff = list[dict[str, str]]


class Step(Protocol):
    """One change; ``str`` is a short description."""

    @property
    def before(self) -> str:
        """The present state, as lines of text; empty if there is no object."""

    @property
    def after(self) -> str:
        """The wanted state, as lines of text; empty if the object is removed."""


class Plan:
    """Steps in the order in which they are performed."""

    steps: Sequence[Step]

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.steps)

    def heading(self, step: Step) -> str:
        """The header of a step in a diff."""
        return str(step)

    def diff(self) -> Diff:
        """Both sides of each step, as Ansible's ``diff`` takes them: [{before_header, after_header, before, after}]."""
        return [
            {
                "before_header": self.heading(step),
                "after_header": self.heading(step),
                "before": step.before,
                "after": step.after,
            }
            for step in self.steps
        ]

    def result(self) -> dict[str, Any]:
        """What a module returns of its plan: {changed, diff, steps}, its steps as texts."""
        return {"changed": self.changed, "diff": self.diff(), "steps": [str(step) for step in self.steps]}

    def text(self) -> str:
        """The same as a unified diff."""
        lines: list[str] = []
        for step in self.steps:
            before, after, name = step.before.splitlines(True), step.after.splitlines(True), self.heading(step)
            lines += difflib.unified_diff(before, after, f"{name} (is)", f"{name} (wanted)", n=2)
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


@dataclass(frozen=True)
class Change:
    """A step that consists of its description and its states before and after."""

    what: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class Changes(Plan):
    """A plan of such steps."""

    steps: tuple[Change, ...] = ()
