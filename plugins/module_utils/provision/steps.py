# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs on the provisioner, as steps in order: the plan that check mode prints and a run performs."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field

from ..plan.base import Plan as BasePlan
from .settings import ProvisionerError


@dataclass(frozen=True)
class Step:
    """One difference: what would be done, as text, and the function that does it."""

    text: str
    act: Callable[[], object]
    before: str
    after: str

    def __str__(self) -> str:
        return self.text


@dataclass
class Plan(BasePlan):
    """Steps in order."""

    steps: list[Step] = field(default_factory=list)

    def add(self, text: str, act: Callable[[], object], before: str = "", after: str | None = None) -> None:
        """Appends a step; without `before` and `after`, a diff shows its text."""
        self.steps.append(Step(text, act, before, f"{text}\n" if after is None else after))

    def apply(self) -> None:
        """Carries out the steps in order; stops at the first error. Raises one of EXPECTED."""
        for step in self.steps:
            try:
                step.act()
            except OSError as error:
                full = error.errno in (errno.ENOSPC, errno.EDQUOT)
                remedy = "make room there and run again" if full else "correct this and run again"
                raise ProvisionerError(f"{step.text}: {error}; {remedy}") from error
