# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parses raw YAML values into the classes of the model and collects all errors."""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from .fields import KeySpec, Shape, keys_of
from .problems import HIDDEN, Path, Problem, choose, join, nearest, show
from .releases import LATER, words
from .scalars import BadScalar, Scalar
from .sources import Written, is_number, meant, misread

_BAD: t.Any = object()
Raw = t.Mapping[t.Any, t.Any]


class Pair(t.NamedTuple):
    """A value of each of the two IP versions, in the order of the file; the second is None where there is one."""

    first: t.Any
    second: t.Any


class Parser:
    """Parses raw mappings into dataclasses.

    A value that can't be parsed is reported once, and its field holds the default (or None), so that the rest of the
    model is still checked in the same run. The result must not be used if there are `problems`.
    """

    def __init__(self, written: Written | None = None, beside: t.Sequence[str] = ()) -> None:
        """`beside`: keys at the top of the file that are not parsed here, and that a mistyped key may mean."""
        self.problems: list[Problem] = []
        self.beside = beside
        self.written = written or Written()

    def shown(self, raw: t.Any, path: Path) -> str:
        """A value as the person wrote it, if the model was read from a file."""
        return self.written.values.get(path) or show(raw)

    def shown_key(self, key: t.Any, path: Path) -> str:
        """A name in the mapping at `path` as the person wrote it."""
        return self.written.keys.get((path, show(key))) or show(key)

    def report(self, path: Path, value: str, message: str, remedy: str) -> None:
        """Add one problem."""
        self.problems.append(Problem(join(path), value, message, remedy))

    def record(self, cls: type, raw: t.Any, path: Path, name: str = "", partial: bool = False) -> t.Any:
        """One object of the model from a mapping; `partial` is for defaults, where required keys may be absent."""
        if not isinstance(raw, t.Mapping):
            self.report(path, self.shown(raw, path), "is not a mapping", f"give the keys {', '.join(keys_of(cls))}")
            raw = {}
            partial = True
        specs = keys_of(cls)
        self._unknown(cls, specs, raw, path)
        values: dict[str, t.Any] = {}
        for key, spec in specs.items():
            if spec.shape is Shape.KEY:
                values[key] = name
            elif raw.get(key) is None:
                if spec.required and not partial:
                    self.report((*path, key), "", "is missing", _hint(spec))
                values[key] = spec.default
            elif spec.since:
                if not (isinstance(raw[key], type(spec.default)) and raw[key] == spec.default):
                    self.report((*path, key), "", f"has no effect before release {spec.since}", "remove it until then")
                values[key] = spec.default
            else:
                parsed = self.value(spec, raw[key], (*path, key), partial)
                values |= _fields(spec, parsed)
        return cls(**values)

    def _unknown(self, cls: type, specs: t.Mapping[str, KeySpec], raw: Raw, path: Path) -> None:
        """Report keys that the class does not have; `impossible` of a class has the reason of some, and the remedy."""
        impossible = getattr(cls, "impossible", {})
        known = [key for key, spec in specs.items() if spec.shape is not Shape.KEY]
        for key in raw:
            if isinstance(key, str) and key in impossible:
                self.report((*path, key), "", *impossible[key])
            elif not isinstance(key, str) or key not in known:
                shown = self.shown_key(key, path)
                words = known if path else [*known, *self.beside]
                self.report((*path, shown), "", "is an unknown key", choose(shown, words))

    def value(self, spec: KeySpec, raw: t.Any, path: Path, partial: bool = False) -> t.Any:
        """The parsed value of one key, or _BAD if it is wrong."""
        if spec.shape is Shape.MANY:
            return self._list(spec, raw, path)
        if spec.shape is Shape.NAMED:
            return self._mapping(spec, raw, path, partial)
        return self._single(spec, raw, path, "", partial)

    def _list(self, spec: KeySpec, raw: t.Any, path: Path) -> t.Any:
        if not isinstance(raw, (list, tuple)):
            shown = self.shown(raw, path)
            remedy = f"write [{shown}]" if isinstance(raw, (str, int)) else "give a list"
            self.report(path, shown, "is not a list", remedy)
            return _BAD
        items = [self._single(spec, item, (*path, index)) for index, item in enumerate(raw)]
        return tuple(item for item in items if item is not _BAD)

    def _mapping(self, spec: KeySpec, raw: t.Any, path: Path, partial: bool) -> t.Any:
        if not isinstance(raw, t.Mapping):
            self.report(path, self.shown(raw, path), "is not a mapping", "give names and their values")
            return _BAD
        items = {}
        for key, item in raw.items():
            name = self._name(spec, key, path)
            empty = {} if item is None and isinstance(spec.kind, type) and dataclasses.is_dataclass(spec.kind) else item
            parsed = self._single(spec, empty, (*path, name), name, partial)
            if parsed is not _BAD:
                items[name] = parsed
        return items

    def _name(self, spec: KeySpec, key: t.Any, path: Path) -> str:
        try:
            return str(spec.names.parse(key))
        except BadScalar as error:
            shown = self.shown_key(key, path)
            self.report((*path, shown), shown, error.message, error.remedy)
            return shown

    def _pair(self, spec: KeySpec, raw: t.Any, path: Path) -> t.Any:
        """One value, or a list of two of different IP versions."""
        if not isinstance(raw, (list, tuple)):
            found = self._scalar(t.cast(Scalar, spec.kind), raw, path, spec.secret)
            return _BAD if found is _BAD else Pair(found, None)
        if not 1 <= len(raw) <= 2:
            self.report(path, "", f"has {len(raw)} values", "give one, or one of IPv4 and one of IPv6")
            return _BAD
        found = [self._scalar(t.cast(Scalar, spec.kind), item, (*path, n), spec.secret) for n, item in enumerate(raw)]
        if _BAD in found:
            return _BAD
        if len(found) == 2 and found[0].version == found[1].version:
            message = f"is IPv{found[1].version}, as {found[0]} is"
            self.report((*path, 1), self.shown(raw[1], (*path, 1)), message, "give one of each IP version")
            return _BAD
        return Pair(found[0], found[1] if len(found) == 2 else None)

    def _single(self, spec: KeySpec, raw: t.Any, path: Path, name: str = "", partial: bool = False) -> t.Any:
        kind = spec.kind
        if spec.second:
            return self._pair(spec, raw, path)
        if isinstance(kind, Scalar):
            return self._scalar(kind, raw, path, spec.secret)
        if issubclass(kind, enum.Enum):
            return self._word(kind, raw, path)
        raw = whole(spec, raw)
        if spec.other and isinstance(raw, (list, tuple)):
            self.report(path, "", "is a list, but not one of two mappings", "give one mapping, or a list of two")
            return _BAD
        return self.record(kind, raw, path, name, partial)

    def _scalar(self, kind: Scalar, raw: t.Any, path: Path, secret: bool) -> t.Any:
        text = self.written.values.get(path) if kind.takes_numbers and is_number(raw) else None
        if text is not None:
            self.report(path, text, *misread(text, raw))
            raw = meant(text, raw)  # with which the rest of the model is checked
        try:
            return kind.parse(raw)
        except BadScalar as error:
            if text is None:
                shown = HIDDEN if secret or error.hidden else self.shown(raw, path)
                self.report(path, shown, error.message, error.remedy)
            return _BAD

    def _word(self, kind: type[enum.Enum], raw: t.Any, path: Path) -> t.Any:
        known = words(kind)
        if isinstance(raw, str) and raw in known:
            return kind(str.__str__(raw))
        later = next((since for word, since in LATER.items() if isinstance(word, kind) and word.value == raw), "")
        if later:
            remedy = f"choose {' or '.join(known)}"
            self.report(path, self.shown(raw, path), f"does not work before release {later}", remedy)
            return _BAD
        best = nearest(str(raw), known) if isinstance(raw, str) else ""
        suggestion = f" (did you mean {best}?)" if best else ""
        self.report(path, self.shown(raw, path), f"is not one of {', '.join(known)}{suggestion}", "choose one of them")
        return _BAD


