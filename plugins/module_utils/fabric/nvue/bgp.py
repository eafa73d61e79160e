# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of BGP neighbours on Cumulus Linux: their reading and their patches. Pure.

A group is a peer group. Paths are those of "BGP" and "Router Policy" of the NVUE command reference:
``vrf/default/router/bgp`` with ``peer-group`` and ``neighbor``, in ``address-family/ipv4-unicast`` of a group
``policy/inbound/prefix-list``, ``prefix-limits/inbound/maximum`` and ``route-reflector-client``, and
``router/policy/prefix-list/NAME/rule/NUMBER``. BFD is ``bfd`` of a group with ``detect-multiplier``,
``min-rx-interval`` and ``min-tx-interval``; since 5.15 ("BFD" of the same reference) these are in
``router/bfd/profile/NAME``, and a group names its ``bfd/profile``. FRR passes on routes with the neighbour's AS in
their path, and helps a neighbour with a graceful restart (the mode ``helper-only``) by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..bgp import Bfd, Bgp, Peering, key_from, rules, subnets_of
from ..config import FabricError
from .names import Tree, Words, is_off, is_on

if TYPE_CHECKING:
    from .render import Patches

_BGP = ("vrf", "default", "router", "bgp")
_LISTS = ("router", "policy", "prefix-list")
_UNICAST = ("address-family", "ipv4-unicast")
STATES = "/".join((*_BGP, "neighbor"))
#: Settings of a neighbour before which those of its group yield.
_OVERRIDES: tuple[tuple[str, ...], ...] = (("remote-as",), ("password",), ("local-as",), ("shutdown",), ("bfd",))
_PROFILES = ("router", "bfd", "profile")
_MULTIPLIER, _TIMERS = "detect-multiplier", ("min-rx-interval", "min-tx-interval")
_OVERRIDES += tuple((*_UNICAST, key) for key in ("policy", "prefix-limits", "enable", "state"))


def at(tree: Any, *path: str) -> Any:
    """What is at a path; None if it is missing."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def _below(tree: Any, *path: str) -> Tree:
    found = at(tree, *path)
    return found if isinstance(found, dict) else {}


def own_as(config: Tree) -> str:
    """The AS number of the default VRF as text; empty if none is set. It may be a word such as ``leaf``."""
    found = at(config, *_BGP, "autonomous-system") or at(config, "router", "bgp", "autonomous-system")
    return "" if found in (None, "none") else str(found)


def require(where: str, config: Tree, wanted: Bgp, words: Words) -> None:
    """Refuse what has to be there already and is not: the addresses, the AS of a process, and BFD where it is a feature
    that restarts FRR when it is switched on."""
    _require_bfd(where, config, wanted, words)
    own = own_as(config)
    if own and own != str(wanted.as_number):
        why = f"its BGP process has the AS {own} and not {wanted.as_number}; another would end all of its sessions"
        raise FabricError(f"{where}.bgp.as_number", why, "correct one of the two")
    for group in wanted.peerings.values():
        place = f"{where}.bgp.groups.{group.name}.address"
        found = [(name, item) for name, item in _below(config, "interface").items() if _has(item, group.address)]
        if not found:
            why = f"no interface of the switch has the address {group.address}"
            raise FabricError(place, why, "configure the interface with it first (such as vlan30), or correct it")
        name, item = found[0]
        vrf = at(item, "ip", "vrf") or at(item, "vrf")
        if vrf not in (None, "default"):
            why = f"{group.address} is the address of {name} in the VRF {vrf}"
            raise FabricError(place, why, "move it to the default VRF, or configure this peer by hand")


def _require_bfd(where: str, config: Tree, wanted: Bgp, words: Words) -> None:
    groups = [group.name for group in wanted.peerings.values() if group.bfd]
    if groups and words.profiles and not is_on(at(config, "router", "bfd", "state")):
        why = "BFD is off on the switch, and switching it on restarts FRR with all of its sessions"
        remedy = "enter `nv set router bfd state enabled` and `nv config apply` when that is no harm"
        raise FabricError(f"{where}.bgp.groups.{groups[0]}.bfd", why, remedy)


def _has(item: Any, address: str) -> bool:
    """Whether an interface has an address; the key ``ip`` is called ``ipv4`` in recent releases."""
    texts = [*_below(item, "ip", "address"), *_below(item, "ipv4", "address")]
    return any(text.partition("/")[0] == address for text in texts)


def read(config: Tree, wanted: Bgp) -> Bgp:
    """The groups of the switch that are wanted; none while BGP is off."""
    present = _below(config, *_BGP)
    off = not own_as(config) or is_off(present.get("state", present.get("enable")))
    found = [] if off else [_group(config, present, group) for group in wanted.peerings.values()]
    return Bgp(wanted.as_number, wanted.router_id, {group.name: group for group in found if group})


def _group(config: Tree, present: Tree, want: Peering) -> Peering | None:
    mine = at(present, "peer-group", want.group)
    if mine is None:
        return None
    family = _below(mine, *_UNICAST)
    active = is_on(family.get("state", family.get("enable")))
    number, most = str(mine.get("remote-as")), str(at(family, "prefix-limits", "inbound", "maximum"))
    reflects = is_on(family.get("route-reflector-client"))
    return Peering(
        want.name,
        want.own_as,
        int(number) if number.isdigit() else 0,
        _members(present, want),
        _filter(config, family, want.incoming, "inbound") if active else ("not activated",),
        _filter(config, family, want.outgoing, "outbound"),
        reflects if want.internal else want.pass_on != reflects,
        int(most) if most.isdigit() else 0,
        key_from(str(mine.get("description") or ""), bool(mine.get("password"))),
        _bfd(config, _below(mine, "bfd"), want.group),
    )


def _bfd(config: Tree, found: Tree, group: str) -> Bfd | None:
    """BFD of a group, in the way of either release. FRR's defaults are 300 ms and 3."""
    name = str(found.get("profile") or "")
    if not name and not is_on(found.get("enable")):
        return None
    timers = _below(config, *_PROFILES, name) if name else found
    receive, send = (int(timers.get(key) or 300) for key in _TIMERS)
    others = sorted(set(timers) - {_MULTIPLIER, *_TIMERS, "enable"})
    remarks = [f"receives every {receive} ms"] if receive != send else []
    remarks += [f"the profile {name}"] if name and name != group else []
    remarks += [f"with {' '.join(others)}"] if others else []
    return Bfd(send, int(timers.get(_MULTIPLIER) or 3), ", ".join(remarks))


