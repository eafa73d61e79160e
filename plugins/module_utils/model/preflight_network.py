# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-flight rules of the network of pods."""

from __future__ import annotations

import ipaddress
import typing as t

from ..cluster import network_kube_ovn as kube_ovn
from ..promises.promise import Promise
from ..promises.tunnel import Encapsulation
from . import konnectivity
from .check_cluster import used_by_nodes
from .declared import keeps
from .enums import NetworkProvider, ProxyMode
from .kubernetes import Kubernetes
from .networks import CHECKSUM_FAULT, PROVIDERS
from .preflight import Facts, Found, Rule, Severity
from .scalars import Subnet
from .tunnels import tunnels

KUBE_OVN, CALICO = NetworkProvider.KUBE_OVN, NetworkProvider.CALICO
CILIUM, FLANNEL = NetworkProvider.CILIUM, NetworkProvider.FLANNEL
#: The subnet between nodes and pods that Kube-OVN uses unless the model names another one (JOIN_CIDR).
JOIN = ipaddress.ip_network(kube_ovn.JOIN)
#: The same of IPv6, where pods have both IP versions.
JOIN_SIX = ipaddress.ip_network(kube_ovn.JOIN_SIX)
#: The minor versions of Kubernetes that Cilium 1.20 is tested with.
CILIUM_KUBERNETES = ((1, 33), (1, 36))
STORAGE = "storage"
NO_IPV6 = "ipv6.disable=1"


def provider(*names: NetworkProvider) -> t.Callable[[Facts], t.Iterator[Found]]:
    """A rule that applies to providers, at the key that chooses them."""

    def when(facts: Facts) -> t.Iterator[Found]:
        if facts.provider in names:
            yield Found("network.provider", facts.provider)

    return when


def _not_offered(facts: Facts) -> t.Iterator[Found]:
    offered, chosen = tunnels(facts.cloud), facts.cloud.network.encapsulation
    if offered and chosen is not None and chosen not in offered:
        yield Found("network.encapsulation", str(chosen), more=f"; {facts.provider} has {' and '.join(offered)}")


def _proxy_mode(name: NetworkProvider) -> t.Callable[[Facts], t.Iterator[Found]]:
    def when(facts: Facts) -> t.Iterator[Found]:
        if facts.provider == name and facts.layout.proxy_mode is ProxyMode.NFTABLES:
            yield Found("kubernetes.proxy_mode", str(ProxyMode.NFTABLES))

    return when


def _join(facts: Facts) -> t.Iterator[Found]:
    kubernetes = facts.cloud.kubernetes
    if facts.provider != KUBE_OVN or kubernetes is None:
        return
    yield from _overlapping(facts, kubernetes, facts.cloud.network.join or JOIN)
    if kubernetes.dual:
        yield from _overlapping(facts, kubernetes, JOIN_SIX, ", which can't be moved")


def _overlapping(facts: Facts, kubernetes: Kubernetes, join: Subnet, more: str = "") -> t.Iterator[Found]:
    """What overlaps one subnet between nodes and pods."""
    used = [(f"{item.place}.subnet", subnet) for item in facts.layout.parts for subnet in item.subnets]
    used += [(f"kubernetes.{key}", subnet) for key, subnet in kubernetes.ranges]
    inside = [(path, subnet) for path, subnet in used if subnet is not None and subnet.overlaps(join)]
    known = [subnet for __, subnet in inside]
    for path, subnet in used_by_nodes(facts.cloud):
        # An address of a network that is reported, or a route that is less specific than Kube-OVN's, says nothing new.
        if subnet.version == join.version and subnet.overlaps(join) and subnet.prefixlen >= join.prefixlen:
            inside += [] if any(subnet.overlaps(other) for other in known) else [(path, subnet)]
    for path, subnet in inside:
        shown = str(subnet).removesuffix(f"/{subnet.max_prefixlen}")
        yield Found(path, shown, more=f"; it is {join}{more}")


