# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role input ``host_network_config`` as checked values: links, VLANs, bridges and addresses. Pure."""

from __future__ import annotations

import ipaddress
from typing import Any, NamedTuple

from ..host.settings import require, settings
from ..host.state import HostError
from ..network.mtu import ETHERNET, carrier
from .backends import BACKENDS
from .clashes import refuse_clashes
from .parts import HASHED, Address, Bond, Bridge, Lent, Link, NetworkSpec, Nic
from .values import HOST, LAYER, LINK, MAC, chosen, interface, ip, matching, number, size

DEFAULTS: dict[str, Any] = {
    "backend": "networkd",
    "hostname": None,
    "fqdn": None,
    "links": [],
    "bond": None,
    "nics": [],
    "mtu": None,
    "addresses": [],
    "bridges": [],
    "vlans": [],
    "dns": {},
    "peers": {},
    "confirm_timeout": 180,
}
CARRIER: dict[str, Any] = {"name": None, "mtu": None, "bond": None, "nic": None}
#: options of the bond of a link; the short form has ``name`` and ``mtu`` besides, which a link has itself
BOND: dict[str, Any] = {
    "mode": "802.3ad", "members": [], "mac": None, "primary": None, "lacp_rate": "fast", "hash_policy": None,
}  # fmt: skip
SHORT_BOND: dict[str, Any] = {"name": "bond0", **BOND, "mtu": None}
ADDRESS: dict[str, Any] = {
    "network": None, "link": None, "vlan": None, "interface": None, "address": None, "mtu": ETHERNET, "gateway": None,
    "routes": [], "table": None,
}  # fmt: skip
VLAN: dict[str, Any] = {"link": None, "vlan": None, "mtu": ETHERNET}
BRIDGE: dict[str, Any] = {"name": None, "link": None, "vlan": None, "mtu": ETHERNET, "address": None}
#: of the other modes, balance-rr puts packets out of order and broadcast sends each of them once per member
MODES = ("802.3ad", "active-backup", "balance-xor", "balance-tlb", "balance-alb")
#: those that systemd-networkd and NetworkManager both know
HASH_POLICIES = ("layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4")
#: the kernel's default, main and local (ip-route(8))
RESERVED_TABLES = (253, 254, 255)
SHORTEST_TIMEOUT = 20  # seconds; in less no change can be made, reached over a new connection and confirmed


class Carrier(NamedTuple):
    """A link before it is known what it carries; ``mtu`` is its own, in bytes."""

    name: str
    nics: tuple[Nic, ...]
    bond: Bond | None
    mtu: int


def parse(params: dict[str, Any]) -> NetworkSpec:
    """Check the role's input and return a NetworkSpec. A HostError names the setting, its value and the remedy."""
    given = settings(LAYER, params, DEFAULTS)
    backend = chosen(f"{LAYER}.backend", given["backend"], tuple(BACKENDS))
    nics = tuple(parse_nic(f"{LAYER}.nics[{i}]", nic) for i, nic in enumerate(given["nics"]))
    carriers = parse_links(given) if given["links"] else [short_form(given, nics)]
    names = [one.name for one in carriers]
    addresses = tuple(parse_address(f"{LAYER}.addresses[{i}]", a, names) for i, a in enumerate(given["addresses"]))
    bridges = tuple(parse_bridge(f"{LAYER}.bridges[{i}]", bridge, names) for i, bridge in enumerate(given["bridges"]))
    lent = tuple(parse_vlan(f"{LAYER}.vlans[{i}]", vlan, names) for i, vlan in enumerate(given["vlans"]))
    above: list[Address | Bridge | Lent] = [*addresses, *bridges, *lent]
    carried = {name: [item.mtu for item in above if item.link == name] for name in names}
    dns = settings(f"{LAYER}.dns", given["dns"], {"servers": [], "search": []})
    spec = NetworkSpec(
        tuple(Link(one.name, one.nics, carrier(carried[one.name], one.mtu), one.bond) for one in carriers),
        addresses,
        bridges,
        tuple(str(ip(f"{LAYER}.dns.servers", server)) for server in dns["servers"]),
        tuple(matching(f"{LAYER}.dns.search", name, HOST, "a domain") for name in dns["search"]),
        given["hostname"] and matching(f"{LAYER}.hostname", given["hostname"], HOST, "a host name"),
        given["fqdn"] and matching(f"{LAYER}.fqdn", given["fqdn"], HOST, "a host name"),
        {network: tuple(found or ()) for network, found in given["peers"].items()},
        number(f"{LAYER}.confirm_timeout", given["confirm_timeout"], SHORTEST_TIMEOUT, 86400),
        backend,
        lent,
    )
    refuse_clashes(spec, nics)
    return spec


