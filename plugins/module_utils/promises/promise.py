# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a provider of a layer may promise, as text in reports and documentation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Promise(StrEnum):
    """A property of the cloud's network that users build on. The value is the text that people read."""

    POD_TO_POD = "pods reach pods on every node"
    SERVICES = "services reach their pods"
    HOST_PORTS = "pods can have ports of their node"
    OVERLAY = "pods of different nodes need no routes in the network below"
    POLICY_PODS = "NetworkPolicy holds for pods"
    POLICY_CLUSTER = "policies of the whole cluster hold (AdminNetworkPolicy, ClusterNetworkPolicy)"
    POLICY_VMS = "policies hold for virtual machines"
    POLICY_VLANS = "policies hold for NICs in VLANs"
    ADDRESS_KEPT = "a virtual machine keeps its address over a migration"
    CONNECTIONS_KEPT = "connections of a virtual machine outlive a migration"
    BGP = "routes to pods are announced by BGP"
    ENCRYPTION = "traffic between nodes is encrypted"
    LOAD_BALANCER = "services of type LoadBalancer get an address"
    IPV6 = "pods have IPv6 addresses"


@dataclass(frozen=True)
class Kept:
    """A promise that a provider makes: the version since which it holds, and its source."""

    since: str
    source: str


Table = dict[Promise, Kept]
