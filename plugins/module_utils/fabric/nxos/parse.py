# SPDX-License-Identifier: GPL-3.0-or-later
"""A running configuration of NX-OS as ports, aggregations and VLANs, and its tables as sightings. Pure.

Two settings of NX-OS are coarser than the model's. They are read as what the model wants if the driver would write
nothing else, so that a second run changes nothing:

* MTU. NX-OS counts bytes of IP payload as the model does, but a switchport takes either 1500 or the system's jumbo MTU
  (Cisco Nexus 9000 Interfaces Configuration Guide, "Configuring the MTU Size"): see :func:`.render.mtu`.
* LACP fallback. ``no lacp suspend-individual`` lets *each* member forward as a port of its own while the partner is
  silent; no member can be named. See :func:`.render.individual`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from .. import breakout
from ..command_line import allowed_vlans
from ..config import (
    MIXED,
    NO_PARTNER,
    UNKNOWN,
    FabricError,
    Lacp,
    Lag,
    Membership,
    Port,
    PortMode,
    Sighting,
    SwitchConfig,
    mac_of,
)
from . import routed, vpc
from .names import channel_name, channel_number, port_name
from .render import individual, mtu
from .running import Interface, Running

_MAC = re.compile(r"[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}\Z", re.IGNORECASE)
#: A port and the partner's system in `show lacp neighbor`: ``Eth1/1 32768,52-54-0-0-1-1 …``; zeros are left out.
_PARTNER = re.compile(r"^(\S+)\s+(?:0x)?[0-9a-f]+\s*,\s*((?:[0-9a-f]{1,2}-){5}[0-9a-f]{1,2})\b", re.IGNORECASE)


def config(desired: SwitchConfig, running: Running, numbers: Mapping[str, int]) -> SwitchConfig:
    """The objects that `desired` names, and those that use the same ports, as the switch has them.

    :param numbers: numbers of the desired aggregations that exist.
    """
    spelled = {port_name(name) or name: name for name in desired.port_names}
    names = {number: name for name, number in numbers.items()}
    ports = {}
    for device, name in spelled.items():
        interface = running.interfaces.get(device)
        if interface and interface.group is None and running.is_switchport(interface):
            ports[name] = port(name, interface, running, desired.ports.get(name))
        elif interface and interface.group is None and routed.addresses(interface):
            ports[name] = routed.port(name, interface)
    lags = {}
    for number, interface in running.channels.items():
        name = names.get(number, channel_name(number))
        if name in desired.lags or set(running.members(number)) & set(spelled):
            lags[name] = lag(name, number, interface, running, spelled, desired.lags.get(name))
    vlans = {vlan: name for vlan, name in running.vlans.items() if vlan in desired.vlans}
    domain = vpc.read(running, desired.mlag, mtu(desired.mlag.mtu, running.jumbo)) if desired.mlag else None
    return SwitchConfig(desired.name, ports, lags, vlans, domain)


def port(name: str, interface: Interface, running: Running, wanted: Port | None) -> Port:
    """A port that is no member."""
    member = membership(interface)
    size = _mtu(interface, running, wanted.mtu if wanted else None)
    return Port(name, member, size, interface.value("description") or "", _edge(interface, member.mode))


def lag(
    name: str, number: int, interface: Interface, running: Running, spelled: Mapping[str, str], wanted: Lag | None
) -> Lag:
    """A port channel and its members."""
    devices = running.members(number)
    member = membership(interface) if running.is_switchport(interface) else UNKNOWN
    vpc = interface.value("vpc") or ""
    found = Lag(
        name,
        tuple(sorted(spelled.get(device, device) for device in devices)),
        member,
        _mtu(interface, running, wanted.mtu if wanted else None),
        None,
        interface.value("description") or "",
        int(vpc) if vpc.isdigit() else None,
        _edge(interface, member.mode),
    )
    lacp = _lacp(interface, [running.interfaces[device] for device in devices], found.members, wanted)
    return replace(found, lacp=lacp)


def membership(interface: Interface) -> Membership:
    """VLANs of a switchport. Modes that the driver never writes (dot1q-tunnel, fex-fabric …) are returned as a trunk
    without VLANs, which differs from every desired one and is therefore corrected."""
    mode = interface.value("switchport mode") or "access"
    if mode == "access":
        return Membership.of(PortMode.ACCESS, int(interface.value("switchport access vlan") or 1), [])
    if mode != "trunk":
        return UNKNOWN
    passing = allowed_vlans(interface.lines)
    native = int(interface.value("switchport trunk native vlan") or 1)
    return Membership(PortMode.TRUNK, native if native in passing else None, passing)


def _mtu(interface: Interface, running: Running, wanted: int | None) -> int:
    size = int(interface.value("mtu") or 1500)
    if wanted is not None and size in (wanted, mtu(wanted, running.jumbo)):
        return wanted
    return size


def _edge(interface: Interface, mode: PortMode) -> bool:
    kind = "spanning-tree port type edge trunk" if mode is PortMode.TRUNK else "spanning-tree port type edge"
    return interface.has(kind) and interface.has("spanning-tree bpduguard enable")


def _lacp(channel: Interface, ports: list[Interface], members: tuple[str, ...], wanted: Lag | None) -> Lacp | None:
    """LACP of a channel; None if it is static. Where members with LACP differ from each other, the opposite of what
    is wanted is returned, so that all of them are written again."""
    modes = {found.group[1] for found in ports if found.group}
    if "on" in modes:
        return None if modes == {"on"} else MIXED
    want = (wanted.lacp if wanted else None) or Lacp()
    active = modes == {"active"} if len(modes) == 1 else not want.active
    rates = {found.has("lacp rate fast") for found in ports}
    fast = rates == {True} if len(rates) == 1 else not want.fast
    alone = channel.has("no lacp suspend-individual")
    fallback = members[0] if members and alone else None
    if wanted and wanted.lacp and alone == individual(wanted):
        fallback = wanted.lacp.fallback_port
    elif wanted and wanted.lacp and wanted.lacp.fallback_port is None:
        fallback = members[0] if members else wanted.members[0]  # a vPC that has to be as its peer's: see individual()
    return Lacp(active, fast, fallback)


def mac_table(text: str, numbers: Mapping[int, str], spelled: Mapping[str, str]) -> list[Sighting]:
    """Addresses of ``show mac address-table``: the word with dots is the address, the last one the port.

    :param numbers: names of aggregations by their number.
    :param spelled: the model's names of ports by the switch's.
    """
    found = []
    for line in text.splitlines():
        words = line.split()
        macs = [word for word in words if _MAC.match(word)]
        place = _place(words[-1], numbers, spelled) if macs else None
        if place:
            found.append(Sighting(mac_of(macs[0]), place, "mac_table"))
    return found


def is_mac(word: str) -> bool:
    """Whether a word is an address as NX-OS writes it."""
    return _MAC.match(word) is not None


def partners(text: str, spelled: Mapping[str, str]) -> list[Sighting]:
    """Systems at the other end of member ports, of ``show lacp neighbor``."""
    found = []
    for line in text.splitlines():
        match = _PARTNER.match(line.strip())
        name = port_name(match[1]) if match else None
        if match and name:
            mac = ":".join(part.zfill(2) for part in match[2].lower().split("-"))
            if mac != NO_PARTNER:
                found.append(Sighting(mac, spelled.get(name, name), "lacp"))
    return found


def neighbors(text: str, spelled: Mapping[str, str]) -> list[Sighting]:
    """Neighbours of ``show lldp neighbors detail`` whose chassis or port is given as a MAC address."""
    found: list[Sighting] = []
    macs: list[str] = []
    for line in text.splitlines():
        key, __, value = line.partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "chassis id":
            macs = []
        if key in ("chassis id", "port id") and _MAC.match(value) and mac_of(value) not in macs:
            macs.append(mac_of(value))
        name = port_name(value) if key == "local port id" else None
        if name:
            found += [Sighting(mac, spelled.get(name, name), "lldp") for mac in macs]
    return found


def _place(text: str, numbers: Mapping[int, str], spelled: Mapping[str, str]) -> str | None:
    number, name = channel_number(text), port_name(text)
    if number is not None:
        return numbers.get(number, channel_name(number))
    return spelled.get(name, name) if name else None


def require(desired: SwitchConfig, running: Running) -> None:
    """Refuse what this switch cannot do or what it would lose: a FabricError says what."""
    where = f"switches.{desired.name}"
    devices = {port_name(name) or name: name for name in desired.all_ports}
    missing = sorted(name for device, name in devices.items() if device not in running.interfaces)
    if missing:
        known = ", ".join(name for name in running.interfaces if port_name(name)) or "none"
        why, more = f"there is no port {', '.join(missing)}", breakout.remedy("nxos", missing, running.interfaces)
        raise FabricError(where, why, f"its ports are: {known}; correct the cabling in the model{more}")
    routed.require(where, desired, running)
    for number, channel in running.channels.items():
        taken = sorted(set(running.members(number)) & {port_name(name) for name in desired.port_names})
        if channel.has("vpc peer-link") and taken:
            why = f"it is a member of the vPC peer link {channel.name}"
            raise FabricError(f"{where}.ports.{devices[taken[0]]}", why, "correct the cabling in the model")
    vpc.require(desired, running)
    _require_features(where, desired, running)


def _require_features(where: str, desired: SwitchConfig, running: Running) -> None:
    negotiates = desired.mlag or any(lag.lacp for lag in desired.lags.values())
    needed = ["feature scheduler", *(["feature lacp"] if negotiates else [])]
    for line in needed:
        if line not in running.lines:
            raise FabricError(where, f"`{line}` is not configured", f"enter `{line}` on the switch, and save it")
    pairs = sorted(name for name, lag in desired.lags.items() if lag.mlag is not None)
    if pairs and not desired.mlag and not running.has_peer_link:
        why = "the switch has no vPC domain with a peer link, so an aggregation cannot span two switches"
        raise FabricError(f"{where}.lags.{pairs[0]}", why, "give the model a peer_link, or configure it on both")
