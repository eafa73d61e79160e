# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what Ansible's commands pay for the inventory of a large model: as a whole process, with its memory.

Run by hand: `python tests/bench/inventory.py [MACHINES …]` prints JSON; without numbers 1,000 and 4,000.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / ".ansible/collections"), str(ROOT / "tests/bench")]

#: What each command has to do with the inventory: `read` is what every command does, `list` also prints all variables.
COMMANDS = {"read": "--graph", "list": "--list"}


def write(machines: int, directory: pathlib.Path) -> pathlib.Path:
    """Write the model of that many machines; the path of its file."""
    import model

    path = directory / "cloud.yml"
    path.write_text(json.dumps({"plugin": "groundup.cloud.cloud", **model.cloud(machines)}, indent=1))
    return path


#: Runs a command and prints its figures. It is a process of its own, since the most memory of a command is at least
#: that of the process that starts it, and pytest is large.
WATCH = """
import json, resource, subprocess, sys, time
began = time.monotonic()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
if done.returncode:
    sys.exit(f"exit {done.returncode}: {done.stderr[-800:]}")
cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
print(json.dumps({"wall": time.monotonic() - began, "cpu": cpu, "memory": memory}))
"""


def run(path: pathlib.Path, option: str) -> dict[str, float]:
    """Wall and CPU seconds and the most memory (MiB) of `ansible-inventory`; RuntimeError if it fails."""
    program = pathlib.Path(sys.executable).parent / "ansible-inventory"
    command = [sys.executable, "-c", WATCH, str(program), "-i", str(path), option]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ansible-inventory {option}: {done.stderr.strip()}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(machines: int) -> dict[str, dict[str, float]]:
    """The figures of each command for a model of that many machines."""
    with tempfile.TemporaryDirectory(prefix="groundup-bench-") as directory:
        path = write(machines, pathlib.Path(directory))
        return {name: run(path, option) for name, option in COMMANDS.items()}


if __name__ == "__main__":
    sizes = [int(text) for text in sys.argv[1:]] or [1_000, 4_000]
    found: dict[str, Any] = {str(size): measure(size) for size in sizes}
    print(json.dumps(found, indent=2))
