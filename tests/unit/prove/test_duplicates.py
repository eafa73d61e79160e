# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof that nobody else has a machine's addresses."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.network import arp
from ansible_collections.groundup.cloud.plugins.module_utils.prove import duplicates as subject
from ansible_collections.groundup.cloud.plugins.module_utils.prove.duplicates import duplicates

#: As `ip -j address show dev bond0.30` prints it (iproute2 6.15), shortened.
LINK: dict[str, Any] = {
    "ifname": "bond0.30",
    "address": "02:00:00:00:00:01",
    "addr_info": [
        {"family": "inet", "local": "10.30.0.21", "prefixlen": 24, "scope": "global"},
        {"family": "inet", "local": "10.30.0.10", "prefixlen": 32, "scope": "global"},
        {"family": "inet6", "local": "fd30::21", "prefixlen": 64, "scope": "global"},
        {"family": "inet6", "local": "fe80::1", "prefixlen": 64, "scope": "link"},
    ],
}


@pytest.fixture
def owners(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Other owners of addresses; who is asked for is recorded with an empty set."""
    found: dict[str, set[str]] = {}
    monkeypatch.setattr(subject, "_link", lambda _name: LINK)
    monkeypatch.setattr(arp, "others", lambda _interface, _mac, address, _own: found.setdefault(address, set()))
    return found


def test_addresses_that_nobody_else_has(owners: dict[str, set[str]]) -> None:
    proof = duplicates("node1", ["bond0.30", "bond0.30"])
    assert proof.ok and proof.evidence == "no answer to 3 probes for 10.30.0.21 on bond0.30"
    assert set(owners) == {"10.30.0.21"}, "the address of a service may be on several machines"


def test_another_owner_is_named(owners: dict[str, set[str]]) -> None:
    owners["10.30.0.21"] = {"02:00:00:00:00:99"}
    proof = duplicates("node1", ["bond0.30"])
    assert proof.ok is False and proof.evidence == "10.30.0.21 on bond0.30 is that of 02:00:00:00:00:99 too"


def test_what_the_kernel_found_out_of_ipv6_counts(owners: dict[str, set[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    link = {**LINK, "addr_info": [{**LINK["addr_info"][2], "dadfailed": True}]}
    monkeypatch.setattr(subject, "_link", lambda _name: link)
    proof = duplicates("node1", ["bond0.30"])
    assert proof.ok is False and "fd30::21 on bond0.30 is that of another machine too" in proof.evidence


def test_without_an_address_it_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "_link", lambda _name: {**LINK, "addr_info": []})
    assert duplicates("node1", ["bond0.30"]).ok is None


def test_an_interface_that_is_not_there_fails() -> None:
    proof = duplicates("node1", ["nowhere0"])
    assert proof.ok is False and "nowhere0" in proof.evidence
