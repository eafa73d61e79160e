# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes to the pods of all nodes on a host that is no node itself: that of a hosted control plane (ip-route(8))."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..host.system import System
from ..plan.base import Change, Changes
from .network_basic import PROTOCOL

Routes = dict[str, str]  # destination: gateway


def wanted(nodes: Mapping[str, Mapping[str, Any]]) -> Routes:
    """The routes to the pods of ``nodes`` ({name: {pod_cidr, address}}); a node without a pod network gets none."""
    return {str(n["pod_cidr"]): str(n["address"]) for n in nodes.values() if n.get("pod_cidr") and n.get("address")}


def live(system: System) -> Routes:
    """The routes of the host that this provider has set."""
    shown = json.loads(system.run(["ip", "-json", "route", "show", "proto", str(PROTOCOL)]) or "[]")
    return {item["dst"]: item.get("gateway", "") for item in shown}


def plan(want: Routes, have: Routes) -> Changes:
    """One change for each route that is missing, leads elsewhere or is no longer wanted."""
    changes = [
        Change(f"route {to} via {via}", f"via {have[to]}\n" if to in have else "", f"via {via}\n")
        for to, via in sorted(want.items())
        if have.get(to) != via
    ]
    changes += [Change(f"remove route {to}", f"via {via}\n", "") for to, via in sorted(have.items()) if to not in want]
    return Changes(tuple(changes))


def perform(nodes: Mapping[str, Mapping[str, Any]], check: bool, system: System | None = None) -> dict[str, Any]:
    """The module network_basic_routes. HostError where a node's address is in no network of the host."""
    system = system or System()
    want, have = wanted(nodes), live(system)
    changes = plan(want, have)
    if not check:
        for to, via in want.items():
            if have.get(to) != via:
                system.run(["ip", "route", "replace", to, "via", via, "proto", str(PROTOCOL)])
        for to in have.keys() - want.keys():
            system.run(["ip", "route", "delete", to, "proto", str(PROTOCOL)])
    return changes.result()
