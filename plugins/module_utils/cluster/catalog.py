# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles of layers of the cluster by name, and how they are compared with a cluster.

A new role adds a file to roles, one line to LAYERS and one to INPUTS. A module of a role imports the file of its role,
not this catalog, and so takes to its host only what its role needs.
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
from .kube_ovn_guard import InUse
from .layer import ClusterLayer
from .others import OtherNetwork
from .release import ReleaseRefused
from .roles import (
    cdi,
    konnectivity,
    kubevirt,
    load_balancer,
    multus,
    network_calico,
    network_cilium,
    network_custom,
    network_flannel,
    network_kube_ovn,
    network_policies,
    rook_ceph,
    snapshot_controller,
    vm_images,
)
from .upstream import ClusterLayerError

LAYERS: dict[str, ClusterLayer] = {
    module.LAYER.role: module.LAYER
    for module in (
        network_flannel,
        network_kube_ovn,
        network_policies,
        konnectivity,
        load_balancer,
        multus,
        network_calico,
        network_cilium,
        network_custom,
        snapshot_controller,
        rook_ceph,
        cdi,
        kubevirt,
        vm_images,
    )
}
#: Role -> the option that its input is.
INPUTS: dict[str, Mapping[str, Any]] = {
    network_custom.LAYER.role: network_custom_input.CONFIG,
    network_flannel.LAYER.role: network_flannel_input.CONFIG,
    network_kube_ovn.LAYER.role: network_kube_ovn_input.CONFIG,
    network_policies.LAYER.role: network_policies_input.CONFIG,
    konnectivity.LAYER.role: konnectivity_input.CONFIG,
    load_balancer.LAYER.role: load_balancer_input.CONFIG,
    network_calico.LAYER.role: network_calico_input.CONFIG,
    network_cilium.LAYER.role: network_cilium_input.CONFIG,
    multus.LAYER.role: multus_input.CONFIG,
    snapshot_controller.LAYER.role: snapshot_controller_input.CONFIG,
    rook_ceph.LAYER.role: rook_ceph_input.CONFIG,
    cdi.LAYER.role: cdi_input.CONFIG,
    kubevirt.LAYER.role: kubevirt_input.CONFIG,
    vm_images.LAYER.role: vm_images_input.CONFIG,
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
        except (OtherNetwork, InUse, ReleaseRefused) as error:
            steps[layer["name"]] = [f"refused: {error}"]
            refused.append(str(error))
        except CloudError as error:
            steps[layer["name"]] = [f"could not be read: {error}"]
    differs = [name for name, found in steps.items() if found]
    return {"differs": differs, "steps": steps, "diff": diff, "refused": refused}
