# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of Calico's manifest with what the patches expect of upstream's, and inputs of the role."""

from __future__ import annotations

from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.cluster.network_calico import PASSWORDS
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked, filled
from ansible_collections.groundup.cloud.plugins.module_utils.specs.network_calico import CONFIG

PORTS = '{"type": "portmap", "snat": true, "capabilities": {"portMappings": true}}'
IPAM = '"ipam": {"type": "calico-ipam"}'
NETWORK = (
    '{"name": "k8s-pod-network", "plugins": [{"type": "calico", "mtu": __CNI_MTU__, ' + IPAM + "}, " + PORTS + "]}"
)


def manifest(version: str = "v3.32.2") -> list[dict[str, Any]]:
    """A CRD, the ConfigMap and the daemon."""
    data = {"calico_backend": "bird", "veth_mtu": "0", "cni_network_config": NETWORK}
    environment = [
        {"name": "DATASTORE_TYPE", "value": "kubernetes"},
        {"name": "IP", "value": "autodetect"},
        {"name": "FELIX_IPV6SUPPORT", "value": "false"},
        {"name": "CALICO_IPV4POOL_IPIP", "value": "Always"},
    ]
    container = {
        "name": "calico-node",
        "image": f"quay.io/calico/node:{version}",
        "env": environment,
        "livenessProbe": {"exec": {"command": ["/bin/calico-node", "-felix-live", "-bird-live"]}},
        "readinessProbe": {"exec": {"command": ["/bin/calico-node", "-felix-ready", "-bird-ready"]}},
    }
    labels = {"labels": {"k8s-app": "calico-node"}}
    spec = {"selector": {}, "template": {"metadata": labels, "spec": {"containers": [container]}}}
    return [
        crd("ippools"),
        crd("bgpconfigurations"),
        crd("bgppeers"),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": space("calico-config"), "data": data},
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": space("calico-node"), "spec": spec},
    ]


def crd(plural: str) -> dict[str, Any]:
    """A CRD with the field that is patched."""
    number = {"asNumber": {"format": "int32", "type": "integer"}}
    schema = {"openAPIV3Schema": {"properties": {"spec": {"properties": number}}}}
    metadata = {"name": f"{plural}.crd.projectcalico.org"}
    spec = {"versions": [{"name": "v1", "schema": schema}]}
    kind = "CustomResourceDefinition"
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": kind, "metadata": metadata, "spec": spec}


def space(name: str) -> dict[str, Any]:
    """The metadata of an object in Calico's namespace."""
    return {"name": name, "namespace": "kube-system"}


def given(**changes: Any) -> dict[str, Any]:
    """An input as the module gives it: with all defaults, and the passwords beside it."""
    params = {"manifest": {"path": "/calico.yaml", "sha256": "0"}, "pods": "10.64.0.0/14", "mtu": 1500, **changes}
    beside = {PASSWORDS: params.pop(PASSWORDS, {})}
    return {**filled(CONFIG, checked("network_calico", CONFIG, params)), **beside}


def peer(**changes: Any) -> dict[str, Any]:
    """A router of another AS."""
    return {"name": "tor1", "address": "10.30.0.1", "as_number": 64601, **changes}
