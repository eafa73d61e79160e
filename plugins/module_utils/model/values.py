# Copyright: (c) 2026, the groundup.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates in a model: which strings are some, and which must not be evaluated while the model is read."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from .fields import keys_of
from .problems import HIDDEN, Path, Problem, join, show
from .scalars import Sealed
from .types import Cloud

_MARKS = ("{{", "{%", "{#")


class Unevaluated(Exception):
    """A template that could not be evaluated; the text says why."""


class Expression(str):
    """A template of the derived views themselves, which plays evaluate where a role uses the value."""

    __slots__ = ()


def is_template(text: str) -> bool:
    """Whether a string holds a template."""
    return any(mark in text for mark in _MARKS)


@functools.cache
def secret_keys() -> frozenset[str]:
    """The keys of the model that hold secrets."""
    found: set[str] = set()
    todo: list[type] = [Cloud]
    while todo:
        for name, spec in keys_of(todo.pop()).items():
            if spec.secret:
                found.add(name)
            elif dataclasses.is_dataclass(spec.kind) and isinstance(spec.kind, type):
                todo.append(spec.kind)
    return frozenset(found)


class Evaluation:
    """One walk over raw values. Secrets keep the very object they are, so that they are evaluated where they're used.

    `evaluate` turns a template into its value, or raises Unevaluated. `sealed` says whether a value is encrypted, and
    `reveal` decrypts one that is no secret (or raises Unevaluated).
    """

    def __init__(
        self,
        evaluate: t.Callable[[str], t.Any],
        sealed: t.Callable[[t.Any], bool],
        reveal: t.Callable[[t.Any], str],
    ) -> None:
        self.evaluate = evaluate
        self.sealed = sealed
        self.reveal = reveal
        self.problems: list[Problem] = []

    def walk(self, value: t.Any, path: Path = (), depth: int = 0) -> t.Any:
        """The value with its templates evaluated, in plain types."""
        if isinstance(value, t.Mapping) and depth < 32:
            return {_plain(key): self._item(_plain(key), item, path, depth) for key, item in value.items()}
        if isinstance(value, (list, tuple)) and depth < 32:
            return [self.walk(item, (*path, index), depth + 1) for index, item in enumerate(value)]
        if self.sealed(value):
            return self._try(self.reveal, value, path)
        if isinstance(value, str):
            if is_template(value):
                found = self._try(self.evaluate, value, path)
                # What came out of a template is a value: it's never evaluated a second time.
                return found if isinstance(found, Sealed) else _strip(found)
            return str.__str__(value)
        return value

    def _item(self, key: t.Any, value: t.Any, path: Path, depth: int) -> t.Any:
        if key in secret_keys() and (self.sealed(value) or isinstance(value, str)):
            return Sealed(value) if self.sealed(value) else value
        return self.walk(value, (*path, key if isinstance(key, str) else show(key)), depth + 1)

    def _try(self, action: t.Callable[[t.Any], t.Any], value: t.Any, path: Path) -> t.Any:
        try:
            return action(value)
        except Unevaluated as error:
            quoted = HIDDEN if self.sealed(value) else show(value)
            remedy = "define what it needs in group_vars/all beside the model, or by -e"
            self.problems.append(Problem(join(path), quoted, f"can't be evaluated: {error}", remedy))
            return Sealed(None)


def _plain(key: t.Any) -> t.Any:
    return str.__str__(key) if isinstance(key, str) else key


def _strip(value: t.Any, depth: int = 0) -> t.Any:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, t.Mapping) and depth < 32:
        return {_plain(key): _strip(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and depth < 32:
        return [_strip(item, depth + 1) for item in value]
    return value
