# SPDX-License-Identifier: GPL-3.0-or-later
"""OVSDB's JSON notation as plain Python values (RFC 7047 §5.1)."""

from __future__ import annotations

from typing import Any

from .config import FabricError

Row = dict[str, Any]
#: Columns that may hold several values; they are always returned as a list.
_PLURAL = frozenset({"ports", "interfaces", "trunks"})


def rows(result: dict[str, Any]) -> list[Row]:
    """The rows of one ``select``; an ``error`` instead is raised with the database's message."""
    if "rows" not in result:
        detail = f"{result.get('error')}: {result.get('details')}"
        raise FabricError("Open vSwitch database", detail, "the schema may be older than Open vSwitch 2.6: upgrade it")
    return [{column: _value(column, value) for column, value in row.items()} for row in result["rows"]]


def _value(column: str, value: Any) -> Any:
    """Sets become lists, maps dictionaries, UUIDs strings; an empty optional value becomes None."""
    plain = _plain(value)
    if column in _PLURAL:
        return plain if isinstance(plain, list) else [plain]
    return None if plain == [] else plain


def _plain(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    kind, content = value
    if kind == "uuid":
        return content
    if kind == "map":
        return dict(content)
    return [_plain(item) for item in content]
