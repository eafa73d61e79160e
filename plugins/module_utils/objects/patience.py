# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A transport that repeats what reads and what removes until a deadline. What applies has its own rules in `apply`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from .errors import ObjectsError, Refused, Unreachable
from .transport import JSON, JSON_FIRST, Json, Transport

#: Seconds for a server that has not answered yet: a wrong address shall not be tried for as long as a wait may last.
FIRST_ANSWER = 20.0
PAUSE = 1.0


def attempt(call: Callable[[], Json], what: str, *, throttled: bool = True) -> Json | Missing:
    """The answer of one call, which may be repeated; Missing where the server gave none, or failed.

    :param what: the call, for messages.
    :param throttled: the same for a server that has too much to do (429), which is refused otherwise.
    """
    try:
        return call()
    except Unreachable as error:
        return Missing.of(what, str(error))
    except Refused as error:
        if error.status >= 500 or (throttled and error.status == 429):
            return Missing.of(what, str(error))
        raise


class Patient:
    """A transport within a deadline. A removal names the uid, so that its repetition removes nothing else."""

    def __init__(self, transport: Transport, deadline: Deadline) -> None:
        self._transport, self._deadline, self._answered = transport, deadline, False
        self._silence = ""
        self.server, self.warnings = transport.server, transport.warnings

    def text(self, path: str) -> str | None:
        """Return a text. It is read once: it only explains something else."""
        return self._transport.text(path)

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content: str = JSON,
        accept: str = JSON_FIRST,
    ) -> Json:
        """Return the answer. A server that gave none to the first call is not asked again, by other layers for example.

        :raises ObjectsError: there was no answer until the deadline.
        """
        if method not in ("GET", "DELETE"):
            return self._transport.call(method, path, query, body, content, accept)
        if self._silence and not self._answered:
            raise ObjectsError(self._silence)
        pause = PAUSE

        def once() -> Json | Missing:
            nonlocal pause
            try:
                found = self._transport.call(method, path, query, body, content, accept)
            except Unreachable as error:
                return Missing.of(f"{method} {path}", str(error))
            except Refused as error:
                self._answered = True
                if error.status != 429 and error.status < 500:
                    raise
                pause = error.retry_after or PAUSE
                return Missing.of(f"{method} {path}", str(error))
            self._answered = True
            return found

        deadline = self._deadline if self._answered else self._deadline.within(FIRST_ANSWER)
        try:
            return wait(once, deadline, what="an answer of the API server", pause=lambda __: pause)
        except TimedOut as error:
            self._silence = str(error)
            raise ObjectsError(self._silence) from error