def _fields(spec: KeySpec, parsed: t.Any) -> dict[str, t.Any]:
    """The fields that the value of one key fills: its own, and that of a second IP version."""
    if parsed is _BAD:
        return {spec.name: spec.default}
    if not spec.second:
        return {spec.name: parsed}
    if isinstance(parsed, Pair):
        return {spec.name: parsed.first, spec.second: parsed.second}
    seconds = {name: pair.second for name, pair in parsed.items() if pair.second is not None}
    return {spec.name: {name: pair.first for name, pair in parsed.items()}, spec.second: seconds}


def _hint(spec: KeySpec) -> str:
    example = f", such as {spec.example}" if spec.example else ""
    if isinstance(spec.kind, Scalar):
        return f"give its {spec.kind.name}{example}"
    if issubclass(spec.kind, enum.Enum):
        return f"choose one of {', '.join(words(spec.kind))}"
    return f"give it{example}"


def merge(cls: type, base: Raw, over: t.Any) -> t.Any:
    """An object's keys over the defaults: mappings merge key by key, other values are replaced, null removes a key."""
    if not isinstance(over, t.Mapping):
        return dict(base) if over is None else over
    merged = {key: value for key, value in base.items() if key not in over}
    specs = keys_of(cls)
    for key, value in over.items():
        spec = specs.get(key) if isinstance(key, str) else None
        below = base.get(key) if isinstance(key, str) else None
        if spec and spec.short and isinstance(below, t.Mapping) and value is not None:
            value = whole(spec, value)
        if spec and isinstance(below, t.Mapping) and isinstance(value, t.Mapping):
            if spec.shape is Shape.NAMED:
                deep = isinstance(spec.kind, Scalar) and spec.kind.takes_mappings
                removed = [name for name, item in value.items() if item is None and name in below and not deep]
                value = overlaid(below, value) if deep else {**below, **value}
                value = {name: item for name, item in value.items() if name not in removed}
            elif isinstance(spec.kind, type) and dataclasses.is_dataclass(spec.kind):
                value = merge(spec.kind, below, value)
        merged[key] = value
    return merged


def whole(spec: KeySpec, raw: t.Any) -> t.Any:
    """A value as a mapping, where a text alone stands for one of its keys, or a list of two for one of its keys and the
    others."""
    if spec.short and isinstance(raw, str):
        return {spec.short: raw}
    if spec.other and isinstance(raw, (list, tuple)) and len(raw) == 2:
        first, other = raw
        if isinstance(first, t.Mapping) and spec.other not in first:
            return {**first, spec.other: other}
    return raw


def overlaid(base: Raw, over: Raw) -> dict[t.Any, t.Any]:
    """A mapping of anything over another one: what both have as mappings is merged key by key."""
    found = {**base, **over}
    for key, value in over.items():
        if isinstance(value, t.Mapping) and isinstance(base.get(key), t.Mapping):
            found[key] = overlaid(base[key], value)
    return found
