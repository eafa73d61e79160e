# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of pairs of machines."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.report.pairs import MOST, section, tables
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import Proof, Reach


def proof(host: str, address: str, mtu: int = 9000, network: str = "cluster", **peers: tuple[str, ...]) -> Proof:
    reach = Reach(network, address, mtu, **peers)
    ok = not reach.silent and not reach.larger
    return Proof(f"{host}: {network} carries its exact MTU to its peers", "network", ok, 1.0, "", reach=reach)


ALL = [
    proof("node1", "10.0.0.1", answered=("10.0.0.2", "10.0.0.10")),
    proof("node2", "10.0.0.2", answered=("10.0.0.1", "10.0.0.10"), larger=("10.0.0.10",)),
    proof("node10", "10.0.0.10", answered=("10.0.0.1",), silent=("10.0.0.2",)),
    proof("node1", "10.1.0.1", 1500, "storage", silent=("10.1.0.99",)),
]


def test_each_network_has_its_pairs_by_the_names_of_machines() -> None:
    cluster, storage = tables(ALL)
    assert (cluster.network, cluster.size, storage.network, storage.size) == ("cluster", 9000, "storage", 1500)
    assert cluster.pairs == {
        ("node1", "node2"): "answered",
        ("node1", "node10"): "answered",
        ("node2", "node1"): "answered",
        ("node2", "node10"): "larger",
        ("node10", "node1"): "open",
        ("node10", "node2"): "silent",
    }
    assert cluster.senders == ["node1", "node2", "node10"], "in the order of people"
    assert storage.receivers == ["10.1.0.99"], "a peer that proved nothing is known by its address"


def test_what_failed_is_open_and_said_in_words() -> None:
    page = section(ALL)
    assert page.startswith("<details open><summary>Pairs of machines ") and "4 of 7 answer as they have to" in page
    for words in (
        "node1 to node2: answers at 9000 bytes, and not at one more",
        "node2 to node10: answers at 9000 bytes, and at one more too",
        "node10 to node1: answers at 9000 bytes; one more was not tried, since another peer was silent",
        "node10 to node2: no answer at 9000 bytes",
        "node1 to 10.1.0.99: no answer at 1500 bytes",
    ):
        assert f'title="{words}"' in page


def test_what_holds_is_collapsed() -> None:
    assert section(ALL[:1]).startswith("<details><summary>")


def test_nothing_measured_is_no_section() -> None:
    assert not section([Proof("node1: LACP", "network", True, 0.5, "2 of 2")])


@pytest.mark.parametrize(("machines", "whole"), [(MOST, True), (MOST + 1, False)])
def test_a_large_network_lists_what_failed(machines: int, whole: bool) -> None:
    addresses = [f"10.0.0.{number}" for number in range(machines)]
    found = [
        proof(f"node{number}", own, answered=tuple(one for one in addresses if one != own))
        for number, own in enumerate(addresses)
    ]
    assert ("<table>" in section(found)) is whole
    if not whole:
        assert f"all {machines * (machines - 1)} pairs of {machines} machines" in section(found)
        found[0] = proof("node0", "10.0.0.0", answered=tuple(addresses[2:]), silent=(addresses[1],))
        assert "<li>node0 to node1: no answer at 9000 bytes</li>" in section(found)
