# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`load` makes a checked `Cloud` from files or a mapping."""

from __future__ import annotations

import dataclasses
import typing as t

from . import documents
from .fields import Shape, keys_of
from .parse import Parser, Raw, merge
from .places import locate
from .problems import ModelError, Path, Problem, choose, show
from .services import DEFAULT_IMAGE
from .sources import Origins, Written, written
from .types import Cloud, Image, Machine, Network, Switch
from .validate import validate
from .warn import warn

# Keys of the file that Ansible's inventory plugins define and that are not part of the cloud, with their types.
INVENTORY_KEYS: dict[str, type] = {
    "plugin": str,
    "compose": dict,
    "groups": dict,
    "keyed_groups": list,
    "strict": bool,
    "leading_separator": bool,
    "use_extra_vars": bool,
}
_KINDS = {dict: "a mapping", list: "a list", bool: "true or false"}
PLUGIN = "groundup.cloud.cloud"
SECTION_DEFAULTS: dict[str, tuple[str, type]] = {
    "machine": ("machines", Machine),
    "network": ("networks", Network),
    "switch": ("switches", Switch),
}


@dataclasses.dataclass(frozen=True)
class Loaded:
    """A cloud without errors, and its warnings."""

    cloud: Cloud
    warnings: tuple[Problem, ...]


def load(source: t.Any) -> Cloud:
    """The cloud described by `source`: a mapping, a file, or a directory with `cloud.yml` and `*.cloud.yml`.

    Raises ModelError with every error of the model; templates in values are not evaluated here.
    """
    return load_all(source).cloud


def load_all(source: t.Any) -> Loaded:
    """Like `load`, with the warnings."""
    if isinstance(source, t.Mapping):
        return load_data(source)
    return load_documents(documents.read(source))


def load_documents(
    docs: t.Sequence[documents.Document], problems: t.Sequence[Problem] = (), encrypted: bool = False
) -> Loaded:
    """Like `load_all`, for documents that were already read; `problems` were found while reading them."""
    data, conflicts = documents.combine(docs)
    if conflicts and not data:
        # No file contains a mapping: every required key is missing, and reporting that would not help.
        raise ModelError(locate(docs, conflicts))
    conflicts += [problem for doc in docs for problem in documents.duplicate_keys(doc)]
    try:
        texts = written(docs)
        for doc in docs:
            doc.release()
        loaded = load_data(data, [*problems, *conflicts], encrypted, texts)
    except ModelError as error:
        raise ModelError(locate(docs, error.errors), locate(docs, error.warnings)) from None
    return dataclasses.replace(loaded, warnings=tuple(locate(docs, loaded.warnings)))


def load_data(
    data: Raw, problems: t.Sequence[Problem] = (), encrypted: bool = False, texts: Written | None = None
) -> Loaded:
    """Like `load_all`, for one mapping; `encrypted`: it was read from an encrypted file; `texts`: what people wrote."""
    parser = Parser(texts, (*INVENTORY_KEYS, "defaults"))
    origins = Origins(data, {section: word for word, (section, _cls) in SECTION_DEFAULTS.items()})
    cloud = _parse(parser, data)
    reported = {problem.path for problem in problems}
    errors = [*problems, *(problem for problem in parser.problems if problem.path not in reported)]
    reported.update(problem.path for problem in errors)
    found = validate(cloud, frozenset(reported), origins)
    errors += [origins.mark(problem) for problem in found if problem.path not in reported]
    warnings = [origins.mark(problem) for problem in warn(cloud, data, encrypted)]
    if errors:
        raise ModelError(errors, warnings)
    return Loaded(cloud, tuple(warnings))


def _parse(parser: Parser, data: Raw) -> Cloud:
    if data.get("plugin", PLUGIN) != PLUGIN:
        parser.report(("plugin",), show(data["plugin"]), "is another plugin", f"write {PLUGIN}")
    for key, kind in INVENTORY_KEYS.items():
        if key != "plugin" and data.get(key) is not None and not isinstance(data[key], kind):
            remedy = "see the documentation of ansible.builtin.constructed"
            parser.report((key,), show(data[key]), f"is not {_KINDS[kind]}", remedy)
    own = {key: value for key, value in data.items() if _is_own(key)}
    for word, base in _defaults(parser, data.get("defaults")).items():
        section, cls = SECTION_DEFAULTS[word]
        if base and isinstance(own.get(section), t.Mapping):
            own[section] = {name: merge(cls, base, item) for name, item in own[section].items()}
    cloud: Cloud = parser.record(Cloud, own, ())
    images = (
        cloud.images if DEFAULT_IMAGE in cloud.images else {DEFAULT_IMAGE: Image(name=DEFAULT_IMAGE), **cloud.images}
    )
    domain = cloud.domain or f"{cloud.name or 'cloud'}.internal"
    return dataclasses.replace(cloud, images=images, domain=domain)


def _is_own(key: t.Any) -> bool:
    """Whether a key of the file belongs to the cloud."""
    return key not in INVENTORY_KEYS and key != "defaults" and not documents.is_extension(key)


def _defaults(parser: Parser, raw: t.Any) -> dict[str, dict[t.Any, t.Any]]:
    """The valid keys of `defaults`; an error there is reported at its key, and not again for every object."""
    if raw is None:
        return {}
    path: Path = ("defaults",)
    if not isinstance(raw, t.Mapping):
        parser.report(path, show(raw), "is not a mapping", f"give defaults for {', '.join(SECTION_DEFAULTS)}")
        return {}
    usable: dict[str, dict[t.Any, t.Any]] = {}
    for word, keys in raw.items():
        shown = parser.shown_key(word, path)
        if word not in SECTION_DEFAULTS:
            parser.report((*path, shown), "", "is not a kind that takes defaults", choose(shown, SECTION_DEFAULTS))
            continue
        if not isinstance(keys, t.Mapping):
            parser.report(
                (*path, shown), parser.shown(keys, (*path, shown)), "is not a mapping", "give keys and values"
            )
            continue
        usable[word] = _usable(parser, SECTION_DEFAULTS[word][1], keys, (*path, word))
    return usable


def _usable(parser: Parser, cls: type, keys: Raw, path: Path) -> dict[t.Any, t.Any]:
    specs = {key: spec for key, spec in keys_of(cls).items() if spec.shape is not Shape.KEY}
    good = {}
    for key, value in keys.items():
        before = len(parser.problems)
        if isinstance(key, str) and key in specs and value is not None:
            parser.value(specs[key], value, (*path, key), partial=True)
        elif value is not None or key not in specs:
            parser.record(cls, {key: value}, path, partial=True)
        if len(parser.problems) == before:
            good[key] = value
    return good
