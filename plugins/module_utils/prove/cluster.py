# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of a Kubernetes cluster, taken from outside through its endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from ..kube.api import Api
from ..report.proofs import Proof, ProofError, prove
from . import workloads
from .asked import asked

Found = TypeVar("Found")


@dataclass(frozen=True)
class Expected:
    """What the model says of the cluster.

    :ivar version: without a leading v, e.g. ``1.36.3``.
    :ivar image: reference of the probe image, which has busybox's applets on its path.
    :ivar patience: seconds to wait for pods.
    """

    endpoint: str
    version: str
    nodes: tuple[str, ...]
    domain: str
    image: str
    patience: int = 300


def cluster_proofs(api: Api, expected: Expected) -> list[Proof]:
    """All proofs; the last ones start pods in a namespace of their own, which is deleted afterwards."""
    proofs = [
        prove(f"API answers through the endpoint {expected.endpoint}", "kubernetes", asked(lambda: _ready(api))),
        prove("every machine is a Ready node of the right version", "kubernetes", asked(lambda: _nodes(api, expected))),
    ]
    if not proofs[0].ok:
        return proofs
    return proofs + _conversation(api, expected)


def _ready(api: Api) -> str:
    return f"Kubernetes {api.get('/version')['gitVersion']}"


def _nodes(api: Api, expected: Expected) -> str:
    found = {item["metadata"]["name"]: item for item in api.get("/api/v1/nodes")["items"]}
    wrong = [f"{name} is not a node" for name in expected.nodes if name not in found]
    for name, item in sorted(found.items()):
        version = item["status"]["nodeInfo"]["kubeletVersion"]
        conditions = {c["type"]: c for c in item["status"].get("conditions", [])}
        ready = conditions.get("Ready", {})
        wrong += [f"{name} is not in the model"] if name not in expected.nodes else []
        wrong += [f"{name} runs {version}"] if version != f"v{expected.version}" else []
        wrong += [f"{name} is not Ready: {ready.get('message')}"] if ready.get("status") != "True" else []
    if wrong:
        raise ProofError("; ".join(wrong))
    return f"{len(found)} nodes are Ready at v{expected.version}: {', '.join(sorted(found))}"


def _conversation(api: Api, expected: Expected) -> list[Proof]:
    """Servers on every node, then a client on every node; each client's lines are evidence."""
    said: dict[str, list[str]] = {}
    namespace = f"groundup-prove-{int(time.time())}"

    def talk() -> str:
        with _namespace(api, expected, namespace):
            addresses = _serving(api, expected, namespace)
            for node in addresses:
                pod = workloads.client(namespace, expected.image, node, addresses, expected.domain)
                api.create(f"/api/v1/namespaces/{namespace}/pods", pod)
            said.update(_answers(api, expected, namespace, addresses))
        return f"servers at {', '.join(f'{n} {a}' for n, a in sorted(addresses.items()))}"

    proofs = [prove("a pod starts on every node", "kubernetes", asked(talk))]
    claims = {
        "pod": "pods reach pods on every other node, 1 MiB with the right checksum",
        "dns": "pods resolve a service by name",
        "service": "pods reach a service by name",
    }
    if proofs[0].ok:
        proofs += [prove(claim, "kubernetes", partial(_judge, kind, said)) for kind, claim in claims.items()]
    return proofs


def _judge(kind: str, said: dict[str, list[str]]) -> str:
    lines = {node: [line for line in lines if line.startswith(f"{kind} ")] for node, lines in said.items()}
    bad = [f"{node}: {line}" for node, mine in sorted(lines.items()) for line in mine if not line.endswith(" good")]
    bad += [f"{node}: said nothing" for node, mine in sorted(lines.items()) if not mine and not _alone(kind, said)]
    if bad:
        raise ProofError("; ".join(bad))
    return f"{sum(map(len, lines.values()))} answers from {len(lines)} nodes"


def _alone(kind: str, said: dict[str, list[str]]) -> bool:
    return kind == "pod" and len(said) == 1


@contextmanager
def _namespace(api: Api, expected: Expected, namespace: str) -> Iterator[None]:
    space, daemons, service = workloads.servers(namespace, expected.image)
    api.create("/api/v1/namespaces", space)
    try:
        api.create(f"/apis/apps/v1/namespaces/{namespace}/daemonsets", daemons)
        api.create(f"/api/v1/namespaces/{namespace}/services", service)
        yield
    finally:
        api.delete(f"/api/v1/namespaces/{namespace}")


def _serving(api: Api, expected: Expected, namespace: str) -> dict[str, str]:
    """Node -> address of its server, once every node has a ready one."""

    def look() -> tuple[dict[str, str], str]:
        ready, waiting = {}, []
        for pod in _pods(api, namespace):
            node = pod["spec"].get("nodeName", "")
            if _is_ready(pod):
                ready[node] = pod["status"]["podIP"]
            else:
                waiting.append(f"{node}: {_why(pod)}")
        missing = sorted(set(expected.nodes) - set(ready))
        return ready, f"no server on {', '.join(missing)} ({'; '.join(waiting) or 'no pod'})" if missing else ""

    return _until(look, expected.patience)


def _answers(api: Api, expected: Expected, namespace: str, addresses: dict[str, str]) -> dict[str, list[str]]:
    def look() -> tuple[dict[str, list[str]], str]:
        asked = {pod["spec"]["nodeName"]: pod for pod in _pods(api, namespace) if pod["metadata"]["name"][:4] == "ask-"}
        done = {node: pod for node, pod in asked.items() if pod["status"].get("phase") in ("Succeeded", "Failed")}
        missing = [f"{node}: {_why(asked[node])}" for node in sorted(set(addresses) & set(asked) - set(done))]
        lines = {node: _message(pod).splitlines() for node, pod in done.items()}
        return lines, f"no answer from {'; '.join(missing)}" if missing else ""

    return _until(look, expected.patience)


def _until(look: Callable[[], tuple[Found, str]], patience: int) -> Found:
    deadline = time.monotonic() + patience
    while True:
        found, missing = look()
        if not missing:
            return found
        if time.monotonic() > deadline:
            raise ProofError(f"{missing} after {patience} s")
        time.sleep(2)


def _pods(api: Api, namespace: str) -> list[dict[str, Any]]:
    return list(api.get(f"/api/v1/namespaces/{namespace}/pods")["items"])


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _why(pod: dict[str, Any]) -> str:
    for status in pod["status"].get("containerStatuses") or []:
        waiting = status.get("state", {}).get("waiting")
        if waiting:
            return f"{waiting.get('reason')} {waiting.get('message', '')}".strip()
    return str(pod["status"].get("phase", "unknown"))


def _message(pod: dict[str, Any]) -> str:
    statuses = pod["status"].get("containerStatuses") or [{}]
    return str(statuses[0].get("state", {}).get("terminated", {}).get("message", ""))
