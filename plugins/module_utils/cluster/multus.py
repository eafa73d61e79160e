# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""multus: further interfaces of pods by Multus (github.com/k8snetworkplumbingwg/multus-cni), as its thick plugin.

Its daemon on each node writes a CNI configuration whose name comes first. What containerd then calls leaves a pod's
first interface to the network of the cluster, whose own configuration stays where it is, and adds those that the pod's
annotation names. The dynamic networks controller does the same for pods that run already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ..objects.manifests import Definition
from ..objects.patches import ABSENT, Part, Patch, patched
from . import api_address, multus_objects
from .multus_objects import ROLE
from .upstream import definitions

VERSION = "v4.3.0"
#: Names of the manifests in the bundle.
MANIFEST, DYNAMIC_MANIFEST = "multus", "multus-dynamic-networks"
IMAGE = f"ghcr.io/k8snetworkplumbingwg/multus-cni:{VERSION}-thick"
DYNAMIC_IMAGE = "ghcr.io/k8snetworkplumbingwg/multus-dynamic-networks-controller:v0.3.7"
#: The option with the manifest of the controller.
DYNAMIC = "dynamic_networks"
#: Of attachments by the CNI plugin macvlan; bridges are there before.
KERNEL_MODULES = ("macvlan",)

_SNAPSHOT = "ghcr.io/k8snetworkplumbingwg/multus-cni:snapshot-thick"
_DAEMON_SET, _CONTROLLER = "kube-multus-ds", "dynamic-networks-controller-ds"
_POD = ("spec", "template", "spec")
_DAEMON = (*_POD, "containers", {"name": "kube-multus"})
_CONTROL = (*_POD, "containers", {"name": "dynamic-networks-controller"})
_NOT_DISPLACED = "a node without it starts no pod, so other pods must not displace it"
_RELEASED = "the manifest of a release names an image that changes"
_BEFORE = '"logToStderr": true,'
#: Those of kube-system alone are for pods of every namespace; without that, those of `default` would be.
_ISOLATED = f"""{_BEFORE}
    "namespaceIsolation": true,
    "globalNamespaces": "kube-system","""
_PATCHES = (
    Patch("DaemonSet", _DAEMON_SET, (*_DAEMON, "image"), _SNAPSHOT, IMAGE, _RELEASED),
    Patch(
        "DaemonSet",
        _DAEMON_SET,
        (*_POD, "initContainers", {"name": "install-multus-binary"}, "image"),
        _SNAPSHOT,
        IMAGE,
        _RELEASED,
    ),
    Patch(
        "DaemonSet",
        _DAEMON_SET,
        (*_DAEMON, "resources"),
        {"requests": {"cpu": "100m", "memory": "50Mi"}, "limits": {"cpu": "100m", "memory": "50Mi"}},
        {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}},
        "after a reboot all pods of a node start at once, for which 50Mi are too little (multus-cni#1346)",
    ),
    Patch("DaemonSet", _DAEMON_SET, (*_POD, "priorityClassName"), ABSENT, "system-node-critical", _NOT_DISPLACED),
    Patch(
        "ConfigMap",
        "multus-daemon-config",
        ("data", "daemon-config.json"),
        Part(_BEFORE),
        Part(_ISOLATED),
        "an attachment is offered to pods of its namespace, and to no others",
    ),
    Patch(
        "DaemonSet",
        _DAEMON_SET,
        (*_POD[:2], "metadata", "annotations"),
        ABSENT,
        {"groundup.cloud/config": hashlib.sha256(_ISOLATED.encode()).hexdigest()},
        "daemons read their configuration when they start, so a changed one has to start them again",
    ),
)
_DYNAMIC_PATCHES = (
    Patch(
        "DaemonSet",
        _CONTROLLER,
        (*_CONTROL, "image"),
        "ghcr.io/k8snetworkplumbingwg/multus-dynamic-networks-controller:latest-amd64",
        DYNAMIC_IMAGE,
        _RELEASED,
    ),
)


def render(params: Mapping[str, Any]) -> list[Definition]:
    """The definitions that the role's input means.

    :raises ClusterLayerError: a value is wrong, with the remedy.
    """
    own = multus_objects.definitions(params)
    upstream = definitions(ROLE, params.get("manifest") or {})
    patches = [*_PATCHES, *api_address.patches(ROLE, params.get("api"), _DAEMON_SET, _DAEMON)]
    if params.get(DYNAMIC):
        upstream += definitions(ROLE, params[DYNAMIC], DYNAMIC)
        patches += _DYNAMIC_PATCHES
    return [*patched(upstream, patches), *own]


__all__ = ["DYNAMIC", "DYNAMIC_IMAGE", "DYNAMIC_MANIFEST", "IMAGE", "KERNEL_MODULES", "MANIFEST", "ROLE", "render"]
