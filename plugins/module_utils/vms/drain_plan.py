# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drain does with each pod of a node, and what it needs a consent for. Pure: objects in, decisions out.

The rules for pods are those of kubectl (kubernetes, staging/src/k8s.io/kubectl/pkg/drain/filters.go); launcher pods of
VMs have rules of their own, since their emptyDir volumes hold nothing that lives longer than the VM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..conditions.fields import Item, at
from . import vmi as vmis_

MIRROR = "kubernetes.io/config.mirror"
STAYS, EVICTED, MOVED, RESTARTED, LEFT, REFUSED = "stays", "evicted", "moved", "restarted", "left", "refused"


@dataclass(frozen=True)
class Consent:
    """`force`: what nothing starts again may go; `empty_dir`: data in emptyDir volumes may go; `unmovable`: what is
    done with VMs that can't be moved, one of refuse, leave and restart."""

    force: bool = False
    empty_dir: bool = False
    unmovable: str = "refuse"


@dataclass(frozen=True)
class Entry:
    """A pod, or the VM whose launcher pod it is, and what is done with it.

    :ivar action: what becomes of it.
    :ivar why: the reason, where the action is not plain.
    """

    pod: Item
    action: str
    why: str = ""
    vmi: Item | None = None

    def __str__(self) -> str:
        if self.vmi is not None:
            return f"VirtualMachineInstance {vmis_.name_of(self.vmi)}"
        return f"pod {vmis_.name_of(self.pod)}"

    @property
    def ending(self) -> bool:
        """Whether it is being deleted already."""
        item = self.vmi if self.action == RESTARTED else self.pod
        return bool(at(item, "metadata", "deletionTimestamp"))

    @property
    def node(self) -> str:
        """The node of the pod."""
        return str(at(self.pod, "spec", "nodeName") or "")

    def public(self) -> dict[str, str]:
        """The entry as a result of the module."""
        item = self.pod if self.vmi is None else self.vmi
        meta = item["metadata"]
        return {"namespace": meta["namespace"], "name": meta["name"], "action": self.action, "why": self.why}


@dataclass(frozen=True)
class Drain:
    """What is done with all pods of a node."""

    entries: tuple[Entry, ...]

    def of(self, *actions: str) -> list[Entry]:
        """The entries with one of these actions."""
        return [one for one in self.entries if one.action in actions]

    @property
    def vms(self) -> list[Entry]:
        """Entries of VMs."""
        return [one for one in self.entries if one.vmi is not None]

    @property
    def pods(self) -> list[Entry]:
        """Entries of pods that are no launchers of VMs."""
        return [one for one in self.entries if one.vmi is None]

    @property
    def refusals(self) -> list[str]:
        """What forbids the drain, a text each with the option that would allow it."""
        return [f"{one}: {one.why}" for one in self.of(REFUSED)]


def plan(
    pods: Iterable[Item],
    vmis: Iterable[Item] = (),
    vms: Iterable[Item] = (),
    *,
    default_strategy: str = "",
    consent: Consent | None = None,
) -> Drain:
    """What is done with each pod of a node.

    :param pods: all pods of the node.
    :param vmis: VMIs of their namespaces, or of all.
    :param vms: VirtualMachines, so that it is known which of them start again.
    :param default_strategy: the eviction strategy of the KubeVirt object.
    """
    consent = consent or Consent()
    known, makers = _by_name(vmis), _by_name(vms)
    found = []
    for pod in sorted(pods, key=vmis_.name_of):
        vmi = vmis_.vmi_of(pod, known)
        if vmi is None:
            found.append(_pod(pod, consent))
        else:
            found.append(
                _vm(
                    pod, vmi, makers.get((vmi["metadata"]["namespace"], vmis_.owner_of(vmi))), default_strategy, consent
                )
            )
    return Drain(tuple(found))


def _by_name(items: Iterable[Item]) -> Mapping[tuple[str, str], Item]:
    return {(one["metadata"]["namespace"], one["metadata"]["name"]): one for one in items}


def _pod(pod: Item, consent: Consent) -> Entry:
    annotations = at(pod, "metadata", "annotations") or {}
    owner = _controller(pod)
    if MIRROR in annotations:
        return Entry(pod, STAYS, "a static pod of the kubelet")
    if owner.get("kind") == "DaemonSet":
        return Entry(pod, STAYS, f"of the DaemonSet {owner['name']}, which runs on cordoned nodes too")
    if vmis_.has_label(pod, vmis_.HOTPLUG):
        return Entry(pod, STAYS, "holds a volume of a VM and ends with it")
    if at(pod, "status", "phase") in vmis_.FINAL or at(pod, "metadata", "deletionTimestamp"):
        return Entry(pod, EVICTED)
    reasons = []
    if not owner and not consent.force:
        reasons.append("no controller starts it again elsewhere; force: true ends it for good")
    volumes = [str(one["name"]) for one in at(pod, "spec", "volumes") or () if one.get("emptyDir") is not None]
    if volumes and not consent.empty_dir:
        reasons.append(
            f"its data in emptyDir ({', '.join(volumes)}) would be lost; delete_emptydir_data: true allows it"
        )
    return Entry(pod, REFUSED, "; ".join(reasons)) if reasons else Entry(pod, EVICTED)


def _vm(pod: Item, vmi: Item, vm: Item | None, default: str, consent: Consent) -> Entry:
    reason = vmis_.not_moved(vmi, default)
    if vmis_.phase_of(vmi) in vmis_.STARTING and vmis_.strategy_of(vmi, default) in vmis_.MOVING:
        return Entry(pod, MOVED, "it is starting, and is moved once it runs", vmi)
    if vmis_.node_of(vmi) != at(pod, "spec", "nodeName"):
        return Entry(pod, MOVED, "a migration has it on two nodes", vmi)
    if not reason:
        return Entry(pod, MOVED, "", vmi)
    if consent.unmovable == "leave":
        return Entry(pod, LEFT, reason, vmi)
    if consent.unmovable == "restart":
        if vm is None and not consent.force:
            return Entry(
                pod, REFUSED, f"{reason}; no VirtualMachine starts it again; force: true ends it for good", vmi
            )
        return Entry(pod, RESTARTED, f"{reason}; {_afterwards(vm)}", vmi)
    ways = "unmovable_vms: leave goes on without it, and restart shuts it down"
    return Entry(pod, REFUSED, f"{reason}; {ways}", vmi)


def _afterwards(vm: Item | None) -> str:
    """What becomes of a VM that was shut down (kubevirt, pkg/virt-controller/watch/vm: only Always starts it again)."""
    if vm is None:
        return "it ends for good"
    strategy = vmis_.run_strategy(vm)
    return "it starts again elsewhere" if strategy == "Always" else f"it stays off, as its runStrategy is {strategy}"


def _controller(pod: Item) -> Mapping[str, str]:
    owners = at(pod, "metadata", "ownerReferences") or ()
    return next((one for one in owners if one.get("controller")), {})
