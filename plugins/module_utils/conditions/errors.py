# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of reading objects, and of states that can never be reached."""

from __future__ import annotations

from ..errors import CloudError
from ..waiting.missing import Missing, Row


class ReadError(CloudError):
    """An object could not be read. Clients of the API raise one of its subclasses."""


class Unanswered(ReadError):
    """There was no answer, or the server that answered is not ready; the same request may succeed later."""


class Denied(ReadError):
    """The API answered with an error.

    :ivar status: the HTTP status.
    """

    status: int = 0


class NeverReached(CloudError):
    """An object is in a state that it cannot leave, and that is not the wanted one.

    :ivar rows: the object, and what explains its state.
    """

    def __init__(self, *rows: Row) -> None:
        super().__init__(str(Missing(rows)))
        self.rows = rows
