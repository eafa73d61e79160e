# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of a picture: racks with their devices, cables and networks, in a deterministic order."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

#: Okabe and Ito's palette, which is distinguishable with any colour vision (Color Universal Design, 2008); its light
#: colours are darkened so that white text on them is readable.
PALETTE = ("#0072b2", "#c2500a", "#007a59", "#b0568d", "#a86b00", "#2f86b5", "#7a5c00", "#5c6b7a")
#: Cables use the same palette from another start, so that the cables of a rack differ from its networks.
CABLES = ("#3b5bdb", "#d9480f", "#2b8a3e", "#9c36b5", "#a07400", "#0b7285", "#c2255c", "#495057")


@dataclass(frozen=True)
class Net:
    """A network: `vlans` as text (``30`` or ``100-199``), `subnet` and `gateway` as text or empty."""

    name: str
    vlans: str
    subnet: str
    mtu: int
    colour: str
    gateway: str = ""
    native: bool = False

    @property
    def facts(self) -> str:
        """VLAN, subnet and MTU in one line."""
        facts = [f"VLAN {self.vlans}" if self.vlans else "", self.subnet, f"MTU {self.mtu}"]
        return " · ".join([*(part for part in facts if part), *(["native"] if self.native else [])])


@dataclass(frozen=True)
class Cable:
    """A cable of a box: `name` of the NIC or BMC, and the switch port at the other end."""

    name: str
    switch: str
    port: str
    bmc: bool = False


@dataclass(frozen=True)
class Box:
    """A switch or a machine.

    :ivar rack: name of its rack; empty if the model gives none.
    :ivar unit: its lowest rack unit, counted from the bottom, or None; `height` is its number of units.
    :ivar side: `left` or `right` for a box of half the width, else empty.
    :ivar cables: of machines, NICs first, then the BMC.
    :ivar addresses: network -> address, of machines.
    :ivar carries: networks whose VLANs reach a machine that has no address in them.
    :ivar uplinks: port -> description, of switches.
    """

    name: str
    kind: str
    rack: str
    unit: int | None
    note: str = ""
    cables: tuple[Cable, ...] = ()
    addresses: dict[str, str] = field(default_factory=dict)
    carries: tuple[str, ...] = ()
    uplinks: dict[str, str] = field(default_factory=dict)
    height: int = 1
    side: str = ""

    @property
    def units(self) -> str:
        """The units of the box as text, such as `3–4`."""
        if self.unit is None:
            return ""
        return str(self.unit) if self.height == 1 else f"{self.unit}–{self.unit + self.height - 1}"


@dataclass(frozen=True)
class Scene:
    """All objects of a picture; `others` have addresses but no rack: the provisioner and the API endpoint."""

    title: str
    nets: tuple[Net, ...]
    boxes: tuple[Box, ...]
    others: tuple[Box, ...] = ()

    @property
    def racks(self) -> dict[str, list[Box]]:
        """Rack -> its boxes from top to bottom: by unit, then those without a unit, switches first, by name."""
        found: dict[str, list[Box]] = {}
        for box in self.boxes:
            found.setdefault(box.rack, []).append(box)
        # Boxes without a rack come last.
        return {rack: sorted(found[rack], key=_from_above) for rack in sorted(found, key=lambda r: (not r, natural(r)))}

    @property
    def machines(self) -> list[Box]:
        return [box for box in self.boxes if box.kind == "machine"]

    @property
    def switches(self) -> list[Box]:
        return [box for box in self.boxes if box.kind == "switch"]

    @classmethod
    def of(cls, drawing: dict[str, Any], only: Collection[str] = ()) -> Scene:
        """Read a role's ``drawing`` dictionary: ``title``, ``networks``, ``switches``, ``machines`` and ``others``.

        :param only: names of machines and switches to draw, with the switches at the other ends of their cables; if
            it names none of them, all are drawn.
        """
        nets = tuple(_net(item, PALETTE[place % len(PALETTE)]) for place, item in enumerate(drawing["networks"]))
        boxes = [_box(item, "switch") for item in drawing["switches"]]
        boxes += [_box(item, "machine") for item in drawing["machines"]]
        chosen = [box for box in boxes if box.name in only]
        if chosen:
            ends = {cable.switch for box in chosen for cable in box.cables}
            boxes = [box for box in boxes if box in chosen or (box.kind == "switch" and box.name in ends)]
        others = tuple(_box(item, "other") for item in drawing.get("others") or ())
        return cls(drawing["title"], nets, tuple(sorted(boxes, key=lambda box: natural(box.name))), others)


def natural(name: str) -> list[tuple[int, str]]:
    """Sort key that orders node2 before node10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name) if part]


def _from_above(box: Box) -> tuple[int, str, bool, list[tuple[int, str]]]:
    return (-(box.unit or 0), box.side, box.kind == "machine", natural(box.name))


def _net(item: dict[str, Any], colour: str) -> Net:
    vlans, subnet, gateway = (str(item.get(key) or "") for key in ("vlans", "subnet", "gateway"))
    return Net(item["name"], vlans, subnet, item["mtu"], colour, gateway, bool(item.get("native")))


def _box(item: dict[str, Any], kind: str) -> Box:
    ends = sorted((item.get("cables") or {}).items(), key=lambda end: natural(end[0]))
    cables = [Cable(nic, end["switch"], end["port"]) for nic, end in ends]
    bmc = item.get("bmc")
    if bmc:
        cables.append(Cable("bmc", bmc["switch"], bmc["port"], bmc=True))
    return Box(
        item["name"],
        kind,
        item.get("rack") or "",
        item.get("unit"),
        item.get("note") or "",
        tuple(cables),
        dict(item.get("addresses") or {}),
        tuple(item.get("carries") or ()),
        dict(item.get("uplinks") or {}),
        item.get("height") or 1,
        item.get("side") or "",
    )
