# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of what helm makes of Cilium's chart, with what the patches expect of it, and inputs of the role."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.network_cilium import KINDS
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked, filled
from ansible_collections.groundup.cloud.plugins.module_utils.specs.network_cilium import CONFIG

DATA = {
    "routing-mode": "tunnel",
    "tunnel-protocol": "vxlan",
    "auto-direct-node-routes": "false",
    "devices": "",
    "ipam": "cluster-pool",
    "cluster-pool-ipv4-cidr": "10.0.0.0/8",
    "cluster-pool-ipv4-mask-size": "24",
    "k8s-require-ipv4-pod-cidr": "false",
    "enable-ipv6": "false",
    "k8s-require-ipv6-pod-cidr": "false",
    "kube-proxy-replacement": "false",
    "datapath-mode": "veth",
    "cni-exclusive": "true",
    "enable-health-checking": "true",
    "enable-endpoint-health-checking": "true",
    "enable-l2-announcements": "true",
    "enable-bgp-control-plane": "true",
    "enable-lb-ipam": "true",
    "enable-k8s-cluster-network-policy": "true",
}
LEASES = {
    "apiGroups": ["coordination.k8s.io"],
    "resources": ["leases"],
    "verbs": ["create", "get", "update", "list", "delete"],
}


def manifest() -> list[dict[str, Any]]:
    """Namespace, settings, rights, agent and operator."""
    health = {"path": "/healthz", "port": 9879}
    agent = {
        "name": "cilium-agent",
        "image": "quay.io/cilium/cilium:v1.20.2",
        "env": [{"name": "CILIUM_CLUSTERMESH_CONFIG", "value": "/var/lib/cilium/clustermesh/"}],
        "startupProbe": {"httpGet": health, "periodSeconds": 2, "failureThreshold": 300},
        "livenessProbe": {"httpGet": health, "periodSeconds": 30, "failureThreshold": 10, "timeoutSeconds": 5},
    }
    config = {"name": "config", "image": "quay.io/cilium/cilium:v1.20.2", "env": []}
    operator = {"name": "cilium-operator", "image": "quay.io/cilium/operator-generic:v1.20.2", "env": []}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "cilium-secrets"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": space("cilium-config"), "data": dict(DATA)},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "cilium"},
            "rules": [{"apiGroups": ["cilium.io"], "resources": ["ciliumnodes"], "verbs": ["list"]}, dict(LEASES)],
        },
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": space("cilium"),
            "spec": {
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}},
                "template": {
                    "metadata": {"annotations": {"kubectl.kubernetes.io/default-container": "cilium-agent"}},
                    "spec": {"containers": [agent], "initContainers": [config]},
                },
            },
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": space("cilium-operator"),
            "spec": {
                "replicas": 2,
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "50%"}},
                "template": {"metadata": {"annotations": None}, "spec": {"containers": [operator]}},
            },
        },
    ]


def kinds() -> list[dict[str, Any]]:
    """The definitions of Cilium's kinds."""
    api, kind = "apiextensions.k8s.io/v1", "CustomResourceDefinition"
    return [{"apiVersion": api, "kind": kind, "metadata": {"name": f"cilium{one}.cilium.io"}} for one in KINDS]


def space(name: str) -> dict[str, Any]:
    """The metadata of an object in the namespace of the agent."""
    return {"name": name, "namespace": "kube-system"}


def written(file: Path, documents: list[dict[str, Any]]) -> dict[str, str]:
    """Documents in a file, as roles take it."""
    file.write_text(yaml.safe_dump_all(documents))
    return {"path": str(file), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def given(place: Path, documents: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """An input as the module gives it: with all defaults."""
    params = {
        "manifest": written(place / "cilium.yaml", documents or manifest()),
        "definitions": [written(place / "kinds.yaml", kinds())],
        "pods": "10.64.0.0/14",
        **changes,
    }
    found: dict[str, Any] = filled(CONFIG, checked("network_cilium", CONFIG, params))
    return found
