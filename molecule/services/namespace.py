# SPDX-License-Identifier: GPL-3.0-or-later
"""How a daemon of a scenario knows that the scenario is over: its network namespace has lost its name."""

from __future__ import annotations

import contextlib
import os

NAMES = "/run/netns"


def named() -> bool:
    """Whether our network namespace still has a name. Others come and go while we look."""
    own = os.stat("/proc/self/ns/net").st_ino
    for name in os.listdir(NAMES):
        with contextlib.suppress(OSError):
            if os.stat(f"{NAMES}/{name}").st_ino == own:
                return True
    return False
