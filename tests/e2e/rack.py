# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual rack of the end-to-end tests, driven by the commands that an operator types."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import typing as t

from checks.commands import ROOT, command

MODEL = os.environ.get("GROUNDUP_E2E_MODEL", "inventories/lab/cloud.yml")
NAME = subprocess.check_output([sys.executable, "tools/lab_name.py", MODEL], cwd=ROOT, text=True).strip()
RACK = ROOT / "build/lab" / NAME
STATE = pathlib.Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "groundup" / NAME
RUN = pathlib.Path("/run/groundup", NAME)


def lab(log: str, verb: str, *words: str, minutes: float) -> str:
    """`tools/lab VERB MODEL …`, what `make lab` and `make lab-down` call; on failure the consoles' ends are printed."""
    try:
        return command(log, "tools/lab", verb, MODEL, *words, minutes=minutes, lines=150)
    except AssertionError:
        print(consoles())
        raise


def site(log: str, *words: str, minutes: float = 20) -> dict[str, t.Any]:
    """A run of site.yml; the figures that the progress callback left (see its documentation)."""
    lab(log, "site", *words, minutes=minutes)
    return dict(json.loads((RACK / "timings-site.json").read_text()))


def changes(figures: dict[str, t.Any]) -> dict[str, int]:
    """Stages that changed something, with the number of results that said so."""
    return {stage["name"]: stage["changed"] for stage in figures["stages"] if stage["changed"]}


def on(machine: str, *words: str) -> str:
    """Standard output of an Ansible ad-hoc shell command on a machine of the rack."""
    argv = [str(RACK / "run"), "ansible", "-i", str(RACK / "cloud.yml"), machine, "-m", "ansible.builtin.shell"]
    path = {**os.environ, "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}"}
    done = subprocess.run(
        [*argv, "-a", " ".join(words)], cwd=ROOT, capture_output=True, text=True, check=False, env=path
    )
    assert done.returncode == 0, f"{machine}: {' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout.partition(">>\n")[2]


def vsctl(*words: str) -> str:
    """ovs-vsctl against the rack's switches."""
    argv = ["ovs-vsctl", f"--db=unix:{RUN}/ovs/db.sock", "--timeout=20", *words]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def power(machine: str, verb: str) -> None:
    """`destroy`, which is pulling the plug, or `start`, on the rack's own libvirt."""
    uri = f"qemu+unix:///system?socket={RUN}/libvirt/libvirt-sock"
    words = ["virsh", "--quiet", "--connect", uri, verb, machine]
    subprocess.run([str(RACK / "run"), *words], check=True, capture_output=True, text=True)


def awake(machine: str, seconds: float = 300) -> None:
    """Returns when a machine that was switched on answers; AssertionError with its last words if it never does."""
    end = time.monotonic() + seconds
    while True:
        try:
            on(machine, "true")
        except AssertionError:
            if time.monotonic() > end:
                raise
            time.sleep(5)
        else:
            return


class Processes:
    """Every command line that was seen on this host while a block ran, looked at four times a second."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Processes:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.25):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                with contextlib.suppress(OSError):
                    words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                    self.seen.add(words.replace(b"\0", b" ").decode(errors="replace"))


def readable_by_all(*roots: pathlib.Path) -> list[pathlib.Path]:
    """Text files below `roots` that every user of this host may read: their own mode and their directories' say so."""
    found = []
    for root in roots:
        for directory, names, files in os.walk(root):
            here = pathlib.Path(directory)
            names[:] = [name for name in names if (here / name).stat().st_mode & 0o001]
            plain = (here / name for name in files)
            found += [file for file in plain if file.is_file() and file.stat().st_mode & 0o004]
    return [file for file in found if file.stat().st_size < 4 << 20]


def consoles(lines: int = 40) -> str:
    """The end of every machine's serial console."""
    parts = []
    for log in sorted((STATE / "lab/machines").glob("*/console.log")):
        text = log.read_bytes().decode(errors="replace").replace("\x1b", "").replace("\r", "")
        parts.append(f"---- console of {log.parent.name} ----\n" + "\n".join(text.splitlines()[-lines:]))
    return "\n".join(parts)


def traces() -> list[str]:
    """Whatever of the rack can still be found on this host."""
    namespaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout.split()
    found = [f"namespace {name}" for name in namespaces if name in {f"{NAME}-{x}" for x in ("rack", "ctl", "bmc")}]
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
            mounts = pathlib.Path(f"/proc/{pid}/mountinfo").read_text()
        except (OSError, ProcessLookupError):
            continue
        if f"groundup/{NAME}/".encode() in words and int(pid) != os.getpid():
            found.append(f"process {pid}: {words!r}")
        if f"groundup/{NAME}/" in mounts:
            found.append(f"a mount seen by process {pid}")
    return found + [f"file {path}" for path in (RUN, STATE, RACK) if path.exists()]
