# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kinds an API server serves, and at which paths: two calls, and again after CRDs were applied."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from .transport import JSON, Json, Transport

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
ACCEPT = ",".join([_AGGREGATED.format("v2"), _AGGREGATED.format("v2beta1"), JSON])
WHOLE = frozenset({"get", "list", "patch", "delete"})


@dataclass(frozen=True)
class Resource:
    """One kind in one version, and where its objects are.

    :ivar served: whether the API server serves it now; otherwise the path follows from a CRD that is not applied yet.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = WHOLE
    served: bool = field(default=True, compare=False)

    @property
    def api_version(self) -> str:
        """Return the value of ``apiVersion``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "") -> str:
        """Return the path of an object, or of a collection; without a namespace that of all namespaces."""
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        parts += ["namespaces", namespace] if self.namespaced and namespace else []
        parts += [self.plural, name] if name else [self.plural]
        return "/" + "/".join(quote(part, safe="") for part in parts)


def group_of(api_version: str) -> str:
    """Return the API group; empty for the core group."""
    return api_version.rpartition("/")[0]


class Discovery:
    """The kinds of one API server."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._found: dict[tuple[str, str], list[Resource]] | None = None
        self.stale: set[str] = set()  # groups whose own API server does not answer

    def refresh(self) -> None:
        """Forget what was read, so that the next use reads it again."""
        self._found = None

    def find(self, api_version: str, kind: str) -> Resource | None:
        """Return the resource of a kind in just this version, if it is served."""
        return next((x for x in self.versions(group_of(api_version), kind) if x.api_version == api_version), None)

    def versions(self, group: str, kind: str) -> list[Resource]:
        """Return the resources of a kind, the version that the server prefers first."""
        return self._all().get((group, kind), [])

    def groups_with(self, kind: str) -> list[str]:
        """Return ``apiVersion`` values under which a kind of this name is served."""
        return sorted(one.api_version for (__, name), found in self._all().items() if name == kind for one in found)

    def why_not(self, api_version: str, kind: str) -> str:
        """Return why a kind is not served, and the remedy."""
        group = group_of(api_version)
        if others := [one.version for one in self.versions(group, kind)]:
            return (
                f"the API server serves {kind} of {group} as {', '.join(others)} only, not as {api_version}: its CRD "
                "is of another release; apply the CRD of the release that these definitions are of, or write one of "
                "these versions"
            )
        if group in self.stale:
            return f"the API server of the group {group} does not answer; look at its APIService and its pods"
        if elsewhere := self.groups_with(kind):
            return f"there is no kind {kind} in {api_version}; did you mean apiVersion {' or '.join(elsewhere)}?"
        known = sorted({name for of, name in self._all() if of == group})
        if close := difflib.get_close_matches(kind, known, n=1):
            return f"there is no kind {kind} in {api_version}; did you mean {close[0]}?"
        if known:
            return f"there is no kind {kind} in {api_version}; there are {', '.join(known)}"
        return (
            f"there is no kind {kind} in {api_version}, nor any other of the group {group}; apply its CRD first, or "
            "together with this object"
        )

    def _all(self) -> dict[tuple[str, str], list[Resource]]:
        if self._found is None:
            self.stale = set()
            found: dict[tuple[str, str], list[Resource]] = {}
            for root in ("/api", "/apis"):
                for one in self._read(root):
                    found.setdefault((one.group, one.kind), []).append(one)
            self._found = found
        return self._found

    def _read(self, root: str) -> Iterator[Resource]:
        answer = self._transport.call("GET", root, accept=ACCEPT)
        if answer.get("kind") == "APIGroupDiscoveryList":
            yield from self._aggregated(answer)
        elif root == "/api":
            yield from self._plain("", [f"/api/{version}" for version in answer.get("versions") or []])
        else:
            for group in answer.get("groups") or []:
                yield from self._plain(group["name"], [f"/apis/{one['groupVersion']}" for one in _preferred(group)])

    def _aggregated(self, answer: Json) -> Iterator[Resource]:
        for group in answer.get("items") or []:
            name = str((group.get("metadata") or {}).get("name") or "")
            for version in group.get("versions") or []:
                if version.get("freshness") == "Stale":
                    self.stale.add(name)
                for one in version.get("resources") or []:
                    kind = (one.get("responseKind") or {}).get("kind")
                    if kind:
                        scope, verbs = one.get("scope") == "Namespaced", frozenset(one.get("verbs") or [])
                        yield Resource(name, version["version"], kind, one["resource"], scope, verbs)

    def _plain(self, group: str, paths: Iterable[str]) -> Iterator[Resource]:
        """Read each version by itself, as servers before aggregated discovery want it."""
        for path in paths:
            for one in self._transport.call("GET", path).get("resources") or []:
                if "/" not in one["name"]:
                    version, verbs = path.rpartition("/")[2], frozenset(one.get("verbs") or [])
                    yield Resource(group, version, one["kind"], one["name"], bool(one.get("namespaced")), verbs)


def _preferred(group: Json) -> list[Json]:
    """Return the versions of a group, the preferred one first."""
    first = (group.get("preferredVersion") or {}).get("groupVersion")
    return sorted(group.get("versions") or [], key=lambda one: bool(one.get("groupVersion") != first))
