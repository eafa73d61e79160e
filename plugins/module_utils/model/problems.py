# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors and warnings of a model and their text: place, path, value, what is wrong, remedy."""

from __future__ import annotations

import dataclasses
import difflib
import re
import typing as t

from ..errors import CloudError

Path = tuple[str | int, ...]
HIDDEN = "(hidden)"
# What the origin of a value can be: the default of its key, or a key of `defaults`.
DEFAULT = "the default"
FROM = "from "
_LONGEST = 80
# Problems with the same text have a line each up to this number; of more problems, this number of paths is listed.
_MOST_LINES = 3
_LISTED = 12


@dataclasses.dataclass(frozen=True)
class Problem:
    """One error or warning of a model.

    `path` leads to the value (`machines.node7.nics.nic1.port`), `place` is `FILE:LINE` where that is known, `origin`
    says where a value is from that is not written at the path.
    """

    path: str
    value: str
    message: str
    remedy: str
    place: str = ""
    origin: str = ""

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        if not self.place.startswith(f"{self.path}:"):
            # The place of a problem of a whole file is its path, which is not repeated.
            place += f"{self.path} ({self.origin}): " if self.origin else f"{self.path}: "
        value = f"{self.value} " if self.value else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{place}{value}{self.message}{remedy}"


class ModelError(CloudError):
    """All errors of a model, with the warnings found in the same run."""

    def __init__(self, errors: t.Sequence[Problem], warnings: t.Sequence[Problem] = ()) -> None:
        self.errors = list(errors)
        self.warnings = list(warnings)
        super().__init__(str(self))

    def __str__(self) -> str:
        count = len(self.errors)
        head = "the model has one error" if count == 1 else f"the model has {count} errors"
        by_text: dict[tuple[str, str, str], list[Problem]] = {}
        for problem in self.errors:
            by_text.setdefault((problem.value, problem.message, problem.remedy), []).append(problem)
        return "\n".join([f"{head}:", *(line for same in by_text.values() for line in _lines(same))])


def _lines(same: t.Sequence[Problem]) -> list[str]:
    """Lines for problems that differ only in their place: one mistake can occur in each of a thousand machines."""
    if len(same) <= _MOST_LINES:
        return [f"  {problem}" for problem in same]
    others = [problem.path for problem in same[1:]]
    listed = ", ".join(others[:_LISTED]) + (", …" if len(others) > _LISTED else "")
    return [f"  {same[0]}", f"    and the same in {len(others)} more places: {listed}"]


def join(path: Path) -> str:
    """`("nodes", 2, "mac")` as `nodes[2].mac`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text or "model"


def prefixes(path: str) -> t.Iterator[str]:
    """`a.b.c` as `a`, `a.b`, `a.b.c`: a name may contain dots."""
    parts = re.split(r"(?=[.\[])", path)
    for count in range(1, len(parts) + 1):
        yield "".join(parts[:count])


def show(value: t.Any) -> str:
    """A value as it is quoted in an error: short, in one line, and never the contents of a mapping or list."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, t.Mapping)):
        return "a mapping"
    if isinstance(value, (list, tuple, set)):
        return "a list"
    if isinstance(value, int) and value.bit_length() > _LONGEST:
        # Python refuses to print integers with thousands of digits, which YAML accepts in hexadecimal.
        return "a huge number"
    text = str(value) if isinstance(value, (str, int, float)) else f"a {type(value).__name__}"
    text = text if text.isprintable() else repr(text)
    text = text if text.strip() else repr(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def nearest(word: str, known: t.Iterable[str]) -> str:
    """The known word that is most similar, whatever the case of its letters, or an empty string."""
    by_text = {text.lower(): text for text in known}
    found = difflib.get_close_matches(word.lower(), list(by_text), n=1, cutoff=0.6)
    return by_text[found[0]] if found else ""


def choose(word: str, known: t.Iterable[str]) -> str:
    """The remedy for an unknown word: the most similar known word, or a list of known words."""
    words = sorted(known)
    best = nearest(word, words)
    if best:
        return f"did you mean {best}?"
    if not words:
        return "the model defines none"
    listed = ", ".join(words[:12]) + (", …" if len(words) > 12 else "")
    return f"choose from: {listed}"
