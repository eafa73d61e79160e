# SPDX-License-Identifier: GPL-3.0-or-later
"""Isolation of VLANs: frames, when machines stop, and what is judged of what they received."""

from __future__ import annotations

import struct

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove.isolation import (
    Exchange,
    frame,
    isolation,
    isolation_evidence,
    parse_frame,
)
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError

MAIN = {"interface": "bond0", "native": 10, "vlans": [10, 20], "peers": {"10": ["node2"], "20": ["node2", "node3"]}}
STORAGE = {"interface": "nic2", "native": 40, "vlans": [40], "peers": {"40": ["node3"]}}
PARAMS = {"forbidden": 4000, "links": [MAIN, STORAGE]}
ALL = {("node2", 10, 10, "bond0"), ("node2", 20, 20, "bond0"), ("node3", 20, 20, "bond0"), ("node3", 40, 40, "nic2")}
LIMIT = 300.0


def stops(
    starts: dict[str, float], wanted: dict[str, set[str]], early: bool = True
) -> dict[str, tuple[float, set[str]]]:
    """When each machine stopped and whom it had heard, on a wire that all of them share.

    :param starts: machine -> second in which it starts.
    :param wanted: machine -> names of its peers.
    """
    running: dict[str, Exchange] = {}
    due: dict[str, float] = {}
    ended: dict[str, tuple[float, set[str]]] = {}
    for tick in range(int(LIMIT + max(starts.values()) + 1) * 10):
        now = tick / 10
        for name, start in starts.items():
            if start <= now and name not in running:
                running[name], due[name] = Exchange(name, {(peer, 20) for peer in wanted[name]}, early, now), now
        talking = [name for name in running if name not in ended]
        for name in talking:
            if due[name] <= now:
                due[name] = now + running[name].pause(1)
                for other in talking:
                    running[other].take((name, 20, 20), running[name].complete, now, "bond0")
        for name in talking:
            if running[name].may_stop(1, now) or now > starts[name] + LIMIT:
                ended[name] = now, {who for who, _sent, _on, _link in running[name].received}
    return ended


def ring(count: int, peers: int) -> dict[str, set[str]]:
    return {f"n{i}": {f"n{(i + step) % count}" for step in range(1, peers + 1)} for i in range(count)}


def test_machines_stop_soon_after_the_last_one_has_started() -> None:
    ended = stops({"n0": 0, "n1": 7, "n2": 41}, ring(3, 2))
    assert all(42 < second < 48 for second, _heard in ended.values()), ended
    assert all(len(heard) == 2 for _second, heard in ended.values())


def test_nobody_stops_before_a_late_machine_that_is_no_peer_was_heard() -> None:
    """A leak of any machine has to be noticed, and only the peers of a machine are told of it by name."""
    ended = stops({**{f"n{i}": 0 for i in range(12)}, "n5": 60}, ring(12, 2))
    assert all(second > 60 and len(heard) == 11 for second, heard in ended.values()), ended


def test_all_machines_stop_at_their_limit_where_one_never_starts() -> None:
    wanted = ring(3, 2)
    del wanted["n2"]
    ended = stops({"n0": 0, "n1": 5}, wanted)
    assert [round(second) for second, _heard in ended.values()] == [300, 305]


def test_the_whole_time_is_used_where_machines_share_no_network() -> None:
    assert all(second >= LIMIT for second, _heard in stops({"n0": 0, "n1": 0}, ring(2, 1), early=False).values())


@pytest.mark.parametrize(("machines", "vlans", "pause"), [(3, 5, 0.5), (40, 5, 0.5), (1000, 5, 12.5)])
def test_many_machines_send_less_often(machines: int, vlans: int, pause: float) -> None:
    exchange = Exchange("n0", set(), True, 0)
    for number in range(1, machines):
        exchange.take((f"n{number}", 20, 20), True, 0, "bond0")
    assert exchange.pause(vlans) == pause
    assert not exchange.may_stop(vlans, 6 * pause)
    assert exchange.may_stop(vlans, 6 * pause + 0.1)


