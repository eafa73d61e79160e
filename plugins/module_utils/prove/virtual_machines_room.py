# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the virtual machines of any one machine find room on the others when it is lost. Pure.

What counts is what the scheduler counts: requests of CPU and memory of pods, and the labels that a pod's nodeSelector
names. Affinity, devices, and pods of the lost machine that are no virtual machines are left out. Virtual machines are
placed largest first, each on the machine with most free memory; where one finds no place, another order might.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ..conditions.fields import Item, at
from ..conditions.serving import unready
from ..report.proofs import ProofError, Warned

#: The label of pods in which virtual machines run, and the annotation with the name of the machine.
LAUNCHER = ("kubevirt.io", "virt-launcher")
_NAME = "kubevirt.io/domain"
_DONE = ("Succeeded", "Failed")
_UNITS = {
    "m": Decimal("0.001"),
    **{unit: Decimal(1000) ** step for step, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Decimal(1024) ** step for step, unit in enumerate("KMGTPE", 1)},
}
_KINDS = ("cpu", "memory")
Amounts = dict[str, Decimal]


def amount(quantity: object) -> Decimal:
    """A quantity of Kubernetes as a number; of CPUs, or of bytes.

    :raises ProofError: it is none.
    """
    text = str(quantity or "0")
    unit = next((one for one in sorted(_UNITS, key=len, reverse=True) if text.endswith(one)), "")
    try:
        return Decimal(text.removesuffix(unit)) * _UNITS.get(unit, Decimal(1))
    except InvalidOperation as error:
        raise ProofError(f"{text} is no quantity of Kubernetes") from error


@dataclass(frozen=True)
class Machine:
    """A virtual machine that runs: its name with the namespace, what its pod requests, and which nodes it may be on."""

    name: str
    requests: Amounts
    selector: Mapping[str, str]


def room(nodes: Mapping[str, Item], pods: Iterable[Item], names: Sequence[str], *, owed: bool) -> str | Warned:
    """Whether the virtual machines on each of ``names`` find room on the others.

    :param owed: where they do not, this is a failure; else a warning.
    :raises ProofError: the first machine whose loss leaves virtual machines without a place, with their names.
    """
    live = [name for name in names if name in nodes and not unready(nodes[name])]
    free = {name: {kind: amount(at(nodes[name], "status", "allocatable", kind)) for kind in _KINDS} for name in live}
    runs: dict[str, list[Machine]] = {name: [] for name in live}
    for pod in pods:
        node = str(at(pod, "spec", "nodeName") or "")
        if node not in free or at(pod, "status", "phase") in _DONE:
            continue
        wants = requests(pod)
        for kind in _KINDS:
            free[node][kind] -= wants[kind]
        if (at(pod, "metadata", "labels") or {}).get(LAUNCHER[0]) == LAUNCHER[1]:
            runs[node].append(Machine(_named(pod), wants, at(pod, "spec", "nodeSelector") or {}))
    wrong = [
        f"without {lost}, {len(left)} of its {len(runs[lost])} virtual machines find no room: {', '.join(left)}"
        for lost in live
        if (left := _without_place(lost, nodes, free, runs[lost]))
    ]
    total = sum(map(len, runs.values()))
    if not wrong:
        return f"{total} virtual machines on {', '.join(live) or 'no machine'}: each finds room when one is lost"
    text = f"{'; '.join(wrong)}. Add machines or memory, or stop virtual machines"
    if owed:
        raise ProofError(text)
    return Warned(f"{total} virtual machines on {', '.join(live)}", text)


def _without_place(
    lost: str, nodes: Mapping[str, Item], free: Mapping[str, Amounts], machines: Iterable[Machine]
) -> list[str]:
    left = {name: dict(amounts) for name, amounts in free.items() if name != lost}
    left = {name: amounts for name, amounts in left.items() if not at(nodes[name], "spec", "unschedulable")}
    found = []
    for one in sorted(machines, key=lambda machine: machine.requests["memory"], reverse=True):
        fitting = [
            name
            for name, amounts in left.items()
            if all(one.requests[kind] <= amounts[kind] for kind in _KINDS)
            and one.selector.items() <= (at(nodes[name], "metadata", "labels") or {}).items()
        ]
        if not fitting:
            found.append(one.name)
            continue
        chosen = left[max(fitting, key=lambda name: left[name]["memory"])]
        for kind in _KINDS:
            chosen[kind] -= one.requests[kind]
    return found


def requests(pod: Item) -> Amounts:
    """What a pod requests: its containers together or its largest init container, and its overhead.

    (Kubernetes, concepts/workloads/pods/init-containers: resource sharing within containers.) Init containers that
    run on beside the others count as containers.
    """
    spec = at(pod, "spec") or {}
    inits = spec.get("initContainers") or ()
    beside = [one for one in inits if one.get("restartPolicy") == "Always"]
    found = {}
    for kind in _KINDS:
        of = [amount(at(one, "resources", "requests", kind)) for one in (*(spec.get("containers") or ()), *beside)]
        first = [amount(at(one, "resources", "requests", kind)) for one in inits if one not in beside]
        overhead = amount((spec.get("overhead") or {}).get(kind))
        found[kind] = max(sum(of, Decimal(0)), *first, Decimal(0)) + overhead
    return found


def _named(pod: Item) -> str:
    metadata = at(pod, "metadata") or {}
    name = (metadata.get("annotations") or {}).get(_NAME) or metadata.get("name")
    return f"{metadata.get('namespace')}/{name}"
