# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubeadm as a transient systemd unit: it outlives connection and controller, and a later run finds it again."""

from __future__ import annotations

import json
import time
import typing as t

from ..host.system import System
from . import paths
from .errors import KubeError

UNIT = "groundup-kubeadm.service"


def active(system: System) -> bool:
    """Whether a kubeadm that we started is still running, or has ended and wasn't looked at yet."""
    return _show(system)["ActiveState"] in ("activating", "active", "deactivating")


def start(system: System, argv: t.Sequence[str]) -> None:
    """Begin; what it prints goes to the log, which only root reads."""
    log = system.path(paths.LOG)
    log.parent.mkdir(parents=True, exist_ok=True)
    system.write(paths.LOG, b"", mode=0o600)
    properties = {
        "Type": "oneshot",
        "RemainAfterExit": "yes",
        "StandardOutput": f"append:{paths.LOG}",
        "StandardError": f"append:{paths.LOG}",
    }
    options = [f"--property={key}={value}" for key, value in properties.items()]
    forget(system)
    system.run(["systemd-run", "--quiet", "--no-block", f"--unit={UNIT}", *options, "--", *argv])


def wait(system: System, limit: float) -> None:
    """Wait for its end.

    :raises KubeError: it failed, or ``limit`` seconds were not enough; with the end of what it printed.
    """
    began = time.monotonic()
    until = began + limit
    while True:
        shown = _show(system)
        if shown["ActiveState"] == "active" and shown["SubState"] == "exited":
            return forget(system)
        if shown["ActiveState"] in ("failed", "inactive"):
            forget(system)
            raise KubeError(f"kubeadm failed ({shown['Result']}); all of it is in {paths.LOG}\n{tail(system)}")
        if time.monotonic() >= until:
            raise KubeError(f"kubeadm is still at work after {limit:.0f} s; a later run waits on\n{tail(system)}")
        # Asking costs a process each time, on the machine that is being waited for: more rarely, the longer it takes.
        time.sleep(min(5.0, max(1.0, (time.monotonic() - began) / 20)))


def forget(system: System) -> None:
    """Let systemd forget the ended unit, so that its name is free."""
    system.run(["systemctl", "stop", UNIT], check=False)
    system.run(["systemctl", "reset-failed", UNIT], check=False)


def tail(system: System, lines: int = 25) -> str:
    """The end of what kubeadm printed."""
    path = system.path(paths.LOG)
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.is_file() else ""


def note(system: System, kind: str, *, done: bool) -> None:
    """Record an attempt before it starts and when it ended: what isn't done may be taken up or wiped by a later run."""
    system.write(paths.ATTEMPT, json.dumps({"kind": kind, "done": done}).encode(), mode=0o600)


def _show(system: System) -> dict[str, str]:
    output = system.run(["systemctl", "show", UNIT, "-p", "ActiveState,SubState,Result"])
    return dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
