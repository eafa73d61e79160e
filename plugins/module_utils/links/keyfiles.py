# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager's profiles of a host, from its NetworkSpec, as keyfiles. Pure.

See nm-settings-keyfile(5). ``master``, ``slave-type`` and ``autoconnect-slaves`` are the names that all releases know;
NetworkManager 1.46 added others for the same.
"""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Iterator

from .files import RULE_PRIORITY, Section, ini, link_file_of
from .parts import PREFERRED, Address, Bond, Bridge, Link, NetworkSpec, Nic

KEYFILES = "/etc/NetworkManager/system-connections"
KEYFILE_PREFIX = "groundup-"
KEYFILE_SUFFIX = ".nmconnection"
#: settings of NetworkManager itself
CONF = "/etc/NetworkManager/conf.d/10-groundup.conf"
#: profiles of others, of which autoconnect-priority is 0 by default, are not activated in the place of ours
PRIORITY = 100
#: everything, by IP version
EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
#: of the route to a network with a smaller MTU than its link; NetworkManager's own route to it has 100 or more
METRIC = 50


def keyfiles(spec: NetworkSpec) -> dict[str, str]:
    """{absolute path: text} of profiles, and of the files by which udev names the NICs at the next boot."""
    found = dict(link_file_of(nic) for nic in spec.nics)
    for name, sections in profiles(spec):
        found[f"{KEYFILES}/{KEYFILE_PREFIX}{name}{KEYFILE_SUFFIX}"] = ini(sections)
    return found


def carrier_conf(spec: NetworkSpec) -> str:
    """Addresses and members stay where a cable is pulled, as with systemd-networkd; see NetworkManager.conf(5)."""
    nics = [f"mac:{nic.mac}" for nic in spec.nics]
    match = ";".join([*nics, *(f"interface-name:={vlan.name}" for vlan in spec.vlans)])
    return ini([("device-groundup", [("match-device", match), ("ignore-carrier", 1)])])


def profiles(spec: NetworkSpec) -> Iterator[tuple[str, list[Section]]]:
    """(name of the device, sections) of every profile."""
    for link in spec.links:
        if link.bond:
            yield link.name, bond_profile(spec, link, link.bond)
            for nic in link.nics:
                yield nic.name, member_profile(link.bond, nic)
        else:
            yield link.name, nic_profile(spec, link)
    for vlan in spec.vlans:
        bridge = spec.bridge_of(vlan.name)
        yield (
            vlan.name,
            [
                head(vlan.name, "vlan", interface=vlan.name, master=bridge, port_of="bridge"),
                ("ethernet", [("mtu", vlan.mtu)]),
                ("vlan", [("flags", 1), ("id", vlan.number), ("parent", identifier(vlan.link))]),
                *([] if bridge else ip_sections(spec, spec.on(vlan.name))),
            ],
        )
    for one in spec.bridges:
        yield (
            one.name,
            [
                head(one.name, "bridge", interface=one.name),
                ("ethernet", [("mtu", one.mtu)]),
                ("bridge", [("stp", "false")]),
                *ip_sections(spec, own_address(one)),
            ],
        )


def identifier(name: str) -> str:
    """The profile's UUID, always the same for a device; other profiles refer to it by that."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"groundup.cloud/host_network/{name}"))


def head(
    name: str, kind: str, *, interface: str | None = None, master: str | None = None, port_of: str | None = None
) -> Section:
    """The section of all profiles. ``master``: the device of which this one is a port."""
    return (
        "connection",
        [
            ("id", f"{KEYFILE_PREFIX}{name}"),
            ("uuid", identifier(name)),
            ("type", kind),
            ("interface-name", interface),
            ("autoconnect-priority", PRIORITY),
            ("autoconnect-slaves", 1 if kind == "bond" else None),
            ("lldp", 1 if kind == "ethernet" else None),
            ("master", identifier(master) if master else None),
            ("slave-type", port_of if master else None),
        ],
    )


def bond_profile(spec: NetworkSpec, link: Link, bond: Bond) -> list[Section]:
    """A bond, with the options that systemd-networkd gives it."""
    lacp = bond.mode == "802.3ad"
    return [
        head(link.name, "bond", interface=link.name),
        ("ethernet", [("cloned-mac-address", bond.mac), ("mtu", link.mtu)]),
        (
            "bond",
            [
                ("mode", bond.mode),
                ("miimon", 100),
                ("lacp_rate", bond.lacp_rate if lacp else None),
                ("xmit_hash_policy", bond.hash_policy),
                ("ad_select", "bandwidth" if lacp else None),
                ("min_links", 1 if lacp else None),
                ("primary", bond.primary if bond.mode in PREFERRED else None),
            ],
        ),
        *ip_sections(spec, spec.on(link.name), link.mtu),
    ]


