# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each network provider has in a cluster and leaves on a node, as data: by it, another network is recognised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: Where CNI configurations are. The first one by name is used.
CONFIGURATIONS = "/etc/cni/net.d"


@dataclass(frozen=True)
class Trace:
    """The traces of one provider. Names of files and interfaces may be patterns as of the shell.

    :ivar configurations: files in /etc/cni/net.d, by which pods are connected.
    :ivar processes: its daemons on a node, by the names that the kernel has for them (the first 15 letters).
    :ivar daemon_sets: its DaemonSets, in whatever namespace.
    :ivar sets: ConfigMaps in kube-system that stand for the set of its objects, where this collection applies them.
    :ivar units: units of systemd that it has installed.
    :ivar files: programs, settings and state, of which directories go with all that they hold.
    :ivar interfaces: links of the kernel.
    :ivar switches: links of the kernel that only a boot removes. Others may have links of such a name, so they count
        where there is something else of the provider.
    :ivar tables: tables of nftables, as family and name.
    :ivar protocol: the protocol of its routes (rtnetlink(7)), which nobody else uses.
    :ivar rest: what is not found here and ends with a reboot.
    :ivar source: what says so.
    """

    configurations: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    daemon_sets: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    protocol: int | None = None
    rest: str = ""
    source: str = ""


#: Of the CNI plugin portmap with nftables, which several networks use.
_HOST_PORTS = ("ip cni_hostport", "ip6 cni_hostport")
#: provider, as the model calls it -> its traces
TRACES: dict[str, Trace] = {
    "basic": Trace(
        configurations=("10-groundup-basic.conflist",),
        units=("groundup-pod-network.service",),
        files=(
            "/etc/systemd/system/groundup-pod-network.service",
            "/usr/local/sbin/groundup-pod-network",
            "/etc/systemd/networkd.conf.d/50-groundup-pods.conf",
            "/var/lib/groundup/network_basic.json",
            "/var/lib/groundup/live/pod-network.sha256",
            "/var/lib/cni/networks/groundup-basic",
        ),
        interfaces=("cni0",),
        tables=("ip groundup_pods", *_HOST_PORTS),
        protocol=71,
        rest="settings of the running systemd-networkd",
        source="plugins/module_utils/layers/network_basic.py; CNI plugins 1.9.1: host-local's dataDir, portmap's table",
    ),
    "flannel": Trace(
        configurations=("10-flannel.conflist",),
        processes=("flanneld",),
        daemon_sets=("kube-flannel-ds",),
        sets=("groundup-network-flannel",),
        files=("/opt/cni/bin/flannel", "/run/flannel", "/var/lib/cni/flannel", "/var/lib/cni/networks/cbr0"),
        interfaces=("cni0", "flannel.[0-9]*", "flannel-v6.[0-9]*"),
        tables=("ip flannel-ipv4", "ip6 flannel-ipv6", *_HOST_PORTS),
        source="flannel 0.28.10: Documentation/kube-flannel.yml, pkg/backend/vxlan, pkg/trafficmngr/nftables",
    ),
    "kube_ovn": Trace(
        configurations=("0[01]-kube-ovn.conflist",),
        processes=("kube-ovn-daemon",),
        daemon_sets=("kube-ovn-cni", "ovs-ovn"),
        sets=("groundup-network-kube-ovn",),
        files=("/opt/cni/bin/kube-ovn", "/etc/origin/openvswitch", "/etc/origin/ovn", "/run/ovn", "/var/log/kube-ovn"),
        interfaces=("ovn0", "genev_sys_6081"),
        # That of the cluster, and one for each VLAN (cluster/kube_ovn_subnets.py), with the VLAN's interface as a port.
        switches=("br-int", "br-vlan[0-9]*", "ovs-system"),
        rest="bridges of Open vSwitch and rules of iptables",
        source="Kube-OVN 1.16: its manifest, its documentation, start/uninstall, and pkg/util/vlan.go",
    ),
    "calico": Trace(
        configurations=("10-calico.conflist", "calico-kubeconfig"),
        processes=("calico-node",),
        daemon_sets=("calico-node",),
        sets=("groundup-network-calico",),
        files=("/opt/cni/bin/calico", "/opt/cni/bin/calico-ipam", "/var/lib/calico", "/run/calico", "/var/log/calico"),
        interfaces=("vxlan.calico", "vxlan-v6.calico", "cali[0-9a-f]*"),
        tables=("ip calico", "ip6 calico"),
        rest="rules of iptables and routes to pods",
        source="Calico 3.32: manifests/calico.yaml",
    ),
    "cilium": Trace(
        configurations=("05-cilium.conf*",),
        processes=("cilium-agent",),
        daemon_sets=("cilium",),
        sets=("groundup-network-cilium",),
        # Programs end with their links, which are in the first directory of BPF from kernel 6.6 on; maps come after.
        files=("/opt/cni/bin/cilium-cni", "/run/cilium", "/sys/fs/bpf/cilium", "/sys/fs/bpf/tc/globals/cilium_*"),
        interfaces=("cilium_*",),
        rest="rules of iptables, and filters of tc on kernels before 6.6",
        source="Cilium 1.20: install/kubernetes/cilium; cilium-dbg post-uninstall-cleanup",
    ),
    "custom": Trace(sets=("groundup-network-custom",), source="plugins/module_utils/cluster/network_custom.py"),
}


#: What may be beside a network, and calls it for the first interface of each pod -> its traces.
BESIDE: dict[str, Trace] = {
    "multus": Trace(
        configurations=("00-multus.conf",),
        processes=("multus-daemon",),
        daemon_sets=("kube-multus-ds", "dynamic-networks-controller-ds"),
        sets=("groundup-multus",),
        files=(
            "/opt/cni/bin/multus-shim",
            "/opt/cni/bin/passthru",
            "/etc/cni/multus",
            "/run/multus",
            "/var/lib/cni/multus",
        ),
        rest="the directory /run/k8s.cni.cncf.io and further interfaces of pods",
        source="Multus 4.3: deployments/multus-daemonset-thick.yml, cmd/install_multus, pkg/server/config/manager.go",
    ),
}


def others(provider: str | None, known_as: tuple[str, ...] = ()) -> dict[str, Trace]:
    """The traces of all providers but one.

    :param provider: the one that is wanted; None: none is.
    :param known_as: providers that a network of the user's own is, under whose names it is known here.
    """
    return {name: trace for name, trace in TRACES.items() if name != provider and name not in known_as}


def refusal(name: str, provider: str | None, used: Iterable[str]) -> str:
    """Why a network is not exchanged, and the way out.

    :param used: what of it was found.
    """
    consent = f"""-e '{{"network_leftovers_remove": ["{name}"]}}'"""
    return (
        f"there is the network {name} ({', '.join(used)}), and {provider or 'none'} is wanted: the network of a living "
        "cluster is not exchanged, since both would be at work at once, and pods of one are not reached by the other. "
        f"Keep {name}; or, where no pod is needed any more, remove it from the cluster by its role with the state "
        f"absent, and from the nodes with {consent}"
    )
