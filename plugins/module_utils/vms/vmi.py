# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VirtualMachineInstance says of itself: where it is, whether it can be moved, and what an eviction does to it.

Sources: kubevirt v1.9.0, staging/src/kubevirt.io/api/core/v1/types.go (conditions, reasons, phases),
pkg/util/migrations (the strategy that holds), pkg/virt-api/webhooks/validating-webhook/admitters
(pod-eviction-admitter.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..conditions.fields import Item, at, condition, is_true, why

#: Eviction strategies with which KubeVirt moves a VM that can be moved.
MOVING = ("LiveMigrate", "LiveMigrateIfPossible")
#: Another controller moves it.
EXTERNAL = "External"
FINAL = ("Succeeded", "Failed")
#: Phases before it runs.
STARTING = ("", "Pending", "Scheduling", "Scheduled")
#: Label of launcher pods, with this value; and the annotation that names their VMI.
LAUNCHER, DOMAIN = ("kubevirt.io", "virt-launcher"), "kubevirt.io/domain"
#: Label of pods that hold a volume that was plugged into a running VM; they are owned by a launcher pod.
HOTPLUG = ("kubevirt.io", "hotplug-disk")


def name_of(item: Item) -> str:
    """Namespace and name."""
    return f"{at(item, 'metadata', 'namespace')}/{at(item, 'metadata', 'name')}"


def node_of(vmi: Item | None) -> str:
    """The node on which it runs; empty where it does not run."""
    return str(at(vmi, "status", "nodeName") or "")


def phase_of(vmi: Item | None) -> str:
    """Its phase; empty where there is none."""
    return str(at(vmi, "status", "phase") or "")


def is_final(vmi: Item | None) -> bool:
    """Whether it has ended."""
    return phase_of(vmi) in FINAL


def is_paused(vmi: Item | None) -> bool:
    """Whether it is paused."""
    return is_true(vmi or {}, "Paused")


def not_migratable(vmi: Item) -> str:
    """Why it can't be migrated, in KubeVirt's words; empty where it can be."""
    if phase_of(vmi) != "Running":
        return f"its phase is {phase_of(vmi) or 'not set'}, and only a VM that runs can be migrated"
    entry = condition(vmi, "LiveMigratable")
    if entry.get("status") == "True":
        return ""
    if not entry:
        return "KubeVirt has not reported yet whether it can be migrated (condition LiveMigratable)"
    return f"LiveMigratable is {entry.get('status')} ({why(entry) or 'no reason is given'})"


def strategy_of(vmi: Item, default: str) -> str:
    """The eviction strategy that holds for it: its own, else that of the KubeVirt object, else None."""
    return str(at(vmi, "spec", "evictionStrategy") or default or "None")


def not_moved(vmi: Item, default: str) -> str:
    """Why an eviction of its pod does not move it; empty where KubeVirt, or an external controller, moves it."""
    strategy = strategy_of(vmi, default)
    if strategy == EXTERNAL:
        return ""
    if strategy not in MOVING:
        return f"its evictionStrategy is {strategy}, so an eviction shuts it down; LiveMigrate would move it"
    return not_migratable(vmi)


def owner_of(vmi: Item) -> str:
    """The name of the VirtualMachine that made it; empty where nothing would make it again."""
    owners = at(vmi, "metadata", "ownerReferences") or ()
    return next((str(one["name"]) for one in owners if one.get("controller") and one["kind"] == "VirtualMachine"), "")


def run_strategy(vm: Item) -> str:
    """The run strategy of a VirtualMachine; ``spec.running`` is the older form of Always and Halted."""
    found = at(vm, "spec", "runStrategy")
    return str(found) if found else "Always" if at(vm, "spec", "running") else "Halted"


def addresses(vmi: Item | None) -> dict[str, list[str]]:
    """Addresses by network interface; interfaces that only the guest knows have its own name for them."""
    found: dict[str, list[str]] = {}
    for nic in at(vmi, "status", "interfaces") or ():
        listed = list(nic.get("ipAddresses") or ()) or list(filter(None, [nic.get("ipAddress")]))
        found[str(nic.get("name") or nic.get("interfaceName") or nic.get("mac") or "")] = listed
    return found


def has_label(pod: Item, label: tuple[str, str]) -> bool:
    """Whether a pod has a label with a value."""
    return bool(at(pod, "metadata", "labels", label[0]) == label[1])


def vmi_of(pod: Item, vmis: Mapping[tuple[str, str], Any]) -> Item | None:
    """The VMI of a launcher pod that has not ended; None for all other pods."""
    if not has_label(pod, LAUNCHER) or at(pod, "status", "phase") in FINAL:
        return None
    return vmis.get((str(at(pod, "metadata", "namespace")), str(at(pod, "metadata", "annotations", DOMAIN) or "")))
