# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter planned. Imports are in the function; see layers.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def planned(
    hostvars: Mapping[str, Mapping[str, Any]],
    hosts: Sequence[str],
    tags: Sequence[str] = ("all",),
    skipped: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """The plan of these hosts."""
    from ansible_collections.groundup.cloud.plugins.module_utils.report import plan

    return plan.planned(hostvars, hosts, tags, skipped)


class FilterModule:
    """``planned``; see its documentation beside this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"planned": planned}
