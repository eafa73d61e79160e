# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines of a model from devices of NetBox: names, numbers, roles, disks, management controllers, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..model.enums import Role
from .fragment import Fragment, placeholder
from .names import get, host_name, trailing_number
from .netbox_cables import Cabling, twice
from .netbox_context import context_of
from .netbox_links import MachineLinks
from .netbox_networks import Address, Networks, address_of
from .netbox_options import Options
from .netbox_places import Places
from .netbox_read import Object, Site

#: Roles of addresses that are not a machine's own (ipam/choices.py of NetBox 4.6).
_SHARED = frozenset({"anycast", "carp", "glbp", "hsrp", "vip", "vrrp"})
_WWN = re.compile(r"(?i)(0x|naa\.|eui\.)[0-9a-f]+")


@dataclass(frozen=True)
class Parts:
    """What the makers of machines share."""

    site: Site
    options: Options
    cabling: Cabling
    networks: Networks
    places: Places
    fragment: Fragment


def machines(parts: Parts, numbers: Mapping[str, int]) -> None:
    """Fill the section of machines.

    :param numbers: numbers that machines had in the last file, which they keep.
    """
    named: dict[str, Object] = {}
    for device in parts.site.machines:
        name = host_name(str(device["name"] or ""))
        if not name:
            remedy = "give it a name there"
            parts.fragment.refuse(f"machines: device {device['id']}", "has no name in NetBox", remedy)
        elif name in named:
            twice(parts.fragment, "machines", name, device, named[name])
        else:
            named[name] = device
            if name.lower() in {switch.lower() for switch in parts.cabling.heads}:
                parts.fragment.refuse(f"machines.{name}", "is the name of a switch as well", "rename one in NetBox")
    for name, device in named.items():
        parts.fragment.sections["machines"][name] = _machine(name, device, parts)
    _number(named, numbers, parts)
    for name, device in named.items():
        _addresses(name, device, parts)


def _machine(name: str, device: Object, parts: Parts) -> dict[str, Any]:
    fragment, options = parts.fragment, parts.options
    if name != device["name"]:
        fragment.note("machines", name, f"NetBox: {device['name']}")
    location = parts.places.locate("machines", name, device, fragment)
    values: dict[str, Any] = {"location": location} if location else {}
    roles = _roles(device, options)
    if roles:
        values["roles"] = roles
    else:
        fragment.note("machines", name, f"roles: machine_roles has none for the role {get(device, 'role', 'slug')}")
    image = options.images.get(str(get(device, "platform", "slug")))
    values.update({"os": image} if image else {})
    serial = str(device.get("serial") or "").strip()
    if serial:
        values["identity"] = {"serial": serial}
    else:
        fragment.note("machines", name, "identity: NetBox has no serial number of it")
    values.update(_fields(name, device, parts))
    values.update(MachineLinks(name, device, parts.site, parts.cabling, parts.networks).keys(options, fragment))
    bmc = _bmc(name, device, parts)
    values.update({"bmc": bmc} if bmc else {})
    values.update(context_of(name, device, options, fragment))
    if bmc and "root_disk" not in values:
        fragment.doubt("machines", name, "root_disk: NetBox has no disk of it; give serial or wwn")
    return values


def _roles(device: Object, options: Options) -> list[str]:
    """Roles by the device's role and its tags."""
    slugs = {get(device, "role", "slug"), *(get(tag, "slug") for tag in device.get("tags") or ())}
    found = {role for slug, roles in options.machine_roles.items() if slug in slugs for role in roles}
    return [str(role) for role in Role if str(role) in found]


def _fields(name: str, device: Object, parts: Parts) -> dict[str, Any]:
    """Keys that custom fields of the device hold."""
    fields = parts.options.fields
    value = {key: get(device, "custom_fields", own) for key, own in fields.items()}
    result: dict[str, Any] = {}
    if value.get("firmware"):
        result["firmware"] = str(get(value["firmware"], "value") or value["firmware"]).lower()
    roots = disks(value.get("root_disk"))
    if roots and len(roots) <= 2:
        result["root_disk"] = roots[0] if len(roots) == 1 else roots
    elif roots:
        where = f"machines.{name}.root_disk"
        why, remedy = f"the field {fields['root_disk']} has {len(roots)} disks", "leave one there, or two for a mirror"
        parts.fragment.refuse(where, why, remedy)
    data = disks(value.get("storage_disks"))
    return {**result, **({"storage_disks": data} if data else {})}


