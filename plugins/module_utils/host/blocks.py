# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure text: a managed block inside a file of the host, and swap lines of fstab."""

from __future__ import annotations


def with_block(text: str, name: str, content: str) -> str:
    """``text`` with the block ``name`` replaced, or appended when there is none; everything else stays as it is.

    Without ``content`` the block is taken out.
    """
    begin, end = f"# BEGIN groundup {name}\n", f"# END groundup {name}\n"
    block = begin + content.rstrip("\n") + "\n" + end if content else ""
    start = text.find(begin)
    if start >= 0:
        stop = text.find(end, start)
        # Without an END line the end of the block is unknown: replace its first line only.
        stop = stop + len(end) if stop >= 0 else start + len(begin)
        return text[:start] + block + text[stop:]
    if block and text and not text.endswith("\n"):
        text += "\n"
    return text + block


def is_swap(line: str) -> bool:
    """Whether a line of fstab mounts swap."""
    words = line.split()
    return len(words) > 2 and not words[0].startswith("#") and words[2] == "swap"


def without_swap(fstab: str) -> str:
    """fstab with its swap lines commented out."""
    return "".join(f"# groundup: swap is off: {line}" if is_swap(line) else line for line in fstab.splitlines(True))
