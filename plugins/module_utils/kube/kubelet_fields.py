# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of KubeletConfiguration and the values that they take.

Source: kubelet.config.k8s.io/v1beta1 of Kubernetes 1.36.3, k8s.io/kubelet/config/v1beta1/types.go; LoggingConfiguration
and TracingConfiguration of k8s.io/component-base; choices from pkg/kubelet/apis/config/validation, pkg/kubelet/cm and
pkg/kubelet/types. The kubelet ignores a field of a drop-in that it does not know, so names are checked here.
"""

from __future__ import annotations

import typing as t

#: A word of `FORMS`, a choice of words, a mapping of fields, a list of something, or a mapping of any names.
Kind = str | tuple[str, ...] | dict[str, t.Any] | list[t.Any]
#: The key of a mapping whose names are free; its value is the kind of all values.
EACH = ""

_FLAG, _NUMBER, _FRACTION, _TEXT, _TIME = "flag", "number", "fraction", "text", "time"
_QUANTITY, _THRESHOLD, _ANY = "quantity", "threshold", "any"

FIELDS: dict[str, Kind] = {
    **dict.fromkeys(
        (
            "cgroupsPerQOS", "cpuCFSQuota", "enableContentionProfiling", "enableControllerAttachDetach",
            "enableDebugFlagsHandler", "enableDebuggingHandlers", "enableProfilingHandler", "enableServer",
            "enableSystemLogHandler", "enableSystemLogQuery", "failCgroupV1", "failSwapOn", "kernelMemcgNotification",
            "localStorageCapacityIsolation", "makeIPTablesUtilChains", "mergeDefaultEvictionSettings",
            "protectKernelDefaults", "registerNode", "rotateCertificates", "runOnce", "seccompDefault",
            "serializeImagePulls", "serverTLSBootstrap", "singleProcessOOMKill",
        ),
        _FLAG,
    ),
    **dict.fromkeys(
        (
            "containerLogMaxFiles", "containerLogMaxWorkers", "eventBurst", "eventRecordQPS",
            "evictionMaxPodGracePeriod", "healthzPort", "imageGCHighThresholdPercent", "imageGCLowThresholdPercent",
            "iptablesDropBit", "iptablesMasqueradeBit", "kubeAPIBurst", "kubeAPIQPS", "maxOpenFiles",
            "maxParallelImagePulls", "maxPods", "nodeLeaseDurationSeconds", "nodeStatusMaxImages", "oomScoreAdj",
            "podPidsLimit", "podsPerCore", "port", "readOnlyPort", "registryBurst", "registryPullQPS",
        ),
        _NUMBER,
    ),
    **dict.fromkeys(
        (
            "address", "cgroupDriver", "cgroupRoot", "clusterDomain", "containerRuntimeEndpoint", "contentType",
            "healthzBindAddress", "imageServiceEndpoint", "kubeReservedCgroup", "kubeletCgroups", "podCIDR",
            "podLogsDir", "providerID", "reservedSystemCPUs", "resolvConf", "showHiddenMetricsForVersion",
            "staticPodPath", "staticPodURL", "systemCgroups", "systemReservedCgroup", "tlsCertFile",
            "tlsPrivateKeyFile", "volumePluginDir",
        ),
        _TEXT,
    ),
    **dict.fromkeys(
        (
            "containerLogMonitorInterval", "cpuCFSQuotaPeriod", "cpuManagerReconcilePeriod",
            "evictionPressureTransitionPeriod", "fileCheckFrequency", "httpCheckFrequency", "imageMaximumGCAge",
            "imageMinimumGCAge", "nodeStatusReportFrequency", "nodeStatusUpdateFrequency", "runtimeRequestTimeout",
            "shutdownGracePeriod", "shutdownGracePeriodCriticalPods", "streamingConnectionIdleTimeout",
            "syncFrequency", "volumeStatsAggPeriod",
        ),
        _TIME,
    ),
    **{
        name: [_TEXT]
        for name in ("allowedUnsafeSysctls", "clusterDNS", "preloadedImagesVerificationAllowlist", "tlsCipherSuites")
    },
    **{name: {EACH: _TEXT} for name in ("cpuManagerPolicyOptions", "qosReserved", "topologyManagerPolicyOptions")},
    **{name: {EACH: _THRESHOLD} for name in ("evictionHard", "evictionMinimumReclaim", "evictionSoft")},
    **{name: {EACH: _QUANTITY} for name in ("kubeReserved", "systemReserved")},
    "authentication": {EACH: _ANY},
    "authorization": {EACH: _ANY},
    "configMapAndSecretChangeDetectionStrategy": ("Get", "Cache", "Watch"),
    "containerLogMaxSize": _QUANTITY,
    "cpuManagerPolicy": ("none", "static"),
    "crashLoopBackOff": {"maxContainerRestartPeriod": _TIME},
    "enforceNodeAllocatable": [
        (
            "none", "pods", "system-reserved", "system-reserved-compressible", "kube-reserved",
            "kube-reserved-compressible",
        )
    ],
    "evictionSoftGracePeriod": {EACH: _TIME},
    "featureGates": {EACH: _FLAG},
    "hairpinMode": ("hairpin-veth", "promiscuous-bridge", "none"),
    "imagePullCredentialsVerificationPolicy": (
        "NeverVerify", "NeverVerifyPreloadedImages", "NeverVerifyAllowlistedImages", "AlwaysVerify",
    ),
    "logging": {
        "flushFrequency": _ANY,
        "format": ("text", "json"),
        "options": {"json": _ANY, "text": _ANY},
        "verbosity": _NUMBER,
        "vmodule": [{"filePattern": _TEXT, "verbosity": _NUMBER}],
    },
    "memoryManagerPolicy": ("None", "Static"),
    "memoryReservationPolicy": ("None", "TieredReservation"),
    "memorySwap": {"swapBehavior": ("NoSwap", "LimitedSwap")},
    "memoryThrottlingFactor": _FRACTION,
    "registerWithTaints": [_ANY],
    "reservedMemory": [{"limits": {EACH: _QUANTITY}, "numaNode": _NUMBER}],
    "shutdownGracePeriodByPodPriority": [{"priority": _NUMBER, "shutdownGracePeriodSeconds": _NUMBER}],
    "staticPodURLHeader": {EACH: [_TEXT]},
    "tlsCurvePreferences": [_NUMBER],
    "tlsMinVersion": ("VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"),
    "topologyManagerPolicy": ("none", "best-effort", "restricted", "single-numa-node"),
    "topologyManagerScope": ("container", "pod"),
    "tracing": {"endpoint": _TEXT, "samplingRatePerMillion": _NUMBER},
    "userNamespaces": {"idsPerPod": _NUMBER},
}  # fmt: skip

_ENTRY = "machines join by kubeadm, which configures the kubelet's own API so that only the API server may use it"
_RUNTIME = "the role container_runtime configures the runtime to match"
_WAITS = "kubeadm and the role wait for the kubelet there"
#: Fields that others of the cluster depend on, and why they can't be given.
OWNED: dict[str, str] = {
    "apiVersion": "the role writes it",
    "authentication": _ENTRY,
    "authorization": _ENTRY,
    "cgroupDriver": _RUNTIME,
    "clusterDomain": "it is the domain of services of the whole cluster; set kubernetes.domain",
    "containerRuntimeEndpoint": _RUNTIME,
    "healthzBindAddress": _WAITS,
    "healthzPort": _WAITS,
    "imageServiceEndpoint": _RUNTIME,
    "kind": "the role writes it",
    "podCIDR": "the cluster gives each node its range of kubernetes.pods",
    "port": "the firewall, checks and proofs expect the kubelet at 10250",
    "registerNode": "a machine of the cluster is a node of it",
    "registerWithTaints": "taints are set through the API; use machines.NAME.taints",
    "rotateCertificates": "the kubelet renews its own certificate, and nothing else does",
    "staticPodPath": "kubeadm writes the control plane's manifests to /etc/kubernetes/manifests",
}
