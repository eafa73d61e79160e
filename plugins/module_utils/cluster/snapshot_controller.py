# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""snapshot_controller: the kinds of volume snapshots and their controller, of which a cluster has one.

It serves all CSI drivers (github.com/kubernetes-csi/external-snapshotter). A second one would do everything twice, so
that of somebody else is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..objects.manifests import Definition
from ..objects.patches import Patch, patched
from .upstream import ClusterLayerError, definitions

ROLE = "snapshot_controller"
VERSION = "v8.6.0"
NAMESPACE = "kube-system"
NAME = "snapshot-controller"
#: Names of its manifests in the bundle: the kinds, the controller's rights, and itself.
MANIFESTS = (
    "snapshot-crd-classes",
    "snapshot-crd-contents",
    "snapshot-crd-snapshots",
    "snapshot-controller-rbac",
    "snapshot-controller",
)
IMAGE = f"registry.k8s.io/sig-storage/snapshot-controller:{VERSION}"
_CONTAINER = ("spec", "template", "spec", "containers", {"name": NAME})


def render(params: Mapping[str, Any]) -> list[Definition]:
    """The definitions that the role's input means.

    :raises ClusterLayerError: a manifest or the number of replicas is wrong.
    """
    replicas = int(params.get("replicas") or 2)
    if replicas < 1:
        raise ClusterLayerError(f"{ROLE}_config.replicas: {replicas} make no snapshots; give at least 1")
    found = [
        one
        for number, given in enumerate(params.get("manifests") or [])
        for one in definitions(ROLE, given or {}, f"manifests[{number}]")
    ]
    image = Patch(
        "Deployment",
        NAME,
        (*_CONTAINER, "image"),
        "registry.k8s.io/sig-storage/snapshot-controller:v8.5.0",
        IMAGE,
        "upstream's manifest of a release names the image of the release before",
    )
    count = Patch("Deployment", NAME, ("spec", "replicas"), 2, replicas, "as many as the cluster has nodes for")
    return patched(found, [image, count])
