# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches of a model from devices of NetBox: platforms, ports, uplinks, pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..fabric.config import NAME
from ..model.enums import BY_HTTPS, BY_SSH, Platform
from .fragment import Fragment, placeholder
from .names import device_name, get, ranges
from .netbox_cables import Cabling
from .netbox_machines import Parts
from .netbox_networks import address_of
from .netbox_options import Options
from .netbox_read import Object, Site
from .netbox_uplinks import cards_of, uplinks


def switches(parts: Parts) -> None:
    """Fill the section of switches. Machines have been made before, since their cables are what is no uplink."""
    for name, device in parts.cabling.heads.items():
        parts.fragment.sections["switches"][name] = _switch(name, device, parts)
    _pairs(parts)
    for name, values in parts.fragment.sections["switches"].items():
        found = uplinks(name, values.get("mlag"), parts)
        values.update({"uplinks": found} if found else {})


def _switch(name: str, device: Object, parts: Parts) -> dict[str, Any]:
    fragment = parts.fragment
    shown = str(device["name"])
    if name != shown:
        fragment.note("switches", name, f"NetBox: {shown}")
    slug = str(get(device, "platform", "slug"))
    word = parts.options.platforms.get(slug)
    if word is None:
        what = "NetBox has no platform of it" if slug == "None" else f"platforms has nothing for {slug}"
        fragment.note("switches", name, f"platform: {what}, so people configure it by hand")
    platform = Platform(word or "unmanaged")
    values: dict[str, Any] = {"platform": str(platform), **_login(name, device, platform, parts.options, fragment)}
    location = parts.places.locate("switches", name, device, fragment)
    values.update({"location": location} if location else {})
    cards = cards_of(name, parts)
    bad = [str(port["name"]) for port in cards if not NAME.match(str(port["name"]))]
    if bad:
        fragment.doubt("switches", name, f"ports: no switch names ports so, left out: {', '.join(bad)}")
    named = ranges(str(port["name"]) for port in cards if NAME.match(str(port["name"])))
    values.update({"ports": named} if named else {})
    return values


def _login(name: str, device: Object, platform: Platform, options: Options, fragment: Fragment) -> dict[str, Any]:
    """The management address, and what it is logged in with, whose secret is a variable."""
    address = address_of(get(device, "primary_ip4", "address") or get(device, "primary_ip", "address"))
    found: dict[str, Any] = {"address": str(address)} if address else {}
    if platform is Platform.OPENVSWITCH:
        fragment.doubt("switches", name, "database: NetBox has no OVSDB of it")
        return found
    if platform not in BY_HTTPS | BY_SSH:
        return found
    if not address:
        fragment.doubt("switches", name, "address: NetBox has no primary address of it")
    if options.switch_username:
        found["username"] = options.switch_username
    else:
        fragment.note("switches", name, "username: NetBox has no account; give it here or in defaults.switch")
    if options.switch_password:
        found["password"] = placeholder(options.switch_password)
    return found


def _pairs(parts: Parts) -> None:
    """MLAG pairs: of the custom field, else of the machines whose LAG ends at two switches."""
    known = parts.fragment.sections["switches"]
    own = parts.options.fields.get("mlag", "")
    found: Counter[tuple[str, str]] = Counter()
    for name, device in parts.cabling.heads.items():
        peer = get(device, "custom_fields", own)
        text = device_name(str(get(peer, "name") or peer)) if peer else ""
        if text in known:
            known[name]["mlag"] = text
        elif text:
            parts.fragment.refuse(
                f"switches.{name}.mlag", f"{text} is no switch that was read", f"correct the field {own}"
            )
    for machine in parts.site.machines:
        found.update(_spanned(machine, parts.site, parts.cabling))
    pairs = [pair for pair in sorted(found) if not any("mlag" in known[name] for name in pair)]
    for one, other in pairs:
        text = f"{found[one, other]} LAGs of machines end at {one} and {other}"
        if [name for pair in pairs for name in pair if name in (one, other)] != [one, other]:
            parts.fragment.doubt("switches", one, f"mlag: {text}, and others at other switches")
            continue
        known[one]["mlag"], known[other]["mlag"] = other, one
        parts.fragment.note("switches", one, f"mlag: NetBox has no MLAG; {text}")


def _spanned(machine: Object, site: Site, cabling: Cabling) -> Iterable[tuple[str, str]]:
    """The two switches at which the ports of one LAG end, for each LAG."""
    ports = site.ports_of(machine["id"])
    for lag in (port for port in ports if get(port, "type", "value") == "lag"):
        ends = {cabling.end(port).switch for port in ports if get(port, "lag", "id") == lag["id"]} - {""}
        if len(ends) == 2:
            one, other = sorted(ends)
            yield one, other
