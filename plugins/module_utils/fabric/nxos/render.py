# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as configuration commands of NX-OS. Pure.

Each step writes all settings that the model has, and no other, so commands that are in force already change nothing.
Commands and their order are those of the Cisco Nexus 9000 Layer 2 Switching and Interfaces Configuration Guides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..config import MIXED, FabricError, Lag, Membership, Port, PortMode
from ..mlag import PEER_LINK, Mlag
from ..plan import Plan, Step, ranges, released
from . import routed, vpc
from .names import channel_name, channel_number, required_description, required_port, required_vlan_name
from .running import Running

#: Characters of a list of VLANs on one line; what is longer is continued with ``add``.
LONGEST_LIST = 100
#: Settings of a port that leaves a use, as those of a new switchport. Release 9.3 takes `no switchport trunk allowed
#: vlan` for a syntax error, so the defaults are written.
_RESET = (
    "no description", "switchport mode access", "switchport access vlan 1", "switchport trunk native vlan 1",
    "switchport trunk allowed vlan all", "spanning-tree port type normal", "no spanning-tree bpduguard", "mtu 1500",
)  # fmt: skip
#: A port without any use: no frame passes.
_NO_TRAFFIC = ("switchport mode trunk", "switchport trunk allowed vlan none")


@dataclass(frozen=True)
class Target:
    """What the commands depend on besides the plan.

    :ivar numbers: numbers of the plan's aggregations, by their name.
    """

    running: Running
    numbers: Mapping[str, int]

    def number(self, name: str) -> int:
        """The number of an aggregation of the plan, or of one that only the switch has (``port-channel7``)."""
        found = self.numbers.get(name, channel_number(name))
        if found is None:
            raise FabricError(f"lags.{name}", "has no port channel", "run again")
        return found


def mtu(wanted: int, jumbo: int) -> int:
    """The MTU of a switchport for the model's, both in bytes of IP payload: 1500, or else the system's jumbo MTU.

    A switchport takes these two everywhere; values in between are refused by some releases and platforms."""
    return 1500 if wanted <= 1500 else jumbo


def individual(lag: Lag) -> bool:
    """Whether members of an aggregation forward as single ports while the partner sends no LACPDU.

    NX-OS cannot name the member: all do (``no lacp suspend-individual``). A machine in network boot uses one link, so
    this suffices. Both switches of a vPC pair need the same setting, otherwise the secondary one suspends its VLANs, so
    a vPC always has it, also on the switch where the model has no fallback port."""
    return lag.lacp is not None and (lag.lacp.fallback_port is not None or lag.mlag is not None)


def commands(plan: Plan, target: Target) -> list[str]:
    """The commands of a plan in the order of its steps. Ports that leave a channel do so first."""
    lines = [line for step in plan.steps for line in _leave(plan, step, target)]
    for step in plan.steps:
        where = f"switches.{plan.switch}.{step.kind}s.{step.name}"
        if step.kind == "vlan" and isinstance(step.want, str):
            lines += [f"vlan {int(step.name)}", f"name {required_vlan_name(where, step.want)}", "exit"]
        elif isinstance(step.want, Port):
            lines += [*_port(plan.switch, where, step, step.want, target)]
            lines += _open(plan.switch, step, step.want.name, target)
        elif isinstance(step.want, Mlag):
            lines += _domain(plan.switch, where, step, step.want, target)
        elif isinstance(step.want, Lag):
            lines += _lag(plan.switch, where, step, step.want, target)
    return lines


def _leave(plan: Plan, step: Step, target: Target) -> list[str]:
    """Commands that end the step's old use of ports, as far as it ends."""
    if isinstance(step.have, Port) and step.want is None:
        is_routed = [*routed.removed(step.have), "switchport"] if step.have.addresses else []
        return [f"interface {required_port(plan.switch, step.have.name)}", *is_routed, *_RESET]
    if not isinstance(step.have, Lag):
        return []
    lines: list[str] = []
    unused = released(plan)
    for member in _leaving(step, step.have):
        rest = _NO_TRAFFIC if member in unused else ()
        reset = [f"interface {required_port(plan.switch, member)}", "no channel-group", "lacp rate normal"]
        lines += [*reset, "switchport", *_RESET, *rest]
    if step.want is None:
        lines.append(f"no interface {channel_name(target.number(step.have.name))}")
    return lines


def _leaving(step: Step, have: Lag) -> list[str]:
    kept = step.want.members if isinstance(step.want, Lag) else ()
    return [member for member in have.members if member not in kept]


def _port(switch: str, where: str, step: Step, port: Port, target: Target) -> list[str]:
    name = f"interface {required_port(switch, port.name)}"
    if port.addresses:
        _mtu(where, port.mtu, target)
        changed = [*routed.removed(step.have, port), *routed.added(step.have, port)]
        return [name, "no switchport", *changed, f"mtu {port.mtu}", _description(where, port.description)]
    head = [name, *routed.removed(step.have), "switchport"]
    body = [*_vlans(port.membership), *_edge(port.edge, port.membership.mode), *_mtu(where, port.mtu, target)]
    return [*head, *body, _description(where, port.description)]


def _domain(switch: str, where: str, step: Step, want: Mlag, target: Target) -> list[str]:
    _mtu(where, want.mtu, target)
    have = step.have if isinstance(step.have, Mlag) else None
    size, number = mtu(want.mtu, target.running.jumbo), target.number(PEER_LINK)
    unused = (*_RESET, *_NO_TRAFFIC)
    return vpc.commands(switch, want, have, target.running, channel=number, mtu=size, unused=unused)


