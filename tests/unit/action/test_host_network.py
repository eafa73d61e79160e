# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of host_network: it connects anew until the host answers, or reports the last error."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible_collections.groundup.cloud.plugins.action.host_network import CONFIRM, GRACE, SWITCHED, ActionModule
from ansible_collections.groundup.cloud.plugins.module_utils.waiting import deadline


class ActionOnFakeHost(ActionModule):
    """The action with a double of a host that answers attempt ``answers`` (0: none); ``times`` are their seconds.

    It switches before attempt ``switches`` to look; ``opened`` has for each proof the looks that had seen the switch
    when its connection was opened. ``confirmations`` are what the script answers, ``proofs`` has for each of its calls
    the proofs that had ended when its connection was opened.
    """

    def __init__(self, answers: int, clock: list[float], switches: int = 1) -> None:
        self.answers, self.clock, self.times, self.resets = answers, clock, [], 0
        self.switches, self.looks, self.seen, self.seen_at_reset, self.opened = switches, 0, 0, 0, []
        self.proved, self.proved_at_reset, self.proofs = 0, 0, []
        self.confirmations: list[int | Exception] = [0]
        self._connection = SimpleNamespace(reset=self._reset, _shell=SimpleNamespace(tmpdir="/tmp/x"))
        self._play_context = SimpleNamespace(remote_addr="node1")

    def _reset(self) -> None:
        self.resets += 1
        self.seen_at_reset, self.proved_at_reset = self.seen, self.proved

    def _low_level_execute_command(self, cmd: str, **_words: Any) -> dict[str, Any]:
        if cmd == CONFIRM.format("7"):
            self.proofs.append(self.proved_at_reset)
            answer = self.confirmations.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return {"rc": answer, "stderr": "sudo: a fault\n"}
        assert cmd == SWITCHED
        self.looks += 1
        switched = self.looks >= self.switches
        self.seen += switched
        return {"rc": 0 if switched else 1}

    def _execute_module(self, **_words: Any) -> dict[str, Any]:
        self.times.append(self.clock[0])
        self.opened.append(self.seen_at_reset)
        if not self.answers or len(self.times) < self.answers:
            raise AnsibleConnectionFailure("no route to host")
        self.proved += 1
        return {"proved": True}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(deadline.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(deadline.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def test_each_attempt_opens_a_new_connection_after_the_switch(clock: list[float]) -> None:
    host = ActionOnFakeHost(3, clock)
    assert host._confirm({"prove": "7"}, 60, {}) == {"proved": True}
    assert host.times == [1.5, 3.0, 4.5] and host.resets == 5, "one to look whether it has switched, one to confirm"
    assert host.opened == [1, 1, 1]


def test_a_connection_that_is_older_than_the_switch_confirms_nothing(clock: list[float]) -> None:
    """A busy host switches late: the connection that was opened meanwhile may be of the network that is gone."""
    host = ActionOnFakeHost(1, clock, switches=3)
    assert host._confirm({"prove": "7"}, 60, {}) == {"proved": True}
    assert host.looks == 3 and host.times == [4.5] and host.opened == [1]


def test_a_host_that_never_switches_is_reported(clock: list[float]) -> None:
    host = ActionOnFakeHost(1, clock, switches=1000)
    assert "the switch has not happened yet" in host._confirm({"prove": "7"}, 60, {})["msg"] and not host.times


def test_a_host_that_never_answers_is_reported_with_the_last_error(clock: list[float]) -> None:
    host = ActionOnFakeHost(0, clock)
    found = host._confirm({"prove": "7"}, 60, {})
    assert found["failed"] and host.times[-1] == 60 + GRACE
    assert "the host rolls the change back after 60 s" in found["msg"] and "no route to host" in found["msg"]


def test_a_change_is_confirmed_over_a_connection_that_is_younger_than_its_proof(clock: list[float]) -> None:
    host = ActionOnFakeHost(2, clock)
    assert host._confirm({"prove": "7"}, 60, {}) == {"proved": True}
    assert host.proofs == [1]


def test_a_confirmation_whose_answer_was_lost_is_asked_for_again(clock: list[float]) -> None:
    host = ActionOnFakeHost(1, clock)
    host.confirmations = [AnsibleConnectionFailure("broken pipe"), 0]
    assert host._confirm({"prove": "7"}, 60, {}) == {"proved": True} and host.proofs == [1, 2]


def test_a_confirmation_after_the_rollback_fails(clock: list[float]) -> None:
    host = ActionOnFakeHost(1, clock)
    host.confirmations = [1]
    found = host._confirm({"prove": "7"}, 60, {})
    assert found["failed"] and "rolled back before it could be confirmed. sudo: a fault" in found["msg"]


def test_a_network_that_is_not_proved_is_not_confirmed(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    host = ActionOnFakeHost(1, clock)
    monkeypatch.setattr(host, "_execute_module", lambda **_words: {"failed": True, "msg": "the new network fails"})
    assert host._confirm({"prove": "7"}, 60, {}) == {"failed": True, "msg": "the new network fails"}
    assert not host.proofs
