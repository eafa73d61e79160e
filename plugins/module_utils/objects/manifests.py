# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions of objects from YAML or JSON documents, as they are sent.

Rules, which apply to every source:

- ``kind: List`` and other lists are replaced by their items; empty documents are left out.
- A key whose value is null is dropped, as a plain create does: upstream's files have keys below which everything is a
  comment, and server-side apply refuses null where the schema wants an object. In maps of texts (labels, annotations,
  data) and as an item of a list, null has no such meaning and is refused.
- What only the API server writes is dropped: ``status``, ``metadata.managedFields``, ``resourceVersion`` and others.
- ``stringData`` of a Secret becomes ``data``, as the API server does when it stores it. Otherwise a key that is no
  longer wanted would stay, because its owner is recorded for the field that was written.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ObjectsError, Several
from .texts import NotYaml, parse
from .transport import Json

#: Fields of metadata that the API server writes.
WRITTEN_BY_SERVER = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink")
#: Keys below which values are texts of the user.
TEXTS = {"labels", "annotations", "matchLabels", "nodeSelector", "data", "stringData", "binaryData"}


class ManifestError(ObjectsError):
    """A definition can't be used."""


@dataclass(frozen=True)
class Definition:
    """One object as it is wanted.

    :ivar body: the object, without what the API server writes.
    :ivar where: the file and the number of the document, for messages.
    """

    body: Json
    where: str

    @property
    def api_version(self) -> str:
        """Return ``apiVersion``."""
        return str(self.body["apiVersion"])

    @property
    def kind(self) -> str:
        """Return ``kind``."""
        return str(self.body["kind"])

    @property
    def name(self) -> str:
        """Return ``metadata.name``."""
        return str(self.body["metadata"]["name"])

    @property
    def annotations(self) -> dict[str, str]:
        """Return the annotations."""
        return self.body["metadata"].get("annotations") or {}


def of_file(path: Path) -> list[Definition]:
    """Return the definitions of a YAML or JSON file, or of all such files directly in a directory, by name."""
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml", ".json"))
        if not files:
            raise ManifestError(f"{path}: there is no file *.yaml, *.yml or *.json in this directory")
        return [one for file in files for one in of_file(file)]
    return of_text(path.read_text(), str(path))


def of_text(text: str, where: str) -> list[Definition]:
    """Return the definitions of YAML or JSON documents."""
    try:
        documents = parse(text)
    except NotYaml as error:
        raise ManifestError(f"{where}: {error}") from error
    return of_objects(documents, where)


def of_objects(documents: Iterable[Any], where: str) -> list[Definition]:
    """Return the definitions of parsed documents. All errors are reported together."""
    found, errors = [], []
    for number, document in enumerate(documents, 1):
        place = f"{where}, document {number}"
        try:
            found += [Definition(_cleaned(one, at), at) for one, at in _flat(document, place)]
        except ManifestError as error:
            errors.append(str(error))
    if errors:
        raise Several(errors)
    return found


def _flat(document: Any, where: str) -> Iterator[tuple[Json, str]]:
    if document is None:
        return
    if not isinstance(document, dict):
        raise ManifestError(f"{where}: a document is an object with apiVersion and kind, not {type(document).__name__}")
    kind = document.get("kind")
    if isinstance(kind, str) and kind.endswith("List") and isinstance(document.get("items"), list):
        own = {} if kind == "List" else {"apiVersion": document.get("apiVersion"), "kind": kind.removesuffix("List")}
        for number, item in enumerate(document["items"], 1):
            yield from _flat({**own, **item} if isinstance(item, dict) else item, f"{where}, item {number}")
        return
    yield document, where


def _cleaned(document: Json, where: str) -> Json:
    """Return a copy that can be applied."""
    metadata = document.get("metadata")
    for name, value in (("apiVersion", document.get("apiVersion")), ("kind", document.get("kind"))):
        if not isinstance(value, str) or not value:
            raise ManifestError(f"{where}: {name} is missing")
    kind = document["kind"]
    if not isinstance(metadata, dict) or not metadata.get("name"):
        other = " generateName can't be applied again." if (metadata or {}).get("generateName") else ""
        raise ManifestError(f"{where}: {kind} without metadata.name.{other} Give the object a name")
    body: Json = _without_nulls({key: value for key, value in document.items() if key != "status"}, where, kind)
    for name in WRITTEN_BY_SERVER:
        body["metadata"].pop(name, None)
    if not isinstance(body["metadata"]["name"], str):
        raise ManifestError(f"{where}: metadata.name of {kind} is not a text; write it in quotes")
    if kind == "Secret" and document["apiVersion"] == "v1" and isinstance(body.get("stringData"), dict):
        texts = body.pop("stringData")
        encoded = {key: base64.b64encode(_text(value, where, key)).decode() for key, value in texts.items()}
        body["data"] = {**(body.get("data") or {}), **encoded}
    return body


def _text(value: Any, where: str, key: str) -> bytes:
    if not isinstance(value, str):
        raise ManifestError(f"{where}: Secret.stringData.{key} is not a text; write it in quotes")
    return value.encode()


def _without_nulls(value: Any, where: str, path: str) -> Any:
    if isinstance(value, dict):
        kept = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise ManifestError(f"{where}: {path}: the key {key!r} is not a text; write it in quotes")
            if item is None and path.rpartition(".")[2] in TEXTS:
                raise ManifestError(f"{where}: {path}.{key} has no value; write a text, or leave the key out")
            if item is not None:
                kept[key] = _without_nulls(item, where, f"{path}.{key}")
        return kept
    if isinstance(value, list):
        if None in value:
            raise ManifestError(f"{where}: {path}[{value.index(None)}] has no value; write one, or leave the item out")
        return [_without_nulls(item, where, f"{path}[{index}]") for index, item in enumerate(value)]
    if hasattr(value, "isoformat"):  # YAML reads an unquoted date as one
        return value.isoformat()
    return value
