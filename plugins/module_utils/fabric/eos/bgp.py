# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of BGP neighbours on EOS: their reading and their commands. Pure.

A group is a peer group. Lines as arista.avd (eos_cli_config_gen, ``router bgp`` and ``ip prefix-list``) writes them:
``neighbor GROUP peer group``, ``remote-as``, ``description``, ``password 7 …``, ``maximum-routes``, ``bfd`` and ``bfd
interval … min-rx … multiplier …``; in ``address-family
ipv4`` the activation and ``prefix-list NAME in`` and ``out``, in which what no line permits is denied. EOS passes on
routes that have the neighbour's AS in their path, and helps a neighbour with a graceful restart
(``graceful-restart-helper``) by default, so neither has a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..bgp import MOST_ROUTES, Bfd, Bgp, Peering, as_number, key_from, rules, subnets_of
from ..config import FabricError

Tree = Mapping[str, Any]
SUMMARY = "show ip bgp summary"
_FAMILY = "address-family ipv4"
_MEMBER = re.compile(r"neighbor (\S+) peer[ -]group (\S+)\Z")
#: Settings of a neighbour before which those of its group yield.
_OVERRIDES = ("remote-as", "password", "maximum-routes", "route-map", "prefix-list", "shutdown", "local-as", "bfd")
#: Lines of a neighbour that take back what its group has.
_TAKEN_BACK = ("no activate", "no bfd")
_BFD = re.compile(r"bfd interval (\d+) min[-_]rx (\d+) multiplier (\d+)\Z")
_ROUTING = "ip routing"


def body(tree: Tree, header: str) -> Tree:
    """The lines of a section of ``show running-config`` as JSON; empty without it."""
    found = tree.get(header)
    return (found.get("cmds") or {}) if isinstance(found, Mapping) else {}


def process(tree: Tree) -> int | None:
    """The AS number of the BGP process; None without one."""
    found = [header.removeprefix("router bgp ") for header in tree if header.startswith("router bgp ")]
    return as_number(found[0]) if found else None


def require(where: str, tree: Tree, wanted: Bgp) -> None:
    """Refuse what has to be there already and is not: routing, the addresses, and the AS of a process."""
    if _ROUTING not in tree:
        raise FabricError(f"{where}.bgp", f"the switch does not route ({_ROUTING} is not set)", f"enter {_ROUTING}")
    own = process(tree)
    if own is not None and own != wanted.as_number:
        why = f"its BGP process has the AS {own} and not {wanted.as_number}; another would end all of its sessions"
        raise FabricError(f"{where}.bgp.as_number", why, f"write {own} in the model, or remove that process")
    for group in wanted.peerings.values():
        _require_address(where, tree, group)


def _require_address(where: str, tree: Tree, group: Peering) -> None:
    place = f"{where}.bgp.groups.{group.name}.address"
    for header in tree:
        lines = body(tree, header) if header.startswith("interface ") else {}
        words = [line.split() for line in lines if line.startswith("ip address ")]
        if not any(word[2].partition("/")[0] == group.address for word in words):
            continue
        vrf = next((line.removeprefix("vrf ") for line in lines if line.startswith("vrf ")), "")
        if vrf:
            why = f"{group.address} is the address of {header.removeprefix('interface ')} in the VRF {vrf}"
            raise FabricError(place, why, "move it to the default VRF, or configure this peer by hand")
        return
    why = f"no interface of the switch has the address {group.address}"
    raise FabricError(place, why, "configure the interface with it first (such as interface Vlan30), or correct it")


def read(tree: Tree, wanted: Bgp) -> Bgp:
    """The groups of the switch that are wanted."""
    own = process(tree)
    lines = body(tree, f"router bgp {_header(tree)}")
    found = [_group(tree, lines, group) for group in wanted.peerings.values()] if own is not None else []
    return Bgp(wanted.as_number, wanted.router_id, {group.name: group for group in found if group})


def _header(tree: Tree) -> str:
    return next((header.removeprefix("router bgp ") for header in tree if header.startswith("router bgp ")), "")


def _group(tree: Tree, lines: Tree, want: Peering) -> Peering | None:
    if not {f"neighbor {want.group} peer group", f"neighbor {want.group} peer-group"} & set(lines):
        return None
    mine, family = _of(lines, want.group), _of(body(lines, _FAMILY), want.group)
    has_password = any(line.startswith("password ") for line in mine)
    number, most = _value(mine, "remote-as"), _value(mine, "maximum-routes")
    active = "activate" in family or ("no bgp default ipv4-unicast" not in lines and "no activate" not in family)
    reflects = "route-reflector-client" in mine
    return Peering(
        want.name,
        want.own_as,
        as_number(number) or 0,
        _members(lines, want),
        _filter(tree, family, want.incoming, "in") if active else ("not activated",),
        _filter(tree, family, want.outgoing, "out"),
        reflects if want.internal else want.pass_on != reflects,
        int(most.split()[0]) if most else MOST_ROUTES,
        key_from(_value(mine, "description"), has_password),
        _bfd(mine),
    )


