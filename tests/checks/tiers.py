# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a whole run spends its time: for each tier the wall time, and how much of the machine's CPUs it used.

Told when a tier begins and at the end, so that a run which is ended from outside has told it too.

A plugin of pytest that checks/conftest.py registers, so for runs with linters, sanity, the bundle or Molecule. CPU time
is that of the whole machine (proc_stat(5): all but ``idle`` and ``iowait``), so it counts what runs beside the tests.
"""

from __future__ import annotations

import json
import os
import pathlib
import time
from dataclasses import dataclass

import pytest
from checks.commands import RESULTS

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Spent:
    """Seconds of wall and of CPU."""

    wall: float = 0
    cpu: float = 0


def tier(path: str) -> str:
    """The tier of a test: tests/unit/x/test_y.py → unit; a check or an end-to-end test is one by itself."""
    parts = pathlib.PurePosixPath(path).parts
    name = parts[1] if len(parts) > 2 else parts[0]
    return parts[2].removeprefix("test_").removesuffix(".py") if name in ("checks", "e2e") else name


def _cpu() -> float:
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS


class Tiers:
    """Adds to a tier what passes from the end of the test before until the end of its own."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.spent: dict[str, Spent] = {}
        self.last = (time.monotonic(), _cpu())

    @pytest.hookimpl(tryfirst=True)  # before the line of the test itself
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        name = tier(nodeid.split("::")[0])
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if name not in self.spent and self.spent and reporter:
            told = ", ".join(f"{key} {spent.wall:.0f} s" for key, spent in self.spent.items())
            reporter.ensure_newline()
            reporter.write_line(f"{name} begins after {told}")
        self.spent.setdefault(name, Spent())

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        now = (time.monotonic(), _cpu())
        spent = self.spent.setdefault(tier(nodeid.split("::")[0]), Spent())
        spent.wall, spent.cpu = spent.wall + now[0] - self.last[0], spent.cpu + now[1] - self.last[1]
        self.last = now

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        cores = os.cpu_count() or 1
        terminalreporter.section("time of each tier", sep="=")
        for name, spent in self.spent.items():
            busy = 100 * spent.cpu / (spent.wall * cores) if spent.wall else 0
            terminalreporter.line(f"{name:12} {spent.wall:7.0f} s, {busy:3.0f} % of {cores} CPUs")
        commands = {path.stem: Spent(**json.loads(path.read_text())) for path in RESULTS.glob("*.spent")}
        if not commands or not self.spent:  # as where tests are only collected
            return
        terminalreporter.section("slowest 25 commands beside tests", sep="=")
        for name in sorted(commands, key=lambda name: -commands[name].cpu)[:25]:
            terminalreporter.line(f"{commands[name].wall:7.0f} s, {commands[name].cpu:6.0f} s of CPU  {name}")
