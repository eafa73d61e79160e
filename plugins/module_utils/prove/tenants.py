# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of subnets of Kube-OVN: their pods reach each other across machines, and nobody reaches those of a private
subnet, or of another tenant's network.

Who may not reach whom is data of the model. That a server does not answer shows isolation only if it answers its own
subnet: both are judged of the same servers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..kube.api import Api
from ..report.proofs import ProofError, UntriedError
from . import tenant_pods
from .spaces import Space, message_of
from .tenant_pods import APART, DATA, MTU

LAYER = "network"
CLAIM = "pods in each subnet of Kube-OVN reach each other across machines, 1 MiB with the right checksum"
APART_CLAIM = "pods of other networks and subnets do not reach those of private subnets and of tenants' networks"
#: Nodes on which a subnet is tried.
_MOST = 8


@dataclass(frozen=True)
class PodSubnet:
    """A subnet whose pods have their first interface in it.

    :ivar subnet: its addresses.
    :ivar nodes: those on which its pods may be.
    :ivar mtu: of its pods, where it is not that of the cluster.
    :ivar closed: names of subnets whose pods must not be reached from it.
    """

    name: str
    subnet: str
    nodes: tuple[str, ...]
    mtu: int | None = None
    closed: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> PodSubnet:
        """The subnet that an item of the option means."""
        return cls(**{**given, "nodes": tuple(given["nodes"]), "closed": tuple(given.get("closed") or ())})


@dataclass
class Tenants:
    """The proofs of one run: pods are started for the first, and judged again for the second.

    :ivar image: reference of the probe image, which has busybox's applets on its path.
    :ivar patience: seconds to wait for servers, and again for clients.
    """

    api: Api
    image: str
    patience: int
    subnets: Sequence[PodSubnet]
    _lines: dict[str, list[str]] = field(default_factory=dict)

    def reached(self, namespace: str, ready: Collection[str]) -> str:
        """Start pods in a namespace and judge what they reach; returns the evidence.

        :param ready: nodes on which pods start.
        :raises ProofError: pods did not start, have addresses of another subnet, or did not reach each other.
        """
        places = {one.name: [node for node in one.nodes if node in ready][:_MOST] for one in self.subnets}
        self._run(Space(self.api, namespace, self.patience), places)
        wrong = [*self._wrong(DATA, _said), *self._wrong(MTU, _mtu)]
        if wrong:
            raise ProofError("; ".join(wrong))
        left_out = [name for name, nodes in places.items() if not nodes]
        if len(left_out) == len(places):
            raise UntriedError("no subnet is on a ready node")
        tried = ", ".join(f"{name} on {_count(nodes)}" for name, nodes in places.items() if nodes)
        return tried + (f"; not tried: {', '.join(left_out)}, on no ready node" if left_out else "")

    def apart(self, _namespace: str, _ready: Collection[str]) -> str:
        """Judge what the pods of :meth:`reached` must not have reached; returns the evidence.

        :raises ProofError: one of them was answered by a server that it must not reach.
        :raises UntriedError: no network or subnet is closed to another one, or servers do not answer anybody.
        """
        if not any(one.closed for one in self.subnets):
            raise UntriedError("no network of a tenant and no private subnet is in the model")
        if wrong := list(self._wrong(APART, _open)):
            raise ProofError("; ".join(wrong))
        answers = {words[1] for __, words in self._results(DATA) if words[-1] == "good"}
        kept = {(client.partition("/")[0], words[1]) for client, words in self._results(APART) if words[1] in answers}
        if not kept:
            raise UntriedError("no server answered in its own subnet, so it shows nothing that others get no answer")
        pairs = sorted({(one, name.partition("/")[0]) for one, name in kept})
        wanted = {(one.name, other) for one in self.subnets for other in one.closed}
        missing = sorted(wanted - set(pairs))
        left_out = f"; not tried: {', '.join(f'{one} to {other}' for one, other in missing)}" if missing else ""
        return ", ".join(f"{one} does not reach {other}" for one, other in pairs) + left_out

    def _run(self, space: Space, places: Mapping[str, Sequence[str]]) -> None:
        """Start servers and then clients, and keep what clients said, by `SUBNET/NODE`."""
        keys = [(one, node) for one in self.subnets for node in places[one.name]]
        begun = {
            f"{one.name}/{node}": space.make(tenant_pods.server(space.name, self.image, one.name, node), "pods")
            for one, node in keys
        }
        found = space.until(list(begun.values()), "a server in each subnet to start")
        at = {name: str(found[wanted]["status"]["podIP"]) for name, wanted in begun.items()}
        _refuse_other_addresses(self.subnets, at)
        clients = {}
        for one, node in keys:
            pod = tenant_pods.client(
                space.name,
                self.image,
                one.name,
                node,
                peers={name: at[name] for name in [f"{one.name}/{_next(places[one.name], node)}"]},
                closed={name: at[name] for name in _closed(one, node, places)},
                mtu=one.mtu,
                patience=self.patience // 2,
            )
            clients[f"{one.name}/{node}"] = space.make(pod, "pods", once=True)
        ended = space.until(list(clients.values()), "all clients in subnets to end")
        self._lines = {name: message_of(ended[wanted]).splitlines() for name, wanted in clients.items()}

    def _wrong(self, kind: str, says: Callable[[str, str, str], str]) -> Iterable[str]:
        found = self._results(kind)
        if kind == DATA:
            yield from (f"{client}: no result" for client in self._lines.keys() - {client for client, __ in found})
        yield from (says(client, words[1], words[-1]) for client, words in found if words[-1] != "good")

    def _results(self, kind: str) -> list[tuple[str, list[str]]]:
        """Clients, each with the words of one of its lines."""
        words = [(client, line.split()) for client, lines in self._lines.items() for line in lines]
        return [(client, found) for client, found in words if found[:1] == [kind]]


def _next(nodes: Sequence[str], node: str) -> str:
    return nodes[(nodes.index(node) + 1) % len(nodes)]


def _closed(one: PodSubnet, node: str, places: Mapping[str, Sequence[str]]) -> list[str]:
    """Servers that a client must not reach: one of each subnet, by the first client of a subnet, on another node if
    there is one."""
    if node != places[one.name][0]:
        return []
    names = [other for other in one.closed if places.get(other)]
    return [f"{other}/{next((n for n in places[other] if n != node), places[other][0])}" for other in names]


def _refuse_other_addresses(subnets: Iterable[PodSubnet], at: Mapping[str, str]) -> None:
    wrong = []
    for one in subnets:
        own = {name: address for name, address in at.items() if name.partition("/")[0] == one.name}
        network = ipaddress.ip_network(one.subnet)
        wrong += [
            f"{name} has {address}, which is not in {network}"
            for name, address in own.items()
            if ipaddress.ip_address(address) not in network
        ]
    if wrong:
        raise ProofError("; ".join(wrong))


def _said(client: str, server: str, word: str) -> str:
    return f"{client}: {server} " + ("sends wrong data" if word == "wrong" else "does not answer")


def _mtu(client: str, wanted: str, has: str) -> str:
    return f"{client}: its interface has the MTU {has}, not {wanted}"


def _open(client: str, server: str, _word: str) -> str:
    return f"{client} reaches {server}"


def _count(nodes: Sequence[str]) -> str:
    return "1 node" if len(nodes) == 1 else f"{len(nodes)} nodes"
