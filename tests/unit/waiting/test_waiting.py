# SPDX-License-Identifier: GPL-3.0-or-later
"""Deadlines and the one way to wait, with a clock that only sleeping moves."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.missing import SHOWN, Missing, Row
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.wait import TimedOut, growing, wait


class FakeClock:
    """Time passes by sleeping only; ``slept`` holds each pause."""

    def __init__(self) -> None:
        self.time, self.slept = 1000.0, []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.time += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def after(probes: int) -> Callable[[], str | Missing]:
    """A probe that finds something missing so many times, and then returns a value."""
    made: list[int] = []

    def probe() -> str | Missing:
        made.append(1)
        return "ready" if len(made) > probes else Missing.of("node1", f"probe {len(made)}")

    return probe


def test_a_deadline_counts_down_to_zero_and_no_further(clock: FakeClock) -> None:
    deadline = Deadline(10, clock)
    clock.sleep(4)
    assert (deadline.left(), deadline.spent(), deadline.passed) == (6, 4, False)
    clock.sleep(6)
    assert (deadline.left(), deadline.passed) == (0, True)
    clock.sleep(1)
    assert (deadline.left(), deadline.spent()) == (0, 11)


@pytest.mark.parametrize(("seconds", "left"), [(3, 3), (30, 6)])
def test_a_part_ends_with_the_whole_at_the_latest(clock: FakeClock, seconds: float, left: float) -> None:
    deadline = Deadline(10, clock)
    clock.sleep(4)
    assert deadline.within(seconds).left() == left


def test_the_first_of_several_deadlines_is_their_minimum(clock: FakeClock) -> None:
    assert min(Deadline(9, clock), Deadline(2, clock), Deadline(math.inf, clock)).left() == 2


def test_a_pause_that_does_not_fit_is_not_made(clock: FakeClock) -> None:
    deadline = Deadline(10, clock)
    assert deadline.pause(6) and not deadline.pause(6) and not deadline.pause(4)
    assert clock.slept == [6]


def test_the_value_of_the_first_complete_probe_is_returned(clock: FakeClock) -> None:
    assert wait(after(3), Deadline(60, clock), pause=5, what="a node") == "ready"
    assert clock.slept == [5, 5, 5]


@pytest.mark.parametrize("value", [None, "", 0, False, {}])
def test_a_falsy_value_ends_the_wait(clock: FakeClock, value: object) -> None:
    assert wait(lambda: value, Deadline(60, clock), what="anything") is value
    assert clock.slept == []


def test_a_deadline_that_passes_says_what_is_missing_and_why(clock: FakeClock) -> None:
    with pytest.raises(TimedOut) as caught:
        wait(after(99), Deadline(7, clock), pause=5, what="the nodes to be ready")
    assert str(caught.value) == "waited 7 s for the nodes to be ready; still missing: node1: probe 3"
    assert caught.value.missing == Missing.of("node1", "probe 3")
    assert clock.slept == [5, 2], "the last pause ends at the deadline"


def test_a_deadline_of_zero_allows_one_probe(clock: FakeClock) -> None:
    assert wait(after(0), Deadline(0, clock), what="a node") == "ready"
    with pytest.raises(TimedOut, match="waited 0 s"):
        wait(after(1), Deadline(0, clock), what="a node")
    assert clock.slept == []


def test_a_timeout_reports_the_seconds_since_the_wait_began(clock: FakeClock) -> None:
    deadline = Deadline(10, clock)
    clock.sleep(8)
    with pytest.raises(TimedOut, match="waited 2 s"):
        wait(after(99), deadline, what="a node")


def test_an_exception_of_the_probe_ends_the_wait(clock: FakeClock) -> None:
    def probe() -> str | Missing:
        raise LookupError("the unit failed")

    with pytest.raises(LookupError, match="the unit failed"):
        wait(probe, Deadline(60, clock), what="a unit")
    assert clock.slept == []


def test_pauses_grow_with_the_time_waited(clock: FakeClock) -> None:
    wait(after(60), Deadline(math.inf, clock), pause=growing(1, 5), what="kubeadm")
    assert clock.slept[:2] == [1, 1] and clock.slept[30] == pytest.approx(clock.slept[29] * 1.05)
    assert clock.slept[-1] == 5


def test_progress_is_reported_after_each_probe_that_misses_something(clock: FakeClock) -> None:
    told: list[tuple[str, float]] = []
    wait(
        after(2),
        Deadline(60, clock),
        pause=5,
        what="a node",
        on_progress=lambda missing, deadline: told.append((str(missing), deadline.left())),
    )
    assert told == [("node1: probe 1", 60), ("node1: probe 2", 55)]


ROWS = {
    "node1": Row("node1"),
    "node1: NotReady": Row("node1", "NotReady"),
    "Pod kube-system/coredns-1 on node2: ImagePullBackOff: no such image (since 2026-11-28T06:47:11Z)": Row(
        "Pod kube-system/coredns-1", "ImagePullBackOff: no such image", "node2", "2026-11-28T06:47:11Z"
    ),
}


@pytest.mark.parametrize(("text", "row"), ROWS.items(), ids=ROWS)
def test_a_row_names_object_node_reason_and_time(text: str, row: Row) -> None:
    assert str(row) == text


def test_a_long_list_is_cut_with_its_count() -> None:
    text = str(Missing.each([f"node{number}" for number in range(100)], "not ready"))
    assert text.startswith("node0: not ready; node1: not ready;") and text.endswith(f"; and {100 - SHOWN} more")
    assert "more" not in str(Missing.each([f"node{number}" for number in range(SHOWN)]))


def test_missing_without_rows_is_an_error() -> None:
    with pytest.raises(ValueError, match="empty Missing"):
        Missing(())
