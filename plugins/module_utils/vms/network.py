# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of the module `vm_network`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..conditions.fields import Item, at
from ..objects.errors import Refused
from ..plan.base import Change, Changes
from ..waiting.missing import Missing, Row
from . import migration as states
from . import network_plan
from .cluster import Cluster
from .errors import VmError, refusal
from .kinds import ATTACHMENT, KUBEVIRT, MIGRATION, VM, VMI
from .migrate import explained
from .network_plan import ABSENT, Cloud
from .power import absent
from .vmi import is_final, node_of

#: The dynamic networks controller (multus-dynamic-networks-controller, manifests/dynamic-networks-controller.yaml).
DYNAMIC = "/apis/apps/v1/namespaces/kube-system/daemonsets/dynamic-networks-controller-ds"


def perform(params: Mapping[str, Any], check: bool, cluster: Cluster | None = None) -> dict[str, Any]:
    """Attach an interface of a VM to a network, or detach it.

    :raises VmError: it can't be done, with all reasons; or it had not happened at the deadline, with what was missing.
    """
    cluster = cluster or Cluster.of(params)
    space, name = params["namespace"], params["name"]
    title = f"{space}/{name}"
    verb = "detached" if params["state"] == ABSENT else "attached"
    if texts := network_plan.wrong(params):
        raise VmError(refusal(f"{network_plan.name_of(params)} was not {verb}", texts))
    vm = cluster.get(VM, space, name)
    if vm is None:
        return absent(cluster, space, name, f"be {verb}", check)
    vmi, cloud = _running(cluster, space, name), _cloud(cluster)
    wanted = network_plan.is_wanted(vm, params)
    if not wanted:
        texts = [*_unknown(cluster, params, check), *network_plan.refusals(params, vm, vmi, cloud)]
        if texts:
            raise VmError(refusal(f"{network_plan.name_of(params)} of {title} was not {verb}", texts))
    late = wanted and vmi is not None and params["wait"] and network_plan.missing(params, vm, vmi)
    if vmi is not None and late and (reason := network_plan.not_hot(params, vmi, cloud)):
        raise VmError(f"{network_plan.name_of(params)} of {title} can't be {verb} now: {reason}")
    changes = Changes(() if wanted else (_change(params, vm, vmi),))
    result = changes.result()
    if check:
        return result | _report(params, vm, vmi, vmi)
    if not wanted:
        _idle(cluster, space, name)
        vmi = _write(cluster, params, vm, _running(cluster, space, name), cloud)
    if params["wait"] and vmi is not None:
        _wait(cluster, params)
    return result | _report(params, cluster.get(VM, space, name), vmi, _running(cluster, space, name))


def _running(cluster: Cluster, space: str, name: str) -> Item | None:
    vmi = cluster.get(VMI, space, name)
    return None if vmi is None or is_final(vmi) else vmi


def _cloud(cluster: Cluster) -> Cloud:
    """What the cluster says. Who manages VMs may often read neither KubeVirt's object nor other namespaces."""
    try:
        kubevirts = cluster.all(KUBEVIRT)
    except Refused as error:
        if error.status != 403:
            raise
        kubevirts = []
    try:
        dynamic = cluster.read(DYNAMIC) is not None
    except Refused as error:
        if error.status != 403:
            raise
        dynamic = False
    return Cloud.of(kubevirts, dynamic)


def _unknown(cluster: Cluster, params: Mapping[str, Any], check: bool) -> list[str]:
    """Why there is no such attachment; check mode may run before it is made."""
    if params["state"] == ABSENT or check:
        return []
    space, name = network_plan.attachment_of(params)
    if cluster.get(ATTACHMENT, space, name) is not None:
        return []
    there = ", ".join(sorted(one["metadata"]["name"] for one in cluster.all(ATTACHMENT, space))) or "none"
    makes = "the role multus makes them, of network.attachments of a model"
    return [f"there is no NetworkAttachmentDefinition {name} in the namespace {space}; there are {there}; {makes}"]


def _change(params: Mapping[str, Any], vm: Item, vmi: Item | None) -> Change:
    name, title = network_plan.name_of(params), f"{params['namespace']}/{params['name']}"
    how = "while it runs" if vmi is not None else "while it is stopped"
    if params["state"] == ABSENT:
        return Change(f"detach {name} of VirtualMachine {title} {how}", network_plan.shown(vm, name), "")
    after = {"template": {"spec": network_plan.changed(params, vm, vmi, Cloud())["spec"]["template"]["spec"]}}
    text = network_plan.shown({"spec": after}, name)
    return Change(f"attach {name} of VirtualMachine {title} {how}", network_plan.shown(vm, name), text)


