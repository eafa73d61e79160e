# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests of one explanation: so many at most, and what could not be read is said instead of raised."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from ..waiting.missing import Row
from .errors import Denied, ReadError
from .fields import Item
from .texts import clipped

Read = Callable[[str], "Item | None"]
ReadText = Callable[[str], "str | None"]

#: Most requests of one explanation: pods, what owns them, their events and logs.
REQUESTS = 12
#: Most objects of a list that is read for an explanation.
LISTED = 250


class Reads:
    """Requests that never raise an error of reading. After the first one without an answer no further one is made."""

    def __init__(self, read: Read, read_text: ReadText | None, requests: int = REQUESTS) -> None:
        self._read, self._read_text, self.left = read, read_text, requests
        self._ended = False
        self.notes: list[str] = []

    def get(self, path: str) -> Item | None:
        """An object or a list; None where there is none or it could not be read."""
        found: Item | None = self._try(self._read, path, ends=True)
        return found

    def items(self, path: str, **query: str) -> list[Item]:
        """The objects of a list, at most :data:`LISTED`."""
        wanted = {key: value for key, value in query.items() if value}
        found = self.get(f"{path}?{urllib.parse.urlencode({**wanted, 'limit': str(LISTED)})}")
        return list((found or {}).get("items") or ())

    def text(self, path: str, **query: str) -> str:
        """A text; empty where there is none or it could not be read."""
        if self._read_text is None:
            return ""
        # The API passes a log on from the kubelet; where that one does not answer, the API still does.
        return self._try(self._read_text, f"{path}?{urllib.parse.urlencode(query)}", ends=False) or ""

    def _try(self, read: Callable[[str], Any], path: str, *, ends: bool) -> Any:
        if self._ended:
            return None
        if self.left <= 0:
            self.notes.append("further requests, since there were many already")
            self._ended = True
            return None
        self.left -= 1
        try:
            return read(path)
        except ReadError as error:
            self.notes.append(clipped(str(error)))
            self._ended = ends and not isinstance(error, Denied)
            return None

    def unread(self) -> list[Row]:
        """A row of what could not be read, so that nobody takes silence for health."""
        texts = list(dict.fromkeys(self.notes))[:3]
        return [Row("further reasons", f"not read: {'; '.join(texts)}")] if texts else []


def selector(of: Mapping[str, Any] | None) -> str:
    """A label selector object as the text of a query; empty where it selects nothing."""
    labels = (of or {}).get("matchLabels") or {}
    parts = [f"{key}={value}" for key, value in sorted(labels.items())]
    for entry in (of or {}).get("matchExpressions") or ():
        key, values = entry["key"], ",".join(entry.get("values") or ())
        word = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}
        parts.append(word.get(entry["operator"], f"!{key}"))
    return ",".join(parts)
