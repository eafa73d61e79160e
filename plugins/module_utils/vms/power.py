# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of the module `vm_power`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..conditions.fields import Item, at
from ..plan.base import Change, Changes
from ..waiting.missing import Missing, Row
from . import power_plan
from .cluster import Cluster
from .errors import VmError
from .kinds import SUBRESOURCES, VM, VMI
from .vmi import FINAL, is_paused, name_of, node_of, phase_of, run_strategy

#: Seconds in which a VM that is switched off has to be gone.
OFF = 60.0


def perform(params: Mapping[str, Any], check: bool, cluster: Cluster | None = None) -> dict[str, Any]:
    """Bring a VM into a state of power.

    :raises VmError: there is no way, with the reason; or it was not there at the deadline, with what was missing.
    """
    cluster, state = cluster or Cluster.of(params), params["state"]
    space, name = params["namespace"], params["name"]
    vm = cluster.get(VM, space, name)
    if vm is None:
        return absent(cluster, space, name, state, check)
    vmi = cluster.get(VMI, space, name)
    decision = power_plan.decide(state, vm, vmi)
    if decision.refusal:
        raise VmError(f"{space}/{name} can't be {state}: {decision.refusal}")
    steps = [Change(f"{decision.action} VirtualMachine {space}/{name}", *_sides(vm, vmi, state))]
    changes = Changes(tuple(steps) if decision.action else ())
    result = changes.result()
    if check:
        return result | _facts(vm, vmi) | {"forced": False}
    forced = _act(cluster, params, decision.action, vmi)
    return result | _facts(cluster.get(VM, space, name), cluster.get(VMI, space, name)) | {"forced": forced}


def absent(cluster: Cluster, space: str, name: str, what: str, check: bool) -> dict[str, Any]:
    """The result of check mode for a VM that does not exist yet; otherwise an error that names those that do.

    :raises VmError: outside of check mode.
    """
    if check:
        return {"changed": True, "steps": [f"{what}: {space}/{name}, which does not exist yet"]}
    cluster.needs_kubevirt()
    there = ", ".join(sorted(one["metadata"]["name"] for one in cluster.all(VM, space))) or "none"
    raise VmError(f"there is no VirtualMachine {name} in the namespace {space}; there are {there}")


def _act(cluster: Cluster, params: Mapping[str, Any], action: str, vmi: Item | None) -> bool:
    """Do it and wait; whether the VM had to be switched off."""
    state, space, name = params["state"], params["namespace"], params["name"]
    if action == "restart" and params["force"] and params["wait"]:
        return _stop_and_start(cluster, params, vmi)
    if action == "start" and vmi is not None and at(vmi, "metadata", "deletionTimestamp"):
        _wait(cluster, "stopped", space, name, "")  # KubeVirt starts nothing that still ends
    before = str(at(vmi, "metadata", "uid") or "") if action == "restart" else ""
    if action:
        grace = params.get("grace_period")
        body = {"gracePeriod": grace} if action == "stop" and grace is not None else {}
        _put(cluster, space, name, action, body)
    if not params["wait"]:
        return False
    if not params["force"] or state != "stopped" or vmi is None:
        _wait(cluster, state, space, name, before)
        return False
    return _wait_or_force(cluster, space, name)


def _stop_and_start(cluster: Cluster, params: Mapping[str, Any], vmi: Item | None) -> bool:
    """A restart that may be forced: KubeVirt takes no forced restart while another one goes on, but a forced stop.

    (kubevirt v1.9.0, pkg/virt-api/rest/lifecycle.go, getChangeRequestJson)
    """
    space, name = params["namespace"], params["name"]
    forced = _act(cluster, {**params, "state": "stopped"}, "stop", vmi)
    late = cluster.within(params["timeout"])
    vm, now = late.get(VM, space, name), late.get(VMI, space, name)
    decision = power_plan.decide("started", vm or {}, now)
    _act(late, {**params, "state": "started", "force": False}, decision.action, now)
    return forced


def _wait_or_force(cluster: Cluster, space: str, name: str) -> bool:
    """Wait until a VM has stopped, and switch it off if it does not; whether that was needed."""
    try:
        _wait(cluster, "stopped", space, name, "")
    except VmError:
        late = cluster.within(OFF)
        if power_plan.is_there("stopped", late.get(VMI, space, name)):
            return False
        _put(late, space, name, "stop", {"gracePeriod": 0})
        _wait(late, "stopped", space, name, "")
        return True
    return False


def _put(cluster: Cluster, space: str, name: str, action: str, body: Mapping[str, Any]) -> None:
    plural = "virtualmachineinstances" if action in ("pause", "unpause") else "virtualmachines"
    cluster.put(f"{SUBRESOURCES}/namespaces/{space}/{plural}/{name}/{action}", body)


def _wait(cluster: Cluster, state: str, space: str, name: str, before: str) -> None:
    def probe() -> bool | Missing:
        vm, vmi = cluster.get(VM, space, name), cluster.get(VMI, space, name)
        if power_plan.is_there(state, vmi, before):
            return True
        if vm is None:
            raise VmError(f"VirtualMachine {space}/{name} was deleted by somebody else")
        _never(vm, vmi, state, before)
        row = Row(f"VirtualMachine {space}/{name}", power_plan.missing(state, vm, vmi), node_of(vmi))
        if not cluster.deadline.passed:
            return Missing((row,))
        late = cluster.within(30)
        texts = [text for item in (vm, vmi) if item for text in late.warnings_of(item, row.reason)]
        return Missing((Row(row.what, "; ".join([row.reason, *texts]), row.node),))

    cluster.until(probe, f"{space}/{name} to be {state}")


def _never(vm: Item, vmi: Item | None, state: str, before: str) -> None:
    """:raises VmError: it has ended, and KubeVirt starts it no more."""
    if state in ("stopped", "paused", "unpaused") or vmi is None or at(vmi, "metadata", "uid") == before:
        return
    if phase_of(vmi) in FINAL and run_strategy(vm) in ("Manual", "Once"):
        raise VmError(f"{name_of(vm)} has ended right after its start; {power_plan.missing(state, vm, vmi)}")


def _sides(vm: Item, vmi: Item | None, state: str) -> tuple[str, str]:
    before = "paused" if is_paused(vmi) else phase_of(vmi) or "stopped"
    return f"runStrategy: {run_strategy(vm)}\nstate: {before}\n", f"state: {state}\n"


def _facts(vm: Item | None, vmi: Item | None) -> dict[str, Any]:
    return {
        "run_strategy": run_strategy(vm or {}),
        "phase": phase_of(vmi),
        "node": node_of(vmi),
        "paused": is_paused(vmi),
    }
