# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of the service: it looks at all nodes again and again, and fences or returns machines.

    CONFIG [--check | --once]

``--check`` reads the configuration and ends; ``--once`` takes one look. It prints one line for each decision. One
process holds the lock while it looks, so that two never look at once. It may be killed at any time: the next look goes
on from the living state.
"""

from __future__ import annotations

import fcntl
import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..bmc.types import BmcSettings
from ..errors import CloudError
from ..fencing.act import Machine as Switched
from ..fencing.facts import timestamp
from ..fencing.judge import Rules
from ..fencing.look import Decision, Journal, OfApi, look
from ..fencing.machine import Machine
from ..kube.api import Kubeconfig
from ..waiting.deadline import Clock, SystemClock
from ..web import library
from .api import Native

#: Files in the directory `run` of the configuration.
LOCK, RECORD = "look.lock", "look.json"


class ConfigError(CloudError):
    """The configuration can't be used."""


class Watch:
    """What the configuration says, ready to look."""

    def __init__(self, config: Mapping[str, Any], clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.interval, self.run = float(config["interval"]), Path(config["run"])
        self.rules = Rules(
            by=config["by"], stale_after=config["stale_after"], minimum_healthy=config["minimum_healthy"]
        )
        self.bmcs = {
            name: Machine(BmcSettings.from_params(one), one.get("identity") or {})
            for name, one in config["machines"].items()
        }
        self.machines: Mapping[str, Switched] = self.bmcs
        self.cluster = OfApi(Native(Kubeconfig.read(Path(config["kubeconfig"]))))
        self.journal = Journal(say)

    @classmethod
    def read(cls, path: Path) -> Watch:
        """Read the file that the module fencing_service writes.

        :raises CloudError: it can't be used.
        """
        try:
            found = cls(json.loads(path.read_text()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            remedy = "run the role vm_ha again, which writes it"
            raise ConfigError(f"{path}: cannot be used ({error!r}); {remedy}") from error
        if library.IMPORT_ERROR and any(machine.where.startswith("bmc redfish") for machine in found.bmcs.values()):
            raise ConfigError(f"the Python package requests is missing for {sys.executable}; install it there")
        return found

    def once(self) -> bool:
        """Take one look; False where another process looks, or where it ended with an error."""
        with locked(self.run / LOCK) as mine:
            if not mine:
                self._say("another process looks at the nodes now; this look is left out")
                return False
            try:
                decisions = look(self.cluster, self.machines, self.rules, self.clock)
            except CloudError as error:
                self._say(f"the nodes cannot be judged, and nothing is done: {' '.join(str(error).split())}")
                return False
            self.journal.say("", "", "the nodes are judged again", self.clock.now())
            self.journal.write(decisions, self.clock.now())
            for name, machine in self.bmcs.items():
                for text in machine.warnings:
                    say(f"{name}: {text}")
                machine.warnings.clear()
            record(self.run / RECORD, decisions)
        return not any(one.outcome == "failed" for one in decisions)

    def forever(self) -> None:
        """Look again ``interval`` seconds after each look."""
        while True:
            self.once()
            self.clock.sleep(self.interval)

    def _say(self, text: str) -> None:
        self.journal.say("", text[:60], text, self.clock.now())


def say(text: str) -> None:
    """Write a line to the journal."""
    print(text, flush=True)


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold the lock; False where another process has it. It ends with the process that holds it."""
    with open(path, "a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def record(path: Path, decisions: list[Decision]) -> None:
    """Write what the last look decided, and when."""
    scratch = path.with_suffix(".part")
    text = json.dumps({"at": timestamp(time.time()), "decisions": [asdict(one) for one in decisions]}, indent=1)
    scratch.write_text(text)
    scratch.replace(path)


def main(argv: list[str]) -> int:
    """Run the program; 2 for a configuration that can't be used, 1 for one look that failed."""
    try:
        watch = Watch.read(Path(argv[1]))
    except CloudError as error:
        print(error, file=sys.stderr)
        return 2
    if "--check" in argv[2:]:
        return 0
    if "--once" in argv[2:]:
        return 0 if watch.once() else 1
    say(f"watches all nodes every {watch.interval:g} s, with the management controllers of {len(watch.bmcs)} machines")
    watch.forever()
    return 0
