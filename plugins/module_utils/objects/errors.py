# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the objects engine. Their texts say what is wrong, with which object, and the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..conditions.errors import Denied, Unanswered
from ..errors import CloudError


class ObjectsError(CloudError):
    """The base of all errors here."""


class AccessError(ObjectsError):
    """The configuration does not lead to an API server that may be used. A repetition does not help."""


class Unreachable(ObjectsError, Unanswered):
    """There was no answer."""


class Refused(ObjectsError, Denied):
    """The API answered with an error.

    :ivar status: the HTTP status.
    :ivar reason: the reason of the Status object, such as Conflict or NotFound; empty where there was no such object.
    :ivar details: the details of the Status object: ``kind``, ``name``, ``causes``.
    :ivar retry_after: seconds after which the server wants to be called again; 0 if it named none.
    """

    def __init__(
        self, text: str, status: int, reason: str = "", details: dict[str, Any] | None = None, retry_after: float = 0
    ) -> None:
        super().__init__(text)
        self.status, self.reason, self.retry_after = status, reason, retry_after
        self.causes: list[dict[str, Any]] = list((details or {}).get("causes") or [])
        self.of_kind = str((details or {}).get("kind") or "")


class Several(ObjectsError):
    """Errors of several objects in one text."""

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__(
            texts[0] if len(texts) == 1 else f"{len(texts)} errors:\n" + "\n".join(f"- {x}" for x in texts)
        )
        self.texts = tuple(texts)
