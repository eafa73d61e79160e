# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""network_policies: kube-network-policies of SIG Network on every node (sigs.k8s.io/kube-network-policies).

Its agent puts the first packet of each connection into a queue of nftables and judges it by the NetworkPolicies of the
cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..objects.manifests import Definition
from ..objects.patches import ABSENT, Patch, patched
from . import api_address
from .upstream import definitions

ROLE = "network_policies"
VERSION = "v0.8.0"
#: Name of its manifest in the bundle.
MANIFEST = "kube-network-policies"
IMAGE = f"registry.k8s.io/networking/kube-network-policies:{VERSION}"
#: The statement `queue` of nftables, and the queue that the agent reads.
KERNEL_MODULES = ("nft_queue", "nfnetlink_queue")
_CONTAINER = ("spec", "template", "spec", "containers", {"name": "kube-network-policies"})
PATCHES = (
    Patch(
        "DaemonSet",
        "kube-network-policies",
        (*_CONTAINER, "image"),
        "registry.k8s.io/networking/kube-network-policies:v0.7.0",
        IMAGE,
        "the manifest in the release v0.8.0 names the image of the release before",
    ),
    Patch(
        "DaemonSet",
        "kube-network-policies",
        ("spec", "template", "spec", "priorityClassName"),
        ABSENT,
        "system-node-critical",
        "a node without the agent enforces no policy, so other pods must not displace it",
    ),
)


def render(params: Mapping[str, Any]) -> list[Definition]:
    """The definitions that the role's input means."""
    patches = [*PATCHES, *api_address.patches(ROLE, params.get("api"), "kube-network-policies", _CONTAINER)]
    return patched(definitions(ROLE, params.get("manifest") or {}), patches)
