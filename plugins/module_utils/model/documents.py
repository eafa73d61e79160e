# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a model: find, read and combine them."""

from __future__ import annotations

import dataclasses
import functools
import os
import pathlib
import typing as t

import yaml

from .fields import keys_of
from .problems import ModelError, Path, Problem, join, show
from .scalars import Sealed

# Deepest accepted nesting; the classes of the model need seven levels.
DEEPEST = 64
_Base: t.Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """Loads YAML with Ansible's tags `!vault` and `!unsafe`; encrypted values are not decrypted."""


_Loader.add_constructor("!vault", lambda loader, node: Sealed(node.value))
_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


@dataclasses.dataclass(frozen=True)
class Document:
    """One file of a model: its name in messages, its values, and its text (for line numbers)."""

    file: str
    data: t.Any
    text: str

    @functools.cached_property
    def root(self) -> t.Any:
        """The tree of YAML nodes, with lines and texts; None if the text is not valid YAML."""
        try:
            return yaml.compose(self.text, Loader=_Loader)
        except (yaml.YAMLError, RecursionError):
            return None

    def release(self) -> None:
        """Free the tree, which takes more memory than everything else of a large model; it is made again on demand."""
        vars(self).pop("root", None)

    @staticmethod
    def value_of(node: t.Any) -> t.Any:
        """The value of a scalar node as YAML understands it."""
        return yaml.SafeLoader("").construct_object(node)


def files_of(source: str | os.PathLike[str]) -> list[pathlib.Path]:
    """The files of a model: `source` itself, or the sorted `cloud.yml` and `*.cloud.yml` of a directory."""
    path = pathlib.Path(source)
    if path.is_dir():
        found = sorted(
            {*path.glob("cloud.yml"), *path.glob("*.cloud.yml"), *path.glob("cloud.yaml"), *path.glob("*.cloud.yaml")}
        )
        if not found:
            raise ModelError([Problem(str(path), "", "contains no model", "put a cloud.yml or NAME.cloud.yml into it")])
        return found
    return [path]


def is_model_name(name: str) -> bool:
    """Whether a file is named as a model: `cloud.yml` or `NAME.cloud.yml`."""
    return name in ("cloud.yml", "cloud.yaml") or name.endswith((".cloud.yml", ".cloud.yaml"))


def model_of(path: str | os.PathLike[str], data_of: t.Callable[[pathlib.Path], t.Any]) -> list[pathlib.Path]:
    """The files of the model whose main file is `path`: that file, and its neighbours that have no key `name`.

    Empty if the file itself has no `name`: so an inventory of the whole directory contains the model only once.
    """
    own = pathlib.Path(path)
    beside = files_of(own.parent)
    names = {file: _has_name(data_of(file)) for file in beside}
    heads = [file for file in beside if names[file]]
    parts = [file for file in beside if not names[file]]
    if len(beside) == 1:
        return [own]
    if parts and len(heads) != 1:
        listed = ", ".join(file.name for file in heads) or "no file"
        message = (
            f"is part of a model, but {listed} beside it has a name"
            if not heads
            else f"could belong to any of {listed}"
        )
        raise ModelError(
            [Problem(parts[0].name, "", message, "keep one model per directory, with one file that gives name")]
        )
    if not names.get(own, True):
        return []
    return [own, *parts]


def is_model(data: t.Any) -> bool:
    """Whether the values of a file that is named as a model are meant as a model, possibly with errors.

    False for a file of another inventory plugin and for a YAML inventory, whose top-level keys are groups.
    """
    if not isinstance(data, t.Mapping):
        return True
    if data.get("plugin") is not None:
        return show(data["plugin"]).startswith("groundup.")
    from .types import Cloud  # here, since every command of Ansible imports this module, with a model or without

    keys = {key for key in data if not is_extension(key)}
    return isinstance(data.get("name"), str) or (bool(keys) and keys <= set(keys_of(Cloud)))


def is_extension(key: t.Any) -> bool:
    """Whether a key at the top of a file is left to people, for anchors: `x-…`, as in Compose files and OpenAPI."""
    return isinstance(key, str) and key.startswith("x-")


def lacks_plugin(data: t.Any, file: str) -> list[Problem]:
    """A problem if the key `plugin` is missing: Ansible passes only files with this key to the inventory plugin."""
    if not isinstance(data, t.Mapping) or "plugin" in data:
        return []
    return [Problem("plugin", "", "is missing", "begin the file with plugin: groundup.cloud.cloud", f"{file}:1")]


def _has_name(data: t.Any) -> bool:
    return isinstance(data, t.Mapping) and "name" in data


def read(source: str | os.PathLike[str]) -> list[Document]:
    """All documents of a model; raises ModelError if one can't be read."""
    docs, problems = [], []
    for path in files_of(source):
        try:
            docs.append(parse(path.name, _text(path)))
        except ModelError as error:
            problems += error.errors
    if problems:
        raise ModelError(problems)
    return docs


