# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until nodes are registered with a pod network, or ready; name each that is not, with the reason."""

from __future__ import annotations

import typing as t

from ..conditions.explain import explain_all
from ..conditions.serving import unready
from ..host.system import System
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, wait
from .access import admin, has_login
from .api import Api, Refused, Unreachable
from .errors import KubeError
from .observe import node
from .settings import Settings

Nodes = dict[str, dict[str, t.Any]]


def live(api: Api) -> Nodes:
    """All nodes by name, as ``observe.node`` shows them."""
    return {item["metadata"]["name"]: node(item) for item in api.get("/api/v1/nodes")["items"]}


def lacking(name: str, item: t.Mapping[str, t.Any] | None, *, ready: bool, ranges: bool = True) -> Row | None:
    """What a node lacks, None when it lacks nothing. ``item``: the Node object, None when there is none. ``ranges``:
    the cluster gives each node a range of addresses for pods; one that others run need not."""
    if item is None:
        return Row(name, "it is not registered")
    if ranges and not item.get("spec", {}).get("podCIDR"):
        return Row(name, "it has no pod network (spec.podCIDR)")
    return unready(item) if ready else None


def await_nodes(api: Api, names: t.Collection[str], deadline: Deadline, *, ready: bool, ranges: bool = True) -> Nodes:
    """All nodes by name, when all of ``names`` are registered with a pod network, and with ``ready`` are ready too.
    ``ranges``: as of ``lacking``.

    :raises KubeError: the deadline passed; with what each node lacks, or why the API does not answer.
    """

    def probe() -> Nodes | Missing:
        try:
            items = {item["metadata"]["name"]: item for item in api.get("/api/v1/nodes")["items"]}
        except (Unreachable, Refused) as error:
            return Missing.of("the API", str(error))
        rows = {name: row for name in names if (row := lacking(name, items.get(name), ready=ready, ranges=ranges))}
        if not rows:
            return {name: node(item) for name, item in items.items()}
        return Missing(_explained(api, items, rows) if deadline.passed else tuple(rows.values()))

    state = "ready" if ready else "registered"
    try:
        return wait(probe, deadline, what=f"the nodes to be {state}")
    except TimedOut as error:
        raise KubeError(f"{error}; `journalctl -u kubelet` on those nodes says more") from error


def _explained(api: Api, items: t.Mapping[str, t.Any], rows: t.Mapping[str, Row]) -> tuple[Row, ...]:
    """The rows with what pods and events of these nodes say; nodes that are not registered have none."""
    head = {"apiVersion": "v1", "kind": "Node"}
    pairs = ((head | items[name] if name in items else None, row) for name, row in rows.items())
    return explain_all(api.get, pairs, read_text=api.text)


def perform(settings: Settings, params: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """Wait for ``params["nodes"]`` (names) to be ready, for ``params["timeout"]`` seconds; on a control plane.

    Returns {changed: False, nodes, steps: []}. Check mode does not wait: in it nothing makes a node ready.
    """
    system = System(settings.root)
    if check:
        found = live(admin(settings, system)) if has_login(settings, system) else {}
    else:
        api, deadline = admin(settings, system), Deadline(params["timeout"])
        found = await_nodes(api, list(params["nodes"]), deadline, ready=True, ranges=not settings.existing)
    return {"changed": False, "nodes": found, "steps": []}
