# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's part of host_network: it connects anew until the host answers, or reports the last error."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible_collections.groundup.cloud.plugins.action.host_network import GRACE, ActionModule
from ansible_collections.groundup.cloud.plugins.module_utils.waiting import deadline


class ActionOnFakeHost(ActionModule):
    """The action with a double of a host that answers attempt ``answers`` (0: none); ``times`` are their seconds."""

    def __init__(self, answers: int, clock: list[float]) -> None:
        self.answers, self.clock, self.times, self.resets = answers, clock, [], 0
        self._connection = SimpleNamespace(reset=self._reset, _shell=SimpleNamespace(tmpdir="/tmp/x"))
        self._play_context = SimpleNamespace(remote_addr="node1")

    def _reset(self) -> None:
        self.resets += 1

    def _execute_module(self, **_words: Any) -> dict[str, Any]:
        self.times.append(self.clock[0])
        if len(self.times) != self.answers:
            raise AnsibleConnectionFailure("no route to host")
        return {"confirmed": True}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(deadline.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(deadline.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def test_each_attempt_opens_a_new_connection_after_the_switch(clock: list[float]) -> None:
    host = ActionOnFakeHost(3, clock)
    assert host._confirm({}, 60, {}) == {"confirmed": True}
    assert host.times == [1.5, 3.0, 4.5] and host.resets == 3


def test_a_host_that_never_answers_is_reported_with_the_last_error(clock: list[float]) -> None:
    host = ActionOnFakeHost(0, clock)
    found = host._confirm({}, 60, {})
    assert found["failed"] and host.times[-1] == 60 + GRACE
    assert "the host rolls the change back after 60 s" in found["msg"] and "no route to host" in found["msg"]
