# SPDX-License-Identifier: GPL-3.0-or-later
"""ARP probes as bytes, and who is another owner of an address."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.network.arp import Packet, claims, parse, probe

MINE, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"


def test_a_probe_has_no_sender_so_that_it_changes_no_cache() -> None:
    frame = probe(MINE, "10.0.0.1")
    assert frame[:14].hex() == "ffffffffffff" + "020000000001" + "0806"
    assert frame[14:].hex() == "0001080006040001" + "020000000001" + "00000000" + "000000000000" + "0a000001"
    assert parse(frame) == Packet(MINE, "0.0.0.0", "10.0.0.1")


@pytest.mark.parametrize(
    "frame", [b"", probe(MINE, "10.0.0.1")[:41], probe(MINE, "10.0.0.1").replace(b"\x08\x06", b"\x08\x00")]
)
def test_other_frames_are_left_out(frame: bytes) -> None:
    assert parse(frame) is None


@pytest.mark.parametrize(
    ("packet", "claimed"),
    [
        (Packet(OTHER, "10.0.0.1", "0.0.0.0"), True),
        (Packet(OTHER, "10.0.0.1", "10.0.0.9"), True),
        (Packet(OTHER, "0.0.0.0", "10.0.0.1"), True),  # it probes at the same time
        (Packet(MINE, "10.0.0.1", "0.0.0.0"), False),  # this machine's own, by another interface
        (Packet(OTHER, "10.0.0.2", "10.0.0.1"), False),  # it only asks
        (Packet(OTHER, "0.0.0.0", "10.0.0.2"), False),
    ],
)
def test_who_else_has_an_address(packet: Packet, claimed: bool) -> None:
    assert claims(packet, "10.0.0.1", {MINE}) is claimed
