# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubeadm as a transient systemd unit: it survives the loss of connection and controller, and a later run finds it."""

from __future__ import annotations

import json
import typing as t

from ..host.system import System
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, growing
from ..waiting.wait import wait as wait_until
from . import paths
from .errors import KubeError

UNIT = "groundup-kubeadm.service"


def active(system: System) -> bool:
    """Whether kubeadm is still running, or has ended and no run has read its result yet."""
    return _show(system)["ActiveState"] in ("activating", "active", "deactivating")


def start(system: System, argv: t.Sequence[str]) -> None:
    """Start it; its output goes to the log, which only root can read."""
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

    :raises KubeError: it failed, or ``limit`` seconds were not enough; with the end of its output.
    """

    def probe() -> Missing | None:
        shown = _show(system)
        if shown["ActiveState"] == "active" and shown["SubState"] == "exited":
            return None
        if shown["ActiveState"] in ("failed", "inactive"):
            forget(system)
            raise KubeError(f"kubeadm failed ({shown['Result']}); its whole output is in {paths.LOG}\n{tail(system)}")
        return Missing.of(UNIT, f"{shown['ActiveState']} ({shown['SubState']})")

    try:
        # Each probe starts a process on a busy machine, so the pauses grow.
        wait_until(probe, Deadline(limit), pause=growing(1, 5), what="kubeadm to end")
    except TimedOut as error:
        raise KubeError(
            f"kubeadm still runs after {error.seconds:.0f} s ({error.missing}); a later run continues to wait "
            f"for it\n{tail(system)}"
        ) from error
    forget(system)


def forget(system: System) -> None:
    """Let systemd forget the ended unit, so that its name is free."""
    system.run(["systemctl", "stop", UNIT], check=False)
    system.run(["systemctl", "reset-failed", UNIT], check=False)


def tail(system: System, lines: int = 25) -> str:
    """The last lines of kubeadm's output."""
    path = system.path(paths.LOG)
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.is_file() else ""


def note(system: System, kind: str, *, done: bool) -> None:
    """Record an attempt before it starts and when it ended: a later run continues or resets an unfinished one."""
    system.write(paths.ATTEMPT, json.dumps({"kind": kind, "done": done}).encode(), mode=0o600)


def _show(system: System) -> dict[str, str]:
    output = system.run(["systemctl", "show", UNIT, "-p", "ActiveState,SubState,Result"])
    return dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
