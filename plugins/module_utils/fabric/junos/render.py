# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as a change of Junos' configuration. Pure.

Per platform:

* MTU: Junos counts the Ethernet header (media MTU), so 14 bytes are added; on an aggregation it is set on the ``ae``
  interface and removed from the members.
* Network boot on an aggregation: ``force-up`` on one member (Juniper CLI reference, "force-up": hierarchy
  ``interfaces <member> ether-options 802.3ad lacp``), so Junos can pin the port. QFX10002 does not have it.
* Edge port: ``edge`` of the interface in the configured spanning tree protocol, and ``protocols layer2-control
  bpdu-block interface``, which concerns that interface only; ``bpdu-block-on-edge`` would concern all others too.
* MLAG (MC-LAG): needs ICCP on the switch. LACP's system identifier and key follow from the MLAG identifier, as both
  switches of the pair need the same (Juniper, "Multichassis Link Aggregation User Guide").
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from ipaddress import ip_address
from xml.etree import ElementTree as ET

from ..bgp import Peering
from ..config import FabricError, Lag, Port, PortMode, SwitchConfig
from ..plan import Plan, Step, released
from . import bgp, routed
from .names import OPTIONS, allocate, description, interface, number, port_name, vlan_name
from .parse import BLOCK, HEADER, SPANNING_TREES, SWITCHING, UNIT, forced_up, is_edge, spanning_tree, vlan_ids
from .tree import Edit, Path, entries, find, text

#: The largest media MTU of EX and QFX switches (Juniper CLI reference, "mtu").
LARGEST_MTU = 9216
_ICCP: Path = ("protocols", "iccp", "peer")
_OWN: Path = ("protocols", "iccp", "local-ip-addr")
_COUNT: Path = ("chassis", "aggregated-devices", "ethernet", "device-count")


def render(plan: Plan, have: ET.Element, channels: Mapping[str, str], router_id: str = "") -> ET.Element:
    """The ``configuration`` element that performs the plan.

    :param have: the present configuration.
    :param channels: the interfaces of the model's aggregations that exist.
    :param router_id: see :class:`..bgp.Bgp`.
    """
    edit = Edit(have)
    lags = [step.want for step in plan.steps if isinstance(step.want, Lag)]
    named = allocate(have, channels, lags)
    for step in plan.steps:
        where = f"switches.{plan.switch}.{step.kind}s.{step.name}"
        if isinstance(step.want, str):
            _vlan(edit, where, int(step.name), step.want)
        elif isinstance(step.want, Port):
            _port(edit, where, step.want)
        elif isinstance(step.want, Lag):
            _lag(edit, where, named[step.want.name], step.want)
        elif isinstance(step.want, Peering):
            bgp.write(edit, step.want, router_id)
        else:
            _remove(edit, step, named)
    for name in released(plan):
        _leave(edit, port_name(name))
    _count(edit, [named[lag.name] for lag in lags if lag.name not in channels])
    return edit.root


def refuse_domain(where: str, desired: SwitchConfig) -> None:
    """ICCP, the link between the switches and the service identifier are many statements that differ from family to
    family, so the driver leaves them to people."""
    if desired.mlag:
        why = "the MC-LAG domain of Junos (ICCP and the link to the other switch) is not configured by this driver"
        raise FabricError(f"{where}.mlag", why, "remove peer_link from the model, and configure them on the switch")


def require_mlag(where: str, have: ET.Element, lags: list[Lag]) -> None:
    """An error if an aggregation is to be shared with the other switch of a pair and this one is in no pair."""
    shared = sorted(lag.name for lag in lags if lag.mlag is not None)
    peer = next(entries(have, _ICCP), None)
    if shared and (peer is None or not text(find(have, _OWN))):
        raise FabricError(
            f"{where}.lags.{shared[0]}.mlag",
            "the switch has no MC-LAG peer (protocols iccp)",
            "configure ICCP and the link to the other switch first, or cable the machine to one switch",
        )
    static = sorted(lag.name for lag in lags if lag.mlag is not None and lag.lacp is None)
    if static:
        why = "an aggregation of an MC-LAG pair needs LACP, whose system-id and admin-key both switches share"
        raise FabricError(f"{where}.lags.{static[0]}.lacp", why, "use LACP, or cable the machine to one switch")


