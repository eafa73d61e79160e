# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with pools of addresses for services, their announcements, and routers, in inputs of roles."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from . import address_ranges
from .address_ranges import AddressRange, BadRange
from .bgp import BFD_INTERVAL, BFD_MULTIPLIER, HOLD_SECONDS, LAST_AS, LAST_PORT, LEAST_HOLD, PORT

_NAME = re.compile(r"(?=.{1,200}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
Params = Mapping[str, Any]


def items(params: Params, key: str) -> list[dict[str, Any]]:
    """The items of a key; none where it is missing."""
    return list(params.get(key) or [])


def wrong_pools(role: str, params: Params, required: bool) -> Iterator[str]:
    """What is wrong with pools: their names, and addresses that are none or of two of them.

    :param role: the role whose input it is.
    :param required: there has to be one.
    """
    pools = items(params, "pools")
    if required and not pools:
        yield f"{role}_config.pools: there is none, so that no service would get an address; give at least one"
    yield from wrong_names(role, params, "pools")
    named: list[tuple[str, AddressRange]] = []
    for pool in pools:
        where = f"{role}_config.pools: {pool['name']}"
        if not pool.get("addresses"):
            yield f"{where}: has no addresses; give a range such as 10.30.0.200-10.30.0.220"
        for text in pool.get("addresses") or []:
            try:
                named.append((str(pool["name"]), address_ranges.parse(str(text))))
            except BadRange as error:
                yield f"{where}: {text} {error}; write FIRST-LAST, or a subnet such as 10.30.0.192/27"
    for (name, one), other in address_ranges.overlaps(named):
        yield f"{role}_config.pools: {one} of {name} overlaps addresses of {other}; let each address be of one pool"


def wrong_names(role: str, params: Params, key: str) -> Iterator[str]:
    """What is wrong with the names of the items of a key."""
    seen: set[str] = set()
    for item in items(params, key):
        name = str(item["name"])
        if not _NAME.fullmatch(name):
            yield f"{role}_config.{key}: {name} is no name; give lower-case letters, digits, inner dashes and dots"
        if name in seen:
            yield f"{role}_config.{key}: {name} is there twice; give each a name of its own"
        seen.add(name)


def wrong_peers(role: str, params: Params, passwords: Mapping[str, str], no_ipv6: str) -> Iterator[str]:
    """What is wrong with routers.

    :param passwords: theirs, by their name.
    :param no_ipv6: what IPv6 wants that there is not, as text.
    """
    yield from wrong_names(role, params, "peers")
    for peer in items(params, "peers"):
        where = f"{role}_config.peers: {peer['name']}"
        try:
            address = ipaddress.ip_address(str(peer["address"]))
            if address.version != 4:
                yield f"{where}: {address} is IPv6, which {no_ipv6}; give an IPv4 address"
        except ValueError:
            yield f"{where}: {peer['address']} is no address; give that of the router"
        for key in ("as_number", "own_as_number"):
            if not 1 <= int(peer[key]) <= LAST_AS:
                yield f"{where}: {key} {peer[key]} is no AS number; give one from 1 to {LAST_AS}"
        if 0 < int(peer.get("hold_seconds", HOLD_SECONDS)) < LEAST_HOLD:
            yield f"{where}: hold_seconds {peer['hold_seconds']} is too short; give 0, or at least {LEAST_HOLD}"
        if not 1 <= int(peer.get("port") or PORT) <= LAST_PORT:
            yield f"{where}: port {peer['port']} is out of range; give one from 1 to {LAST_PORT}"
        for key, (least, most) in (("interval", BFD_INTERVAL), ("multiplier", BFD_MULTIPLIER)):
            if peer.get("bfd") and not least <= int(peer["bfd"][key]) <= most:
                yield f"{where}: bfd.{key} {peer['bfd'][key]} is out of range; give one from {least} to {most}"
    known = {str(peer["name"]) for peer in items(params, "peers")}
    yield from unknown(f"{role}_passwords", passwords, known)


def unknown(where: str, names: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    """Names that are not among the known ones."""
    known = sorted(known)
    for name in names:
        if name not in known:
            yield f"{where}: {name} is not known; there is {', '.join(known) or 'none'}"