def _bfd(mine: list[str]) -> Bfd | None:
    """BFD of a group; without a line of its own it has the timers of the interface, which are not ours."""
    found = next((match for line in mine if (match := _BFD.match(line))), None)
    if found is None:
        return Bfd(0, 0, "timers of the interface") if "bfd" in mine else None
    send, receive, multiplier = map(int, found.groups())
    return Bfd(send, multiplier, "" if send == receive else f"receives every {receive} ms")


def _members(lines: Tree, want: Peering) -> tuple[tuple[str, str], ...]:
    """The members of the group; one with settings that override those of the group has another name."""
    wanted = dict(want.neighbors)
    found = {}
    for address in members(lines, want.group):
        name = _value(_of(lines, address), "description")
        found[address] = f"{name} (with settings of its own)" if overrides(lines, address) else name
    order = [address for address in wanted if address in found] + sorted(set(found) - set(wanted))
    return tuple((address, found[address]) for address in order)


def members(lines: Tree, group: str) -> list[str]:
    """The addresses of the neighbours of a group."""
    matches = (_MEMBER.match(line) for line in lines)
    return [match[1] for match in matches if match and match[2] == group]


def overrides(lines: Tree, address: str) -> list[tuple[bool, str]]:
    """Settings of a neighbour that override those of its group: whether they are in the address family, and the rest
    of the line."""
    own = [(False, line) for line in _of(lines, address)] + [
        (True, line) for line in _of(body(lines, _FAMILY), address)
    ]
    return [(family, line) for family, line in own if line.startswith(_OVERRIDES) or line in _TAKEN_BACK]


def _filter(tree: Tree, family: Iterable[str], name: str, direction: str) -> tuple[str, ...]:
    in_use = f"prefix-list {name} {direction}" in family
    return subnets_of(body(tree, f"ip prefix-list {name}") if in_use else ())


def _of(lines: Iterable[str], neighbor: str) -> list[str]:
    """What follows the name of a neighbour or group on its lines, with the ``no`` of a line before it."""
    found = []
    for line in lines:
        plain = line.removeprefix("no ")
        if plain.startswith(f"neighbor {neighbor} "):
            negated = "no " if plain != line else ""
            found.append(f"{negated}{plain.removeprefix(f'neighbor {neighbor} ')}")
    return found


def _value(lines: Iterable[str], key: str) -> str:
    return next((line.removeprefix(f"{key} ") for line in lines if line.startswith(f"{key} ")), "")


def commands(tree: Tree, wanted: list[Peering], router_id: str) -> list[str]:
    """The commands of groups that are to change: filters first, so that no session is without one."""
    lines: list[str] = []
    for group in wanted:
        for name, subnets in ((group.incoming, group.take), (group.outgoing, group.announce)):
            lines += [f"no ip prefix-list {name}", f"ip prefix-list {name}", *rules(subnets)]
    if not wanted:
        return lines
    head = f"router bgp {_header(tree) or wanted[0].own_as}"
    lines += [] if _header(tree) else [head, f"router-id {router_id}"]
    for group in wanted:
        lines += [head, *_neighbors(group, body(tree, head))]
    return lines


def _neighbors(want: Peering, present: Tree) -> list[str]:
    group = f"neighbor {want.group}"
    lines = [f"{group} peer group", f"{group} remote-as {want.as_number}", f"{group} description {want.description}"]
    lines += [f"{group} password 0 {want.password}" if want.password else f"no {group} password"]
    lines += [f"{group} maximum-routes {want.most}"]
    reflects = want.pass_on and want.internal
    lines += [f"{group} route-reflector-client" if reflects else f"no {group} route-reflector-client"]
    lines += _with_bfd(group, want.bfd, _of(present, want.group))
    wanted = dict(want.neighbors)
    lines += [f"no neighbor {address}" for address in members(present, want.group) if address not in wanted]
    family = [
        f"{group} activate",
        f"{group} prefix-list {want.incoming} in",
        f"{group} prefix-list {want.outgoing} out",
    ]
    for address, name in want.neighbors:
        for inside, rest in overrides(present, address):
            (family if inside else lines).append(_undone(address, rest))
        lines += [f"neighbor {address} peer group {want.group}", f"neighbor {address} description {name}"]
    return [*lines, _FAMILY, *family]


def _with_bfd(group: str, want: Bfd | None, mine: list[str]) -> list[str]:
    """The timers first, so that no session begins with others."""
    if want is None:
        return [f"no {group} {line}" for line in mine if line == "bfd" or line.startswith("bfd ")]
    timers = f"bfd interval {want.interval} min-rx {want.interval} multiplier {want.multiplier}"
    return [f"{group} {timers}", f"{group} bfd"]


def _undone(address: str, rest: str) -> str:
    """The command that removes a setting of a neighbour: filters are named by their direction, too."""
    if rest in _TAKEN_BACK:
        return f"default neighbor {address} {rest.removeprefix('no ')}"
    words = rest.split()
    if words[0] in ("route-map", "prefix-list"):
        return f"no neighbor {address} {rest}"
    return f"no neighbor {address} {words[0]}"


def states(answer: Tree) -> dict[str, str]:
    """The states of the sessions of the default VRF, from :data:`SUMMARY` (``vrfs``, ``peers``, ``peerState``)."""
    peers = ((answer.get("vrfs") or {}).get("default") or {}).get("peers") or {}
    return {address: str(peer.get("peerState") or "").lower() for address, peer in peers.items()}