def _vlan(edit: Edit, where: str, vid: int, name: str) -> None:
    """Create a VLAN, or rename it: Junos knows VLANs by their names, so a renamed one is a copy of the former."""
    vlan_name(where, name)
    known = vlan_ids(edit.have)
    taken = find(edit.have, ("vlans", ("vlan", name)))
    if taken is not None and known.get(name) != vid:
        why = f"the switch calls another VLAN {name} ({text(taken, 'vlan-id') or 'without identifier'})"
        raise FabricError(where, why, "give it another name in the model or on the switch")
    path: Path = ("vlans", ("vlan", name))
    for old in [former for former, number_ in known.items() if number_ == vid and former != name]:
        _require_no_reference(edit.have, where, old)
        former = find(edit.have, ("vlans", ("vlan", old)))
        for child in former if former is not None else []:
            if child.tag != "name":
                edit.node(path).append(copy.deepcopy(child))
        edit.delete(("vlans", ("vlan", old)))
    edit.set((*path, "vlan-id"), str(vid))


def _require_no_reference(have: ET.Element, where: str, name: str) -> None:
    users = [
        text(node, "name")
        for node in entries(have, ("interfaces", "interface"))
        if any(text(item) == name for item in node.iter("members"))
    ]
    if users:
        why = f"the switch calls it {name}, and {', '.join(sorted(users))} refers to that name"
        raise FabricError(where, why, f"name it {name} in the model, or let those interfaces name its identifier")


def _port(edit: Edit, where: str, port: Port) -> None:
    name = port_name(port.name)
    _leave(edit, name)
    if not port.addresses:
        _end(edit, where, name, port)
        return
    _named(edit, where, name, port)
    routed.write(edit, name, port)
    _forget(edit, name)


def _lag(edit: Edit, where: str, ae: str, lag: Lag) -> None:
    _end(edit, where, ae, lag)
    options: Path = (*interface(ae), "aggregated-ether-options")
    lacp: Path = (*options, "lacp")
    fallback = None
    if lag.lacp is None:
        edit.delete(lacp)
    else:
        for word, wanted in (("active", lag.lacp.active), ("passive", not lag.lacp.active)):
            edit.flag((*lacp, word), wanted)
        edit.set((*lacp, "periodic"), "fast" if lag.lacp.fast else "slow")
        fallback = lag.lacp.fallback_port
    for member in lag.members:
        _member(edit, port_name(member), ae, member == fallback)
    if lag.mlag is None:
        if find(edit.have, (*options, "mc-ae")) is not None:
            edit.delete((*options, "mc-ae"))
            for word in ("system-id", "admin-key"):
                edit.delete((*lacp, word))
        return
    for word, value in _mc_ae(edit.have, lag.mlag).items():
        edit.set((*options, "mc-ae", word), value)
    edit.set((*lacp, "system-id"), f"02:67:75:00:{lag.mlag >> 8 & 255:02x}:{lag.mlag & 255:02x}")
    edit.set((*lacp, "admin-key"), str(lag.mlag))


def _mc_ae(have: ET.Element, mlag: int) -> dict[str, str]:
    """The statements of ``mc-ae``. The switch with the lower ICCP address is chassis 0 and begins as the active one."""
    peer = next(entries(have, _ICCP), None)
    own, other = text(find(have, _OWN)), text(peer, "name")
    group = text(find(peer, ("redundancy-group-id-list",))).split()[:1] or ["1"]
    try:
        first = int(ip_address(own)) < int(ip_address(other))
    except ValueError as error:
        raise FabricError("protocols iccp", f"{error}", "give both switches' addresses in ICCP") from error
    return {
        "mc-ae-id": str(mlag),
        "redundancy-group": group[0],
        "chassis-id": "0" if first else "1",
        "mode": "active-active",
        "status-control": "active" if first else "standby",
    }