def short_form(given: dict[str, Any], nics: tuple[Nic, ...]) -> Carrier:
    """The only link of an input without ``links``: its bond, or the first of its NICs."""
    own = given["mtu"]
    if given["bond"]:
        where = f"{LAYER}.bond"
        bond = settings(where, given["bond"], SHORT_BOND)
        parsed = parse_bond(where, bond["name"], {key: bond[key] for key in BOND})
        return Carrier(parsed.name, parsed.members, parsed, mtu_of(LAYER, bond["mtu"] or own))
    if not nics:
        raise HostError(f"{LAYER}: neither links nor bond nor nics is given; name at least one NIC by its MAC address")
    return Carrier(nics[0].name, nics[:1], None, mtu_of(LAYER, own))


def parse_links(given: dict[str, Any]) -> list[Carrier]:
    """The links of the long form."""
    for key in ("bond", "mtu"):
        if given[key]:
            raise HostError(f"{LAYER}.{key}: is the short form for one link; with links, give it in one of these")
    return [parse_link(f"{LAYER}.links[{i}]", item) for i, item in enumerate(given["links"])]


def parse_link(where: str, item: dict[str, Any]) -> Carrier:
    """Check one link."""
    link = settings(where, item, CARRIER)
    if bool(link["bond"]) == bool(link["nic"]):
        raise HostError(f"{where}: give it either a bond or a nic")
    own = mtu_of(where, link["mtu"])
    if link["bond"]:
        require(where, link, "name")
        bond = parse_bond(f"{where}.bond", link["name"], link["bond"])
        return Carrier(bond.name, bond.members, bond, own)
    nic = parse_nic(f"{where}.nic", link["nic"])
    if link["name"] not in (None, nic.name):
        raise HostError(f"{where}.name: {link['name']} is not the name of its NIC, {nic.name}; leave it out")
    return Carrier(nic.name, (nic,), None, own)


def mtu_of(where: str, value: Any) -> int:
    """A link's own MTU in bytes; that of Ethernet if it is not given."""
    return number(f"{where}.mtu", ETHERNET if value is None else value, 68, 65535)


def parse_nic(where: str, item: dict[str, Any]) -> Nic:
    """Check one NIC."""
    nic = settings(where, item, {"name": None, "mac": None, "port": None})
    require(where, nic, "name", "mac")
    mac = matching(f"{where}.mac", str(nic["mac"]).lower(), MAC, "a MAC address like 52:54:00:00:01:01")
    return Nic(matching(f"{where}.name", nic["name"], LINK, "a link's name"), mac, nic["port"])


