# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of a model file, generated from the classes: for completion and checks in an editor."""

from __future__ import annotations

import enum
import typing as t

from .fields import KeySpec, Kind, Shape, keys_of
from .inherit import SECTION_DEFAULTS
from .kubernetes import Kubernetes
from .load import INVENTORY_KEYS, PLUGIN
from .releases import LATER, words
from .scalars import LABEL_NAME, Scalar
from .sources import PROFILES
from .types import Cloud, Machine

Schema = dict[str, t.Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: Keys of which a record needs one, which no declaration of a single key says.
ONE_OF: dict[type, tuple[str, ...]] = {Kubernetes: ("endpoint", "endpoint_name")}
_TEMPLATE: Schema = {"type": "string", "pattern": r"\{[{%#]"}


def schema() -> Schema:
    """The schema of a model file, or of one file of a model that is split over a directory."""
    definitions: dict[str, Schema] = {"template": {"description": "An Ansible template.", **_TEMPLATE}}
    defaultable = {cls for _section, cls in SECTION_DEFAULTS.values()}
    loose = classes(defaultable)
    for cls in sorted(classes({Cloud}), key=lambda item: item.__name__):
        definitions[cls.__name__] = _record(cls, required=cls not in loose and cls is not Cloud)
    top = definitions.pop(Cloud.__name__)
    top["type"] = "object"
    del top["pattern"]
    top["properties"] = {
        "plugin": {"const": PLUGIN, "description": "Marks the file as a model."},
        "defaults": {
            "description": "Default keys of every machine, network or switch.",
            "type": "object",
            "additionalProperties": False,
            "properties": {word: _ref(cls.__name__) for word, (_section, cls) in SECTION_DEFAULTS.items()},
        },
        PROFILES: {
            "description": "Hardware profiles: keys of the machines that name them by `profile`.",
            "type": "object",
            "propertyNames": {"pattern": LABEL_NAME.schema["pattern"]},
            "additionalProperties": {**_ref(Machine.__name__), "properties": {"profile": False}},
        },
        **top["properties"],
        **{
            key: {"description": "Ansible's constructed inventory."} for key in sorted(set(INVENTORY_KEYS) - {"plugin"})
        },
    }
    top["patternProperties"] = {"^x-": {"description": "Left to people, for anchors; not read."}}
    return {
        "$schema": DIALECT,
        "title": "A private cloud of groundup.cloud",
        **top,
        "required": ["plugin"],
        "$defs": definitions,
    }


def classes(roots: set[type]) -> set[type]:
    """All classes of records that are reached from some of them."""
    found: set[type] = set()
    todo = list(roots)
    while todo:
        cls = todo.pop()
        if cls not in found:
            found.add(cls)
            todo += [spec.kind for spec in keys_of(cls).values() if is_record(spec.kind) and not spec.since]
    return found


def is_record(kind: Kind) -> t.TypeGuard[type]:
    """Whether values of a kind are mappings whose keys a class of the model declares."""
    return not isinstance(kind, Scalar) and not issubclass(kind, enum.Enum)


def _record(cls: type, required: bool) -> Schema:
    specs = {key: spec for key, spec in keys_of(cls).items() if spec.shape is not Shape.KEY}
    record: Schema = {
        "description": (cls.__doc__ or "").strip(),
        **_container("object"),
        "additionalProperties": False,
        "properties": {key: _property(spec) for key, spec in specs.items()},
    }
    needed = [key for key, spec in specs.items() if spec.required]
    if cls in ONE_OF:
        record["anyOf"] = [{"required": [key]} for key in ONE_OF[cls]]
    return {**record, "required": needed} if required and needed else record


def _container(kind: str) -> Schema:
    """A list or mapping, null, or a template that returns one; `pattern` applies to strings only."""
    return {"type": [kind, "null", "string"], "pattern": _TEMPLATE["pattern"]}


def later_text(spec: KeySpec) -> str:
    """Where, or from which release, a key or further words of it work; empty if all of it works everywhere."""
    if spec.deployed_only:
        return " Only for a machine with a `bmc`."
    if spec.since:
        return f" Refused before release {spec.since}."
    later: dict[str, list[str]] = {}
    for word, since in LATER.items():
        if isinstance(spec.kind, type) and isinstance(word, spec.kind):
            later.setdefault(since, []).append(str(word.value))
    return "".join(f" From release {since}: {', '.join(found)}." for since, found in later.items())


def _property(spec: KeySpec) -> Schema:
    if spec.since:
        taken = [None] if spec.default is None else [None, spec.default]
        return {"description": spec.doc + later_text(spec), "enum": taken}
    value = _kind(spec.kind)
    if spec.second:
        both = {"type": "array", "minItems": 1, "maxItems": 2, "items": value}
        value = {"anyOf": [*value["anyOf"], both]}
    if spec.shape is Shape.MANY:
        value = {**_container("array"), "items": value}
    elif spec.shape is Shape.NAMED:
        value = {**_container("object"), "additionalProperties": value}
        names = {word: spec.names.schema[word] for word in ("pattern", "enum") if word in spec.names.schema}
        if names:
            value["propertyNames"] = names
    elif spec.short:
        value = {"anyOf": [*_kind(keys_of(spec.kind)[spec.short].kind)["anyOf"], value]}
    elif spec.other:
        item = _kind(keys_of(spec.kind)[spec.other].kind)
        value = {"anyOf": [value, {"type": "array", "items": item, "minItems": 2, "maxItems": 2}]}
    elif not is_record(spec.kind):
        value = {"anyOf": [*value["anyOf"], {"type": "null"}]}
    unit = f" In {spec.unit}." if spec.unit else ""
    shown = default_text(spec)
    return {"description": spec.doc + unit + later_text(spec) + (f" Default: {shown}." if shown else ""), **value}


def _kind(kind: Kind) -> Schema:
    if isinstance(kind, Scalar):
        return {"anyOf": [kind.schema, _ref("template")]}
    if issubclass(kind, enum.Enum):
        return {"anyOf": [{"enum": words(kind)}, _ref("template")]}
    return _ref(kind.__name__)


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def default_text(spec: KeySpec) -> str:
    """The default of a key as text; empty if it has none."""
    if spec.shown_default:
        return spec.shown_default
    if spec.required or spec.default in (None, (), {}, "") or is_record(spec.kind):
        return ""
    if isinstance(spec.default, bool):
        return "true" if spec.default else "false"
    if isinstance(spec.default, tuple):
        return "[" + ", ".join(str(item) for item in spec.default) + "]"
    return str(spec.default)