def _text(path: pathlib.Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError([Problem(str(path), "", f"can't be read: {error}", "name a readable UTF-8 file")]) from None


def parse(name: str, text: str) -> Document:
    """The document of a file's text; raises ModelError with the line if the text is not valid YAML."""
    try:
        _check_depth(text)
        return Document(name, yaml.load(text, Loader=_Loader), text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(f"{error.context or ''} {error.problem or ''}".split())
        place = f"{name}:{mark.line + 1}" if mark else ""
        raise ModelError(
            [Problem(name, "", f"is not valid YAML: {reason}", "correct this line or one above it", place)]
        ) from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise ModelError([Problem(name, "", f"is not valid YAML: {reason}", "correct the file")]) from None
    except RecursionError:
        raise ModelError([Problem(name, "", "is nested too deeply", "correct the file")]) from None


def _check_depth(text: str) -> None:
    """Raise RecursionError for text whose nesting would overflow the C stack of libyaml's composer."""
    bound = opened = 0
    for line in text.splitlines():
        opened += line.count("[") + line.count("{") - line.count("]") - line.count("}")
        bound = max(bound, opened + line.count("[") + line.count("{") + line.count("- ") + line.count("? "))
        bound = max(bound, len(line) - len(line.lstrip(" ")))
    if bound <= DEEPEST:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        if depth > DEEPEST:
            raise RecursionError


def combine(docs: t.Sequence[Document]) -> tuple[dict[t.Any, t.Any], list[Problem]]:
    """Combine all documents into one mapping; a key that two of them define is a problem."""
    data: dict[t.Any, t.Any] = {}
    origin: dict[Path, str] = {}
    problems: list[Problem] = []
    for doc in docs:
        if not isinstance(doc.data, t.Mapping):
            problems.append(
                Problem(doc.file, show(doc.data), "is not a model", "write a mapping that begins with `plugin:`")
            )
            continue
        for key, value in doc.data.items():
            if is_extension(key):
                continue  # anchors belong to their file
            if key == "plugin" and data.get("plugin", value) == value:
                data[key] = value
            elif key not in data:
                data[key] = dict(value) if isinstance(value, t.Mapping) else value
                names = value if isinstance(value, t.Mapping) else ()
                origin[(show(key),)] = doc.file
                origin.update({(show(key), show(name)): doc.file for name in names})
            elif isinstance(value, t.Mapping) and isinstance(data[key], dict):
                problems += _join_section(data[key], show(key), value, doc, origin)
            else:
                problems.append(_conflict((show(key),), doc.file, origin))
    return data, problems


def _join_section(
    section: dict[t.Any, t.Any],
    key: str,
    value: t.Mapping[t.Any, t.Any],
    doc: Document,
    origin: dict[Path, str],
) -> list[Problem]:
    problems = []
    for name, item in value.items():
        if name in section:
            problems.append(_conflict((key, show(name)), doc.file, origin))
        else:
            section[name] = item
            origin[(key, show(name))] = doc.file
    return problems


def _conflict(path: Path, file: str, origin: t.Mapping[Path, str]) -> Problem:
    return Problem(
        join(path), "", f"is defined in {origin.get(path, 'another file')} and in {file}", "keep one of them"
    )


def duplicate_keys(doc: Document) -> list[Problem]:
    """A problem for each key that a mapping has twice: YAML would silently use the last value."""
    if not _has_duplicate_keys(doc.root):
        return []  # without the path of each key of a large model
    return [
        Problem(join(path), "", "is defined twice", "keep one of them", place=f"{doc.file}:{line}")
        for path, line, first in lines_of(doc)
        if not first
    ]


def _has_duplicate_keys(root: t.Any) -> bool:
    """Whether any mapping below a node may have a key twice. A node that has several anchors is searched once."""
    stack, seen = [root], set()
    while stack:
        node = stack.pop()
        if isinstance(node, yaml.MappingNode):
            if len({str(key.value) for key, _value in node.value}) < len(node.value):
                return True
            children = [value for _key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            children = node.value
        else:
            continue
        if id(node) not in seen:
            seen.add(id(node))
            stack += [child for child in children if not isinstance(child, yaml.ScalarNode)]
    return False


def lines_of(doc: Document, wanted: t.Container[str] | None = None) -> t.Iterator[tuple[Path, int, bool]]:
    """Every key and item of a file: its path, its line (from 1), and whether the key occurs for the first time.

    `wanted`: only those whose path, as `problems.join` writes it, is in it; with a path its prefixes are needed too.
    """
    stack: list[tuple[Path, t.Any, frozenset[int]]] = [((), doc.root, frozenset())]
    while stack:
        path, node, above = stack.pop()
        if node is None or id(node) in above:
            continue
        children: list[tuple[t.Any, t.Any, int]] = []
        if isinstance(node, yaml.MappingNode):
            children = [(str(key.value), value, key.start_mark.line) for key, value in node.value if key.value != "<<"]
        elif isinstance(node, yaml.SequenceNode):
            children = [(index, value, value.start_mark.line) for index, value in enumerate(node.value)]
        seen = set()
        for part, value, line in children:
            if wanted is not None and join((*path, part)) not in wanted:
                continue
            yield (*path, part), line + 1, part not in seen
            seen.add(part)
            stack.append(((*path, part), value, above | {id(node)}))
