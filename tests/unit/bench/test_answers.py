# SPDX-License-Identifier: GPL-3.0-or-later
"""Times of the API's answers: what is counted, and what is an error."""

from __future__ import annotations

import importlib.util
import pathlib
import time
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Refused, Unreachable

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(scope="module")
def answers() -> Any:
    spec = importlib.util.spec_from_file_location("bench_answers", BENCH / "answers.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.mark.parametrize(
    ("part", "value"),
    [(50, 10.0), (95, 19.0), (100, 20.0), (1, 1.0)],
)
def test_a_percentile_is_a_value_that_was_measured(answers: Any, part: float, value: float) -> None:
    assert answers.percentile([float(number) for number in range(1, 21)], part) == value


def test_a_server_that_stops_delays_every_answer_that_was_due_meanwhile(answers: Any) -> None:
    pauses = iter([0.5])

    def request() -> None:
        time.sleep(next(pauses, 0.0))

    series = answers.sample(request, seconds=1.0, interval=0.1)
    assert len(series.seconds) == 10
    assert [value > 0.05 for value in series.seconds[:5]] == [True, True, True, True, True]
    assert series.seconds[-1] < series.seconds[0]
    assert series.figures()["max"] >= 500


def test_a_request_that_fails_is_an_error_and_no_answer(answers: Any) -> None:
    outcomes = iter([None, Unreachable("no route"), None])

    def request() -> None:
        if error := next(outcomes):
            raise error

    figures = answers.sample(request, seconds=0.03, interval=0.01).figures()
    assert (figures["count"], figures["errors"], figures["last_error"]) == (2, 1, "no route")


def test_without_an_answer_there_are_no_figures(answers: Any) -> None:
    def request() -> None:
        raise Unreachable("connection refused")

    with pytest.raises(RuntimeError, match="the API answered nothing: connection refused"):
        answers.sample(request, seconds=0.02, interval=0.01).figures()


def test_a_rack_that_does_not_exist_is_named(answers: Any, tmp_path: pathlib.Path) -> None:
    with pytest.raises(RuntimeError, match="there is no such rack; create it with `make lab`"):
        answers.of_rack(tmp_path / "run", tmp_path, tmp_path, 1.0)


def test_an_api_that_never_comes_is_an_error(answers: Any, tmp_path: pathlib.Path) -> None:
    with pytest.raises(RuntimeError, match=r"there is no API to measure: .*kubeconfig"):
        answers.measure([tmp_path / "kubeconfig"], 1.0, patience=0.0)


def test_an_api_that_does_not_know_its_administrator_yet_is_waited_for(
    answers: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    """/readyz was seen to be good before GET of nodes was permitted, when a hosted control plane had just started."""
    refusals = iter([Refused(403, "nodes is forbidden: User kubernetes-admin cannot list resource nodes")])

    class Client:
        def text(self, _method: str, path: str) -> str:
            if path != "/readyz" and (error := next(refusals, None)):
                raise error
            return "ok"

    pauses: list[float] = []
    monkeypatch.setattr(answers.Kubeconfig, "read", lambda path: path)
    monkeypatch.setattr(answers, "_client", lambda _admin: Client())
    monkeypatch.setattr(answers.time, "sleep", pauses.append)
    assert answers._wait_for_api([tmp_path], time.monotonic() + 60) == tmp_path
    assert pauses == [1]
