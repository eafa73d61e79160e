# SPDX-License-Identifier: GPL-3.0-or-later
"""kubeadm's phases below the root of a hosted control plane (kubeadm's flag ``--rootfs``, kubeadm-init(8) 1.36)."""

from __future__ import annotations

import typing as t

from ..host.system import System
from ..kube import config, control_plane, paths, policy, yaml
from ..kube.settings import Settings

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
    ("addon", "kube-proxy"),
)
"""Create what joining nodes read, their permissions, and the add-ons, through the API."""
CONFIG = f"{paths.SCRATCH}/hosted.yaml"


def run(settings: Settings, system: System, phases: t.Iterable[t.Sequence[str]]) -> None:
    """Run phases of ``kubeadm init`` one after another. The configuration, which holds a token, goes when they end."""
    text = yaml.documents([config.init(settings, control_plane.new_token()), *config.cluster(settings)])
    system.write(CONFIG, text.encode(), mode=0o600)
    kubeadm = str(system.path(paths.KUBEADM))
    try:
        for phase in phases:
            system.run([kubeadm, "--rootfs", system.root, "init", "phase", *phase, "--config", CONFIG], timeout=300)
    finally:
        system.path(CONFIG).unlink(missing_ok=True)


def documents(settings: Settings) -> dict[str, str]:
    """Files of the role that the phases and the servers read: {path: text}."""
    found = {paths.CLUSTER: yaml.documents(config.cluster(settings))}
    return found | ({paths.AUDIT_POLICY: yaml.dump(policy.audit())} if settings.audit else {})
