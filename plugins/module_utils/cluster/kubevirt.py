# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubevirt: virtual machines as objects of the Kubernetes API (github.com/kubevirt/kubevirt).

Upstream's manifest brings virt-operator, which makes everything else of the KubeVirt object: kinds, webhooks, and the
daemons with which a node runs virtual machines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..objects.manifests import Definition, of_objects
from ..objects.patches import ABSENT, Patch, patched
from . import kubevirt_features, kubevirt_input, kubevirt_objects
from .kubevirt_input import NAMESPACE, ROLE, version
from .placement import tolerations
from .upstream import definitions

Params = Mapping[str, Any]
#: Version -> name of its manifest in the bundle.
MANIFESTS = {"1.9.0": "kubevirt", "1.8.4": "kubevirt-1.8"}
#: What machines with virtual machines need beside KVM: their network, and its part in the kernel.
KERNEL_MODULES = ("tun", "vhost_net")
_OPERATOR = ("Deployment", "virt-operator")
_POD = ("spec", "template", "spec")
_CONTAINER = (*_POD, "containers", {"name": "virt-operator"})
_CONTROL_PLANE = [
    {"matchExpressions": [{"key": f"node-role.kubernetes.io/{name}", "operator": "Exists"}]}
    for name in ("control-plane", "master")
]


def images(wanted: str, gates: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """The images of a version with these feature gates."""
    return kubevirt_features.images(wanted, gates)


def render(params: Params) -> list[Definition]:
    """The definitions that the role's input means.

    :raises ClusterLayerError: a value is wrong, with the remedy.
    """
    kubevirt_input.check(params)
    return [*upstream(params), *of_objects(kubevirt_objects.render(params), f"{ROLE}_config")]


def upstream(params: Params) -> list[Definition]:
    """The operator, as patched."""
    return patched(definitions(ROLE, params.get("manifest") or {}), _patches(params))


def _patches(params: Params) -> Iterator[Patch]:
    image = f"{kubevirt_features.REGISTRY}/virt-operator:v{version(params)}"
    reason = "the manifest is that of the chosen version, from whose images virt-operator takes the names of all others"
    yield Patch(*_OPERATOR, (*_CONTAINER, "image"), image, image, reason)
    variables = {"VIRT_OPERATOR_IMAGE": image, "KUBEVIRT_VERSION": f"v{version(params)}"}
    for name, value in variables.items():
        yield Patch(*_OPERATOR, (*_CONTAINER, "env", {"name": name}, "value"), value, value, reason)
    replicas = min(2, int(params.get("replicas") or 2))
    reason = "as many as the cluster has nodes for"
    yield Patch(*_OPERATOR, ("spec", "replicas"), 2, replicas, reason)
    reason = "virtual machines and their devices are above what other pods may have"
    yield Patch(
        "Namespace",
        NAMESPACE,
        ("metadata", "labels", "pod-security.kubernetes.io/enforce"),
        "privileged",
        "privileged",
        reason,
    )
    if not params.get("on_control_planes", True):
        path = (*_POD, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
        reason = "the control plane is no node of the cluster"
        yield Patch(*_OPERATOR, path, {"nodeSelectorTerms": _CONTROL_PLANE}, ABSENT, reason)
        upstreams = [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            *(
                {"key": f"node-role.kubernetes.io/{name}", "operator": "Exists", "effect": "NoSchedule"}
                for name in ("control-plane", "master")
            ),
        ]
        if more := tolerations(params):
            reason = "it runs beside virtual machines"
            yield Patch(*_OPERATOR, (*_POD, "tolerations"), upstreams, [*upstreams, *more], reason)
