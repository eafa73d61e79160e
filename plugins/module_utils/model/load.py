# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`load` makes a checked `Cloud` from files or a mapping."""

from __future__ import annotations

import dataclasses
import typing as t

from . import documents, inherit
from .parse import Parser, Raw
from .places import locate
from .problems import ModelError, Problem, prefixes, show
from .services import DEFAULT_IMAGE
from .sources import Origins, Written, written
from .types import Cloud, Image
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
    parser = Parser(texts, (*INVENTORY_KEYS, *inherit.KEYS))
    origins = Origins(data, {section: word for word, (section, _cls) in inherit.SECTION_DEFAULTS.items()})
    inherited = inherit.read(parser, data)
    cloud = _parse(parser, data, inherited)
    reported = {problem.path for problem in problems}
    errors = [*problems, *(problem for problem in parser.problems if problem.path not in reported)]
    reported.update(problem.path for problem in errors)
    lacking = inherit.unknown_profiles(data, inherited)
    found = [*lacking.values(), *_without(lacking, validate(cloud, frozenset(reported), origins))]
    errors += [origins.mark(problem) for problem in found if problem.path not in reported]
    warnings = [origins.mark(problem) for problem in warn(cloud, data, encrypted)]
    if errors:
        raise ModelError(errors, warnings)
    return Loaded(cloud, tuple(warnings))


def _without(machines: t.Container[str], problems: t.Iterable[Problem]) -> t.Iterator[Problem]:
    """The problems that are not at one of the machines, which lack keys of a profile that does not exist."""
    for problem in problems:
        section, _dot, rest = problem.path.partition(".")
        if section != "machines" or not any(name in machines for name in prefixes(rest)):
            yield problem


def _parse(parser: Parser, data: Raw, inherited: inherit.Inherited) -> Cloud:
    if data.get("plugin", PLUGIN) != PLUGIN:
        parser.report(("plugin",), show(data["plugin"]), "is another plugin", f"write {PLUGIN}")
    for key, kind in INVENTORY_KEYS.items():
        if key != "plugin" and data.get(key) is not None and not isinstance(data[key], kind):
            remedy = "see the documentation of ansible.builtin.constructed"
            parser.report((key,), show(data[key]), f"is not {_KINDS[kind]}", remedy)
    own = {key: value for key, value in data.items() if _is_own(key)}
    own |= inherit.sections(data, inherited)
    cloud: Cloud = parser.record(Cloud, own, ())
    images = (
        cloud.images if DEFAULT_IMAGE in cloud.images else {DEFAULT_IMAGE: Image(name=DEFAULT_IMAGE), **cloud.images}
    )
    domain = cloud.domain or f"{cloud.name or 'cloud'}.internal"
    return dataclasses.replace(cloud, images=images, domain=domain)


def _is_own(key: t.Any) -> bool:
    """Whether a key of the file belongs to the cloud."""
    return key not in INVENTORY_KEYS and key not in inherit.KEYS and not documents.is_extension(key)
