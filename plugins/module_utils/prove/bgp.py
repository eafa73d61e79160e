# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof of sessions by BGP, as Calico on each node reports them.

Calico writes the status of a node into an object CalicoNodeStatus that names it. The proof makes one for each node,
reads it and removes it again. A session is established only if both ends agree, so the ends at routers are proved too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..conditions.serving import unready
from ..kube.api import Api
from ..report.proofs import Proof, ProofError, UntriedError
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, wait
from .registry import proof

CLAIM = "every node has its sessions of BGP"
VERSION = "crd.projectcalico.org/v1"
CUSTOM = f"/apis/{VERSION}"
STATUS = f"{CUSTOM}/caliconodestatuses"
#: Names of the objects begin with it.
PREFIX = "groundup-prove-"
PERIOD = 5
ESTABLISHED = "Established"
Json = Mapping[str, Any]
States = dict[str, dict[str, str]]


@proof("cluster", layer="network", provider="calico")
def _sessions(context: Any) -> Iterator[Proof]:
    if context.expected.layers.get("network") == "calico":
        yield context.prove(CLAIM, lambda api: sessions(api, context.expected.patience))


def sessions(api: Api, patience: float) -> str:
    """The evidence of all sessions.

    :raises ProofError: some are not established, or a node does not report.
    :raises UntriedError: Calico is an overlay here, which has no sessions.
    """
    configuration = api.get(f"{CUSTOM}/bgpconfigurations/default")
    if configuration is None:
        raise UntriedError("Calico has no settings of BGP here; pods are connected by its overlay")
    nodes = {
        item["metadata"]["name"]: _address(item) for item in api.get("/api/v1/nodes")["items"] if not unready(item)
    }
    peers = [item["spec"]["peerIP"] for item in (api.get(f"{CUSTOM}/bgppeers") or {}).get("items") or []]
    try:
        reported = _reported(api, sorted(nodes), patience)
    finally:
        for name in nodes:
            api.delete(f"{STATUS}/{PREFIX}{name}")
    mesh = bool(configuration["spec"].get("nodeToNodeMeshEnabled", True))
    wrong = list(_wrong(reported, nodes, peers, mesh=mesh))
    if wrong:
        raise ProofError("; ".join(wrong))
    return "; ".join(f"{name}: {', '.join(sorted(found))}" for name, found in sorted(reported.items()))


def _address(node: Json) -> str:
    found = (entry["address"] for entry in node["status"].get("addresses") or () if entry["type"] == "InternalIP")
    return next(found, "")


def _reported(api: Api, nodes: list[str], patience: float) -> States:
    """The state of each session by the address of its other end, by node; the last one where some are not established.

    :raises ProofError: a node reports nothing.
    """
    for name in nodes:
        api.delete(f"{STATUS}/{PREFIX}{name}")  # one that a killed run left
        spec = {"node": name, "classes": ["BGP"], "updatePeriodSeconds": PERIOD}
        metadata = {"name": f"{PREFIX}{name}"}
        api.create(STATUS, {"apiVersion": VERSION, "kind": "CalicoNodeStatus", "metadata": metadata, "spec": spec})
    states: States = {}

    def look() -> States | Missing:
        for name in nodes:
            status = (api.get(f"{STATUS}/{PREFIX}{name}") or {}).get("status") or {}
            if status.get("lastUpdated"):
                found = (status.get("bgp") or {}).get("peersV4") or ()
                states[name] = {peer["peerIP"]: peer.get("state", "") for peer in found}
        rows = [Row("no status", "Calico's daemon reports nothing", name) for name in nodes if name not in states]
        rows += [Row("session not established", "", name) for name, found in states.items() if _down(found)]
        return Missing(tuple(rows)) if rows else states

    try:
        return wait(look, Deadline(patience), what="the sessions of all nodes")
    except TimedOut as error:
        if len(states) < len(nodes):
            raise ProofError(f"{error.missing}, after {error.seconds:.0f} s") from error
        return states


def _down(found: Mapping[str, str]) -> bool:
    return bool(set(found.values()) - {ESTABLISHED})


def _wrong(reported: States, nodes: Mapping[str, str], peers: list[str], *, mesh: bool) -> Iterator[str]:
    for name, found in sorted(reported.items()):
        yield from (
            f"{name}: the session with {address} is {state or 'unknown'}"
            for address, state in sorted(found.items())
            if state != ESTABLISHED
        )
        if mesh:
            others = {address for other, address in nodes.items() if other != name and address}
            yield from (f"{name}: there is no session with {address}" for address in sorted(others - set(found)))
        elif not found:
            yield f"{name}: there is no session at all"
    seen = {address for found in reported.values() for address in found}
    yield from (f"no node has a session with {address}" for address in sorted(set(peers) - seen))
