# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""load_balancer: addresses for services of type LoadBalancer by MetalLB (metallb.io), with FRR where a router has BFD.

Its controller gives a service an address of a pool. Its speaker on each node announces the address: on layer 2 one node
answers ARP for it, by BGP each node tells a router. MetalLB's own implementation of BGP refuses BFD (upstream's
`internal/config/validation.go`); with its other manifest, FRR runs beside each speaker and has the sessions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..objects.manifests import Definition
from ..objects.patches import Patch, patched
from . import api_address, load_balancer_objects
from .load_balancer_input import items
from .load_balancer_objects import NAMESPACE, ROLE
from .upstream import ClusterLayerError, definitions

VERSION = "v0.16.1"
#: Name of its manifest in the bundle.
MANIFEST = "metallb"
#: The same with FRR.
FRR_MANIFEST = "metallb-frr"
FRR_IMAGE = "quay.io/frrouting/frr:10.5.3"
IMAGES = (f"quay.io/metallb/controller:{VERSION}", f"quay.io/metallb/speaker:{VERSION}")
#: The option with passwords of routers, by the name of the peer.
PASSWORDS = "passwords"

_ARGUMENTS = ["--port=9120", "--log-level=info"]
_SPEAKER = ("spec", "template", "spec", "containers", {"name": "speaker"})
_METRICS = ("spec", "template", "spec", "containers", {"name": "frr-metrics"})
_CONTROLLER = ("spec", "template", "spec", "containers", {"name": "controller"})
_TAINTS = ("master", "control-plane")
_PATCHES = (
    Patch(
        "DaemonSet",
        "speaker",
        ("spec", "template", "spec", "tolerations"),
        [{"key": f"node-role.kubernetes.io/{name}", "effect": "NoSchedule", "operator": "Exists"} for name in _TAINTS],
        [{"operator": "Exists"}],
        "a node with a taint of its own announces addresses as well",
    ),
)
_CONTROL_PLANES = Patch(
    "DaemonSet",
    "speaker",
    (*_SPEAKER, "args"),
    _ARGUMENTS,
    [*_ARGUMENTS, "--ignore-exclude-lb"],
    "kubeadm labels control planes such that no load balancer takes them, and here they are to announce addresses",
)
_NO_WEBHOOKS = Patch(
    "Deployment",
    "controller",
    (*_CONTROLLER, "args"),
    _ARGUMENTS,
    [*_ARGUMENTS, "--webhook-mode=disabled"],
    "the API server does not reach pods, so it would refuse every pool",
)


def needs_frr(params: Mapping[str, Any]) -> bool:
    """Whether a session has BFD."""
    return any(peer.get("bfd") for peer in items(params, "peers"))


def render(params: Mapping[str, Any]) -> list[Definition]:
    """The definitions that the role's input means.

    :raises ClusterLayerError: a value is wrong, with the remedy.
    """
    own = load_balancer_objects.definitions(params, params.get(PASSWORDS) or {})
    upstream = definitions(ROLE, params.get("manifest") or {})
    frr = any(has_frr(one.body) for one in upstream if (one.kind, one.name) == ("DaemonSet", "speaker"))
    if needs_frr(params) and not frr:
        raise ClusterLayerError(
            f"{ROLE}_config.manifest: it is MetalLB without FRR, which has no BFD; give that with FRR"
        )
    patches = [*_PATCHES, *api_address.patches(ROLE, params.get("api"), "speaker", _SPEAKER)]
    if frr:
        patches += api_address.patches(ROLE, params.get("api"), "speaker", _METRICS)
    if params.get("control_planes"):
        patches.append(_CONTROL_PLANES)
    if not params.get("webhooks", True):
        patches.append(_NO_WEBHOOKS)
        upstream = [one for one in upstream if one.kind != "ValidatingWebhookConfiguration"]
    return [*patched(upstream, patches), *own]


def has_frr(speaker: Mapping[str, Any]) -> bool:
    """Whether FRR runs beside the speakers of a DaemonSet."""
    return any(container["name"] == "frr" for container in speaker["spec"]["template"]["spec"]["containers"])


__all__ = [
    "FRR_IMAGE",
    "FRR_MANIFEST",
    "IMAGES",
    "MANIFEST",
    "NAMESPACE",
    "PASSWORDS",
    "ROLE",
    "VERSION",
    "has_frr",
    "needs_frr",
    "render",
]
