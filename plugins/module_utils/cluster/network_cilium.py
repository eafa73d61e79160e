# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""network_cilium: Cilium (github.com/cilium/cilium), which connects pods by BPF programs in the kernels of nodes.

The manifest is its chart, rendered with values that decide about objects, containers, mounts and rights; the settings
are keys of the ConfigMap `cilium-config`, which are patched here (:mod:`cilium_settings`). The definitions of its kinds
are applied with the layer, so that a set owns them, and its operator is told not to make them. Hubble, Envoy and rules
of policies for HTTP are not installed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..objects.manifests import Definition
from ..objects.patches import ABSENT, Patch, Step, patched
from ..objects.stages import CRD
from . import api_address, cilium_services, cilium_settings
from .cilium_settings import NAMESPACE, ROLE
from .release import Release
from .upstream import ClusterLayerError, definitions

VERSION = "v1.20.2"
#: Name of its manifest in the bundle, of the definitions that agents wait for (pkg/k8s/synced/crd.go), and of the
#: definition of policies of the cluster.
MANIFEST = "cilium"
KINDS = (
    *("bgpadvertisements", "bgpclusterconfigs", "bgpnodeconfigoverrides", "bgpnodeconfigs", "bgppeerconfigs"),
    *("cidrgroups", "clusterwidenetworkpolicies", "endpoints", "identities", "l2announcementpolicies"),
    *("loadbalancerippools", "networkpolicies", "nodeconfigs", "nodes", "podippools"),
)
DEFINITIONS = tuple(f"cilium-{kind}" for kind in KINDS)
POLICIES = ("cluster-network-policies",)
IMAGES = (f"quay.io/cilium/cilium:{VERSION}", f"quay.io/cilium/operator-generic:{VERSION}")
RELEASE = Release("Cilium", "cilium", "cilium/cilium", 1, 1, "Cilium 1.20, operations/upgrade-warning")
#: Tunnels; sets of addresses and rules of iptables, by which nodes translate the addresses of pods.
KERNEL_MODULES = ("vxlan", "geneve", "ip_set", "xt_set", "nft_compat")
#: The kernel takes the larger of this and of an interface's own. What Cilium redirects looks spoofed to a strict check
#: (tools/sysctlfix).
SYSCTLS = {"net.ipv4.conf.all.rp_filter": "0"}
#: Its namespace of Secrets.
SECRETS = cilium_services.NAMESPACE
#: The option with passwords of routers, by the name of the peer.
PASSWORDS = "passwords"

_AGENT, _OPERATOR = ("DaemonSet", "cilium"), ("Deployment", "cilium-operator")
_POD: tuple[Step, ...] = ("spec", "template", "spec")
#: Containers that ask the API, by their object.
_CLIENTS = (
    (_AGENT, (*_POD, "containers", {"name": "cilium-agent"})),
    (_AGENT, (*_POD, "initContainers", {"name": "config"})),
    (_OPERATOR, (*_POD, "containers", {"name": "cilium-operator"})),
)
_ANNOTATION = "groundup.cloud/config"
_LEASES = {
    "apiGroups": ["coordination.k8s.io"],
    "resources": ["leases"],
    "verbs": ["create", "get", "update", "list", "delete"],
}


def render(params: Mapping[str, Any]) -> list[Definition]:
    """The definitions that the role's input means.

    :raises ClusterLayerError: values are wrong, or a definition that agents wait for is missing.
    """
    kinds = _kinds(params)
    policies = _several(params, "policy_manifests")
    services = cilium_services.of(params, params.get(PASSWORDS) or {})
    settings = cilium_settings.of(params, policies=bool(policies))
    found = definitions(ROLE, params.get("manifest") or {})
    patches = [*settings, *_started_again(found, settings), *_workloads(params), *_rights(params)]
    return [*kinds, *policies, *patched(found, patches), *services]


def check(params: Mapping[str, Any]) -> None:
    """Refuse an input, as far as that is known without its files and passwords.

    :raises ClusterLayerError: values are wrong.
    """
    cilium_services.of(params, {})
    cilium_settings.of(params, policies=True)


def _several(params: Mapping[str, Any], key: str) -> list[Definition]:
    given = params.get(key) or []
    return [one for index, item in enumerate(given) for one in definitions(ROLE, item or {}, f"{key}[{index}]")]


def _kinds(params: Mapping[str, Any]) -> list[Definition]:
    """The definitions of Cilium's kinds, none of which may be missing: agents would wait for it without an end."""
    found = _several(params, "definitions")
    missing = sorted({f"cilium{kind}.cilium.io" for kind in KINDS} - {one.name for one in found if one.kind == CRD[1]})
    if missing:
        raise ClusterLayerError(
            f"{ROLE}_config.definitions: {', '.join(missing)} of Cilium {VERSION} is not among them, and its agents "
            "would wait for it; name the file of each in pkg/k8s/apis/cilium.io/client/crds"
        )
    return found


def _started_again(found: Sequence[Definition], settings: Sequence[Patch]) -> Iterator[Patch]:
    """What starts agents and operators again when a setting changes, which they read when they start."""
    config = next((one for one in patched(found, settings) if (one.kind, one.name) == cilium_settings.CONFIG), None)
    data = config.body.get("data") if config else None
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    why = "daemons read their settings when they start, so changed ones have to start them again"
    annotations = (*_POD[:2], "metadata", "annotations")
    yield Patch(*_AGENT, (*annotations, _ANNOTATION), ABSENT, digest, why)
    yield Patch(*_OPERATOR, annotations, ABSENT, {_ANNOTATION: digest}, why)


def _workloads(params: Mapping[str, Any]) -> Iterator[Patch]:
    yield Patch(
        *_AGENT,
        ("spec", "updateStrategy", "rollingUpdate", "maxUnavailable"),
        2,
        1,
        "a change takes one node at a time, so that a bad one stops at the first",
    )
    count = int(params["operators"])
    if count < 1:
        raise ClusterLayerError(f"{ROLE}_config.operators: {count} is less than 1; give 1, or 2 from two nodes on")
    if count != 2:
        yield Patch(*_OPERATOR, ("spec", "replicas"), 2, count, "no two operators run on one node")
    if count == 1:
        yield Patch(
            *_OPERATOR,
            ("spec", "strategy", "rollingUpdate", "maxUnavailable"),
            "50%",
            "100%",
            "a single one has to go before the next can take the port of its node",
        )
    if params.get("api"):
        why = "nodes may have no route to addresses of services, and Cilium must not depend on kube-proxy"
        for owner, container in _CLIENTS:
            for name, value in api_address.variables(ROLE, params["api"]).items():
                yield Patch(*owner, (*container, "env", {"name": name}), ABSENT, {"name": name, "value": value}, why)


def _rights(params: Mapping[str, Any]) -> Iterator[Patch]:
    if not params.get("layer2"):
        yield Patch(
            "ClusterRole",
            "cilium",
            ("rules", {"apiGroups": _LEASES["apiGroups"]}),
            _LEASES,
            ABSENT,
            "only announcements on layer 2 need leases",
        )


__all__ = ["DEFINITIONS", "IMAGES", "MANIFEST", "NAMESPACE", "POLICIES", "ROLE", "SECRETS", "VERSION", "render"]
