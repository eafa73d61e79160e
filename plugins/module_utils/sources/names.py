# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as people and devices have them, made names that the model takes. The same name always becomes the same."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

#: Longest name of an interface in Linux (IFNAMSIZ is 16 with the final zero).
LONGEST_LINK = 15
# Names that the kernel gives by itself, which the model refuses.
_KERNEL = re.compile(r"(?:eth|wlan|wwan|usb|ib)([0-9]+)")
_PORT = re.compile(r"(.*?)([0-9]+)")
_RESERVED = frozenset({"all", "default", "lo", "cni0"})


def natural(text: str) -> list[tuple[int, int, str]]:
    """A key that sorts names by the numbers in them: Ethernet2 before Ethernet10."""
    parts = re.findall(r"([0-9]+)|([^0-9]+)", text)
    return [(0, int(digits), "") if digits else (1, 0, word) for digits, word in parts]


def label(text: str) -> str:
    """A name in lower case of letters, digits and inner dashes; empty if nothing is left."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-")


def host_name(text: str) -> str:
    """A host name: like `label`, dots kept, at most 63 characters in all (the rule of names of machines)."""
    parts = [label(part) for part in text.strip().split(".")]
    return ".".join(part for part in parts if part)[:63].strip("-.")


def device_name(text: str) -> str:
    """A name of a switch or rack: letters, digits and inner dashes, dots or underscores, at most 63 characters."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text.strip())[:63].strip("-._")


def link_name(text: str, taken: Collection[str], stem: str) -> str:
    """A name of an interface of a machine that is not taken; one that cannot be kept becomes `stem` with a number."""
    name = label(text)
    match = _KERNEL.fullmatch(name)
    if match:
        name = f"{stem}{match[1]}"
    usable = name and len(name) <= LONGEST_LINK and not name.isdigit() and name not in _RESERVED
    if usable and name not in taken:
        return name
    number = 0
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def trailing_number(name: str) -> int | None:
    """The digits at the end of the first part of a host name, by which the model numbers machines."""
    match = re.search(r"([0-9]+)$", name.partition(".")[0])
    return int(match[1]) if match else None


def ranges(ports: Iterable[str]) -> list[str]:
    """Names of ports, of which consecutive ones (three or more) are written as a range: Ethernet1-48."""
    numbers: dict[str, list[int]] = {}
    found: list[str] = []
    for name in set(ports):
        match = _PORT.fullmatch(name)
        if match and not match[2].startswith("0"):
            numbers.setdefault(match[1], []).append(int(match[2]))
        else:
            found.append(name)
    for stem, ordered in ((stem, sorted(several)) for stem, several in numbers.items()):
        start = 0
        for index, number in enumerate(ordered):
            if index + 1 < len(ordered) and ordered[index + 1] == number + 1:
                continue
            run = ordered[start : index + 1]
            found += [f"{stem}{run[0]}-{run[-1]}"] if len(run) > 2 else [f"{stem}{one}" for one in run]
            start = index + 1
    return sorted(found, key=natural)


def get(value: Any, *path: str) -> Any:
    """The value at a path of nested mappings of JSON; None where it, or a mapping before it, is absent or null."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