def _idle(cluster: Cluster, space: str, name: str) -> None:
    """Wait until no migration goes on: KubeVirt's user guide warns of changes meanwhile."""

    def probe() -> bool | Missing:
        found = states.newest(cluster.all(MIGRATION, space), name)
        if found is None or not states.is_active(found):
            return True
        vmi = cluster.get(VMI, space, name) or {"metadata": {"namespace": space, "name": name}}
        return Missing((states.row(vmi, found, node_of(vmi)),))

    cluster.until(probe, f"the migration of {space}/{name}, during which its interfaces must not be changed")


def _write(cluster: Cluster, params: Mapping[str, Any], vm: Item, vmi: Item | None, cloud: Cloud) -> Item | None:
    """Change the VM. Where it is no longer as it was read, it is judged anew. Returns what runs of it then."""
    space, name = params["namespace"], params["name"]
    current: list[tuple[Item, Item | None]] = [(vm, vmi)]

    def probe() -> bool | Missing:
        try:
            cluster.patch(VM.path(space, name), network_plan.changed(params, *current[-1], cloud))
        except Refused as error:
            if error.status != 409:
                raise
            found, running = cluster.get(VM, space, name), _running(cluster, space, name)
            if found is None:
                raise VmError(f"VirtualMachine {space}/{name} was deleted by somebody else") from error
            current.append((found, running))
            if network_plan.is_wanted(found, params):
                return True
            if texts := network_plan.refusals(params, found, running, cloud):
                raise VmError(refusal(f"{space}/{name} was changed by somebody else meanwhile", texts)) from error
            return Missing.of(f"VirtualMachine {space}/{name}", str(error))
        return True

    cluster.until(probe, f"VirtualMachine {space}/{name} to be changed by nobody else")
    return current[-1][1]


def _wait(cluster: Cluster, params: Mapping[str, Any]) -> None:
    space, name = params["namespace"], params["name"]
    before = [one["metadata"]["name"] for one in states.failed(cluster.all(MIGRATION, space), name)]

    def probe() -> bool | Missing:
        vm, vmi = cluster.get(VM, space, name), _running(cluster, space, name)
        if vm is None:
            raise VmError(f"VirtualMachine {space}/{name} was deleted by somebody else")
        if vmi is None:
            return True  # it was stopped meanwhile; what it is started with is in its definition
        said = network_plan.missing(params, vm, vmi)
        if not said:
            return True
        return Missing(tuple(_rows(cluster, vm, vmi, said, before)))

    what = "detached" if params["state"] == ABSENT else "attached"
    cluster.until(probe, f"{network_plan.name_of(params)} of {space}/{name} to be {what}")


def _rows(cluster: Cluster, vm: Item, vmi: Item, said: str, before: list[str]) -> list[Row]:
    """What is missing; at the deadline with events, and what holds the migration that brings it about."""
    space, name = str(at(vm, "metadata", "namespace")), str(at(vm, "metadata", "name"))
    late = cluster.within(30) if cluster.deadline.passed else None
    asked = late or cluster
    migrations = asked.all(MIGRATION, space)
    failed = [one for one in states.failed(migrations, name) if one["metadata"]["name"] not in before]
    active = states.newest(migrations, name)
    texts = [said, *(text for item in (vm, vmi) for text in (late.warnings_of(item, said) if late else ()))]
    rows = [Row(f"VirtualMachine {space}/{name}", "; ".join(texts), node_of(vmi))]
    if active is not None and states.is_active(active):
        row = states.row(vmi, active, node_of(vmi), failed)
        rows += explained(asked, active, vmi, row) if late else [row]
    elif failed:
        rows.append(states.row(vmi, failed[0], node_of(vmi)))
    return rows


def _report(params: Mapping[str, Any], vm: Item | None, before: Item | None, now: Item | None) -> dict[str, Any]:
    moved = before is not None and now is not None and node_of(before) != node_of(now)
    return network_plan.facts(params, vm, now) | {"node": node_of(now), "migrated": moved}
