# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that roll a change back, or confirm it, on the switch. Pure.

The checkpoint of a change is its key, as the record in Open vSwitch's database: the rollback restores and deletes it,
the confirmation saves the configuration and deletes it, and both hold the same lock, so exactly one of them happens.
The rollback is a job of systemd on the switch and does not need this process. It does not survive a restart of the
switch, which then starts with the saved configuration, that is, without the change.

Sources: sonic-utilities, ``config/main.py`` (checkpoint, rollback, list-checkpoints, delete-checkpoint, save, reload);
systemd-run(1); flock(1). systemd replaces ``$`` and ``%`` in the words of a job, so the scripts contain neither.
"""

from __future__ import annotations

import re
import shlex

UNIT = "groundup-rollback-"
CHECKPOINT = "groundup-"
#: Taken between the two patches of a change that creates a channel again; see `render`.
STAGE = "-stage"
#: Holds the lock while a command runs, but does not leave it to the processes which that starts.
LOCKED = ("flock", "-o", "/run/groundup-rollback.lock")
#: Printed by the confirmation if the rollback was first.
GONE = "groundup: rolled back already"
_TOKEN = re.compile(rf"\b{UNIT}([0-9a-f]{{8}})\.(?:timer|service)\b")


def arm(token: str, seconds: float) -> str:
    """Start the timer. By default systemd may be a minute late, so its accuracy is set."""
    unit = [f"--unit={UNIT}{token}", f"--on-active={round(seconds * 1000)}ms", "--timer-property=AccuracySec=100ms"]
    return shlex.join(["sudo", "systemd-run", "--quiet", *unit, *_locked(_rollback(token))])


def apply(path: str) -> str:
    """Apply a patch. A timer that fires meanwhile waits for the lock and rolls back then."""
    return shlex.join(["sudo", *LOCKED, "config", "apply-patch", path])


def roll_back(token: str) -> str:
    """Roll back now and stop the timer; does nothing if there is no checkpoint any more."""
    return shlex.join(["sudo", *_locked(f"{_rollback(token)}; {_disarm(token)}")])


def forget(token: str) -> str:
    """Delete the checkpoint of a change that has not begun, and stop its timer if there is one."""
    return shlex.join(["sudo", *_locked(f"config delete-checkpoint {CHECKPOINT}{token}; {_disarm(token)}")])


def confirm(token: str) -> str:
    """Save the running configuration, delete the checkpoint, stop the timer; prints GONE if there is no checkpoint."""
    save = f"config save -y && config delete-checkpoint {CHECKPOINT}{token}"
    stage = f"{_exists(token + STAGE)} && config delete-checkpoint {CHECKPOINT}{token}{STAGE}"
    script = f"{_exists(token)} || {{ echo {shlex.quote(GONE)}; exit 0; }}; {save} || exit 1; {stage}; {_disarm(token)}"
    return shlex.join(["sudo", *_locked(script)])


def tokens(units: str) -> list[str]:
    """The tokens of armed, running and failed rollbacks in the output of ``systemctl list-units``."""
    return sorted(set(_TOKEN.findall(units)))


def _rollback(token: str) -> str:
    """Restore the checkpoints, the later one first; if that fails, load the saved configuration."""
    name, stage = f"{CHECKPOINT}{token}", f"{CHECKPOINT}{token}{STAGE}"
    first = f"if {_exists(token + STAGE)}; then config rollback {stage}; config delete-checkpoint {stage}; fi"
    last = f"config rollback {name} || config reload -y -f || exit 1; config delete-checkpoint {name}"
    return f"if {_exists(token)}; then {first}; {last}; fi"


def _exists(name: str) -> str:
    return f"config list-checkpoints | grep -q '\"{CHECKPOINT}{name}\"'"


def _disarm(token: str) -> str:
    """Stop the timer and forget a failed run of its job. Neither exists after the timer has fired successfully."""
    unit = f"{UNIT}{token}"
    quiet = ">/dev/null 2>&1"
    return f"systemctl stop {unit}.timer {quiet}; systemctl reset-failed {unit}.service {quiet}; true"


def _locked(script: str) -> list[str]:
    return [*LOCKED, "sh", "-c", script]
