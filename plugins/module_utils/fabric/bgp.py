# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch's end of BGP sessions with machines: groups of neighbours, independent of the platform.

A group has an object of the switch with the prefix :data:`OWN` (a peer group, a template), and two filters, so that a
driver knows its own. Only IPv4 unicast (RFC 4271), only neighbours in a subnet of the switch, only the default VRF. The
interface with the switch's address and its routing are there already: no driver makes them.

A switch does not show a password again, so a few digits of a digest of it stand in the description of the group: a
new password is noticed, one that somebody changed on the switch is not.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

#: Names of groups and filters on the switch begin with it.
OWN = "gu-"
#: Characters of the name of a group, so that those of its filters are at most 63 (NX-OS).
LONGEST = 48
#: Routes that a neighbour may announce before the session is closed: what EOS has by default.
MOST_ROUTES = 12000
#: The description of a group.
MARK = "groundup"
#: Why a platform has no neighbours.
REFUSED = {
    "openvswitch": "Open vSwitch forwards frames and has no BGP",
    "sonic": "the filters of BGP on SONiC are templates of its FRR container, which this driver does not write",
}
#: Text of a password that every command line takes as it is; RFC 2385 has no limit, NX-OS takes 63 characters.
_PASSWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:,/+=@%^*~-]{0,62}\Z")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\Z")
_ALL = "0.0.0.0/0"
_NOTHING = f"deny {_ALL} le 32"
#: Limits of BFD that each platform takes: milliseconds between packets (EOS, NVUE and FRR from 50, NVUE and FRR up to
#: 60000), and packets (EOS from 3 to 50, FRR from 2). NX-OS takes fewer milliseconds (Nexus 9000, "Configure BFD").
BFD_INTERVAL, BFD_MULTIPLIER = (50, 60000), (3, 50)
BFD_LONGEST = {"nxos": 999}
#: What is read in place of subnets where a filter is missing, and of a key where the description is another's.
MISSING, UNKNOWN = "no filter", "unknown"

Fault = tuple[str, str, str]


@dataclass(frozen=True)
class Bfd:
    """Bidirectional Forwarding Detection over one hop (RFC 5881), without echo packets.

    :ivar interval: milliseconds between two packets, in both directions.
    :ivar multiplier: a session ends after so many packets that did not arrive.
    :ivar remark: what differs on a switch besides the timers; empty if nothing does.
    """

    interval: int
    multiplier: int
    remark: str = ""

    def __str__(self) -> str:
        return f"{self.multiplier} x {self.interval} ms{f', {self.remark}' if self.remark else ''}"


@dataclass(frozen=True)
class Peering:
    """A group of neighbours that have everything in common but their addresses.

    :ivar own_as: the AS number of the switch; `as_number` is that of the neighbours.
    :ivar neighbors: addresses and names of machines, sorted.
    :ivar take: subnets inside which routes are taken from them; `announce` those inside which they get routes.
    :ivar pass_on: they get each other's routes, although their AS is in the path, or by route reflection (RFC 4456).
    :ivar most: routes that one of them may announce.
    :ivar key: see :func:`key_of`; empty without a password.
    :ivar bfd: its timers; None without BFD.
    :ivar address: the switch's address of the sessions.
    """

    name: str
    own_as: int
    as_number: int
    neighbors: tuple[tuple[str, str], ...]
    take: tuple[str, ...]
    announce: tuple[str, ...]
    pass_on: bool = False
    most: int = MOST_ROUTES
    key: str = ""
    bfd: Bfd | None = None
    address: str = field(default="", compare=False)
    password: str = field(default="", compare=False, repr=False)

    @property
    def group(self) -> str:
        """The name of the group on the switch."""
        return f"{OWN}{self.name}"

    @property
    def incoming(self) -> str:
        """The name of the filter of routes that are taken; `outgoing` that of routes that are announced."""
        return f"{self.group}-in"

    @property
    def outgoing(self) -> str:
        return f"{self.group}-out"

    @property
    def internal(self) -> bool:
        """Whether the sessions are iBGP."""
        return self.own_as == self.as_number

    @property
    def description(self) -> str:
        """That of the group on the switch."""
        return f"{MARK} {self.key}".strip()

    def settings(self) -> dict[str, Any]:
        """Names and values for a diff, without the password."""
        found: dict[str, Any] = {"own AS": self.own_as, "AS of neighbors": self.as_number}
        found |= {f"neighbor {address}": name for address, name in self.neighbors}
        found |= {"take": " ".join(self.take), "announce": " ".join(self.announce) or "nothing"}
        found |= {"pass on": self.pass_on, "most routes": self.most, "password": self.key or "none"}
        return found | {"bfd": str(self.bfd or "none")}


@dataclass(frozen=True)
class Bgp:
    """The groups of neighbours of a switch by name.

    :ivar router_id: that of a BGP process that does not exist yet; the one of an existing process stays.
    """

    as_number: int
    router_id: str
    peerings: Mapping[str, Peering]

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Bgp:
        """Read a role's dictionary; its values are checked by :func:`faults`."""
        own = item["as_number"]
        groups = {found.name: found for found in (_peering(own, group) for group in item.get("groups") or [])}
        return cls(own, item["router_id"], groups)


