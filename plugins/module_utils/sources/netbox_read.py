# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All objects of a NetBox that a model is made of, read once. What is made of them needs no connection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import SourceError, problem
from .names import get
from .netbox_options import Options

Object = dict[str, Any]
#: Roles of addresses that a router has (ipam/choices.py of NetBox 4.6): addresses of redundancy, and anycast gateways.
ROUTERS = ("anycast", "carp", "glbp", "hsrp", "vrrp")

#: Errors of one kind that are listed.
MOST = 12


class Lists(Protocol):
    """What reads lists: a NetBox, or a double of it in tests."""

    def all(self, path: str, query: Any) -> list[Object]:
        """All objects of a list that match a query."""

    def of(self, path: str, key: str, ids: Any, query: Any = None) -> list[Object]:
        """All objects whose filter ``key`` is one of many ids."""


@dataclass
class Site:
    """Objects as NetBox gives them, by what refers to them.

    :ivar addresses: addresses of machines by the id of their interface.
    :ivar routers: addresses of routers, by their text.
    """

    machines: list[Object] = field(default_factory=list)
    switches: list[Object] = field(default_factory=list)
    interfaces: dict[int, list[Object]] = field(default_factory=dict)
    addresses: dict[int, list[Object]] = field(default_factory=dict)
    types: dict[int, Object] = field(default_factory=dict)
    racks: dict[int, Object] = field(default_factory=dict)
    chassis: dict[int, Object] = field(default_factory=dict)
    bays: dict[int, list[Object]] = field(default_factory=dict)
    prefixes: list[Object] = field(default_factory=list)
    groups: dict[str, Object] = field(default_factory=dict)
    routers: list[Object] = field(default_factory=list)

    def ports_of(self, device: int) -> list[Object]:
        """Interfaces of a device."""
        return self.interfaces.get(device, [])


def read(netbox: Lists, options: Options) -> Site:
    """Read what the options choose, and what belongs to it."""
    site = Site()
    netbox = _Checked(netbox)
    light = {} if options.context else {"exclude": "config_context"}
    site.machines = netbox.all("dcim/devices", {**options.machines.query(), **light})
    known = {device["id"] for device in site.machines}
    chosen = netbox.all("dcim/devices", {**options.switches.query(), "exclude": "config_context"})
    site.switches = [device for device in chosen if device["id"] not in known]
    devices = [*site.machines, *site.switches]
    machines, every = sorted(known), sorted(device["id"] for device in devices)
    site.interfaces = _by(netbox.of("dcim/interfaces", "device_id", every), "device", "id")
    addresses = netbox.of("ipam/ip-addresses", "device_id", machines)
    own = [item for item in addresses if item.get("assigned_object_type") == "dcim.interface"]
    site.addresses = _by(own, "assigned_object_id")
    parents = _ids(site.machines, "parent_device", "id")
    site.chassis = {
        item["id"]: item for item in netbox.of("dcim/devices", "id", parents, {"exclude": "config_context"})
    }
    site.bays = _by(netbox.of("dcim/device-bays", "device_id", parents), "device", "id")
    placed = [*devices, *site.chassis.values()]
    site.types = _named(netbox.of("dcim/device-types", "id", _ids(placed, "device_type", "id")))
    site.racks = _named(netbox.of("dcim/racks", "id", _ids(placed, "rack", "id")))
    site.prefixes = netbox.all("ipam/prefixes", options.networks.query())
    site.routers = _routers(netbox, site.prefixes, options)
    slugs = sorted(set(options.vlan_groups.values()))
    if slugs:
        site.groups = {str(item["slug"]): item for item in netbox.all("ipam/vlan-groups", {"slug": slugs})}
    return site


#: Fields without which nothing can be made of an object. They may be null, and then something is said about it.
_FIELDS = {
    "dcim/devices": ("name", "device_type", "role", "status"),
    "dcim/device-bays": ("name", "device"),
    "dcim/device-types": ("u_height",),
    "dcim/interfaces": ("name", "type", "device"),
    "dcim/racks": ("name",),
    "ipam/ip-addresses": ("address",),
    "ipam/prefixes": ("prefix", "vlan"),
    "ipam/vlan-groups": ("slug", "vid_ranges"),
}


class _Checked:
    """Lists whose objects have the fields that are read."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def all(self, path: str, query: Any) -> list[Object]:
        return self._checked(path, self._lists.all(path, query))

    def of(self, path: str, key: str, ids: Any, query: Any = None) -> list[Object]:
        return self._checked(path, self._lists.of(path, key, ids, query))

    def _checked(self, path: str, objects: list[Object]) -> list[Object]:
        remedy = "give a token that may see it, and NetBox 4.2 or later"
        bad = [
            problem(f"{path}/{item['id']}", f"NetBox gives no field {name}", remedy)
            for item in objects
            for name in _FIELDS[path]
            if name not in item
        ]
        if bad:
            raise SourceError(*bad[:MOST], *([f"and {len(bad) - MOST} more"] if len(bad) > MOST else []))
        return objects


def _routers(netbox: Lists, prefixes: list[Object], options: Options) -> list[Object]:
    """Addresses of routers in the prefixes: those with the tag that the user names, else those with a router's role."""
    subnets = sorted({str(item["prefix"]) for item in prefixes if item.get("prefix") and item.get("vlan")})
    chosen: dict[str, Any] = {"tag": options.gateway_tag} if options.gateway_tag else {"role": list(ROUTERS)}
    return [item for subnet in subnets for item in netbox.all("ipam/ip-addresses", {**chosen, "parent": subnet})]


def _by(objects: Iterable[Object], *path: str) -> dict[int, list[Object]]:
    found: dict[int, list[Object]] = defaultdict(list)
    for item in objects:
        key = get(item, *path)
        if isinstance(key, int):
            found[key].append(item)
    return dict(found)


def _named(objects: Iterable[Object]) -> dict[int, Object]:
    return {item["id"]: item for item in objects}


def _ids(objects: Iterable[Object], *path: str) -> list[int]:
    return sorted({key for key in (get(item, *path) for item in objects) if isinstance(key, int)})
