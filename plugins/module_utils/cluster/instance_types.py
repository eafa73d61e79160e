# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance types and preferences of virtual machines: a small set of our own, and the names of those of KubeVirt.

KubeVirt's operator brings a large set by itself. Ours are there for what it can't know: whether virtual machines are
bound to the network of pods by `bridge`, where each needs an annotation to be migrated
(kubevirt.io/api/core/v1, AllowPodBridgeNetworkLiveMigrationAnnotation). A preference gives it to those that name it,
unless they have it already (pkg/instancetype/preference/apply/annotations.go of KubeVirt 1.9.0).
"""

from __future__ import annotations

from typing import Any

from .kubevirt_input import BRIDGE

Json = dict[str, Any]
VERSION = "instancetype.kubevirt.io/v1beta1"
TYPE, PREFERENCE = "VirtualMachineClusterInstancetype", "VirtualMachineClusterPreference"
MIGRATABLE = "kubevirt.io/allow-pod-bridge-network-live-migration"
#: Name -> virtual CPUs and memory.
TYPES: dict[str, tuple[int, str]] = {
    "general.small": (1, "2Gi"),
    "general.medium": (2, "4Gi"),
    "general.large": (4, "8Gi"),
    "general.xlarge": (8, "16Gi"),
    "memory.medium": (2, "16Gi"),
    "memory.large": (4, "32Gi"),
    "memory.xlarge": (8, "64Gi"),
}
LINUX, WINDOWS = "general.linux", "general.windows"
PREFERENCES = (LINUX, WINDOWS)
#: What Windows uses of Hyper-V's interface where the host has it.
_HYPERV = (
    "frequencies",
    "ipi",
    "reenlightenment",
    "relaxed",
    "reset",
    "runtime",
    "synic",
    "tlbflush",
    "vapic",
    "vpindex",
)
#: Names of KubeVirt's own, the same in 1.8.4 and 1.9.0 (virt-operator's common-cluster*-bundle.yaml).
_SIZES = {
    "cx1": "medium large xlarge 2xlarge 4xlarge 8xlarge medium1gi large1gi xlarge1gi 2xlarge1gi 4xlarge1gi 8xlarge1gi",
    "d1": "nano micro small medium 2xmedium large xlarge 2xlarge 4xlarge 8xlarge",
    "m1": "large xlarge 2xlarge 4xlarge 8xlarge large1gi xlarge1gi 2xlarge1gi 4xlarge1gi 8xlarge1gi",
    "n1": "medium large xlarge 2xlarge 4xlarge 8xlarge",
    "o1": "nano micro small medium large xlarge 2xlarge 4xlarge 8xlarge",
    "rt1": "micro small medium large xlarge 2xlarge 4xlarge 8xlarge",
    "u1": "nano micro small medium 2xmedium large xlarge 2xlarge 4xlarge 8xlarge",
}
_SYSTEMS = """alpine centos.stream10 centos.stream10.desktop centos.stream9 centos.stream9.desktop centos.stream9.dpdk
cirros debian fedora fedora.arm64 fedora.s390x legacy linux linux.efi linux.virtiotransitional opensuse.leap
opensuse.tumbleweed oraclelinux rhel.10 rhel.10.arm64 rhel.10.s390x rhel.7 rhel.7.desktop rhel.8 rhel.8.desktop
rhel.8.dpdk rhel.9 rhel.9.arm64 rhel.9.desktop rhel.9.dpdk rhel.9.realtime rhel.9.s390x sles ubuntu windows.10
windows.10.virtio windows.11 windows.11.virtio windows.2k12 windows.2k12.virtio windows.2k16 windows.2k16.virtio
windows.2k19 windows.2k19.virtio windows.2k22 windows.2k22.virtio windows.2k25 windows.2k25.virtio windows.2k3
windows.2k8 windows.2k8.virtio windows.7 windows.7.virtio windows.xp"""
KNOWN_TYPES = (*TYPES, *(f"{series}.{size}" for series, sizes in _SIZES.items() for size in sizes.split()))
KNOWN_PREFERENCES = (*PREFERENCES, *_SYSTEMS.split())


def is_windows(preference: str) -> bool:
    """Whether virtual machines with a preference run Windows, where no cloud-init does what it is told."""
    return "windows" in preference


def objects(network_binding: str) -> list[Json]:
    """Our instance types and preferences.

    :param network_binding: how virtual machines are bound to the network of pods.
    """
    notes = {"annotations": {MIGRATABLE: "true"}} if network_binding == BRIDGE else {}
    types = [
        _object(TYPE, name, {"cpu": {"guest": cpus}, "memory": {"guest": memory}})
        for name, (cpus, memory) in TYPES.items()
    ]
    return [*types, _object(PREFERENCE, LINUX, {**notes, **_linux()}), _object(PREFERENCE, WINDOWS, notes | _windows())]


def _object(kind: str, name: str, spec: Json) -> Json:
    return {"apiVersion": VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _linux() -> Json:
    return {"devices": {"preferredDiskBus": "virtio", "preferredInterfaceModel": "virtio", "preferredRng": {}}}


def _windows() -> Json:
    """Windows with the drivers of virtio, which its image has to have; a TPM would need a place for its state."""
    timers = {
        "hpet": {"present": False},
        "hyperv": {},
        "pit": {"tickPolicy": "delay"},
        "rtc": {"tickPolicy": "catchup"},
    }
    hyperv: Json = {name: {} for name in _HYPERV}
    hyperv |= {"spinlocks": {"spinlocks": 8191}, "synictimer": {"direct": {}}}
    return {
        "clock": {"preferredClockOffset": {"utc": {}}, "preferredTimer": timers},
        "cpu": {"preferredCPUTopology": "sockets"},
        "devices": {
            "preferredDiskBus": "virtio",
            "preferredInputBus": "virtio",
            "preferredInputType": "tablet",
            "preferredInterfaceModel": "virtio",
        },
        "features": {"preferredAcpi": {}, "preferredApic": {}, "preferredHyperv": hyperv, "preferredSmm": {}},
        "firmware": {"preferredEfi": {"secureBoot": True}},
        "requirements": {"cpu": {"guest": 1}, "memory": {"guest": "2Gi"}},
    }
