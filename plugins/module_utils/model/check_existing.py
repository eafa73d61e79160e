# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of machines that join a cluster which others run: whatever would change that cluster is refused."""

from __future__ import annotations

from . import rook_ceph
from .checks import Report
from .enums import ControlPlane, Role
from .kubernetes import Kubernetes

#: Keys of kubernetes that configure control planes or objects of kubeadm, and what each would change.
THEIRS = {
    "load_balancer": "how its API is reached",
    "proxy_mode": "its kube-proxy",
    "api_names": "the certificates of its API servers",
    "encryption": "its API servers",
    "audit": "its API servers",
    "renew_days": "the certificates of its control planes",
}
OTHERS = "which those who run the cluster of kubernetes.existing look after"


def check_existing(report: Report, kubernetes: Kubernetes) -> None:
    """Report what is given beside `kubernetes.existing` and is not of the machines that join."""
    if kubernetes.existing is None:
        return
    for machine in report.cloud.machines.values():
        if Role.CONTROL_PLANE in machine.roles:
            message = f"are for a control plane, {OTHERS}: machines join it as workers"
            report.add(f"machines.{machine.name}.roles", None, message, "remove control_plane")
    for key, what in THEIRS.items():
        if _is_written(report, f"kubernetes.{key}"):
            report.add(f"kubernetes.{key}", None, f"would change {what}, {OTHERS}", "remove it")
    _layers(report)


def _layers(report: Report) -> None:
    """Layers above the nodes are objects of the whole cluster."""
    cloud = report.cloud
    if _is_written(report, "network"):
        message = f"would change the network of all pods, {OTHERS}"
        remedy = "remove it; machines.NAME.host.kernel_modules has modules that their network needs"
        report.add("network", None, message, remedy)
    if rook_ceph.wanted(cloud):
        message = f"would install operators, webhooks and storage classes for the whole cluster, {OTHERS}"
        report.add("storage.provider", str(cloud.storage.provider), message, "write none")
    if cloud.virtualization.enabled:
        message = f"would install KubeVirt for the whole cluster, {OTHERS}"
        report.add("virtualization.enabled", None, message, "write false, or remove virtualization")
    if cloud.lab and cloud.lab.control_plane is ControlPlane.HOSTED:
        message = "is for a control plane of the virtual rack, and machines join the cluster of kubernetes.existing"
        report.add("lab.control_plane", str(cloud.lab.control_plane), message, "remove one of both")


def _is_written(report: Report, path: str) -> bool:
    """Whether the model has a value for a key, be it the default."""
    return report.origins is not None and not report.origin(path)
