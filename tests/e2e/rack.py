# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual rack of the end-to-end tests, controlled by the commands of an operator."""

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

import yaml
from checks.commands import ROOT, command
from checks.traces import traces

#: The rack whose control plane is a machine: GROUNDUP_E2E_MODEL names another model.
EMULATED = os.environ.get("GROUNDUP_E2E_MODEL", "inventories/lab/cloud.yml")


def without(model: str, *machines: str) -> str:
    """The path of a copy of a model without some of its machines."""
    content = yaml.safe_load((ROOT / model).read_text())
    for machine in machines:
        del content["machines"][machine]
    copy = ROOT / "build/e2e" / model
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(yaml.safe_dump(content, sort_keys=False))
    return str(copy)


#: The rack with a hosted control plane. CI has time for two of its three workers: one with UEFI, one with a BIOS.
HOSTED = os.environ.get("GROUNDUP_E2E_HOSTED") or without("inventories/lab_hosted/cloud.yml", "node2")


class Rack:
    """The rack of a model, and its places: the twin's files, its state, its sockets."""

    def __init__(self, model: str) -> None:
        self.model = model
        argv = [sys.executable, "tools/lab_name.py", model]
        self.name = subprocess.check_output(argv, cwd=ROOT, text=True).strip()
        home = pathlib.Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser()
        self.directory = ROOT / "build/lab" / self.name
        self.state = home / "groundup" / self.name
        self.run = pathlib.Path("/run/groundup", self.name)

    def lab(self, log: str, verb: str, *words: str, minutes: float) -> str:
        """Run `tools/lab VERB MODEL …`, as `make lab` and `make lab-down` do; print the consoles on failure."""
        try:
            return command(f"e2e-{self.name}-{log}", "tools/lab", verb, self.model, *words, minutes=minutes, lines=150)
        except AssertionError:
            print(self.consoles())
            raise

    def site(self, log: str, *words: str, minutes: float = 20) -> dict[str, t.Any]:
        """Run site.yml; returns the figures that the progress callback wrote (see its documentation)."""
        self.lab(log, "site", *words, minutes=minutes)
        return dict(json.loads((self.directory / "timings-site.json").read_text()))

    def control_planes(self) -> list[str]:
        """The machines that are control planes, by the twin's model."""
        model = yaml.safe_load((self.directory / "cloud.yml").read_text())
        roles = model.get("defaults", {}).get("machine", {}).get("roles", [])
        return [name for name, machine in model["machines"].items() if "control_plane" in machine.get("roles", roles)]

    def on(self, machine: str, *words: str) -> str:
        """Standard output of an Ansible ad-hoc shell command on a machine of the rack."""
        inventory = str(self.directory / "cloud.yml")
        argv = [str(self.directory / "run"), "ansible", "-i", inventory, machine, "-m", "ansible.builtin.shell"]
        path = {**os.environ, "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}"}
        done = subprocess.run(
            [*argv, "-a", " ".join(words)], cwd=ROOT, capture_output=True, text=True, check=False, env=path
        )
        assert done.returncode == 0, f"{machine}: {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout.partition(">>\n")[2]

    def vsctl(self, *words: str) -> str:
        """Standard output of ovs-vsctl on the rack's switches."""
        argv = ["ovs-vsctl", f"--db=unix:{self.run}/ovs/db.sock", "--timeout=20", *words]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()

    def power(self, machine: str, verb: str) -> None:
        """Cut the power of a machine (`destroy`) or power it on (`start`), in the rack's libvirt."""
        uri = f"qemu+unix:///system?socket={self.run}/libvirt/libvirt-sock"
        words = ["virsh", "--quiet", "--connect", uri, verb, machine]
        subprocess.run([str(self.directory / "run"), *words], check=True, capture_output=True, text=True)

    def wait_for_ssh(self, machine: str, seconds: float = 300) -> None:
        """Wait until a machine answers; after `seconds` raise AssertionError with its last output."""
        end = time.monotonic() + seconds
        while True:
            try:
                self.on(machine, "true")
            except AssertionError:
                if time.monotonic() > end:
                    raise
                time.sleep(5)
            else:
                return

    def consoles(self, lines: int = 40) -> str:
        """The end of every machine's serial console."""
        parts = []
        for log in sorted((self.state / "lab/machines").glob("*/console.log")):
            text = log.read_bytes().decode(errors="replace").replace("\x1b", "").replace("\r", "")
            parts.append(f"---- console of {log.parent.name} ----\n" + "\n".join(text.splitlines()[-lines:]))
        return "\n".join(parts)

    def traces(self) -> list[str]:
        """What exists of the rack on this host: namespaces, processes, mounts, directories."""
        return traces(self.name, (self.run, self.state, self.directory))


def changes(figures: dict[str, t.Any]) -> dict[str, int]:
    """Stages with changes, with their number of changed results."""
    return {stage["name"]: stage["changed"] for stage in figures["stages"] if stage["changed"]}


class Processes:
    """Collects the command lines of all processes of this host while a block runs, four times a second."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Processes:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.25):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                with contextlib.suppress(OSError):
                    words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                    self.seen.add(words.replace(b"\0", b" ").decode(errors="replace"))


def readable_by_all(*roots: pathlib.Path) -> list[pathlib.Path]:
    """Files below `roots`, smaller than 4 MiB, that every user may read by the modes of file and directories."""
    found = []
    for root in roots:
        for directory, names, files in os.walk(root):
            here = pathlib.Path(directory)
            names[:] = [name for name in names if (here / name).stat().st_mode & 0o001]
            plain = (here / name for name in files)
            found += [file for file in plain if file.is_file() and file.stat().st_mode & 0o004]
    return [file for file in found if file.stat().st_size < 4 << 20]
