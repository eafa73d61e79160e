# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter not_deployed. Imports are in the function; see layers.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def not_deployed(given: Any, hostvars: Mapping[str, Mapping[str, Any]], machines: Sequence[str]) -> list[str]:
    """What is wrong with the names of machines that are deployed again."""
    from ansible_collections.groundup.cloud.plugins.module_utils.machines.consent import no_consent

    deployed = [
        name
        for name in machines
        if "machine" in [layer["name"] for layer in hostvars[name].get("groundup_below") or ()]
    ]
    return no_consent(given, deployed, machines)


class FilterModule:
    """``not_deployed``; see its documentation beside this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"not_deployed": not_deployed}
