# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the rack in namespaces of its own, and shows its figures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
#: Programs that this needs besides those of every Debian, by their package.
PROGRAMS = {"sshd": "openssh-server", "ssh": "openssh-client", "chronyd": "chrony", "nft": "nftables", "ip": "iproute2"}
#: The first process ends with its parent, and all others of its namespace with it (pid_namespaces(7)).
INSIDE = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork",
          "--kill-child", "--mount-proc")  # fmt: skip
WHERE = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def missing() -> str:
    """Why it cannot be measured here, or an empty text."""
    if os.geteuid():
        return "namespaces and sshd need root"
    lost = [package for program, package in PROGRAMS.items() if not shutil.which(program, path=WHERE)]
    return f"install {', '.join(lost)}" if lost else ""


def measure(machines: int) -> dict[str, Any]:
    """The figures of a run that changed nothing. RuntimeError where it failed, or changed something."""
    why_not = missing()
    if why_not:
        raise RuntimeError(f"the fleet cannot be started: {why_not}")
    command = [*INSIDE, sys.executable, "-m", "fleet.rack", str(machines)]
    modules = f"{ROOT}/tests/bench:{ROOT}/.ansible/collections"
    environment = {**os.environ, "PATH": WHERE, "PYTHONPATH": modules}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the fleet did not start: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if found["status"]:
        raise RuntimeError(f"site.yml ended with {found['status']}: {found['output'][-2000:]}")
    changed = [task["task"] for task in found["tasks"] if task["changed"]]
    ran = [name for name in ("Host network", "Host base", "Container runtime", "Kubernetes", "Network", "Prove hosts")
           if any(task["play"] == name and task["ok"] for task in found["tasks"])]  # fmt: skip
    if changed or ran:
        raise RuntimeError(f"the run was no no-op: {', '.join([*changed, *ran])}: {found['output'][-2000:]}")
    return found


def named(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tasks of the run; what only ends a play for a host is no task, and takes no process."""
    return [task for task in found["tasks"] if task["ok"] + task["skipped"] + task["failed"]
            and not task["task"].startswith("Leave the play")]  # fmt: skip


def on_every_machine(found: Mapping[str, Any]) -> list[str]:
    """The tasks for which Ansible started a process for each machine, skipped or not."""
    return [task["task"] for task in named(found) if task["ok"] + task["skipped"] >= found["machines"]]


def page(found: Mapping[str, Any]) -> str:
    """The figures as text."""
    plays: dict[str, int] = {}
    for task in named(found):
        plays[task["play"]] = plays.get(task["play"], 0) + 1
    everywhere = on_every_machine(found)
    cpus, machines = os.cpu_count() or 1, found["machines"]
    controller = found["controller_cpu"]
    rows = [
        ("wall", f"{found['wall']} s, {cpus} CPUs, load {found['load']:.1f} at its end"),
        ("CPU", f"{found['cpu']} s, so {found['cpu'] / cpus:.0f} s of wall at best on {cpus} CPUs with nothing beside"),
        ("  of the controller", f"{controller} s, {1000 * controller / machines:.0f} ms a machine"),
        ("  of each machine", f"{1000 * found['machine_cpu']:.0f} ms"),
        ("tasks", f"{sum(plays.values())}: " + ", ".join(f"{name} {count}" for name, count in plays.items())),
        ("  on every machine", f"{len(everywhere)}: {'; '.join(everywhere)}"),
        ("ssh connections", f"{found['connections']:g} a machine"),
        ("commands over ssh", f"{found['commands']:g} a machine: a look at its identity, and the module host_probe"),
        ("slowest tasks", ""),
    ]
    slowest = sorted(named(found), key=lambda task: -task["seconds"])[:6]
    rows += [(f"  {task['seconds']:.1f} s", task["task"]) for task in slowest]
    head = f"no-op of site.yml over {machines} simulated machines (started in {found['raised']} s)"
    return "\n".join([head, *(f"{name:22} {value}" for name, value in rows)])
