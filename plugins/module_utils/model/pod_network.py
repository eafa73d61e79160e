# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The class of the model for the network of pods and virtual machines."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..promises.promise import Promise
from ..promises.tunnel import Encapsulation
from . import enums, scalars
from .attachments import Attachment
from .bgp import Bgp
from .cilium import Cilium
from .custom_network import CustomNetwork
from .fields import many, named, one
from .load_balancing import LoadBalancer
from .subnets import PodSubnet, PodVpc


@dataclass(frozen=True)
class PodNetwork:
    """The network of pods and VMs."""

    provider: enums.NetworkProvider = one(
        enums.NetworkProvider,
        "Provider, chosen by what each promises. `basic` is meant for labs.",
        default=enums.NetworkProvider.BASIC,
    )
    encapsulation: Encapsulation | None = one(
        Encapsulation,
        "What packets of pods are put into between nodes; `none`: the network below has routes to pods.",
        default=None,
        shown_default="the usual one of the provider",
    )
    mtu: int | None = one(
        scalars.MTU, "MTU of pods.", default=None, unit="bytes", shown_default="the largest that fits"
    )
    require: tuple[Promise, ...] = many(
        Promise,
        "What the provider has to promise; a model whose provider does not is refused.",
        example="[policy_pods, address_kept]",
        checked_only=True,
    )
    policies: bool = one(
        scalars.BOOLEAN,
        "NetworkPolicy holds for pods, by kube-network-policies of SIG Network on every node. For `basic` and "
        "`custom`; with `flannel` it holds in any case, and the others enforce it themselves.",
        default=False,
    )
    join: scalars.Subnet | None = one(
        scalars.SUBNET,
        "Subnet between nodes and pods of `kube_ovn`, with an address for each node. Used nowhere else.",
        default=None,
        shown_default="`100.64.0.0/16` with `kube_ovn`",
        example="100.127.0.0/24",
    )
    subnets: t.Mapping[str, PodSubnet] = named(
        PodSubnet, "Further subnets of pods and virtual machines, with the provider `kube_ovn`."
    )
    vpcs: t.Mapping[str, PodVpc] = named(
        PodVpc, "Networks of tenants that are apart from that of the cluster, with the provider `kube_ovn`."
    )
    load_balancer: LoadBalancer | None = one(
        LoadBalancer, "Addresses for services of type LoadBalancer; without it they get none.", default=None
    )
    attachments: t.Mapping[str, Attachment] = named(
        Attachment, "Networks of the machines in which pods may have further interfaces, by Multus."
    )
    hotplug: bool = one(
        scalars.BOOLEAN,
        "Pods that run get and lose interfaces of `attachments` as their annotation changes.",
        default=False,
    )
    bgp: Bgp | None = one(
        Bgp,
        "How routes to pods are exchanged by `calico` without encapsulation.",
        default=None,
        shown_default="sessions between all nodes, and no peers",
    )
    cilium: Cilium = one(Cilium, "Settings of the provider `cilium`.", default=Cilium())
    custom: CustomNetwork = one(CustomNetwork, "The network of the provider `custom`.", default=CustomNetwork())
