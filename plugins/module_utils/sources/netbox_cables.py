# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other ends of cables: which port of which switch an interface is cabled to.

NetBox follows a cable through patch panels itself: `connected_endpoints` of an interface are where its path ends, and
are null where the path is not complete; `link_peers` are where its own cable ends (dcim/api of NetBox 4.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..fabric.config import NAME
from .fragment import Fragment
from .names import device_name, get
from .netbox_read import Object, Site


@dataclass(frozen=True)
class End:
    """The other end of a cable: a port of a switch that was read, or why there is none, or both if in doubt."""

    switch: str = ""
    port: str = ""
    interface: Object | None = None
    why: str = ""

    def __str__(self) -> str:
        return f"{self.switch}/{self.port}" if self.switch else ""


class Cabling:
    """Switches by their devices, and their interfaces by id. Members of a virtual chassis are one switch."""

    def __init__(self, site: Site, fragment: Fragment) -> None:
        self.heads: dict[str, Object] = {}
        self.members: dict[str, list[Object]] = {}
        self._names: dict[int, str] = {}
        self._ports: dict[int, Object] = {}
        spellings: dict[str, str] = {}
        for device in site.switches:
            name = device_name(_name_of(device, site))
            if not name:
                fragment.refuse(f"switches: device {device['id']}", "has no name in NetBox", "give it one there")
                continue
            first = self.heads.get(spellings.get(name.lower(), ""))
            chassis = get(device, "virtual_chassis", "id")
            if first is not None and (chassis is None or chassis != get(first, "virtual_chassis", "id")):
                twice(fragment, "switches", name, device, first)
                continue
            spellings.setdefault(name.lower(), name)
            self.members.setdefault(name, []).append(device)
            if name not in self.heads or get(device, "virtual_chassis", "master", "id") == device["id"]:
                self.heads[name] = device
            self._names[device["id"]] = name
            self._ports.update((port["id"], port) for port in site.ports_of(device["id"]))

    def end(self, interface: Object) -> End:
        """Where the cable of an interface leads."""
        ends = interface.get("connected_endpoints") or []
        if not ends:
            return self._open_end(interface)
        if len(ends) > 1:
            listed = ", ".join(f"{get(item, 'device', 'name')} {item.get('name')}" for item in ends)
            return End(why=f"NetBox has several ends of its cable: {listed}")
        device, port = get(ends[0], "device"), str(ends[0].get("name"))
        switch = self._names.get(get(device, "id") or -1)
        shown = f"{get(device, 'name')} {port}"
        if switch is None or interface.get("connected_endpoints_type") != "dcim.interface":
            return End(why=f"NetBox has it cabled to {shown}, which is no port of the switches that were read")
        if not NAME.match(port):
            return End(why=f"NetBox has it cabled to {shown}, and no switch names a port so")
        planned = interface.get("connected_endpoints_reachable") is False
        why = f"NetBox's cable to {switch}/{port} is not connected yet" if planned else ""
        return End(switch, port, self._ports.get(ends[0].get("id") or -1), why)

    def aggregate(self, port: Object | None) -> Object | None:
        """The LAG of a switch's port, whose VLANs are the port's; else the port itself."""
        lag = self._ports.get(get(port, "lag", "id") or -1)
        return lag or port

    @staticmethod
    def _open_end(interface: Object) -> End:
        peers = interface.get("link_peers") or []
        if not interface.get("cable"):
            return End(why="NetBox has no cable")
        at = ", ".join(f"{get(peer, 'device', 'name')} {peer.get('name')}" for peer in peers) or "nothing"
        return End(why=f"NetBox's cable ends at {at}, and its path leads no further")


def _name_of(device: Object, site: Site) -> str:
    """The name of a switch: that of the first member of its virtual chassis, if it is in one."""
    master: Any = get(device, "virtual_chassis", "master", "id")
    chassis = get(device, "virtual_chassis", "id")
    if chassis is None:
        return str(device.get("name") or "")
    beside = [one for one in site.switches if get(one, "virtual_chassis", "id") == chassis]
    first = min(beside, key=lambda one: (one["id"] != master, one.get("vc_position") or 0, one["id"]))
    return str(first.get("name") or "")


def twice(fragment: Fragment, section: str, name: str, device: Object, other: Object) -> None:
    """Refuse two devices that would have one name."""
    shown = " and ".join(f"{get(one, 'name')} of site {get(one, 'site', 'slug')}" for one in (other, device))
    what = f"{shown} would have one name"
    fragment.refuse(f"{section}.{name}", what, "rename one in NetBox, or choose fewer devices by sites, tags or roles")
