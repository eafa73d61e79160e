# SPDX-License-Identifier: GPL-3.0-or-later
"""A no-op of site.yml over three simulated machines, as `make bench fleet` runs it over a hundred.

What it takes per machine is counted here, so that no change makes a large cloud slow unnoticed; seconds are not, since
they depend on what else this host does.
"""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.services
BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path.append(str(BENCH))

from fleet import measure  # noqa: E402

PROBE = "Find the layers of the machine that differ"


@pytest.fixture(autouse=True)
def _possible() -> None:
    if os.geteuid():
        pytest.skip("namespaces need root")
    assert not measure.missing()


def inside() -> list[str]:
    """Processes of racks that the bench has started."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:  # it has ended meanwhile
            continue
        if b"fleet.rack" in words or b"/mnt/chrony.conf" in words:
            found.append(words.replace(b"\0", b" ").decode())
    return found


def test_a_run_that_changes_nothing_costs_each_machine_two_connections_and_one_module() -> None:
    found = measure.measure(3)
    assert (found["connections"], found["commands"]) == (2, 2), "a look at the machine, and the comparison"
    everywhere = measure.on_every_machine(found)
    assert PROBE in everywhere and len(everywhere) <= 3, "a skipped task takes a process as well"
    assert PROBE in measure.page(found)
    assert not inside()


def mounts() -> list[str]:
    """What is mounted, but for network namespaces, which other tests have at the same time."""
    return [line for line in pathlib.Path("/proc/mounts").read_text().splitlines() if "/run/netns/" not in line]


def test_nothing_is_left_where_the_bench_is_killed() -> None:
    before = mounts()
    bench = subprocess.Popen([sys.executable, str(BENCH / "fleet"), "3"], stdout=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not any("/mnt/chrony.conf" in words for words in inside()):
        assert bench.poll() is None and time.monotonic() < until, "the fleet did not start"
        time.sleep(0.1)
    bench.send_signal(signal.SIGKILL)
    bench.wait()
    until = time.monotonic() + 30
    while inside():
        assert time.monotonic() < until, inside()
        time.sleep(0.1)
    assert mounts() == before
