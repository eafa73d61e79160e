# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network provider `kube_ovn` promises: an overlay of OVN, with VLANs under the same policies."""

from __future__ import annotations

from .promise import Kept, Promise, Table
from .tunnel import Encapsulation, Tunnel

_SINCE = "Kube-OVN 1.16"
_SETUP = "Kube-OVN's documentation, reference/setup-options"
_VMS = "Kube-OVN's documentation, kubevirt/live-migration: the address stays, the gap is below half a second"
PROMISES: Table = {
    Promise.POD_TO_POD: Kept(_SINCE, "Kube-OVN's documentation, start/one-step-install"),
    Promise.SERVICES: Kept(_SINCE, "kube-proxy, without which Kube-OVN does not start (kube-ovn#6042)"),
    Promise.HOST_PORTS: Kept(_SINCE, "the CNI plugin portmap is in the list that Kube-OVN installs"),
    Promise.OVERLAY: Kept(_SINCE, f"{_SETUP}: TUNNEL_TYPE geneve"),
    Promise.POLICY_PODS: Kept(_SINCE, f"{_SETUP}: ENABLE_NP"),
    Promise.POLICY_CLUSTER: Kept(_SINCE, f"{_SETUP}: ENABLE_ANP"),
    Promise.POLICY_VMS: Kept(_SINCE, "a virtual machine has its pod's port in OVN, which enforces the policies"),
    Promise.POLICY_VLANS: Kept(_SINCE, "Kube-OVN's documentation, start/underlay: ProviderNetwork, Vlan and Subnet"),
    Promise.ADDRESS_KEPT: Kept("Kube-OVN 1.15", f"{_VMS}; {_SETUP}: ENABLE_KEEP_VM_IP"),
    Promise.CONNECTIONS_KEPT: Kept("Kube-OVN 1.15", _VMS),
    Promise.TENANT_NETWORKS: Kept(_SINCE, "Kube-OVN's documentation, vpc/vpc"),
    Promise.IPV6: Kept(_SINCE, "Kube-OVN's chart, values.yaml: NET_STACK dual_stack, beside IPv4"),
}
TUNNELS = (
    Tunnel(
        Encapsulation.GENEVE,
        options=8,
        least=100,
        source="ovn-architecture(7), Tunnel Encapsulations: an option of 8 bytes; "
        "Kube-OVN, pkg/util/const.go: GeneveHeaderLength is 100",
    ),
)
