# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter refused_together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.report.refused import together


class FilterModule:
    """``refused_together``; see its documentation beside this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"refused_together": together}
