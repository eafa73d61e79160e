# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the role `switch`, one per switch: the switch's end of all cables.

Ports and LAGs are derived from the same Machine objects as `host_view`, so both ends of a cable agree.
"""

from __future__ import annotations

import typing as t
from dataclasses import fields

from .bgp_view import bgp_view
from .ends import ends_of, profile_for
from .hardware import Machine, Switch
from .layout import Layout, vlan_names
from .nics import Nic
from .routed_view import port, routed_of
from .types import Cloud
from .uplink_view import access, add_end, mlag_view
from .wiring import HostLink, lag_name, mlag_id

View = dict[str, t.Any]
CONFIRM_SECONDS = 120
MOST_PEERS = 8


def switch_views(layout: Layout) -> dict[str, View]:
    """The role input `switch` of every switch, by name."""
    views = {name: _blank(layout.cloud, switch) for name, switch in layout.cloud.switches.items()}
    for machine in layout.cloud.machines.values():
        _add_cables(views, layout, machine)
        _add_machine(views, layout, machine)
        _add_bmc(views, layout, machine)
    names = vlan_names(layout.parts)
    for name, switch in layout.cloud.switches.items():
        view = views[name]
        for end in ends_of(layout.cloud, switch):
            add_end(view, layout, switch, end)
        used = {vlan for entry in [*view["ports"], *view["lags"]] for vlan in entry["vlans"]}
        neighbors = bgp_view(layout, name)
        if neighbors:
            view["bgp"] = neighbors
        view["vlans"] = [{"id": vlan, "name": names[vlan]} for vlan in sorted(used)]
    return views


def _blank(cloud: Cloud, switch: Switch) -> View:
    domain = mlag_view(cloud, switch)
    return {
        "name": switch.name,
        "platform": str(switch.platform),
        "connection": _connection(switch),
        "mtu": switch.mtu,
        **({"mlag_peer": switch.mlag_peer} if switch.mlag_peer else {}),
        **({"mlag": domain} if domain else {}),
        "vlans": [],
        "ports": [],
        "lags": [],
        "cabling": [],
        "confirm": {"peers": [], "timeout": CONFIRM_SECONDS},
    }


def _connection(switch: Switch) -> View:
    """How the switch is reached; keys that the model does not give are left out, but for the address."""
    if switch.database:
        return {"database": switch.database}
    view: View = {"address": str(switch.address) if switch.address else None}
    for key in ("port", "username", "password"):
        if getattr(switch, key) is not None:
            view[key] = getattr(switch, key)
    for key, keys in (("tls", switch.tls), ("ssh", switch.ssh)):
        given = {} if keys is None else {field.name: getattr(keys, field.name) for field in fields(keys)}
        if any(given.values()):
            view[key] = {name: value for name, value in given.items() if value is not None}
    return view


def _add_cables(views: dict[str, View], layout: Layout, machine: Machine) -> None:
    network = layout.management
    address = layout.addresses_of(machine.name).get(network.name) if network else None
    link = layout.wiring.carrying(machine, network) if network else None
    reached = link.nics if link else ()
    for nic in machine.nics.values():
        if nic.port is None:
            continue
        view = views[nic.port.switch]
        cable = {"port": nic.port.port, "machine": machine.name, "nic": nic.name, "mac": nic.mac}
        # By this address, the order of a change knows that the machine lives and would need its console if it were cut.
        view["cabling"].append({**cable, **({"address": str(address)} if address and nic in reached else {})})
        peers = view["confirm"]["peers"]
        if address and len(peers) < MOST_PEERS and str(address) not in peers:
            peers.append(str(address))


def _add_machine(views: dict[str, View], layout: Layout, machine: Machine) -> None:
    for item in routed_of(layout, machine):
        if item.nic.port:
            views[item.nic.port.switch]["ports"].append(port(machine, item))
    for link in layout.wiring.of(machine):
        if link.routed is not None:
            continue
        native = layout.wiring.native(machine, link)
        profile = profile_for(layout.cloud, machine, link)
        mtu = profile.mtu if profile else None
        common: View = {
            "native": native.vlan if native else None,
            "vlans": layout.wiring.vlans(machine, link),
            "mtu": mtu or layout.wiring.mtu(machine, link),
            "edge": profile is None or profile.edge is not False,
        }
        # After the names, by which the drivers know an aggregation again.
        words = f" {profile.description}" if profile and profile.description else ""
        if link.is_aggregated:
            _add_lags(views, layout, machine, link, common, words)
        else:
            for nic in link.nics:
                if nic.port:
                    text = f"{machine.name}.{nic.name}{words}"
                    views[nic.port.switch]["ports"].append(
                        {"name": nic.port.port, "description": text, "mode": "trunk", **common}
                    )


def _add_lags(
    views: dict[str, View], layout: Layout, machine: Machine, link: HostLink, common: View, words: str
) -> None:
    """The aggregation of a link on each switch that it is cabled to; `words` follow the names in its description."""
    ends: dict[str, list[Nic]] = {}
    for nic in link.nics:
        if nic.port:
            ends.setdefault(nic.port.switch, []).append(nic)
    boot = layout.wiring.boot_nic(machine)
    for switch, nics in ends.items():
        fallback = next((nic.port.port for nic in nics if nic is boot and nic.port), None)
        views[switch]["lags"].append(
            {
                "name": lag_name(machine, link),
                "description": f"{lag_name(machine, link)}.{link.name}{words}",
                "members": [nic.port.port for nic in nics if nic.port],
                **common,
                "lacp": _lacp(link, fallback),
                "mlag": mlag_id(machine, link) if len(ends) > 1 else None,
            }
        )


def _lacp(link: HostLink, fallback: str | None) -> View:
    if not link.is_lacp or link.bond is None:
        return {"mode": "on"}
    return {
        "mode": "active",
        "rate": str(link.bond.lacp_rate),
        # LACP fallback: while the firmware boots and sends no LACP, only this port of the LAG forwards.
        "fallback": fallback is not None,
        "fallback_port": fallback,
    }


def _add_bmc(views: dict[str, View], layout: Layout, machine: Machine) -> None:
    if machine.bmc is None or machine.bmc.switch_port is None or layout.wiring.shared_with_bmc(machine):
        return
    network = layout.bmc_network(machine)
    port = machine.bmc.switch_port
    if network is not None and network.vlan is not None:
        entry = access(port.port, f"{machine.name}.bmc", network.vlan, network.mtu)
        views[port.switch]["ports"].append({**entry, "edge": True})


def without_secrets(view: View) -> View:
    """An input of the role `switch` in which passwords of BGP, which may be templates, are a word."""
    if "bgp" not in view:
        return view
    groups = [{**group, **({"password": "set"} if "password" in group else {})} for group in view["bgp"]["groups"]]
    return {**view, "bgp": {**view["bgp"], "groups": groups}}
