# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person wrote: the text of values that YAML reads otherwise, and which values are inherited or defaults."""

from __future__ import annotations

import dataclasses
import re
import typing as t

import yaml

from .documents import Document
from .problems import DEFAULT, FROM, Path, Problem, prefixes, show

DEFAULTS = "defaults"
PROFILES = "profiles"
_PREFIX = "tag:yaml.org,2002:"
_DECIMAL = re.compile(r"0|-?[1-9][0-9]*")
_PADDED = re.compile(r"0[0-9]+")


@dataclasses.dataclass(frozen=True)
class Written:
    """The text of plain scalars that YAML understands otherwise: 0100 is 64, 1.30 is 1.3, 52:54:00:00:01:03 a number.

    `values` has them by path; `keys` has names of a mapping by the mapping's path and the name as it is shown.
    """

    values: t.Mapping[Path, str] = dataclasses.field(default_factory=dict)
    keys: t.Mapping[tuple[Path, str], str] = dataclasses.field(default_factory=dict)


def written(docs: t.Iterable[Document]) -> Written:
    """The noteworthy texts of all files of a model."""
    values: dict[Path, str] = {}
    keys: dict[tuple[Path, str], str] = {}
    for doc in docs:
        stack: list[tuple[Path, t.Any, frozenset[int]]] = [((), doc.root, frozenset())]
        while stack:
            path, node, above = stack.pop()
            if node is None or id(node) in above:
                continue
            inside = above | {id(node)}
            if isinstance(node, yaml.MappingNode):
                for key, value in _entries(node):
                    if _is_noteworthy(key):
                        keys[path, show(doc.value_of(key))] = str(key.value)
                    if not isinstance(value, yaml.ScalarNode) or _is_noteworthy(value):
                        stack.append(((*path, str(key.value)), value, inside))
            elif isinstance(node, yaml.SequenceNode):
                stack += [((*path, index), item, inside) for index, item in enumerate(node.value)]
            elif _is_noteworthy(node):
                values.setdefault(path, str(node.value))
    return Written(values, keys)


def _entries(node: yaml.MappingNode, depth: int = 0) -> list[tuple[t.Any, t.Any]]:
    """The keys of a mapping, after those of the mappings that it merges by `<<`: a key of its own is found last."""
    merged: list[tuple[t.Any, t.Any]] = []
    for key, value in node.value if depth < 8 else ():
        if key.value == "<<":
            others = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for other in reversed([item for item in others if isinstance(item, yaml.MappingNode)]):
                merged += _entries(other, depth + 1)
    own = [(key, value) for key, value in node.value if key.value != "<<"]
    return list({str(key.value): (key, value) for key, value in [*merged, *own]}.values())


def _is_noteworthy(node: t.Any) -> bool:
    if not isinstance(node, yaml.ScalarNode) or node.style:
        return False
    kind, text = str(node.tag).removeprefix(_PREFIX), str(node.value)
    if kind == "str":
        return _PADDED.fullmatch(text) is not None
    if kind == "int":
        return _DECIMAL.fullmatch(text) is None
    return kind in ("float", "timestamp") or (kind == "bool" and text not in ("true", "false"))


def is_number(value: t.Any) -> bool:
    """Whether a value is a whole number, or text of digits: 0099 is no octal number, so YAML leaves it as text."""
    if isinstance(value, str):
        return _PADDED.fullmatch(value) is not None
    return isinstance(value, int) and not isinstance(value, bool)


def meant(text: str, value: t.Any) -> t.Any:
    """The number that a person means by a text that YAML reads as `value`."""
    return text.lstrip("0") or "0" if _PADDED.fullmatch(text) else value


def misread(text: str, value: t.Any) -> tuple[str, str]:
    """Message and remedy for a number that is not written in decimal, from its text and what YAML makes of it."""
    if _PADDED.fullmatch(text):
        reading = f"YAML reads it as {value}" if isinstance(value, int) else "YAML takes such numbers as octal"
        return f"begins with a zero, so {reading}", f"write {meant(text, value)}"
    return f"is read by YAML as {show(value)}", "write the number in decimal"


def profile_of(machine: t.Any, base: t.Any) -> str:
    """The name of a machine's profile, its own or that of the defaults; empty if it has none."""
    for keys in (machine, base):
        if isinstance(keys, t.Mapping) and "profile" in keys:
            name = keys["profile"]
            return str.__str__(name) if isinstance(name, str) else ""
    return ""


class Origins:
    """Tells of values that nobody wrote where they stand which key of `profiles` or `defaults` sets them, if any."""

    def __init__(self, data: t.Mapping[t.Any, t.Any], sections: t.Mapping[str, str]) -> None:
        """`sections`: the word in `defaults` of each section, such as machine for machines."""
        self.data = data
        self.sections = sections

    def of(self, path: str) -> str:
        """Empty for a key that is written there, else where its value is from."""
        if _has(self.data, path):
            return ""
        section, _dot, rest = path.partition(".")
        word = self.sections.get(section)
        objects = self.data.get(section)
        if word and isinstance(objects, t.Mapping):
            name = next((name for name in prefixes(rest) if name in objects), rest)
            below = rest[len(name) + 1 :]
            for place, keys in self._levels(word, objects.get(name)):
                if _is_removed(keys, below):
                    return DEFAULT
                if place and below and _has(keys, below):
                    return f"{FROM}{place}.{below.partition('[')[0]}"
        return DEFAULT

    def _levels(self, word: str, item: t.Any) -> t.Iterator[tuple[str, t.Any]]:
        """An object and what it inherits from, the nearest first: their places, empty for the object, and keys."""
        yield "", item
        defaults, profiles = self.data.get(DEFAULTS), self.data.get(PROFILES)
        base = defaults.get(word) if isinstance(defaults, t.Mapping) else None
        profile = profile_of(item, base) if self.sections.get("machines") == word else ""
        if profile and isinstance(profiles, t.Mapping):
            yield f"{PROFILES}.{profile}", profiles.get(profile)
        yield f"{DEFAULTS}.{word}", base

    def mark(self, problem: Problem) -> Problem:
        """The problem with the origin of its value. What is missing has none."""
        origin = self.of(problem.path)
        if not origin or (origin == DEFAULT and not problem.value):
            return problem
        return dataclasses.replace(problem, origin=origin)


def _has(value: t.Any, path: str) -> bool:
    if not path:
        return value is not None
    if path.startswith("["):
        index, _bracket, rest = path[1:].partition("]")
        listed = isinstance(value, (list, tuple)) and index.isdigit() and int(index) < len(value)
        return listed and _has(value[int(index)], rest.removeprefix("."))
    if isinstance(value, (list, tuple)) and len(value) == 2:  # stands for a mapping, see `KeySpec.second`
        return _has(value[0], path) or _has(value[1], path.partition(".")[2])
    if not isinstance(value, t.Mapping):
        return False
    return any(name in value and _has(value[name], path[len(name) :].removeprefix(".")) for name in prefixes(path))


def _is_removed(value: t.Any, path: str) -> bool:
    """Whether `null` is written at a path or above it: it removes what the object would inherit."""
    if not path or not isinstance(value, t.Mapping):
        return False
    return any(
        name in value and (value[name] is None or _is_removed(value[name], path[len(name) :].removeprefix(".")))
        for name in prefixes(path)
    )
