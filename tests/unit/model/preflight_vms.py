# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the pre-flight: virtual machines."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from .base import REMOVED
from .preflight_models import BLOCKS, EMULATED, VMS, Cases, network, vms

CASES: Cases = {
    "vm-migration": (
        [
            (
                vms("cilium"),
                "network.require: names virtual machines, and with this provider and encapsulation, a virtual machine that migrates loses its address or its connections (pre-flight vm-migration: docs/reference/promises.md; kubevirt#7967); reach virtual machines by Services, or choose a network that keeps both; of the other providers, calico (without encapsulation) and kube_ovn do",
            ),
            (
                vms("calico", encapsulation="vxlan"),
                "network.require: names virtual machines, and with this provider",
            ),
        ],
        [
            network("basic"),
            vms("kube_ovn"),
            vms("calico"),
            {**vms("cilium"), "kubernetes": REMOVED},
        ],
    ),
    "kubevirt-kubernetes": (
        [
            (
                {**vms("kube_ovn"), "kubernetes.version": "1.33.5"},
                "kubernetes.version: 1.33.5 is a version that KubeVirt does not support",
            ),
            (
                {**VMS, "virtualization.version": "1.8.4", "kubernetes.version": "1.32.1"},
                "kubernetes.version: 1.32.1 is a version that KubeVirt does not support",
            ),
        ],
        [
            {**VMS, "virtualization.version": "1.8.4", "kubernetes.version": "1.33.5"},
            {"kubernetes.version": "1.33.5"},
            vms("kube_ovn"),
            {**vms("kube_ovn"), "kubernetes.version": "1.34.0"},
        ],
    ),
    "kubevirt-advisories": (
        [
            (vms("kube_ovn"), "network.require: names virtual machines, and with KubeVirt before 1.9.0, who may edit"),
            ({**VMS, "virtualization.version": "1.8.4"}, "virtualization.version: is 1.8.4, and with KubeVirt before"),
        ],
        [network("cilium"), VMS, {**vms("kube_ovn"), **VMS}],
    ),
    "kvm-nested": (
        [
            (
                vms("kube_ovn"),
                "network.require: names virtual machines, and on kernels before 6.12.95, a guest can break out",
            )
        ],
        [network("cilium"), VMS, {**vms("kube_ovn"), **VMS}],
    ),
    "vm-no-machine": (
        [
            (
                {**VMS, "machines.node1.roles": ["control_plane"], "machines.node2.roles": ["storage"]},
                "virtualization.enabled: wants virtual machines, and no machine has the role compute",
            )
        ],
        [VMS, {"machines.node1.roles": ["control_plane"], "machines.node2.roles": ["storage"]}],
    ),
    "vm-emulated-machines": (
        [
            (
                {**VMS, **EMULATED},
                "virtualization.emulation: is not consented to, and machines whose image has the profile emulated",
            )
        ],
        [VMS, EMULATED, {**VMS, **EMULATED, "virtualization.emulation": True}],
    ),
    "vm-one-machine": (
        [
            (
                {**VMS, "machines.node1.roles": ["control_plane"]},
                "virtualization.enabled: wants virtual machines, and one machine runs them all",
            )
        ],
        [VMS, {"machines.node1.roles": ["control_plane"]}],
    ),
    "vm-disks-shared": (
        [(VMS, "virtualization.enabled: wants virtual machines, and only those whose disks several machines use")],
        [{}, {**VMS, **BLOCKS}, {**VMS, "machines.node1.roles": ["control_plane"]}],
    ),
    "vm-migration-bandwidth": (
        [({**VMS, **BLOCKS}, "virtualization.migrations: let a migration take the whole link")],
        [VMS, BLOCKS, {**VMS, **BLOCKS, "virtualization.migrations": {"bandwidth": "500Mi"}}],
    ),
}
