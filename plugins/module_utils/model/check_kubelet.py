# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the settings of kubelets, by the rule of the layer. Names of fields are checked where they are parsed."""

from __future__ import annotations

import typing as t

from ..kube import kubelet_settings
from .checks import Report


def check_kubelet(report: Report) -> None:
    """Report values that a field does not take, and settings of machines that get no kubelet."""
    cloud = report.cloud
    if cloud.kubernetes:
        _values(report, "kubernetes.kubelet", cloud.kubernetes.kubelet)
    for machine in cloud.machines.values():
        path = f"machines.{machine.name}.kubelet"
        _values(report, path, machine.kubelet)
        if machine.kubelet and not cloud.kubernetes and not report.is_unreadable("kubernetes"):
            report.add(path, None, "has no effect without kubernetes", "remove it, or add kubernetes")


def _values(report: Report, path: str, settings: t.Mapping[str, t.Any]) -> None:
    known = {name: value for name, value in settings.items() if not kubelet_settings.name_fault(name)[0]}
    for fault in kubelet_settings.faults(known):
        report.add(f"{path}.{fault.path}", fault.value, fault.message, fault.remedy)
