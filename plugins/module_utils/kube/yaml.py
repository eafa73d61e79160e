# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write YAML of plain dicts, lists and scalars. Machines have no PyYAML; JSON would do, but people read these files."""

from __future__ import annotations

import json
import re
import typing as t

# Words that every YAML reader takes as text: no leading digit, no boolean, nothing that could be an indicator.
PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./@-]*\Z")
WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"])


def documents(values: t.Iterable[t.Mapping[str, t.Any]]) -> str:
    """Several documents of one file."""
    return "---\n".join(dump(value) for value in values)


def dump(value: t.Mapping[str, t.Any]) -> str:
    """One document, block style, keys in the given order."""
    return "".join(f"{line}\n" for line in _mapping(value))


def _mapping(value: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for key, item in value.items():
        yield from _entry(f"{_scalar(key)}:", item)


def _entry(head: str, item: t.Any) -> t.Iterator[str]:
    """A key with what hangs below it; a list hangs at the key's own depth."""
    if isinstance(item, dict) and item:
        yield head
        yield from (f"  {line}" for line in _mapping(item))
    elif isinstance(item, (list, tuple)) and item:
        yield head
        yield from _sequence(item)
    else:
        yield f"{head} {_scalar(item)}"


def _sequence(items: t.Sequence[t.Any]) -> t.Iterator[str]:
    for item in items:
        lines = list(_mapping(item)) if isinstance(item, dict) and item else [_scalar(item)]
        yield f"- {lines[0]}"
        yield from (f"  {line}" for line in lines[1:])


def _scalar(value: t.Any) -> str:
    if isinstance(value, str) and PLAIN.match(value) and value.lower() not in WORDS:
        return value
    return json.dumps(value)
