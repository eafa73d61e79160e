# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of the API whose answer is late, lost or a refusal, as while its address moves to another control plane."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.cluster import Cluster, server_time
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.errors import FencingError
from ansible_collections.groundup.cloud.plugins.module_utils.fencing.facts import TAINT, Record
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import Refused, Unreachable
from unit.fencing.double import NOW, World, node

GONE, BUSY = Unreachable("https://double does not answer"), Refused("too many requests", 429)
DENIED, CONFLICT = Refused("forbidden", 403, "Forbidden"), Refused("was modified", 409, "Conflict")


class Answers:
    """A double of a transport that gives these answers, one after another, the last one for ever."""

    server, warnings = "https://double", t.cast("list[str]", [])

    def __init__(self, *answers: t.Any) -> None:
        self._answers, self.last = iter(answers), answers[-1]
        self.calls: list[tuple[str, str, t.Any]] = []

    def call(self, method: str, path: str, query: t.Any = None, body: t.Any = None, *_: str) -> dict[str, t.Any]:
        self.calls.append((method, path, body))
        answer = next(self._answers, self.last)
        if isinstance(answer, Exception):
            raise answer
        return t.cast("dict[str, t.Any]", answer)


@pytest.fixture
def clock() -> World:
    return World(node())


def test_calls_without_an_answer_are_repeated(clock: World) -> None:
    answers = Answers(GONE, BUSY, Refused("not now", 503), {})
    assert Cluster(answers, "node2", clock).taint(node(version="7"))
    assert len(answers.calls) == 4 and clock.time == NOW + 3
    assert answers.calls[0][2]["metadata"] == {"resourceVersion": "7"}


def test_an_api_that_is_gone_ends_the_run_which_may_be_given_again(clock: World) -> None:
    with pytest.raises(FencingError, match=r"waited 6\d s .* run this again once the API answers"):
        Cluster(Answers(GONE), "node2", clock).record(node(), Record("we", "now", "boot-1", "bmc"))


def test_a_refusal_ends_it_at_once_and_a_conflict_is_told(clock: World) -> None:
    with pytest.raises(Refused, match="forbidden"):
        Cluster(Answers(DENIED), "node2", clock).taint(node())
    assert not Cluster(Answers(CONFLICT), "node2", clock).taint(node())


def test_a_release_removes_its_taint_and_record_only(clock: World) -> None:
    answers, other = Answers({}), {"key": "own", "effect": "NoSchedule"}
    kinds = ({"key": TAINT, "effect": "NoExecute"}, {"key": TAINT, "effect": "NoSchedule"})
    assert Cluster(answers, "node2", clock).release(node(taints=(other, *kinds)))
    body = answers.calls[0][2]
    assert body["spec"] == {"taints": [other]} and set(body["metadata"]["annotations"].values()) == {None}


def test_a_server_without_a_clock_is_an_error() -> None:
    with pytest.raises(FencingError, match="gave no time"):
        server_time(Answers({"metadata": {}}))


def test_a_node_that_is_gone_is_an_error(clock: World) -> None:
    with pytest.raises(FencingError, match="was removed meanwhile"):
        Cluster(Answers(Refused("not found", 404)), "node2", clock).node()
