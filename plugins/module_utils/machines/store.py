# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of deployments on the provisioner: `<state_dir>/deploy/{armed,events,done,journal}` (contracts: arming)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .record import fold
from .types import Event, MachineError, Record


class Store:
    """One machine's files. The boot service owns `events`, `active` and `done`; `armed` and `journal` are ours."""

    def __init__(self, state_dir: str, machine: str) -> None:
        self.machine = machine
        self._home = Path(state_dir) / "deploy"
        self._armed = self._home / "armed" / f"{machine}.json"
        self._events = self._home / "events" / f"{machine}.jsonl"
        self._done = self._home / "done" / f"{machine}.json"
        self._journal = self._home / "journal" / f"{machine}.jsonl"

    def record(self, run: str | None) -> Record:
        """Read everything and fold it."""
        done = json.loads(self._done.read_text()) if self._done.exists() else None
        return fold(self._read(self._journal), self._read(self._events), done, self._armed.exists(), run)

    def size(self) -> tuple[int, int]:
        """Cheap to ask: changes whenever the boot service has written something about this machine."""
        return tuple(path.stat().st_size if path.exists() else 0 for path in (self._events, self._done))  # type: ignore[return-value]

    def note(self, time: float, deploy_id: str, run: str, event: str, **data: Any) -> None:
        """Append to the journal and flush it to the disk: an act is stored before it is done."""
        line = {"time": time, "machine": self.machine, "deploy_id": deploy_id, "run": run, "event": event, "data": data}
        self._journal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._journal.open("a") as journal:
            journal.write(json.dumps(line) + "\n")
            journal.flush()
            os.fsync(journal.fileno())

    def arm(self, content: Mapping[str, Any]) -> None:
        """Let the next network boot of this machine get the ramdisk."""
        if not self._armed.parent.is_dir():
            raise MachineError(
                f"{self._armed.parent} does not exist",
                self.machine,
                "run role provisioner first; it makes the boot service and its directories",
            )
        part = self._armed.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, self._armed)

    def disarm(self) -> bool:
        """Take the ramdisk away; return whether it was armed."""
        try:
            self._armed.unlink()
        except FileNotFoundError:
            return False
        return True

    @staticmethod
    def _read(path: Path) -> list[Event]:
        if not path.exists():
            return []
        found = []
        for line in path.read_text().splitlines():
            try:
                item = json.loads(line)
            except ValueError:
                continue  # a line that was cut by a power loss; what it said did not happen for us
            found.append(
                Event(item["time"], item.get("deploy_id") or "", item["event"], item.get("data") or {}, item.get("run"))
            )
        return found
