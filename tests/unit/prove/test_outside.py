# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof of a load balancer against a made-up API, and its requests against a real server of this host."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.address_ranges import parse
from ansible_collections.groundup.cloud.plugins.module_utils.prove import outside, workloads
from ansible_collections.groundup.cloud.plugins.module_utils.prove.cluster import cluster_proofs, without_credentials
from ansible_collections.groundup.cloud.plugins.module_utils.prove.outside import Outside, Silent
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError, UntriedError

from .test_cluster import EXPECTED, FakeApi

POOL = parse("10.30.0.200-10.30.0.220")
SERVICE = "/api/v1/namespaces/ns/services/outside"


class Balancing:
    """An API whose load balancer gives a service an address, and the network that leads to it."""

    def __init__(self, address: str = "10.30.0.200", answer: str = "node2", stays: bool = False, late: int = 0) -> None:
        self.address, self.answer, self.stays, self.late = address, answer, stays, late
        self.created: list[dict[str, Any]] = []
        self.deleted: list[str] = []

    def create(self, _path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.created.append(body)
        return body

    def get(self, path: str) -> dict[str, Any]:
        if path != SERVICE:
            return {"items": []}
        given = {"loadBalancer": {"ingress": [{"ip": self.address}]}} if self.address else {}
        return {"metadata": {"name": "outside", "namespace": "ns"}, "spec": {"type": "LoadBalancer"}, "status": given}

    def delete(self, path: str) -> bool:
        self.deleted.append(path)
        return True

    def fetch(self, address: str) -> str:
        assert address == self.address
        self.late -= 1
        if self.late >= 0 or not self.answer or (self.deleted and not self.stays):
            raise Silent("timed out")
        return self.answer


def proof(api: Any, patience: int = 1) -> Outside:
    return Outside(api, (POOL,), patience, api.fetch)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "PAUSE", 0.01)


def test_a_service_gets_an_address_that_answers_until_it_is_removed() -> None:
    api = Balancing(late=2)
    found = proof(api).prove("ns", ["node1", "node2"])
    assert found == "10.30.0.200 was answered by node2, and no more after the Service was removed"
    assert [body["spec"]["type"] for body in api.created] == ["LoadBalancer"] and api.deleted == [SERVICE]


@pytest.mark.parametrize(
    ("api", "message"),
    [
        (Balancing(address=""), "no load balancer has given it an address"),
        (Balancing(address="192.0.2.7"), "it has 192.0.2.7, which is in no pool of the model: 10.30.0.200-10.30.0.220"),
        (Balancing(answer=""), "10.30.0.200: timed out"),
        (Balancing(answer="printer"), "10.30.0.200 answers 'printer', which is none of node1, node2"),
        (Balancing(stays=True), "still answers 'node2', so something else has this address as well"),
    ],
    ids=["no address", "an address of no pool", "silent", "somebody else", "an answer after the removal"],
)
def test_what_a_load_balancer_does_not_do_fails_the_proof(api: Balancing, message: str) -> None:
    with pytest.raises(ProofError) as caught:
        proof(api, patience=0).prove("ns", ["node1", "node2"])
    assert message in str(caught.value)


def test_without_a_pool_that_gives_addresses_unasked_it_is_not_tried() -> None:
    api: Any = Balancing()
    with pytest.raises(UntriedError, match="no pool gives addresses to services that do not ask for it"):
        Outside(api, (), 0).prove("ns", ["node1"])
    assert not api.created


@contextmanager
def server(body: bytes) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        try:
            yield found.server_port
        finally:
            found.shutdown()
            thread.join()


def test_a_request_asks_the_address_itself_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with server(b"node1\n") as port:
        monkeypatch.setattr(workloads, "PORT", port)
        assert outside.fetch("127.0.0.1") == "node1"
    with pytest.raises(Silent, match="refused"):
        outside.fetch("127.0.0.1")


def test_an_address_to_which_this_host_has_no_route_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: Any, **__: Any) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("socket.create_connection", connect)
    with pytest.raises(UntriedError, match="this host has no route to 203\\.0\\.113\\.1"):
        outside.fetch("203.0.113.1")


BALANCED = replace(
    EXPECTED, layers={"kubernetes": None, "network": "basic", "load_balancer": "metallb"}, pools=(str(POOL),)
)


class Whole(FakeApi):
    """The API of the proofs of the cluster, with a load balancer."""

    def get(self, path: str) -> Any:
        if path.endswith("/services/outside"):
            return Balancing().get(SERVICE)
        return super().get(path)


def test_the_proof_is_one_of_the_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    api: Any = Whole()
    monkeypatch.setattr(outside.Outside, "_answer", lambda *_: "node1")
    monkeypatch.setattr(outside.Outside, "_silence", lambda *_: None)
    found = {one.name: one for one in cluster_proofs(api, BALANCED)}
    assert found[outside.CLAIM].ok and found[outside.CLAIM].layer == "load_balancer"
    assert "services of type LoadBalancer get an address" not in found, "it is promised, so it is proved"


def test_it_is_untried_where_pods_cannot_be_tried_and_not_promised_where_it_is_absent() -> None:
    api: Any = Whole(unready=("node1", "node2"))
    for proofs in (cluster_proofs(api, BALANCED), without_credentials(BALANCED, "no such file")):
        assert [one.ok for one in proofs if one.name == outside.CLAIM] == [None]
    without = cluster_proofs(FakeApi(), replace(EXPECTED, layers={"kubernetes": None, "network": "basic"}))  # type: ignore[arg-type]
    assert outside.CLAIM not in {one.name for one in without}
    assert [one.promised for one in without if one.name == "services of type LoadBalancer get an address"] == [False]


def test_a_network_that_gives_addresses_itself_owes_the_proof() -> None:
    layers = {"kubernetes": None, "network": "cilium"}
    own = replace(EXPECTED, layers=layers, pools=(str(POOL),))
    assert own.meanwhile == ((outside.CLAIM, "network"),)
    assert replace(own, pools=()).meanwhile == ()
