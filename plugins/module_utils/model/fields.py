# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions with which a class of the model declares its keys: `one` value, a list (`many`), a mapping (`named`).

The declaration is the single source of the parser, the JSON Schema and the reference page.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import typing as t

from .scalars import LABEL_NAME, Scalar

Kind = Scalar | type
SPEC = "groundup"


class Shape(enum.Enum):
    """The shape of a key's value: one value, a list, a mapping, or the object's own name."""

    ONE = "one"
    MANY = "many"
    NAMED = "named"
    KEY = "key"


@dataclasses.dataclass(frozen=True)
class KeySpec:
    """One key of a mapping in the model file."""

    name: str
    kind: Kind
    shape: Shape
    doc: str
    required: bool
    default: t.Any
    unit: str = ""
    secret: bool = False
    shown_default: str = ""
    names: Scalar = LABEL_NAME
    example: str = ""
    #: The release from which the key works; until then it is refused.
    since: str = ""
    #: No layer acts on the key: it says what exists, and checks compare the rest of the model with it.
    checked_only: bool = False
    #: Only the deployment of a machine reads the key, so it is refused on a machine without a `bmc`.
    deployed_only: bool = False
    #: The key of a mapping that a text alone stands for: `mlag: leaf2` is `mlag: {peer: leaf2}`.
    short: str = ""
    #: The key of a mapping that holds the second item of a list of two, whose first item has the other keys:
    #: `root_disk: [{serial: A}, {serial: B}]` is `root_disk: {serial: A, mirror: {serial: B}}`.
    other: str = ""
    #: The field that takes the second value of a list of two, one of each IP version; empty where there is no list.
    second: str = ""


def _key(kind: Kind, shape: Shape, doc: str, default: t.Any, **extra: t.Any) -> t.Any:
    metadata = {SPEC: {"kind": kind, "shape": shape, "doc": doc, **extra}}
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata)
    if isinstance(default, dict):
        return dataclasses.field(default_factory=dict, metadata=metadata)
    if dataclasses.is_dataclass(default):
        return dataclasses.field(default_factory=lambda: default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def one(kind: Kind, doc: str, *, default: t.Any = dataclasses.MISSING, **extra: t.Any) -> t.Any:
    """A key with one value; required unless there is a `default`."""
    return _key(kind, Shape.ONE, doc, default, **extra)


def many(kind: Kind, doc: str, *, default: t.Any = (), **extra: t.Any) -> t.Any:
    """A key with a list."""
    return _key(kind, Shape.MANY, doc, default, **extra)


def named(kind: Kind, doc: str, *, default: t.Any = dataclasses.MISSING, **extra: t.Any) -> t.Any:
    """A key with a mapping from names to values; `names` is the scalar its names must match."""
    return _key(kind, Shape.NAMED, doc, {} if default is dataclasses.MISSING else default, **extra)


def own_name(doc: str, kind: Scalar = LABEL_NAME) -> t.Any:
    """The object's own name: the key under which the object is in its mapping; it is not written inside the object."""
    return _key(kind, Shape.KEY, doc, dataclasses.MISSING)


@functools.cache
def keys_of(cls: type) -> dict[str, KeySpec]:
    """The keys of one class by name, in the order of the reference page."""
    specs = {}
    for item in dataclasses.fields(cls):
        if SPEC not in item.metadata:
            continue  # no key of its own, such as the second value of one
        extra = dict(item.metadata[SPEC])
        default = item.default
        if item.default_factory is not dataclasses.MISSING:
            default = item.default_factory()
        required = default is dataclasses.MISSING
        specs[item.name] = KeySpec(name=item.name, required=required, default=None if required else default, **extra)
    return specs