def _join_unused(facts: Facts) -> t.Iterator[Found]:
    join = facts.cloud.network.join
    if join is not None and facts.provider != KUBE_OVN:
        yield Found("network.join", str(join))


def _join_small(facts: Facts) -> t.Iterator[Found]:
    join = facts.cloud.network.join
    if join is not None and facts.provider == KUBE_OVN:
        # Neither its first address, which is the gateway's, nor those of the network and of broadcast are for nodes.
        nodes, places = len(facts.cloud.machines), join.num_addresses - 3
        if join.version == 6:
            yield Found("network.join", str(join), more="; IPv4 only")
        elif nodes > places:
            more = f"; the model has {nodes} machines, and it has {max(places, 0)}"
            yield Found("network.join", str(join), more=more)


def _storage_tunnel(facts: Facts) -> t.Iterator[Found]:
    cluster = facts.layout.cluster
    if cluster is not None and cluster.name == STORAGE and facts.encapsulated and facts.cloud.kubernetes:
        key = "network" if facts.cloud.kubernetes.network else "endpoint"
        yield Found(f"kubernetes.{key}", str(getattr(facts.cloud.kubernetes, key)))


def _geneve(facts: Facts) -> t.Iterator[Found]:
    if facts.encapsulation is Encapsulation.GENEVE:
        for machine in facts.cloud.machines.values():
            if NO_IPV6 in machine.host.kernel_arguments:
                yield Found(f"machines.{machine.name}.host.kernel_arguments", NO_IPV6)


def _checksum(facts: Facts) -> t.Iterator[Found]:
    own = PROVIDERS.get(facts.cloud.network.provider)
    if facts.encapsulation is Encapsulation.VXLAN and not (own and own.vxlan):
        bonded = list(facts.bonded(CHECKSUM_FAULT))
        if bonded:
            others = f" and {len(bonded) - 1} more" if len(bonded) > 1 else ""
            yield Found("network.encapsulation", "vxlan", more=f"; it concerns machines.{bonded[0].name}{others}")


def _cilium_version(facts: Facts) -> t.Iterator[Found]:
    minor, (first, last) = facts.kubernetes_minor, CILIUM_KUBERNETES
    if facts.provider == CILIUM and facts.cloud.kubernetes and minor and not first <= minor <= last:
        yield Found("kubernetes.version", facts.cloud.kubernetes.version)


def _policies_twice(facts: Facts) -> t.Iterator[Found]:
    own = facts.provider == NetworkProvider.CUSTOM and keeps(facts.cloud, Promise.POLICY_PODS)
    if facts.cloud.network.policies and (own or facts.provider in (KUBE_OVN, CALICO, CILIUM)):
        yield Found("network.policies", True)


def _host_gw(facts: Facts) -> t.Iterator[Found]:
    if facts.provider == FLANNEL and facts.encapsulation is Encapsulation.NONE:
        yield Found("network.encapsulation", str(Encapsulation.NONE))


def _konnectivity_port(facts: Facts) -> t.Iterator[Found]:
    kubernetes = facts.cloud.kubernetes
    if kubernetes and kubernetes.port in konnectivity.PORTS and konnectivity.wanted(facts.layout):
        yield Found("kubernetes.endpoint_port", kubernetes.port)


