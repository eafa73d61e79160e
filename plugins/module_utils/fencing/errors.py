# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of fencing. Their texts say what is wrong, with which node, and the remedy."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import CloudError


class FencingError(CloudError):
    """The base of all errors here."""


class Refused(FencingError):
    """The node is not fenced, or not brought back, and nothing was changed.

    :ivar reasons: all reasons, each with its remedy.
    """

    def __init__(self, name: str, doing: str, reasons: Sequence[str]) -> None:
        lines = reasons[0] if len(reasons) == 1 else "\n" + "\n".join(f"- {reason}" for reason in reasons)
        super().__init__(f"{name} is not {doing}, and nothing was changed: {lines}")
        self.reasons = tuple(reasons)


class WrongMachine(FencingError):
    """The controller switched off another machine than that of the node."""


class CameBack(FencingError):
    """The machine came back by itself while it was fenced."""


class NotBack(FencingError):
    """The machine did not come back in time."""
