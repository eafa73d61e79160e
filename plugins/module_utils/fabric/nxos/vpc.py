# SPDX-License-Identifier: GPL-3.0-or-later
"""The vPC domain of NX-OS: its reading and its commands. Pure.

Commands of the Cisco Nexus 9000 Interfaces Configuration Guide, "Configuring vPCs". The two switches find each other by
the peer link without an address or a VLAN, so these are read as they are wanted. The peer-keepalive is in the VRF
``management`` by default, which the running configuration does not show.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..config import FabricError, SwitchConfig
from ..mlag import CHANNEL, PEER_LINK, Keepalive, Mlag
from .names import channel_name, port_name, required_port
from .running import Running

_KEEPALIVE = re.compile(r"peer-keepalive destination (\S+)(?: source (\S+))?(?:.*? vrf (\S+))?")
_VRF = re.compile(r"[A-Za-z0-9_.-]{1,32}\Z")
DEFAULT_VRF = "management"


def channel_of(running: Running, wanted: Mlag) -> int | None:
    """The number of the peer link's channel: the present peer link, else one with its description or its ports."""
    ports = {port_name(port) or port for port in wanted.peer_link}
    rules = (
        lambda number: running.channels[number].has("vpc peer-link"),
        lambda number: running.channels[number].value("description") == PEER_LINK,
        lambda number: set(running.members(number)) == ports,
    )
    return next((number for rule in rules for number in running.channels if rule(number)), None)


def read(running: Running, wanted: Mlag, mtu: int) -> Mlag | None:
    """The domain of the switch; None if it has none.

    :param mtu: what a switchport has for the wanted MTU, see :func:`.render.mtu`.
    """
    if running.vpc is None:
        return None
    number = channel_of(running, wanted)
    channel = running.channels.get(number or 0)
    devices = running.members(number) if number is not None else ()
    spelled = {port_name(port): port for port in wanted.peer_link}
    size = int(channel.value("mtu") or 1500) if channel else 0
    groups = {port.group[1] for port in map(running.interfaces.__getitem__, devices) if port.group}
    ready = channel is not None and groups == {"active"} and channel.has("vpc peer-link")
    trunk = channel is not None and channel.value("switchport mode") == "trunk"
    everything = channel is not None and (channel.value("switchport trunk allowed vlan") or "all") in ("all", "1-4094")
    return Mlag(
        running.vpc_domain,
        tuple(sorted(spelled.get(device, device) for device in devices)),
        wanted.vlan,
        wanted.address,
        wanted.peer_address,
        wanted.mtu if size in (wanted.mtu, mtu) else size,
        _keepalive(running.vpc, wanted),
        ready and trunk and everything,
    )


def _keepalive(lines: Sequence[str], wanted: Mlag) -> Keepalive | None:
    """The peer-keepalive. A source or a VRF that is not wanted is no concern."""
    found = next(filter(None, map(_KEEPALIVE.match, lines)), None)
    if wanted.keepalive is None or found is None:
        return None
    destination, source, vrf = found[1], found[2] or "", found[3] or DEFAULT_VRF
    same = vrf == (wanted.keepalive.vrf or DEFAULT_VRF)
    return Keepalive(destination, source if wanted.keepalive.source else "", wanted.keepalive.vrf if same else vrf)


def number(running: Running, wanted: Mlag, taken: Mapping[str, int]) -> int:
    """The channel of the peer link: the present one, else the highest free number up to :data:`..mlag.CHANNEL`."""
    present = channel_of(running, wanted)
    used = {*running.channels, *taken.values()}
    return present if present is not None else next(n for n in range(CHANNEL, 0, -1) if n not in used)


def commands(
    switch: str, want: Mlag, have: Mlag | None, running: Running, *, channel: int, mtu: int, unused: Sequence[str]
) -> list[str]:
    """The commands of the domain, in the order in which they depend on each other.

    :param channel: the number of the peer link's channel; `mtu` is what it gets.
    :param unused: commands by which a port that leaves the peer link carries nothing.
    """
    lines = [] if "feature vpc" in running.lines else ["feature vpc"]
    lines += [f"vpc domain {want.domain}"]
    if want.keepalive:
        source = f" source {want.keepalive.source}" if want.keepalive.source else ""
        vrf = want.keepalive.vrf or DEFAULT_VRF
        lines += [f"peer-keepalive destination {want.keepalive.destination}{source} vrf {vrf}"]
    for port in have.peer_link if have else ():
        if port not in want.peer_link:
            lines += [f"interface {required_port(switch, port)}", "no channel-group", "switchport", *unused]
    members = set(running.members(channel))
    new = channel not in running.channels
    lines += [f"interface {channel_name(channel)}", "switchport", "switchport mode trunk"]
    lines += ["switchport trunk allowed vlan all", f"mtu {mtu}", f"description {PEER_LINK}"]
    lines += [*(["no shutdown"] if new else []), "vpc peer-link"]
    for port in want.peer_link:
        device = required_port(switch, port)
        group = running.interfaces[device].group
        if device in members and group and group[1] == "active":
            continue
        lines += [f"interface {device}", *(["no channel-group"] if group else []), "no shutdown", "switchport"]
        lines += [f"mtu {mtu}", f"channel-group {channel} force mode active"]
    return lines


def require(desired: SwitchConfig, running: Running) -> None:
    """Refuse a domain that the driver cannot make of the present one."""
    wanted, where = desired.mlag, f"switches.{desired.name}.mlag"
    if wanted is None:
        return
    if wanted.keepalive is None:
        raise FabricError(f"{where}.keepalive", "vPC does not begin without a peer-keepalive", "give its addresses")
    if wanted.keepalive.vrf and not _VRF.match(wanted.keepalive.vrf):
        remedy = "use letters, digits and _ . -, 32 at most"
        raise FabricError(f"{where}.keepalive.vrf", f"{wanted.keepalive.vrf!r} is not a VRF of NX-OS", remedy)
    if running.vpc is None:
        return
    if running.vpc_domain != wanted.domain:
        why = f"the switch is in the vPC domain {running.vpc_domain}, and a change would interrupt all its vPCs"
        remedy = f"write domain: {running.vpc_domain}, or remove the domain from both switches"
        raise FabricError(f"{where}.domain", why, remedy)
    if any(line.startswith("virtual peer-link destination") for line in running.vpc):
        why = "the switch has vPC fabric peering and no peer link of ports"
        raise FabricError(f"{where}.peer_link", why, "remove peer_link from the model")
