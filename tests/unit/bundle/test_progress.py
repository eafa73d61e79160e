# SPDX-License-Identifier: GPL-3.0-or-later
"""The percentage of a bundle counts work, by the seconds that steps are expected to take."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import lock, make, progress
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.progress import MOST, Progress, seconds_of

ROOT = Path(__file__).resolve().parents[3]
#: When each step of a bundle from source ended, in seconds, recorded on two cores with empty caches: two programs were
#: compiled side by side, and 22 steps of less than a second each are left out.
RECORDED = [
    ("Debian packages", 15),
    ("sign the packages' index", 20),
    ("compile etcd 3.6", 134),
    ("compile coredns 1.14", 356),
    ("compile containerd 2.3", 529),
    ("compile cni 1.9", 551),
    ("compile pause 3.10", 551),
    ("compile kubernetes 1.36", 718),
    ("pack cni-plugins", 718),
    *((f"layer {number}", 719 + number) for number in range(14)),
    *((f"take manifest:{number} 1", 733) for number in range(14)),
    *((f"take manifest:cilium-{number} 1", 735) for number in range(16)),
    ("compile helm 4.1", 801),
    ("render kube-ovn", 802),
    ("render cilium", 803),
]
JOBS = 2


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    found = SimpleNamespace(now=0.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: found.now))
    monkeypatch.setattr(progress, "BEAT", 1e6)
    return found


def percents(lines: list[str]) -> list[int]:
    return [int(found[1]) for line in lines if (found := re.match(r"\[ *\d+/\d+ +(\d+)%\] ", line))]


def test_the_percentage_follows_the_time_that_was_recorded(clock: SimpleNamespace) -> None:
    said: list[str] = []
    steps = Progress([title for title, __ in RECORDED], emit=said.append)
    for title, end in RECORDED:
        with steps.step(title):
            clock.now = float(end)
    steps.finish("bundle abc: /srv/bundle")
    found = percents(said)
    assert found == sorted(found) and found[-1] == 100 and max(found[:-1]) <= MOST
    whole = RECORDED[-1][1]
    off = [abs(percent - 100 * end / whole) for percent, (__, end) in zip(found, RECORDED, strict=False)]
    counted = [
        abs(100 * number / len(RECORDED) - 100 * end / whole) for number, (__, end) in enumerate(RECORDED, start=1)
    ]
    assert max(off) < 25 < 70 < max(counted), "closer than a count of steps"


def test_a_step_that_runs_counts_for_what_it_has_worked(clock: SimpleNamespace) -> None:
    steps = Progress(["compile a", "compile b"])
    with steps.step("compile a"):
        clock.now = 60.0
        assert steps.percent() == 25
        clock.now = 6000.0
        assert steps.percent() == 45, "nobody knows how long it still takes"
    assert steps.percent() == 50


def test_what_is_already_there_is_no_work(clock: SimpleNamespace) -> None:
    said: list[str] = []
    steps = Progress(["compile a", "layer", "layer"], emit=said.append)
    steps.skip("compile a 1")
    with steps.step("layer b"):
        clock.now = 1.0
    steps.skip("layer b")  # again in the same run: its work was done
    assert percents(said) == [0, 50, 50]


def test_a_step_that_fails_takes_nothing_back(clock: SimpleNamespace) -> None:
    steps = Progress(["compile a", "compile b"])

    def fail() -> None:
        with steps.step("compile a"):
            clock.now = 60.0
            assert steps.percent() == 25
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert steps.percent() == 25


def test_nothing_but_the_end_is_all(clock: SimpleNamespace) -> None:
    said: list[str] = []
    steps = Progress(["layer"], emit=said.append)
    for number in range(3):  # more than were foreseen
        with steps.step(f"layer {number}"):
            clock.now += 50.0
    steps.finish("bundle")
    assert percents(said) == [99, 99, 99, 100]
    assert percents([Progress([], emit=said.append).finish("bundle") or said[-1]]) == [100]


@pytest.mark.parametrize("origin", ["source", "upstream"])
def test_every_step_of_the_lock_of_this_release_has_a_weight(origin: str) -> None:
    held = lock.parse(yaml.safe_load((ROOT / "roles/bundle/files/lock.yml").read_text()))
    steps = make._steps(held, origin)
    assert len(steps) > 20 and {step for step in steps if not seconds_of(step)} <= {""}
    assert seconds_of("compile kubernetes 1.36.3") > seconds_of("compile etcd 3.6.8") > seconds_of("layer base") > 0
