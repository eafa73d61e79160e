# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of BGP neighbours on Junos: their reading and their change of the configuration. Pure.

A group is a ``protocols bgp group``; its filters are a ``policy-options policy-statement`` each, with a prefix list of
the same name (``prefix-list-filter NAME orlonger``), which rejects all else. Statements are those of Juniper's BGP and
Routing Policies user guides: ``peer-as``, ``authentication-key``, ``import``, ``export``, ``cluster`` (route
reflection), ``advertise-peer-as``, without which no route is sent to a neighbour whose AS is in its path, and ``family
inet unicast prefix-limit`` with ``teardown``, and ``bfd-liveness-detection`` with ``minimum-interval`` (of both
directions) and ``multiplier``. A graceful restart of a neighbour is helped by default.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from ..bgp import MISSING, Bfd, Bgp, Peering, as_number, key_from
from ..config import FabricError
from .tree import Edit, Path, entries, find, text

#: Sections of the configuration that are read besides those of ports.
SECTIONS = ("policy-options", "routing-instances", "routing-options")
SUMMARY = "get-bgp-summary-information"
_GROUP: Path = ("protocols", "bgp", "group")
_AS: Path = ("routing-options", "autonomous-system", "as-number")
_LIMIT: Path = ("family", "inet", "unicast", "prefix-limit")
_BFD, _TIMERS = "bfd-liveness-detection", ("minimum-interval", "multiplier")
#: The term of a policy; one that somebody changed is replaced by another with a number.
_TERM = "take"
#: Statements of a neighbour before which those of its group yield.
_OVERRIDES = ("peer-as", "authentication-key", "import", "export", "cluster", "family", "local-as", "type", _BFD)


def group_path(name: str) -> Path:
    """The path of a group."""
    return ("protocols", "bgp", ("group", name))


def require(where: str, have: ET.Element, wanted: Bgp) -> None:
    """Refuse what has to be there already and is not: the addresses, and the AS of the switch."""
    own = text(find(have, _AS))
    if own and as_number(own) != wanted.as_number:
        why = f"the switch has the AS {own} and not {wanted.as_number}; another would end all of its sessions"
        raise FabricError(f"{where}.bgp.as_number", why, f"write {own} in the model, or remove that number")
    units = dict(_units(have))
    instances = {
        text(node, "name"): text(instance, "name")
        for instance in entries(have, ("routing-instances", "instance"))
        for node in instance.findall("interface")
    }
    for group in wanted.peerings.values():
        place = f"{where}.bgp.groups.{group.name}.address"
        names = [name for name, unit in units.items() if _has(unit, group.address)]
        if not names:
            why = f"no interface of the switch has the address {group.address}"
            raise FabricError(place, why, "configure the interface with it first (such as irb.30), or correct it")
        if names[0] in instances:
            why = f"{group.address} is the address of {names[0]} in the routing instance {instances[names[0]]}"
            raise FabricError(place, why, "move it to the default instance, or configure this peer by hand")


def _units(have: ET.Element) -> list[tuple[str, ET.Element]]:
    return [
        (f"{text(interface, 'name')}.{text(unit, 'name')}", unit)
        for interface in entries(have, ("interfaces", "interface"))
        for unit in interface.findall("unit")
    ]


def _has(unit: ET.Element, address: str) -> bool:
    return any(text(node, "name").partition("/")[0] == address for node in entries(unit, ("family", "inet", "address")))


def read(have: ET.Element, wanted: Bgp) -> Bgp:
    """The groups of the switch that are wanted."""
    found = [_group(have, group) for group in wanted.peerings.values()] if text(find(have, _AS)) else []
    return Bgp(wanted.as_number, wanted.router_id, {group.name: group for group in found if group})


def _group(have: ET.Element, want: Peering) -> Peering | None:
    node = find(have, group_path(want.group))
    if node is None:
        return None
    most, kind = text(find(node, (*_LIMIT, "maximum"))), "internal" if want.internal else "external"
    right = text(node, "type") == kind and find(node, (*_LIMIT, "teardown")) is not None
    passes = text(node, "cluster") == want.address if want.internal else node.find("advertise-peer-as") is not None
    return Peering(
        want.name,
        want.own_as,
        (as_number(text(node, "peer-as")) or 0) if right else 0,
        _members(have, node, want),
        _filter(have, node, want.incoming, "import"),
        _filter(have, node, want.outgoing, "export"),
        passes,
        int(most) if most.isdigit() else 0,
        key_from(text(node, "description"), node.find("authentication-key") is not None),
        _bfd(node.find(_BFD)),
    )


def _bfd(node: ET.Element | None) -> Bfd | None:
    """BFD of a group. Other statements change its timers, and without a multiplier it is 3."""
    if node is None:
        return None
    interval, multiplier = (text(node, tag) for tag in _TIMERS)
    others = sorted({item.tag for item in node} - set(_TIMERS))
    remark = f"with {' '.join(others)}" if others else ""
    return Bfd(int(interval) if interval.isdigit() else 0, int(multiplier) if multiplier.isdigit() else 3, remark)


def _members(have: ET.Element, node: ET.Element, want: Peering) -> tuple[tuple[str, str], ...]:
    """The members of the group; one with statements that override those of the group, or that is in another one, too,
    has another name."""
    wanted, found = dict(want.neighbors), {}
    for neighbor in node.findall("neighbor"):
        address, name = text(neighbor, "name"), text(neighbor, "description")
        own = any(neighbor.find(tag) is not None for tag in _OVERRIDES) or bool(_others(have, want, address))
        found[address] = f"{name} (with settings of its own)" if own else name
    order = [address for address in wanted if address in found] + sorted(set(found) - set(wanted))
    return tuple((address, found[address]) for address in order)


