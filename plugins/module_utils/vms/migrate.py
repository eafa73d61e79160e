# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of the module `vm_migrate`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ..conditions.fields import Item, at
from ..plan.base import Change, Changes
from ..waiting.missing import Missing, Row
from . import migration as states
from .cluster import Cluster
from .errors import VmError
from .kinds import MIGRATION, POD, VM, VMI
from .vmi import addresses, node_of, not_migratable, phase_of

HOSTNAME = "kubernetes.io/hostname"
#: Label of the pod in which a migrated VM will run.
JOB = "kubevirt.io/migrationJobUID"
ABORT = 60.0  # seconds for an abort


def perform(params: Mapping[str, Any], check: bool, cluster: Cluster | None = None) -> dict[str, Any]:
    """Migrate a VM unless it is where it shall be.

    :raises VmError: it can't be migrated, the migration failed, or had not ended at the deadline; with the reason.
    """
    cluster = cluster or Cluster.of(params)
    space, name = params["namespace"], params["name"]
    vmi = cluster.get(VMI, space, name)
    if vmi is None:
        return _no_instance(cluster, space, name, check)
    if is_there(vmi, params):
        return {"changed": False, "steps": [], "diff": [], **_report(vmi, vmi, None)}
    reason = refusal(vmi, params)
    if reason:
        raise VmError(f"{space}/{name} can't be migrated: {reason}")
    wish = params.get("node") or "another node"
    after = f"node: {wish}\n"
    changes = Changes((Change(f"migrate {space}/{name} to {wish}", f"node: {node_of(vmi)}\n", after),))
    result = {"changed": True, "diff": changes.diff(), "steps": [str(step) for step in changes.steps]}
    if check:
        return result | _report(vmi, vmi, None)
    active = states.newest(cluster.all(MIGRATION, space), name)
    if active is not None and states.is_active(active):
        ended = _wait(cluster, active, vmi, params["abort"])
        now = cluster.get(VMI, space, name) or vmi
        if is_there(now, params) or not (params.get("node") or params.get("away_from")):
            return result | _report(vmi, now, ended)
    ended = _wait(cluster, cluster.create(MIGRATION, body(params)), vmi, params["abort"])
    return result | _report(vmi, cluster.get(VMI, space, name), ended)


def is_there(vmi: Item, params: Mapping[str, Any]) -> bool:
    """Whether a VM is where the options want it. Without `node` and `away_from` it never is."""
    node = node_of(vmi)
    if params.get("node"):
        return node == str(params["node"])
    return bool(params.get("away_from")) and node != params["away_from"]


def refusal(vmi: Item, params: Mapping[str, Any]) -> str:
    """Why a VM can't be migrated as asked; empty where it can."""
    wanted, selector = params.get("node"), params.get("node_selector") or {}
    if wanted and selector.get(HOSTNAME, wanted) != wanted:
        return f"node is {wanted}, but node_selector wants {selector[HOSTNAME]}; write one of them"
    if wanted and params.get("away_from") == wanted:
        return f"node and away_from are both {wanted}"
    return not_migratable(vmi)


def body(params: Mapping[str, Any]) -> dict[str, Any]:
    """The object that asks KubeVirt for the migration (addedNodeSelector: kubevirt 1.8 and later)."""
    selector = dict(params.get("node_selector") or {})
    selector |= {HOSTNAME: params["node"]} if params.get("node") else {}
    spec: dict[str, object] = {"vmiName": params["name"], **({"addedNodeSelector": selector} if selector else {})}
    return MIGRATION.body(params["namespace"], f"{params['name'][:40]}-{uuid.uuid4().hex[:8]}", spec)


def _no_instance(cluster: Cluster, space: str, name: str, check: bool) -> dict[str, Any]:
    if check:
        return {"changed": True, "steps": [f"migrate {space}/{name}, which does not run yet"]}
    cluster.needs_kubevirt()
    if cluster.get(VM, space, name) is not None:
        raise VmError(f"{space}/{name} can't be migrated: it does not run; it may start on any node")
    there = ", ".join(sorted(one["metadata"]["name"] for one in cluster.all(VMI, space))) or "none"
    raise VmError(f"there is no VirtualMachine {name} in the namespace {space}; these run: {there}")