def parse_bond(where: str, name: str, item: dict[str, Any]) -> Bond:
    """Check one bond."""
    bond = settings(where, item, BOND)
    require(where, bond, "members")
    mode = chosen(f"{where}.mode", bond["mode"], MODES)
    members = tuple(parse_nic(f"{where}.members[{i}]", nic) for i, nic in enumerate(bond["members"]))
    mac = matching(f"{where}.mac", str(bond["mac"] or members[0].mac).lower(), MAC, "a MAC address")
    if bond["lacp_rate"] not in ("fast", "slow"):
        raise HostError(f"{where}.lacp_rate: {bond['lacp_rate']} is neither fast nor slow")
    known = [nic.name for nic in members]
    if bond["primary"] not in (None, *known):
        raise HostError(f"{where}.primary: {bond['primary']} is no member; name one of {', '.join(known)}")
    policy = bond["hash_policy"]
    if policy and mode not in HASHED:
        raise HostError(
            f"{where}.hash_policy: is not used in mode {mode}, only in {' and '.join(HASHED)}; leave it out"
        )
    policy = chosen(f"{where}.hash_policy", policy or "layer3+4", HASH_POLICIES) if mode in HASHED else None
    return Bond(name, mode, members, mac, bond["lacp_rate"], bond["primary"], policy)


def link_of(where: str, name: str | None, names: list[str]) -> str:
    """The link on which something is: the first one if none is named."""
    if name is None:
        return names[0]
    return chosen(f"{where}.link", name, tuple(names))


def parse_address(where: str, item: dict[str, Any], links: list[str]) -> Address:
    """Check one network."""
    given = settings(where, item, ADDRESS)
    require(where, given, "address")
    own = interface(f"{where}.address", given["address"])
    if given["gateway"] and ip(f"{where}.gateway", given["gateway"]) not in own.network:
        raise HostError(f"{where}.gateway: {given['gateway']} is outside of {own.network}")
    routes = tuple(parse_route(f"{where}.routes[{i}]", route) for i, route in enumerate(given["routes"]))
    vlan = None if given["vlan"] is None else number(f"{where}.vlan", given["vlan"], 1, 4094)
    mtu = size(where, given["mtu"], own.version)
    link = link_of(where, given["link"], links)
    return Address(str(given["network"]), vlan, str(own), mtu, given["gateway"], routes, link, table_of(where, given))


def table_of(where: str, given: dict[str, Any]) -> int | None:
    """The route table of a network."""
    if given["table"] is None:
        return None
    table = number(f"{where}.table", given["table"], 1, 4294967295)
    if table in RESERVED_TABLES:
        raise HostError(f"{where}.table: {table} is a table of the kernel; give another number")
    if not given["gateway"]:
        raise HostError(
            f"{where}.table: needs a gateway, which is the default route of the table; give it, or no table"
        )
    return table


def parse_route(where: str, item: dict[str, Any]) -> tuple[str, str]:
    """Check one route: (destination, gateway), with no gateway where the destination is on the link."""
    route = settings(where, item, {"to": None, "via": None})
    require(where, route, "to")
    try:
        to = str(ipaddress.ip_network(route["to"], strict=False))
    except ValueError as error:
        raise HostError(f"{where}.to: {error}") from error
    return to, str(ip(f"{where}.via", route["via"])) if route["via"] else ""


def parse_bridge(where: str, item: dict[str, Any], links: list[str]) -> Bridge:
    """Check one bridge."""
    given = settings(where, item, BRIDGE)
    require(where, given, "name", "vlan")
    vlan = number(f"{where}.vlan", given["vlan"], 1, 4094)
    address = interface(f"{where}.address", given["address"]) if given["address"] else None
    mtu = size(where, given["mtu"], address.version if address else 4)
    name = matching(f"{where}.name", given["name"], LINK, "a link's name")
    return Bridge(name, vlan, mtu, str(address) if address else None, link_of(where, given["link"], links))


def parse_vlan(where: str, item: dict[str, Any], links: list[str]) -> Lent:
    """Check one VLAN of another program."""
    given = settings(where, item, VLAN)
    require(where, given, "vlan")
    vlan = number(f"{where}.vlan", given["vlan"], 1, 4094)
    return Lent(vlan, size(where, given["mtu"], 4), link_of(where, given["link"], links))
