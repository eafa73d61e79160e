# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that nothing reads beside the rest of the model, and settings of nodes that Kubernetes refuses or undoes.

Keys that no layer reads at all are refused where they are parsed; see `releases`.
"""

from __future__ import annotations

import typing as t

from ..layers import kubernetes as kubernetes_layer
from .checks import Report
from .enums import BondMode
from .fields import keys_of
from .hardware import Machine
from .nics import Bond
from .pod_network import PodNetwork
from .services import LOCAL

#: Keys of `network` that checks of their own report where there is no cluster.
_REPORTED = ("attachments", "hotplug", "load_balancer")
#: Labels that the kubelet gives its node each time it registers (pkg/kubelet/kubelet_node_status.go, 1.36).
_KUBELETS = ("kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch")
#: Other names of the kernel for the same parameter.
_ALSO = {"net.ipv4.conf.all.forwarding": "net.ipv4.ip_forward"}


def check_unread(report: Report) -> None:
    """Report what would have no effect, or would be undone."""
    cloud = report.cloud
    if cloud.firewall.open and not cloud.firewall.enabled:
        report.add("firewall.open", None, "has no effect with enabled: false", "remove it, or remove enabled")
    if cloud.provisioner.user is not None and cloud.provisioner.host in LOCAL:
        message = "has no effect: the provisioner is the controller, which is not logged in to"
        report.add("provisioner.user", cloud.provisioner.user, message, "remove it, or give provisioner.host")
    for machine in cloud.machines.values():
        _bond(report, machine)
        _taints(report, machine)
        if cloud.kubernetes:
            _labels(report, machine)
            _sysctls(report, machine)


def warn_without_cluster(report: Report) -> None:
    """Warn of what a cluster would read that the model does not have yet: it may be for one to come."""
    if report.cloud.kubernetes is not None or report.is_unreadable("kubernetes"):
        return
    network = report.cloud.network
    for key, spec in keys_of(PodNetwork).items():
        if key not in _REPORTED and getattr(network, key) not in (None, spec.default):
            report.add(f"network.{key}", None, "has no effect without kubernetes", "add kubernetes, or remove it")
    for machine in report.cloud.machines.values():
        for key in ("labels", "taints"):
            if getattr(machine, key):
                path = f"machines.{machine.name}.{key}"
                report.add(path, None, "has no effect without kubernetes", "add kubernetes, or remove it")


def _bond(report: Report, machine: Machine) -> None:
    """Settings of a bond of a machine that has none by its mode; inherited ones are for other machines."""
    if machine.links or machine.bond.mode is not BondMode.NONE:
        return
    for key, spec in keys_of(Bond).items():
        path = f"machines.{machine.name}.bond.{key}"
        if key != "mode" and getattr(machine.bond, key) not in (None, spec.default) and not report.origin(path):
            report.add(path, None, "has no effect with mode: none", "remove it")


def _taints(report: Report, machine: Machine) -> None:
    """The API server takes one taint for each key and effect (validation of NodeSpec)."""
    seen: dict[tuple[t.Any, ...], int] = {}
    for index, taint in enumerate(machine.taints):
        first = seen.setdefault((taint.key, taint.effect), index)
        if first != index:
            path = f"machines.{machine.name}.taints"
            message = f"has the key and the effect of {path}[{first}], and a node has one such taint"
            report.add(f"{path}[{index}]", taint.key, message, "keep one of the two")


def _labels(report: Report, machine: Machine) -> None:
    for key in _KUBELETS:
        if key in machine.labels:
            path = f"machines.{machine.name}.labels.{key}"
            report.add(path, None, "is set by the kubelet, which would undo this", "remove it, or give another label")


def _sysctls(report: Report, machine: Machine) -> None:
    """Parameters of a machine come after those of host_base. The layer kubernetes would change these back each time."""
    for name, value in machine.host.sysctls.items():
        key = name.replace("/", ".")
        wanted = kubernetes_layer.SYSCTLS.get(_ALSO.get(key, key), value)
        if value != wanted:
            message = f"is not the {wanted} that kubeadm and kube-proxy need, and the layer kubernetes sets"
            report.add(f"machines.{machine.name}.host.sysctls.{name}", value, message, "remove it")
