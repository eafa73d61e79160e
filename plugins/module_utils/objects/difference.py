# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between a live object and the API server's answer to an apply, as texts that may be shown.

Values of Secrets are replaced by markers. Equal values have equal markers within one run, so a change is seen; a marker
is made with a key that no other run knows, so the value can't be found by trying.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from typing import Any

from .manifests import WRITTEN_BY_SERVER
from .texts import dump
from .transport import Json

#: kubectl keeps a whole definition in this annotation, a Secret's values as well.
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
SECRET = ("data", "stringData")
SHORT = 4  # characters; a shorter value is not replaced in messages, since it would be found everywhere


def comparable(item: Mapping[str, Any] | None) -> Json | None:
    """Return an object without what changes by itself: status and what only the API server writes."""
    if item is None:
        return None
    kept = {key: value for key, value in item.items() if key != "status"}
    kept["metadata"] = {key: value for key, value in item["metadata"].items() if key not in WRITTEN_BY_SERVER}
    return kept


def equal(live: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Return whether nothing differs that anybody wrote."""
    return comparable(live) == comparable(answer)


class Masks:
    """Hides values of Secrets in objects and in messages.

    :ivar paths: further fields to hide: kind -> paths, each a tuple of keys.
    """

    def __init__(self, paths: Mapping[str, Iterable[tuple[str, ...]]] | None = None) -> None:
        self._key = os.urandom(32)
        self._paths = {kind: list(found) for kind, found in (paths or {}).items()}
        self._values: set[str] = set()

    def learn(self, item: Mapping[str, Any]) -> None:
        """Remember the values of an object that messages must not contain."""
        for fields in self._fields(item):
            for value in _texts(fields):
                self._values.update(text for text in (value, *_decoded(value)) if len(text) >= SHORT)

    def text(self, message: str) -> str:
        """Return a message without the values that were learnt."""
        for value in sorted(self._values, key=len, reverse=True):
            message = message.replace(value, "********")
        return message

    def item(self, item: Mapping[str, Any]) -> Json:
        """Return a copy of an object with markers in place of its secret values."""
        return {key: self._masked(value, (key,), item) for key, value in item.items()}

    def lines(self, item: Mapping[str, Any] | None) -> str:
        """Return an object as YAML that may be shown; empty where there is none."""
        found = comparable(item)
        return "" if found is None else dump(self.item(found))

    def _hidden(self, item: Mapping[str, Any]) -> list[tuple[str, ...]]:
        kind, found = item.get("kind"), list(self._paths.get(str(item.get("kind")), []))
        return [*found, *((key,) for key in SECRET), ("metadata", "annotations", LAST_APPLIED)] if (
            kind == "Secret"
        ) else found  # fmt: skip

    def _fields(self, item: Mapping[str, Any]) -> Iterable[Any]:
        for path in self._hidden(item):
            value: Any = item
            for key in path:
                value = value.get(key) if isinstance(value, Mapping) else None
            yield value

    def _masked(self, value: Any, path: tuple[str, ...], item: Mapping[str, Any]) -> Any:
        if path in self._hidden(item):
            return self._markers(value)
        if isinstance(value, Mapping) and any(hidden[: len(path)] == path for hidden in self._hidden(item)):
            return {key: self._masked(inner, (*path, str(key)), item) for key, inner in value.items()}
        return value

    def _markers(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._markers(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._markers(item) for item in value]
        digest = hmac.new(self._key, repr(value).encode(), hashlib.sha256).hexdigest()
        return f"(hidden, {digest[:8]})"


def _decoded(value: str) -> list[str]:
    """Return the text of a base64 value, if it is one."""
    try:
        return [base64.b64decode(value, validate=True).decode()]
    except ValueError:
        return []


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif value is not None:
        yield str(value)
