# SPDX-License-Identifier: GPL-3.0-or-later
"""What a picture shows: racks, what is in them, cables and networks, all in a settled order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

#: Okabe and Ito's palette, which people with any colour vision can tell apart (Color Universal Design, 2008).
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5c00", "#5c6b7a")


@dataclass(frozen=True)
class Net:
    """A network: `vlans` as text (``30`` or ``100-199``), `subnet` as text or empty."""

    name: str
    vlans: str
    subnet: str
    mtu: int
    colour: str


@dataclass(frozen=True)
class Box:
    """A switch or a machine.

    :ivar rack: name of its rack; empty where the model does not say.
    :ivar unit: the lowest rack unit it takes, counted from below, or None.
    :ivar cables: NIC -> ``(switch, port)``, for machines.
    :ivar addresses: network -> address, for machines.
    """

    name: str
    kind: str
    rack: str
    unit: int | None
    note: str = ""
    cables: dict[str, tuple[str, str]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """Everything to be drawn."""

    title: str
    nets: tuple[Net, ...]
    boxes: tuple[Box, ...]

    @property
    def racks(self) -> dict[str, list[Box]]:
        """Rack -> what is in it, from the top down: switches, then machines, each by unit or name."""
        found: dict[str, list[Box]] = {}
        for box in self.boxes:
            found.setdefault(box.rack, []).append(box)
        return {rack: sorted(found[rack], key=_from_above) for rack in sorted(found, key=natural)}

    @property
    def machines(self) -> list[Box]:
        return [box for box in self.boxes if box.kind == "machine"]

    @classmethod
    def of(cls, drawing: dict[str, Any]) -> Scene:
        """Read a role's ``drawing`` dictionary: ``title``, ``networks``, ``switches`` and ``machines``."""
        nets = tuple(
            Net(item["name"], str(item.get("vlans") or ""), item.get("subnet") or "", item["mtu"], _colour(place))
            for place, item in enumerate(drawing["networks"])
        )
        switches = [_box(item, "switch") for item in drawing["switches"]]
        machines = [_box(item, "machine") for item in drawing["machines"]]
        return cls(drawing["title"], nets, tuple(sorted([*switches, *machines], key=lambda box: natural(box.name))))


def natural(name: str) -> list[tuple[int, str]]:
    """Sort key that puts node2 before node10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name) if part]


def _from_above(box: Box) -> tuple[int, bool, list[tuple[int, str]]]:
    return (-(box.unit or 0), box.kind == "machine", natural(box.name))


def _colour(place: int) -> str:
    return PALETTE[place % len(PALETTE)]


def _box(item: dict[str, Any], kind: str) -> Box:
    cables = {nic: (end["switch"], end["port"]) for nic, end in (item.get("cables") or {}).items()}
    addresses = dict(item.get("addresses") or {})
    return Box(item["name"], kind, item.get("rack") or "", item.get("unit"), item.get("note") or "", cables, addresses)
