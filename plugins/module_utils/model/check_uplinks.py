# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the ports of a switch that no machine is cabled to: uplinks, devices, and the peer link of an MLAG pair."""

from __future__ import annotations

from .checks import Claims, Report
from .ends import SECTION, End, end_named, ends_of
from .enums import PortMode
from .hardware import Switch
from .layout import vlan_names
from .port_names import right_range
from .problems import choose
from .scalars import PortRef
from .uplink_view import native_of, uplink_mode, uplink_networks
from .uplinks import NO_NATIVE
from .wiring import mlag_id


def check_ends(report: Report, switch: Switch, ports: Claims, existing: frozenset[str]) -> None:
    """Check a switch's uplinks, devices and peer link, and claim their ports.

    :param existing: the ports that the switch has; empty if the model does not list them.
    """
    for end in ends_of(report.cloud, switch):
        for index, port in enumerate(end.ports):
            path = f"{end.path}.members[{index}]" if end.is_lag else end.path
            _claim(report, switch, port, path, ports, existing)
        if not end.ports:
            report.add(end.path, end.name, "is not a range of ports", f"write it as {right_range(end.name)}")
        if _has_unknown_profile(report, end):
            remedy = choose(str(end.own.profile), report.cloud.port_profiles)
            report.add(f"{end.path}.profile", end.own.profile, f"is not one of {SECTION}", remedy)
        _check_networks(report, switch, end)
        _check_mtu(report, switch, end)
        _check_aggregation(report, switch, end, existing)
        _check_mlag(report, switch, end)
    for index, port in enumerate(switch.mlag.peer_link if switch.mlag else ()):
        _claim(report, switch, port, f"switches.{switch.name}.mlag.peer_link[{index}]", ports, existing)


def _claim(report: Report, switch: Switch, port: str, path: str, ports: Claims, existing: frozenset[str]) -> None:
    ports.claim(PortRef(switch.name, port), path)
    if existing and port not in existing:
        report.add(path, port, f"is not a port of {switch.name}", choose(port, existing))


def _check_networks(report: Report, switch: Switch, end: End) -> None:
    networks, uplink = report.cloud.networks, end.settings
    if not uplink.networks and not _has_unknown_profile(report, end):
        report.add(f"{end.path}.networks", None, "is missing", "list the networks on this port, or [all]")
    for index, item in enumerate(uplink.networks):
        if item != "all" and item not in networks:
            report.add(f"{end.at('networks')}[{index}]", item, "is not a network", choose(item, networks))
    mode = uplink_mode(uplink)
    known = uplink_networks(report.layout, switch, uplink)
    if mode is PortMode.ACCESS and (len(vlan_names(known)) > 1 or "all" in uplink.networks):
        remedy = "write mode: trunk, or name one network with one VLAN"
        report.add(end.at("mode"), "access", "carries one VLAN only", remedy)
    if mode is PortMode.ACCESS and end.is_lag:
        report.add(end.at("mode"), "access", "is not possible with members", "write mode: trunk, or remove members")
    if uplink.native is None or uplink.native == NO_NATIVE:
        return
    if mode is PortMode.ACCESS:
        report.add(end.at("native"), uplink.native, "is not used with mode: access", "remove it, or write mode: trunk")
    elif native_of(known, uplink) is None:
        alone = [network.name for network in known if network.vlan is not None]
        why = f"is not one of the {_kind(end)}'s networks with one VLAN"
        report.add(end.at("native"), uplink.native, why, choose(uplink.native, [*alone, NO_NATIVE]))


def _check_mtu(report: Report, switch: Switch, end: End) -> None:
    """A port carries what its networks have, and the switch carries what its ports have."""
    own = end.settings.mtu
    if own is None:
        return
    remedy = "raise the lower value or reduce the higher one"
    for network in uplink_networks(report.layout, switch, end.settings):
        if network.mtu > own:
            report.add(end.at("mtu"), own, f"is less than the {network.mtu} of networks.{network.name}.mtu", remedy)
    if own > switch.mtu:
        report.add(end.at("mtu"), own, f"is above the {switch.mtu} bytes of switches.{switch.name}.mtu", remedy)


def _check_aggregation(report: Report, switch: Switch, end: End, existing: frozenset[str]) -> None:
    if not end.is_lag:
        for key in ("lacp", "mlag"):
            if getattr(end.own, key) is not None:
                report.add(f"{end.path}.{key}", None, "is not used without members", "give members, or remove it")
    elif end.name.partition("_")[0] in report.cloud.machines:
        why = "is also the name of a machine, whose aggregations have it"
        report.add(end.path, end.name, why, f"give the {_kind(end)} another name")
    elif end.name in existing:
        report.add(end.path, end.name, "is the name of a port", "give the aggregation another name, such as core")
    elif _kind(end) == "device" and end.name in switch.uplinks:
        why = f"is also the name of switches.{switch.name}.uplinks.{end.name}"
        report.add(end.path, end.name, why, "give the aggregation another name, such as nas")


def _check_mlag(report: Report, switch: Switch, end: End) -> None:
    """An aggregation over both switches is described by both, alike, and its identifier is nobody else's."""
    uplink = end.settings
    if uplink.mlag is None or not end.is_lag:
        return
    peer = report.cloud.switches.get(switch.mlag_peer or "")
    if peer is None:
        why = f"needs an MLAG pair, and {switch.name} is in none"
        report.add(f"{end.path}.mlag", uplink.mlag, why, f"give switches.{switch.name}.mlag, or remove it")
        return
    other = end_named(report.cloud, peer, end.name)
    if other is None or other.settings.mlag != uplink.mlag or not other.is_lag:
        why = f"is not that of switches.{peer.name}.{_kind(end)}s.{end.name}"
        report.add(f"{end.path}.mlag", uplink.mlag, why, f"describe {end.name} on both switches with one identifier")
    elif switch.name > peer.name:
        _check_alike(report, switch, end, peer, other)
    for beside in ends_of(report.cloud, switch):
        if beside.settings.mlag == uplink.mlag and beside.is_lag and beside.name < end.name:
            why = f"is already the identifier of {beside.name}"
            report.add(f"{end.path}.mlag", uplink.mlag, why, "give another identifier")
    for machine in report.cloud.machines.values():
        for link in report.layout.wiring.of(machine):
            ends = {nic.port.switch for nic in link.nics if nic.port}
            if link.is_aggregated and {switch.name, peer.name} <= ends and mlag_id(machine, link) == uplink.mlag:
                why = f"is the identifier of {link.path(machine)}, which is cabled to both switches"
                report.add(f"{end.path}.mlag", uplink.mlag, why, "give another identifier, such as 500")


def _check_alike(report: Report, switch: Switch, end: End, peer: Switch, other: End) -> None:
    pairs = ((switch, end.settings), (peer, other.settings))
    mine, theirs = (uplink_networks(report.layout, *item) for item in pairs)
    same_native = native_of(mine, end.settings) == native_of(theirs, other.settings)
    if set(vlan_names(mine)) != set(vlan_names(theirs)) or not same_native:
        why = f"carries other VLANs than {other.path}"
        report.add(end.path, None, why, "give both the same networks and native")
    for key in ("mtu", "edge"):
        if getattr(end.settings, key) != getattr(other.settings, key):
            why = f"is not that of {other.path}, the other end of one aggregation"
            report.add(end.at(key), getattr(end.settings, key), why, f"give both the same {key}")


def _has_unknown_profile(report: Report, end: End) -> bool:
    return end.own.profile is not None and end.own.profile not in report.cloud.port_profiles


def _kind(end: End) -> str:
    return "device" if ".devices." in end.path else "uplink"
