# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of deployments on the provisioner: `<state_dir>/deploy/{armed,events,done,journal}` (contracts: arming)."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from .record import fold
from .types import Event, MachineError, Record


class Store:
    """One machine's files. The boot service writes `events`, `active`, `done`; the controller `armed` and `journal`."""

    def __init__(self, state_dir: str, machine: str) -> None:
        self.machine = machine
        self._images = Path(state_dir) / "images"
        self._home = Path(state_dir) / "deploy"
        self.armed_path = self._armed = self._home / "armed" / f"{machine}.json"
        self._events = self._home / "events" / f"{machine}.jsonl"
        self._done = self._home / "done" / f"{machine}.json"
        self._journal = self._home / "journal" / f"{machine}.jsonl"

    def record(self, run: str | None) -> Record:
        """Read all files and combine them into a record."""
        done = json.loads(self._done.read_text()) if self._done.exists() else None
        return fold(self._read(self._journal), self._read(self._events), done, self._armed.exists(), run)

    def size(self) -> tuple[int, int]:
        """Sizes of the files of the boot service about this machine: every new record changes one of them."""
        return tuple(path.stat().st_size if path.exists() else 0 for path in (self._events, self._done))  # type: ignore[return-value]

    def note(self, time: float, deploy_id: str, run: str, event: str, **data: Any) -> None:
        """Append to the journal and flush it to the disk: an action is recorded before it is done."""
        line = {"time": time, "machine": self.machine, "deploy_id": deploy_id, "run": run, "event": event, "data": data}
        self._journal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._journal.open("a+b") as journal:
            end = journal.seek(0, os.SEEK_END)
            journal.seek(max(0, end - 1))
            # A crash or a full disk may have truncated the last line: the new one must start on a line of its own.
            truncated = end and journal.read() != b"\n"
            journal.write((b"\n" if truncated else b"") + json.dumps(line).encode() + b"\n")
            journal.flush()
            os.fsync(journal.fileno())

    @contextmanager
    def locked(self, deadline: Deadline) -> Iterator[bool]:
        """Lock the machine; yields whether this process has the lock: two runs at once would arm the machine twice.

        The kernel releases the lock of a process that was killed. Without a boot service no run can arm a machine.
        """
        if not self._home.is_dir():
            yield True
            return
        self._journal.parent.mkdir(mode=0o700, exist_ok=True)
        with open(self._journal.with_suffix(".lock"), "w") as lock:
            yield _locked(lock.fileno(), deadline)

    def require_servable(self, image: Mapping[str, Any]) -> None:
        """Check that the boot service can serve the image before the machine is changed: later only the ramdisk would
        get the error.

        :raises MachineError: there is no boot service, no such image, or one with another digest than in the model.
        """
        name, described = image["name"], self._images / f"{image['name']}.json"
        problem = ""
        if not self._armed.parent.is_dir():
            problem = f"{self._armed.parent} does not exist"
        elif not described.is_file() or not described.with_suffix(".raw").is_file():
            problem = f"there is no image {name} in {self._images}"
        elif image.get("sha256") and (found := json.loads(described.read_text())["sha256"]) != image["sha256"]:
            problem = f"image {name} on the provisioner has SHA-256 {found}, the model gives {image['sha256']}"
        if problem:
            raise MachineError(problem, self.machine, "run role provisioner first, with the same images in the model")

    def arm(self, content: Mapping[str, Any]) -> None:
        """Arm the machine: its next network boot gets the ramdisk."""
        part = self._armed.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, self._armed)

    def disarm(self) -> bool:
        """Disarm the machine: network boots no longer get the ramdisk. Returns whether it was armed."""
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
                continue  # a line truncated by a power loss: its event was not recorded
            found.append(
                Event(item["time"], item.get("deploy_id") or "", item["event"], item.get("data") or {}, item.get("run"))
            )
        return found


def _locked(descriptor: int, deadline: Deadline) -> bool:
    """Whether this process holds the lock of the file before the deadline."""

    def probe() -> Missing | None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return Missing.of("the lock", "another process holds it")
        return None

    try:
        wait(probe, deadline, pause=0.5, what="another run to finish its work on the machine")
    except TimedOut:
        return False
    return True
