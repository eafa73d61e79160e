# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of Cilium: keys of its ConfigMap `cilium-config`, as patches of those that its chart has.

Sources: the chart's templates/cilium-configmap.yaml and values.yaml, and pkg/mtu/mtu.go, of Cilium 1.20.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..kube.ranges import NODE_PREFIX
from ..objects.patches import ABSENT, Patch
from .cilium_limits import LONGEST, SHORTEST, TUNNEL_BYTES, WIREGUARD_BYTES
from .pod_ranges import Ranges, ranges
from .upstream import ClusterLayerError

ROLE = "network_cilium"
NAMESPACE = "kube-system"
CONFIG = ("ConfigMap", "cilium-config")
NONE, CLUSTER_POOL, WIREGUARD = "none", "cluster_pool", "wireguard"
#: Requests each second that an agent may make, and at once. Each address on layer 2 takes a lease, renewed in 5 s.
QPS, BURST = "50", "100"


def of(params: Mapping[str, Any], *, policies: bool) -> list[Patch]:
    """The patches of settings.

    :param policies: ClusterNetworkPolicy is defined.
    :raises ClusterLayerError: values are wrong or contradict each other.
    """
    pods = ranges(f"{ROLE}_config.pods", params["pods"])
    return [
        *_paths(params, pods),
        *_addresses(params, pods),
        *_services(params),
        *_beside(params),
        *_announcements(params),
        *([] if policies else [_set("enable-k8s-cluster-network-policy", "true", "false", "its kind is not defined")]),
    ]


def _set(key: str, before: Any, after: Any, reason: str) -> Patch:
    return Patch(*CONFIG, ("data", key), before, after, reason)


def device_mtu(params: Mapping[str, Any]) -> int:
    """The MTU of devices that leaves pods theirs: Cilium takes from it what it needs itself."""
    tunnel = 0 if params["encapsulation"] == NONE else TUNNEL_BYTES
    return int(params["mtu"]) + tunnel + (WIREGUARD_BYTES if params["encryption"] == WIREGUARD else 0)


def _paths(params: Mapping[str, Any], pods: Ranges) -> Iterator[Patch]:
    """How packets get from node to node."""
    yield _set("mtu", ABSENT, str(device_mtu(params)), "the MTU of the whole path, not what one interface would allow")
    if params["encapsulation"] == NONE:
        yield _set("routing-mode", "tunnel", "native", "the nodes' network routes packets of pods as they are")
        yield _set("auto-direct-node-routes", "false", "true", "nodes are in one network, and set routes to each other")
        yield _set("ipv4-native-routing-cidr", ABSENT, str(pods.four), "addresses of pods stay as they are among nodes")
        if pods.six:
            yield _set("ipv6-native-routing-cidr", ABSENT, str(pods.six), "the same of IPv6")
    elif params["encapsulation"] != "vxlan":
        yield _set("tunnel-protocol", "vxlan", params["encapsulation"], "the tunnel that the MTU is computed for")
    if params["encryption"] == WIREGUARD:
        yield _set("enable-wireguard", ABSENT, "true", "traffic between pods of different nodes is encrypted")
    if params.get("devices"):
        names = " ".join(map(str, params["devices"]))
        yield _set("devices", "", names, "the interfaces that Cilium's programs are attached to")


