# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps one service running where there is no systemd.

    python3 supervise.py SPEC.json

SPEC: `{name, argv, before: [[command]], log, digest, pidfile}`. Starts the service in the foreground, starts it again
when it ends (1 s later, up to 30 s when it keeps ending), writes `pidfile` as JSON, ends it on SIGTERM. This file is
copied to the provisioner alone, so its loop waits by itself instead of by the package `waiting`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

_LOG_LIMIT = 10 * 1024 * 1024
_PATIENCE = 10  # seconds for a service to end by itself


class Supervisor:
    """One service."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.child: subprocess.Popen[bytes] | None = None
        self._stopping = False

    def run(self) -> None:
        """Keep the service running until SIGTERM or SIGINT.

        Their handler only passes the signal on: it interrupts the wait for the child, which holds a lock that another
        wait would need.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, self._kill)
        wait = 1.0
        while not self._is_stopping():
            began = time.monotonic()
            ended = self._once()
            if self._is_stopping():
                break
            wait = 1.0 if time.monotonic() - began > 60 else min(wait * 2, 30)
            self._log(f"{self.spec['name']} {ended}; starting it again in {wait:g} s")
            until = time.monotonic() + wait
            while not self._is_stopping() and time.monotonic() < until:
                time.sleep(0.1)
        if os.path.exists(self.spec["pidfile"]):
            os.unlink(self.spec["pidfile"])

    def _once(self) -> str:
        """Runs the service until it ends; returns how it ended, as text. Without its pidfile (a full disk) it could
        not be found again, so it must not run then."""
        try:
            return f"ended with {self._start().wait()}"
        except OSError as error:
            if self.child and self.child.poll() is None:
                self.child.kill()
                self.child.wait()
            return f"could not be started ({error})"

    def _start(self) -> subprocess.Popen[bytes]:
        if os.path.exists(self.spec["log"]) and os.path.getsize(self.spec["log"]) > _LOG_LIMIT:
            os.replace(self.spec["log"], self.spec["log"] + ".1")
        with open(self.spec["log"], "ab") as log:
            for command in self.spec["before"]:
                subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
            self.child = subprocess.Popen(self.spec["argv"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        record = {
            "pid": os.getpid(),
            "started": started(os.getpid()),
            "child": self.child.pid,
            "digest": self.spec["digest"],
        }
        with open(self.spec["pidfile"] + ".tmp", "w", encoding="ascii") as file:
            json.dump(record, file)
        os.replace(self.spec["pidfile"] + ".tmp", self.spec["pidfile"])
        if self._is_stopping():  # the signal came before there was a child to pass it to
            self._signal(signal.SIGTERM)
        return self.child

    def _log(self, text: str) -> None:
        try:
            with open(self.spec["log"], "a", encoding="utf-8") as log:
                log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} supervise: {text}\n")
        except OSError:
            return  # a disk too full for one line must not end the supervision; there is no other place for the message

    def _is_stopping(self) -> bool:
        return self._stopping

    def _stop(self, _number: int, _frame: object) -> None:
        self._stopping = True
        self._signal(signal.SIGTERM)
        signal.alarm(_PATIENCE)

    def _kill(self, _number: int, _frame: object) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        """The pid is not reused before the child has been collected."""
        if self.child and self.child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.child.pid, number)


def started(pid: int) -> int:
    """Start time of a process in clock ticks since boot: with the pid it identifies a process. 0 = no such process,
    or one that has ended and was not waited for."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0
    return 0 if fields[0] in "ZX" else int(fields[19])


def main(argv: list[str]) -> int:
    """Runs as a daemon, in a session of its own."""
    with open(argv[1], encoding="utf-8") as file:
        spec = json.load(file)
    if os.fork():
        return 0
    os.setsid()
    if os.fork():
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    Supervisor(spec).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
