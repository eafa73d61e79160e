# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof of a change on the host: it waits for the network, or rolls the change back and gives the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.links import change, proof
from ansible_collections.groundup.cloud.plugins.module_utils.links.script import STATE
from ansible_collections.groundup.cloud.plugins.module_utils.waiting import deadline

from .test_files import BONDED

DOWN = "bond0: state is down, wanted up"


@dataclass
class ChangedHost(System):
    """A temporary root where the change "7" was switched and is not confirmed; commands are only recorded."""

    ran: list[str] = field(default_factory=list)

    def run(self, argv: Sequence[str], **_rest: Any) -> str:
        self.ran.append(" ".join(argv))
        return ""


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ChangedHost:
    now = [1000.0]
    monkeypatch.setattr(deadline.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(deadline.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    host = ChangedHost(str(tmp_path))
    host.write(change.PENDING, b"7")
    host.write(f"{change.CHANGE}/switched", b"")
    return host


def set_faults(monkeypatch: pytest.MonkeyPatch, *probes: list[str]) -> None:
    """Let each probe find the given faults; the last ones are found for ever."""
    left = list(probes)
    monkeypatch.setattr(proof, "faults", lambda *_args: left.pop(0) if len(left) > 1 else left[0])


def test_a_network_that_comes_up_is_proved_and_still_waits(host: ChangedHost, monkeypatch: pytest.MonkeyPatch) -> None:
    set_faults(monkeypatch, [DOWN], [DOWN], [])
    found = proof.prove(BONDED, "7", patience=30, system=host)
    assert (found["proved"], found["confirm_seconds"]) == (True, 2.0)
    assert change.pending(host) == "7" and not host.ran


def test_a_change_that_is_confirmed_already_is_proved(host: ChangedHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer to the confirmation was lost, so the controller asks once more."""
    set_faults(monkeypatch, [DOWN])
    host.path(change.PENDING).rename(host.path(change.CONFIRMED))
    assert proof.prove(BONDED, "7", patience=30, system=host)["proved"] and not host.ran
    host.write(change.PENDING, b"8")
    with pytest.raises(HostError, match="rolled back by another run"):
        proof.prove(BONDED, "7", patience=30, system=host)


def test_a_network_that_does_not_come_up_is_rolled_back(host: ChangedHost, monkeypatch: pytest.MonkeyPatch) -> None:
    set_faults(monkeypatch, [DOWN])
    with pytest.raises(HostError, match=r"the host restores its previous .* waited 30 s for .*bond0: state is down"):
        proof.prove(BONDED, "7", patience=30, system=host)
    assert any(line.startswith("systemd-run") and line.endswith("revert") for line in host.ran)


def test_a_switch_that_has_not_happened_is_waited_for(host: ChangedHost, monkeypatch: pytest.MonkeyPatch) -> None:
    host.path(f"{change.CHANGE}/switched").unlink()
    set_faults(monkeypatch, [])
    with pytest.raises(HostError, match="the switch has not happened yet"):
        proof.prove(BONDED, "7", patience=5, system=host)


@pytest.mark.parametrize(("reverted", "why"), [(True, "by the timer"), (False, "by another run")])
def test_a_rollback_by_others_ends_the_wait(
    host: ChangedHost, monkeypatch: pytest.MonkeyPatch, reverted: bool, why: str
) -> None:
    def roll_back(*_args: Any) -> list[str]:
        host.path(change.PENDING).unlink()
        if reverted:
            host.write(f"{STATE}/reverted", b"")
        return [DOWN]

    monkeypatch.setattr(proof, "faults", roll_back)
    with pytest.raises(HostError, match=f"rolled back {why} before it was confirmed; {DOWN}"):
        proof.prove(BONDED, "7", patience=30, system=host)
    assert host.ran == []
