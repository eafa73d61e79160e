# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host was set aside, from the result of the task that it failed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Characters of a message that a report shows; the run's output has the rest.
_MOST = 300


def cause(stage: str, task: str, result: Mapping[str, Any]) -> str:
    """One line: where, and the first line of what was said.

    :param result: of a failed or unreachable task, already censored where the task asked for it; of a loop, the first
        item that failed speaks.
    """
    items = result.get("results")
    failed = (
        [item for item in items if isinstance(item, dict) and item.get("failed")] if isinstance(items, list) else []
    )
    first = failed[0] if failed else result
    said = str(first.get("msg") or first.get("module_stderr") or first.get("stderr") or "").strip()
    line = said.removeprefix("Task failed: ").partition("\n")[0][:_MOST]
    return f"{stage}: {task}: {line or 'it said nothing'}"