def test_own_frames_that_come_back_are_no_news() -> None:
    exchange = Exchange("n0", {("n1", 20)}, True, 0)
    exchange.take(("n0", 20, 20), False, 9, "bond0")
    assert (exchange.received, exchange.news) == (set(), 0)


@pytest.mark.parametrize(
    ("vlan", "stripped", "arrived"), [(20, None, 20), (10, 20, 20), (10, None, 10), (20, 20, 20), (4000, None, 4000)]
)
def test_a_frame_names_its_sender_and_its_vlan(vlan: int, stripped: int | None, arrived: int) -> None:
    for complete in (False, True):
        data = frame(b"\2\0\0\0\0\1", vlan, "node2", complete, native=10)
        assert parse_frame(data, stripped, native=10) == (("node2", vlan, arrived), complete)


def test_an_untagged_frame_is_on_no_vlan_where_a_link_has_none_untagged() -> None:
    data = frame(b"\2\0\0\0\0\1", 10, "node2", native=10)
    assert parse_frame(data, None) == (("node2", 10, None), False)
    assert parse_frame(data, None, native=40) == (("node2", 10, 40), False)


def test_a_foreign_frame_is_ignored() -> None:
    assert parse_frame(b"\xff" * 12 + struct.pack("!H", 0x0806) + b"\0" * 46, None) is None


@pytest.mark.parametrize(
    ("received", "error"),
    [
        (ALL - {("node3", 20, 20, "bond0")}, "not received: node3 on VLAN 20"),
        (ALL - {("node3", 40, 40, "nic2")}, "not received: node3 on VLAN 40"),
        (
            ALL | {("node3", 4000, 4000, "nic2")},
            "leak: node3 on the forbidden VLAN 4000, which must not arrive at nic2",
        ),
        (ALL | {("node3", 30, 20, "bond0")}, "leak: node3 sent on VLAN 30 and arrived on VLAN 20"),
        (ALL | {("node3", 10, 40, "nic2")}, "leak: node3 sent on VLAN 10 and arrived on VLAN 40"),
        (ALL | {("node3", 10, None, "bond0")}, "leak: node3 sent on VLAN 10 and arrived on no VLAN, untagged"),
        (ALL | {("node3", 50, 50, "bond0")}, "leak: node3 on VLAN 50, which must not arrive at bond0"),
        (ALL | {("node3", 20, 20, "nic2")}, "leak: node3 on VLAN 20, which must not arrive at nic2"),
    ],
)
def test_leaks_and_missing_frames_are_named(received: set[tuple[str, int | None, int | None, str]], error: str) -> None:
    with pytest.raises(ProofError, match=error):
        isolation_evidence(received, PARAMS)


def test_a_rack_without_an_unused_vlan_is_proved_by_the_used_ones() -> None:
    assert isolation_evidence(ALL, {**PARAMS, "forbidden": None}).endswith("no unused VLAN was left to try for leaks")


def test_a_rack_whose_vlans_are_all_used_names_leaks() -> None:
    assert isolation_evidence(ALL, PARAMS) == "received from 4 of 4 senders, none on VLAN 4000"


def test_a_missing_interface_fails_one_proof_only() -> None:
    proof = isolation("node1", {**PARAMS, "links": [{**MAIN, "interface": "no-such0"}], "seconds": 10})
    assert (proof.ok, "no-such0" in proof.evidence) == (False, True)


@pytest.mark.parametrize("payload", [b"", b"not json", b"[]", b"{}", b"\xff\xfe", b'{"from": "groundup"}'])
def test_frames_of_other_programs_with_the_same_ethertype_are_ignored(payload: bytes) -> None:
    assert parse_frame(b"\xff" * 12 + struct.pack("!H", 0x88B5) + payload, None) is None
