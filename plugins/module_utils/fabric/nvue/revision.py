# SPDX-License-Identifier: GPL-3.0-or-later
"""Revisions of the NVUE REST API: create, patch, apply under a timer, answer its question, save.

Sources: "NVUE API" of the user guide (revisions, patches, ``null``, errors, saving) and, for what it does not tell,
clients of others: ``state-controls.confirm`` are seconds, the revision then waits in the state ``confirm``, and
``confirm_yes`` or ``confirm_no`` is patched as its state (gpncfg, nvue_automation); a rolled-back one ends as
``confirm_fail``. Identifiers are numbers, before 5.4 or so ``changeset/USER/DATE_ID``.
"""

from __future__ import annotations

import time
from urllib.parse import quote

from ..config import FabricError
from ..https import Https
from .names import Tree

_BASE = "/nvue_v1"
#: Written as the message of each revision, by which a later run knows it.
MARK = "groundup.cloud"
WAITING = "confirm"
#: No state of the switch: it has no such revision, such as after a restart.
_GONE = "gone"
#: The switch asks for something else than the confirmation. It takes the answers that came with our own request, so
#: these pass; after a while without an answer it gives up by itself.
_ASKING = ("ays", "ignore_fail")
_MOVING = (
    *_ASKING, "apply", "checking", "checked", "verifying", "verified", "readying", "ready", "ays_yes",
    "ignore_fail_yes", "reloading", "reloaded", "confirm_yes", "confirm_no", "save", "saving", "auto_save",
    "auto_saving",
)  # fmt: skip
_FAILED = (
    "invalid", "verify_error", "ready_error", "apply_error", "apply_fail", "ays_fail", "ays_no", "ignore_fail_no",
    "confirm_fail",
)  # fmt: skip
_APPLY_SECONDS = 300.0
_LOOK = "read `nv config history` and /var/log/nvued.log on the switch"