def _peering(own: int, item: Mapping[str, Any]) -> Peering:
    name, password, bfd = item["name"], item.get("password") or "", item.get("bfd")
    found = [(one["address"], one["name"]) for one in item.get("neighbors") or []]
    return Peering(
        name,
        own,
        item["as_number"],
        tuple(sorted(found, key=lambda pair: tuple(map(int, re.findall(r"\d+", pair[0]))))),
        ordered(item.get("take") or []),
        ordered(item.get("announce") or []),
        item.get("pass_on") or False,
        item.get("most_routes") or MOST_ROUTES,
        key_of(name, password) if password else "",
        Bfd(bfd["interval"], bfd["multiplier"]) if bfd else None,
        item["address"],
        password,
    )


def is_writable(password: str) -> bool:
    """Whether each platform's command line takes a password as it is."""
    return bool(_PASSWORD.match(password))


def key_of(name: str, password: str) -> str:
    """Eight digits by which a password is known again. They cannot be turned back, and hide a weak password no better
    than the sessions do, whose packets have an MD5 digest with it (RFC 2385)."""
    return hmac.new(password.encode(), f"{MARK}:{name}".encode(), hashlib.sha256).hexdigest()[:8]


def key_from(description: str, has_password: bool) -> str:
    """The key that a group on the switch has, from its description."""
    mark, __, key = description.partition(" ")
    if mark != MARK or bool(key) != has_password:
        return UNKNOWN
    return key


def ordered(subnets: Iterable[str]) -> tuple[str, ...]:
    """Subnets in their order; if all routes are among them, they alone."""
    texts = {str(subnet) for subnet in subnets}
    return (_ALL,) if _ALL in texts else tuple(sorted(texts))


def rules(subnets: Iterable[str]) -> list[str]:
    """A filter that lets routes inside subnets pass, as EOS and NX-OS write it, with sequence numbers."""
    texts = [f"permit {one}" if one.endswith("/32") else f"permit {one} le 32" for one in subnets]
    return [f"seq {10 * number} {text}" for number, text in enumerate(texts or [_NOTHING], 1)]


def subnets_of(lines: Iterable[str]) -> tuple[str, ...]:
    """The subnets of a filter, from its lines on EOS and NX-OS; a line that is none of :func:`rules` is itself."""
    found = [re.sub(r"^seq \d+ ", "", line) for line in lines]
    if not found:
        return (MISSING,)
    if found == [_NOTHING]:
        return ()
    return tuple(sorted(_subnet(text) for text in found))


def _subnet(text: str) -> str:
    found = re.fullmatch(r"permit (\S+?/\d+)( le 32)?", text)
    return found[1] if found and bool(found[2]) != found[1].endswith("/32") else text


def faults(where: str, item: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with a role's dictionary: the place, the reason and the remedy."""
    names: set[str] = set()
    owners: dict[str, str] = {}
    yield from _of_address(f"{where}.router_id", item["router_id"])
    for group in item.get("groups") or []:
        name = str(group["name"])
        place = f"{where}.groups.{name}"
        if not _NAME.match(name) or len(name) > LONGEST or name in names:
            yield place, f"{name!r} is used twice, or is no name of a group", f"use up to {LONGEST} of a-z, 0-9 and -"
        names.add(name)
        yield from _of_address(f"{place}.address", group["address"])
        if group.get("password") and not is_writable(group["password"]):
            yield f"{place}.password", "it has characters that a command line may misread", PASSWORD_REMEDY
        yield from _of_bfd(f"{place}.bfd", group.get("bfd") or {})
        if not group.get("neighbors"):
            yield f"{place}.neighbors", "is empty", "name its machines, or leave the group out"
        if not group.get("take"):
            yield f"{place}.take", "is empty, so that no route would be taken", "name subnets"
        for one in group.get("neighbors") or []:
            yield from _of_address(f"{place}.neighbors", one["address"])
            if not _WORD.match(one["name"]):
                yield f"{place}.neighbors", f"{one['name']!r} is no name of a machine", "use letters, digits and . _ -"
            if owners.setdefault(one["address"], name) != name:
                why = f"{one['address']} is already a neighbor of the group {owners[one['address']]}"
                yield f"{place}.neighbors", why, "a switch has one session with an address; remove it from one of them"
        for key in ("take", "announce"):
            yield from (fault for subnet in group.get(key) or [] for fault in _of_subnet(f"{place}.{key}", subnet))


PASSWORD_REMEDY = "use 1 to 63 letters, digits and _ . : , / + = @ % ^ * ~ -, the first a letter or a digit"


def as_number(text: str) -> int | None:
    """The AS number that a switch shows, perhaps as two numbers with a dot (RFC 5396); None for another text."""
    high, __, low = text.rpartition(".")
    return (int(high or 0) << 16) + int(low) if low.isdigit() and (not high or high.isdigit()) else None


def _of_bfd(place: str, item: Mapping[str, Any]) -> Iterator[Fault]:
    for key, (least, most) in (("interval", BFD_INTERVAL), ("multiplier", BFD_MULTIPLIER)):
        if item and not least <= item[key] <= most:
            yield f"{place}.{key}", f"{item[key]} is out of range", f"write {least} to {most}"


def _of_address(place: str, text: str) -> Iterator[Fault]:
    try:
        fits = ip_address(text).version == 4
    except ValueError:
        fits = False
    if not fits:
        yield place, f"{text!r} is no IPv4 address", "write one such as 10.30.0.1"


def _of_subnet(place: str, text: str) -> Iterator[Fault]:
    try:
        fits = ip_network(text).version == 4
    except ValueError:
        fits = False
    if not fits:
        yield place, f"{text!r} is no IPv4 subnet", "write one such as 10.64.0.0/14"