def _wait(cluster: Cluster, made: Item, vmi: Item, abort: bool) -> Item:
    """The migration once it has succeeded."""
    space, name = str(at(made, "metadata", "namespace")), str(at(made, "metadata", "name"))

    def probe() -> Item | Missing:
        found = cluster.get(MIGRATION, space, name)
        if found is None:
            raise VmError(f"migration {space}/{name} was deleted by somebody else, which ends it")
        now = cluster.get(VMI, space, str(at(vmi, "metadata", "name")))
        if states.phase_of(found) == states.FAILED:
            raise VmError(f"{_failure(cluster, found, now)}; the VM is on {node_of(now) or 'no node'}")
        if states.phase_of(found) == states.SUCCEEDED and node_of(now) != node_of(vmi):
            return found
        if now is None or phase_of(now) in ("Succeeded", "Failed"):
            raise VmError(f"{space}/{at(vmi, 'metadata', 'name')} has ended while it was migrated")
        row = states.row(now, found, node_of(now))
        return Missing(tuple(explained(cluster, found, now, row)) if cluster.deadline.passed else (row,))

    try:
        found: Item = cluster.until(probe, f"the migration of {space}/{at(vmi, 'metadata', 'name')}")
    except VmError as error:
        if not abort or not cluster.deadline.passed:
            raise
        raise VmError(f"{error}; {_aborted(cluster.within(ABORT), made)}") from error
    return found


def _failure(cluster: Cluster, found: Item, vmi: Item | None) -> str:
    said = states.text(found, vmi)
    texts = cluster.warnings_of(found, said) + (cluster.warnings_of(vmi, said) if vmi else [])
    return "; ".join([said, *texts])


def explained(cluster: Cluster, found: Item, vmi: Item, row: Row) -> list[Row]:
    """The row with events, and the reasons of the pod in which the VM is to run."""
    late = cluster.within(30)
    rows = [Row(row.what, _failure(late, found, vmi), row.node, row.since)]
    uid = str(at(found, "metadata", "uid"))
    for pod in late.all(POD, str(at(found, "metadata", "namespace")), labelSelector=f"{JOB}={uid}"):
        if at(pod, "status", "phase") == "Pending":
            name = f"pod {at(pod, 'metadata', 'namespace')}/{at(pod, 'metadata', 'name')}"
            rows += late.explained(pod, Row(name, "it is Pending"))
    return rows


def _aborted(cluster: Cluster, made: Item) -> str:
    """Abort a migration, by deleting its object; what became of it."""
    space, name = str(at(made, "metadata", "namespace")), str(at(made, "metadata", "name"))
    last: list[str] = []

    def probe() -> bool | Missing:
        found = cluster.get(MIGRATION, space, name)
        if found is None or not states.is_active(found):
            last.append(states.phase_of(found) if found else "")
            return True
        return Missing.of(f"migration {name}", states.text(found, None))

    cluster.delete(MIGRATION, made)
    try:
        cluster.until(probe, "the abort of the migration")
    except VmError as error:
        return f"its abort was asked for and has not ended: {error}"
    return "it had succeeded before it was aborted" if last[-1] == states.SUCCEEDED else "it was aborted"


def _report(before: Item, now: Item | None, ended: Item | None) -> dict[str, Any]:
    """Where it was and is, how long it took, and whether its addresses are the same."""
    state = states.state_of(ended, now) if ended else {}
    old, new = addresses(before), addresses(now)
    kept = None if ended is None or not any(old.values()) else old == new
    return {
        "from": node_of(before),
        "to": node_of(now) if ended else "",
        "node": node_of(now),
        "seconds": states.seconds(state),
        "mode": str(state.get("mode") or ""),
        "address_kept": kept,
        "addresses": new,
        "addresses_before": old,
        "migration": str(at(ended, "metadata", "name") or ""),
        "warnings": [f"its addresses have changed from {old} to {new}"] if kept is False else [],
    }
