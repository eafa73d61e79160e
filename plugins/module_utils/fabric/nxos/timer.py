# SPDX-License-Identifier: GPL-3.0-or-later
"""The rollback that NX-OS performs by itself: a checkpoint and a job of the device's scheduler.

NX-OS has no ``commit confirmed`` in its command line. The job (``feature scheduler``) rolls back to the checkpoint at a
given time; both have the token as their name. The job is configured *before* the checkpoint is taken, so the rollback
does not remove the job that performs it, and the scheduler still tells afterwards that it has run.

Facts and their sources: names have up to 80 characters (checkpoint) and 31 (job); there are at most ten checkpoints,
and one user at a time takes or rolls back to one (Cisco Nexus System Management Configuration Guide, chapters
"Configuring Rollback" and "Configuring the Scheduler"); checkpoint and rollback work by NX-API as commands with text
output (cisco.nxos, ``plugins/modules/nxos_rollback.py``); ``time start +HH:MM`` begins a job once, and ``show scheduler
schedule`` says ``Yet to be executed`` until then (also relied on by Tail-f's NED for NX-OS).
"""

from __future__ import annotations

import re
import secrets

from ..config import FabricError
from .nxapi import NxApi, Refused

_TOKEN = re.compile(r"groundup-[0-9a-f]{8}\b")
_NAME = re.compile(r"^Schedule Name\s*:\s*(\S+)", re.MULTILINE)
_PENDING = "Yet to be executed"
#: The end of the output of a rollback; earlier lines warn of a failure, so that word tells nothing.
_SUCCESS = "completed successfully"


class Timer:
    """The rollback of one change; every method may raise :class:`~..config.FabricError`."""

    def __init__(self, api: NxApi) -> None:
        self._api = api

    def arm(self, seconds: int) -> str:
        """Arm a rollback that happens not before `seconds`; returns its token, the name of job and checkpoint.

        The scheduler counts whole minutes, and whether the current one counts as a whole is not documented: one more
        is added."""
        self._remove_old()
        token = f"groundup-{secrets.token_hex(4)}"
        minutes = -(-seconds // 60) + 1
        rollback = f"rollback running-config checkpoint {token}"
        when = [f"scheduler schedule name {token}", f"job name {token}", f"time start {delay(minutes)}", "exit"]
        try:
            self._api.configure([f"scheduler job name {token}", f"{rollback} atomic", "end-job"])
            self._api.configure(when)
            self._api.execute(f"checkpoint {token}")
            job = " ".join(self._api.show("show scheduler job").split())
            if rollback not in job or token not in self.pending():
                why = "the scheduler did not take the job that would roll back"
                raise Refused(self._api.where, why, "read `show scheduler schedule` on the switch")
        except Refused:
            self._remove(token)
            raise
        return token

    def pending(self) -> list[str]:
        """Tokens of rollbacks that the scheduler has still to perform."""
        return sorted(name for name, waits in self._schedules().items() if waits)

    def disarm(self, token: str) -> None:
        """Cancel the rollback; the checkpoint stays. An error if it has been performed already."""
        if token not in self.pending():
            why = "the switch rolled the change back before it could be confirmed"
            raise FabricError(self._api.where, why, "set a longer confirm.timeout")
        self._api.configure([f"no scheduler schedule name {token}", f"no scheduler job name {token}"])

    def forget(self, token: str) -> None:
        """Remove the checkpoint of a confirmed change."""
        if token in self._checkpoints():
            self._api.execute(f"no checkpoint {token}")

    def fire(self, token: str) -> None:
        """Roll back now, unless the scheduler has done so; the timer stays armed if the rollback fails."""
        if token in self.pending() and token in self._checkpoints():
            self._api.execute(f"rollback running-config checkpoint {token} atomic", _SUCCESS)
        self._remove(token)

    def _schedules(self) -> dict[str, bool]:
        """Whether each schedule of this driver is still to be performed, by its name."""
        parts = _NAME.split(self._api.show("show scheduler schedule"))[1:]
        found = dict(zip(parts[::2], parts[1::2], strict=True))
        return {name: _PENDING in text for name, text in found.items() if _TOKEN.fullmatch(name)}

    def _checkpoints(self) -> set[str]:
        return set(_TOKEN.findall(self._api.show("show checkpoint summary")))

    def _remove(self, token: str) -> None:
        if token in self._schedules():
            self._api.configure([f"no scheduler schedule name {token}"])
        if token in self._api.show("show scheduler job"):
            self._api.configure([f"no scheduler job name {token}"])
        self.forget(token)

    def _remove_old(self) -> None:
        """Remove jobs that have run, and checkpoints without a job: there is room for ten checkpoints."""
        schedules = self._schedules()
        waiting = {name for name, waits in schedules.items() if waits}
        for token in sorted((set(schedules) | self._checkpoints()) - waiting):
            self._remove(token)


def delay(minutes: int) -> str:
    """Minutes from now as the scheduler takes them (``+00:05``)."""
    return f"+{minutes // 60:02}:{minutes % 60:02}"
