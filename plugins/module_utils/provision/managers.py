# SPDX-License-Identifier: GPL-3.0-or-later
"""How services are kept running: as units of systemd, or as supervised processes where there is no systemd."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from ..errors import CloudError
from ..host.state import File
from ..host.system import System
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from .listening import listens
from .services import Service
from .sources import supervisor
from .supervise import started


class ServiceError(CloudError):
    """A service doesn't run; the message has the end of its log."""


class Home(Protocol):
    """Whose services they are: the name that is a part of their units' names, and where their files are."""

    @property
    def cloud(self) -> str:
        """The name."""

    @property
    def state_dir(self) -> str:
        """Directory of the services' files, logs and pidfiles."""

    def path(self, *parts: str) -> str:
        """A path below the directory."""


class Manager(Protocol):
    """Starts and stops services, and reports the configuration with which they run."""

    def current(self, names: Sequence[str]) -> dict[str, str]:
        """Name → digest of the configuration with which it runs; absent if it doesn't."""

    def start(self, service: Service) -> None:
        """Starts or restarts; returns when it is ready. Raises ServiceError."""

    def stop(self, service: Service) -> None:
        """Stops it permanently, and undoes what its start changed."""


def wait_ready(service: Service, pid_of: Callable[[], int], seconds: float = 20) -> None:
    """Raises ServiceError when the service isn't ready in time. `pid_of` gives its present process, 0 for none."""

    def probe() -> Missing | None:
        if not (pid := pid_of()):
            return Missing.of(service.name, "it does not run")
        if service.ready and not listens(pid, service.ready):
            return Missing.of(service.name, f"process {pid} does not listen on {service.ready}")
        return None

    try:
        wait(probe, Deadline(seconds), pause=0.1, what="the service to be ready")
    except TimedOut as error:
        raise ServiceError(
            f"{service.name} does not run, or does not listen on {service.ready}, after {error.seconds:.0f} s "
            f"({error.missing})"
        ) from error


class Processes:
    """Supervised processes with pidfiles below <state_dir>/run."""

    def __init__(self, settings: Home) -> None:
        self.settings = settings
        self.program = File(settings.path("services", "supervise.py"), supervisor())

    def current(self, names: Sequence[str]) -> dict[str, str]:
        """From the pidfiles; a pid that another process has now does not count."""
        found = {}
        for name in names:
            record = self._record(name)
            if record and started(int(record["child"])):
                found[name] = str(record["digest"])
        return found

    def start(self, service: Service) -> None:
        """Stops a running one first."""
        self._end(service.name)
        log = self.settings.path("log", f"{service.name}.log")
        spec = self.settings.path("services", f"{service.name}.supervise.json")
        with open(spec, "w", encoding="utf-8") as file:
            json.dump(
                {
                    "name": service.name,
                    "argv": service.argv,
                    "before": service.before,
                    "log": log,
                    "digest": service.digest(),
                    "pidfile": self._pidfile(service.name),
                },
                file,
            )
        subprocess.run([sys.executable, "-I", self.program.path, spec], check=True, stdin=subprocess.DEVNULL)
        try:
            wait_ready(service, lambda: int((self._record(service.name) or {}).get("child", 0)))
        except ServiceError as error:
            self._end(service.name)
            raise ServiceError(f"{error}; the end of {log}:\n{tail(log)}") from error

    def stop(self, service: Service) -> None:
        """Also runs the commands that undo its start."""
        self._end(service.name)
        for command in service.after:
            subprocess.run(command, check=False, capture_output=True)

    def _end(self, name: str, seconds: float = 15) -> None:
        record = self._record(name)
        if not record:
            return
        for key in ("pid", "child"):
            pid, began = int(record[key]), started(int(record[key]))
            if not began or (key == "pid" and began != record["started"]):
                continue
            _kill(pid, began, signal.SIGTERM, seconds)
            if started(pid) == began and not _kill(pid, began, signal.SIGKILL, seconds):
                raise ServiceError(f"{name}: process {pid} can't be ended, not even by SIGKILL; see what it waits for")
        if os.path.exists(self._pidfile(name)):
            os.unlink(self._pidfile(name))

    def _pidfile(self, name: str) -> str:
        return self.settings.path("run", f"{name}.json")

    def _record(self, name: str) -> dict[str, int | str] | None:
        """The pidfile, if its supervisor still runs (or its orphaned child does)."""
        try:
            with open(self._pidfile(name), encoding="ascii") as file:
                record: dict[str, int | str] = json.load(file)
        except (FileNotFoundError, ValueError):
            return None
        alive = started(int(record["pid"])) == record["started"] or _is(int(record["child"]), self.settings.state_dir)
        return record if alive else None


