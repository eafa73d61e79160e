# SPDX-License-Identifier: GPL-3.0-or-later
"""The running configuration of an EOS switch as ports, link aggregations and VLANs. Pure.

``show running-config`` as JSON has a tree: ``cmds`` maps each line to None, or to the ``cmds`` of its section (as read
by napalm and by Arista's own event handlers). Lines with default values are left out of it: access VLAN 1, mode
access, native VLAN 1, all VLANs allowed, MTU 1500, name ``VLAN0010``, LACP timer normal, port priority 32768.

MTU: EOS counts bytes of IP packets without the Ethernet header, as the model does, so nothing is converted. On a
switched port the value is kept and shown, but limits routed packets only (aristaeos.blogspot.com, "Arista EOS MTU
behavior"): switched frames pass up to what the hardware carries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..command_line import allowed_vlans, numbers_of
from ..config import MIXED, NO_VLANS, UNKNOWN, FabricError, Lacp, Lag, Membership, Port, PortMode
from ..routed import address

#: Seconds that the fallback waits for an LACPDU: less than a network boot waits for DHCP; EOS has 90 by default.
FALLBACK_SECONDS = 5
DEFAULT_FALLBACK_SECONDS = 90
#: LACP port priority of the member that falls back; a lower number is preferred, the default is 32768.
PREFERRED, DEFAULT_PRIORITY = 8192, 32768
DEFAULT_MTU = 1500
#: Lines with an address of an interface; of IPv6, those that were asked for are shown with their prefix.
ADDRESSES = ("ip address ", "ipv6 address ")
_SHORT = {"e": "Ethernet", "et": "Ethernet", "eth": "Ethernet", "ethernet": "Ethernet"}
#: The line of a short timeout in present releases of EOS, and in old ones.
_FAST = {"lacp timer fast", "lacp rate fast"}

Lines = list[str]


def port_name(where: str, name: str) -> str:
    """The name of a port as EOS writes it: ``Ethernet1/2`` for ``Et1/2``; another kind of interface is an error."""
    found = re.fullmatch(r"([A-Za-z]+)(\d+(?:/\d+)*)", name)
    if not found or found[1].lower() not in _SHORT:
        raise FabricError(
            f"{where}.ports.{name}", "is no name of a port of EOS", "write it as Ethernet1 or Ethernet1/2"
        )
    return f"{_SHORT[found[1].lower()]}{found[2]}"


@dataclass(frozen=True)
class Running:
    """The parts of a running configuration that the model has.

    :ivar interfaces: lines of each Ethernet and Port-Channel interface, by its name.
    :ivar vlans: names by VLAN; a suspended one has a name that no model has.
    :ivar mlag: the settings of the MLAG domain.
    :ivar sections: lines of other sections and of VLANs by their first line, and lines without a section.
    """

    interfaces: dict[str, Lines] = field(default_factory=dict)
    vlans: dict[int, str] = field(default_factory=dict)
    mlag: Lines = field(default_factory=list)
    sections: dict[str, Lines] = field(default_factory=dict)

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Running:
        """Read the JSON of ``show running-config``."""
        found = cls({}, {1: "default"}, [])
        for header, body in (answer.get("cmds") or {}).items():
            lines = list(body.get("cmds") or {}) if isinstance(body, dict) else []
            kind, __, rest = header.partition(" ")
            if kind == "interface" and rest.startswith(("Ethernet", "Port-Channel")):
                found.interfaces[rest] = lines
            elif kind == "vlan" and re.fullmatch(r"[\d,-]+", rest):
                found.vlans.update({vid: _vlan_name(vid, lines) for vid in numbers_of(rest)})
                found.sections.update({f"vlan {vid}": lines for vid in numbers_of(rest)})
            elif header == "mlag configuration":
                found.mlag.extend(lines)
            else:
                found.sections[header] = lines
        return found

    @property
    def members(self) -> dict[int, dict[str, str]]:
        """LACP mode of each member port (``active``, ``passive`` or ``on``) by the number of its channel."""
        numbers = [name.removeprefix("Port-Channel") for name in self.interfaces]
        channels: dict[int, dict[str, str]] = {int(number): {} for number in numbers if number.isdigit()}
        for name, lines in self.interfaces.items():
            number, __, mode = value(lines, "channel-group").partition(" mode ")
            if number.isdigit():
                channels.setdefault(int(number), {})[name] = mode
        return channels

    def channel(self, number: int) -> Lines:
        """The lines of a Port-Channel."""
        return self.interfaces.get(f"Port-Channel{number}", [])


def value(lines: Iterable[str], key: str) -> str:
    """The rest of the last line that begins with the key; empty if there is none."""
    found = [line.removeprefix(f"{key} ").strip() for line in lines if line.startswith(f"{key} ")]
    return found[-1] if found else ""


def port(name: str, lines: Lines, wanted: Port | None) -> Port:
    """The port of that name in the model from its lines; a routed one if it has addresses, or shall have some."""
    text, addresses = value(lines, "description"), _addresses(lines)
    if "no switchport" in lines and (addresses or (wanted and wanted.addresses)):
        return Port(name, NO_VLANS, _mtu(lines), text, addresses=addresses)
    return Port(name, membership(lines), _mtu(lines), text, _edge(lines, wanted))


def _addresses(lines: Lines) -> tuple[str, ...]:
    """The addresses of a routed port: ``10.50.0.2/31``, and words where they are others than one of each version."""
    found = [line.split(maxsplit=2)[2] for line in lines if line.startswith(ADDRESSES)]
    return tuple(map(address, found))


def lag(name: str, running: Running, number: int, ports: Mapping[str, str], wanted: Lag | None) -> Lag:
    """The link aggregation of that name from its channel.

    :param ports: the model's name of each port; one that the model does not name has its own.
    """
    lines, modes = running.channel(number), running.members.get(number, {})
    identifier = value(lines, "mlag")
    return Lag(
        name,
        tuple(sorted(ports.get(member, member) for member in modes)),
        membership(lines),
        _mtu(lines),
        _lacp(running, number, ports),
        value(lines, "description"),
        int(identifier) if identifier.isdigit() else None,
        _edge(lines, wanted),
    )


def membership(lines: Lines) -> Membership:
    """The VLANs that pass. Untagged frames of a trunk belong to its native VLAN, and are dropped where this may not
    pass, so that such a trunk has none."""
    mode = value(lines, "switchport mode") or "access"
    if "no switchport" in lines or mode not in ("access", "trunk"):
        return UNKNOWN
    if mode == "access":
        return Membership.of(PortMode.ACCESS, int(value(lines, "switchport access vlan") or 1), [])
    native = value(lines, "switchport trunk native vlan") or "1"
    passing = allowed_vlans(lines)
    untagged = int(native) if native.isdigit() and int(native) in passing else None
    return Membership(PortMode.TRUNK, untagged, passing)


def _mtu(lines: Lines) -> int:
    text = value(lines, "mtu")
    return int(text) if text.isdigit() else DEFAULT_MTU


def _edge(lines: Lines, wanted: Port | Lag | None) -> bool:
    """Whether it is an edge port. With one of both settings it is the contrary of what is wanted, so that it is
    corrected."""
    portfast = bool({"spanning-tree portfast", "spanning-tree portfast edge"} & set(lines))
    both = (portfast, "spanning-tree bpduguard enable" in lines)
    return all(both) if wanted and wanted.edge else any(both)


def _lacp(running: Running, number: int, ports: Mapping[str, str]) -> Lacp | None:
    """LACP of a channel; None if it is static. Members that differ in it are corrected."""
    members = running.members.get(number, {})
    modes = set(members.values())
    fast = {bool(_FAST & set(running.interfaces[name])) for name in members}
    if modes == {"on"}:
        return None
    if len(modes) != 1 or len(fast) != 1:
        return MIXED
    return Lacp(modes == {"active"}, fast == {True}, _fallback(running, number, ports))


def _fallback(running: Running, number: int, ports: Mapping[str, str]) -> str | None:
    """The member that falls back, in words if it is another fallback than the one which the model describes."""
    lines = running.channel(number)
    kind = value([line for line in lines if "timeout" not in line], "port-channel lacp fallback")
    kind = kind or ("static" if "port-channel lacp fallback" in lines else "")
    if not kind:
        return None
    priority = {
        name: int(value(running.interfaces[name], "lacp port-priority") or DEFAULT_PRIORITY)
        for name in running.members.get(number, {})
    }
    first = [name for name, rank in priority.items() if rank == min(priority.values())]
    seconds = int(value(lines, "port-channel lacp fallback timeout") or DEFAULT_FALLBACK_SECONDS)
    if kind != "static" or len(first) != 1 or seconds != FALLBACK_SECONDS:
        return f"{kind} of {' or '.join(sorted(first))} after {seconds} s"
    return ports.get(first[0], first[0])


def _vlan_name(vid: int, lines: Lines) -> str:
    name = value(lines, "name") or ("default" if vid == 1 else f"VLAN{vid:04d}")
    return f"{name} (suspended)" if "state suspend" in lines else name
