# SPDX-License-Identifier: GPL-3.0-or-later
"""The promise about size: 1,000 machines and 40 switches in two seconds, and linear to 10,000."""

from __future__ import annotations

import importlib.util
import pathlib

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench/model.py"


def test_a_thousand_machines_take_two_seconds_and_ten_times_as_many_ten_times_as_long() -> None:
    spec = importlib.util.spec_from_file_location("bench_model", BENCH)
    assert spec is not None and spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    assert len(bench.cloud(1_000)["switches"]) == 40
    small, large = bench.seconds(1_000, runs=3)["total"], bench.seconds(10_000)["total"]
    assert small <= 2
    # 10 is linear; a single quadratic step would be far beyond 20. Between them lie caches that no longer fit.
    assert large / small <= 16, f"{small:.2f} s for 1,000 and {large:.2f} s for 10,000 machines"