RULES: tuple[Rule, ...] = (
    Rule(
        "policies-twice",
        Severity.ERROR,
        "`network.policies` with a provider that enforces policies itself",
        _policies_twice,
        "would judge each connection a second time, beside the provider",
        "remove it",
        "kube-network-policies' README: it is for networks without policies",
    ),
    Rule(
        "flannel-host-gw",
        Severity.ERROR,
        "`flannel` without encapsulation",
        _host_gw,
        "is not installed by this release: systemd-networkd would delete the routes of flannel's host-gw",
        "write vxlan, or network.provider: basic, which sets routes that stay",
        "systemd's networkd.conf(5), ManageForeignRoutes",
    ),
    Rule(
        "konnectivity-port",
        Severity.ERROR,
        "a hosted control plane whose API has a port of konnectivity-server",
        _konnectivity_port,
        "is a port of konnectivity-server, through which a hosted control plane reaches pods of this provider",
        "choose another one, as 8443",
        "konnectivity-server's options (cmd/server/app/options of sigs.k8s.io/apiserver-network-proxy)",
    ),
    Rule(
        "encapsulation-offered",
        Severity.ERROR,
        "`network.encapsulation` is not one that the provider has",
        _not_offered,
        "is an encapsulation that the provider does not have",
        "choose another encapsulation, or another provider",
        "docs/reference/promises.md",
    ),
    Rule(
        "kube-ovn-kube-proxy",
        Severity.ERROR,
        "`kube_ovn` and `kubernetes.proxy_mode: nftables`",
        _proxy_mode(KUBE_OVN),
        "is a mode of kube-proxy that Kube-OVN does not support; it needs kube-proxy, and iptables",
        "write iptables, or remove the key",
        "kube-ovn#3510, #6042, #6434, #6449",
    ),
    Rule(
        "kube-ovn-join-network",
        Severity.ERROR,
        f"`kube_ovn` and an address or subnet inside `network.join`, by default {JOIN}",
        _join,
        "overlaps the subnet between nodes and pods of Kube-OVN",
        "give another one, or a subnet that is used nowhere else as network.join",
        "Kube-OVN's documentation, reference/setup-options: JOIN_CIDR",
    ),
    Rule(
        "kube-ovn-join-size",
        Severity.ERROR,
        "`kube_ovn`, and `network.join` is IPv6 or has less addresses than there are machines",
        _join_small,
        "has no address for each node",
        "give a larger subnet of IPv4",
        "Kube-OVN's documentation, reference/setup-options: JOIN_CIDR",
    ),
    Rule(
        "join-without-kube-ovn",
        Severity.ERROR,
        "`network.join` with another provider than `kube_ovn`",
        _join_unused,
        "is a subnet that only kube_ovn has between nodes and pods",
        "remove it",
        "Kube-OVN's documentation, reference/setup-options: JOIN_CIDR",
    ),
    Rule(
        "tunnel-on-storage",
        Severity.ERROR,
        "packets of pods are encapsulated, and the network of Kubernetes is `storage`",
        _storage_tunnel,
        "is in the network storage, so that the tunnels of pods share it with the traffic of disks",
        "take another network, or choose a provider without encapsulation",
        "Kube-OVN's documentation, reference/setup-options: IFACE; Ceph's network reference",
    ),
    Rule(
        "geneve-without-ipv6",
        Severity.ERROR,
        f"Geneve, and `{NO_IPV6}` among the kernel arguments of a machine",
        _geneve,
        "is a kernel argument with which tunnels of Geneve do not come up",
        "remove it",
        "Kube-OVN's documentation, start/prepare",
    ),
    Rule(
        "vxlan-checksum",
        Severity.WARNING,
        "VXLAN of another provider than `flannel` and `cilium`, machines with a bond, and an image with kernel 6.12 or "
        "newer (one that is built here)",
        _checksum,
        "over a bond can drop to 50-300 Mbit/s on kernels from 6.12, where checksums of the tunnel are offloaded",
        "measure between pods of two nodes, and switch it off if it is slow: `ethtool -K INTERFACE "
        "tx-checksum-ip-generic off`, with Calico for vxlan.calico",
        "calico#11435; flannel, Documentation/troubleshooting.md",
    ),
    Rule(
        "kube-ovn-ovn-support",
        Severity.WARNING,
        "`kube_ovn`",
        provider(KUBE_OVN),
        "1.16 is built on OVN 25.03, which has been out of support since March 2026",
        "take its newest patch release, and the first minor version with a newer OVN",
        "kube-ovn#7321",
    ),
    Rule(
        "cilium-kubernetes",
        Severity.WARNING,
        "`cilium` and a `kubernetes.version` outside 1.33 to 1.36",
        _cilium_version,
        "is a version that Cilium 1.20 is not tested with",
        "give one from 1.33 to 1.36",
        "Cilium's documentation 1.20, network/kubernetes/compatibility",
    ),
)