def _end(edit: Edit, where: str, name: str, end: Port | Lag) -> None:
    """What switched ports and aggregations have in common."""
    path, member = interface(name), end.membership
    _named(edit, where, name, end)
    tagged = member.mode is PortMode.TRUNK
    edit.leaf((*path, "native-vlan-id"), str(member.native) if tagged and member.native is not None else "")
    families = find(edit.have, (*path, *UNIT, "family"))
    for family in families if families is not None else []:
        if family.tag != "ethernet-switching":
            edit.delete((*path, *UNIT, "family", family.tag))
    edit.set((*path, *SWITCHING, "interface-mode"), "trunk" if tagged else "access")
    edit.values((*path, *SWITCHING, "vlan", "members"), [str(vid) for vid in member.vlans])
    _edge(edit, name, end.edge)


def _named(edit: Edit, where: str, name: str, end: Port | Lag) -> None:
    """Description and MTU."""
    if end.mtu + HEADER > LARGEST_MTU:
        raise FabricError(f"{where}.mtu", f"{end.mtu} is too large", f"Junos carries {LARGEST_MTU - HEADER} bytes")
    edit.leaf((*interface(name), "description"), description(where, end.description))
    edit.set((*interface(name), "mtu"), str(end.mtu + HEADER))


def _edge(edit: Edit, name: str, wanted: bool) -> None:
    if wanted == is_edge(edit.have, name):
        return
    protocol: Path = ("protocols", spanning_tree(edit.have))
    for unit in (name, f"{name}.0"):
        if not wanted:
            edit.delete((*protocol, ("interface", unit), "edge"))
            edit.delete((*BLOCK, ("interface", unit)))
    if wanted:
        old = find(edit.have, (*protocol, ("interface", f"{name}.0"))) is not None
        edit.node((*protocol, ("interface", f"{name}.0" if old else name), "edge"))
        if find(edit.have, (*protocol, "bpdu-block-on-edge")) is None:
            edit.node((*BLOCK, ("interface", name)))


def _forget(edit: Edit, name: str) -> None:
    """Remove an interface from the lists of spanning tree and BPDU protection."""
    for unit in (name, f"{name}.0"):
        for protocol in SPANNING_TREES:
            edit.delete(("protocols", protocol, ("interface", unit)))
        edit.delete((*BLOCK, ("interface", unit)))


def _member(edit: Edit, name: str, ae: str, fallback: bool) -> None:
    """Make a port a member; Junos accepts neither units nor VLANs on one."""
    _strip(edit, name)
    path = interface(name)
    present = next((kind for kind in OPTIONS if find(edit.have, (*path, kind)) is not None), OPTIONS[0])
    member: Path = (*path, present, "ieee-802.3ad")
    edit.set((*member, "bundle"), ae)
    if fallback or forced_up(edit.have, name):
        edit.flag((*member, "lacp", "force-up"), fallback)


def _strip(edit: Edit, name: str) -> None:
    path = interface(name)
    for unit in entries(edit.have, (*path, "unit")):
        edit.delete((*path, ("unit", text(unit, "name"))))
    for word in ("native-vlan-id", "mtu"):
        edit.delete((*path, word))
    _forget(edit, name)


def _leave(edit: Edit, name: str) -> None:
    for kind in OPTIONS:
        edit.delete((*interface(name), kind, "ieee-802.3ad"))


def _remove(edit: Edit, step: Step, channels: Mapping[str, str]) -> None:
    """Remove an aggregation, or the use of a port that becomes a member."""
    if isinstance(step.have, Lag):
        ae = channels.get(step.have.name, step.have.name)
        edit.delete(interface(ae))
        _forget(edit, ae)
    elif isinstance(step.have, Port):
        _strip(edit, port_name(step.have.name))


def _count(edit: Edit, interfaces: list[str]) -> None:
    """Let the switch have enough aggregated interfaces; the number is never lowered."""
    needed = max((number(ae) + 1 for ae in interfaces), default=0)
    present = text(find(edit.have, _COUNT))
    if needed > (int(present) if present.isdigit() else 0):
        edit.set(_COUNT, str(needed))
