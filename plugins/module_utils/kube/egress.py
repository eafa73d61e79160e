# SPDX-License-Identifier: GPL-3.0-or-later
"""How an API server without routes to pods reaches them: through konnectivity (sigs.k8s.io/apiserver-network-proxy).

konnectivity-server runs beside the API server, which gives it each connection to nodes and pods over a Unix socket. Its
agents on nodes connect to the server, so that no packet needs a route from the server's host to pods. Facts:
Kubernetes' documentation, tasks/extend-kubernetes/setup-konnectivity; cmd/server/app/options and pkg/server of the
module. Its minor version is that of Kubernetes (README of the module, "Versioning and releases").
"""

from __future__ import annotations

import typing as t

from ..host.state import File
from . import paths, yaml
from .settings import Settings

VERSION = "0.36.0"
_IMAGES = "registry.k8s.io/kas-network-proxy"
SERVER_IMAGE, AGENT_IMAGE = f"{_IMAGES}/proxy-server:v{VERSION}", f"{_IMAGES}/proxy-agent:v{VERSION}"
#: Where both images have their program, in the one of upstream (artifacts/images of the module) and in ours.
SERVER_PROGRAM, AGENT_PROGRAM = "proxy-server", "proxy-agent"
#: Ports of the server: for agents, at the endpoint's address; of its health and its figures, on loopback. They are the
#: defaults of its flags.
PORT, HEALTH_PORT, ADMIN_PORT = 8091, 8092, 8095
#: The user that the server is to the API, which lets it review tokens of agents, and for whom these are made.
USER = AUDIENCE = "system:konnectivity-server"
#: The account of the agents.
NAMESPACE, ACCOUNT = "kube-system", "konnectivity-agent"
#: Below the root of the control plane.
DIRECTORY = "/run/konnectivity-server"
SOCKET = f"{DIRECTORY}/konnectivity-server.socket"


def configuration() -> dict[str, t.Any]:
    """EgressSelectorConfiguration: what goes to nodes, pods and services goes through the server, and nothing else.

    `cluster` has kubelets, webhooks and aggregated APIs by services, and the API's own proxies (KEP 1281).
    """
    connection = {"proxyProtocol": "GRPC", "transport": {"uds": {"udsName": SOCKET}}}
    return {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{"name": "cluster", "connection": connection}],
    }


def files(settings: Settings) -> tuple[File, ...]:
    """What the API server reads of it when it starts."""
    return (File(paths.EGRESS, yaml.dump(configuration()), mode=0o600),) if settings.egress else ()