def member_profile(bond: Bond, nic: Nic) -> list[Section]:
    """A member port, matched by its permanent MAC address."""
    return [
        head(nic.name, "ethernet", master=bond.name, port_of="bond"),
        ("ethernet", [("mac-address", nic.mac)]),
    ]


def nic_profile(spec: NetworkSpec, link: Link) -> list[Section]:
    """A link of a single NIC, matched by its permanent MAC address."""
    return [
        head(link.name, "ethernet"),
        ("ethernet", [("mac-address", link.nics[0].mac), ("mtu", link.mtu)]),
        *ip_sections(spec, spec.on(link.name), link.mtu),
    ]


def own_address(bridge: Bridge) -> list[Address]:
    """A bridge's address, as that of a network without a gateway."""
    return [Address("", None, bridge.address, bridge.mtu, None, (), bridge.name)] if bridge.address else []


def ip_sections(spec: NetworkSpec, own: list[Address], mtu: int = 0) -> list[Section]:
    """Static addresses and routes of both IP versions; a version without an address is switched off on the device.

    ``mtu``: that of a link, below which networks have theirs on their routes.
    """
    return [(f"ipv{version}", ip_section(spec, [a for a in own if a.version == version], mtu)) for version in (4, 6)]


def ip_section(spec: NetworkSpec, own: list[Address], mtu: int) -> list[tuple[str, object]]:
    """Addresses, routes and name servers of one IP version."""
    entries: list[tuple[str, object]] = [("method", "manual" if own else "disabled")]
    entries += [(f"address{number}", item.address) for number, item in enumerate(own, 1)]
    routes: list[tuple[str, str]] = []
    for item in own:
        small = item.mtu < mtu
        options = f"mtu={item.mtu}" if small else ""
        if small:
            net = ipaddress.ip_interface(item.address)
            anywhere = "::" if item.version == 6 else "0.0.0.0"
            routes.append((f"{net.network},{anywhere},{METRIC}", f"{options},src={net.ip}"))
        if item.router and small:
            routes.append((f"{EVERYWHERE[item.version]},{item.router}", options))
        elif item.router:
            entries.append(("gateway", item.router))
        routes += [(f"{to},{via}" if via else to, options) for to, via in item.routes]
        routes += table_routes(item, options)
    for number, (route, options) in enumerate(routes, 1):
        entries += [(f"route{number}", route), (f"route{number}_options", options or None)]
    return entries + rules(own) + name_servers(spec, own)


def table_routes(item: Address, options: str) -> list[tuple[str, str]]:
    """The routes of a network's own table, with the options of its routes in the main table."""
    own = ",".join(filter(None, (options, f"table={item.table}")))
    places = ((EVERYWHERE[item.version] if to == "default" else to, via) for to, via in item.own_routes)
    return [(f"{to},{via}" if via else to, own) for to, via in places]


def rules(own: list[Address]) -> list[tuple[str, object]]:
    """The rules by which packets from an address use its table."""
    tables = [item for item in own if item.table]
    hosts = [ipaddress.ip_interface(item.address).ip for item in tables]
    return [
        (f"routing-rule{number}", f"priority {RULE_PRIORITY} from {own} table {item.table}")
        for number, (own, item) in enumerate(zip(hosts, tables, strict=True), 1)
    ]


def name_servers(spec: NetworkSpec, own: list[Address]) -> list[tuple[str, object]]:
    """The name servers of an IP version are those of one profile: with its default route, or else of the first."""
    if not own or not spec.dns:
        return []
    version = own[0].version
    candidates = [item for item in spec.addresses if item.version == version]
    chosen = next((item for item in candidates if item.router), candidates[0] if candidates else None)
    servers = [server for server in spec.dns if ipaddress.ip_address(server).version == version]
    if chosen not in own or not servers:
        return []
    search = "".join(f"{name};" for name in spec.search) or None
    return [("dns", "".join(f"{server};" for server in servers)), ("dns-search", search)]
