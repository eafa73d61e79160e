# SPDX-License-Identifier: GPL-3.0-or-later
"""Echo requests: their exact size, and what the program ping, a double here, is called with."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.network import ping

DOUBLE = """#!/bin/sh
printf '%s\\n' "$*" >> {calls}
case "$*" in *192.0.2.1|*2001:db8::1) exit 0 ;; esac
exit 1
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the double was called with; it answers for 192.0.2.1 and 2001:db8::1."""
    program, calls = tmp_path / "bin/ping", tmp_path / "calls"
    program.parent.mkdir()
    program.write_text(DOUBLE.format(calls=calls))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return calls


def test_an_echo_request_has_the_exact_size_and_a_valid_checksum() -> None:
    packet = ping.request(7, 1, 9000)
    assert len(packet) == 9000 - 20 and ping.checksum(packet) == 0


@pytest.mark.parametrize(("address", "size"), [("192.0.2.1", 1472), ("2001:db8::1", 1452)])
def test_headers_are_part_of_the_packet(address: str, size: int) -> None:
    assert ping.payload(address, 1500) == size


def test_ping_separates_answering_from_silent_addresses(calls: Path) -> None:
    assert ping.by_program(["192.0.2.1", "192.0.2.2"]) == {"192.0.2.1"}
    assert sorted(calls.read_text().splitlines()) == [
        "-n -q -c 1 -W 1 -- 192.0.2.1",
        "-n -q -c 1 -W 1 -- 192.0.2.2",
    ]


def test_ping_with_mtu_and_interface_forbids_fragmentation(calls: Path) -> None:
    assert ping.by_program(["2001:db8::1"], interface="bond0.30", mtu=9000, count=2, seconds=3) == {"2001:db8::1"}
    assert calls.read_text() == "-n -q -c 2 -W 3 -M do -s 8952 -I bond0.30 -- 2001:db8::1\n"


def test_ping_of_no_address_needs_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert ping.by_program([]) == set()
    with pytest.raises(FileNotFoundError):
        ping.by_program(["192.0.2.1"])
