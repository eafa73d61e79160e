# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""konnectivity: agents through which an API server without routes to pods reaches them (`kube.egress`).

An agent connects to konnectivity-server, which runs beside the API server, and opens connections from its node when it
is told to. It is in the network of its node: there it reaches the pods of all nodes, as kubelets and pods with
`hostNetwork` do, and it starts before there is a network of pods, which may itself have webhooks that must be reached.
There is one on each node, so that connections to a kubelet end on its own node, and so that none depends on the
scheduler. Agents read no object of the API: with one server there is nothing to count by leases.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from ..kube import egress
from ..objects.manifests import Definition, of_objects
from .upstream import ClusterLayerError

ROLE = "konnectivity"
IMAGE = egress.AGENT_IMAGE
#: Ports of an agent on loopback of its node, the defaults of its flags: of its health and of its figures.
HEALTH_PORT, ADMIN_PORT = 8093, 8094
#: Seconds that an agent has to end. It takes no more connections after the signal, and does not end by itself
#: (cmd/agent/app/server.go): so long may webhooks still answer, for which API servers wait 10 s by default.
GRACE = 10
#: The user `nobody` and its group, which the images have; the kubelet gives it the token (core/v1 PodSecurityContext).
NOBODY = 65534
_TOKENS = "/var/run/secrets/konnectivity"
_SERVER = re.compile(r"(?P<host>[^\s\[\]:]+|\[[^\]]+\]):(?P<port>\d{1,5})")
Params = Mapping[str, Any]


def render(params: Params) -> list[Definition]:
    """The definitions that the role's input means.

    :raises ClusterLayerError: a value is wrong, with the remedy.
    """
    host, port = server(params)
    labels = {"app.kubernetes.io/name": egress.ACCOUNT}
    account = {"name": egress.ACCOUNT, "namespace": egress.NAMESPACE}
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account, "automountServiceAccountToken": False},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": egress.USER},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "system:auth-delegator",
            },
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": egress.USER}],
        },
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {**account, "labels": labels},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": _pod(params, host, port)},
            },
        },
    ]
    return of_objects(objects, f"{ROLE}_config")


def server(params: Params) -> tuple[str, int]:
    """Host and port at which agents reach the server.

    :raises ClusterLayerError: the option is not like 10.30.0.10:8091.
    """
    given = str(params.get("server") or "")
    found = _SERVER.fullmatch(given)
    host = found["host"].strip("[]") if found else ""
    if not found or not 0 < int(found["port"]) <= 65535 or ("[" in given and not _is_ipv6(host)):
        raise ClusterLayerError(
            f"{ROLE}_config.server: {given!r} is not an address with a port like 10.30.0.10:{egress.PORT}; give the "
            "endpoint of the cluster with the port of hosted_control_plane_config.konnectivity"
        )
    return host, int(found["port"])


def _is_ipv6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False


def _pod(params: Params, host: str, port: int) -> dict[str, Any]:
    token = {"path": "token", "audience": egress.AUDIENCE, "expirationSeconds": 3600}
    authority = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    return {
        "serviceAccountName": egress.ACCOUNT,
        "automountServiceAccountToken": False,
        "hostNetwork": True,
        "terminationGracePeriodSeconds": GRACE,
        "priorityClassName": "system-node-critical",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"operator": "Exists"}],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": NOBODY,
            "runAsGroup": NOBODY,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(str(params.get("image") or IMAGE), host, port)],
        "volumes": [
            {
                "name": "credentials",
                "projected": {"sources": [{"serviceAccountToken": token}, {"configMap": authority}]},
            }
        ],
    }


def _container(image: str, host: str, port: int) -> dict[str, Any]:
    def probe(path: str) -> dict[str, Any]:
        return {"httpGet": {"host": "127.0.0.1", "port": HEALTH_PORT, "path": path}, "timeoutSeconds": 15}

    return {
        "name": egress.ACCOUNT,
        "image": image,
        "command": [f"/{egress.AGENT_PROGRAM}"],
        "args": list(arguments(host, port)),
        "env": [
            {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            {"name": "NODE_ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}},
        ],
        "livenessProbe": {**probe("/healthz"), "initialDelaySeconds": 15},
        # An agent is ready while a server has taken its token.
        "readinessProbe": {**probe("/readyz"), "periodSeconds": 5},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "credentials", "mountPath": _TOKENS, "readOnly": True}],
    }


def arguments(
    host: str, port: int, *, credentials: str = _TOKENS, name: str = "$(NODE_NAME)", address: str = "$(NODE_ADDRESS)"
) -> tuple[str, ...]:
    """The command line of an agent. The server allows its pings once in 30 s at most (MinTime in cmd/server/app)."""
    return (
        f"--proxy-server-host={host}",
        f"--proxy-server-port={port}",
        f"--ca-cert={credentials}/ca.crt",
        f"--service-account-token-path={credentials}/token",
        f"--agent-id={name}",
        f"--agent-identifiers=host={name}&ipv4={address}",
        "--health-server-host=127.0.0.1",
        f"--health-server-port={HEALTH_PORT}",
        "--admin-bind-address=127.0.0.1",
        f"--admin-server-port={ADMIN_PORT}",
        "--sync-forever",
        "--keepalive-time=60s",
    )
