# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""network_calico: Calico (github.com/projectcalico/calico), with routes to pods by BGP or with an overlay of VXLAN.

It is installed by upstream's manifest `calico.yaml` and not by tigera-operator, which Calico recommends. An operator
makes all workloads, rights and settings while it runs, from images that it chooses itself, and adds an aggregated API
server; what it makes would be in no plan and no ApplySet of ours, and only its own status would tell whether it works.
The manifest has one DaemonSet and one Deployment of three images, and the settings are custom resources that the API
server compares like any other object.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..objects.manifests import Definition
from ..objects.patches import ABSENT, Part, Patch, Step, patched
from . import api_address, calico_resources
from .pod_ranges import Ranges, ranges
from .release import Release
from .upstream import ClusterLayerError, definitions

ROLE = "network_calico"
VERSION = "v3.32.2"
#: Older ones can stop in a migration of a virtual machine, and then no new pod of the node gets a network.
OLDEST, OLDEST_SOURCE = (3, 32, 2), "calico#13163"
#: Name of its manifest in the bundle.
MANIFEST = "calico"
RELEASE = Release(
    "Calico", "calico-node", "calico/node", 2, 0, "Calico 3.33, maintenance/kubernetes-upgrade: from the two before"
)
IMAGES = tuple(f"quay.io/calico/{name}:{VERSION}" for name in ("cni", "kube-controllers", "node"))
#: The option with passwords of peers, by their names.
PASSWORDS = "passwords"
#: The overlay, and what Felix deletes connections of removed pods by; other modules are loaded by the kernel itself.
KERNEL_MODULES = ("nf_conntrack_netlink", "vxlan")
#: The tunnel of packets of IPv6, between the nodes' addresses of IPv6 (Felix, dataplane/linux/vxlan_mgr.go).
INTERFACE_SIX = "vxlan-v6.calico"
#: The router of pods (Calico's documentation, reference/faq). Each node answers for it by proxy ARP.
ROUTER = "169.254.1.1/32"
NONE, VXLAN = "none", "vxlan"
NFTABLES = "nftables"

_CONFIG_MAP = ("ConfigMap", "calico-config")
_DAEMON_SET = ("DaemonSet", "calico-node")
_POD = ("spec", "template", "spec")
_CONTAINER: tuple[Step, ...] = (*_POD, "containers", {"name": "calico-node"})
_NUMBER: tuple[Step, ...] = (
    *("spec", "versions", {"name": "v1"}, "schema", "openAPIV3Schema", "properties", "spec"),
    *("properties", "asNumber", "format"),
)
#: The largest number that an API server takes as int32.
INT32 = 2**31 - 1
_TAG = re.compile(r":v([0-9]+)\.([0-9]+)\.([0-9]+)(?:-[^/]*)?$")


def render(params: Mapping[str, Any]) -> list[Definition]:
    """The definitions that the role's input means: upstream's objects, and the custom resources that configure them.

    :raises ClusterLayerError: a value is wrong, or the manifest is of a release with a known fault.
    """
    pods = ranges(f"{ROLE}_config.pods", params["pods"])
    if pods.six and params["bgp"].get("peers"):
        raise ClusterLayerError(
            f"{ROLE}_config.bgp.peers: have sessions of IPv4 only, by which routes to {pods.six} are not announced; "
            "remove them, or the range of IPv6"
        )
    found = definitions(ROLE, params.get("manifest") or {})
    _recent(found)
    changed = patched(
        found, [*_numbers(params), *_config(params), *_environment(params), *_probes(params), *_six(pods)]
    )
    resources = calico_resources.of(ROLE, params, pods, params.get(PASSWORDS) or {})
    return [*changed, *_endpoint(params.get("api")), *resources]


def _recent(found: Sequence[Definition]) -> None:
    """Refuse the manifest of a release that is older than the first without a known fault."""
    for one in found:
        if (one.kind, one.name) != _DAEMON_SET:
            continue
        for container in one.body["spec"]["template"]["spec"]["containers"]:
            tag = _TAG.search(str(container.get("image")))
            if tag is None or tuple(map(int, tag.groups())) < OLDEST:
                oldest = ".".join(map(str, OLDEST))
                raise ClusterLayerError(
                    f"{ROLE}_config.manifest: it names the image {container.get('image')}, and Calico before {oldest} "
                    f"can stop for good in a migration of a virtual machine ({OLDEST_SOURCE}); take the manifest of "
                    f"{oldest} or newer"
                )


def _numbers(params: Mapping[str, Any]) -> list[Patch]:
    """What lets the API server take AS numbers of 32 bits without a sign (RFC 6793), where there are any."""
    bgp = params["bgp"]
    if max([int(bgp["as_number"]), *(int(peer["as_number"]) for peer in bgp["peers"])]) <= INT32:
        return []
    return [
        Patch(
            "CustomResourceDefinition",
            f"{plural}.crd.projectcalico.org",
            _NUMBER,
            "int32",
            ABSENT,
            "Calico takes AS numbers above 2147483647, such as the private ones from 4200000000 (RFC 6996), and its "
            "definitions do not (calico#13494)",
        )
        for plural in ("bgpconfigurations", "bgppeers")
    ]


