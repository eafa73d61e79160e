# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions with the kinds of a living API server: each wanted object with its path, namespace and stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from . import stages
from .discovery import Discovery, Resource, group_of
from .errors import Several
from .manifests import Definition
from .stages import Stage
from .transport import Json


class Key(NamedTuple):
    """The identity of an object, whatever the version in which it is read."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Wanted:
    """One object that shall exist."""

    key: Key
    resource: Resource
    body: Json
    where: str
    stage: Stage

    @property
    def path(self) -> str:
        """Return the path of the object."""
        return self.resource.path(self.key.namespace, self.key.name)


def resolve(
    definitions: Iterable[Definition], discovery: Discovery, namespace: str, *, known: bool = True
) -> list[Wanted]:
    """Return the wanted objects in the order of their stages. All errors are reported together.

    A kind that is not served yet is accepted where one of the definitions is its CRD.

    :param namespace: where namespaced objects go that name none.
    :param known: whether a kind that is not served is an error; otherwise its objects are left out, since none exist.
    """
    definitions = list(definitions)
    brought = _brought(definitions)
    found: dict[Key, Wanted] = {}
    errors: list[str] = []
    for one in definitions:
        resource = discovery.find(one.api_version, one.kind) or brought.get((one.api_version, one.kind))
        if resource is None and not known:
            continue
        if resource is None:
            why = discovery.why_not(one.api_version, one.kind)
            errors.append(f"{one.kind} {one.name} ({one.where}): {why}")
            continue
        try:
            wanted = _wanted(one, resource, namespace)
        except stages.ManifestError as error:
            errors.append(str(error))
            continue
        if wanted.key in found:
            first = found[wanted.key].where
            errors.append(f"{wanted.key} is defined twice: {first} and {one.where}; remove one of them")
        found.setdefault(wanted.key, wanted)
    if errors:
        raise Several(errors)
    return sorted(found.values(), key=lambda one: one.stage)


def _wanted(definition: Definition, resource: Resource, namespace: str) -> Wanted:
    metadata = {**definition.body["metadata"]}
    metadata.pop("namespace", None)
    place = ""
    if resource.namespaced:
        place = metadata["namespace"] = str(definition.body["metadata"].get("namespace") or namespace)
    key = Key(resource.group, resource.kind, place, definition.name)
    body = {**definition.body, "metadata": metadata}
    return Wanted(key, resource, body, definition.where, stages.of(definition))


def _brought(definitions: Iterable[Definition]) -> Mapping[tuple[str, str], Resource]:
    """Return the kinds that CRDs among the definitions bring."""
    found = {}
    for one in definitions:
        if (group_of(one.api_version), one.kind) == stages.CRD:
            for resource in resources_of(one.body):
                found[resource.api_version, resource.kind] = resource
    return found


def resources_of(crd: Mapping[str, Any]) -> list[Resource]:
    """Return what a CRD brings: one resource for each version that it serves."""
    spec = crd.get("spec") or {}
    names, versions = spec.get("names") or {}, spec.get("versions") or []
    namespaced = spec.get("scope") == "Namespaced"
    return [
        Resource(spec.get("group", ""), one["name"], names.get("kind", ""), names.get("plural", ""), namespaced,
                 served=False)
        for one in versions if one.get("served")
    ]  # fmt: skip


def by_stage(wanted: Sequence[Wanted]) -> list[tuple[Stage, list[Wanted]]]:
    """Return the stages that have objects, in order."""
    return [(stage, found) for stage in Stage if (found := [one for one in wanted if one.stage == stage])]
