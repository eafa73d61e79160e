# SPDX-License-Identifier: GPL-3.0-or-later
"""Time limits: 1,000 machines and 40 switches in two seconds, and linear growth to 10,000.

`make bench` measures what the whole command takes, 5 s at most, on a machine that does nothing else.
"""

from __future__ import annotations

import importlib.util
import json
import pathlib
from typing import Any

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"


def module(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"bench_{name}", BENCH / f"{name}.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_loading_takes_two_seconds_per_thousand_machines() -> None:
    bench = module("model")
    assert len(bench.cloud(1_000)["switches"]) == 40
    small, large = bench.seconds(1_000, runs=3)["total"], bench.seconds(10_000)["total"]
    assert small <= 2
    # A ratio of 10 is linear; a quadratic step would exceed 20. The margin is for CPU caches that no longer fit.
    assert large / small <= 16, f"{small:.2f} s for 1,000 and {large:.2f} s for 10,000 machines"


def test_ansible_reads_an_inventory_of_a_thousand_machines_in_seven_times_its_start(tmp_path: pathlib.Path) -> None:
    """A ratio, so that it holds on slow machines too; the least of three, since other tests run beside."""
    path = tmp_path / "cloud.yml"
    path.write_text(json.dumps({"plugin": "groundup.cloud.cloud", **module("model").cloud(1_000)}))
    empty = tmp_path / "hosts.yml"
    empty.write_text("all: {}\n")
    run = module("inventory").run
    found, start = ([run(file, "--graph") for __ in range(3)] for file in (path, empty))
    least = min(one["cpu"] for one in found) / min(one["cpu"] for one in start)
    assert least <= 7, f"{least:.1f} times: {found}, {start}"
    assert found[0]["memory"] <= 400, found
