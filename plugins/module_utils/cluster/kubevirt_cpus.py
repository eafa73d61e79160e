# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of CPUs of virtual machines, from the CPUs of the machines that run them.

CPUs are what cpu_info found on each machine. Models that a machine has are recorded at the KubeVirt object, so that
layers are compared without a look at machines. What KubeVirt itself finds usable there is at the nodes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..host.cpus import Cpus
from ..vms import cpu_baseline
from ..vms.cpu_baseline import CpuError, Machine
from ..vms.cpu_models import MODELS
from ..waiting.missing import Row
from .kubevirt_input import BASELINE, HOST_MODEL, ROLE
from .upstream import ClusterLayerError

Params = Mapping[str, Any]
#: The annotation of the KubeVirt object with what is known of each machine, by the name of its node.
ANNOTATION = "groundup.cloud/cpus"
#: The keys of the input, beside the option: what cpu_info found, by node; and in the completed one what is recorded.
FOUND, RECORD = "found_cpus", "cpus"
#: Beginning of labels of nodes with the models that QEMU finds usable there (api/core/v1, CPUModelLabel).
LABEL = "cpu-model.node.kubevirt.io/"
_OTHERWISE = (
    f"run them on machines that have one in common, or give cpu_model: {HOST_MODEL}, with which they are migrated "
    "between machines with the same features only"
)


def completed(params: Params, live: Params | None) -> Params:
    """The input with the model that virtual machines get, and the record of the machines.

    :param live: the KubeVirt object.
    :raises ClusterLayerError: the machines do not have it, have none in common, or were not looked up.
    """
    names = [str(one["node"]) for one in params.get("machines") or ()]
    wish = str(params.get("cpu_model") or "")
    if not names or not (wish == BASELINE or wish in MODELS):
        return params
    record = recorded(live)
    if params.get(FOUND):
        machines = looked_up(names, params[FOUND])
    else:
        machines = {name: Machine.from_record(one) for name, one in _from_record(names, record).items()}
    return {
        **params,
        "cpu_model": _model(wish, machines),
        RECORD: {name: one.record() for name, one in machines.items()},
    }


def recorded(live: Params | None) -> dict[str, Any]:
    """Node -> what is recorded of its CPUs.

    :raises ClusterLayerError: it can't be read.
    """
    text = (((live or {}).get("metadata") or {}).get("annotations") or {}).get(ANNOTATION)
    try:
        return dict(json.loads(text or "{}"))
    except (TypeError, ValueError) as error:
        raise ClusterLayerError(f"the annotation {ANNOTATION} of the KubeVirt object is no record ({error})") from error


def annotation(record: Params) -> str:
    """The annotation with a record."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"))


def looked_up(names: Iterable[str], found: Mapping[str, Params]) -> dict[str, Machine]:
    """The machines as they were looked up.

    :raises ClusterLayerError: some were not.
    """
    missing = [name for name in names if not found.get(name)]
    if missing:
        raise ClusterLayerError(
            f"{ROLE}_config.machines: {', '.join(missing)} was not looked up; give what cpu_info returns there as cpus"
        )
    return {name: Machine.of(Cpus.from_facts(found[name])) for name in names}


def without_model(model: str, nodes: Iterable[Params]) -> list[Row]:
    """Nodes on which KubeVirt does not find a model usable."""
    if model not in MODELS:
        return []
    reason = (
        f"KubeVirt has not found the CPU model {model} usable there (label {LABEL}{model}); run the role {ROLE} again, "
        "which looks at its CPUs, or give another cpu_model"
    )
    return [
        Row(str(node["metadata"]["name"]), reason)
        for node in nodes
        if (node["metadata"].get("labels") or {}).get(f"{LABEL}{model}") != "true"
    ]


def _from_record(names: Iterable[str], record: Params) -> dict[str, Params]:
    missing = [name for name in names if name not in record]
    if missing:
        raise ClusterLayerError(
            f"{ROLE}_config.machines: not looked up yet: the CPUs of {', '.join(missing)}; the role {ROLE} does that, "
            "and the module takes what cpu_info returns as cpus"
        )
    return {name: record[name] for name in names}


def _model(wish: str, machines: Mapping[str, Machine]) -> str:
    place = f"{ROLE}_config.cpu_model"
    try:
        if wish == BASELINE:
            return cpu_baseline.baseline(machines)
        cpu_baseline.refuse(wish, machines)
    except CpuError as error:
        raise ClusterLayerError(f"{place}: {error}; {_OTHERWISE}") from error
    return wish
