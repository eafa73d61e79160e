# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a provider of a layer may promise: as a word of the model, and as text in reports and documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from .tunnel import Encapsulation


class Word(StrEnum):
    """A property of a layer that users build on."""

    text: str

    def __new__(cls, word: str, text: str) -> Self:
        """A member: its word, and the text that people read."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.text = text
        return member


class Promise(Word):
    """A property of the cloud's network that users build on."""

    POD_TO_POD = "pod_to_pod", "pods reach pods on every node"
    SERVICES = "services", "services reach their pods"
    HOST_PORTS = "host_ports", "pods can have ports of their node"
    OVERLAY = "overlay", "pods of different nodes need no routes in the network below"
    POLICY_PODS = "policy_pods", "NetworkPolicy holds for pods"
    POLICY_CLUSTER = (
        "policy_cluster",
        "policies of the whole cluster hold (AdminNetworkPolicy, ClusterNetworkPolicy)",
    )
    POLICY_VMS = "policy_vms", "policies hold for virtual machines"
    POLICY_VLANS = "policy_vlans", "policies hold for NICs in VLANs"
    ADDRESS_KEPT = "address_kept", "a virtual machine keeps its address over a migration"
    CONNECTIONS_KEPT = "connections_kept", "connections of a virtual machine outlive a migration"
    TENANT_NETWORKS = "tenant_networks", "tenants have networks of their own, whose addresses may overlap"
    BGP = "bgp", "routes to pods are announced by BGP"
    ENCRYPTION = "encryption", "traffic between nodes is encrypted"
    LOAD_BALANCER = "load_balancer", "services of type LoadBalancer get an address"
    ATTACHMENTS = "attachments", "pods can have further interfaces in networks of the machines"
    IPV6 = "ipv6", "pods have IPv6 addresses"


class StoragePromise(Word):
    """A property of the cloud's storage that users build on."""

    BLOCK = "block", "a volume of blocks keeps what was written, and gives it to another node afterwards"
    BLOCK_SHARED = "block_shared", "two nodes write to one volume of raw blocks at the same time, and read each other"
    FILE = "file", "two nodes write to one file system at the same time, and read each other"
    OBJECT = "object", "a bucket of a claim keeps an object, and gives it to those with its key only"
    SNAPSHOTS = "snapshots", "a volume that is made of a snapshot has the data from before a later change"
    CLONES = "clones", "a clone of a volume has its data, and a change of the clone leaves the volume as it is"
    EXPANSION = "expansion", "a volume grows, with its file system and its data"
    QUOTA = "quota", "a quota of a namespace refuses a volume that is too large"
    ENCRYPTED_DISKS = "encrypted_disks", "what is on disks is encrypted"
    ENCRYPTED_TRAFFIC = "encrypted_traffic", "what the daemons and clients of storage send is encrypted"


@dataclass(frozen=True)
class Kept:
    """A promise that a provider makes.

    :ivar since: product and version since which it holds, or the first one that was looked at.
    :ivar source: what says so.
    :ivar only: the encapsulations with which alone it holds; empty: with each that the provider has.
    """

    since: str
    source: str
    only: tuple[Encapsulation, ...] = ()

    @property
    def condition(self) -> str:
        """The encapsulations with which alone it holds, as text; empty where it holds with all."""
        if self.only == (Encapsulation.NONE,):
            return "without encapsulation"
        return f"with {' or '.join(self.only)}" if self.only else ""


Table = Mapping[Word, Kept]
#: Layer -> the words of what its provider may promise.
WORDS: dict[str, type[Word]] = {"network": Promise, "storage": StoragePromise}
