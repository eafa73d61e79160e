# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter obstacles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible import context
from ansible_collections.groundup.cloud.plugins.module_utils.host import existing


def obstacles(result: Mapping[str, Any], user: str, other_way: bool = False) -> list[str]:
    """Judge the machine; a password of sudo that was asked for on the command line is no variable."""
    asked = bool(context.CLIARGS.get("become_ask_pass") or context.CLIARGS.get("become_password_file"))
    return existing.obstacles(result, user, other_way or asked)


class FilterModule:
    """``obstacles``; see its documentation beside this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"obstacles": obstacles}
