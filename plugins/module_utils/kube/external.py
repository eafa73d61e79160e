# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an endpoint that others provide works: its name resolves, and its load balancer reaches an API server.

kubeadm goes on through the endpoint once the first API server is ready (WaitControlPlaneClient and Client of initData
in cmd/kubeadm/app/cmd/init.go, 1.36), and joins begin there. Its own messages do not tell what is missing.
"""

from __future__ import annotations

import socket
import typing as t
from pathlib import Path

from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from .api import Https, Refused, Unreachable, tls
from .errors import KubeError
from .settings import API_PORT, Settings

#: Seconds within which a load balancer has to have noticed a server that became ready.
PATIENCE = {"default": 60.0, "slow": 600.0}
Resolve = t.Callable[[str], t.Any]


def _resolve(name: str) -> t.Any:
    return socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)


def unresolved(settings: Settings, resolve: Resolve = _resolve) -> str:
    """Why the endpoint's name is of no use on this machine, with the remedy; empty where it is, or where there is
    none."""
    name = settings.endpoint.name
    try:
        if name:
            resolve(name)
    except OSError as error:
        return (
            f"{name}, the name of the API's endpoint, does not resolve here ({error}); give this machine a resolver "
            "that knows it, or a line in /etc/hosts, which the role host_base writes where the endpoint has an address"
        )
    return ""


def silence(settings: Settings, ca: str, timeout: float = 10) -> str:
    """Why the endpoint does not serve, as this machine sees it; empty where it does.

    ``/readyz`` needs no login (Kubernetes' documentation, reference/access-authn-authz/rbac, role
    system:public-info-viewer).

    :param ca: PEM of the cluster's CA, by which the answering server is known.
    :param timeout: seconds for the answer.
    """
    try:
        Https(settings.endpoint.url, tls(ca, "", ""), timeout).text("GET", "/readyz")
    except Unreachable as error:
        return str(error)
    except Refused:  # an API server of this cluster answered, which lets nobody ask without a login
        return ""
    return ""


def sentence(settings: Settings, reason: str) -> str:
    """What is wrong with the load balancer, and what has to be done there."""
    endpoint = settings.endpoint
    if settings.existing:
        return (
            f"{settings.node.name}: the API at {endpoint.authority} does not answer this machine, or not with a "
            f"certificate of the kubeconfig's CA ({reason}); give this machine a way to it, and the endpoint and the "
            "kubeconfig of one cluster"
        )
    servers = ", ".join(f"{address}:{API_PORT}" for _name, address in sorted(settings.control_planes.items()))
    return (
        f"the external load balancer at {endpoint.authority} does not answer {settings.node.name} ({reason}); forward "
        f"TCP {endpoint.port} there to {servers}, unchanged (no TLS of its own), to those whose https://…:{API_PORT}"
        "/readyz answers 200, and let all machines connect to it, control planes too"
    )


def require(settings: Settings, ca: str, deadline: Deadline | None = None) -> None:
    """Return when an external load balancer forwards to an API server; at once where the control planes have the
    endpoint themselves.

    :raises KubeError: it did not in time, with what to do.
    """
    if not settings.endpoint.external:
        return

    def probe() -> Missing | None:
        reason = silence(settings, ca)
        return Missing.of(settings.endpoint.authority, reason) if reason else None

    try:
        wait(probe, deadline or Deadline(PATIENCE[settings.timings]), what="the external load balancer")
    except TimedOut as error:
        raise KubeError(unresolved(settings) or sentence(settings, error.missing.rows[0].reason)) from error


def explain(settings: Settings, ca_file: Path) -> str:
    """What an init that failed may have lacked of an external load balancer, as a further line; empty where the
    endpoint serves or is the control planes' own.

    :param ca_file: the cluster's CA, which kubeadm makes among the first things.
    """
    if not settings.endpoint.external or not ca_file.is_file():
        return ""
    reason = silence(settings, ca_file.read_text())
    return f"\n{unresolved(settings) or sentence(settings, reason)}" if reason else ""
