# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the role prove."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.prove.collect import absent, proofs
from ansible_collections.groundup.cloud.plugins.module_utils.prove.peers import pull_peer


class FilterModule:
    """``proofs``, ``absent`` and ``pull_peer``; see their documentation beside this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"proofs": proofs, "absent": absent, "pull_peer": pull_peer}
