# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of BGP neighbours on NX-OS: their reading and their commands. Pure.

A group is a ``template peer`` that neighbours inherit. Commands are those of the Nexus 9000 Unicast Routing
Configuration Guide and of the tests of the collection cisco.nxos (``nxos_bgp_templates``): ``remote-as``,
``description``, ``password 3 …``, and in ``address-family ipv4 unicast`` ``prefix-list NAME in`` and ``out``,
``maximum-prefix``, ``route-reflector-client``, and ``disable-peer-as-check``, without which no route is sent to a
neighbour whose AS is in its path. A graceful restart of a neighbour is helped by default.

BFD is ``bfd`` of the template. Its timers are those of the interface with the switch's address (Nexus 9000 Interfaces
Configuration Guide, "Configuring Bidirectional Forwarding Detection"), for all sessions on it:
``bfd interval … min_rx … multiplier …``, with ``no ip redirects``, which the guide asks for, and ``no bfd echo``, since
machines reflect no packets. They stay when a group no longer has BFD.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..bgp import BFD_LONGEST, Bfd, Bgp, Peering, as_number, key_from, rules, subnets_of
from ..config import FabricError

SUMMARY = "show ip bgp summary"
_FAMILY = "address-family ipv4 unicast"
_NEIGHBOR = re.compile(r"neighbor (\S+)(?: remote-as (\S+))?\Z")
#: Settings of a neighbour before which those of its template yield.
_OVERRIDES = ("remote-as", "password", "local-as", "shutdown", "prefix-list", "route-map", "maximum-prefix", "bfd")
_BFD = re.compile(r"bfd interval (\d+) min_rx (\d+) multiplier (\d+)\Z")
#: What an interface has without a line of its own or of the whole switch.
_DEFAULT = "bfd interval 50 min_rx 50 multiplier 3"
_QUIET = ("no ip redirects", "no bfd echo")
_LIST = "ip prefix-list"


class Tree(dict[str, "Tree"]):
    """A running configuration: each line with those that are indented below it."""

    def below(self, *lines: str) -> Tree:
        """The lines below a line; none if it is missing."""
        node = self
        for line in lines:
            node = node.get(line, Tree())
        return node

    def value(self, key: str) -> str:
        """The rest of the line that begins with the key; empty without one."""
        return next((line.removeprefix(f"{key} ") for line in self if line.startswith(f"{key} ")), "")


def tree(text: str) -> Tree:
    """Read ``show running-config``."""
    root = Tree()
    open_: list[tuple[int, Tree]] = [(-1, root)]
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("!"):
            continue
        depth = len(line) - len(line.lstrip())
        while open_[-1][0] >= depth:
            open_.pop()
        open_.append((depth, open_[-1][1].setdefault(line.strip(), Tree())))
    return root


def process(root: Tree) -> str:
    """The line of the BGP process; empty without one."""
    return next((line for line in root if line.startswith("router bgp ")), "")


def require(where: str, root: Tree, wanted: Bgp) -> None:
    """Refuse what has to be there already and is not: the addresses, and the AS of a process."""
    own = process(root).removeprefix("router bgp ")
    if own and as_number(own) != wanted.as_number:
        why = f"its BGP process has the AS {own} and not {wanted.as_number}; another would end all of its sessions"
        raise FabricError(f"{where}.bgp.as_number", why, f"write {own} in the model, or remove that process")
    for group in wanted.peerings.values():
        place = f"{where}.bgp.groups.{group.name}.address"
        name = _interface(root, group.address)
        if not name:
            why = f"no interface of the switch has the address {group.address}"
            raise FabricError(place, why, "configure the interface with it first (such as Vlan30), or correct it")
        vrf = root.below(name).value("vrf member")
        if vrf:
            why = f"{group.address} is the address of {name.removeprefix('interface ')} in the VRF {vrf}"
            raise FabricError(place, why, "move it to the default VRF, or configure this peer by hand")

    _require_bfd(where, root, wanted)


def _require_bfd(where: str, root: Tree, wanted: Bgp) -> None:
    """Refuse timers that it does not take, and two of one interface."""
    longest, known = BFD_LONGEST["nxos"], dict[str, Peering]()
    for group in wanted.peerings.values():
        if group.bfd is None:
            continue
        place = f"{where}.bgp.groups.{group.name}.bfd"
        if group.bfd.interval > longest:
            why = f"NX-OS takes at most {longest} ms, and not {group.bfd.interval}"
            raise FabricError(f"{place}.interval", why, f"write {longest} or less")
        name = _interface(root, group.address)
        first = known.setdefault(name, group)
        if first.bfd != group.bfd:
            why = f"{name.removeprefix('interface ')} has one set of timers, and {first.name} has {first.bfd}"
            raise FabricError(place, why, "write the same of both")


