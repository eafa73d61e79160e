# SPDX-License-Identifier: GPL-3.0-or-later
"""The pods that prove a cluster's network: one that serves on every node, one that asks on every node.

Each server has one mebibyte made of its node's name, so a client knows what it must get from whom without having
been told, and a wrong, short or damaged answer has another checksum.
"""

from __future__ import annotations

from typing import Any

BYTES = 1 << 20
PORT = 8080
SERVICE = "echo"
#: Namespaces of ours begin with it and end with the Unix time at which they were made.
PREFIX = "groundup-prove-"
_LABEL = {"groundup.cloud/proof": "echo"}

_SERVE = f"""mkdir -p /tmp/www && yes "$NODE" | head -c {BYTES} > /tmp/www/data
echo "$NODE" > /tmp/www/node && exec httpd -f -p {PORT} -h /tmp/www"""

# A name server or a rule of a service may come seconds after the pods it serves: silence is asked again, until
# PATIENCE seconds are over for all questions together, and the line says at which try an answer came. A wrong answer is
# none of the things that need time.
_ASK = f"""up() {{ read -r up rest < /proc/uptime; echo "${{up%%.*}}"; }}
end=$(($(up) + PATIENCE))
ask() {{
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
for peer in $PEERS; do ask pod "${{peer%%=*}}" data "${{peer%%=*}}" "${{peer#*=}}"; done
ask dns "$HOST" name
ask service "$HOST" service"""


def servers(namespace: str, image: str) -> list[dict[str, Any]]:
    """The namespace, a DaemonSet of servers that tolerates every taint, and a Service before them."""
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
    return f"ask-{node}"


def client(
    namespace: str, image: str, node: str, peers: dict[str, str], nodes: list[str], domain: str, patience: int
) -> dict[str, Any]:
    """A pod on `node` that asks some servers on other nodes, the Service and DNS, and says how it went.

    A line of it is ``pod NODE TRIES good``, with ``dns`` or ``service`` and the name asked for the other two, and
    ``silent`` or ``wrong`` instead of ``good``.

    :param peers: node name -> address of its server pod.
    :param nodes: names that a server behind the Service may give.
    :param domain: the cluster's DNS domain.
    :param patience: seconds in which silence is asked again.
    """
    host = f"{SERVICE}.{namespace}.svc.{domain}"
    asked = " ".join(f"{name}={address}" for name, address in sorted(peers.items()))
    env = {"PEERS": asked, "HOST": host, "NODES": " ".join(nodes), "PATIENCE": str(patience)}
    container = {
        "name": "ask",
        "image": image,
        "command": ["sh", "-c", f"{{ {_ASK}\n}} | tee /dev/termination-log"],
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