def _others(have: ET.Element, want: Peering, address: str) -> list[str]:
    """Other groups that have the neighbour."""
    return [
        text(group, "name")
        for group in entries(have, _GROUP)
        if text(group, "name") != want.group and find(group, (("neighbor", address),)) is not None
    ]


def _filter(have: ET.Element, node: ET.Element, name: str, tag: str) -> tuple[str, ...]:
    """The subnets of a filter of the group; what is none of ours differs from every wanted one."""
    if [text(item) for item in node.findall(tag)] != [name]:
        return (MISSING,)
    statement = find(have, ("policy-options", ("policy-statement", name)))
    if statement is None or [item.tag for item in statement.findall("then/*")] != ["reject"]:
        return (MISSING,)
    terms = statement.findall("term")
    if not terms:
        return ()
    if len(terms) > 1 or not _is_ours(terms[0], name):
        return ("a policy that was changed",)
    items = entries(have, ("policy-options", ("prefix-list", name), "prefix-list-item"))
    return tuple(sorted(text(item, "name") for item in items)) or (MISSING,)


def _is_ours(term: ET.Element, name: str) -> bool:
    """Whether a term accepts what is inside the prefix list of its policy; some releases write the choice as text."""
    filters = term.findall("from/*")
    if {item.tag for item in term} - {"name", "from", "then"} or len(filters) != 1:
        return False
    found = filters[0]
    inside = found.find("orlonger") is not None or text(found, "choice-ident") == "orlonger"
    accepts = [item.tag for item in term.findall("then/*")] == ["accept"]
    return found.tag == "prefix-list-filter" and text(found, "list_name") == name and inside and accepts


def write(edit: Edit, want: Peering, router_id: str) -> None:
    """Add a group to a change."""
    if not text(find(edit.have, _AS)):
        edit.set(_AS, str(want.own_as))
        if not text(find(edit.have, ("routing-options", "router-id"))):
            edit.set(("routing-options", "router-id"), router_id)
    _policy(edit, want.incoming, want.take)
    _policy(edit, want.outgoing, want.announce)
    path = group_path(want.group)
    edit.set((*path, "type"), "internal" if want.internal else "external")
    edit.set((*path, "description"), want.description)
    edit.leaf((*path, "peer-as"), str(want.as_number))
    edit.leaf((*path, "authentication-key"), want.password)
    edit.values((*path, "import"), [want.incoming])
    edit.values((*path, "export"), [want.outgoing])
    edit.flag((*path, "advertise-peer-as"), want.pass_on and not want.internal)
    edit.leaf((*path, "cluster"), want.address if want.pass_on and want.internal else "")
    edit.set((*path, *_LIMIT, "maximum"), str(want.most))
    edit.node((*path, *_LIMIT, "teardown"))
    _with_bfd(edit, (*path, _BFD), want.bfd)
    wanted = dict(want.neighbors)
    for neighbor in entries(edit.have, (*path, "neighbor")):
        if text(neighbor, "name") not in wanted:
            edit.delete((*path, ("neighbor", text(neighbor, "name"))))
    for address, name in want.neighbors:
        member: Path = (*path, ("neighbor", address))
        edit.set((*member, "description"), name)
        for tag in _OVERRIDES:
            edit.delete((*member, tag))
        for other in _others(edit.have, want, address):
            edit.delete((*group_path(other), ("neighbor", address)))


def _with_bfd(edit: Edit, path: Path, want: Bfd | None) -> None:
    if want is None:
        edit.delete(path)
        return
    present = find(edit.have, path)
    for tag in sorted({item.tag for item in present} - set(_TIMERS)) if present is not None else []:
        edit.delete((*path, tag))
    for tag, value in zip(_TIMERS, (want.interval, want.multiplier), strict=True):
        edit.set((*path, tag), str(value))


def _policy(edit: Edit, name: str, subnets: tuple[str, ...]) -> None:
    """The policy of a filter and its prefix list. A term that differs is removed, and one of another name is added."""
    path: Path = ("policy-options", ("policy-statement", name))
    terms = list(entries(edit.have, (*path, "term")))
    kept = next((text(term, "name") for term in terms if subnets and _is_ours(term, name)), "")
    for term in terms:
        if text(term, "name") != kept:
            edit.delete((*path, ("term", text(term, "name"))))
    statement = find(edit.have, path)
    for item in statement.findall("then/*") if statement is not None else []:
        if item.tag != "reject":
            edit.delete((*path, "then", item.tag))
    edit.node((*path, "then", "reject"))
    prefixes: Path = ("policy-options", ("prefix-list", name))
    for item in entries(edit.have, (*prefixes, "prefix-list-item")):
        if text(item, "name") not in subnets:
            edit.delete((*prefixes, ("prefix-list-item", text(item, "name"))))
    for subnet in subnets:
        edit.node((*prefixes, ("prefix-list-item", subnet)))
    if subnets and not kept:
        used = {text(term, "name") for term in terms}
        new = next(word for word in (_TERM, *(f"{_TERM}-{n}" for n in range(2, len(used) + 3))) if word not in used)
        inside: Path = (*path, ("term", new))
        edit.set((*inside, "from", "prefix-list-filter", "list_name"), name)
        edit.node((*inside, "from", "prefix-list-filter", "orlonger"))
        edit.node((*inside, "then", "accept"))


def states(answer: ET.Element) -> dict[str, str]:
    """The states of the sessions, from :data:`SUMMARY`; some releases write the port behind the address."""
    return {
        text(peer, "peer-address").partition("+")[0]: text(peer, "peer-state").lower()
        for peer in answer.iter("bgp-peer")
    }
