# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches of a twin: one Open vSwitch bridge per switch or MLAG pair, connected by trunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .legs import leg_port
from .names import INTERFACE_LIMIT, short
from .shell import LabError

Tree = dict[str, Any]


@dataclass(frozen=True)
class Cabling:
    """Maps switches and ports of the model to those of the twin."""

    bridges: dict[str, str]
    paired: frozenset[str]

    def port(self, reference: str) -> str:
        """The twin's port for `leaf2/Ethernet1`; an unknown switch is kept, and the model's check refuses it."""
        switch, __, port = str(reference).partition("/")
        if switch not in self.bridges:
            return str(reference)
        return f"{self.bridges[switch]}/{self.name(switch, port)}"

    def name(self, switch: str, port: str) -> str:
        """Name of a port in the twin. Ports of an MLAG pair include the switch's name: both may have an `Ethernet1`."""
        return f"{switch}.{port}" if switch in self.paired else port


def twin_switches(
    switches: Tree, networks: Tree, rack: str | None, database: str, notes: list[str]
) -> tuple[Tree, Cabling]:
    """The twin's `switches`, and the mapping of ports for what is cabled to them.

    The controller is cabled to the first bridge, one access port per network (`ctl-NETWORK`): the kernel of a small
    host may have no VLAN interfaces. Further bridges are connected to the first by a trunk (`to-BRIDGE`), but not for
    networks with a subnet for each rack: there the controller is cabled to a bridge of its `rack`, and the router
    to one of each (`rtr-NETWORK-RACK`).
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
        _add_notes(members, bridge, switches, notes)
    _connect(result, networks)
    _connect_racks(result, networks, rack)
    return result, cabling


def _groups(switches: Tree) -> list[list[str]]:
    groups: list[list[str]] = []
    seen: set[str] = set()
    for name, settings in switches.items():
        if name in seen:
            continue
        pair = (settings or {}).get("mlag")
        peer = pair.get("peer") if isinstance(pair, dict) else pair
        members = [name, peer] if peer in switches and peer != name and peer not in seen else [name]
        seen.update(members)
        groups.append(members)
    return groups


def _add_notes(members: list[str], bridge: str, switches: Tree, notes: list[str]) -> None:
    for name in members:
        settings = switches[name] or {}
        platform = str(settings.get("platform"))
        if platform == "unmanaged":
            notes.append(f"switches.{name}.platform: replaced by Open vSwitch, which is configured and not unmanaged")
        for port, uplink in (settings.get("uplinks") or {}).items():
            what = (uplink or {}).get("description", "uplink")
            notes.append(f"switches.{name}.uplinks.{port}: {what} has no twin; the lab's controller has its own ports")
        for port, device in (settings.get("devices") or {}).items():
            what = (device or {}).get("description", "device")
            notes.append(f"switches.{name}.devices.{port}: {what} has no twin")
        if settings.get("ports"):
            notes.append(f"switches.{name}.ports: a bridge has only the ports to which something is cabled")
    if len(members) > 1:
        pair = " and ".join(members)
        notes.append(f"switches.{members[0]}.mlag: {pair} are one bridge, {bridge}; the failure of one can't be tested")
    elif bridge != members[0]:
        notes.append(
            f"switches.{members[0]}: is named {bridge}: a Linux interface name has at most {INTERFACE_LIMIT} characters"
        )


def _connect(bridges: Tree, networks: Tree) -> None:
    names = list(bridges)
    if not names:
        return
    hub = bridges[names[0]]["uplinks"]
    for network, settings in networks.items():
        if (settings or {}).get("subnet"):
            hub[f"ctl-{network}"] = {"networks": [network], "mode": "access", "description": "controller"}
    shared = [name for name, settings in networks.items() if not (settings or {}).get("racks")]
    carried = ["all"] if len(shared) == len(networks) else shared
    for name in names[1:] if carried else ():
        hub[f"to-{name}"] = {"networks": carried, "mode": "trunk", "description": name}
        bridges[name]["uplinks"][f"to-{names[0]}"] = {"networks": carried, "mode": "trunk", "description": names[0]}


def _connect_racks(bridges: Tree, networks: Tree, own: str | None) -> None:
    for network, settings in networks.items():
        for rack in (settings or {}).get("racks") or {}:
            bridge = next((item for item in bridges.values() if (item.get("location") or {}).get("rack") == rack), None)
            if bridge is None:
                remedy = f"give one of them location: {{rack: {rack}}}"
                raise LabError(f"networks.{network}.racks.{rack}: no switch stands in this rack; {remedy}")
            access: Tree = {"networks": [network], "mode": "access"}
            bridge["uplinks"][leg_port(network, rack)] = {**access, "description": "router"}
            if rack == own:
                bridge["uplinks"][f"ctl-{network}"] = {**access, "description": "controller"}
