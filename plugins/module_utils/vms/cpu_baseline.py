# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The highest model of CPUs that all machines can give their guests, with which these can be migrated anywhere.

A machine has a model if Linux shows all that the model needs of the CPU. QEMU judges the same when it runs there, and
KubeVirt labels each node with the models that QEMU finds usable (v1.9.0, pkg/virt-handler/node-labeller).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import CloudError
from ..host.cpus import Cpus
from .cpu_models import BUGS, FROM_KVM, MODELS, NESTED, NOT_SHOWN, Model, flag

#: How many words of what a CPU lacks are shown.
SHOWN = 6


class CpuError(CloudError):
    """There is no model for all machines, or not the one that is wanted."""


@dataclass(frozen=True)
class Machine:
    """What is known of the CPUs of a machine.

    :ivar models: names of the models that it has.
    :ivar cpus: None where only what was recorded is known.
    """

    vendor: str
    models: frozenset[str]
    cpus: Cpus | None = None

    @classmethod
    def of(cls, cpus: Cpus) -> Machine:
        """A machine as it was looked up."""
        return cls(cpus.vendor, frozenset(usable(cpus)), cpus)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Machine:
        """A machine as `record` has written it. It has also each model that needs no more than a recorded one."""
        own = [MODELS[name] for name in record.get("models") or () if name in MODELS]
        vendor = str(record.get("vendor") or "")
        lower = (
            one.name for one in MODELS.values() if one.vendor == vendor and any(needed(one) <= needed(m) for m in own)
        )
        return cls(vendor, frozenset(lower))

    def record(self) -> dict[str, Any]:
        """Its maker, and those of its models that are not part of another one."""
        own = [MODELS[name] for name in MODELS if name in self.models]
        highest = [one.name for one in own if not any(needed(one) < needed(other) for other in own)]
        return {"vendor": self.vendor, "models": highest}


def needed(model: Model) -> frozenset[str]:
    """The features of a model that have to be those of the CPU, as far as Linux shows them."""
    return model.features - FROM_KVM - NESTED - NOT_SHOWN


def lacking(cpus: Cpus, model: Model) -> list[str]:
    """What CPUs lack of a model: flags, and faults that they must not have."""
    found: list[str] = []
    for feature in needed(model):
        if feature in BUGS:
            found += [f"{feature} (it has the fault {BUGS[feature]})"] if BUGS[feature] in cpus.bugs else []
        elif flag(feature) not in cpus.flags:
            found.append(flag(feature))
    return sorted(set(found))


def usable(cpus: Cpus) -> list[str]:
    """Names of the models that a machine has, the lowest first."""
    return [one.name for one in MODELS.values() if one.vendor == cpus.vendor and not lacking(cpus, one)]


def baseline(machines: Mapping[str, Machine]) -> str:
    """The name of the highest model that all machines have.

    :raises CpuError: there is none, with the machines and the reason.
    """
    refuse_makers(machines)
    highest = [name for name in MODELS if machines and all(name in one.models for one in machines.values())][-1:]
    if not highest:
        raise CpuError("; ".join(_without_any(machines)) or "there are no machines whose CPUs could be compared")
    return highest[0]


def refuse_makers(machines: Mapping[str, Machine]) -> None:
    """Refuse CPUs of several makers, or of one whose models are not known.

    :raises CpuError: with the machines of each.
    """
    makers: dict[str, list[str]] = {}
    for name, one in machines.items():
        makers.setdefault(one.vendor or "none of x86", []).append(name)
    each = ", ".join(f"{maker} ({', '.join(names)})" for maker, names in makers.items())
    if len(makers) > 1:
        raise CpuError(f"the machines have CPUs of different makers, between which nothing can be migrated: {each}")
    if not {*makers} <= {one.vendor for one in MODELS.values()}:
        raise CpuError(f"no model is known for CPUs of {each}")


def refuse(name: str, machines: Mapping[str, Machine]) -> None:
    """Refuse a model that not all machines have.

    :raises CpuError: with each that has it not, and the highest that all have.
    """
    without = [machine for machine, one in machines.items() if name not in one.models]
    if not without:
        return
    others = {one.vendor for one in machines.values()} - {MODELS[name].vendor}
    if others:
        raise CpuError(
            f"{name} is of {MODELS[name].vendor}, and CPUs of {', '.join(sorted(others))} are not: {', '.join(without)}"
        )
    texts = [f"{machine}{_lacks(machines[machine], MODELS[name])}" for machine in without]
    raise CpuError(
        f"{name} can't be had on {'; '.join(texts)}; the highest that all machines have is {baseline(machines)}"
    )


def near(name: str) -> str:
    """The remedy for a name that is no model."""
    found = difflib.get_close_matches(name, MODELS, 1)
    return f"is it {found[0]}?" if found else f"give one of {', '.join(MODELS)}"


def _without_any(machines: Mapping[str, Machine]) -> list[str]:
    found = []
    for name, one in machines.items():
        if not one.models:
            lowest = next(model for model in MODELS.values() if model.vendor == one.vendor)
            found.append(f"{name} has not even {lowest.name}{_lacks(one, lowest)}")
    return found


def _lacks(machine: Machine, model: Model) -> str:
    words = lacking(machine.cpus, model) if machine.cpus else []
    more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return f", whose CPU lacks {', '.join(words[:SHOWN])}{more}" if words else ""
