# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of switch ports: ranges of them. Pure."""

from __future__ import annotations

import re

_RANGE = re.compile(r"(.*?)([0-9]+)-([0-9]+)")
# A dash after a digit means a range; xe-0/0/1 is the name of one port.
_DASH = re.compile(r"[0-9]-")
# A range whose last port is written as a name, such as Ethernet1/1-1/48 or swp1-swp48.
_NAMES = re.compile(r"(.*?)([0-9]+)-([A-Za-z0-9/:._]*?)([0-9]+)")
#: The most ports of a range.
MOST = 4096


def is_range(text: str) -> bool:
    """Whether a text means several ports, well written or not."""
    return _DASH.search(text) is not None


def expand(text: str) -> tuple[str, ...]:
    """The ports of a name or a range, in its order; none if it is no range that can be read."""
    if not is_range(text):
        return (text,)
    match = _RANGE.fullmatch(text)
    if match is None or not 0 <= int(match[3]) - int(match[2]) < MOST:
        return ()
    # Ethernet01-08 keeps its leading zeros: some switches name their ports that way.
    width = len(match[2]) if match[2].startswith("0") else 0
    return tuple(f"{match[1]}{number:0{width}}" for number in range(int(match[2]), int(match[3]) + 1))


def right_range(text: str) -> str:
    """The range that was meant, where the last port repeats a part of the first port's name; else an example."""
    match = _NAMES.fullmatch(text)
    if match and match[1].endswith(match[3]) and int(match[2]) <= int(match[4]):
        return f"{match[1]}{match[2]}-{match[4]}"
    return "Ethernet1-48"