def _config(params: Mapping[str, Any]) -> list[Patch]:
    """What containers and the CNI plugin read of the ConfigMap, and what starts them again when it changes."""
    backend = VXLAN if params["encapsulation"] == VXLAN else "bird"
    settings: dict[str, Any] = {
        "api": params.get("api"),
        "backend": backend,
        "mtu": int(params["mtu"]),
        "mode": params["proxy_mode"],
    }
    patches = [
        Patch(*_CONFIG_MAP, ("data", "veth_mtu"), "0", str(settings["mtu"]), "the MTU that the networks below leave"),
        Patch(
            *_DAEMON_SET,
            ("spec", "template", "metadata", "annotations"),
            ABSENT,
            {"groundup.cloud/config": hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()},
            "daemons read their configuration when they start, so a changed one has to start them again",
        ),
    ]
    if backend == VXLAN:
        patches.append(
            Patch(*_CONFIG_MAP, ("data", "calico_backend"), "bird", VXLAN, "routes of an overlay need no BGP daemon")
        )
    if params["proxy_mode"] == NFTABLES:
        patches.append(
            Patch(
                *_CONFIG_MAP,
                ("data", "cni_network_config"),
                Part('"capabilities": {"portMappings": true}'),
                Part('"backend": "nftables", "capabilities": {"portMappings": true}'),
                "host ports by nftables, since nodes have no iptables",
            )
        )
    return patches


def _environment(params: Mapping[str, Any]) -> list[Patch]:
    """Settings that Calico has as variables of its container on each node."""
    mode = "Enabled" if params["proxy_mode"] == NFTABLES else "Disabled"
    added = {
        "NO_DEFAULT_POOLS": ("true", "the pools of addresses are objects of this role"),
        "IP_AUTODETECTION_METHOD": (
            "kubernetes-internal-ip",
            "the address by which the node is a member of the cluster, not that of the first interface",
        ),
        "FELIX_NFTABLESMODE": (mode, "the same kernel interface as kube-proxy, whose rules it has to work with"),
    }
    unused = {"name": "CALICO_IPV4POOL_IPIP", "value": "Always"}
    return [
        Patch(
            *_DAEMON_SET,
            (*_CONTAINER, "env", {"name": unused["name"]}),
            unused,
            ABSENT,
            "there is no IP-in-IP, and the pools of addresses are objects of this role",
        ),
        *(
            Patch(*_DAEMON_SET, (*_CONTAINER, "env", {"name": name}), ABSENT, {"name": name, "value": value}, why)
            for name, (value, why) in added.items()
        ),
    ]


def _six(pods: Ranges) -> list[Patch]:
    """What gives pods addresses of IPv6 beside those of IPv4 (Calico's documentation, networking/ipam/ipv6)."""
    if pods.six is None:
        return []
    own = "the node's address of IPv6 by which it is a member of the cluster"
    added = {"IP6": ("autodetect", own), "IP6_AUTODETECTION_METHOD": ("kubernetes-internal-ip", own)}
    variables = (*_CONTAINER, "env")
    return [
        Patch(
            *_CONFIG_MAP,
            ("data", "cni_network_config"),
            Part('"type": "calico-ipam"'),
            Part('"type": "calico-ipam", "assign_ipv4": "true", "assign_ipv6": "true"'),
            "pods have addresses of both IP versions",
        ),
        Patch(
            *_DAEMON_SET,
            (*variables, {"name": "FELIX_IPV6SUPPORT"}, "value"),
            "false",
            "true",
            "rules and routes of both IP versions",
        ),
        *(
            Patch(*_DAEMON_SET, (*variables, {"name": name}), ABSENT, {"name": name, "value": value}, why)
            for name, (value, why) in added.items()
        ),
    ]


def _probes(params: Mapping[str, Any]) -> list[Patch]:
    """Probes of the BGP daemon BIRD would fail where it does not run."""
    if params["encapsulation"] != VXLAN:
        return []
    return [
        Patch(
            *_DAEMON_SET,
            (*_CONTAINER, f"{probe}Probe", "exec", "command"),
            ["/bin/calico-node", f"-felix-{word}", f"-bird-{word}"],
            ["/bin/calico-node", f"-felix-{word}"],
            "with an overlay there is no BGP daemon",
        )
        for probe, word in (("liveness", "live"), ("readiness", "ready"))
    ]


def _endpoint(api: str | None) -> list[Definition]:
    """The ConfigMap from which Calico's containers in the network of their node take the address of the API.

    Nodes may have no route to addresses of services, and Calico must not depend on kube-proxy.
    """
    if not api:
        return []
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "kubernetes-services-endpoint", "namespace": calico_resources.NAMESPACE},
        "data": api_address.variables(ROLE, api),
    }
    return [Definition(body, f"{ROLE}_config.api")]
