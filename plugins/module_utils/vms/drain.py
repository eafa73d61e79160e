# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of the module `node_drain`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..conditions.fields import Item, at
from ..objects.errors import Refused
from ..plan.base import Change, Changes
from . import cordon, storage_gate
from .cluster import Cluster
from .drain_plan import EVICTED, LEFT, MOVED, RESTARTED, Consent, Drain, plan
from .drain_wait import Emptying, now, why
from .errors import VmError, refusal
from .kinds import KUBEVIRT, NODE, POD, SUBRESOURCES, VM, VMI
from .vmi import not_moved

VERBS = {EVICTED: "evict", MOVED: "move", RESTARTED: "shut down"}
#: Times that a patch of the node is tried again after somebody else has changed it.
CONFLICTS = 5


def perform(params: Mapping[str, Any], check: bool, cluster: Cluster | None = None) -> dict[str, Any]:
    """Drain a node, or uncordon it.

    :raises VmError: the drain is not allowed, with all reasons and before anything is changed; or something was still
        on the node at the deadline.
    """
    cluster = cluster or Cluster.of(params)
    name = params["name"]
    node = cluster.get(NODE, "", name)
    if node is None:
        if check:
            return {"changed": True, "node": name, "steps": [f"{params['state']}: {name}, which does not exist yet"]}
        named = ", ".join(sorted(one["metadata"]["name"] for one in cluster.all(NODE))) or "none"
        raise VmError(f"there is no node {name}; there are {named}")
    if params["state"] == "uncordoned":
        return _uncordon(cluster, node, check)
    return _drain(cluster, node, params, check)


def look(cluster: Cluster, name: str, consent: Consent) -> Drain:
    """The present pods of a node, and what is done with each."""
    pods = cluster.all(POD, fieldSelector=f"spec.nodeName={name}")
    spaces = {one["metadata"]["namespace"] for one in pods if at(one, "metadata", "labels", "kubevirt.io")}
    vmis = [one for space in sorted(spaces) for one in cluster.all(VMI, space)]
    default = strategy(cluster) if vmis else ""
    away = {one["metadata"]["namespace"] for one in vmis if not_moved(one, default)}
    vms = [one for space in sorted(away) for one in cluster.all(VM, space)]
    return plan(pods, vmis, vms, default_strategy=default, consent=consent)


def strategy(cluster: Cluster) -> str:
    """The eviction strategy of all VMs that have none of their own; empty where it may not be read."""
    try:
        found = cluster.all(KUBEVIRT)
    except Refused as error:
        if error.status == 403:
            return ""
        raise
    return str(at(found[0], "spec", "configuration", "evictionStrategy") or "") if found else ""


def _drain(cluster: Cluster, node: Item, params: Mapping[str, Any], check: bool) -> dict[str, Any]:
    name = params["name"]
    consent = Consent(params["force"], params["delete_emptydir_data"], params["unmovable_vms"])
    found = look(cluster, name, consent)
    if found.refusals:
        raise VmError(refusal(f"{name} can't be drained as asked, and nothing was changed", found.refusals))
    todo = [one for one in found.of(*VERBS) if not one.ending]
    stamp = now()
    patch = cordon.cordon(node, stamp)
    steps = [Change(f"cordon {name}", *cordon.described(node, patch))] if patch else []
    steps += [Change(f"{VERBS[one.action]} {one}", f"on {name}\n", "") for one in todo]
    changes = Changes(tuple(steps))
    result = _result(node, found, changes)
    if (todo or patch) and params.get("ceph_gate") is not None:
        result["ceph"] = storage_gate.ask(cluster, params, check)
    if check:
        return result | {"blocked": _blocked(cluster, found)}
    if patch:
        node = _patched(cluster, node, lambda newest: cordon.cordon(newest, stamp))
    emptying = Emptying(cluster, lambda: look(cluster, name, consent), params["grace_period"])
    began = cluster.deadline.spent()
    left = cluster.until(emptying, f"{name} to be empty", lambda: _failed(node, emptying))
    return result | {
        "cordoned_here": cordon.is_ours(node),
        "drained": not left,
        "left": [one.public() for one in left],
        "moved": emptying.moved(),
        "seconds": round(cluster.deadline.spent() - began, 1),
    }


def _failed(node: Item, emptying: Emptying) -> dict[str, Any]:
    """Results of a drain that was not finished; the node stays cordoned, so that a later one takes it up."""
    last = emptying.last
    left = [one.public() for one in last.of(*VERBS, LEFT)] if last else []
    return {"node": at(node, "metadata", "name"), "drained": False, "left": left, "moved": emptying.moved()}


def _result(node: Item, found: Drain, changes: Changes) -> dict[str, Any]:
    left = found.of(LEFT)
    return {
        **changes.result(),
        "node": at(node, "metadata", "name"),
        "cordoned_here": cordon.is_ours(node) or not cordon.is_cordoned(node),
        "drained": not found.of(*VERBS) and not left,
        "pods": [one.public() for one in found.pods],
        "virtual_machines": [one.public() for one in found.vms],
        "left": [one.public() for one in left],
        "warnings": [f"{one} stays on the node: {one.why}" for one in left],
    }


def _blocked(cluster: Cluster, found: Drain) -> list[str]:
    """What the API server would refuse now, by dry runs of all evictions of pods; VMs are not asked for."""
    texts = []
    for one in [one for one in found.of(EVICTED) if not one.ending]:
        try:
            cluster.evict(one.pod, None, check=True)
        except Refused as error:
            if error.status != 404:
                texts.append(f"{one}: {why(error)}")
    return texts


def _uncordon(cluster: Cluster, node: Item, check: bool) -> dict[str, Any]:
    name = str(at(node, "metadata", "name"))
    patch = cordon.uncordon(node)
    text = f"uncordon {name}" if cordon.is_ours(node) else f"remove the mark of {name}"
    changes = Changes((Change(text, *cordon.described(node, patch)),) if patch else ())
    foreign = cordon.is_cordoned(node) and not cordon.is_marked(node)
    if patch and not check:
        node = _patched(cluster, node, cordon.uncordon)
        _stay(cluster, name)
    return {
        **changes.result(),
        "node": name,
        "cordoned_here": False,
        "warnings": [f"{name} was cordoned by somebody else and stays so; kubectl uncordon {name} ends that"] * foreign,
    }


def _stay(cluster: Cluster, name: str) -> None:
    """End the evacuation of VMs that are still on the node: KubeVirt would go on to move them."""
    for one in cluster.all(VMI):
        if at(one, "status", "evacuationNodeName") == name == at(one, "status", "nodeName"):
            meta = one["metadata"]
            path = f"{SUBRESOURCES}/namespaces/{meta['namespace']}/virtualmachineinstances/{meta['name']}"
            cluster.put(f"{path}/evacuate/cancel", {"evacuationNodeName": name})


def _patched(cluster: Cluster, node: Item, patch_of: Any) -> Item:
    """The node after the patch that its newest state needs; it is made anew where somebody has changed the node."""
    name = str(at(node, "metadata", "name"))
    for __ in range(CONFLICTS):
        patch = patch_of(node)
        if not patch:
            return node
        try:
            return cluster.patch(NODE.path("", name), patch)
        except Refused as error:
            if error.status != 409:
                raise
        node = cluster.get(NODE, "", name) or {}
    raise VmError(f"{name} is changed by others all the time, so that it could not be patched; try again later")
