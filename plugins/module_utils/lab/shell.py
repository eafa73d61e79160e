# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs commands and daemons, and finds the processes of a network namespace."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Sequence

from ..errors import CloudError
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait

_SECONDS = 120
_NETNS = "/run/netns"
_DAEMONS = ("ovsdb-server", "ovs-vswitchd", "libvirtd", "qemu-system-x86_64")
_EMULATORS = ("sushy-emulator", "vbmcd")


class LabError(CloudError):
    """An action of the lab failed; the text names the object and the remedy."""


def run(command: Sequence[str], *, text: str | None = None, seconds: float = _SECONDS) -> str:
    """Run a command and return its standard output.

    :param text: its standard input, which also passes secrets: they must not be on the command line.
    :raises LabError: if it fails, is missing or takes longer than `seconds`; with the end of its output.
    """
    try:
        done = subprocess.run(list(command), input=text, capture_output=True, text=True, timeout=seconds, check=False)
    except FileNotFoundError as error:
        raise LabError(f"{command[0]} is not installed; the role virtual_rack installs it") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(command[:4])} … did not end within {seconds:.0f} s") from error
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip())[-800:]
        raise LabError(f"{' '.join(command)}: {words}")
    return done.stdout


def inside(namespace: str, *command: str) -> list[str]:
    """A command line that runs `command` in a network namespace."""
    return ["ip", "netns", "exec", namespace, *command]


def daemon(command: Sequence[str], log: str, environment: dict[str, str] | None = None) -> int:
    """Start a process that continues after this one ends; its output is appended to `log`. Returns its pid."""
    os.makedirs(os.path.dirname(log), mode=0o700, exist_ok=True)
    with open(log, "ab", buffering=0) as output:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
            env={**os.environ, **(environment or {})},
        )
    return process.pid


def write(path: str, content: str, mode: int = 0o600) -> bool:
    """Write a file if its content differs; returns whether it did. The file never has wider permissions than `mode`."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == content and os.stat(path).st_mode & 0o777 == mode:
                return False
    except FileNotFoundError:
        pass
    fresh = f"{path}.new"
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        file.write(content)
    os.chmod(fresh, mode)
    os.replace(fresh, path)
    return True


def wait_for(what: str, ready: Callable[[], bool], seconds: float, log: str | None = None) -> None:
    """Wait until `ready` returns True; after `seconds` raise LabError with the end of the file `log`."""

    def probe() -> Missing | None:
        return None if ready() else Missing.of(what, "it does not answer")

    try:
        wait(probe, Deadline(seconds), pause=0.05, what=f"{what} to be ready")
    except TimedOut as error:
        raise LabError(f"{what} was not ready after {error.seconds:.0f} s{_tail(log)}") from error


def _tail(log: str | None) -> str:
    if not log or not os.path.exists(log):
        return ""
    with open(log, encoding="utf-8", errors="replace") as file:
        return f"; the end of {log}: {file.read()[-600:].strip()}"


def namespaces() -> set[str]:
    """Names of the network namespaces of this host, without names whose mount is gone."""
    if not os.path.isdir(_NETNS):
        return set()
    home = os.stat(_NETNS).st_dev
    return {name for name in os.listdir(_NETNS) if os.stat(f"{_NETNS}/{name}").st_dev != home}


def lost_namespaces(names: Iterable[str]) -> list[str]:
    """Those of the names that are a file without a namespace mounted on it: what a lost mount leaves behind."""
    existing = namespaces()
    return [name for name in names if name not in existing and os.path.exists(f"{_NETNS}/{name}")]


def processes(namespace: str) -> list[int]:
    """Every process in a network namespace."""
    if namespace not in namespaces():
        return []
    return [int(pid) for pid in run(["ip", "netns", "pids", namespace]).split()]


def daemons_below(paths: Sequence[str]) -> list[int]:
    """Daemons of a lab that use one of the paths: they are found even if their namespace has lost its name."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        words = _words(pid)
        daemon = words and os.path.basename(words[0]) in _DAEMONS
        emulator = any(os.path.basename(word) in _EMULATORS for word in words[:4])
        if (daemon or emulator) and any(path in text for path in paths for text in (" ".join(words), _mounts_of(pid))):
            found.append(int(pid))
    return found


def command_lines(namespace: str) -> dict[int, list[str]]:
    """Command lines of the processes of a network namespace, by pid."""
    found = {pid: _words(str(pid)) for pid in processes(namespace)}
    return {pid: words for pid, words in found.items() if words}


def _words(pid: str) -> list[str]:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode(errors="replace").split("\0")[:-1]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _mounts_of(pid: str) -> str:
    """The mounts of a process: libvirtd has the lab's paths as mounts, other daemons have them on the command line."""
    try:
        with open(f"/proc/{pid}/mountinfo", encoding="utf-8", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError, OSError):
        return ""


def kill_all(find: Callable[[], list[int]], seconds: float = 3.0) -> int:
    """End every process that `find` returns: by SIGTERM, after `seconds` by SIGKILL; returns how many there were.

    :raises LabError: if this process or a parent is among them, or one can't be killed.
    """
    own = _ancestors()
    left = find()
    if own & set(left):
        raise LabError("this command runs inside the lab and would end itself; run it outside the lab")
    count = len(left)
    _signal(left, signal.SIGTERM)

    def probe() -> Missing | None:
        found = find()
        return Missing.each(map(str, found), "it still runs") if found else None

    try:
        wait(probe, Deadline(seconds), pause=0.05, what="processes to end")
    except TimedOut:
        _kill_hard(find)
    return count


def _kill_hard(find: Callable[[], list[int]], seconds: float = 10.0) -> None:
    """Send SIGKILL until `find` returns none: a process may have started another one in the meantime."""

    def probe() -> Missing | None:
        found = find()
        _signal(found, signal.SIGKILL)
        return Missing.each(map(str, found)) if found else None

    try:
        wait(probe, Deadline(seconds), pause=0.05, what="killed processes to end")
    except TimedOut as error:
        raise LabError(f"processes {error.missing} did not end after SIGKILL; see their /proc/PID/stack") from error


def _signal(pids: Sequence[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _ancestors() -> set[int]:
    pid, found = os.getpid(), set()
    while pid > 1:
        found.add(pid)
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            pid = int(file.read().rpartition(")")[2].split()[1])
    return found
