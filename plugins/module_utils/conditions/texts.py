# SPDX-License-Identifier: GPL-3.0-or-later
"""Bounded texts without control characters, of messages and logs."""

from __future__ import annotations

import re

WIDTH = 400  # characters of a message
LINES = 5  # lines of a log
LINE = 200  # characters of a line of a log
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x1f\x7f-\x9f]+")


def clipped(text: str, width: int = WIDTH) -> str:
    """A text as one line without control characters, with its middle left out where it is too long: messages of
    controllers name the object at the beginning and the cause at the end."""
    flat = " ".join(_CONTROL.sub(" ", text).split())
    if len(flat) <= width:
        return flat
    half = (width - 3) // 2
    return f"{flat[:half]} … {flat[-half:]}"


def last_lines(log: str) -> str:
    """The last lines of a log, as one line."""
    lines = [clipped(line, LINE) for line in log.splitlines()]
    return " | ".join([line for line in lines if line][-LINES:])
