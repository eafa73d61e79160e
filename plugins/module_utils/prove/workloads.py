# SPDX-License-Identifier: GPL-3.0-or-later
"""The pods that prove a cluster's network: a server and a client on every node.

Each server has one mebibyte made of its node's name, so a client can compute what each server has to
answer, and notices a wrong, short or damaged answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BYTES = 1 << 20
PORT = 8080
#: Port of a second server in each pod, which a policy closes to all other pods.
CLOSED_PORT = 8081
SERVICE = "echo"
#: The service with an address outside the cluster.
BALANCED = "outside"
#: Names of the namespaces begin with it and end with the Unix time at which they were created.
PREFIX = "groundup-prove-"
_LABEL = {"groundup.cloud/proof": "echo"}
#: Nothing reaches the servers but what is allowed, which is one port (NetworkPolicy, networking.k8s.io/v1).
_ONE_PORT = {
    "podSelector": {"matchLabels": _LABEL},
    "policyTypes": ["Ingress"],
    "ingress": [{"ports": [{"protocol": "TCP", "port": PORT}]}],
}

_SERVE = f"""mkdir -p /tmp/www && yes "$NODE" | head -c {BYTES} > /tmp/www/data
echo "$NODE" > /tmp/www/node && exec httpd -f -p {PORT} -h /tmp/www"""

_SERVE_CLOSED = f"exec httpd -f -p {CLOSED_PORT} -h /etc"

# A name server or a rule of a service may be ready seconds after the pods it serves: a request without an answer is
# repeated until PATIENCE seconds are over for all requests together, and the line has the number of tries. A wrong
# answer is final. A port that a policy closes is tried until it is closed, since a policy takes a moment as well.
#: Where a pod reads the MTU of its first interface, which runtimes call eth0.
MTU_FILE = "/sys/class/net/eth0/mtu"
#: Functions of shells: `try_until WORD NAME COMMAND …` prints a line, `data NAME ADDRESS` fetches from a server, and
#: `mtu` prints a line that ends with the MTU if it is not $MTU.
TRY = f"""up() {{ read -r up rest < /proc/uptime; echo "${{up%%.*}}"; }}
end=$(($(up) + PATIENCE))
try_until() {{
  claim="$1 $2" try=1; shift 2
  while :; do
    "$@"; case $? in 0) echo "$claim $try good"; return;; 2) echo "$claim $try wrong"; return;; esac
    [ "$(up)" -lt "$end" ] || {{ echo "$claim $try ${{late:-silent}}"; return; }}
    try=$((try + 1)); sleep 2
  done
}}
fetch() {{ wget -q -T 20 -O /tmp/got "http://$1:{PORT}/$2" || return 1; }}
data() {{ fetch "$2" data && {{ yes "$1" | head -c {BYTES} | cmp -s - /tmp/got || return 2; }}; }}
mtu() {{ has=$(cat {MTU_FILE}); [ "$has" != "$MTU" ] || has=good; echo "mtu $MTU 1 ${{has:-unknown}}"; }}"""
_CLIENT = f"""{TRY}
name() {{ nslookup "$HOST" > /tmp/dns 2>&1 || return 1; }}
name6() {{ nslookup -type=aaaa "$HOST" > /tmp/dns 2>&1 && grep -qF "$SERVICE6" /tmp/dns || return 1; }}
answered() {{ fetch "$1" node && case " $NODES " in *" $(cat /tmp/got) "*) ;; *) return 2;; esac; }}
service() {{ answered "$HOST"; }}
service6() {{ answered "[$SERVICE6]"; }}
closed() {{ ! wget -q -T 5 -O /dev/null "http://$1:{CLOSED_PORT}/hostname"; }}
[ -z "$MTU" ] || mtu
for peer in $PEERS; do try_until pod "${{peer%%=*}}" data "${{peer%%=*}}" "${{peer#*=}}"; done
try_until dns "$HOST" name
try_until service "$HOST" service
for peer in $PEERS6; do try_until pod6 "${{peer%%=*}}" data "${{peer%%=*}}" "${{peer#*=}}"; done
[ -z "$SERVICE6" ] || try_until dns6 "$HOST" name6
[ -z "$SERVICE6" ] || try_until service6 "$HOST" service6
for peer in $CLOSED; do late=open try_until closed "${{peer%%=*}}" closed "${{peer#*=}}"; done"""


@dataclass(frozen=True)
class Six:
    """What a client reaches by IPv6: servers by the names of their nodes, and the Service. Addresses are compressed."""

    peers: Mapping[str, str]
    service: str


def servers(namespace: str, image: str, *, policy: bool, dual_stack: bool = False) -> list[dict[str, Any]]:
    """A DaemonSet of servers that tolerates every taint, and a Service for them.

    :param policy: add a policy that closes all ports of the servers but one, and a server at a closed port. A pod is
        ready only if its kubelet reaches that server, so it is the policy which closes the port to other pods.
    :param dual_stack: the Service has an address of both IP versions, or is refused.
    """
    container = {
        "name": "serve",
        "image": image,
        "command": ["sh", "-c", _SERVE],
        "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "readinessProbe": _answers_at(PORT, "/node"),
        **_HARMLESS,
    }
    closed = {
        "name": "closed",
        "image": image,
        "command": ["sh", "-c", _SERVE_CLOSED],
        "readinessProbe": _answers_at(CLOSED_PORT, "/hostname"),
        **_HARMLESS,
    }
    containers = [container, closed] if policy else [container]
    pods = {"tolerations": [{"operator": "Exists"}], "terminationGracePeriodSeconds": 0, "containers": containers}
    daemons = {
        "selector": {"matchLabels": _LABEL},
        "template": {"metadata": {"labels": _LABEL}, "spec": {**pods, "automountServiceAccountToken": False}},
    }
    both = {"ipFamilyPolicy": "RequireDualStack"} if dual_stack else {}
    return [
        _object("apps/v1", "DaemonSet", namespace, SERVICE, daemons),
        _object("v1", "Service", namespace, SERVICE, {"selector": _LABEL, "ports": [{"port": PORT}], **both}),
        *([_object("networking.k8s.io/v1", "NetworkPolicy", namespace, SERVICE, _ONE_PORT)] if policy else []),
    ]


def balanced(namespace: str) -> dict[str, Any]:
    """A Service of type LoadBalancer for the servers."""
    spec = {"type": "LoadBalancer", "selector": _LABEL, "ports": [{"port": PORT}]}
    return _object("v1", "Service", namespace, BALANCED, spec)


def _answers_at(port: int, path: str) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": port}, "periodSeconds": 2, "timeoutSeconds": 5}


def client_name(node: str) -> str:
    """Name of the client pod on a node."""
    return f"client-{node}"


def client(
    namespace: str,
    image: str,
    node: str,
    peers: dict[str, str],
    nodes: list[str],
    domain: str,
    patience: int,
    closed: dict[str, str] | None = None,
    six: Six | None = None,
    mtu: int | None = None,
) -> dict[str, Any]:
    """A pod on `node` that fetches from servers on other nodes and the Service, resolves a name, and prints results.

    A line is ``pod NODE TRIES good``, or begins with ``dns NAME`` or ``service NAME``; without an answer it ends with
    ``silent``, and with ``wrong`` where the answer is wrong. ``closed NODE TRIES good`` says that the port which a
    policy closes did not answer; the line ends with ``open`` where it did.

    :param peers: node name -> address of its server pod.
    :param closed: the same for those whose closed port is tried.
    :param nodes: names that a server of the Service may answer with.
    :param domain: the cluster's DNS domain.
    :param patience: seconds in which requests without an answer are repeated.
    :param six: what is to be reached by IPv6 as well, with lines that begin with ``pod6``, ``dns6`` and ``service6``.
    :param mtu: of the pod's interface, with the line ``mtu MTU 1 good``, which ends with another MTU if it has that.
    """
    host = f"{SERVICE}.{namespace}.svc.{domain}"
    bracketed = {name: f"[{at}]" for name, at in six.peers.items()} if six else {}
    pairs = {"PEERS": peers, "PEERS6": bracketed, "CLOSED": closed or {}}
    listed = {key: " ".join(f"{name}={at}" for name, at in sorted(of.items())) for key, of in pairs.items()}
    listed |= {"SERVICE6": six.service if six else "", "MTU": str(mtu or "")}
    env = {**listed, "HOST": host, "NODES": " ".join(nodes), "PATIENCE": str(patience)}
    return once(namespace, image, client_name(node), node, f"{{ {_CLIENT}\n}} | tee /dev/termination-log", env)


def once(namespace: str, image: str, name: str, node: str, script: str, env: Mapping[str, str]) -> dict[str, Any]:
    """A pod that runs a shell script on a node once. Its container is the first one, so that a caller may change it."""
    container = {
        "name": "client",
        "image": image,
        "command": ["sh", "-c", script],
        "env": [{"name": key, "value": value} for key, value in env.items()],
        **_HARMLESS,
    }
    spec = {
        "nodeName": node,
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        "tolerations": [{"operator": "Exists"}],
        "containers": [container],
    }
    return _object("v1", "Pod", namespace, name, spec)


_HARMLESS: dict[str, Any] = {
    "imagePullPolicy": "IfNotPresent",
    "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
    "securityContext": {
        "runAsUser": 65534,
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    },
}


def _object(version: str, kind: str, namespace: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
