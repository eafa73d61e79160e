# SPDX-License-Identifier: GPL-3.0-or-later
"""The MLAG domain of EOS: its reading and its commands. Pure.

Lines as arista.avd (eos_cli_config_gen, eos_designs) writes them: a VLAN in a trunk group, so that it is on the peer
link only; no spanning tree in it; its interface with ``no autostate``; the peer link a trunk of all VLANs with that
group; ``mlag configuration`` with ``domain-id``, ``local-interface``, ``peer-address``, its ``heartbeat`` and
``peer-link``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..command_line import numbers_of
from ..config import SwitchConfig
from ..mlag import CHANNEL, PEER_LINK, Keepalive, Mlag
from .parse import DEFAULT_MTU, Lines, Running, value

TRUNK_GROUP = "mlag-peer"
_NO_STP = "no spanning-tree vlan-id"


def channel_of(running: Running, desired: SwitchConfig, ports: Mapping[str, str]) -> int | None:
    """The Port-Channel of the peer link: that of the domain, else one with its description or its ports; None without.

    :param ports: EOS' names of ports by the model's.
    """
    if desired.mlag is None:
        return None
    number = value(running.mlag, "peer-link").removeprefix("Port-Channel")
    if number.isdigit():
        return int(number)
    wanted = {ports[name] for name in desired.mlag.peer_link}
    members = running.members
    described = (n for n in members if value(running.channel(n), "description") == PEER_LINK)
    same = (n for n in members if set(members[n]) == wanted)
    return next(described, None) or next(same, None)


def read(running: Running, wanted: Mlag, channel: int | None, names: Mapping[str, str]) -> Mlag | None:
    """The domain of the switch; None if it has none.

    :param channel: see :func:`channel_of`.
    :param names: the model's names of ports by EOS'.
    """
    if not running.mlag:
        return None
    vlan = value(running.mlag, "local-interface").removeprefix("Vlan")
    members = running.members.get(channel or 0, {})
    lines = running.channel(channel or 0)
    size = value(lines, "mtu")
    return Mlag(
        value(running.mlag, "domain-id"),
        tuple(sorted(names.get(member, member) for member in members)),
        int(vlan) if vlan.isdigit() else 0,
        value(running.sections.get(f"interface Vlan{vlan}", []), "ip address"),
        value([line for line in running.mlag if "heartbeat" not in line], "peer-address"),
        int(size) if size.isdigit() else DEFAULT_MTU,
        _keepalive(running.mlag, wanted),
        _ready(running, wanted, lines, set(members.values())),
    )


def _keepalive(lines: Lines, wanted: Mlag) -> Keepalive | None:
    """The heartbeat. EOS chooses its source by itself; where none is wanted, the present one is no concern."""
    if wanted.keepalive is None:
        return None
    destination, __, vrf = value(lines, "peer-address heartbeat").partition(" vrf ")
    return Keepalive(destination, wanted.keepalive.source, vrf) if destination else None


def _ready(running: Running, wanted: Mlag, channel: Lines, modes: set[str]) -> bool:
    """Whether the VLAN is on the peer link only, and the peer link a trunk of all VLANs with LACP."""
    vlan = running.sections.get(f"vlan {wanted.vlan}", [])
    interface = running.sections.get(f"interface Vlan{wanted.vlan}", [])
    without = [line.removeprefix(_NO_STP).strip() for line in running.sections if line.startswith(_NO_STP)]
    trunk = {"switchport mode trunk", f"switchport trunk group {TRUNK_GROUP}", f"description {PEER_LINK}"}
    return (
        f"trunk group {TRUNK_GROUP}" in vlan
        and "no autostate" in interface
        and "shutdown" not in interface
        and any(wanted.vlan in numbers_of(text) for text in without)
        and modes == {"active"}
        and trunk <= set(channel)
        and not any(line.startswith("switchport trunk allowed vlan") for line in channel)
        and "shutdown" not in running.mlag
    )


def number(channels: Mapping[str, int], taken: Iterable[int]) -> int:
    """The Port-Channel of the peer link: the present one, else the highest free number up to :data:`..mlag.CHANNEL`."""
    used = {*channels.values(), *taken}
    return channels.get(PEER_LINK) or next(n for n in range(CHANNEL, 0, -1) if n not in used)


def commands(want: Mlag, have: Mlag | None, channel: int, ports: Mapping[str, str]) -> list[str]:
    """The commands of the domain, in the order in which they depend on each other.

    :param ports: EOS' names of ports by the model's; others have their own.
    """
    lines = [f"vlan {want.vlan}", f"trunk group {TRUNK_GROUP}", f"{_NO_STP} {want.vlan}"]
    for port in have.peer_link if have else ():
        if port not in want.peer_link:
            lines += [f"interface {ports.get(port, port)}", "no channel-group", "switchport mode trunk"]
            lines += ["switchport trunk allowed vlan none"]
    lines += [f"interface Port-Channel{channel}", f"description {PEER_LINK}", "switchport", "switchport mode trunk"]
    lines += ["no switchport trunk allowed vlan", f"switchport trunk group {TRUNK_GROUP}", f"mtu {want.mtu}", "no mlag"]
    for port in want.peer_link:
        lines += [f"interface {ports[port]}", f"channel-group {channel} mode active"]
    lines += [f"interface Vlan{want.vlan}", "no autostate", f"ip address {want.address}", "no shutdown"]
    lines += ["mlag configuration", f"domain-id {want.domain}", f"local-interface Vlan{want.vlan}"]
    lines += [f"peer-address {want.peer_address}"]
    if want.keepalive:
        vrf = f" vrf {want.keepalive.vrf}" if want.keepalive.vrf else ""
        lines += [f"peer-address heartbeat {want.keepalive.destination}{vrf}"]
    return [*lines, f"peer-link Port-Channel{channel}", "no shutdown"]
