# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""network_flannel: flannel's overlay of VXLAN between nodes (github.com/flannel-io/flannel).

Its daemon on each node connects a bridge of the node's pods with those of all other nodes. Addresses of pods are those
that Kubernetes gives to nodes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..objects.manifests import Definition
from ..objects.patches import ABSENT, Patch, patched
from . import api_address
from .pod_ranges import Ranges, ranges
from .upstream import definitions

ROLE = "network_flannel"
VERSION = "v0.28.10"
NAMESPACE = "kube-flannel"
#: Name of its manifest in the bundle.
MANIFEST = "flannel"
IMAGES = (f"ghcr.io/flannel-io/flannel:{VERSION}", "ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel3")
#: The overlay, and what the daemon looks for before it starts.
KERNEL_MODULES = ("vxlan", "br_netfilter")
#: The interface of the overlay (pkg/backend/vxlan/vxlan.go: flannel.VNI, of which the default is 1).
INTERFACE = "flannel.1"
#: The same of IPv6, whose packets have a tunnel of their own between the nodes' addresses of IPv6.
INTERFACE_SIX = "flannel-v6.1"
#: What flannel takes from the MTU of its tunnel for pods (pkg/backend/vxlan/vxlan_network.go: encapOverhead).
OVERHEAD = 50

_CONFIG_MAP = ("ConfigMap", "kube-flannel-cfg")
_DAEMON_SET = ("DaemonSet", "kube-flannel-ds")
_CONTAINER = ("spec", "template", "spec", "containers", {"name": "kube-flannel"})
_DELEGATE = {"type": "flannel", "delegate": {"hairpinMode": True, "isDefaultGateway": True}}
_PORTS = {"type": "portmap", "capabilities": {"portMappings": True}}


def render(params: Mapping[str, Any]) -> list[Definition]:
    """The definitions that the role's input means.

    :raises ClusterLayerError: a value is wrong.
    """
    pods = ranges(f"{ROLE}_config.pods", params["pods"])
    patches = [*_settings(pods, int(params["mtu"])), *_PATCHES]
    patches += api_address.patches(ROLE, params.get("api"), _DAEMON_SET[1], _CONTAINER)
    return patched(definitions(ROLE, params.get("manifest") or {}), patches)


def _settings(pods: Ranges, mtu: int) -> tuple[Patch, ...]:
    before = {"Network": "10.244.0.0/16", "EnableNFTables": False, "Backend": {"Type": "vxlan"}}
    six = {"EnableIPv6": True, "IPv6Network": str(pods.six)} if pods.six else {}
    backend = {"Type": "vxlan", "MTU": mtu + OVERHEAD}
    after = {"Network": str(pods.four), **six, "EnableNFTables": True, "Backend": backend}
    return (
        Patch(
            *_CONFIG_MAP,
            ("data", "net-conf.json"),
            _text(before),
            _text(after),
            "the cluster's range of pods and their MTU; nftables as for kube-proxy, since nodes have no iptables",
        ),
        Patch(
            *_DAEMON_SET,
            ("spec", "template", "metadata", "annotations"),
            ABSENT,
            {"groundup.cloud/config": hashlib.sha256(_text(after).encode()).hexdigest()},
            "daemons read their configuration when they start, so a changed one has to start them again",
        ),
    )


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"


def _plugins(*plugins: Mapping[str, Any]) -> str:
    return _text({"name": "cbr0", "cniVersion": "1.0.0", "plugins": list(plugins)})


_PATCHES = (
    Patch(
        *_CONFIG_MAP,
        ("data", "cni-conf.json"),
        _plugins(_DELEGATE, _PORTS),
        _plugins(_DELEGATE, {**_PORTS, "backend": "nftables"}),
        "host ports by nftables, since nodes have no iptables",
    ),
    Patch(
        *_DAEMON_SET,
        (*_CONTAINER, "args"),
        ["--ip-masq", "--kube-subnet-mgr", "--healthz-port=8081"],
        ["--ip-masq", "--kube-subnet-mgr", "--healthz-port=8081", "--iface=$(NODE_ADDRESS)"],
        "the tunnels lead through the network of the cluster, not through that of the default route",
    ),
    Patch(
        *_DAEMON_SET,
        (*_CONTAINER, "env", {"name": "NODE_ADDRESS"}),
        ABSENT,
        {"name": "NODE_ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}},
        "the address by which the node is a member of the cluster",
    ),
)
