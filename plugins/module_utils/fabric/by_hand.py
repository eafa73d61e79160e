# SPDX-License-Identifier: GPL-3.0-or-later
"""What people have to configure on a switch that nothing else configures: a table for the network team.

It is made of the same configuration that a driver would be given, so a switch that gets a driver changes nothing else.
"""

from __future__ import annotations

from . import routed
from .bgp import REFUSED, Bgp
from .config import FabricError, Lag, Membership, Port, PortMode, SwitchConfig
from .mlag import Mlag
from .plan import ranges

#: The platform of a switch that is never logged in to.
UNMANAGED = "unmanaged"
#: Why nothing is proved of it.
NOT_TRIED = "unmanaged: the switch is configured by hand, and nobody logs in to it"
COLUMNS = ("port", "mode", "native VLAN", "tagged VLANs", "LAG", "MLAG", "LACP", "edge", "MTU", "description")


def table(config: SwitchConfig, mlag_peer: str | None = None) -> list[str]:
    """The lines of a plain text: the VLANs, then one row for each port."""
    rows: list[tuple[str, ...]] = [COLUMNS, *(_of_port(port) for port in config.ports.values())]
    rows += [row for lag in config.lags.values() for row in _of_lag(lag)]
    rows[1:] = sorted(rows[1:], key=lambda row: _natural(row[0]))
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    peer = f", as one of an MLAG pair with {mlag_peer}" if mlag_peer else ""
    lines = [f"{config.name}: to be configured by hand{peer}"]
    lines += [f"  VLAN {vlans}: {names}" for vlans, names in _named(config.vlans)]
    lines += _domain(config.mlag) if config.mlag else []
    lines += _neighbors(config.bgp) if config.bgp else []
    for row in rows:
        lines.append("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return lines


def refuse_bgp(desired: SwitchConfig, platform: str) -> None:
    """Refuse BGP neighbours on a platform whose driver has none, with the reason."""
    if desired.bgp:
        remedy = "remove `switch` of the peer in the model, and configure the switch's end by hand, by by_hand.txt"
        raise FabricError(f"switches.{desired.name}.bgp", REFUSED[platform], remedy)


def refuse_routed(desired: SwitchConfig, platform: str) -> None:
    """Refuse routed ports on a platform whose driver has none, with the reason."""
    for port in desired.ports.values():
        if port.membership.mode is PortMode.ROUTED:
            raise FabricError(f"switches.{desired.name}.ports.{port.name}", routed.REFUSED[platform], routed.REMEDY)


def _neighbors(bgp: Bgp) -> list[str]:
    """The groups of BGP neighbours; each is what a switch with a driver would be given."""
    lines: list[str] = []
    for group in bgp.peerings.values():
        session = "iBGP" if group.internal else "eBGP"
        lines += [f"  BGP {group.name}: own AS {group.own_as}, AS of neighbors {group.as_number} ({session})"]
        password = "with a password (TCP MD5), that of the model" if group.password else "without a password"
        lines += [f"    from {group.address}, IPv4 unicast, {password}, with graceful restart (RFC 4724)"]
        if group.bfd:
            seconds = group.bfd.interval * group.bfd.multiplier / 1000
            lines += [f"    BFD {group.bfd} (RFC 5881), so that a session ends after {seconds:g} s; without echo"]
        lines += [f"    neighbor {address}: {name}" for address, name in group.neighbors]
        lines += [f"    take {subnet} with prefixes up to /32" for subnet in group.take]
        lines += [f"    take at most {group.most} routes of each"]
        lines += [f"    announce {subnet} with longer prefixes" for subnet in group.announce]
        lines += [] if group.announce else ["    announce nothing"]
        how = "as route reflector (RFC 4456)" if group.internal else "although their AS is in the path"
        lines += [f"    pass on neighbors' routes to all others, {how}"] if group.pass_on else []
    return lines


def _domain(mlag: Mlag) -> list[str]:
    """The MLAG domain and the ports of the peer link."""
    link = f"peer link {', '.join(mlag.peer_link)} as one LAG for all VLANs and VLAN {mlag.vlan}, MTU {mlag.mtu}"
    lines = [f"  MLAG domain {mlag.domain}: {link}"]
    lines += [f"  MLAG addresses on VLAN {mlag.vlan}: {mlag.address} here, {mlag.peer_address} there"]
    if mlag.keepalive:
        vrf = f" in VRF {mlag.keepalive.vrf}" if mlag.keepalive.vrf else ""
        lines += [f"  MLAG keepalive: {mlag.keepalive.source or 'this switch'} to {mlag.keepalive.destination}{vrf}"]
    return lines


def _of_port(port: Port) -> tuple[str, ...]:
    mode, *vlans = _vlans(port.membership)
    mode = " ".join([mode, *port.addresses])
    return (port.name, mode, *vlans, "-", "-", "-", _edge(port.edge), str(port.mtu), port.description)


def _of_lag(lag: Lag) -> list[tuple[str, ...]]:
    mlag = "-" if lag.mlag is None else str(lag.mlag)
    rows: list[tuple[str, ...]] = []
    for member in lag.members:
        lacp = "none (static)"
        if lag.lacp:
            words = ["active" if lag.lacp.active else "passive", "fast" if lag.lacp.fast else "slow"]
            lacp = ", ".join([*words, *(["fallback"] if member == lag.lacp.fallback_port else [])])
        rows.append(
            (member, *_vlans(lag.membership), lag.name, mlag, lacp, _edge(lag.edge), str(lag.mtu), lag.description)
        )
    return rows


def _edge(edge: bool) -> str:
    """Whether the port is an edge port (portfast) with BPDU guard."""
    return "yes" if edge else "-"


def _named(vlans: dict[int, str]) -> list[tuple[str, str]]:
    """VLANs and their names; those of a range that is offered to tenants, tenants-100 to tenants-199, as one."""
    runs: list[list[int]] = []
    for vlan, name in sorted(vlans.items()):
        base = name.removesuffix(f"-{vlan}")
        if runs and runs[-1][-1] == vlan - 1 and base != name and vlans[vlan - 1] == f"{base}-{vlan - 1}":
            runs[-1].append(vlan)
        else:
            runs.append([vlan])
    return [
        (str(run[0]), vlans[run[0]])
        if len(run) == 1
        else (f"{run[0]}-{run[-1]}", f"{vlans[run[0]]} to {vlans[run[-1]]}")
        for run in runs
    ]


def _vlans(member: Membership) -> tuple[str, str, str]:
    native = "-" if member.native is None else str(member.native)
    tagged = tuple(vlan for vlan in member.vlans if vlan != member.native)
    return str(member.mode), native, "-" if member.mode is PortMode.ACCESS or not tagged else ranges(tagged)


def _natural(name: str) -> list[tuple[int, str]]:
    """A key by which Ethernet2 comes before Ethernet10."""
    parts: list[str] = [""]
    for letter in name:
        if parts[-1] and letter.isdigit() != parts[-1][-1].isdigit():
            parts.append("")
        parts[-1] += letter
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
