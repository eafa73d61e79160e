# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the role `hosted_control_plane`, checked, and the places of a hosted control plane on this host."""

from __future__ import annotations

import dataclasses
import os
import typing as t
from dataclasses import dataclass

from ..kube import egress
from ..kube import settings as kube
from ..kube.errors import KubeError

SERVERS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
"""Names of kubeadm's static pods, in the order in which they are started."""

KONNECTIVITY = "konnectivity-server"
"""The proxy through which the API server reaches pods, where there are no routes to them."""
ALL = (*SERVERS, KONNECTIVITY)
TAKEN = (2379, 2380, 2381, 10257, 10259, egress.HEALTH_PORT, egress.ADMIN_PORT)
"""Ports of the servers on this host: of etcd and its figures, of both controllers, and of konnectivity-server."""
FIRST, LAST = 1024, 49151
"""The ports that konnectivity-server takes (cmd/server/app/options)."""


@dataclass(frozen=True)
class Hosted:
    """A hosted control plane.

    :ivar kubernetes: the cluster; its ``root`` is the directory below which the servers run.
    :ivar bundle_dir: the bundle from whose images the servers are unpacked.
    :ivar service_manager: ``systemd`` or ``processes``, which keeps the servers running.
    :ivar konnectivity: the port for agents of konnectivity-server, at the endpoint's address; None without that server.
    """

    kubernetes: kube.Settings
    bundle_dir: str
    service_manager: str
    konnectivity: int | None = None

    @property
    def root(self) -> str:
        """The directory that the servers have as their root."""
        return self.kubernetes.root

    @property
    def servers(self) -> tuple[str, ...]:
        """Names of the services, in the order in which they are started."""
        return SERVERS if self.konnectivity is None else ALL

    @property
    def state_dir(self) -> str:
        """Directory of the services' files, logs and pidfiles."""
        return os.path.dirname(self.root)

    @property
    def cloud(self) -> str:
        """The cloud's name, a part of the names of systemd's units."""
        return f"{self.kubernetes.cluster}-control-plane"

    def path(self, *parts: str) -> str:
        """A path below the state directory."""
        return os.path.join(self.state_dir, *parts)


def parse(config: t.Mapping[str, t.Any], kubernetes: t.Mapping[str, t.Any]) -> Hosted:
    """Settings from the role's variables.

    :param config: `hosted_control_plane_config`.
    :param kubernetes: `kubernetes_config` of the host that stands for the cluster.
    :raises KubeError: naming the key, its value and the remedy.
    """
    root, bundle = str(kubernetes.get("root") or "/"), str(config.get("bundle_dir") or "")
    if root == "/":
        raise KubeError(
            "kubernetes_config.root: is /, which is where control planes of machines are; "
            "give the directory of the hosted control plane"
        )
    if not os.path.isabs(root):
        raise KubeError(f"kubernetes_config.root: {root!r} is not an absolute path")
    if not bundle:
        raise KubeError("hosted_control_plane_config.bundle_dir: give the directory of the bundle")
    settings, port = kube.parse(kubernetes), _port(config)
    if port is not None:
        _check_port(port, settings.endpoint.port)
        settings = dataclasses.replace(settings, egress=True)
    return Hosted(settings, bundle, str(config.get("service_manager") or "systemd"), port)


def _port(config: t.Mapping[str, t.Any]) -> int | None:
    proxy = config.get("konnectivity")
    return None if proxy is None else int(proxy.get("port") or egress.PORT)


def _check_port(port: int, endpoint: int) -> None:
    if not FIRST <= port <= LAST:
        text = f"{port} is not from {FIRST} to {LAST}; {egress.PORT} is usual"
    elif port in (*TAKEN, endpoint):
        text = f"{port} is a port of another server of this control plane; {egress.PORT} is usual"
    elif endpoint in TAKEN[-2:]:
        raise KubeError(
            f"kubernetes_config.endpoint.port: {endpoint} is a port of konnectivity-server on this host; 8443 is usual"
        )
    else:
        return
    raise KubeError(f"hosted_control_plane_config.konnectivity.port: {text}")
