# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network provider `cilium` promises: eBPF in the kernel, with or without an overlay."""

from __future__ import annotations

from .promise import Kept, Promise, Table
from .tunnel import Encapsulation, Tunnel

_SINCE = "Cilium 1.20"
_DOCS = "Cilium's documentation 1.20"
_OVERLAY = (Encapsulation.VXLAN, Encapsulation.GENEVE)
PROMISES: Table = {
    Promise.POD_TO_POD: Kept(_SINCE, f"{_DOCS}, network/concepts/routing"),
    Promise.SERVICES: Kept(_SINCE, f"{_DOCS}, network/kubernetes/kubeproxy-free; or kube-proxy beside it"),
    Promise.HOST_PORTS: Kept(_SINCE, f"{_DOCS}, network/kubernetes/kubeproxy-free, where it replaces kube-proxy"),
    Promise.OVERLAY: Kept(_SINCE, f"{_DOCS}, network/concepts/routing: routingMode tunnel", _OVERLAY),
    Promise.POLICY_PODS: Kept(_SINCE, f"{_DOCS}, network/kubernetes/policy"),
    Promise.POLICY_CLUSTER: Kept(
        _SINCE, f"{_DOCS}, network/kubernetes/policy: k8sClusterNetworkPolicy.enabled (cilium#23380)"
    ),
    Promise.POLICY_VMS: Kept(_SINCE, "a virtual machine with masquerade sends from its pod, for which policies hold"),
    Promise.ENCRYPTION: Kept(_SINCE, f"{_DOCS}, security/network/encryption-wireguard: pods of different nodes"),
    Promise.LOAD_BALANCER: Kept(_SINCE, f"{_DOCS}, network/lb-ipam, announced by BGP or on layer 2"),
    Promise.IPV6: Kept(_SINCE, "Cilium's chart, values.yaml: ipv6.enabled, beside IPv4"),
}
_MTU = "Cilium, pkg/mtu/mtu.go: TunnelOverheadIPv4 is 50, TunnelOverheadIPv6 is 70"
TUNNELS = (
    Tunnel(Encapsulation.VXLAN, source=_MTU),
    Tunnel(Encapsulation.GENEVE, source=_MTU),
    Tunnel(Encapsulation.NONE, source=f"{_DOCS}, network/concepts/routing: routingMode native"),
)
