# SPDX-License-Identifier: GPL-3.0-or-later
"""A Service of type LoadBalancer that answers where this runs, which is no member of the cluster."""

from __future__ import annotations

import errno
import http.client
import ipaddress
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..cluster.address_ranges import AddressRange
from ..conditions.explain import explain
from ..kube.api import Api
from ..report.proofs import ProofError, UntriedError
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from . import workloads

LAYER = "load_balancer"
CLAIM = "a Service of type LoadBalancer gets an address that answers from outside the cluster, until it is removed"
#: Seconds for one request, and between two of them.
REQUEST, PAUSE = 5.0, 2.0
#: So many requests in a row have to stay without an answer after the removal.
SILENT = 3


class Silent(Exception):
    """An address did not answer; the text says why."""


def fetch(address: str) -> str:
    """What the port of the servers at an address answers. No proxy is asked: it may reach what this host does not.

    :raises Silent: nothing.
    :raises UntriedError: this host has no route to the address.
    """
    try:
        with closing(http.client.HTTPConnection(address, workloads.PORT, timeout=REQUEST)) as connection:
            connection.request("GET", "/node")
            return connection.getresponse().read(4096).decode(errors="replace").strip()
    except OSError as error:
        if error.errno == errno.ENETUNREACH:
            raise UntriedError(f"this host has no route to {address}") from error
        raise Silent(str(error)) from error
    except http.client.HTTPException as error:
        raise Silent(f"the answer is not HTTP: {error!r}") from error


@dataclass(frozen=True)
class Outside:
    """The proof.

    :ivar pools: ranges of the addresses that services get without asking.
    :ivar patience: seconds for an address, for the answer and for its end, each.
    """

    api: Api
    pools: tuple[AddressRange, ...]
    patience: int
    fetch: Callable[[str], str] = fetch

    def prove(self, namespace: str, nodes: Collection[str]) -> str:
        """Return the evidence. The servers of the namespace are ready.

        :param nodes: names that a server may answer with.
        :raises ProofError: the service has no address, or one of no pool, or it does not answer, or does so afterwards.
        :raises UntriedError: no address is given without asking, or this host has no route to it.
        """
        if not self.pools:
            raise UntriedError("no pool gives addresses to services that do not ask for it")
        path = f"/api/v1/namespaces/{namespace}/services"
        service = workloads.balanced(namespace)
        self.api.create(path, service)
        path = f"{path}/{service['metadata']['name']}"
        address = self._address(path)
        if not any(ipaddress.ip_address(address) in one for one in self.pools):
            raise ProofError(f"it has {address}, which is in no pool of the model: {', '.join(map(str, self.pools))}")
        node = self._answer(address)
        if node not in nodes:
            raise ProofError(f"{address} answers {node[:80]!r}, which is none of {', '.join(sorted(nodes))}")
        self.api.delete(path)
        self._silence(address)
        return f"{address} was answered by {node}, and no more after the Service was removed"

    def _address(self, path: str) -> str:
        def probe() -> str | Missing:
            found = self.api.get(path)
            given: list[dict[str, Any]] = (found.get("status") or {}).get("loadBalancer", {}).get("ingress") or []
            if given and given[0].get("ip"):
                return str(given[0]["ip"])
            item = {"apiVersion": "v1", "kind": "Service", **found}
            return Missing(explain(self.api.get, item, now=datetime.now(UTC)))

        try:
            return wait(probe, Deadline(self.patience), what="an address", pause=PAUSE)
        except TimedOut as error:
            raise ProofError(str(error)) from error

    def _answer(self, address: str) -> str:
        def probe() -> str | Missing:
            try:
                return self.fetch(address)
            except Silent as error:
                return Missing.of(address, str(error))

        try:
            return wait(probe, Deadline(self.patience), what="an answer from outside the cluster", pause=PAUSE)
        except TimedOut as error:
            raise ProofError(str(error)) from error

    def _silence(self, address: str) -> None:
        silent = 0

        def probe() -> bool | Missing:
            nonlocal silent
            try:
                answer = self.fetch(address)
            except Silent:
                silent += 1
                return True if silent >= SILENT else Missing.of(address, f"silent {silent} times")
            silent = 0
            return Missing.of(address, f"still answers {answer[:80]!r}, so something else has this address as well")

        try:
            wait(probe, Deadline(self.patience), what="the end of answers", pause=PAUSE)
        except TimedOut as error:
            raise ProofError(str(error)) from error