def _kill(pid: int, began: int, number: int, seconds: float) -> bool:
    """Sends a signal and returns whether the process that began then has ended within `seconds`."""
    with contextlib.suppress(ProcessLookupError):  # it ended by itself meanwhile
        os.kill(pid, number)

    def probe() -> bool | Missing:
        return Missing.of(f"process {pid}", "it still runs") if started(pid) == began else True

    try:
        return wait(probe, Deadline(seconds), pause=0.05, what="the process to end")
    except TimedOut:
        return False


def _is(pid: int, mark: str) -> bool:
    """Whether a process has `mark` on its command line, or its root below it: an orphan of a killed supervisor."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return mark.encode() in file.read() or os.readlink(f"/proc/{pid}/root").startswith(f"{mark}/")
    except OSError:
        return False


def tail(path: str, lines: int = 8) -> str:
    """The last lines of a log."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"


class Systemd:
    """Units named groundup-<cloud>-<service>; the digest of the configuration stands in the unit."""

    directory = "/etc/systemd/system"

    def __init__(self, settings: Home) -> None:
        self.settings = settings

    def unit(self, name: str) -> str:
        """Name of the unit."""
        return f"groundup-{self.settings.cloud}-{name}.service"

    def text(self, service: Service) -> str:
        """The unit file."""

        def line(argv: Sequence[str]) -> str:
            return " ".join(shlex.quote(word).replace("%", "%%").replace("$", "$$") for word in argv)

        before = [f"ExecStartPre=/usr/bin/env {line(command)}" for command in service.before]
        after = [f"ExecStopPost=-/usr/bin/env {line(command)}" for command in service.after]
        return "\n".join(
            (
                "# Managed by groundup.cloud; changes are overwritten",
                f"# Digest: {service.digest()}",
                "[Unit]",
                f"Description={service.name} of the cloud {self.settings.cloud}",
                "Wants=network-online.target",
                "After=network-online.target",
                "",
                "[Service]",
                "Type=exec",
                *before,
                f"ExecStart=/usr/bin/env {line(service.argv)}",
                *after,
                "Restart=always",
                "RestartSec=2",
                *service.unit,
                "",
                "[Install]",
                "WantedBy=multi-user.target",
                "",
            )
        )

    def current(self, names: Sequence[str]) -> dict[str, str]:
        """One call of systemctl for all."""
        units = {self.unit(name): name for name in names}
        shown = _systemctl("show", "-p", "Id,ActiveState,UnitFileState", *units)
        found = {}
        for block in shown.split("\n\n"):
            facts = dict(item.split("=", 1) for item in block.splitlines() if "=" in item)
            if facts.get("ActiveState") == "active" and facts.get("UnitFileState") == "enabled":
                found[units[facts["Id"]]] = self._digest(facts["Id"])
        return found

    def _digest(self, unit: str) -> str:
        with open(os.path.join(self.directory, unit), encoding="utf-8") as file:
            found = re.search(r"^# Digest: (\w+)$", file.read(), re.MULTILINE)
        return found.group(1) if found else ""

    def start(self, service: Service) -> None:
        """Writes the unit, enables and restarts it."""
        unit = self.unit(service.name)
        System().write(os.path.join(self.directory, unit), self.text(service).encode())
        try:
            for command in (("daemon-reload",), ("enable", "--quiet", unit), ("restart", unit)):
                _systemctl(*command)
            wait_ready(service, lambda: int(_systemctl("show", "-p", "MainPID", "--value", unit) or 0))
        except ServiceError as error:
            log = subprocess.run(
                ["journalctl", "-u", unit, "-n", "8", "--no-pager"], check=False, capture_output=True, text=True
            ).stdout
            raise ServiceError(f"{error}; the end of its log:\n{log}") from error

    def stop(self, service: Service) -> None:
        """Stops, disables, removes."""
        unit = self.unit(service.name)
        path = os.path.join(self.directory, unit)
        if os.path.exists(path):
            _systemctl("disable", "--now", "--quiet", unit)
            os.unlink(path)
            _systemctl("daemon-reload")


def _systemctl(*words: str) -> str:
    """The output of systemctl. Raises ServiceError with its error."""
    done = subprocess.run(["systemctl", *words], check=False, capture_output=True, text=True)
    if done.returncode:
        raise ServiceError(f"systemctl {' '.join(words)} failed: {(done.stderr or done.stdout).strip()[-400:]}")
    return done.stdout.strip()


def manager(kind: str, settings: Home) -> Manager:
    """`systemd` or `processes`."""
    return Systemd(settings) if kind == "systemd" else Processes(settings)
