# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One server-side apply: repeated while the API server can't serve it yet, refused where it never will."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from . import conflicts
from .difference import Masks
from .errors import ObjectsError, Refused, Several, Unreachable
from .transport import APPLY, Json, Transport
from .wanted import Wanted

#: In both: the webhook's service has no pods yet, does not listen, or its certificate is not trusted yet.
WEBHOOK = re.compile(r"failed (?:calling|to call) webhook \"?([^\":]*)")
NO_DRY_RUN = "does not support dry run"
IMMUTABLE = re.compile(r"field is immutable|may not be changed|updates to .* are forbidden|is immutable", re.IGNORECASE)
#: The API server answers 500 to a field that its schema does not have. For a moment, it has the schema of an old CRD.
SCHEMA = "failed to create typed patch object"
SETTLING = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
Given = TypeVar("Given")
Result = TypeVar("Result")


def not_ready(error: ObjectsError) -> str:
    """Return why a repetition may succeed; empty if it can't."""
    if isinstance(error, Unreachable):
        return str(error)
    if not isinstance(error, Refused):
        return ""
    if SCHEMA in str(error):
        return ""
    if WEBHOOK.search(str(error)) and error.status >= 500:
        return str(error)
    if error.status == 429 or error.status >= 500:
        return f"the API server can't serve it now: {error}"
    if error.status == 404 and not error.of_kind:
        return "the API server does not serve this kind yet"
    if error.status == 409 and not conflicts.of(error):  # another writer came first, or the object is being deleted
        return str(error)
    return ""


def webhook_silent(error: ObjectsError) -> bool:
    """Return whether a webhook kept the API server from trying: it does not answer, or can't be part of a dry run."""
    text = str(error)
    return isinstance(error, Refused) and (NO_DRY_RUN in text or bool(WEBHOOK.search(text) and error.status >= 500))


class Applier:
    """Applies objects under the field manager of the collection.

    :ivar new_schemas: group and kind of objects whose CRD was changed by this run.
    """

    def __init__(
        self, transport: Transport, deadline: Deadline, masks: Masks, consents: Iterable[conflicts.TakeOver] = ()
    ) -> None:
        self._transport, self._deadline, self._masks = transport, deadline, masks
        self._consents = tuple(consents)
        self.new_schemas: set[tuple[str, str]] = set()

    def try_out(self, wanted: Wanted, live: Json | None) -> tuple[Json, list[str]]:
        """Return the object as an apply would leave it, and why fields are taken over.

        :raises Refused: also where a webhook does not answer, without waiting for it: the apply itself may mend it.
        """
        return self._apply(wanted, live, dry_run=True)

    def apply(self, wanted: Wanted, live: Json | None) -> Json:
        """Return the object as the API server has stored it."""
        return self._apply(wanted, live, dry_run=False)[0]

    def _apply(self, wanted: Wanted, live: Json | None, *, dry_run: bool) -> tuple[Json, list[str]]:
        query = {"fieldManager": conflicts.MANAGER, "fieldValidation": "Strict"}
        query |= {"dryRun": "All"} if dry_run else {}
        try:
            return self._repeated(wanted, query, dry_run), []
        except Refused as error:
            found = conflicts.of(error)
            if not found:
                raise self._explained(wanted, error) from error
        reasons = conflicts.judge(wanted.key, found, live, self._consents)
        return self._repeated(wanted, {**query, "force": "true"}, dry_run), reasons

    def _repeated(self, wanted: Wanted, query: dict[str, str], dry_run: bool) -> Json:
        pause, settling = FIRST_PAUSE, self._deadline.within(SETTLING)

        def once() -> Json | Missing:
            nonlocal pause
            try:
                return self._once(wanted, query)
            except (Refused, Unreachable) as error:
                reason = not_ready(error)
                if SCHEMA in str(error) and wanted.key[:2] in self.new_schemas and not settling.passed:
                    reason = f"the API server does not use the schema of the new CRD yet: {error}"
                if not reason or (dry_run and webhook_silent(error)):
                    raise
                named = error.retry_after if isinstance(error, Refused) else 0
                pause = named or min(LONGEST_PAUSE, pause * 2)
                return Missing.of(str(wanted.key), self._masks.text(reason))

        what = f"the API server to take {wanted.key}"
        try:
            return wait(once, self._deadline, what=what, pause=lambda __: pause)
        except TimedOut as error:
            raise ObjectsError(str(error)) from error

    def _once(self, wanted: Wanted, query: dict[str, str]) -> Json:
        return self._transport.call("PATCH", wanted.path, query, wanted.body, APPLY)

    def _explained(self, wanted: Wanted, error: Refused) -> Refused:
        """Return the error with the object's name, without secrets, and with a remedy where one is known."""
        text = f"{wanted.key} ({wanted.where}): {self._masks.text(str(error))}"
        if error.status == 403:
            text += "; give this user the right, or use another user's kubeconfig or context"
        elif error.status == 422 and IMMUTABLE.search(str(error)):
            text += "; a living object can't be changed so: remove it first (state: absent), then apply it again"
        elif error.status == 404 and error.of_kind == "namespaces":
            text += f"; add the Namespace {wanted.key.namespace} to the definitions"
        found = Refused(text, error.status, error.reason, retry_after=error.retry_after)
        found.causes, found.of_kind = error.causes, error.of_kind
        return found


def in_parallel(action: Callable[[Given], Result], given: Iterable[Given], connections: int) -> list[Result]:
    """Return what ``action`` returned for each, in order; errors of all of them are raised together."""
    given = list(given)
    if len(given) < 2:
        return [action(one) for one in given]
    errors: list[str] = []
    results: list[Any] = []
    with ThreadPoolExecutor(min(connections, len(given))) as pool:
        for future in [pool.submit(action, one) for one in given]:
            try:
                results.append(future.result())
            except ObjectsError as error:
                errors += error.texts if isinstance(error, Several) else [str(error)]
    if errors:
        raise Several(errors)
    return results
