# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-flight rules of the network of pods."""

from __future__ import annotations

import ipaddress
import typing as t

from ..promises.tunnel import Encapsulation
from .check_cluster import used_by_nodes
from .enums import NetworkProvider, ProxyMode
from .preflight import Facts, Found, Rule, Severity
from .tunnels import tunnels

KUBE_OVN, CALICO = NetworkProvider.KUBE_OVN, NetworkProvider.CALICO
CILIUM, FLANNEL = NetworkProvider.CILIUM, NetworkProvider.FLANNEL
#: The subnet between nodes and pods that Kube-OVN uses (JOIN_CIDR).
JOIN = ipaddress.ip_network("100.64.0.0/16")
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
    used = [(f"networks.{item.name}.subnet", item.subnet) for item in facts.cloud.networks.values() if item.subnet]
    used += [("kubernetes.pods", kubernetes.pods), ("kubernetes.services", kubernetes.services)]
    inside = [(path, subnet) for path, subnet in used if subnet is not None and subnet.overlaps(JOIN)]
    known = [subnet for __, subnet in inside]
    for path, subnet in used_by_nodes(facts.cloud):
        # An address of a network that is reported, or a route that is less specific than Kube-OVN's, says nothing new.
        if subnet.version == 4 and subnet.overlaps(JOIN) and subnet.prefixlen >= JOIN.prefixlen:
            inside += [] if any(subnet.overlaps(other) for other in known) else [(path, subnet)]
    yield from (Found(path, str(subnet).removesuffix("/32")) for path, subnet in inside)


def _storage_tunnel(facts: Facts) -> t.Iterator[Found]:
    cluster = facts.layout.cluster
    if cluster is not None and cluster.name == STORAGE and facts.encapsulated and facts.cloud.kubernetes:
        yield Found("kubernetes.endpoint", str(facts.cloud.kubernetes.endpoint))


def _geneve(facts: Facts) -> t.Iterator[Found]:
    if facts.encapsulation is Encapsulation.GENEVE:
        for machine in facts.cloud.machines.values():
            if NO_IPV6 in machine.host.kernel_arguments:
                yield Found(f"machines.{machine.name}.host.kernel_arguments", NO_IPV6)


def _checksum(facts: Facts) -> t.Iterator[Found]:
    if facts.encapsulation is Encapsulation.VXLAN:
        bonded = list(facts.bonded((6, 12)))
        if bonded:
            others = f" and {len(bonded) - 1} more" if len(bonded) > 1 else ""
            yield Found("network.encapsulation", "vxlan", more=f"; it concerns machines.{bonded[0].name}{others}")


def _cilium_version(facts: Facts) -> t.Iterator[Found]:
    minor, (first, last) = facts.kubernetes_minor, CILIUM_KUBERNETES
    if facts.provider == CILIUM and facts.cloud.kubernetes and minor and not first <= minor <= last:
        yield Found("kubernetes.version", facts.cloud.kubernetes.version)


def _policies_twice(facts: Facts) -> t.Iterator[Found]:
    if facts.cloud.network.policies and facts.provider in (KUBE_OVN, CALICO, CILIUM):
        yield Found("network.policies", True)


def _host_gw(facts: Facts) -> t.Iterator[Found]:
    if facts.provider == FLANNEL and facts.encapsulation is Encapsulation.NONE:
        yield Found("network.encapsulation", str(Encapsulation.NONE))


def _hosted_overlay(facts: Facts) -> t.Iterator[Found]:
    if facts.layout.hosted and facts.encapsulated:
        yield Found("lab.control_plane", "hosted")


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
        "hosted-overlay",
        Severity.WARNING,
        "a hosted control plane with an overlay",
        _hosted_overlay,
        "does not reach pods, since its host is no member of the overlay: webhooks and aggregated APIs in pods do not "
        "answer",
        "take network.provider: basic where they are tried",
        "Kubernetes' documentation, concepts/architecture/control-plane-node-communication",
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
        f"`kube_ovn` and an address or subnet inside {JOIN}",
        _join,
        f"overlaps {JOIN}, the subnet between nodes and pods of Kube-OVN",
        f"give a subnet or address outside {JOIN}",
        "Kube-OVN's documentation, reference/setup-options: JOIN_CIDR",
    ),
    Rule(
        "tunnel-on-storage",
        Severity.ERROR,
        "packets of pods are encapsulated, and `kubernetes.endpoint` is in the network `storage`",
        _storage_tunnel,
        "is in the network storage, so that the tunnels of pods share it with the traffic of disks",
        "give an address of another network, or choose a provider without encapsulation",
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
        "VXLAN, and machines with a bond and an image with kernel 6.12 or newer (one that is built here)",
        _checksum,
        "over a bond can drop to 50-300 Mbit/s on kernels from 6.12, where checksums of the tunnel are offloaded",
        "measure between pods of two nodes, and switch it off if it is slow: `ethtool -K INTERFACE "
        "tx-checksum-ip-generic off` with flannel.1, vxlan.calico or cilium_vxlan",
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
        "calico-nftables",
        Severity.WARNING,
        "`calico` and `kubernetes.proxy_mode: nftables`",
        _proxy_mode(CALICO),
        "is the mode of kube-proxy, and Calico has to use the same",
        "install Calico with linuxDataplane: Nftables, or write iptables and leave Calico's default",
        "Calico's documentation 3.32, getting-started/kubernetes/nftables",
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
