# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role's nested dict with its defaults: role argument specs check nested keys, but set no defaults."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from .state import HostError


def settings(name: str, params: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """``params`` over ``defaults``; None counts as not given. HostError names an unknown key and the nearest known."""
    unknown = [key for key in params if key not in defaults]
    if unknown:
        near = difflib.get_close_matches(unknown[0], defaults, 1)
        remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(defaults)}"
        raise HostError(f"{name}.{unknown[0]}: no such setting; {remedy}")
    return {key: default if params.get(key) is None else params[key] for key, default in defaults.items()}


def require(name: str, params: Mapping[str, Any], *keys: str) -> None:
    """HostError unless every one of ``keys`` has a value."""
    for key in keys:
        if params.get(key) in (None, "", [], {}):
            raise HostError(f"{name}.{key}: is required")
