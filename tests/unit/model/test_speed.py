# SPDX-License-Identifier: GPL-3.0-or-later
"""Time limits: 1,000 machines and 40 switches in two seconds, and linear growth to 10,000."""

from __future__ import annotations

import importlib.util
import pathlib

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench/model.py"


def test_loading_takes_two_seconds_per_thousand_machines() -> None:
    spec = importlib.util.spec_from_file_location("bench_model", BENCH)
    assert spec is not None and spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    assert len(bench.cloud(1_000)["switches"]) == 40
    small, large = bench.seconds(1_000, runs=3)["total"], bench.seconds(10_000)["total"]
    assert small <= 2
    # A ratio of 10 is linear; a quadratic step would exceed 20. The margin is for CPU caches that no longer fit.
    assert large / small <= 16, f"{small:.2f} s for 1,000 and {large:.2f} s for 10,000 machines"