def _interface(root: Tree, address: str) -> str:
    """The line of the interface with an address; empty without one."""
    names = (line for line, lines in root.items() if line.startswith("interface ") and _has(lines, address))
    return next(names, "")


def _has(lines: Iterable[str], address: str) -> bool:
    words = [line.split() for line in lines if line.startswith("ip address ")]
    return any(word[2].partition("/")[0] == address for word in words)


def read(root: Tree, wanted: Bgp) -> Bgp:
    """The groups of the switch that are wanted."""
    lines = root.below(process(root))
    found = [_group(root, lines, group) for group in wanted.peerings.values()]
    return Bgp(wanted.as_number, wanted.router_id, {group.name: group for group in found if group})


def _group(root: Tree, lines: Tree, want: Peering) -> Peering | None:
    head = f"template peer {want.group}"
    if head not in lines:
        return None
    mine, family = lines.below(head), lines.below(head, _FAMILY)
    has_password = bool(mine.value("password"))
    return Peering(
        want.name,
        want.own_as,
        as_number(mine.value("remote-as")) or 0,
        _members(lines, want),
        _filter(root, family, want.incoming, "in"),
        _filter(root, family, want.outgoing, "out"),
        not want.pass_on if _stale(family, want, want.pass_on) else _passing(want) in family,
        int((family.value("maximum-prefix") or "0").split()[0]),
        key_from(mine.value("description"), has_password),
        _bfd(root, want.address) if "bfd" in mine else None,
    )


def _bfd(root: Tree, address: str) -> Bfd:
    """The timers of the interface with an address."""
    lines = root.below(_interface(root, address))
    texts = [line for tree in (lines, root) for line in tree if _BFD.match(line)] or [_DEFAULT]
    send, receive, multiplier = map(int, _BFD.findall(texts[0])[0])
    remarks = [f"receives every {receive} ms"] if send != receive else []
    remarks += [f"without {line}" for line in _QUIET if line not in lines]
    return Bfd(send, multiplier, ", ".join(remarks))


def _passing(want: Peering) -> str:
    return "route-reflector-client" if want.internal else "disable-peer-as-check"


def _stale(family: Tree, want: Peering, passes: bool) -> list[str]:
    """Lines that pass routes on in the way of neighbours of another kind, or that are not wanted."""
    wanted = _passing(want) if passes else ""
    return [word for word in ("route-reflector-client", "disable-peer-as-check") if word in family and word != wanted]


def _members(lines: Tree, want: Peering) -> tuple[tuple[str, str], ...]:
    """The members of the group; one with settings that override those of the group has another name."""
    wanted, found = dict(want.neighbors), {}
    for address, head in neighbors(lines).items():
        if f"inherit peer {want.group}" in lines.below(head):
            name = lines.below(head).value("description")
            found[address] = f"{name} (with settings of its own)" if _overridden(lines, head) else name
    order = [address for address in wanted if address in found] + sorted(set(found) - set(wanted))
    return tuple((address, found[address]) for address in order)


def neighbors(lines: Tree) -> dict[str, str]:
    """The line of each neighbour of the default VRF, by its address."""
    return {match[1]: line for line in lines if (match := _NEIGHBOR.match(line))}


def _overridden(lines: Tree, head: str) -> bool:
    within = [*lines.below(head), *lines.below(head, _FAMILY)]
    return "remote-as" in head or any(line.startswith(_OVERRIDES) for line in within)


def _filter(root: Tree, family: Tree, name: str, direction: str) -> tuple[str, ...]:
    in_use = f"prefix-list {name} {direction}" in family
    return subnets_of(_rules(root, name) if in_use else ())


def _rules(root: Tree, name: str) -> list[str]:
    return [line.removeprefix(f"{_LIST} {name} ") for line in root if line.startswith(f"{_LIST} {name} ")]


