# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates in a model: find and evaluate them, except in secrets, which are evaluated where a role uses them."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from .documents import is_extension
from .fields import keys_of
from .problems import HIDDEN, Path, Problem, join, show
from .scalars import Sealed

_MARKS = ("{{", "{%", "{#")


class EvaluationError(Exception):
    """A template could not be evaluated; the text gives the reason."""


class Expression(str):
    """A template in a derived role input; Ansible evaluates it where a role uses the value."""

    __slots__ = ()


def is_template(text: str) -> bool:
    """Whether a string contains a template."""
    return any(mark in text for mark in _MARKS)


@functools.cache
def secret_keys() -> frozenset[str]:
    """Names of the keys of the model whose values are secrets."""
    from .types import Cloud  # here, since every command of Ansible imports this module, with a model or without

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
    """Evaluates the templates of raw values. Secrets are returned unchanged and evaluated where a role uses them.

    `evaluate` returns the value of a template or raises EvaluationError. `sealed` returns whether a value is
    encrypted. `decrypt` decrypts a value that is not a secret or raises EvaluationError.
    """

    def __init__(
        self,
        evaluate: t.Callable[[str], t.Any],
        sealed: t.Callable[[t.Any], bool],
        decrypt: t.Callable[[t.Any], str],
    ) -> None:
        self.evaluate = evaluate
        self.sealed = sealed
        self.decrypt = decrypt
        self.problems: list[Problem] = []

    def walk(self, value: t.Any, path: Path = (), depth: int = 0) -> t.Any:
        """The value with its templates evaluated, in plain types."""
        if isinstance(value, t.Mapping) and depth < 32:
            return {_plain(key): self._item(_plain(key), item, path, depth) for key, item in value.items()}
        if isinstance(value, (list, tuple)) and depth < 32:
            return [self.walk(item, (*path, index), depth + 1) for index, item in enumerate(value)]
        if self.sealed(value):
            return self._try(self.decrypt, value, path)
        if isinstance(value, str):
            if is_template(value):
                found = self._try(self.evaluate, value, path)
                # The result of a template is a value and is never evaluated again.
                return found if isinstance(found, Sealed) else _strip(found)
            return str.__str__(value)
        return value

    def _item(self, key: t.Any, value: t.Any, path: Path, depth: int) -> t.Any:
        if key in secret_keys() and (self.sealed(value) or isinstance(value, str)):
            return Sealed(value) if self.sealed(value) else value
        if not path and is_extension(key):
            return value  # what uses the anchor is evaluated where it stands
        return self.walk(value, (*path, key if isinstance(key, str) else show(key)), depth + 1)

    def _try(self, action: t.Callable[[t.Any], t.Any], value: t.Any, path: Path) -> t.Any:
        try:
            return action(value)
        except EvaluationError as error:
            quoted = HIDDEN if self.sealed(value) else show(value)
            remedy = "define its variables in group_vars/all beside the model, or with -e"
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
