# SPDX-License-Identifier: GPL-3.0-or-later
"""What every plan has in common: steps with two sides, whether there are any, and one shape of diff.

A domain's plan extends :class:`Plan` where its steps are what its apply performs. Where a plan is something else (a
wanted power state, a decision), it returns the diff of the :class:`Changes` that it would make.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Diff = list[dict[str, str]]


class Step(Protocol):
    """One change; ``str`` says in a few words what is done to what."""

    @property
    def before(self) -> str:
        """What is, as lines of text; empty where there is nothing."""

    @property
    def after(self) -> str:
        """What will be, as lines of text; empty where nothing will be."""


class Plan:
    """Steps in the order in which they are performed."""

    steps: Sequence[Step]

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.steps)

    def heading(self, step: Step) -> str:
        """The name of a step above its two sides."""
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

    def text(self) -> str:
        """The same as a unified diff."""
        lines: list[str] = []
        for step in self.steps:
            before, after, name = step.before.splitlines(True), step.after.splitlines(True), self.heading(step)
            lines += difflib.unified_diff(before, after, f"{name} (is)", f"{name} (wanted)", n=2)
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


@dataclass(frozen=True)
class Change:
    """A step that is nothing but its words and its two sides."""

    what: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class Changes(Plan):
    """A plan of such steps."""

    steps: tuple[Change, ...] = ()
