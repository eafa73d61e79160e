# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of objects with the labels and annotations of KEP-3659, which `kubectl apply --prune --applyset` uses.

A parent object names the kinds and namespaces in which members may be; each member has a label with the id of its
set. Before objects are applied, the parent names old and new kinds; after pruning, the new ones only. So a run that is
killed in between leaves nothing that the next run would not find.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from . import stages
from .discovery import Discovery, Resource
from .errors import ObjectsError
from .transport import Json
from .wanted import Key, Wanted

PREFIX = "applyset.kubernetes.io"
ID, PART_OF = f"{PREFIX}/id", f"{PREFIX}/part-of"
TOOLING, KINDS, NAMESPACES = (f"{PREFIX}/{x}" for x in ("tooling", "contains-group-kinds", "additional-namespaces"))
TOOL = "groundup.cloud"
VERSION = "v1.0.0"  # of the way in which sets are kept; not that of the collection, which would change all parents
PARENTS = {
    kind: Resource("", "v1", kind, plural, True)
    for kind, plural in (("ConfigMap", "configmaps"), ("Secret", "secrets"))
}
GroupKind = tuple[str, str]


@dataclass(frozen=True)
class Contents:
    """Where members may be."""

    kinds: frozenset[GroupKind] = frozenset()
    namespaces: frozenset[str] = frozenset()

    @classmethod
    def of(cls, keys: Iterable[Key]) -> Contents:
        """Return the contents that objects have."""
        keys = list(keys)
        return cls(frozenset(key[:2] for key in keys), frozenset(key.namespace for key in keys if key.namespace))

    def __or__(self, other: Contents) -> Contents:
        return Contents(self.kinds | other.kinds, self.namespaces | other.namespaces)


@dataclass(frozen=True)
class ApplySet:
    """One set, named by its parent object."""

    name: str
    namespace: str
    kind: str = "ConfigMap"

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> ApplySet:
        """Return the set that an option means."""
        return cls(given["name"], given["namespace"], given.get("kind") or "ConfigMap")

    @property
    def key(self) -> Key:
        """Return the identity of the parent."""
        return Key("", self.kind, self.namespace, self.name)

    @property
    def id(self) -> str:
        """Return the id that the label of each member has."""
        text = ".".join((self.name, self.namespace, self.kind, ""))
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        return f"applyset-{digest}-v1"

    @property
    def path(self) -> str:
        """Return the path of the parent."""
        return PARENTS[self.kind].path(self.namespace, self.name)

    def labelled(self, wanted: Sequence[Wanted]) -> list[Wanted]:
        """Return the wanted objects as members of the set."""
        found = []
        for one in wanted:
            if one.key == self.key:
                raise ObjectsError(f"{one.key} ({one.where}) is the parent of the set; give apply_set another name")
            metadata = one.body["metadata"]
            labels = {**(metadata.get("labels") or {}), PART_OF: self.id}
            found.append(replace(one, body={**one.body, "metadata": {**metadata, "labels": labels}}))
        return found

    def refuse_others(self, live: Mapping[Key, Json]) -> None:
        """Refuse to take objects from another set, which would otherwise prune or apply them again.

        :raises ObjectsError: with all such objects.
        """
        others = {key: (one["metadata"].get("labels") or {}).get(PART_OF) for key, one in live.items()}
        found = [f"{key} ({other})" for key, other in others.items() if other not in (None, self.id)]
        if found:
            raise ObjectsError(
                f"these objects belong to another set: {', '.join(found)}; remove them from the definitions of one of "
                f"the two sets, and the label {PART_OF} from the object if its set does not exist any more"
            )

    def contents(self, parent: Mapping[str, Any] | None) -> Contents:
        """Return where the living parent says that members may be.

        :raises ObjectsError: another tool keeps this set.
        """
        metadata = (parent or {}).get("metadata") or {}
        if (metadata.get("labels") or {}).get(ID) not in (None, self.id):
            raise ObjectsError(f"{self.key} has the label of another set; give apply_set another name")
        annotations = metadata.get("annotations") or {}
        tool = str(annotations.get(TOOLING) or f"{TOOL}/").partition("/")[0]
        if tool != TOOL:
            raise ObjectsError(
                f"{self.key}: the tool {tool} keeps this set of objects; give apply_set another name, or remove the "
                f"annotation {TOOLING} of this object if {tool} is no longer used for it"
            )
        kinds = [_group_kind(text) for text in str(annotations.get(KINDS) or "").split(",") if text]
        spaces = [text for text in str(annotations.get(NAMESPACES) or "").split(",") if text]
        return Contents(frozenset(kinds), frozenset({*spaces, self.namespace} if kinds else spaces))

    def parent(self, contents: Contents) -> Wanted:
        """Return the parent object with these contents."""
        annotations = {
            TOOLING: f"{TOOL}/{VERSION}",
            KINDS: ",".join(sorted(f"{kind}.{group}" if group else kind for group, kind in contents.kinds)),
            NAMESPACES: ",".join(sorted(contents.namespaces - {self.namespace})),
        }
        metadata = {"name": self.name, "namespace": self.namespace, "labels": {ID: self.id}, "annotations": annotations}
        body: Json = {"apiVersion": "v1", "kind": self.kind, "metadata": metadata}
        return Wanted(self.key, PARENTS[self.kind], body, "apply_set", stages.Stage.NAMESPACES)

    def collections(self, contents: Contents, discovery: Discovery) -> list[Resource]:
        """Return the resources in which members may be; a kind that is no longer served has no objects."""
        found = []
        for group, kind in sorted(contents.kinds):
            served = [one for one in discovery.versions(group, kind) if {"list", "delete"} <= one.verbs]
            found += served[:1]
        return found


def _group_kind(text: str) -> GroupKind:
    kind, __, group = text.partition(".")
    return group, kind
