# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small changes of upstream's manifests, each with its reason and with what it expects to find.

A patch that does not find what it expects is an error that says what upstream has there now, so that whoever takes a
new release decides anew. Patches are performed in the order in which they are listed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import ObjectsError, Several
from .manifests import Definition


@dataclass(frozen=True)
class Option:
    """The item ``NAME=VALUE`` of a list of arguments, e.g. ``--mtu=1400``."""

    name: str

    def __str__(self) -> str:
        return self.name

    def is_in(self, item: Any) -> bool:
        """Whether an item gives this option a value."""
        return isinstance(item, str) and item.startswith(f"{self.name}=")


#: One step of a path: a key, an index, the fields by which an item of a list is recognised, e.g. {"name": "web"}, or
#: the option that an item of a list of arguments gives a value.
Step = str | int | Mapping[str, Any] | Option


class PatchError(ObjectsError):
    """A patch does not find what it expects."""


class _Absent:
    """There is no such key."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT: Any = _Absent()


@dataclass(frozen=True)
class Part:
    """A part of a text that stands there exactly once: what is expected, or what it is replaced by.

    For texts that are no YAML themselves, such as a template of JSON, the rest of which may differ between releases.
    """

    text: str


@dataclass(frozen=True)
class Patch:
    """One change of one object.

    :ivar path: the steps to the value.
    :ivar expected: the value that upstream has there; ``ABSENT`` where upstream has no such key, ``Part`` of a text.
    :ivar value: the value that it gets; ``ABSENT`` removes the key or the item. A ``Part`` replaces that of the text.
    :ivar reason: why it differs from upstream, for errors and for whoever takes the next release.
    """

    kind: str
    name: str
    path: Sequence[Step]
    expected: Any
    value: Any
    reason: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}, {spelled(self.path)}"


def spelled(path: Sequence[Step]) -> str:
    """Return a path as text: ``spec.template.spec.containers[name=web].image``."""
    text = ""
    for step in path:
        if isinstance(step, str):
            text += f".{step}" if step.replace("_", "").replace("-", "").isalnum() else f'["{step}"]'
        elif isinstance(step, int | Option):
            text += f"[{step}]"
        else:
            text += "[" + ",".join(f"{key}={value}" for key, value in step.items()) + "]"
    return text.removeprefix(".")


def patched(definitions: Iterable[Definition], patches: Iterable[Patch]) -> list[Definition]:
    """Return definitions with all patches performed; the given ones stay as they are.

    :raises Several: patches that do not find what they expect, all of them.
    """
    found, errors = list(definitions), []
    copied: set[int] = set()
    for patch in patches:
        try:
            index = _select(found, patch)
            if index not in copied:
                found[index] = Definition(copy.deepcopy(found[index].body), found[index].where)
                copied.add(index)
            _perform(found[index].body, patch)
        except PatchError as error:
            errors.append(f"patch of {patch} ({patch.reason}): {error}")
    if errors:
        raise Several(errors)
    return found


def _select(definitions: Sequence[Definition], patch: Patch) -> int:
    found = [
        index
        for index, one in enumerate(definitions)
        if (one.kind, one.name) == (patch.kind, patch.name)
        and patch.namespace in ("", one.body["metadata"].get("namespace"))
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise PatchError(f"upstream has {len(found)} such objects; name the namespace in the patch")
    names = sorted({one.name for one in definitions if one.kind == patch.kind})
    raise PatchError(f"upstream has no such object now; it has {', '.join(names) or f'no {patch.kind} at all'}")


def _perform(body: dict[str, Any], patch: Patch) -> None:
    place: Any = body
    for number, step in enumerate(patch.path[:-1]):
        place = _inner(place, step, patch.path[: number + 1])
    last = patch.path[-1]
    present = _value(place, last, patch.path)
    value = _replaced(present, patch)
    if isinstance(place, list):
        _set_item(place, last, present, value)
    elif value is ABSENT:
        place.pop(last, None)
    else:
        place[last] = value


def _replaced(present: Any, patch: Patch) -> Any:
    """Return what a value becomes, where it is the expected one."""
    expected, value = patch.expected, patch.value
    if isinstance(expected, Part) and isinstance(value, Part):
        count = present.count(expected.text) if isinstance(present, str) else 0
        if count != 1:
            raise PatchError(f"expected a text that has {expected.text!r} once, but upstream has {present!r} now")
        return present.replace(expected.text, value.text)
    if present != expected or type(present) is not type(expected):
        raise PatchError(f"expected {expected!r}, but upstream has {present!r} now")
    return copy.deepcopy(value) if value is not ABSENT else ABSENT


def _set_item(items: list[Any], step: Step, present: Any, value: Any) -> None:
    if present is ABSENT:
        items.append(value)
        return
    index = next(number for number, item in enumerate(items) if item is present or number == step)
    if value is ABSENT:
        del items[index]
    else:
        items[index] = value


def _inner(place: Any, step: Step, path: Sequence[Step]) -> Any:
    found = _value(place, step, path)
    if found is ABSENT:
        has = f"the keys {', '.join(sorted(place))}" if isinstance(place, dict) else f"{len(place)} items"
        raise PatchError(f"upstream has no {spelled(path)} now; there are {has}")
    return found


def _value(place: Any, step: Step, path: Sequence[Step]) -> Any:
    """Return the value at one step, or ABSENT."""
    if isinstance(step, str):
        if not isinstance(place, dict):
            raise PatchError(f"{spelled(path)}: upstream has {type(place).__name__} instead of an object there now")
        return place.get(step, ABSENT)
    if not isinstance(place, list):
        raise PatchError(f"{spelled(path)}: upstream has {type(place).__name__} instead of a list there now")
    if isinstance(step, int):
        return place[step] if 0 <= step < len(place) else ABSENT
    if isinstance(step, Option):
        found = [item for item in place if step.is_in(item)]
    else:
        found = [item for item in place if isinstance(item, dict) and all(item.get(k) == v for k, v in step.items())]
    if len(found) > 1:
        raise PatchError(f"{spelled(path)}: upstream has {len(found)} such items now; recognise one by more fields")
    return found[0] if found else ABSENT
