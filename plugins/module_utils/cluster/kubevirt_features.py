# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Feature gates of KubeVirt by version, as data: what each release knows, and which of them are on.

Names and stages are those of pkg/virt-config/featuregate (active.go, inactive.go) of the tags v1.8.4 and v1.9.0. From
1.9 on, a gate of the stage beta is on unless it is named as disabled (IsEnabled there); in 1.8 it is off unless it is
named. So both lists are written, and a release turns nothing on that nobody chose.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence


def names(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


#: Versions that may be chosen, the default first.
VERSIONS = ("1.9.0", "1.8.4")
ALPHA: Mapping[str, frozenset[str]] = {
    "1.9.0": names("""
        AlignCPUs CPUManager ConfigurableHypervisor ContainerPathVolumes CrossArchitectureVirtualization
        DecentralizedLiveMigration DownwardMetrics EnableVirtioFsStorageVolumes ExperimentalIgnitionSupport
        FirmwareAutoSelection GraceIOVirtualization HostDevices HostDisk HypervStrictCheck IOMMUFD IncrementalBackup
        MigrationStallDetection NetworkDevicesWithDRA OCIExport ObjectGraph PCINUMAAwareTopology Plugins PortRangesSpec
        ReservedOverheadMemlock Root Sidecar UtilityVolumes VGPULiveMigration VMStatsCollector VSOCK
        WorkloadEncryptionTDX
    """),
    "1.8.4": names("""
        AlignCPUs CPUManager ConfigurableHypervisor ContainerPathVolumes DecentralizedLiveMigration
        DeclarativeHotplugVolumes DownwardMetrics EnableVirtioFsStorageVolumes ExpandDisks ExperimentalIgnitionSupport
        GPUsWithDRA HostDevices HostDevicesWithDRA HostDisk HotplugVolumes HypervStrictCheck IncrementalBackup
        LibvirtHooksServerAndClient OptOutRoleAggregation PCINUMAAwareTopology PersistentReservation RebootPolicy
        ReservedOverheadMemlock Root Sidecar Template UtilityVolumes VSOCK VmiMemoryOverheadReport WorkloadEncryptionSEV
        WorkloadEncryptionTDX
    """),
}
BETA: Mapping[str, frozenset[str]] = {
    "1.9.0": names("""
        DeclarativeHotplugVolumes ExternalNetResourceInjection GPUsWithDRA HostDevicesWithDRA ImageVolume
        KubevirtSeccompProfile LibvirtHooksServerAndClient NodeRestriction OptOutRoleAggregation PasstBinding
        PodSecondaryInterfaceNamingUpgrade RebootPolicy Snapshot Template VmiMemoryOverheadReport
        WorkloadEncryptionSEV
    """),
    "1.8.4": names("""
        ExternalNetResourceInjection ImageVolume KubevirtSeccompProfile LiveUpdateNADRef MigrationPriorityQueue
        NodeRestriction PanicDevices PasstBinding PodSecondaryInterfaceNamingUpgrade SecureExecution Snapshot VMExport
        VideoConfig
    """),
}
#: Gates that are always on, so that naming them has no effect. Those of 1.8.4, and what 1.9.0 has in addition.
_ALWAYS = names("""
        AutoResourceLimitsGate BochsDisplayForEFIGuests CPUNodeDiscovery ClusterProfiler
        CommonInstancetypesDeploymentGate
        DisableCustomSELinuxPolicy DynamicPodInterfaceNaming EnableVirtioFsConfigVolumes GPU HotplugNICs
        InstancetypeReferencePolicy LiveMigration NUMA NetworkBindingPlugins NonRoot PSA SRIOVLiveMigration
        VMLiveUpdateFeatures VMPersistentState VolumeMigration VolumesUpdateStrategy
    """)
ALWAYS: Mapping[str, frozenset[str]] = {
    "1.8.4": _ALWAYS,
    "1.9.0": _ALWAYS
    | names("""
        ExpandDisks LiveUpdateNADRef MigrationPriorityQueue PanicDevices PersistentReservation SecureExecution
        VMExport VideoConfig
    """),
}
#: Gates that are on wherever a version has them, with the reason.
ON: Mapping[str, str] = {
    "DeclarativeHotplugVolumes": "disks are added to virtual machines that run, by their specification",
    "ExpandDisks": "a guest sees that its volume was expanded",
    "NodeRestriction": "a node's virt-handler changes objects of its own node only",
    "Snapshot": "virtual machines are snapshotted and restored",
    "VMExport": "disks of virtual machines are downloaded",
}
#: Gates that can't be turned on, with the reason.
REFUSED: Mapping[str, str] = {
    "ConfigurableHypervisor": "this layer configures no hypervisor but KVM",
    "ExternalNetResourceInjection": "it needs network-resources-injector, which no layer brings, or virtual machines "
    "are started on nodes without their device",
    "HostDevices": "this layer permits no devices of hosts",
    "PersistentReservation": "it needs the image pr-helper, which the bundle does not have",
    "Root": "it takes the hardening of virtual machines away",
    "Template": "it needs the images of virt-template, which the bundle does not have",
}
#: Why gates that a release turns on by itself are off.
OFF: Mapping[str, str] = {
    "GPUsWithDRA": "this layer permits no devices of hosts",
    "HostDevicesWithDRA": "this layer permits no devices of hosts",
    "ImageVolume": "containerd before 2.3.2 mounts such volumes empty, without an error (kubevirt#17460)",
    "KubevirtSeccompProfile": "only a migration with post-copy needs the profile",
    "LibvirtHooksServerAndClient": "nothing here hooks into migrations",
    "OptOutRoleAggregation": "users get KubeVirt's rights with the roles of Kubernetes",
    "PasstBinding": "pods' networks are bound by bridge or masquerade",
    "PodSecondaryInterfaceNamingUpgrade": "it is for virtual machines that an old release has started",
    "RebootPolicy": "a guest that reboots stays where it is",
    "VmiMemoryOverheadReport": "nothing here reads it",
    "WorkloadEncryptionSEV": "memory of guests is not encrypted",
    **{name: REFUSED[name] for name in ("ExternalNetResourceInjection", "Template")},
}
REGISTRY = "quay.io/kubevirt"
COMPONENTS = (
    "virt-operator",
    "virt-api",
    "virt-controller",
    "virt-handler",
    "virt-launcher",
    "virt-exportproxy",
    "virt-exportserver",
)
#: What a gate needs beside them.
OWN_IMAGE: Mapping[str, str] = {
    "DecentralizedLiveMigration": "virt-synchronization-controller",
    "Sidecar": "sidecar-shim",
}


def problems(version: str, gates: Sequence[str]) -> Iterator[str]:
    """What is wrong with gates that shall be on, each with the remedy."""
    known = ALPHA[version] | BETA[version]
    for name in dict.fromkeys(gates):
        if gates.count(name) > 1:
            yield f"{name} is listed twice; list it once"
        if name in ALWAYS[version]:
            yield f"{name} is always on in KubeVirt {version}; remove it"
        elif name not in known:
            near = difflib.get_close_matches(name, known, 1)
            yield f"KubeVirt {version} has no feature gate {name}; " + (f"is it {near[0]}?" if near else "remove it")
        elif name in REFUSED:
            yield f"{name} can't be on: {REFUSED[name]}; remove it"
        elif name in ON:
            yield f"{name} is on already, since {ON[name]}; remove it"


def enabled(version: str, gates: Sequence[str]) -> list[str]:
    """The gates that are on: those of this layer and the given ones."""
    return sorted({*(name for name in ON if name in ALPHA[version] | BETA[version]), *gates})


def disabled(version: str, gates: Sequence[str]) -> list[str]:
    """The gates that the release would turn on and nobody chose.

    With 1.8, which turns nothing on, those of 1.9: its operator starts before it reads what else is written for it.
    """
    return sorted(BETA[VERSIONS[0]] - {*enabled(version, gates)})


def images(version: str, gates: Sequence[str]) -> tuple[str, ...]:
    """The images that run with these gates.

    virt-operator derives the others from its own one: registry, prefix and tag of VIRT_OPERATOR_IMAGE, unless a
    variable such as VIRT_API_IMAGE names another (pkg/virt-operator/util/config.go). Its manifest sets none of these,
    so machines pull these names, which their container runtime takes from the bundle.
    """
    names = [*COMPONENTS, *(OWN_IMAGE[gate] for gate in sorted(set(gates) & set(OWN_IMAGE)))]
    return tuple(f"{REGISTRY}/{name}:v{version}" for name in names)