def disks(value: Any) -> list[dict[str, str]]:
    """Disks of a custom field: text with serial numbers or WWNs between commas or lines, or JSON with their keys."""
    if isinstance(value, Mapping):
        kept = {key: str(value[key]) for key in ("serial", "wwn", "device_class", "use") if value.get(key)}
        return [kept] if kept else []
    if isinstance(value, list):
        return [disk for item in value for disk in disks(item)]
    texts: Iterable[str] = re.split(r"[,;\n]", str(value)) if value is not None else ()
    stripped = [text.strip() for text in texts]
    return [{"wwn" if _WWN.fullmatch(text) else "serial": text} for text in stripped if text]


def _bmc(name: str, device: Object, parts: Parts) -> dict[str, Any]:
    """The management controller: its out-of-band address, else the address of its interface for management only."""
    site, fragment = parts.site, parts.fragment
    ports = [port for port in site.ports_of(device["id"]) if port.get("mgmt_only")]
    own = [(port, item) for port in ports for item in site.addresses.get(port["id"], [])]
    oob = get(device, "oob_ip", "address") or next((item["address"] for _port, item in own), None)
    address = address_of(oob)
    if address is None:
        fragment.note("machines", name, "bmc: NetBox has no out-of-band address of it; without one it is not deployed")
        return {}
    result: dict[str, Any] = {"address": str(address)}
    if parts.options.bmc_password:
        result["password"] = placeholder(parts.options.bmc_password)
    port = next((port for port, item in own if item["address"] == oob), ports[0] if len(ports) == 1 else None)
    end = parts.cabling.end(port) if port else None
    if end and end.switch and parts.networks.containing(address):
        result["switch_port"] = str(end)
    elif end and end.switch:
        fragment.note("machines", name, f"bmc.switch_port: {end} is its port, and no network has {address}")
    if end and end.why:
        fragment.note("machines", name, f"bmc.switch_port: {end.why}")
    return result


def _own(device: Object, parts: Parts) -> dict[str, list[tuple[Object, Address]]]:
    """Addresses of a machine by network, those of its management controller and shared ones left out."""
    found: dict[str, list[tuple[Object, Address]]] = {}
    oob = get(device, "oob_ip", "address")
    for port in parts.site.ports_of(device["id"]):
        for item in parts.site.addresses.get(port["id"], []) if not port.get("mgmt_only") else ():
            address = address_of(item["address"])
            network = parts.networks.containing(address) if address else None
            if address and network and item["address"] != oob and get(item, "role", "value") not in _SHARED:
                found.setdefault(network, []).append((item, address))
    return found


def _number(named: Mapping[str, Object], kept: Mapping[str, int], parts: Parts) -> None:
    """Numbers: of the last file, of the custom field, of the name where no other has it, else of the addresses."""
    fragment, known = parts.fragment, parts.fragment.sections["machines"]
    for name, device in named.items():
        own = get(device, "custom_fields", parts.options.fields.get("number", ""))
        number = kept.get(name) or (own if isinstance(own, int) else None) or known[name].get("number")
        if number:
            known[name]["number"] = number
    taken = {known[name]["number"] for name in named if "number" in known[name]}
    open_ = [name for name in named if "number" not in known[name]]
    digits = {name: trailing_number(name) for name in open_}
    for name in open_:
        number = digits[name]
        if not number or number in taken or list(digits.values()).count(number) > 1:
            number = _offset(named[name], parts)
        if not number or number in taken:
            text = "number: the digits of its name are another machine's as well, or it has none; give a number"
            fragment.doubt("machines", name, text)
            continue
        known[name]["number"] = number
        taken.add(number)


def _offset(device: Object, parts: Parts) -> int | None:
    """The number by which the plan gives a machine the addresses that NetBox has, where they agree on one."""
    found = {
        int(address) - parts.networks.planned(network, 0)
        for network, items in _own(device, parts).items()
        for _item, address in items[:1]
    }
    return found.pop() if len(found) == 1 and min(found) > 0 else None


def _addresses(name: str, device: Object, parts: Parts) -> None:
    """The key `addresses`: those of NetBox that differ from the plan."""
    values = parts.fragment.sections["machines"][name]
    primary = {get(device, key, "id") for key in ("primary_ip4", "primary_ip6")}
    result: dict[str, str] = {}
    for network, items in _own(device, parts).items():
        chosen = [pair for pair in items if pair[0]["id"] in primary] or items
        if len(chosen) > 1:
            listed = ", ".join(str(address) for _item, address in chosen)
            parts.fragment.doubt("machines", name, f"addresses.{network}: NetBox has {listed}; the first is taken")
        address = chosen[0][1]
        if "number" not in values or int(address) != parts.networks.planned(network, values["number"]):
            result[network] = str(address)
    if result:
        order = list(parts.networks.subnets)
        values["addresses"] = {network: result[network] for network in sorted(result, key=order.index)}