class Revisions:
    """The revisions of one switch; every method may raise :class:`..config.FabricError`.

    :param user: the account that this run logs in as.
    """

    def __init__(self, https: Https, user: str) -> None:
        self._https, self._user = https, user
        self.where = https.where

    def get(self, path: str, **query: str) -> Tree:
        """Read a resource."""
        found = self._https.json("GET", f"{_BASE}/{path}", query=query)
        if not isinstance(found, dict):
            raise FabricError(self.where, f"GET {_BASE}/{path}: it answered {found!r} and no object", _LOOK)
        return found

    def state_of(self, path: str, **query: str) -> Tree:
        """Read operational state; an empty dictionary if the switch has none, which it answers with HTTP 404."""
        try:
            return self.get(path, **query)
        except FabricError as error:
            if ": HTTP 404" in error.message:
                return {}
            raise

    def create(self) -> str:
        """A new revision, which begins as the applied one."""
        answer = self._https.json("POST", f"{_BASE}/revision")
        if not isinstance(answer, dict) or not answer:
            raise FabricError(self.where, f"it created no revision but answered {answer!r}", _LOOK)
        return str(next(iter(answer)))

    def patch(self, revision: str, body: Tree) -> None:
        """Merge a configuration into a revision; nothing is sent for an empty one."""
        if body:
            self._https.json("PATCH", f"{_BASE}/", body, query={"rev": revision})

    def apply(self, revision: str, seconds: int) -> None:
        """Apply a revision and wait until it waits for its confirmation, for which it gives `seconds`.

        The timer and the change are one request. Warnings are answered with yes, failures with no.
        """
        body = {
            "state": "apply",
            "message": MARK,
            "auto-prompt": {"ays": "ays_yes", "ignore_fail": "ignore_fail_no"},
            "state-controls": {"confirm": max(1, seconds)},
        }
        self._state(revision, body)
        state, found = self._settled(revision, beyond="pending")
        if state == WAITING:
            return
        if state.startswith("applied"):
            why = f"it applied revision {revision} without waiting for a confirmation, so it will not roll back"
            raise FabricError(self.where, why, "look at the change; `nv config history` names the revision before it")
        raise FabricError(self.where, f"it refused the change ({state}): {_issues(found)}", _LOOK)

    def confirm(self, revision: str) -> None:
        """Confirm and save. A FabricError if the revision no longer waits."""
        rolled_back = FabricError(
            self.where, "the switch rolled the change back before it could be confirmed", "set a longer confirm.timeout"
        )
        if self.state(revision)[0] != WAITING:
            raise rolled_back
        if not self._answer(revision, "confirm_yes"):
            raise rolled_back
        state, __ = self._settled(revision, beyond=WAITING)
        if not state.startswith("applied"):
            raise rolled_back
        if "saved" not in state:
            self._save()

    def reject(self, revision: str) -> None:
        """Roll back now; nothing is done if the revision does not wait. A FabricError if it is not rolled back."""
        if self._settled(revision)[0] != WAITING:
            return
        if not self._answer(revision, "confirm_no"):
            return
        state, found = self._settled(revision, beyond=WAITING)
        if state.startswith("applied"):
            raise FabricError(self.where, f"it did not roll back revision {revision}: {_issues(found)}", _LOOK)

    def waiting(self) -> str | None:
        """The revision of an earlier run that waits for its confirmation; a FabricError if it is somebody else's.

        One that shows neither user nor message counts as that of an earlier run: it is about to roll back anyway.
        """
        listed = self.get("revision")
        for revision, found in sorted(listed.items()):
            state = str(found.get("state") or "")
            if state == WAITING or (state in _MOVING and state not in ("save", "saving")):
                self._refuse_foreign(revision, found, state)
                if self._settled(revision)[0] == WAITING:
                    return str(revision)
        return None

    def state(self, revision: str) -> tuple[str, Tree]:
        """The state of a revision and all else that the switch tells of it; one that it has no more is gone."""
        try:
            found = self._https.json("GET", f"{_BASE}/revision/{quote(revision, safe='')}") or {}
        except FabricError as error:
            if ": HTTP 404" not in error.message:
                raise
            return _GONE, {}
        inner = found.get(revision)  # some answers have the identifier around it
        found = inner if isinstance(inner, dict) else found
        return str(found.get("state") or ""), found

    def _refuse_foreign(self, revision: str, found: Tree, state: str) -> None:
        last = found.get("last-apply") or {}
        parts = revision.split("/")
        user = str(found.get("user") or last.get("user") or (parts[1] if len(parts) > 2 else ""))
        message = str(found.get("message") or last.get("message") or "")
        if state not in _ASKING and (MARK in message or (not message and user in ("", self._user))):
            return
        whose = f"{user or 'an unknown user'}{f' ({message})' if message else ''}"
        raise FabricError(
            self.where,
            f"revision {revision} of {whose} is in the state {state}, and another cannot be applied meanwhile",
            "confirm or reject it on the switch: nv config apply --confirm-yes or --confirm-no",
        )

    def _settled(self, revision: str, beyond: str = "") -> tuple[str, Tree]:
        """Poll until the revision moves no more. A lost connection is tolerated, as the network may be reloaded."""
        end, pause = time.monotonic() + _APPLY_SECONDS, 0.1
        while True:
            try:
                state, found = self.state(revision)
                if state not in _MOVING and state != beyond:
                    return state, found
                lost = None
            except FabricError as error:
                if not isinstance(error.__cause__, OSError):  # requests' errors are; the switch did answer otherwise
                    raise
                state, lost = "unreachable", error
            if time.monotonic() > end:
                why = f"revision {revision} is still in the state {state} after {_APPLY_SECONDS:.0f} s"
                raise lost or FabricError(self.where, why, _LOOK)
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    def _save(self) -> None:
        """Write the startup configuration; from 5.9 on the switch does it by itself unless auto-save is off."""
        self._state("applied", {"state": "save", "auto-prompt": {"ays": "ays_yes"}})
        state, found = self._settled("applied")
        if state in _FAILED:
            raise FabricError(self.where, f"the change is confirmed but was not saved: {_issues(found)}", _LOOK)

    def _answer(self, revision: str, answer: str) -> bool:
        """Confirm or reject; false if the revision no longer waited, since the timer fired meanwhile."""
        try:
            self._state(revision, {"state": answer, "auto-prompt": {"ays": "ays_yes"}})
        except FabricError:
            state, __ = self.state(revision)
            if state == WAITING:
                raise
            return state not in _FAILED
        return True

    def _state(self, revision: str, body: Tree) -> None:
        self._https.json("PATCH", f"{_BASE}/revision/{quote(revision, safe='')}", body)


def _issues(found: Tree) -> str:
    """The messages of a revision's transition."""
    transition = found.get("transition") or {}
    issues = [str(item.get("message") or "").strip() for item in (transition.get("issue") or {}).values()]
    return "; ".join(filter(None, issues)) or str(transition.get("progress") or "") or "it gives no reason"
