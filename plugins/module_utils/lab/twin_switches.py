# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches of a twin: one Open vSwitch bridge per switch, or per MLAG pair, joined where the real ones would be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .names import short

Tree = dict[str, Any]


@dataclass(frozen=True)
class Cabling:
    """Where the switches of the model are in the twin."""

    bridges: dict[str, str]
    paired: frozenset[str]

    def port(self, reference: str) -> str:
        """`leaf2/Ethernet1` of the model, in the twin; a port of an unknown switch is left for the model to refuse."""
        switch, __, port = str(reference).partition("/")
        if switch not in self.bridges:
            return str(reference)
        return f"{self.bridges[switch]}/{self.name(switch, port)}"

    def name(self, switch: str, port: str) -> str:
        """A pair's ports carry the switch they were on, since both may have an `Ethernet1`."""
        return f"{switch}.{port}" if switch in self.paired else port


def twin_switches(switches: Tree, networks: Tree, database: str, notes: list[str]) -> tuple[Tree, Cabling]:
    """The twin's `switches` and how to rewrite what is cabled to them.

    The controller is cabled to the first bridge, one access port per network (`ctl-NETWORK`): the kernel of a small
    host may have no VLAN interfaces. Further bridges are joined to the first by a trunk (`to-BRIDGE`).
    """
    groups = _groups(switches)
    cabling = Cabling(
        bridges={name: short("-".join(members)) for members in groups for name in members},
        paired=frozenset(name for members in groups if len(members) > 1 for name in members),
    )
    result: Tree = {}
    for members in groups:
        bridge = cabling.bridges[members[0]]
        first = switches[members[0]] or {}
        result[bridge] = {"platform": "openvswitch", "database": database, "uplinks": {}}
        result[bridge] |= {key: first[key] for key in ("mtu", "location") if key in first}
        _say(members, bridge, switches, notes)
    _join(result, networks)
    return result, cabling


def _groups(switches: Tree) -> list[list[str]]:
    groups: list[list[str]] = []
    seen: set[str] = set()
    for name, settings in switches.items():
        if name in seen:
            continue
        peer = (settings or {}).get("mlag")
        members = [name, peer] if peer in switches and peer != name and peer not in seen else [name]
        seen.update(members)
        groups.append(members)
    return groups


def _say(members: list[str], bridge: str, switches: Tree, notes: list[str]) -> None:
    for name in members:
        settings = switches[name] or {}
        platform = str(settings.get("platform"))
        if platform != "openvswitch":
            notes.append(f"switches.{name}.platform: Open vSwitch stands in; the driver of {platform} is not tried")
        for port, uplink in (settings.get("uplinks") or {}).items():
            what = (uplink or {}).get("description", "uplink")
            notes.append(f"switches.{name}.uplinks.{port}: {what} has no twin; the lab's controller has its own ports")
        if settings.get("ports"):
            notes.append(f"switches.{name}.ports: a bridge has just the ports that something is cabled to")
    if len(members) > 1:
        pair = " and ".join(members)
        notes.append(f"switches.{members[0]}.mlag: {pair} are one bridge, {bridge}; losing one can't be tried")
    elif bridge != members[0]:
        notes.append(f"switches.{members[0]}: is called {bridge}, as long as a Linux bridge's name may be")


def _join(bridges: Tree, networks: Tree) -> None:
    names = list(bridges)
    if not names:
        return
    hub = bridges[names[0]]["uplinks"]
    for network, settings in networks.items():
        if (settings or {}).get("subnet"):
            hub[f"ctl-{network}"] = {"networks": [network], "mode": "access", "description": "controller"}
    for name in names[1:]:
        hub[f"to-{name}"] = {"networks": ["all"], "mode": "trunk", "description": name}
        bridges[name]["uplinks"][f"to-{names[0]}"] = {"networks": ["all"], "mode": "trunk", "description": names[0]}
