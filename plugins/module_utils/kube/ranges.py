# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kubeadm asks of the ranges of a cluster (cmd/kubeadm/app/apis/kubeadm/validation/validation.go, 1.36)."""

from __future__ import annotations

import ipaddress

Range = ipaddress.IPv4Network | ipaddress.IPv6Network
#: MinimumAddressesInServiceSubnet (the tenth is that of DNS), and MaximumBitsForServiceSubnet, which is also what the
#: API server takes (maxCIDRBits)
LEAST_SERVICES = 10
SERVICE_BITS = 20
#: Prefix length of each node's range of pods by IP version (kube-controller-manager, --node-cidr-mask-size-ipv4 and
#: -ipv6).
NODE_PREFIX = {4: 24, 6: 64}
#: The prefix lengths of all pods and of a node's may differ by this (PodSubnetNodeMaskMaxDiff in constants.go).
NODE_BITS = 16


def service_fault(services: Range) -> tuple[str, str]:
    """Why kubeadm refuses a range for services, and the remedy; empty texts where it takes the range."""
    bits = services.max_prefixlen
    if services.num_addresses < LEAST_SERVICES:
        message = f"has fewer than the {LEAST_SERVICES} addresses that kubeadm asks for"
        return message, f"give a /{bits - 4} or a larger one"
    if bits - services.prefixlen > SERVICE_BITS:
        return "is larger than kubeadm and the API server take", f"give a /{bits - SERVICE_BITS} or a smaller one"
    return "", ""
