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


def test_ansible_reads_an_inventory_of_a_thousand_machines_in_three_seconds(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "cloud.yml"
    path.write_text(json.dumps({"plugin": "groundup.cloud.cloud", **module("model").cloud(1_000)}))
    found = module("inventory").run(path, "--graph")
    assert found["cpu"] <= 3, found
    assert found["memory"] <= 400, found
