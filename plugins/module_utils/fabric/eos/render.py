# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as commands of an EOS configuration session. Pure.

The settings are written as the templates and the expected configurations of the collection arista.avd write them. Only
interfaces and VLANs of the plan are entered, and in these only settings that the model has are changed.

Network boot on a port with LACP: ``port-channel lacp fallback static`` lets one member forward while the partner is
silent, after :data:`.parse.FALLBACK_SECONDS`. Which one is pinned by ``lacp port-priority``, as in configurations that
arista.avd made; it was not verified on a device. In an MLAG pair the model names a fallback port on one switch only;
the other has no fallback.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..config import MIXED, FabricError, Lag, Membership, Port, PortMode, SwitchConfig
from ..mlag import PEER_LINK, Mlag
from ..plan import Plan, Step, Thing, ranges, released
from . import mlag
from .channels import allocate
from .parse import FALLBACK_SECONDS, PREFERRED

#: Text that the command line takes as it is: no control characters, quotes, pipes, redirections or comments.
_TEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:,;/()\[\]#+=@*-]*(?: [A-Za-z0-9_.:,;/()\[\]#+=@*-]+)*\Z")
_LONGEST_TEXT = 200
_VLAN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,31}\Z")
_NOT_A_MEMBER = ["no channel-group", "no lacp timer", "no lacp port-priority"]
#: A port that left its aggregation and has no other use; by default it would be an access port of VLAN 1.
_NO_TRAFFIC = ["switchport", "switchport mode trunk", "switchport trunk allowed vlan none"]
_NO_ADDRESS = ("no ip address", "no ipv6 address")
_NO_PORT = [
    "no description", "no switchport mode", "no switchport access vlan", "no switchport trunk native vlan",
    "no switchport trunk allowed vlan", "no mtu",
]  # fmt: skip


@dataclass(frozen=True)
class Switch:
    """What the plan's names are on the switch.

    :ivar ports: EOS' name of each port by the model's.
    :ivar channels: numbers of the present channels by their name in the model; that of the peer link has a name of its
        own, :data:`..mlag.PEER_LINK`.
    """

    ports: Mapping[str, str]
    channels: Mapping[str, int]

    def port(self, name: str) -> str:
        """EOS' name of a port; one that the model does not name has its own."""
        return self.ports.get(name, name)


def commands(plan: Plan, switch: Switch) -> list[str]:
    """The commands for the whole plan: VLANs, ports that leave channels, then ports and channels."""
    where = f"switches.{plan.switch}"
    new = [s.want for s in plan.steps if isinstance(s.want, Lag) and s.want.name not in switch.channels]
    domains = [(s.want, s.have) for s in plan.steps if isinstance(s.want, Mlag)]
    kept = {PEER_LINK: mlag.number(switch.channels, _identifiers(plan))} if domains else {}
    present = {**switch.channels, **kept}
    numbers = {**present, **allocate(where, new, present.values())}
    lines = [line for step in plan.steps if step.kind == "vlan" for line in _vlan(where, step)]
    lines += [line for name in _leaving(plan) for line in _section(switch.port(name), _NOT_A_MEMBER)]
    removed = [step.name for step in plan.steps if step.kind == "lag" and step.want is None]
    lines += [f"no interface Port-Channel{numbers[name]}" for name in removed]
    lines += [line for name in released(plan) for line in _section(switch.port(name), _NO_TRAFFIC)]
    for want, have in domains:
        lines += mlag.commands(want, have if isinstance(have, Mlag) else None, numbers[PEER_LINK], switch.ports)
    for step in plan.steps:
        if isinstance(step.want, Lag):
            lines += _lag(where, step, step.want, switch, numbers[step.want.name])
        elif step.kind == "port":
            lines += _port(where, step, switch)
    return lines


def _identifiers(plan: Plan) -> list[int]:
    """MLAG identifiers of the plan, whose numbers its channels prefer."""
    return [step.want.mlag for step in plan.steps if isinstance(step.want, Lag) and step.want.mlag is not None]


def refuse_text(where: str, desired: SwitchConfig) -> None:
    """Refuse descriptions and names of VLANs that cannot be written, so that check mode tells of them too."""
    for port in desired.ports.values():
        _described(f"{where}.ports.{port.name}", port.description)
    for lag in desired.lags.values():
        _described(f"{where}.lags.{lag.name}", lag.description)
    for vid, name in desired.vlans.items():
        _named(where, str(vid), name)
    vrf = desired.mlag.keepalive.vrf if desired.mlag and desired.mlag.keepalive else ""
    if vrf and not _VLAN_NAME.match(vrf):
        remedy = "use letters, digits and _ . : -"
        raise FabricError(f"{where}.mlag.keepalive.vrf", f"{vrf!r} is not a VRF of EOS", remedy)


def _section(interface: str, lines: list[str]) -> list[str]:
    return [f"interface {interface}", *lines]


