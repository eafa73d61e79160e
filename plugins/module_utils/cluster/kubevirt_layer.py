# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role kubevirt: beside its operator's report, each node has to have KVM and the model of CPUs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..objects.engine import Engine
from ..objects.live import get
from ..objects.transport import Json
from ..waiting.missing import Row
from . import kubevirt_cpus, kubevirt_hosts, kubevirt_input
from .kubevirt_input import NAME, NAMESPACE, ROLE
from .operated import Operated
from .operated_layer import OperatedLayer
from .removing import until_none

Params = Mapping[str, Any]
OPERATED = Operated(
    role=ROLE,
    place=f"{ROLE}_config.version",
    path=f"/apis/kubevirt.io/v1/namespaces/{NAMESPACE}/kubevirts/{NAME}",
    name=f"KubeVirt {NAMESPACE}/{NAME}",
    observed="observedKubeVirtVersion",
    target="targetKubeVirtVersion",
    users={
        "kubevirt.io/v1/virtualmachines": "VirtualMachine",
        "kubevirt.io/v1/virtualmachineinstances": "VirtualMachineInstance",
        "kubevirt.io/v1/virtualmachineinstancereplicasets": "VirtualMachineInstanceReplicaSet",
        "pool.kubevirt.io/v1beta1/virtualmachinepools": "VirtualMachinePool",
        "snapshot.kubevirt.io/v1beta1/virtualmachinesnapshots": "VirtualMachineSnapshot",
    },
    manager="virt-operator",
    domain="kubevirt.io",
    lost="Virtual machines are stopped and removed with their kinds; volumes stay, unless a virtual machine owns them.",
)
#: What virt-handler reports of each node with /dev/kvm (pkg/virt-handler/device-manager).
KVM = "devices.kubevirt.io/kvm"
#: Seconds within which virt-handler has reported it once it runs.
REPORTED = 120.0


class KubeVirtLayer(OperatedLayer):
    """The layer of the role kubevirt."""

    def complete(self, engine: Engine, params: Params) -> Params:
        """Return the input with the model of CPUs that all machines have.

        :raises ClusterLayerError: they have none in common, or not the one that is wanted; or libvirt would take some
            for one machine.
        """
        kubevirt_input.check(params)
        live = get(engine.transport, OPERATED.path)
        kubevirt_hosts.refuse_twins(engine.transport, params, live)
        return kubevirt_cpus.completed(params, live)

    def steps(self, engine: Engine, params: Params, *, present: bool = True) -> tuple[list[str], list[dict[str, str]]]:
        """Return what a run would do, and its diff; nodes without KVM or the model are waited for by a run."""
        steps, diff = super().steps(engine, params, present=present)
        if present and not steps:
            steps = [f"wait for {row}" for row in self._lacking(engine, params)]
        return steps, diff

    def bring(self, engine: Engine, params: Params, *, present: bool, **more: Any) -> dict[str, Any]:
        """Bring the layer about, or remove it. See `ClusterLayer.perform`.

        :raises ObjectsError: a node has no KVM, and nobody consented to emulation; or it has not the model.
        """
        result = super().bring(engine, params, present=present, **more)
        if present:
            result["warnings"] = [*result["warnings"], *kubevirt_hosts.warnings(engine.transport, params)]
        if present and more.get("wait", True) and not engine.check:
            deadline = engine.deadline.within(REPORTED)
            until_none(lambda: self._lacking(engine, params), deadline, "each node to have what virtual machines need")
        return result

    def _lacking(self, engine: Engine, params: Params) -> list[Row]:
        nodes = kubevirt_hosts.that_run_them(engine.transport, params)
        rows = [] if params.get("emulation") else _without_kvm(nodes)
        without = {row.what for row in rows}  # which has no model either
        model = str(self.complete(engine, params).get("cpu_model") or "")
        found = kubevirt_cpus.without_model(model, nodes)
        return [*rows, *(row for row in found if row.what not in without)]


def _without_kvm(nodes: list[Json]) -> list[Row]:
    reason = (
        "KubeVirt has found no /dev/kvm there; turn virtualization on in its firmware, or consent to slow virtual "
        f"machines with {ROLE}_config.emulation: true (virtualization.emulation of a model)"
    )
    return [
        Row(str(node["metadata"]["name"]), reason)
        for node in nodes
        if not int(str(((node.get("status") or {}).get("allocatable") or {}).get(KVM) or "0").replace("k", "000"))
    ]


def wanted(params: Params) -> str:
    """The version that an input wants."""
    return kubevirt_input.version(params)
