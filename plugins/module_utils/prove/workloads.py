# SPDX-License-Identifier: GPL-3.0-or-later
"""The pods that prove a cluster's network: a server and a client on every node.

Each server has one mebibyte made of its node's name, so a client can compute what each server has to
answer, and notices a wrong, short or damaged answer.
"""

from __future__ import annotations

from typing import Any

BYTES = 1 << 20
PORT = 8080
SERVICE = "echo"
#: Names of the namespaces begin with it and end with the Unix time at which they were created.
PREFIX = "groundup-prove-"
_LABEL = {"groundup.cloud/proof": "echo"}

_SERVE = f"""mkdir -p /tmp/www && yes "$NODE" | head -c {BYTES} > /tmp/www/data
echo "$NODE" > /tmp/www/node && exec httpd -f -p {PORT} -h /tmp/www"""

# A name server or a rule of a service may be ready seconds after the pods it serves: a request without an answer is
# repeated until PATIENCE seconds are over for all requests together, and the line has the number of tries. A wrong
# answer is final.
_CLIENT = f"""up() {{ read -r up rest < /proc/uptime; echo "${{up%%.*}}"; }}
end=$(($(up) + PATIENCE))
try_until() {{
  claim="$1 $2" try=1; shift 2
  while :; do
    "$@"; case $? in 0) echo "$claim $try good"; return;; 2) echo "$claim $try wrong"; return;; esac
    [ "$(up)" -lt "$end" ] || {{ echo "$claim $try silent"; return; }}
    try=$((try + 1)); sleep 2
  done
}}
fetch() {{ wget -q -T 20 -O /tmp/got "http://$1:{PORT}/$2" || return 1; }}
data() {{ fetch "$2" data && {{ yes "$1" | head -c {BYTES} | cmp -s - /tmp/got || return 2; }}; }}
name() {{ nslookup "$HOST" > /tmp/dns 2>&1 || return 1; }}
service() {{ fetch "$HOST" node && case " $NODES " in *" $(cat /tmp/got) "*) ;; *) return 2;; esac; }}
for peer in $PEERS; do try_until pod "${{peer%%=*}}" data "${{peer%%=*}}" "${{peer#*=}}"; done
try_until dns "$HOST" name
try_until service "$HOST" service"""


def servers(namespace: str, image: str) -> list[dict[str, Any]]:
    """The namespace, a DaemonSet of servers that tolerates every taint, and a Service for them."""
    container = {
        "name": "serve",
        "image": image,
        "command": ["sh", "-c", _SERVE],
        "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "readinessProbe": {"httpGet": {"path": "/node", "port": PORT}, "periodSeconds": 2, "timeoutSeconds": 5},
        **_HARMLESS,
    }
    pods = {"tolerations": [{"operator": "Exists"}], "terminationGracePeriodSeconds": 0, "containers": [container]}
    daemons = {
        "selector": {"matchLabels": _LABEL},
        "template": {"metadata": {"labels": _LABEL}, "spec": {**pods, "automountServiceAccountToken": False}},
    }
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        _object("apps/v1", "DaemonSet", namespace, SERVICE, daemons),
        _object("v1", "Service", namespace, SERVICE, {"selector": _LABEL, "ports": [{"port": PORT}]}),
    ]


def client_name(node: str) -> str:
    """Name of the client pod on a node."""
    return f"client-{node}"


def client(
    namespace: str, image: str, node: str, peers: dict[str, str], nodes: list[str], domain: str, patience: int
) -> dict[str, Any]:
    """A pod on `node` that fetches from servers on other nodes and the Service, resolves a name, and prints results.

    A line is ``pod NODE TRIES good``, or begins with ``dns NAME`` or ``service NAME``; without an answer it ends with
    ``silent``, and with ``wrong`` where the answer is wrong.

    :param peers: node name -> address of its server pod.
    :param nodes: names that a server of the Service may answer with.
    :param domain: the cluster's DNS domain.
    :param patience: seconds in which requests without an answer are repeated.
    """
    host = f"{SERVICE}.{namespace}.svc.{domain}"
    servers_of_peers = " ".join(f"{name}={address}" for name, address in sorted(peers.items()))
    env = {"PEERS": servers_of_peers, "HOST": host, "NODES": " ".join(nodes), "PATIENCE": str(patience)}
    container = {
        "name": "client",
        "image": image,
        "command": ["sh", "-c", f"{{ {_CLIENT}\n}} | tee /dev/termination-log"],
        "env": [{"name": name, "value": value} for name, value in env.items()],
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
    return _object("v1", "Pod", namespace, client_name(node), spec)


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