def commands(root: Tree, wanted: list[Peering], router_id: str) -> list[str]:
    """The commands of groups that are to change: filters first, so that no session is without one."""
    lines = [line for group in wanted for line in _filters(root, group)]
    if not wanted:
        return lines
    head = process(root) or f"router bgp {wanted[0].own_as}"
    new = [] if process(root) else ["feature bgp", head, f"router-id {router_id}"]
    lines += [*_timers(root, wanted), *new, head, _FAMILY]
    for group in wanted:
        lines += _neighbors(head, group, root.below(process(root)))
    return lines


def _timers(root: Tree, wanted: list[Peering]) -> list[str]:
    """Timers of BFD on the interfaces, before a session begins."""
    lines: list[str] = []
    for group in wanted:
        if group.bfd and _bfd(root, group.address) != group.bfd:
            lines += [_interface(root, group.address), *_QUIET]
            timers = f"min_rx {group.bfd.interval} multiplier {group.bfd.multiplier}"
            lines += [f"bfd interval {group.bfd.interval} {timers}"]
    feature = "feature bfd"
    needed = any(group.bfd for group in wanted) and feature not in root
    return [*([feature] if needed else []), *lines]


def _filters(root: Tree, group: Peering) -> list[str]:
    """Rules are replaced one by one, since a filter that is missing for a moment would let all routes pass."""
    lines: list[str] = []
    for name, subnets in ((group.incoming, group.take), (group.outgoing, group.announce)):
        have, want = _rules(root, name), rules(subnets)
        for rule in want:
            same = [old for old in have if old not in want and old.split()[1] == rule.split()[1]]
            lines += [f"no {_LIST} {name} {old}" for old in same]
            lines += [] if rule in have else [f"{_LIST} {name} {rule}"]
        numbers = {rule.split()[1] for rule in want}
        lines += [f"no {_LIST} {name} {old}" for old in have if old.split()[1] not in numbers]
    return lines


def _neighbors(head: str, want: Peering, present: Tree) -> list[str]:
    template, begin = present.below(f"template peer {want.group}"), [head, f"template peer {want.group}"]
    stale = _stale(template.below(_FAMILY), want, want.pass_on)
    lines = [*begin, _FAMILY, *(f"no {word}" for word in stale)] if stale else []
    lines += [*begin, f"remote-as {want.as_number}", f"description {want.description}"]
    if want.password:
        lines += [f"password 0 {want.password}"]
    elif template.value("password"):
        lines += ["no password"]
    if want.bfd:
        lines += ["bfd"]
    elif "bfd" in template:
        lines += ["no bfd"]
    lines += [_FAMILY, f"prefix-list {want.incoming} in", f"prefix-list {want.outgoing} out"]
    lines += [f"maximum-prefix {want.most}", *([_passing(want)] if want.pass_on else [])]
    wanted, known = dict(want.neighbors), neighbors(present)
    for address, line in known.items():
        if address not in wanted and f"inherit peer {want.group}" in present.below(line):
            lines += [head, f"no neighbor {address}"]
    for address, name in want.neighbors:
        lines += [head, f"neighbor {address}", *_undone(present, known.get(address, ""))]
        lines += [f"inherit peer {want.group}", f"description {name}"]
        inside = [line for line in present.below(known.get(address, ""), _FAMILY) if line.startswith(_OVERRIDES)]
        lines += [_FAMILY, *(f"no {line}" for line in inside)] if inside else []
    return lines


def _undone(present: Tree, head: str) -> list[str]:
    """Commands that remove settings of a neighbour, outside of its address family."""
    lines = present.below(head)
    other = [f"no {line}" for line in lines if line.startswith("inherit peer ")]
    own = [line for line in lines if line.startswith(_OVERRIDES)]
    other += ["no password" if line.startswith("password") else f"no {line}" for line in own]
    match = _NEIGHBOR.match(head)
    return [*other, *([f"no remote-as {match[2]}"] if match and match[2] else [])]


def states(answer: Mapping[str, Any]) -> dict[str, str]:
    """The states of the sessions of the default VRF, from the JSON of :data:`SUMMARY`."""
    rows: list[Mapping[str, Any]] = [answer]
    for name in ("vrf", "af", "saf", "neighbor"):
        rows = [row for above in rows for row in _rows(above, name)]
    return {str(row["neighborid"]): str(row.get("state") or "").lower() for row in rows if "neighborid" in row}


def _rows(above: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The rows of a table; a single one is a dictionary and not a list."""
    found = (above.get(f"TABLE_{name}") or {}).get(f"ROW_{name}") or []
    return found if isinstance(found, list) else [found]
