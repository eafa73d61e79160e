# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Uplinks of switches: cabled ports with VLANs at whose other end is no machine of the model."""

from __future__ import annotations

from typing import Any

from ..fabric.config import NAME
from .names import get, natural
from .netbox_links import is_card
from .netbox_machines import Parts
from .netbox_read import Object


def cards_of(switch: str, parts: Parts) -> list[Object]:
    """Ports of a switch that take a cable and are not for its management, in the order of their names."""
    ports = [port for one in parts.cabling.members[switch] for port in parts.site.ports_of(one["id"])]
    cards = [port for port in ports if is_card(port) and not port.get("mgmt_only")]
    return sorted(cards, key=lambda port: natural(str(port["name"])))


def uplinks(switch: str, peer: str | None, parts: Parts) -> dict[str, Any]:
    """Make the key `uplinks` of a switch.

    :param peer: the other switch of its MLAG pair; ports to it are the peer link, which carries what it needs.
    """
    machines = {device["id"] for device in parts.site.machines}
    links: dict[str, list[Object]] = {}
    between: list[str] = []
    for port in cards_of(switch, parts):
        ends = {get(end, "device", "id") for end in port.get("connected_endpoints") or ()}
        if not NAME.match(str(port["name"])) or ends & machines or not port.get("cable"):
            continue
        if peer is not None and parts.cabling.end(port).switch == peer:
            between.append(str(port["name"]))
            continue
        lag = parts.cabling.aggregate(port)
        own = str(get(lag, "name")) if lag is not port else str(port["name"])
        links.setdefault(own, []).append(port)
    if between:
        text = f"mlag: the link to {peer} is at {', '.join(between)}"
        parts.fragment.note("switches", switch, text)
    made = {name: _uplink(switch, name, ports, parts) for name, ports in links.items()}
    return {name: values for name, values in made.items() if values}


def _uplink(switch: str, name: str, ports: list[Object], parts: Parts) -> dict[str, Any]:
    """One uplink of a port, or of the members of an aggregation; empty where it cannot be written."""
    fragment, networks = parts.fragment, parts.networks
    lag = parts.cabling.aggregate(ports[0]) or ports[0]
    carries, mode = networks.carried(lag), get(lag, "mode", "value")
    if not carries or not NAME.match(name):
        what = "no VLAN of the networks that were read" if not carries else "a name that no switch has"
        fragment.note("switches", switch, f"uplinks.{name}: NetBox has a cable, and {what}; left out")
        return {}
    members = [str(port["name"]) for port in ports] if lag is not ports[0] else []
    names = ["all"] if mode == "tagged-all" else [one for one in networks.vlans.values() if one in carries]
    texts = (*(port.get("description") for port in (lag, *ports)), *map(_far, ports), "uplink")
    return {
        **({"members": members} if members else {}),
        "networks": names,
        **({} if mode == "access" else {"mode": "trunk", **_native(lag, carries, parts)}),
        "description": " ".join(str(next(filter(None, texts))).split()),
    }


def _native(lag: Object, carries: set[str], parts: Parts) -> dict[str, str]:
    """The untagged network of a trunk, where it is not the provision network."""
    own, provision = parts.networks.vlans.get(get(lag, "untagged_vlan", "vid")), parts.networks.native
    if own == provision or (own is None and provision not in carries):
        return {}
    return {"native": own or "none"}


def _far(port: Object) -> str:
    ends = port.get("connected_endpoints") or port.get("link_peers") or []
    return ", ".join(str(get(end, "device", "name") or end.get("display")) for end in ends)
