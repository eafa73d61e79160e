# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter refused_together. Imports are in the function; see layers.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def refused_together(refused: Mapping[str, Sequence[str]]) -> list[str]:
    """One line for each reason, with the machines that have it."""
    from ansible_collections.groundup.cloud.plugins.module_utils.report.refused import together

    return together(refused)


class FilterModule:
    """``refused_together``; see its documentation beside this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"refused_together": refused_together}
