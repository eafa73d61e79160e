# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of configuration that EOS and NX-OS write alike. Pure."""

from __future__ import annotations

from collections.abc import Iterable

ALL_VLANS = tuple(range(1, 4095))
_ALLOWED = "switchport trunk allowed vlan "


def numbers_of(text: str) -> tuple[int, ...]:
    """VLANs ``10-12,20`` as numbers; ``none`` is no VLAN, ``all`` is each."""
    found: set[int] = set(ALL_VLANS) if text.strip() == "all" else set()
    for part in text.replace(" ", "").split(","):
        first, __, last = part.partition("-")
        if first.isdigit():
            found.update(range(int(first), int(last or first) + 1))
    return tuple(sorted(found))


def allowed_vlans(lines: Iterable[str]) -> tuple[int, ...]:
    """VLANs of a trunk; a long list is continued by lines with ``add``, and all pass without a line."""
    found: set[int] | None = None
    for line in lines:
        text = line.removeprefix(_ALLOWED)
        if text == line:
            continue
        more = set(numbers_of(text.removeprefix("add ")))
        found = (found or set()) | more if text.startswith("add ") else more
    return ALL_VLANS if found is None else tuple(sorted(found))