def _members(present: Tree, want: Peering) -> tuple[tuple[str, str], ...]:
    """The members of the group; one with settings that override those of the group has another name."""
    wanted, found = dict(want.neighbors), {}
    for address, item in _below(present, "neighbor").items():
        if at(item, "peer-group") == want.group:
            name = str(item.get("description") or "")
            own = any(at(item, *path) is not None for path in _OVERRIDES)
            found[address] = f"{name} (with settings of its own)" if own else name
    order = [address for address in wanted if address in found] + sorted(set(found) - set(wanted))
    return tuple((address, found[address]) for address in order)


def _filter(config: Tree, family: Tree, name: str, direction: str) -> tuple[str, ...]:
    if at(family, "policy", direction, "prefix-list") != name:
        return subnets_of(())
    lines = []
    for number, rule in _below(config, *_LISTS, name, "rule").items():
        for subnet, bounds in _below(rule, "match").items():
            least, most = at(bounds, "min-prefix-len"), at(bounds, "max-prefix-len")
            text = f"{f' ge {least}' if least is not None else ''}{f' le {most}' if most is not None else ''}"
            lines.append(f"seq {number} {at(rule, 'action')} {subnet}{text}")
    return subnets_of(lines)


def write(want: Peering, router_id: str, config: Tree, words: Words, to: Patches) -> None:
    """Add a group to the patches."""
    _process(want, router_id, config, words, to)
    for name, subnets in ((want.incoming, want.take), (want.outgoing, want.announce)):
        to.remove(config, *_LISTS, name)
        to.set("ipv4", *_LISTS, name, "type")
        for rule in rules(subnets):
            __, number, action, subnet, *most = rule.split()
            to.set(action, *_LISTS, name, "rule", number, "action")
            to.set({"max-prefix-len": 32} if most else {}, *_LISTS, name, "rule", number, "match", subnet)
    base = (*_BGP, "peer-group", want.group)
    to.set(want.as_number, *base, "remote-as")
    to.set(want.description, *base, "description")
    if want.password:
        to.set(want.password, *base, "password")
    else:
        to.remove(config, *base, "password")
    _with_bfd(want, config, words, to)
    family = (*base, *_UNICAST)
    to.set(words.on, *family, words.switch)
    to.set(want.incoming, *family, "policy", "inbound", "prefix-list")
    to.set(want.outgoing, *family, "policy", "outbound", "prefix-list")
    to.set(want.most, *family, "prefix-limits", "inbound", "maximum")
    if want.internal and want.pass_on:
        to.set(words.on, *family, "route-reflector-client")
    else:
        to.remove(config, *family, "route-reflector-client")
    _neighbors(want, config, to)


def _with_bfd(want: Peering, config: Tree, words: Words, to: Patches) -> None:
    """BFD of a group. A profile has the name of its group, and is removed with it."""
    bfd, own = (*_BGP, "peer-group", want.group, "bfd"), (*_PROFILES, want.group)
    to.remove(config, *bfd)
    to.remove(config, *own)
    if want.bfd is None:
        return
    timers = own if words.profiles else bfd
    if words.profiles:
        to.set(want.group, *bfd, "profile")
    else:
        to.set(words.on, *bfd, "enable")
    to.set(want.bfd.multiplier, *timers, _MULTIPLIER)
    for key in _TIMERS:
        to.set(want.bfd.interval, *timers, key)


def _process(want: Peering, router_id: str, config: Tree, words: Words, to: Patches) -> None:
    """Switch BGP on, and give it an AS and an identifier if it has none."""
    to.set(words.on, "router", "bgp", words.switch)
    to.set(words.on, *_BGP, words.switch)
    if not own_as(config):
        to.set(want.own_as, *_BGP, "autonomous-system")
    if at(config, *_BGP, "router-id") is None and at(config, "router", "bgp", "router-id") is None:
        to.set(router_id, *_BGP, "router-id")


def _neighbors(want: Peering, config: Tree, to: Patches) -> None:
    wanted = dict(want.neighbors)
    for address, item in _below(config, *_BGP, "neighbor").items():
        if address not in wanted and at(item, "peer-group") == want.group:
            to.remove(config, *_BGP, "neighbor", address)
    for address, name in want.neighbors:
        base = (*_BGP, "neighbor", address)
        for path in _OVERRIDES:
            to.remove(config, *base, *path)
        to.set("numbered", *base, "type")
        to.set(want.group, *base, "peer-group")
        to.set(name, *base, "description")


def states(answer: Tree) -> dict[str, str]:
    """The states of the sessions of the default VRF, from the operational state of :data:`STATES`."""
    return {address: str(at(item, "state") or "").lower() for address, item in answer.items()}
