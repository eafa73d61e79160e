# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where devices stand: racks and units of NetBox, and bays of a chassis."""

from __future__ import annotations

import math
from typing import Any

from .fragment import Fragment
from .names import device_name, get, natural
from .netbox_read import Object, Site


class Places:
    """Locations of devices. Racks of several sites with one name get the slug of their site before it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._racks: dict[int, str] = {}
        names: dict[str, list[int]] = {}
        for key, rack in site.racks.items():
            names.setdefault(device_name(str(rack.get("name"))), []).append(key)
        for name, keys in names.items():
            for key in keys:
                slug = get(site.racks[key], "site", "slug")
                self._racks[key] = device_name(f"{slug}-{name}") if len(keys) > 1 and slug else name

    def locate(self, section: str, name: str, device: Object, fragment: Fragment) -> dict[str, Any]:
        """The key `location` of a device; empty where NetBox has no rack of it."""
        parent = get(device, "parent_device", "id")
        holder = device if parent is None else self._site.chassis.get(parent, {})
        rack = get(holder, "rack", "id")
        if rack is None:
            fragment.note(section, name, "location: NetBox has no rack of it")
            return {}
        place: dict[str, Any] = {"rack": self._racks.get(rack) or device_name(str(get(holder, "rack", "name")))}
        unit, height = self._unit(holder, rack), self._height(holder)
        if unit is None or not height:
            fragment.note(section, name, "location: NetBox has no whole unit of it in the rack")
        elif parent is not None:
            self._bay(section, name, device, (unit, height), place, fragment)
        else:
            place["unit"] = unit
            place.update({"height": height} if height > 1 else {})
        return place

    def _height(self, device: Object) -> int:
        """Height in whole units; a device of half a unit takes one."""
        value = get(self._site.types.get(get(device, "device_type", "id") or -1), "u_height")
        return math.ceil(float(value)) if isinstance(value, (int, float, str)) else 1

    def _unit(self, device: Object, rack: int) -> int | None:
        """The lowest unit of a device, counted from below, also in a rack whose units are numbered downwards."""
        position = device.get("position")
        if position is None or float(position) != int(float(position)):
            return None
        unit, shape = int(float(position)), self._site.racks.get(rack, {})
        if not shape.get("desc_units"):
            return unit
        last = (shape.get("starting_unit") or 1) + int(shape.get("u_height") or 42) - 1
        return last - (unit + max(self._height(device), 1) - 1) + 1

    def _bay(
        self,
        section: str,
        name: str,
        device: Object,
        where: tuple[int, int],
        place: dict[str, Any],
        fragment: Fragment,
    ) -> None:
        """The place in a chassis: two bays in a unit are left and right, one bay in a unit is all of it."""
        unit, height = where
        bays = sorted(
            self._site.bays.get(get(device, "parent_device", "id"), []), key=lambda bay: natural(str(bay["name"]))
        )
        index = next((n for n, bay in enumerate(bays) if get(bay, "installed_device", "id") == device["id"]), None)
        if index is None or len(bays) not in (height, 2 * height):
            chassis, bay = get(device, "parent_device", "name"), get(device, "parent_device", "device_bay", "name")
            text = f"location: it is in {bay} of {chassis}, units {unit} to {unit + height - 1}; give its unit"
            fragment.note(section, name, text)
            return
        if len(bays) == height:
            place["unit"] = unit + index
            return
        place.update(unit=unit + index // 2, side="right" if index % 2 else "left")
        fragment.note(
            section, name, "location: unit and side are from the order of the bays' names, lowest and left first"
        )
