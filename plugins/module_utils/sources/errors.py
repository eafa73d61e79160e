# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of sources of models, all of one run at once."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import CloudError


class SourceError(CloudError):
    """Why no model can be made: what is wrong, where, and the remedy, a line each."""

    def __init__(self, *problems: str) -> None:
        self.problems: Sequence[str] = problems
        many = f"{len(problems)} errors:\n  " if len(problems) > 1 else ""
        super().__init__(many + "\n  ".join(problems))


def problem(where: str, what: str, remedy: str) -> str:
    """One line of an error."""
    return f"{where}: {what}; {remedy}"
