# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of ``show running-config`` as blocks. Pure.

A line without indentation begins a block, indented lines belong to it. Defaults are not in the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..command_line import numbers_of
from .names import channel_number

JUMBO = 9216
_GROUP = re.compile(r"channel-group (\d+)(?: force)?(?: mode (\S+))?")
_CHECK = re.compile(r"^\s*(no )?system default switchport\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Interface:
    """One interface and its lines without indentation."""

    name: str
    lines: tuple[str, ...] = ()

    def has(self, line: str) -> bool:
        """Whether the block has this line."""
        return line in self.lines

    def value(self, key: str) -> str | None:
        """What follows the key on its line; None without one."""
        found = [line.removeprefix(key).strip() for line in self.lines if line.startswith(f"{key} ")]
        return found[-1] if found else None

    @property
    def group(self) -> tuple[int, str] | None:
        """The number of the port channel that the port is a member of, and its mode (``active``, ``on`` …)."""
        for line in self.lines:
            found = _GROUP.match(line)
            if found:
                return int(found[1]), found[2] or "on"
        return None

    @property
    def used_by_routing(self) -> bool:
        """Whether the port has an address or a routing instance, which a switchport would lose."""
        return any(line.startswith(("ip address ", "ipv6 address ", "vrf member ")) for line in self.lines)


@dataclass(frozen=True)
class Running:
    """The parts of a running configuration that matter here.

    :ivar lines: lines without indentation, such as ``feature lacp``.
    :ivar vlans: names of the VLANs that exist, by VID.
    :ivar vpc: lines of the block ``vpc domain``; None without one. `vpc_domain` is its number.
    :ivar switchports: whether an interface is a switchport by default (``system default switchport``).
    """

    interfaces: dict[str, Interface]
    lines: frozenset[str]
    vlans: dict[int, str]
    vpc: tuple[str, ...] | None
    switchports: bool
    vpc_domain: str = ""

    @property
    def jumbo(self) -> int:
        """The largest MTU of a switchport (``system jumbomtu``), in bytes."""
        found = [line.split()[-1] for line in self.lines if line.startswith("system jumbomtu ")]
        return int(found[0]) if found else JUMBO

    @property
    def channels(self) -> dict[int, Interface]:
        """Port channels by their number."""
        numbers = {channel_number(name): interface for name, interface in self.interfaces.items()}
        return {number: interface for number, interface in sorted(numbers.items(), key=str) if number is not None}

    def members(self, number: int) -> tuple[str, ...]:
        """The ports of a port channel."""
        return tuple(name for name, port in self.interfaces.items() if port.group and port.group[0] == number)

    def is_switchport(self, interface: Interface) -> bool:
        """Whether the interface is a switchport (layer 2)."""
        if interface.has("no switchport"):
            return False
        shown = interface.has("switchport") or any(line.startswith("switchport ") for line in interface.lines)
        return shown or self.switchports

    @property
    def has_peer_link(self) -> bool:
        """Whether the switch is one of a vPC pair: a domain, and a peer link or vPC fabric peering."""
        if self.vpc is None or "feature vpc" not in self.lines:
            return False
        linked = any(channel.has("vpc peer-link") for channel in self.channels.values())
        return linked or any(line.startswith("virtual peer-link destination") for line in self.vpc)


def running(text: str, defaults: str) -> Running:
    """Read a running configuration.

    :param defaults: the output of ``show running-config all | include 'system default switchport'``, as the collection
        cisco.nxos asks for it; without its line, interfaces are routed by default.
    """
    blocks = _blocks(text)
    interfaces: dict[str, Interface] = {}
    vlans: dict[int, str] = {}
    vpc: tuple[str, ...] | None = None
    domain = ""
    for head, lines in blocks:
        if head.startswith("interface "):
            name = head.removeprefix("interface ").strip()
            interfaces[name] = Interface(name, lines)
        elif head.startswith("vpc domain "):
            vpc, domain = lines, head.removeprefix("vpc domain ").strip()
        elif re.match(r"vlan \d[\d,-]*$", head):
            names = [line.removeprefix("name ").strip() for line in lines if line.startswith("name ")]
            for vlan in numbers_of(head.removeprefix("vlan ")):
                vlans[vlan] = names[0] if names else vlans.get(vlan, f"VLAN{vlan:04}")
    check = _CHECK.search(defaults)
    switchports = check is not None and check[1] is None
    return Running(interfaces, frozenset(head for head, __ in blocks), vlans, vpc, switchports, domain)


def _blocks(text: str) -> list[tuple[str, tuple[str, ...]]]:
    blocks: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("!"):
            continue
        if line[0].isspace() and blocks:
            blocks[-1][1].append(line.strip())
        else:
            blocks.append((line.strip(), []))
    return [(head, tuple(lines)) for head, lines in blocks]
