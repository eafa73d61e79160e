# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role kubevirt: beside its operator's report, each node has to have KVM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..objects.engine import Engine
from ..objects.transport import items
from ..waiting.missing import Row
from . import kubevirt_input
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

    def steps(self, engine: Engine, params: Params, *, present: bool = True) -> tuple[list[str], list[dict[str, str]]]:
        """Return what a run would do, and its diff; nodes without KVM are waited for by a run."""
        steps, diff = super().steps(engine, params, present=present)
        if present and not steps:
            steps = [f"wait for {row}" for row in _without_kvm(engine, params)]
        return steps, diff

    def bring(self, engine: Engine, params: Params, *, present: bool, **more: Any) -> dict[str, Any]:
        """Bring the layer about, or remove it. See `ClusterLayer.perform`.

        :raises ObjectsError: a node has no KVM, and nobody consented to emulation.
        """
        result = super().bring(engine, params, present=present, **more)
        if present and more.get("wait", True) and not engine.check:
            _await_kvm(engine, params)
        return result


def _await_kvm(engine: Engine, params: Params) -> None:
    deadline = engine.deadline.within(REPORTED)
    until_none(lambda: _without_kvm(engine, params), deadline, "each node to have KVM")


def _without_kvm(engine: Engine, params: Params) -> list[Row]:
    if params.get("emulation"):
        return []
    labels = dict(params.get("node_labels") or {})
    reason = (
        "KubeVirt has found no /dev/kvm there; turn virtualization on in its firmware, or consent to slow virtual "
        f"machines with {ROLE}_config.emulation: true (virtualization.emulation of a model)"
    )
    return [
        Row(str(node["metadata"]["name"]), reason)
        for node in items(engine.transport, "/api/v1/nodes")
        if labels.items() <= (node["metadata"].get("labels") or {}).items()
        and not int(str(((node.get("status") or {}).get("allocatable") or {}).get(KVM) or "0").replace("k", "000"))
    ]


def wanted(params: Params) -> str:
    """The version that an input wants."""
    return kubevirt_input.version(params)
