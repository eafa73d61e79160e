# SPDX-License-Identifier: GPL-3.0-or-later
"""What several machines refuse, each reason once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..draw.scene import natural

#: Machines that are named beside a reason; the others are counted.
NAMED = 5


def together(refused: Mapping[str, Sequence[str]]) -> list[str]:
    """One line for each reason, with the machines that have it.

    :param refused: what each machine refuses, by its name; a text may begin with this name, and have several lines.
    """
    machines: dict[str, list[str]] = {}
    for name in sorted(refused, key=natural):
        for reason in _reasons(name, refused[name]):
            machines.setdefault(reason, []).append(name)
    return [f"{_listed(names)}: {reason}" for reason, names in machines.items()]


def _reasons(name: str, texts: Sequence[str]) -> Iterator[str]:
    for line in "\n".join(texts).splitlines():
        if line.startswith((f"{name}: ", f"{name} ")):
            line = line[len(name) :].removeprefix(":").strip()
        yield line


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
