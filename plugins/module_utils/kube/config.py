# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents kubeadm reads (v1beta4), the kubelet's and the proxy's configuration. Pure."""

from __future__ import annotations

import typing as t

from . import patches, paths
from .settings import NO_PROXY, Settings

API = "kubeadm.k8s.io/v1beta4"
SOCKET = "unix:///run/containerd/containerd.sock"
Doc = dict[str, t.Any]

# A leader that gets no CPU for 15 s loses its lease and exits; these values suit a busy emulated machine.
SLOW_LEASE = {
    "leader-elect-lease-duration": "60s",
    "leader-elect-renew-deadline": "40s",
    "leader-elect-retry-period": "10s",
}
# Measured on three of them: a busy leader sent no heartbeat for more than 5 s about once a minute.
SLOW_ETCD = {"heartbeat-interval": "1000", "election-timeout": "15000"}
# The API server is unready, and then dead, while etcd takes longer than this (2 s by default) for one read, which with
# several members is a round trip among them.
SLOW_CHECKS = {"etcd-healthcheck-timeout": "20s", "etcd-readycheck-timeout": "20s"}
SLOW_TIMEOUTS = {
    "controlPlaneComponentHealthCheck": "15m0s",
    "kubeletHealthCheck": "15m0s",
    "kubernetesAPICall": "15m0s",
    "etcdAPICall": "10m0s",
    "tlsBootstrap": "15m0s",
    "discovery": "15m0s",
}

# kubeadm init waits for the API server at its own address, and then goes on through the endpoint: its first request is
# repeated for this long (EnsureAdminClusterRoleBinding in cmd/kubeadm/app/phases/kubeconfig, 1.36; 1 min by default),
# in which an external load balancer has to notice that its first server is healthy.
EXTERNAL_TIMEOUTS = {"kubernetesAPICall": "5m0s"}


def args(values: t.Mapping[str, str]) -> list[Doc]:
    """Arguments as v1beta4 wants them."""
    return [{"name": name, "value": value} for name, value in values.items()]


def cluster(settings: Settings) -> list[Doc]:
    """What is the same for the whole cluster: ClusterConfiguration, KubeletConfiguration, KubeProxyConfiguration.

    The last one is left out where there is no kube-proxy.
    """
    found = [cluster_configuration(settings), kubelet_configuration(settings)]
    return found if settings.proxy_mode == NO_PROXY else [*found, proxy_configuration(settings)]


def cluster_configuration(settings: Settings) -> Doc:
    """ClusterConfiguration; certificates are ECDSA, which an emulated CPU signs 20 times faster than RSA."""
    elected = election(settings)
    grace = {"node-monitor-grace-period": "2m0s"} if settings.slow else {}
    return {
        "apiVersion": API,
        "kind": "ClusterConfiguration",
        "clusterName": settings.cluster,
        "kubernetesVersion": f"v{settings.version}",
        "controlPlaneEndpoint": settings.endpoint.authority,
        "imageRepository": settings.image_repository,
        "encryptionAlgorithm": "ECDSA-P256",
        "networking": {
            "podSubnet": settings.pods,
            "serviceSubnet": settings.services,
            "dnsDomain": settings.domain,
        },
        "apiServer": api_server(settings),
        "controllerManager": {"extraArgs": args({"bind-address": "127.0.0.1"} | elected | grace)},
        "scheduler": {"extraArgs": args({"bind-address": "127.0.0.1"} | elected)},
        **({"proxy": {"disabled": True}} if settings.proxy_mode == NO_PROXY else {}),
        "etcd": {"local": {"dataDir": "/var/lib/etcd", "extraArgs": args(SLOW_ETCD if settings.slow else {})}},
    }


def election(settings: Settings) -> dict[str, str]:
    """How the controller manager and the scheduler agree on a leader."""
    if settings.single:
        return {"leader-elect": "false"}
    return {"leader-elect": "true"} | (SLOW_LEASE if settings.slow else {})


def api_server(settings: Settings) -> Doc:
    """The API server: names in its certificate, encryption at rest, audit log."""
    extra: dict[str, str] = dict(SLOW_CHECKS) if settings.slow and not settings.single else {}
    if settings.hosted:
        # No kube-proxy runs beside it, so it reaches webhooks and aggregated APIs at their pods, not at their Services.
        extra["enable-aggregator-routing"] = "true"
    volumes: list[Doc] = []
    if settings.egress:
        extra["egress-selector-config-file"] = paths.EGRESS
    if settings.encryption:
        extra["encryption-provider-config"] = paths.ENCRYPTION
    if settings.audit:
        extra |= {
            "audit-policy-file": paths.AUDIT_POLICY,
            "audit-log-path": f"{paths.AUDIT_LOG}/audit.log",
            "audit-log-maxage": "30",
            "audit-log-maxbackup": "5",
            "audit-log-maxsize": "100",
        }
        volumes.append(_volume("groundup-audit-log", paths.AUDIT_LOG, read_only=False))
    if settings.encryption or settings.audit or settings.egress:
        volumes.append(_volume("groundup-apiserver", paths.APISERVER, read_only=True))
    return {"certSANs": alternative_names(settings), "extraArgs": args(extra), "extraVolumes": volumes}


