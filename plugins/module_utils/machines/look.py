# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs in to a machine over ssh with its expected host key, and checks its identity. Runs on the controller."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .known_hosts import line_of, write
from .types import Good, HostState, HostView

COMMAND = "cat /etc/machine-id /etc/groundup/identity.json"
CHANGED = ("host key verification failed", "host identification has changed", "no matching host key type")


@dataclass(frozen=True)
class Login:
    """How the controller logs in to the machine. ``options``: further arguments of ssh."""

    address: str
    user: str = "root"
    port: int = 22
    private_key_file: str | None = None
    options: tuple[str, ...] = ()
    connect_timeout: int = 5

    @classmethod
    def of(cls, ssh: Mapping[str, Any]) -> Login:
        """From the input ``machine_ssh`` of the role."""
        return cls(
            address=str(ssh["address"]),
            user=ssh.get("user") or "root",
            port=int(ssh.get("port") or 22),
            private_key_file=ssh.get("private_key_file") or None,
            options=tuple(ssh.get("options") or ()),
        )


def pin_and_look(login: Login, machine: Mapping[str, Any], known_hosts: str, expected: Good) -> HostView:
    """Write the host key of the machine's deployment into the file of known hosts, then look at the machine."""
    name = str(machine["name"])
    names = (name, machine.get("fqdn"), login.address)
    write(os.path.expanduser(known_hosts), name, line_of(name, names, expected.host_key, login.port))
    return look(login, name, str(machine["cloud"]), expected)


def look(login: Login, machine: str, cloud: str, expected: Good) -> HostView:
    """Log in with the expected host key, and compare machine-id and identity."""
    with tempfile.TemporaryDirectory(prefix="groundup-look-") as directory:
        known = Path(directory) / "known_hosts"
        known.write_text(line_of(machine, [machine], expected.host_key) + "\n")
        try:
            done = subprocess.run(
                command_of(login, machine, str(known), expected.host_key),
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
                timeout=login.connect_timeout + 25,
            )
        except subprocess.TimeoutExpired:
            return HostView(HostState.SILENT, "ssh did not end in time")
    return judge(done.returncode, done.stdout, done.stderr, machine, cloud, expected)


def command_of(login: Login, machine: str, known_hosts: str, host_key: str) -> list[str]:
    """Return the ssh command: the host key is looked up by the machine's name and not by its address."""
    settings = {
        "BatchMode": "yes",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": known_hosts,
        "GlobalKnownHostsFile": "/dev/null",
        "HostKeyAlias": machine,
        "CheckHostIP": "no",
        "HostKeyAlgorithms": host_key.split()[0],
        "ConnectTimeout": str(login.connect_timeout),
        "ServerAliveInterval": "5",
        "ServerAliveCountMax": "3",
        "LogLevel": "ERROR",
    }
    words = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    if login.private_key_file:
        words += ["-i", login.private_key_file, "-o", "IdentitiesOnly=yes"]
    # ssh uses the first value of an option, so further options can't weaken the check of the host key.
    return ["ssh", *words, *login.options, "-p", str(login.port), "-l", login.user, login.address, COMMAND]


def judge(code: int, out: str, error: str, machine: str, cloud: str, expected: Good) -> HostView:
    """Return the state of the machine that follows from ssh's exit code and output."""
    reason = " ".join(error.split())
    if code == 0:
        return _identity(out.splitlines(), machine, cloud, expected)
    if any(text in reason.lower() for text in CHANGED):
        return HostView(HostState.OTHER, f"its ssh host key is not the one of this deployment ({reason})")
    if "permission denied" in reason.lower():
        return HostView(HostState.DENIED, reason)
    if code != 255:
        return HostView(HostState.OTHER, f"it has no /etc/groundup/identity.json ({reason})")
    return HostView(HostState.SILENT, reason or "no answer")


def _identity(lines: Sequence[str], machine: str, cloud: str, expected: Good) -> HostView:
    machine_id = lines[0].strip() if lines else ""
    try:
        identity = json.loads("\n".join(lines[1:]))
    except ValueError:
        return HostView(HostState.OTHER, "its /etc/groundup/identity.json is not valid JSON")
    found = {"machine-id": machine_id, "machine": identity.get("machine"), "cloud": identity.get("cloud")}
    wanted = {"machine-id": expected.machine_id, "machine": machine, "cloud": cloud}
    wrong = [f"{name} is {found[name]} instead of {value}" for name, value in wanted.items() if found[name] != value]
    return HostView(HostState.OTHER, ", ".join(wrong)) if wrong else HostView(HostState.SAME)
