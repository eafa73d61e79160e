# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host was set aside, from the result of the task that failed on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: Characters of a message that a report shows; the run's output has the rest.
_MOST = 300
#: How Ansible says that a template needs a variable that there is not. Those of our own tasks are for nobody to set.
_UNDEFINED = re.compile(r"^.*?'((?!groundup_)[A-Za-z]\w*)' is undefined\.?$", re.DOTALL)


def cause(stage: str, task: str, result: Mapping[str, Any]) -> str:
    """One line: the stage, the task, and the first line of the error.

    :param result: of a failed or unreachable task, already censored where the task asked for it; of a loop, the
        first failed item counts.
    """
    items = result.get("results")
    failed = (
        [item for item in items if isinstance(item, dict) and item.get("failed")] if isinstance(items, list) else []
    )
    first = failed[0] if failed else result
    text = str(first.get("msg") or first.get("module_stderr") or first.get("stderr") or "").strip()
    line = plain(text).partition("\n")[0][:_MOST]
    return f"{stage}: {task}: {line or 'the task gave no error text'}"


def plain(text: str) -> str:
    """An error text without Ansible's words around it. A variable that is missing is named with the remedy."""
    if missing := _UNDEFINED.match(text):
        name = missing[1]
        return f"the variable {name} is not defined; set it beside the model, in a vault if it is a secret, or with -e"
    return text.strip().removeprefix("Task failed: ")
