# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of faults share: the switches, what they have before a fault, and runs that are disturbed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import Outcome, run

from .rigs import Eos, Nvue, Nxos, Rig, Sonic

DOUBLES = {"eos": Eos, "nxos": Nxos, "sonic": Sonic, "nvue": Nvue}
EACH = ["openvswitch", *DOUBLES, "junos"]
#: Those that are reached by a network. The socket of Open vSwitch is on the machine of its timer.
REMOTE = [*DOUBLES, "junos"]
#: Seconds that a busy machine may be late.
LATE = 60.0


def on(*platforms: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rig", platforms or EACH, indirect=True)


class Before:
    """What a switch has before a fault."""

    def __init__(self, rig: Rig) -> None:
        assert run(rig.params(), check=False).changed
        assert not run(rig.params(), check=False).changed, "the former configuration is one of the model"
        self.rig, self.running, self.saved, self.began = rig, rig.running(), rig.saved(), time.monotonic()
        assert self.running and rig.others() and not rig.left()

    def holds(self) -> bool:
        return bool(self.rig.running() == self.running and not self.rig.left())

    def returns(self) -> float:
        """Wait until the switch has it again by itself; the seconds since the fault."""
        until = time.monotonic() + self.rig.fires + LATE
        while not self.holds() and time.monotonic() < until:
            time.sleep(0.05)
        self.has_returned()
        return time.monotonic() - self.began

    def has_returned(self) -> None:
        assert self.rig.running() == self.running
        assert self.rig.saved() == self.saved
        assert not self.rig.left()

    def is_mended_by_another_run(self) -> None:
        """Nothing of the fault is in the way, and nothing that the model does not name was changed by either."""
        others = self.rig.others()
        outcome = run(self.rig.params(vlan=30), check=False)
        assert not outcome.unconfirmed and outcome.steps == [f"change port {self.rig.ports[2]}"]
        assert not run(self.rig.params(vlan=30), check=False).changed
        assert self.rig.others() == others == {key: self.running[key] for key in others}
        assert not self.rig.left() and not self.rig.rubbish()


def attempt(rig: Rig, after: Callable[[], None] = lambda: None, timeout: int | None = None, **change: Any) -> Outcome:
    """A run that changes the VLAN of node2, or something else; `after` happens between change and confirmation."""
    calls: list[list[str]] = []

    def answers(peers: list[str]) -> set[str]:
        calls.append(peers)
        if len(calls) == 2:
            after()
        return set(peers)

    confirm = {"peers": ["192.0.2.9"], "timeout": timeout or rig.timeout}
    return run(rig.params(**(change or {"vlan": 30})) | {"confirm": confirm}, check=False, answers=answers)


KILLED = """
import json, pathlib, sys, time
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run
calls = []
def answers(peers):
    calls.append(peers)
    if len(calls) > 1:
        pathlib.Path(sys.argv[1]).touch()
        time.sleep(600)
    return set(peers)
run(json.loads(sys.stdin.read()), check=False, answers=answers)
"""


def kill_between_change_and_confirmation(rig: Rig, home: Path) -> None:
    """A controller in a process of its own gets SIGKILL."""
    reached = home / "changed"
    words = [sys.executable, "-c", KILLED, str(reached)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    given = json.dumps(rig.params(vlan=30) | {"confirm": {"peers": ["192.0.2.9"], "timeout": rig.timeout}})
    process = subprocess.Popen(words, stdin=subprocess.PIPE, text=True, env=environment)
    assert process.stdin
    process.stdin.write(given)
    process.stdin.close()
    until = time.monotonic() + LATE
    while not reached.exists():
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
