# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of problems in the files of a model."""

from __future__ import annotations

import dataclasses
import typing as t

from .documents import Document, lines_of
from .problems import FROM, Problem, join, prefixes


def locate(docs: t.Sequence[Document], problems: t.Sequence[Problem]) -> list[Problem]:
    """The problems with their `FILE:LINE`; for a value that is in no file, that of the nearest enclosing key.

    They are sorted by file and line, so that a file can be corrected from top to bottom.
    """
    if not problems:
        return []
    places: dict[str, str] = {}
    wanted = {prefix for problem in problems for prefix in prefixes(_source(problem))}
    for doc in docs:
        for path, line, _first in lines_of(doc, wanted):
            places.setdefault(join(path), f"{doc.file}:{line}")
        places.setdefault(doc.file, f"{doc.file}:1")
    # A missing top-level key is reported at the start of the first file.
    top = f"{docs[0].file}:1" if docs else ""
    placed = [
        problem if problem.place else dataclasses.replace(problem, place=_place(_source(problem), places) or top)
        for problem in problems
    ]
    order = {doc.file: number for number, doc in enumerate(docs)}
    return sorted(placed, key=lambda problem: _line(problem.place, order))


def _source(problem: Problem) -> str:
    """The path at which a problem's value is written."""
    return problem.origin.removeprefix(FROM) if problem.origin.startswith(FROM) else problem.path


def _line(place: str, order: t.Mapping[str, int]) -> tuple[int, int]:
    file, _colon, line = place.rpartition(":")
    return (order[file], int(line)) if file in order and line.isdigit() else (-1, 0)


def _place(path: str, places: t.Mapping[str, str]) -> str:
    while path:
        if path in places:
            return places[path]
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return ""
