# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles of layers of the cluster by name, and how they are compared with a cluster.

A new role adds one line to LAYERS and one to INPUTS.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from ..errors import CloudError
from ..objects.access import CONNECTIONS, connect
from ..objects.engine import Engine
from ..specs import cdi as cdi_input
from ..specs import entries
from ..specs import konnectivity as konnectivity_input
from ..specs import kubevirt as kubevirt_input
from ..specs import load_balancer as load_balancer_input
from ..specs import multus as multus_input
from ..specs import network_calico as network_calico_input
from ..specs import network_cilium as network_cilium_input
from ..specs import network_custom as network_custom_input
from ..specs import network_flannel as network_flannel_input
from ..specs import network_kube_ovn as network_kube_ovn_input
from ..specs import network_policies as network_policies_input
from ..specs import rook_ceph as rook_ceph_input
from ..specs import snapshot_controller as snapshot_controller_input
from ..specs import vm_images as vm_images_input
from ..specs.check import checked, filled
from ..specs.entries import Layer
from ..waiting.deadline import Deadline
from . import (
    calico_guard,
    cdi,
    cilium_guard,
    konnectivity,
    kubevirt,
    kubevirt_layer,
    load_balancer,
    load_balancer_guard,
    multus,
    multus_guard,
    network_calico,
    network_cilium,
    network_custom,
    network_flannel,
    network_kube_ovn,
    network_policies,
    rook_ceph,
    rook_ceph_held,
    snapshot_controller,
    snapshot_controller_guard,
    vm_images,
)
from .cilium_layer import CiliumLayer
from .kube_ovn_layer import KubeOvnLayer
from .kubevirt_layer import KubeVirtLayer
from .layer import ClusterLayer
from .operated_layer import OperatedLayer
from .others import OtherNetwork
from .rook_ceph_layer import RookCephLayer
from .snapshot_controller_layer import SnapshotControllerLayer
from .upstream import ClusterLayerError
from .vm_images_layer import VmImagesLayer

LAYERS: dict[str, ClusterLayer] = {
    layer.role: layer
    for layer in (
        ClusterLayer(
            network_flannel.ROLE, network_flannel.render, namespaces=(network_flannel.NAMESPACE,), network="flannel"
        ),
        KubeOvnLayer(network_kube_ovn.ROLE, network_kube_ovn.render, network="kube_ovn"),
        ClusterLayer(network_policies.ROLE, network_policies.render),
        ClusterLayer(konnectivity.ROLE, konnectivity.render),
        ClusterLayer(
            load_balancer.ROLE,
            load_balancer.render,
            namespaces=(load_balancer.NAMESPACE,),
            secrets=load_balancer.PASSWORDS,
            guard=load_balancer_guard.guard,
            consent=load_balancer_guard.CONSENT,
        ),
        ClusterLayer(
            multus.ROLE,
            multus.render,
            guard=multus_guard.guard,
            consent=multus_guard.CONSENT,
            left=("Namespace",),
        ),
        ClusterLayer(
            network_calico.ROLE,
            network_calico.render,
            secrets=network_calico.PASSWORDS,
            guard=calico_guard.guard,
            consent=calico_guard.CONSENT,
            network="calico",
        ),
        CiliumLayer(
            network_cilium.ROLE,
            network_cilium.render,
            namespaces=(network_cilium.SECRETS,),
            secrets=network_cilium.PASSWORDS,
            guard=cilium_guard.guard,
            consent=cilium_guard.CONSENT,
            network="cilium",
        ),
        ClusterLayer(network_custom.ROLE, network_custom.render, by_set=True, network="custom"),
        SnapshotControllerLayer(
            snapshot_controller.ROLE,
            snapshot_controller.render,
            guard=snapshot_controller_guard.guard,
            consent=snapshot_controller_guard.CONSENT,
        ),
        RookCephLayer(rook_ceph.ROLE, rook_ceph.render, guard=rook_ceph_held.guard),
        OperatedLayer(cdi.ROLE, cdi.render, namespaces=(cdi.NAMESPACE,), operated=cdi.OPERATED, version=cdi.wanted),
        KubeVirtLayer(
            kubevirt.ROLE,
            kubevirt.render,
            namespaces=(kubevirt.NAMESPACE,),
            operated=kubevirt_layer.OPERATED,
            version=kubevirt_layer.wanted,
        ),
        VmImagesLayer(vm_images.ROLE, vm_images.render, by_set=True),
    )
}
#: Role -> the option that its input is.
INPUTS: dict[str, Mapping[str, Any]] = {
    network_custom.ROLE: network_custom_input.CONFIG,
    network_flannel.ROLE: network_flannel_input.CONFIG,
    network_kube_ovn.ROLE: network_kube_ovn_input.CONFIG,
    network_policies.ROLE: network_policies_input.CONFIG,
    konnectivity.ROLE: konnectivity_input.CONFIG,
    load_balancer.ROLE: load_balancer_input.CONFIG,
    network_calico.ROLE: network_calico_input.CONFIG,
    network_cilium.ROLE: network_cilium_input.CONFIG,
    multus.ROLE: multus_input.CONFIG,
    snapshot_controller.ROLE: snapshot_controller_input.CONFIG,
    rook_ceph.ROLE: rook_ceph_input.CONFIG,
    cdi.ROLE: cdi_input.CONFIG,
    kubevirt.ROLE: kubevirt_input.CONFIG,
    vm_images.ROLE: vm_images_input.CONFIG,
}
#: Seconds for the comparison of all layers.
SECONDS = 120.0


def probe(
    layers: Sequence[Layer],
    inputs: Mapping[str, Any],
    access: Mapping[str, Any],
    secrets: Mapping[str, Any] | None = None,
    absent: Container[str] = (),
) -> dict[str, Any]:
    """Which of ``layers`` differ from what is wanted. Changes nothing.

    :param secrets: what roles take beside their inputs, by the variable that an entry of a layer names as ``secrets``.
    :param absent: names of layers of which nothing shall be in the cluster.

    Returns {differs: [name], steps: {name: [text]}, diff, refused: [text]}. A layer that can't be compared, as before
    there is a cluster, counts as differing, with the reason as its step; its role reports the error. ``refused``: what
    must not be done to this cluster, so that the run has to end before it changes anything.
    """
    refused: list[str] = []
    steps: dict[str, list[str]] = {}
    diff: list[dict[str, str]] = []
    engine: Engine | None = None
    for layer in layers:
        role = entries.role_of(layer, LAYERS, "a layer of the cluster", ClusterLayerError)
        given = entries.input_of(layer, inputs, ClusterLayerError)
        try:
            given = filled(INPUTS[role], checked(role, INPUTS[role], given))
            if LAYERS[role].secrets:
                given[LAYERS[role].secrets] = (secrets or {}).get(layer.get("secrets") or "") or {}
            engine = engine or Engine(connect(access), Deadline(SECONDS), CONNECTIONS, check=True)
            steps[layer["name"]], changes = LAYERS[role].steps(engine, given, present=layer["name"] not in absent)
            diff += changes
        except OtherNetwork as error:
            steps[layer["name"]] = [f"refused: {error}"]
            refused.append(str(error))
        except CloudError as error:
            steps[layer["name"]] = [f"could not be read: {error}"]
    differs = [name for name, found in steps.items() if found]
    return {"differs": differs, "steps": steps, "diff": diff, "refused": refused}
