# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API says of KubeVirt, CDI, their nodes and golden images, judged. Pure: nothing is made or waited for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..cluster.kubevirt_layer import KVM
from ..conditions import virtual_machines
from ..conditions.fields import Item, Rule, at, because, condition
from ..report.proofs import ProofError
from .virtual_machines_wanted import VirtualMachines

#: The label by which virt-handler says that its node takes virtual machines (api/core/v1, NodeSchedulable).
SCHEDULABLE = "kubevirt.io/schedulable"


def kubevirt(item: Item | None, version: str, now: datetime) -> str:
    """KubeVirt in this version.

    :raises ProofError: it is not there, not available, or another version.
    """
    return _deployed(item, "KubeVirt", "observedKubeVirtVersion", version, now, virtual_machines.kubevirt)


def cdi(item: Item | None, version: str, now: datetime) -> str:
    """CDI in this version.

    :raises ProofError: it is not there, not available, or another version.
    """
    return _deployed(item, "CDI", "observedVersion", version, now, virtual_machines.cdi)


def _deployed(item: Item | None, kind: str, key: str, version: str, now: datetime, rule: Rule) -> str:
    if item is None:
        raise ProofError(f"there is no {kind} object; run site with the layers of virtual machines")
    if row := rule({"kind": kind, **item}, now):
        raise ProofError(f"{kind}: {row.reason}")
    has = str(at(item, "status", key) or "no version").removeprefix("v")
    if has != version:
        raise ProofError(f"{kind} {has} is deployed, and the model wants {version}")
    return f"{kind} {version}, which reports all of its parts as available"


def nodes(found: Mapping[str, Item], wanted: VirtualMachines) -> str:
    """Whether each machine takes virtual machines.

    :raises ProofError: one does not, with the reason.
    """
    wrong = []
    for name in wanted.nodes:
        node = found.get(name)
        if node is None:
            wrong.append(f"{name} is not a node")
        elif at(node, "metadata", "labels", SCHEDULABLE) != "true":
            wrong.append(f"{name}: virt-handler does not say that it takes any (label {SCHEDULABLE})")
        elif not wanted.emulation and str(at(node, "status", "allocatable", KVM) or "0") == "0":
            wrong.append(f"{name}: it has no /dev/kvm for them")
    if wrong:
        raise ProofError("; ".join(wrong))
    return f"{', '.join(wanted.nodes)}, {'by emulation' if wanted.emulation else 'each with /dev/kvm'}"


def images(sources: Mapping[str, Item | None], names: Sequence[str]) -> str:
    """Whether disks can be made of each golden image.

    :param sources: DataSource of each name; None where there is none.
    :raises ProofError: of one of them none can be made, with CDI's reason.
    """
    wrong = [f"{name}: {why}" for name in names if (why := not_ready(sources.get(name)))]
    if wrong:
        raise ProofError("; ".join(wrong))
    return ", ".join(names)


def not_ready(source: Item | None) -> str:
    """Why no disk can be made of a DataSource; empty where one can."""
    if source is None:
        return "there is no DataSource of this name"
    entry = condition(source, "Ready")
    if entry.get("status") == "True":
        return ""
    return because(f"Ready is {entry.get('status') or 'not reported'}", entry)


def lacks(vm: Item) -> str:
    """Why a VirtualMachine does not run, in KubeVirt's words; empty where it is ready."""
    if at(vm, "status", "ready"):
        return ""
    said = [
        because(f"{entry.get('type')} is False", entry)
        for entry in at(vm, "status", "conditions") or ()
        if entry.get("status") == "False" and entry.get("message")
    ]
    return "; ".join([f"its status is {at(vm, 'status', 'printableStatus') or 'not reported'}", *said])
