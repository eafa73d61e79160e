# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions of the modules node_fence, node_fence_info and node_fence_pause."""

from __future__ import annotations

import dataclasses
import getpass
import socket
from collections.abc import Mapping
from typing import Any

from ..bmc.errors import BmcLibraryMissing
from ..bmc.types import BmcSettings
from ..objects.access import OPTIONS, connect
from .act import Act
from .cluster import Cluster, Surely, survey
from .judge import Rules
from .machine import Machine
from .pause import Pauses, plan_pause
from .planner import plan
from .standing import describe
from .waits import wait_until

Result = dict[str, Any]


def fence(params: Mapping[str, Any], check: bool) -> Result:
    """Fence the node, or bring it back; in check mode say what would be done."""
    machine = Machine(BmcSettings.from_params(params), params.get("identity") or {})
    cluster = Cluster(_connect(params), params["name"])
    rules = Rules(
        by=params.get("by") or account(),
        consent=params.get("consent") or "",
        confirmed_off=params.get("confirmed_off") or "",
        stale_after=params["stale_after"],
        minimum_healthy=params["minimum_healthy"],
    )
    seen = cluster.seen()
    try:
        found = plan(params["state"], seen, machine.power(), rules)
    except BmcLibraryMissing as error:
        return {"failed": True, "msg": str(error), "missing_library": error.library}
    if found.changed and not check:
        Act(cluster, machine, rules, params["wait_timeout"]).perform(found)
    record = (seen.node if check else cluster.node()).record
    pods = cluster.left() if params["state"] == "fenced" else {"bound": [], "waiting": []}
    return {
        "changed": found.changed,
        "diff": found.diff(),
        "steps": found.words(),
        "power_before": str(found.power),
        "record": dataclasses.asdict(record) if record else {},
        **pods,
        "warnings": machine.warnings,
    }


def pause(params: Mapping[str, Any], check: bool) -> Result:
    """Pause fencing without consent, or end the pause; in check mode say what would be done."""
    pauses = Pauses(_connect(params))
    seen = pauses.seen()
    found = plan_pause(params["state"], params.get("by") or account(), params["seconds"], seen)
    if found.step and not check:
        pauses.perform(found, seen)
    return {"changed": bool(found.step), "diff": found.diff(seen), "steps": [found.step] if found.step else []}


def info(params: Mapping[str, Any]) -> Result:
    """Read which nodes are lost, fenced, and back; wait for one of them first, where that is wanted."""
    until, emptied = params.get("until") or (), bool(params.get("emptied"))
    if until or emptied:
        cluster, seconds = Cluster(_connect(params), params["name"]), params["wait_timeout"]
        wait_until(cluster, until, emptied=emptied, stale_after=params["stale_after"], seconds=seconds)
    now, nodes, pause = survey(Surely(_connect(params)))
    return {"changed": False, **describe(now, nodes, pause, params["stale_after"])}


def account() -> str:
    """Return who runs this, for the record: the account and the host."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def _connect(params: Mapping[str, Any]) -> Any:
    return connect({name: params.get(name) for name in OPTIONS})
