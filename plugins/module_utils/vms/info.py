# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of the module `vm_info`: virtual machines with what their objects say, in one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..conditions.fields import Item, at, since
from . import vmi as vmis_
from .cluster import Cluster
from .drain import strategy
from .kinds import SUBRESOURCES, VM, VMI


def perform(params: Mapping[str, Any], cluster: Cluster | None = None) -> dict[str, Any]:
    """All VMs that the options select; VMIs that no VirtualMachine made are among them."""
    cluster = cluster or Cluster.of(params)
    cluster.needs_kubevirt()
    space, labels = params.get("namespace") or "", ",".join(params.get("label_selectors") or ())
    fields = f"metadata.name={params['name']}" if params.get("name") else ""
    vms = cluster.all(VM, space, labelSelector=labels, fieldSelector=fields)
    vmis = {vmis_.name_of(one): one for one in cluster.all(VMI, space, fieldSelector=fields)}
    made = {vmis_.name_of(one) for one in vms}
    alone = [one for one in vmis.values() if not vmis_.owner_of(one) and vmis_.name_of(one) not in made]
    if labels:
        chosen = {vmis_.name_of(one) for one in cluster.all(VMI, space, labelSelector=labels, fieldSelector=fields)}
        alone = [one for one in alone if vmis_.name_of(one) in chosen]
    default = strategy(cluster)
    found = [describe(one, vmis.get(vmis_.name_of(one)), default) for one in vms]
    found += [describe(None, one, default) for one in alone]
    return {"changed": False, "virtual_machines": sorted(found, key=lambda one: (one["namespace"], one["name"]))}


def describe(vm: Item | None, vmi: Item | None, default_strategy: str = "") -> dict[str, Any]:
    """One VM, by its VirtualMachine, its VirtualMachineInstance, or both."""
    item: Any = vm or vmi
    meta, spec = item["metadata"], _spec(vm, vmi)
    reason = vmis_.not_migratable(vmi) if vmi else "it does not run"
    path = f"{SUBRESOURCES}/namespaces/{meta['namespace']}/virtualmachineinstances/{meta['name']}"
    return {
        "namespace": meta["namespace"],
        "name": meta["name"],
        "kind": "VirtualMachine" if vm else "VirtualMachineInstance",
        "run_strategy": vmis_.run_strategy(vm) if vm else None,
        "status": str(at(vm, "status", "printableStatus") or vmis_.phase_of(vmi)),
        "phase": vmis_.phase_of(vmi),
        "ready": any(one["type"] == "Ready" and one["status"] == "True" for one in _conditions(vmi)),
        "paused": vmis_.is_paused(vmi),
        "node": vmis_.node_of(vmi),
        "interfaces": interfaces(spec, vmi),
        "conditions": conditions(vm, vmi),
        "migratable": not reason,
        "not_migratable": reason,
        "eviction_strategy": str(spec.get("evictionStrategy") or default_strategy or "None"),
        "instancetype": str(at(vm, "spec", "instancetype", "name") or ""),
        "preference": str(at(vm, "spec", "preference", "name") or ""),
        "volumes": volumes(vm, spec, vmi),
        "guest": str(at(vmi, "status", "guestOSInfo", "prettyName") or ""),
        "console": f"{path}/console" if vmis_.phase_of(vmi) == "Running" else "",
    }


def _spec(vm: Item | None, vmi: Item | None) -> Mapping[str, Any]:
    """The specification of what runs, else of what would run."""
    return (vmi or {}).get("spec") or at(vm, "spec", "template", "spec") or {}


def _conditions(item: Item | None) -> list[Item]:
    return list(at(item, "status", "conditions") or ())


def conditions(*items: Item | None) -> list[dict[str, str]]:
    """Conditions of both objects; those of the instance, which come last, replace the copies in the VirtualMachine."""
    found = {one["type"]: one for item in items for one in _conditions(item)}
    return [
        {
            "type": kind,
            "status": str(one.get("status")),
            "reason": str(one.get("reason") or ""),
            "message": str(one.get("message") or ""),
            "since": since(one),
        }
        for kind, one in sorted(found.items())
    ]


def interfaces(spec: Mapping[str, Any], vmi: Item | None) -> list[dict[str, Any]]:
    """Network interfaces of the specification with what is known of each while it runs, then those of the guest."""
    networks = {one["name"]: one for one in spec.get("networks") or ()}
    live = {str(one.get("name") or one.get("interfaceName")): one for one in at(vmi, "status", "interfaces") or ()}
    named = [str(one["name"]) for one in at(spec, "domain", "devices", "interfaces") or ()]
    found = vmis_.addresses(vmi)
    return [
        {
            "name": name,
            "network": str(at(networks.get(name), "multus", "networkName") or ("pod" if name in networks else "")),
            "mac": str(live.get(name, {}).get("mac") or ""),
            "guest_name": str(live.get(name, {}).get("interfaceName") or ""),
            "addresses": found.get(name, []),
        }
        for name in dict.fromkeys([*named, *live])
    ]


def volumes(vm: Item | None, spec: Mapping[str, Any], vmi: Item | None) -> list[dict[str, Any]]:
    """Volumes with their kind and source, and whether a snapshot can have them."""
    live = {one["name"]: one for one in at(vmi, "status", "volumeStatus") or ()}
    snapshots = {one["name"]: one for one in at(vm, "status", "volumeSnapshotStatuses") or ()}
    found = []
    for one in spec.get("volumes") or ():
        name = one["name"]
        kind = next((key for key in one if key != "name"), "")
        source = one.get(kind) or {}
        snapshot = snapshots.get(name, {})
        found.append(
            {
                "name": name,
                "type": kind,
                "source": str(source.get("claimName") or source.get("name") or source.get("image") or ""),
                "target": str(live.get(name, {}).get("target") or ""),
                "snapshot": snapshot.get("enabled"),
                "no_snapshot": str(snapshot.get("reason") or ""),
            }
        )
    return found
