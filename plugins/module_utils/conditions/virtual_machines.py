# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of KubeVirt and CDI, whose operators report a phase, a version and conditions of the whole; of a virtual
machine, which is ready where its instance is.

(KubeVirt: pkg/virt-operator/kubevirt.go and util/client.go, pkg/virt-controller/watch/vm/vm.go; CDI:
controller-lifecycle-operator-sdk, reconciler.go.)
"""

from __future__ import annotations

from datetime import datetime

from ..waiting.missing import Row
from .fields import Item, Rule, at, because, condition, deleted, is_true, lacking, number, since, unobserved, unreported

#: The annotation with the version that a layer wants. While an operator is replaced, its object still reports the
#: release before as deployed.
WANTED = "groundup.cloud/version"
DEPLOYED = "Deployed"


def kubevirt(item: Item, now: datetime) -> Row | None:
    """The rule of a KubeVirt."""
    if row := _whole(item, now, "virt-operator", "observedKubeVirtVersion"):
        return row
    return unobserved(item, now) if number(item, "status", "observedGeneration") else None


def cdi(item: Item, now: datetime) -> Row | None:
    """The rule of a CDI, whose operator reports no generation."""
    return _whole(item, now, "cdi-operator", "observedVersion")


def _whole(item: Item, now: datetime, operator: str, observed: str) -> Row | None:
    if row := deleted(item):
        return row
    phase = str(at(item, "status", "phase") or "")
    if not phase:
        return unreported(item, now, operator)
    failed = condition(item, "Synchronized")
    if failed.get("status") == "False":
        return lacking(item, because("Synchronized is False", failed), since(failed))
    for kind in ("Degraded", "Progressing"):
        if is_true(item, kind):
            entry = condition(item, kind)
            return lacking(item, because(f"{kind} is True", entry), since(entry))
    available = condition(item, "Available")
    if available.get("status") != "True":
        text = f"Available is {available.get('status') or 'not reported'}"
        return lacking(item, because(text, available), since(available))
    if phase != DEPLOYED:
        return lacking(item, f"its phase is {phase}")
    return _version(item, operator, str(at(item, "status", observed) or ""))


def _version(item: Item, operator: str, has: str) -> Row | None:
    wanted = str((at(item, "metadata", "annotations") or {}).get(WANTED) or "")
    if not wanted or has.removeprefix("v") == wanted.removeprefix("v"):
        return None
    return lacking(item, f"{operator} has deployed {has or 'no version'}, and {wanted} is wanted")


def machine(item: Item, now: datetime) -> Row | None:
    """The rule of a VirtualMachine: it is stopped if its run strategy says so, else ready."""
    if row := deleted(item):
        return row
    status = str(at(item, "status", "printableStatus") or "")
    if not status:
        return unreported(item, now, "virt-controller")
    halted = at(item, "spec", "runStrategy") == "Halted"
    if status == "Stopped" if halted else at(item, "status", "ready"):
        return None
    said = [
        because(f"{entry.get('type')} is False", entry)
        for entry in at(item, "status", "conditions") or ()
        if entry.get("status") == "False" and entry.get("message")
    ]
    return lacking(item, "; ".join([f"its status is {status}", *said]), since(condition(item, "Ready")))


#: (API group, kind) -> its rule.
RULES: dict[tuple[str, str], Rule] = {
    ("kubevirt.io", "KubeVirt"): kubevirt,
    ("kubevirt.io", "VirtualMachine"): machine,
    ("cdi.kubevirt.io", "CDI"): cdi,
}
