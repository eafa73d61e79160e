# SPDX-License-Identifier: GPL-3.0-or-later
"""NVUE's configuration and state as objects of :mod:`..config`. Pure.

The paths are those of the "NVUE Command Reference" and of the samples in "NVUE API" of the user guide:
``interface/NAME/bridge/domain/DOMAIN/{access,untagged,vlan,stp}``, ``interface/NAME/bond``,
``interface/NAME/link/mtu``.

MTU: that of the Linux network device, thus bytes of IP payload as in the model. 9216 without a setting ("Switch Port
Attributes"). A bond's members have the bond's.

A port or bond without a list of VLANs carries all of the bridge's. It is read as a trunk without VLANs, which differs
from every wanted one, so it is corrected. NVUE has no names of VLANs: one that exists has the wanted name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..config import UNKNOWN, FabricError, Lacp, Lag, Membership, Port, PortMode, Sighting, SwitchConfig
from . import mlag, routed
from .names import Tree, bonds, expanded, is_off, is_on, known, members

#: Bytes; ifupdown2 sets it on ports without a setting.
DEFAULT_MTU = 9216
_DOMAIN = "br_default"
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\Z")


@dataclass(frozen=True)
class Facts:
    """One reading of the switch.

    :ivar config: a revision, its interfaces and VLANs with one key each.
    :ivar domain: the bridge that the model's ports are in.
    :ivar names: the model's names of ports by the switch's.
    :ivar channels: bonds by the model's name of the aggregation.
    :ivar present: names of all interfaces of the switch, configured or not.
    """

    config: Tree
    domain: str
    names: Mapping[str, str]
    channels: Mapping[str, str]
    present: frozenset[str]

    @property
    def interfaces(self) -> Tree:
        return self.config.get("interface") or {}

    def place(self, name: str) -> str:
        """The model's name of a port or bond of the switch; its own if the model has none."""
        lags = {bond: lag for lag, bond in self.channels.items()}
        return self.names.get(name) or lags.get(name, name)


def normal(config: Tree) -> Tree:
    """A configuration whose interfaces have one key each."""
    return config | {"interface": expanded(config.get("interface") or {})}


def bridge(where: str, config: Tree) -> str:
    """The bridge of the model's ports: ``br_default``, or the only one there is."""
    names = sorted((config.get("bridge") or {}).get("domain") or {})
    if _DOMAIN in names or not names:
        return _DOMAIN
    if len(names) == 1:
        return str(names[0])
    raise FabricError(where, f"it has the bridges {', '.join(names)}", f"name the one of the model {_DOMAIN}")


def facts(where: str, config: Tree, present: frozenset[str], desired: SwitchConfig, names: dict[str, str]) -> Facts:
    """Relate a configuration to the model; `names` are the model's names of ports by the switch's."""
    whole = normal(config)
    channels = known(desired.lags.values(), whole["interface"])
    return Facts(whole, bridge(where, whole), names, channels, present | set(whole["interface"]))


def switch_config(found: Facts, desired: SwitchConfig) -> SwitchConfig:
    """The objects that `desired` names, and those that use the same ports."""
    wanted = {port for port, name in found.names.items() if name in desired.port_names}
    ports = {
        found.names[name]: _port(found, name, item, desired.ports.get(found.names[name]))
        for name, item in found.interfaces.items()
        if name in wanted and (item.get("bridge") or {}).get("domain")
    }
    for name in sorted(wanted & set(found.interfaces)):
        item = found.interfaces[name]
        if port := routed.read(found.names[name], item, desired, _mtu(item, DEFAULT_MTU)):
            ports[found.names[name]] = port
    lags: dict[str, Lag] = {}
    for name, item in bonds(found.interfaces).items():
        model = found.place(name)
        if model in desired.lags or wanted & set(members(item)):
            lags[model] = _lag(found, model, item, desired.lags.get(model))
    domains = (found.config.get("bridge") or {}).get("domain") or {}
    have = expanded((domains.get(found.domain) or {}).get("vlan") or {})
    vlans = {vid: name for vid, name in desired.vlans.items() if str(vid) in have}
    domain = mlag.read(found, desired.mlag) if desired.mlag else None
    return SwitchConfig(desired.name, ports, lags, vlans, domain)


def has_mlag(config: Tree) -> bool:
    """Whether MLAG is on and has a peer link ("Multi-Chassis Link Aggregation")."""
    domain = config.get("mlag") or {}
    switched = domain.get("state", domain.get("enable"))
    on = is_on(switched) or (not is_off(switched) and bool(domain.get("mac-address") or domain.get("peer-ip")))
    return on and any(members(item) for item in peer_links(config).values())


def peer_links(config: Tree) -> Tree:
    """The peer link of MLAG, without its VLAN interface."""
    interfaces = config.get("interface") or {}
    return {name: item for name, item in interfaces.items() if item.get("type") == "peerlink" or name == "peerlink"}


