# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network provider `calico` promises: routes to pods by BGP, or VXLAN without what routes alone can keep."""

from __future__ import annotations

from .promise import Kept, Promise, Table
from .tunnel import Encapsulation, Tunnel

_SINCE = "Calico 3.32"
_DOCS = "Calico's documentation 3.32"
_VMS = f"{_DOCS}, networking/kubevirt: with BGP and without encapsulation, WireGuard and NAT only"
_ROUTED = (Encapsulation.NONE,)
PROMISES: Table = {
    Promise.POD_TO_POD: Kept(_SINCE, f"{_DOCS}, networking/determine-best-networking"),
    Promise.SERVICES: Kept(_SINCE, "kube-proxy, as kubeadm installs it"),
    Promise.HOST_PORTS: Kept(_SINCE, "Calico's manifests, calico.yaml: the CNI plugin portmap"),
    Promise.OVERLAY: Kept(_SINCE, f"{_DOCS}, networking/configuring/vxlan-ipip", only=(Encapsulation.VXLAN,)),
    Promise.POLICY_PODS: Kept(_SINCE, f"{_DOCS}, network-policy/get-started/kubernetes-policy"),
    Promise.POLICY_CLUSTER: Kept(_SINCE, f"{_DOCS}, release notes: ClusterNetworkPolicy v1alpha2"),
    Promise.POLICY_VMS: Kept(_SINCE, f"{_DOCS}, networking/kubevirt"),
    Promise.ADDRESS_KEPT: Kept("Calico 3.32.2", f"{_VMS}; older ones can stop in a migration (calico#13163)", _ROUTED),
    Promise.CONNECTIONS_KEPT: Kept("Calico 3.32.2", _VMS, _ROUTED),
    Promise.BGP: Kept(_SINCE, f"{_DOCS}, networking/configuring/bgp", _ROUTED),
    Promise.LOAD_BALANCER: Kept(_SINCE, f"{_DOCS}, networking/ipam/service-loadbalancer: announced by BGP", _ROUTED),
    Promise.IPV6: Kept(_SINCE, f"{_DOCS}, networking/ipam/ipv6: beside IPv4, without peers of BGP here"),
}
TUNNELS = (
    Tunnel(Encapsulation.NONE, source=f"{_DOCS}, networking/configuring/mtu"),
    Tunnel(Encapsulation.VXLAN, source=f"{_DOCS}, networking/configuring/mtu: 50 over IPv4, 70 over IPv6"),
)
