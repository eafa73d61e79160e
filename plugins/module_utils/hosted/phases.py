# SPDX-License-Identifier: GPL-3.0-or-later
"""What kubeadm does for a hosted control plane, and from which files."""

from __future__ import annotations

from ..kube import config, egress, paths, policy, yaml
from ..kube.settings import NO_PROXY, Settings

FILES = (
    ("certs", "all"),
    ("kubeconfig", "admin"),
    ("kubeconfig", "super-admin"),
    ("kubeconfig", "controller-manager"),
    ("kubeconfig", "scheduler"),
    ("etcd", "local"),
    ("control-plane", "all"),
)
"""Write certificates and kubeconfigs, of which valid ones stay, and the manifests of static pods."""
OBJECTS = (
    ("upload-config", "kubeadm"),
    ("upload-config", "kubelet"),
    ("bootstrap-token",),
    ("addon", "coredns"),
)
"""Create what joining nodes read, their permissions, and the add-ons, through the API."""
KUBE_PROXY = ("addon", "kube-proxy")


def objects(settings: Settings) -> tuple[tuple[str, ...], ...]:
    """The phases that create objects: those of kube-proxy only where the cluster has it."""
    return OBJECTS if settings.proxy_mode == NO_PROXY else (*OBJECTS, KUBE_PROXY)


def documents(settings: Settings) -> dict[str, str]:
    """Files of the role that the phases and the servers read, all of mode 0600: {path: text}."""
    found = {paths.CLUSTER: yaml.documents(config.cluster(settings))}
    return found | {file.path: file.content or "" for file in (*policy.files(settings), *egress.files(settings))}