def _port(found: Facts, name: str, item: Tree, want: Port | None) -> Port:
    mtu = _mtu(item, DEFAULT_MTU)
    edge = _edge(found, item, want is not None and want.edge)
    return Port(found.names[name], _membership(found, item), mtu, str(item.get("description") or ""), edge)


def _lag(found: Facts, model: str, item: Tree, want: Lag | None) -> Lag:
    bond, inside = item.get("bond") or {}, members(item)
    ports = tuple(sorted(found.place(name) for name in inside))
    mtu = _mtu(item, DEFAULT_MTU)
    differing = [own for own in (_mtu(found.interfaces.get(name) or {}, mtu) for name in inside) if own != mtu]
    return Lag(
        model,
        ports,
        _membership(found, item),
        min(differing, default=mtu),
        _lacp(bond, ports, want),
        str(item.get("description") or ""),
        _mlag(bond),
        _edge(found, item, want is not None and want.edge),
    )


def _lacp(bond: Tree, ports: tuple[str, ...], want: Lag | None) -> Lacp | None:
    """LACP of a bond; None if it is static. Cumulus Linux always begins the negotiation.

    LACP bypass lets *every* member forward while the partner is silent, on both switches of an MLAG pair: the port
    cannot be chosen ("LACP Bypass"). If it is on, the wanted port counts as chosen, so a second run changes nothing.
    """
    if bond.get("mode") not in (None, "lacp"):
        return None
    chosen = want.lacp.fallback_port if want and want.lacp else None
    fallback = chosen or (ports[0] if ports else None)
    return Lacp(True, bond.get("lacp-rate", "fast") == "fast", fallback if is_on(bond.get("lacp-bypass")) else None)


def _mlag(bond: Tree) -> int | None:
    """The MLAG identifier; 0, which no model has, for ``auto``."""
    own = bond.get("mlag") or {}
    if is_off(own.get("state", own.get("enable"))) or own.get("id") is None:
        return None
    return int(own["id"]) if str(own["id"]).isdigit() else 0


def _membership(found: Facts, item: Tree) -> Membership:
    """VLANs of a port or bond. ``access`` without others, or ``untagged`` and ``vlan``; all else is not certain."""
    domains = (item.get("bridge") or {}).get("domain") or {}
    mine = domains.get(found.domain)
    if set(domains) != {found.domain} or mine is None:
        return UNKNOWN
    access, untagged = _vid(mine.get("access")), mine.get("untagged", "auto")
    vlans = [int(vid) for vid in expanded(mine.get("vlan") or {}) if vid.isdigit()]
    if access is not None:
        return UNKNOWN if vlans or _vid(untagged) else Membership.of(PortMode.ACCESS, access, [])
    if not vlans:
        return UNKNOWN
    native = _vid(untagged)
    if untagged == "auto":
        whole = ((found.config.get("bridge") or {}).get("domain") or {}).get(found.domain) or {}
        native = _vid(whole.get("untagged", 1))
    return Membership.of(PortMode.TRUNK, native, vlans)


def _edge(found: Facts, item: Tree, wanted: bool) -> bool:
    """Whether it is an edge port with BPDU guard; with one of the two it differs from what is wanted."""
    mine = ((item.get("bridge") or {}).get("domain") or {}).get(found.domain) or {}
    both = [is_on((mine.get("stp") or {}).get(key)) for key in ("admin-edge", "bpdu-guard")]
    return all(both) if wanted else any(both)


def _vid(value: Any) -> int | None:
    return int(value) if str(value).isdigit() else None


def _mtu(item: Tree, default: int) -> int:
    value = (item.get("link") or {}).get("mtu")
    return int(value) if value is not None else default


def mac_table(found: Facts, table: Tree) -> list[Sighting]:
    """Learnt addresses of ``bridge/domain/DOMAIN/mac-table``; the switch's own entries have no VLAN."""
    rows = [row for row in table.values() if isinstance(row, dict) and row.get("vlan") and row.get("interface")]
    learnt = [row for row in rows if row.get("entry-type") not in ("permanent", "static")]
    return [Sighting(str(row["mac"]).lower(), found.place(row["interface"]), "mac_table") for row in learnt]


def neighbours(found: Facts, interfaces: Tree) -> list[Sighting]:
    """Port identifiers of LLDP neighbours that are addresses (``interface/NAME/lldp/neighbor``)."""
    seen = []
    for name, item in sorted(interfaces.items()):
        for neighbour in ((item.get("lldp") or {}).get("neighbor") or {}).values():
            values = [str(value).lower() for value in (neighbour.get("port") or {}).values()]
            seen += [Sighting(value, found.place(name), "lldp") for value in values if _MAC.match(value)]
    return seen
