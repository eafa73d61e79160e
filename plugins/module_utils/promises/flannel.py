# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network provider `flannel` promises: flannel's VXLAN or host-gw, and SIG Network's kube-network-policies."""

from __future__ import annotations

from .promise import Kept, Promise, Table
from .tunnel import Encapsulation, Tunnel

_SINCE = "flannel 0.28.10"
_BACKENDS = "flannel, Documentation/backends.md"
PROMISES: Table = {
    Promise.POD_TO_POD: Kept(_SINCE, f"{_BACKENDS}: VXLAN, and host-gw where all nodes are in one subnet"),
    Promise.SERVICES: Kept(_SINCE, "kube-proxy, as kubeadm installs it"),
    Promise.HOST_PORTS: Kept(_SINCE, "flannel, Documentation/kube-flannel.yml: the CNI plugin portmap is in its list"),
    Promise.OVERLAY: Kept(_SINCE, f"{_BACKENDS}: VXLAN", only=(Encapsulation.VXLAN,)),
    Promise.IPV6: Kept(_SINCE, "flannel, Documentation/configuration.md: EnableIPv6, beside IPv4"),
    Promise.POLICY_PODS: Kept(
        "flannel 0.25.5", "flannel, Documentation/netpol.md: kube-network-policies runs beside it"
    ),
}
TUNNELS = (
    Tunnel(Encapsulation.VXLAN, source="flannel, pkg/backend/vxlan/vxlan_network.go: encapOverhead is 50"),
    Tunnel(Encapsulation.NONE, source=f"{_BACKENDS}: host-gw"),
)
