# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the ports of a switch that no machine is cabled to: uplinks, and the peer link of an MLAG pair."""

from __future__ import annotations

from .checks import Claims, Report
from .enums import PortMode
from .hardware import Switch
from .layout import vlan_names
from .problems import choose
from .scalars import PortRef
from .uplink_view import native_of, uplink_mode, uplink_networks
from .uplinks import NO_NATIVE, Uplink
from .wiring import mlag_id


def check_ends(report: Report, switch: Switch, ports: Claims, existing: frozenset[str]) -> None:
    """Check a switch's uplinks and peer link, and claim their ports.

    :param existing: the ports that the switch has; empty if the model does not list them.
    """
    for name, uplink in switch.uplinks.items():
        path = f"switches.{switch.name}.uplinks.{name}"
        for index, port in enumerate(uplink.members):
            _claim(report, switch, port, f"{path}.members[{index}]", ports, existing)
        if not uplink.members:
            _claim(report, switch, name, path, ports, existing)
        _check_networks(report, switch, uplink, path)
        _check_aggregation(report, switch, name, existing)
        _check_mlag(report, switch, name)
    for index, port in enumerate(switch.mlag.peer_link if switch.mlag else ()):
        _claim(report, switch, port, f"switches.{switch.name}.mlag.peer_link[{index}]", ports, existing)


def _claim(report: Report, switch: Switch, port: str, path: str, ports: Claims, existing: frozenset[str]) -> None:
    ports.claim(PortRef(switch.name, port), path)
    if existing and port not in existing:
        report.add(path, port, f"is not a port of {switch.name}", choose(port, existing))


def _check_networks(report: Report, switch: Switch, uplink: Uplink, path: str) -> None:
    networks = report.cloud.networks
    if not uplink.networks:
        report.add(f"{path}.networks", None, "is missing", "list the networks on this port, or [all]")
    for index, item in enumerate(uplink.networks):
        if item != "all" and item not in networks:
            report.add(f"{path}.networks[{index}]", item, "is not a network", choose(item, networks))
    mode = uplink_mode(uplink)
    known = uplink_networks(report.layout, switch, uplink)
    if mode is PortMode.ACCESS and (len(vlan_names(known)) > 1 or "all" in uplink.networks):
        remedy = "write mode: trunk, or name one network with one VLAN"
        report.add(f"{path}.mode", "access", "carries one VLAN only", remedy)
    if mode is PortMode.ACCESS and uplink.members:
        report.add(f"{path}.mode", "access", "is not possible with members", "write mode: trunk, or remove members")
    if uplink.native is None or uplink.native == NO_NATIVE:
        return
    if mode is PortMode.ACCESS:
        report.add(f"{path}.native", uplink.native, "is not used with mode: access", "remove it, or write mode: trunk")
    elif native_of(known, uplink) is None:
        alone = [network.name for network in known if network.vlan is not None]
        why = "is not one of the uplink's networks with one VLAN"
        report.add(f"{path}.native", uplink.native, why, choose(uplink.native, [*alone, NO_NATIVE]))


def _check_aggregation(report: Report, switch: Switch, name: str, existing: frozenset[str]) -> None:
    uplink, path = switch.uplinks[name], f"switches.{switch.name}.uplinks.{name}"
    if not uplink.members:
        for key in ("lacp", "mlag"):
            if getattr(uplink, key) is not None:
                report.add(f"{path}.{key}", None, "is not used without members", "give members, or remove it")
    elif name.partition("_")[0] in report.cloud.machines:
        why = "is also the name of a machine, whose aggregations have it"
        report.add(path, name, why, "give the uplink another name")
    elif name in existing:
        report.add(path, name, "is the name of a port", "give the aggregation another name, such as core")


def _check_mlag(report: Report, switch: Switch, name: str) -> None:
    """An aggregation over both switches is described by both, alike, and its identifier is nobody else's."""
    uplink, path = switch.uplinks[name], f"switches.{switch.name}.uplinks.{name}"
    if uplink.mlag is None or not uplink.members:
        return
    peer = report.cloud.switches.get(switch.mlag_peer or "")
    if peer is None:
        why = f"needs an MLAG pair, and {switch.name} is in none"
        report.add(f"{path}.mlag", uplink.mlag, why, f"give switches.{switch.name}.mlag, or remove it")
        return
    other = peer.uplinks.get(name)
    if other is None or other.mlag != uplink.mlag or not other.members:
        why = f"is not that of switches.{peer.name}.uplinks.{name}"
        report.add(f"{path}.mlag", uplink.mlag, why, f"describe {name} on both switches with one identifier")
    elif switch.name > peer.name:
        mine, theirs = (uplink_networks(report.layout, *end) for end in ((switch, uplink), (peer, other)))
        if set(vlan_names(mine)) != set(vlan_names(theirs)) or native_of(mine, uplink) != native_of(theirs, other):
            why = f"carries other VLANs than switches.{peer.name}.uplinks.{name}"
            report.add(path, None, why, "give both the same networks and native")
    for beside, item in switch.uplinks.items():
        if item.mlag == uplink.mlag and item.members and beside < name:
            why = f"is already the identifier of {beside}"
            report.add(f"{path}.mlag", uplink.mlag, why, "give another identifier")
    for machine in report.cloud.machines.values():
        for link in report.layout.wiring.of(machine):
            ends = {nic.port.switch for nic in link.nics if nic.port}
            if link.is_aggregated and {switch.name, peer.name} <= ends and mlag_id(machine, link) == uplink.mlag:
                why = f"is the identifier of {link.path(machine)}, which is cabled to both switches"
                report.add(f"{path}.mlag", uplink.mlag, why, "give another identifier, such as 500")
