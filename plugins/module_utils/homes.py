# SPDX-License-Identifier: GPL-3.0-or-later
"""The directories of a user in which state and caches of all clouds are (XDG Base Directory Specification 0.8)."""

from __future__ import annotations

import os


def state_home() -> str:
    """`$XDG_STATE_HOME`, by default `~/.local/state`."""
    return os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")


def cache_home() -> str:
    """`$XDG_CACHE_HOME/groundup`, by default `~/.cache/groundup`; it may be deleted at any time."""
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "groundup")
