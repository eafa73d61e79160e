# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters that select layers of a host.

For one filter Ansible loads all files of this directory, in the process of every task of every host, and compiles anew
what they import. So a file imports at its top only what imports nothing else of the library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.layers.selection import chosen_layers, hosts_to_run


class FilterModule:
    """``hosts_to_run`` and ``chosen_layers``; see their documentation beside this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"hosts_to_run": hosts_to_run, "chosen_layers": chosen_layers}
