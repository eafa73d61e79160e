# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of work on virtual machines and nodes."""

from __future__ import annotations

from typing import Any

from ..errors import CloudError


class VmError(CloudError):
    """What was asked for can't be done, or was not done in time; the text says why. `details` are further results."""

    def __init__(self, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.details = details or {}


def refusal(head: str, reasons: list[str]) -> str:
    """One text of all reasons for which nothing was done."""
    return f"{head}: {reasons[0]}" if len(reasons) == 1 else f"{head}:\n" + "\n".join(f"- {text}" for text in reasons)
