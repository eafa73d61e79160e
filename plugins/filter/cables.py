# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter cables. Imports are in the function; see layers.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def cables(hostvars: Mapping[str, Mapping[str, Any]], hosts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What switches see and machines hear of the cables of these hosts."""
    from ansible_collections.groundup.cloud.plugins.module_utils.fabric.cables import collect

    return collect.collect(hostvars, hosts)


class FilterModule:
    """``cables``; see its documentation beside this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"cables": cables}