def _leaving(plan: Plan) -> list[str]:
    """Ports to take out of their channel: those that leave it, and all of one that begins or ends to have LACP, since
    members with and without LACP cannot be mixed."""
    found = set()
    for step in plan.steps:
        if isinstance(step.have, Lag):
            stays = set(step.want.members) if isinstance(step.want, Lag) and _same_kind(step.have, step.want) else set()
            found |= set(step.have.members) - stays
    return sorted(found)


def _same_kind(have: Lag, want: Lag) -> bool:
    return have.lacp != MIXED and (have.lacp is None) == (want.lacp is None)


def _vlan(where: str, step: Step) -> list[str]:
    suspended = isinstance(step.have, str) and step.have.endswith("(suspended)")
    name = _named(where, step.name, str(step.want))
    return [f"vlan {step.name}", name, *(["state active"] if suspended else [])]


def _named(where: str, vid: str, name: str) -> str:
    if not _VLAN_NAME.match(name):
        remedy = "use up to 32 letters, digits and _ . : -"
        raise FabricError(f"{where}.vlans.{vid}", f"{name!r} is not a VLAN name of EOS", remedy)
    return f"name {name}"


def _port(where: str, step: Step, switch: Switch) -> list[str]:
    have, want = step.have, step.want
    if not isinstance(want, Port):
        clean = [*([*_no_address(have), "switchport"] if _no_address(have) else []), *_NO_PORT, *_edge(have, None)]
        return _section(switch.port(step.name), clean)
    return _section(switch.port(step.name), _common(f"{where}.ports.{step.name}", have, want))


def _lag(where: str, step: Step, want: Lag, switch: Switch, number: int) -> list[str]:
    lines = _common(f"{where}.lags.{want.name}", step.have, want)
    if want.lacp and want.lacp.fallback_port is not None:
        lines += ["port-channel lacp fallback static", f"port-channel lacp fallback timeout {FALLBACK_SECONDS}"]
    else:
        lines += ["no port-channel lacp fallback", "no port-channel lacp fallback timeout"]
    lines.append("no mlag" if want.mlag is None else f"mlag {want.mlag}")
    found = _section(f"Port-Channel{number}", lines)
    for member in want.members:
        found += _section(switch.port(member), _member(want, member, number))
    return found


def _member(lag: Lag, member: str, number: int) -> list[str]:
    if lag.lacp is None:
        return [f"channel-group {number} mode on"]
    mode, timer = "active" if lag.lacp.active else "passive", "fast" if lag.lacp.fast else "normal"
    pinned = member == lag.lacp.fallback_port
    priority = f"lacp port-priority {PREFERRED}" if pinned else "no lacp port-priority"
    return [f"channel-group {number} mode {mode}", f"lacp timer {timer}", priority]


def _common(where: str, have: Thing, want: Port | Lag) -> list[str]:
    """Settings that ports and channels share. Addresses are removed before others are set, since one of IPv6 does not
    replace another."""
    text, mtu = _described(where, want.description), f"mtu {want.mtu}"
    if isinstance(want, Port) and want.addresses:
        same = isinstance(have, Port) and have.addresses == want.addresses
        mine = [f"{'ipv6' if ':' in one else 'ip'} address {one}" for one in want.addresses]
        return [*_edge(have, None), text, "no switchport", *([] if same else [*_NO_ADDRESS, *mine]), mtu]
    return [*_no_address(have), text, *_vlans(want.membership), mtu, *_edge(have, want)]


def _no_address(have: Thing) -> list[str]:
    """A port that is routed no longer."""
    return list(_NO_ADDRESS) if isinstance(have, Port) and have.addresses else []


def _described(where: str, text: str) -> str:
    if text and not (_TEXT.match(text) and len(text) <= _LONGEST_TEXT):
        remedy = f"use up to {_LONGEST_TEXT} letters, digits, single blanks and _ . : , ; / ( ) [ ] # + = @ * -"
        raise FabricError(f"{where}.description", f"{text!r} cannot be written on EOS", remedy)
    return f"description {text}" if text else "no description"


def _vlans(membership: Membership) -> list[str]:
    """A trunk without a native VLAN has VLAN 1 as such by default, which is tagged if it may pass."""
    if membership.mode is PortMode.ACCESS:
        return ["switchport", "switchport mode access", f"switchport access vlan {membership.native}"]
    native = f"switchport trunk native vlan {membership.native}"
    if membership.native is None:
        tagged = 1 in membership.vlans
        native = "switchport trunk native vlan tag" if tagged else "no switchport trunk native vlan"
    allowed = f"switchport trunk allowed vlan {ranges(membership.vlans)}"
    return ["switchport", "switchport mode trunk", native, allowed]


def _edge(have: Thing, want: Port | Lag | None) -> list[str]:
    """Portfast and BPDU guard. They are removed only where they are set: ``portfast network`` of a port to another
    switch is a setting that the model does not have."""
    if want and want.edge:
        return ["spanning-tree portfast", "spanning-tree bpduguard enable"]
    present = isinstance(have, Port | Lag) and have.edge
    return ["no spanning-tree portfast", "no spanning-tree bpduguard"] if present else []
