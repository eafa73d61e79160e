# SPDX-License-Identifier: GPL-3.0-or-later
"""A link of a bond is pulled: only where another one carries on, and it comes up again whatever happens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.network.stream import Gap, Stream
from ansible_collections.groundup.cloud.plugins.module_utils.prove.pull import (
    Pulled,
    ended,
    pull,
    pulled_proof,
    result_proof,
    stop_file,
)
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError
from checks.clock import SkippingClock

from .test_hosts import BONDING

DOWN, UP = ["ip", "link", "set", "dev", "ens2", "down"], ["ip", "link", "set", "dev", "ens2", "up"]


class Machine(System):
    """A double of a machine with a bond of ens2 and ens3; a link that is set up is a member of the bond at once."""

    def __init__(self, root: Path, *, members: str = BONDING.format(second=1), broken: str = "") -> None:
        super().__init__(str(root))
        self.calls: list[list[str]] = []
        self._good, self._broken = members, broken
        self._write(members)

    def _write(self, text: str) -> None:
        file = self.path("/proc/net/bonding/bond0")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run(self, argv: Sequence[str], **_options: Any) -> str:
        self.calls.append(list(argv))
        if self._broken in argv and self._broken:
            raise HostError(f"{self._broken} failed")
        if argv[:3] == ["ip", "link", "set"]:
            down = self._good.replace("ens2\nMII Status: up", "ens2\nMII Status: down")
            self._write(down if argv[-1] == "down" else self._good)
        return ""


def pulling(machine: Machine, *, arrives: bool = True, place: int = 0) -> Pulled:
    return pull("bond0", place, "t", system=machine, clock=SkippingClock(), arrives=lambda _token, _seconds: arrives)


def test_the_timer_is_armed_before_the_link_goes_down(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    pulled = pulling(machine)
    assert (pulled.member, pulled.down, pulled.fault) == ("ens2", 5.0, "")
    timer = next(call for call in machine.calls if call[0] == "systemd-run")
    assert timer[-6:] == UP and "--on-active=60" in timer
    assert machine.calls.index(timer) < machine.calls.index(DOWN) < machine.calls.index(UP)
    assert machine.calls[-1] == ["systemctl", "stop", "groundup-prove-pull.timer"]


def test_the_link_is_set_up_again_where_setting_it_down_fails(tmp_path: Path) -> None:
    machine = Machine(tmp_path, broken="down")
    with pytest.raises(HostError, match="down failed"):
        pulling(machine)
    assert machine.calls[-1] == UP


def test_without_a_timer_nothing_is_pulled(tmp_path: Path) -> None:
    machine = Machine(tmp_path, broken="systemd-run")
    with pytest.raises(HostError, match="systemd-run failed"):
        pulling(machine)
    assert DOWN not in machine.calls


@pytest.mark.parametrize(
    ("members", "place", "arrives", "why"),
    [
        (BONDING.format(second=2), 0, True, "ens2 is the only member that takes part"),
        (BONDING.format(second=2), 1, True, "ens3 takes no part in bond0"),
        (BONDING.format(second=1), 2, True, "bond0 has no such member"),
        (BONDING.format(second=1), 0, False, "no ping of the peer arrived within 120 s"),
    ],
)
def test_what_is_not_pulled(tmp_path: Path, members: str, place: int, arrives: bool, why: str) -> None:
    machine = Machine(tmp_path, members=members)
    pulled = pulling(machine, arrives=arrives, place=place)
    assert pulled.fault.startswith(why) and pulled.down == 0 and not machine.calls


def test_a_link_that_does_not_come_back_is_a_fault(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine._good = machine._good.replace("ens2\nMII Status: up", "ens2\nMII Status: down")
    pulled = pulling(machine)
    assert pulled.down == 5 and "ens2" in pulled.fault


GONE_ON = Stream(1000, (Gap(12, 121.4),))


@pytest.mark.parametrize(
    ("pulled", "stream", "ok", "evidence"),
    [
        (
            Pulled("a", 5, 3.1),
            GONE_ON,
            True,
            "12 of 1000 packets lost, a down for 5 s, gaps: 12 in 121 ms; it was a member",
        ),
        (
            Pulled("a", 5, 3.1),
            Stream(1000),
            True,
            "0 of 1000 packets lost, a down for 5 s, gaps: none; it was a member",
        ),
        (Pulled("a", 5, 3.1), Stream(1000, (Gap(400, 4000.0),)), False, "3000 ms are allowed"),
        (Pulled("a", 5, 3.1), Stream(1000, (Gap(400, None),)), False, "pings were not answered again"),
        (Pulled("a", 5, 3.1), Stream(0), False, "pings were not answered again"),
        (Pulled("a", 5, 90, "a: it is not"), GONE_ON, False, "a: it is not"),
        (Pulled("a", fault="the only member"), GONE_ON, None, "not tried"),
    ],
)
def test_the_proof(pulled: Pulled, stream: Stream, ok: bool | None, evidence: str) -> None:
    proof = pulled_proof("node1", "bond0", pulled, lambda: stream, 3000)
    assert proof.name == "node1: bond0 goes on without a" and proof.ok is ok and evidence in proof.evidence


def test_the_stream_is_ended_and_its_file_is_gone(tmp_path: Path) -> None:
    (tmp_path / "job").write_text(json.dumps({"stream": GONE_ON.as_dict(), "finished": 1}))
    assert ended("t", str(tmp_path / "job"), 5, str(tmp_path)) == GONE_ON
    assert not stop_file("t", str(tmp_path)).exists()


@pytest.mark.parametrize(
    ("job", "error"),
    [({"failed": True, "msg": "no right", "finished": 1}, "not sent: no right"), (None, "there is no such job")],
)
def test_a_stream_that_was_not_sent_fails_the_proof(tmp_path: Path, job: Any, error: str) -> None:
    if job:
        (tmp_path / "job").write_text(json.dumps(job))
    with pytest.raises(ProofError, match=error):
        ended("t", str(tmp_path / "job"), 5, str(tmp_path))
    assert not stop_file("t", str(tmp_path)).exists()


def test_a_token_is_no_path() -> None:
    with pytest.raises(ValueError, match="token"):
        stop_file("../../etc/passwd")


PARAMS: dict[str, Any] = {"host": "node1", "bond": "bond0", "token": "t", "job": None, "pulled": None}
PARAMS |= {"limit": 3000.0, "timeout": 5.0}


def test_check_mode_pulls_nothing_and_says_so() -> None:
    proof = result_proof(PARAMS, True)
    assert proof.ok is None and proof.why_not_real == "check mode pulls no link"


def test_a_failure_before_is_no_proof() -> None:
    proof = result_proof(PARAMS, False)
    assert proof.ok is False and "was not begun" in proof.evidence
