# SPDX-License-Identifier: GPL-3.0-or-later
"""Pods in subnets of Kube-OVN: servers, and clients that fetch from some and must not reach others.

A network of a tenant has no DNS, no services, and no kubelet that reaches its pods. So pods have no probes, clients
know servers by their addresses, and leave their results as the message of their container.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import workloads

#: The subnet of a pod's first interface, where it is not that of its namespace (Kube-OVN 1.16: getPodDefaultSubnet).
ANNOTATION = "ovn.kubernetes.io/logical_switch"
#: Lines of clients by their first words: data of their own subnet, its MTU, and servers that must not be reached.
DATA, MTU, APART = "data", "mtu", "apart"

_SERVE = f"""mkdir -p /tmp/www && yes "$OWN" | head -c {workloads.BYTES} > /tmp/www/data
echo "$OWN" > /tmp/www/own && exec httpd -f -p {workloads.PORT} -h /tmp/www"""
# Networks of tenants may have the same addresses, so what answers counts only if it is the server that is meant.
_TRY = f"""{workloads.TRY}
apart() {{ wget -q -T 5 -O /tmp/got "http://$2:{workloads.PORT}/own" || return 0; [ "$(cat /tmp/got)" != "$1" ]; }}
[ -z "$MTU" ] || mtu
for peer in $PEERS; do try_until {DATA} "${{peer%%=*}}" data "${{peer%%=*}}" "${{peer#*=}}"; done
for peer in $CLOSED; do late=open try_until {APART} "${{peer%%=*}}" apart "${{peer%%=*}}" "${{peer#*=}}"; done"""

Pairs = Mapping[str, str]


def server(namespace: str, image: str, subnet: str, node: str) -> dict[str, Any]:
    """A pod that answers with one mebibyte of its name, `SUBNET/NODE`."""
    env = {"OWN": f"{subnet}/{node}"}
    return _in(subnet, workloads.once(namespace, image, f"serve-{subnet}-{node}", node, _SERVE, env))


def client(
    namespace: str, image: str, subnet: str, node: str, *, peers: Pairs, closed: Pairs, mtu: int | None, patience: int
) -> dict[str, Any]:
    """A pod that prints ``data NAME TRIES good`` for each of its peers, ``apart NAME TRIES good`` for each that it does
    not reach, and ``mtu WANTED 1 good``; lines end with ``silent``, ``wrong``, ``open`` or the MTU where it is not so.

    :param peers: names of servers that it has to reach -> addresses.
    :param closed: the same of servers that it must not reach.
    :param mtu: of its interface; None: it is not judged.
    :param patience: seconds in which attempts are repeated.
    """
    listed = {key: " ".join(f"{name}={at}" for name, at in sorted(of.items())) for key, of in _pairs(peers, closed)}
    env = {**listed, "MTU": str(mtu or ""), "PATIENCE": str(patience)}
    script = f"{{ {_TRY}\n}} | tee /dev/termination-log"
    return _in(subnet, workloads.once(namespace, image, f"try-{subnet}-{node}", node, script, env))


def _pairs(peers: Pairs, closed: Pairs) -> list[tuple[str, Pairs]]:
    return [("PEERS", peers), ("CLOSED", closed)]


def _in(subnet: str, pod: dict[str, Any]) -> dict[str, Any]:
    pod["metadata"]["annotations"] = {ANNOTATION: subnet}
    return pod