def _addresses(params: Mapping[str, Any], pods: Ranges) -> Iterator[Patch]:
    """Who gives pods their addresses."""
    if pods.six:
        yield _set("enable-ipv6", "false", "true", "pods have addresses of both IP versions")
    if params["ipam"] == CLUSTER_POOL:
        prefix = int(params["node_prefix"])
        place = f"{ROLE}_config.node_prefix"
        if not SHORTEST <= prefix <= LONGEST:
            raise ClusterLayerError(f"{place}: {prefix} is no prefix length from {SHORTEST} to {LONGEST}; give one")
        if prefix < pods.four.prefixlen:
            raise ClusterLayerError(f"{place}: {prefix} is more than all pods have, {pods.four}; give a longer one")
        yield _set("cluster-pool-ipv4-cidr", "10.0.0.0/8", str(pods.four), "the cluster's subnet of pods")
        yield _set("cluster-pool-ipv4-mask-size", "24", str(prefix), "the part of it that each node gets")
        if pods.six:
            yield _set("cluster-pool-ipv6-cidr", ABSENT, str(pods.six), "the cluster's subnet of pods of IPv6")
            yield _set(
                "cluster-pool-ipv6-mask-size", ABSENT, str(NODE_PREFIX[6]), "as the controller manager divides it"
            )
        return
    yield _set("ipam", "cluster-pool", "kubernetes", "nodes have subnets of pods from the controller manager")
    for key, value in (("cluster-pool-ipv4-cidr", "10.0.0.0/8"), ("cluster-pool-ipv4-mask-size", "24")):
        yield _set(key, value, ABSENT, "the operator gives no addresses")
    yield _set("k8s-require-ipv4-pod-cidr", "false", "true", "an agent waits for its node's subnet")
    if pods.six:
        yield _set("k8s-require-ipv6-pod-cidr", "false", "true", "an agent waits for its node's subnet of IPv6")


def _services(params: Mapping[str, Any]) -> Iterator[Patch]:
    """Who brings packets for services to their pods."""
    if not params["kube_proxy"]:
        if not params.get("api"):
            raise ClusterLayerError(
                f"{ROLE}_config.api: is needed without kube-proxy, since nobody else brings packets to the API; give "
                "address and port of the API, such as 10.30.0.10:8443"
            )
        yield _set("kube-proxy-replacement", "false", "true", "there is no kube-proxy")
    if params["virtual_machines"]:
        yield _set(
            "bpf-lb-sock-hostns-only",
            ABSENT,
            "true",
            "a virtual machine's connections are made by its own kernel, not by sockets of its pod (cilium#14563)",
        )
        yield _set(
            "enable-host-legacy-routing",
            ABSENT,
            "true",
            "packets of virtual machines with masquerade are lost where BPF programs route (cilium#32026)",
        )
    yield _set("datapath-mode", "veth", "veth", "virtual machines get no MAC address with netkit (kubevirt#13782)")


def _beside(params: Mapping[str, Any]) -> Iterator[Patch]:
    """What is beside Cilium on a node."""
    if not params["exclusive"]:
        yield _set("cni-exclusive", "true", "false", "Multus' configuration would be renamed away (multus-cni#972)")
    if params.get("timings") == "slow":
        why = "probes of all nodes among each other take CPU that such machines do not have"
        yield _set("enable-health-checking", "true", "false", why)
        yield _set("enable-endpoint-health-checking", "true", "false", why)


def _announcements(params: Mapping[str, Any]) -> Iterator[Patch]:
    """What is announced of services; the chart has both ways on, because rights depend on that."""
    layer2, bgp = bool(params.get("layer2")), bool(params.get("peers"))
    if layer2 and params["kube_proxy"]:
        raise ClusterLayerError(
            f"{ROLE}_config.layer2: needs Cilium in the place of kube-proxy; write "
            "kube_proxy: false, or announce to peers by BGP"
        )
    if layer2:
        yield _set("k8s-client-qps", ABSENT, QPS, "each address on layer 2 has a lease, which its node renews")
        yield _set("k8s-client-burst", ABSENT, BURST, "each address on layer 2 has a lease, which its node renews")
    else:
        yield _set("enable-l2-announcements", "true", ABSENT, "nothing is announced on layer 2")
    if not bgp:
        yield _set("enable-bgp-control-plane", "true", "false", "nothing is announced by BGP")
    if not params.get("pools"):
        yield _set("enable-lb-ipam", "true", "false", "there are no addresses for services of type LoadBalancer")