def _lag(switch: str, where: str, step: Step, lag: Lag, target: Target) -> list[str]:
    number, have = target.number(lag.name), step.have if isinstance(step.have, Lag) else None
    size = _mtu(where, lag.mtu, target)
    lines = [f"interface {channel_name(number)}", "switchport", *_vlans(lag.membership)]
    lines += [*_edge(lag.edge, lag.membership.mode), *size, _description(where, lag.description)]
    lines += _individual(lag, number, target)
    if have is None or have.mlag != lag.mlag:
        lines += ["no vpc"] if have and have.mlag is not None else []
        lines += [f"vpc {lag.mlag}"] if lag.mlag is not None else []
    rate = "fast" if lag.lacp and lag.lacp.fast else "normal"
    lines += ["no shutdown"] if number not in target.running.channels else []
    for member in sorted(set(have.members) & set(lag.members)) if have and _apart(have, lag) else ():
        lines += [f"interface {required_port(switch, member)}", "no channel-group", "lacp rate normal"]
    for member in lag.members:
        lines.append(f"interface {required_port(switch, member)}")
        lines += [] if have and member in have.members else _open(switch, step, member, target)
        lines += _join(lag, number, member, have, size)
        lines += [f"lacp rate {rate}"] if lag.lacp else []
    return lines


def _open(switch: str, step: Step, port: str, target: Target) -> list[str]:
    """``no shutdown`` for a port with a new use, since switchports may be shut by default (``system default switchport
    shutdown``), and so are routed ones. A port that people have shut stays shut."""
    interface = target.running.interfaces.get(required_port(switch, port))
    shut = interface is not None and interface.has("shutdown")
    routing = [end.membership.mode is PortMode.ROUTED for end in (step.have, step.want) if isinstance(end, Port)]
    return [] if shut or (isinstance(step.have, Port) and len(set(routing)) == 1) else ["no shutdown"]


def _join(lag: Lag, number: int, member: str, have: Lag | None, size: list[str]) -> list[str]:
    """Commands that make a port a member; none if it is one with the wanted mode. No other line of the interface is
    written while it is a member. ``force`` makes its settings those of the channel."""
    mode = "on" if lag.lacp is None else "active" if lag.lacp.active else "passive"
    leave: list[str] = []
    if have and member in have.members and not _apart(have, lag):
        if _mode(have) == mode:
            return []
        leave = ["no channel-group"]
    return [*leave, "switchport", *size, f"channel-group {number} force mode {mode}"]


def _apart(have: Lag, want: Lag) -> bool:
    """Whether all members leave before the first joins again, since NX-OS does not mix static ones and those with LACP
    in one channel."""
    return have.lacp == MIXED or (have.lacp is None) != (want.lacp is None)


def _mode(lag: Lag) -> str:
    return "on" if lag.lacp is None else "active" if lag.lacp.active else "passive"


def _individual(lag: Lag, number: int, target: Target) -> list[str]:
    """``lacp suspend-individual`` as wanted. It may be changed only while the channel is shut (Interfaces Configuration
    Guide, "Disabling LACP Suspend Individual"); a channel that people have shut stays shut."""
    channel = target.running.channels.get(number)
    has = channel is not None and channel.has("no lacp suspend-individual")
    if has == individual(lag):
        return []
    line = "lacp suspend-individual" if has else "no lacp suspend-individual"
    return ["shutdown", line, *([] if channel is None or channel.has("shutdown") else ["no shutdown"])]


def _vlans(membership: Membership) -> list[str]:
    """Mode and VLANs. NX-OS always has a native VLAN: for none, one that may not pass is native."""
    if membership.mode is PortMode.ACCESS:
        return ["switchport mode access", f"switchport access vlan {membership.native}"]
    native = membership.native or next((vlan for vlan in range(1, 4095) if vlan not in membership.vlans), 1)
    lines = [f"switchport trunk allowed vlan {text}" for text in _lists(membership.vlans)]
    return ["switchport mode trunk", *lines, f"switchport trunk native vlan {native}"]


def _lists(vlans: tuple[int, ...]) -> list[str]:
    lines: list[str] = []
    for part in ranges(vlans).split(","):
        if lines and len(lines[-1]) + len(part) < LONGEST_LIST:
            lines[-1] += f",{part}"
        else:
            lines.append(part)
    return [line if number == 0 else f"add {line}" for number, line in enumerate(lines)]


def _edge(edge: bool, mode: PortMode) -> list[str]:
    if not edge:
        return ["spanning-tree port type normal", "no spanning-tree bpduguard"]
    trunk = " trunk" if mode is PortMode.TRUNK else ""
    return [f"spanning-tree port type edge{trunk}", "spanning-tree bpduguard enable"]


def _mtu(where: str, wanted: int, target: Target) -> list[str]:
    if wanted > target.running.jumbo:
        why = f"the MTU {wanted} is larger than the switch's largest, {target.running.jumbo}"
        raise FabricError(where, why, "change `system jumbomtu` on the switch, or the model's MTU")
    return [f"mtu {mtu(wanted, target.running.jumbo)}"]


def _description(where: str, text: str) -> str:
    return f"description {required_description(where, text)}" if text else "no description"
