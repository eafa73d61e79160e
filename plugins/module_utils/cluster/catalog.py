# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles of layers of the cluster by name, and how they are compared with a cluster.

A new role adds one line to LAYERS and one to INPUTS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import CloudError
from ..objects.access import CONNECTIONS, connect
from ..objects.engine import Engine
from ..specs import entries
from ..specs import network_flannel as network_flannel_input
from ..specs import network_policies as network_policies_input
from ..specs.check import checked
from ..specs.entries import Layer
from ..waiting.deadline import Deadline
from . import network_flannel, network_policies
from .layer import ClusterLayer
from .upstream import ClusterLayerError

LAYERS: dict[str, ClusterLayer] = {
    layer.role: layer
    for layer in (
        ClusterLayer(network_flannel.ROLE, network_flannel.render, namespaces=(network_flannel.NAMESPACE,)),
        ClusterLayer(network_policies.ROLE, network_policies.render),
    )
}
#: Role -> the option that its input is.
INPUTS: dict[str, Mapping[str, Any]] = {
    network_flannel.ROLE: network_flannel_input.CONFIG,
    network_policies.ROLE: network_policies_input.CONFIG,
}
#: Seconds for the comparison of all layers.
SECONDS = 120.0


def probe(layers: Sequence[Layer], inputs: Mapping[str, Any], access: Mapping[str, Any]) -> dict[str, Any]:
    """Which of ``layers`` differ from what is wanted. Changes nothing.

    Returns {differs: [name], steps: {name: [text]}, diff}. A layer that can't be compared, as before there is a
    cluster, counts as differing, with the reason as its step; its role reports the error.
    """
    steps: dict[str, list[str]] = {}
    diff: list[dict[str, str]] = []
    engine: Engine | None = None
    for layer in layers:
        role = entries.role_of(layer, LAYERS, "a layer of the cluster", ClusterLayerError)
        given = entries.input_of(layer, inputs, ClusterLayerError)
        try:
            given = checked(role, INPUTS[role], given)
            engine = engine or Engine(connect(access), Deadline(SECONDS), CONNECTIONS, check=True)
            steps[layer["name"]], changes = LAYERS[role].steps(engine, given)
            diff += changes
        except CloudError as error:
            steps[layer["name"]] = [f"could not be read: {error}"]
    return {"differs": [name for name, found in steps.items() if found], "steps": steps, "diff": diff}