def alternative_names(settings: Settings) -> list[str]:
    """Names and addresses of the API's certificates besides those that kubeadm gives to each."""
    own = {*settings.endpoint.names, *settings.control_planes, *settings.control_planes.values()}
    return sorted({*own, *settings.api_names})


def _volume(name: str, path: str, *, read_only: bool) -> Doc:
    return {"name": name, "hostPath": path, "mountPath": path, "readOnly": read_only, "pathType": "DirectoryOrCreate"}


def kubelet_configuration(settings: Settings) -> Doc:
    """KubeletConfiguration of every node."""
    doc: Doc = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "systemd",
        "containerRuntimeEndpoint": SOCKET,
        "rotateCertificates": True,
        "serializeImagePulls": False,
        "shutdownGracePeriod": "30s",
        "shutdownGracePeriodCriticalPods": "10s",
    }
    if settings.slow:
        doc |= {"runtimeRequestTimeout": "10m0s", "nodeLeaseDurationSeconds": 80}
    return doc


def proxy_configuration(settings: Settings) -> Doc:
    """KubeProxyConfiguration; nftables is the backend whose rules grow with changes, not with the cluster."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": settings.proxy_mode,
        "clusterCIDR": settings.pods,
    }


def registration(settings: Settings, ignore: t.Sequence[str] = ()) -> Doc:
    """NodeRegistration. Taints are empty on purpose: labels and taints of the model are set through the API.

    kubeadm requires two CPUs on a control plane. Emulated machines that share few cores are faster with one each: a
    second CPU that waits for a core blocks the first.
    """
    return {
        "name": settings.node.name,
        "criSocket": SOCKET,
        "taints": [],
        "imagePullPolicy": "IfNotPresent",
        "imagePullSerial": False,
        "kubeletExtraArgs": args({"node-ip": settings.node.addresses}),
        "ignorePreflightErrors": [*ignore, *(["NumCPU"] if settings.slow else [])],
    }


def _patience(settings: Settings) -> Doc:
    if not settings.slow:
        return {"timeouts": EXTERNAL_TIMEOUTS} if settings.endpoint.external else {}
    static_pods = settings.node.control_plane and not settings.hosted
    patched = {"patches": {"directory": patches.DIRECTORY}} if static_pods else {}
    return {"timeouts": SLOW_TIMEOUTS} | patched


def init(settings: Settings, token: str, ignore: t.Sequence[str] = ()) -> Doc:
    """InitConfiguration; ``token`` is never handed out and is deleted when init ends."""
    return {
        "apiVersion": API,
        "kind": "InitConfiguration",
        "bootstrapTokens": [{"token": token, "ttl": "15m0s", "usages": ["authentication"]}],
        "nodeRegistration": registration(settings, ignore),
        "localAPIEndpoint": {"advertiseAddress": settings.node.address, "bindPort": settings.api_port},
        "skipPhases": ["show-join-command"],
    } | _patience(settings)


def join(settings: Settings, discovery_file: str, token: str, certificate_key: str) -> Doc:
    """JoinConfiguration; the CA comes with the discovery file, so no hash and no signature is needed."""
    doc: Doc = {
        "apiVersion": API,
        "kind": "JoinConfiguration",
        "nodeRegistration": registration(settings),
        "discovery": {"file": {"kubeConfigPath": discovery_file}, "tlsBootstrapToken": token},
    } | _patience(settings)
    if settings.node.control_plane:
        local = {"advertiseAddress": settings.node.address, "bindPort": 6443}
        doc["controlPlane"] = {"localAPIEndpoint": local, "certificateKey": certificate_key}
    return doc


def upload_certs(settings: Settings, certificate_key: str) -> list[Doc]:
    """What ``kubeadm init phase upload-certs`` reads."""
    head = {"apiVersion": API, "kind": "InitConfiguration", "certificateKey": certificate_key}
    local = {"localAPIEndpoint": {"advertiseAddress": settings.node.address, "bindPort": 6443}}
    return [head | local | {"nodeRegistration": registration(settings)}, cluster_configuration(settings)]


def discovery(server: str, ca_base64: str) -> Doc:
    """A kubeconfig without credentials: the API's address and the CA to trust."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": {"server": server, "certificate-authority-data": ca_base64}}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "join", "context": {"cluster": "cluster", "user": "nobody"}}],
        "current-context": "join",
    }
