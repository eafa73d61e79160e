# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-flight rules of virtual machines: what their networks need, and versions with a known fault."""

from __future__ import annotations

import dataclasses
import typing as t

from ..promises.catalog import PROVIDERS, keeps, way
from ..promises.promise import Promise
from .enums import NetworkProvider
from .preflight import Facts, Found, Rule, Severity

KEY = "network.require"
#: The minor versions of Kubernetes that KubeVirt 1.9 supports.
KUBEVIRT_KUBERNETES = ((1, 34), (1, 36))
NETWORK = "network"


def _vms(facts: Facts) -> t.Iterator[Found]:
    if facts.vms:
        yield Found(KEY, None, begin="names virtual machines, and ")


def _with(name: NetworkProvider, vlans: bool = False) -> t.Callable[[Facts], t.Iterator[Found]]:
    """A rule for virtual machines with a provider, or only for those that can have NICs in VLANs."""

    def when(facts: Facts) -> t.Iterator[Found]:
        if facts.provider == name and (not vlans or any(item.vlans for item in facts.cloud.networks.values())):
            yield from _vms(facts)

    return when


def _migration(facts: Facts) -> t.Iterator[Found]:
    known = facts.provider in PROVIDERS[NETWORK]
    if known and not keeps(NETWORK, facts.provider, Promise.CONNECTIONS_KEPT, facts.encapsulation):
        others = way(NETWORK, facts.provider, Promise.CONNECTIONS_KEPT)
        for found in _vms(facts):
            yield dataclasses.replace(found, more=f"; of the other providers, {others}")


def _version(facts: Facts) -> t.Iterator[Found]:
    minor, (first, last) = facts.kubernetes_minor, KUBEVIRT_KUBERNETES
    if facts.vms and facts.cloud.kubernetes and minor and not first <= minor <= last:
        yield Found("kubernetes.version", facts.cloud.kubernetes.version)


RULES: tuple[Rule, ...] = (
    Rule(
        "vm-migration",
        Severity.WARNING,
        "wishes for virtual machines, and a provider that does not promise `connections_kept` with its encapsulation; "
        "an error where that is one of the wishes",
        _migration,
        "with this provider and encapsulation, a virtual machine that migrates loses its address or its connections",
        "reach virtual machines by Services, or choose a network that keeps both",
        "docs/reference/promises.md; kubevirt#7967",
    ),
    Rule(
        "calico-migration-deadlock",
        Severity.WARNING,
        "wishes for virtual machines and `calico`",
        _with(NetworkProvider.CALICO),
        "with Calico before 3.32.2, a migration can stop the network of new pods on a node for good",
        "install Calico 3.32.2 or newer",
        "calico#13163",
    ),
    Rule(
        "cilium-socket-lb",
        Severity.WARNING,
        "wishes for virtual machines and `cilium`",
        _with(NetworkProvider.CILIUM),
        "with Cilium in place of kube-proxy, virtual machines do not reach services by its sockets of pods",
        "install Cilium with socketLB.hostNamespaceOnly=true",
        "cilium#14563, #37669; kubevirt#10388",
    ),
    Rule(
        "cilium-host-routing",
        Severity.WARNING,
        "wishes for virtual machines and `cilium`",
        _with(NetworkProvider.CILIUM),
        "with Cilium's routing of the host in eBPF, virtual machines with masquerade have no network",
        "install Cilium with bpf.hostLegacyRouting=true",
        "cilium#32026",
    ),
    Rule(
        "cilium-netkit",
        Severity.WARNING,
        "wishes for virtual machines and `cilium`",
        _with(NetworkProvider.CILIUM),
        "with Cilium's netkit devices, virtual machines get no MAC address",
        "install Cilium with bpf.datapathMode=veth",
        "kubevirt#13782",
    ),
    Rule(
        "cilium-multus",
        Severity.WARNING,
        "wishes for virtual machines, `cilium`, and a network with `vlans`",
        _with(NetworkProvider.CILIUM, vlans=True),
        "with NICs in VLANs, virtual machines need Multus, whose configuration Cilium renames away",
        "install Cilium with cni.exclusive=false",
        "multus-cni#972, #1132",
    ),
    Rule(
        "kubevirt-kubernetes",
        Severity.WARNING,
        "virtual machines and a `kubernetes.version` outside 1.34 to 1.36",
        _version,
        "is a version that KubeVirt 1.9 does not support",
        "give one from 1.34 to 1.36",
        "KubeVirt's user guide, release notes of 1.9",
    ),
    Rule(
        "kubevirt-advisories",
        Severity.WARNING,
        "wishes for virtual machines",
        _vms,
        "with KubeVirt before 1.9.0, who may edit a namespace can take over a node",
        "install KubeVirt 1.9.0 or newer, without the feature gates that are not needed",
        "CVE-2026-7374, CVE-2026-9804",
    ),
    Rule(
        "kvm-nested",
        Severity.WARNING,
        "wishes for virtual machines",
        _vms,
        "on kernels before 6.12.95, a guest can break out of KVM where nested virtualization is on",
        "install the newest kernel, and load kvm_intel and kvm_amd with nested=0",
        "CVE-2026-53359",
    ),
)
