# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of an API server: the calls of the engine, over a dictionary of objects. It knows no schemas."""

from __future__ import annotations

import copy
import typing as t
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, unquote

from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import Refused
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import JSON

Json = dict[str, t.Any]
MANAGER = "groundup.cloud"


def resource(kind: str, plural: str, *, namespaced: bool = True) -> Json:
    verbs = ["get", "list", "patch", "delete"]
    scope = "Namespaced" if namespaced else "Cluster"
    return {"resource": plural, "responseKind": {"kind": kind}, "scope": scope, "verbs": verbs}


CORE = [
    resource("Namespace", "namespaces", namespaced=False),
    resource("ConfigMap", "configmaps"),
    resource("Secret", "secrets"),
    resource("Service", "services"),
    resource("PersistentVolumeClaim", "persistentvolumeclaims"),
]
GROUPS: dict[str, dict[str, list[Json]]] = {
    "apps": {"v1": [resource("Deployment", "deployments")]},
    "apiextensions.k8s.io": {
        "v1": [resource("CustomResourceDefinition", "customresourcedefinitions", namespaced=False)]
    },
    "admissionregistration.k8s.io": {
        "v1": [resource("ValidatingWebhookConfiguration", "validatingwebhookconfigurations", namespaced=False)]
    },
    "discovery.k8s.io": {"v1": [resource("EndpointSlice", "endpointslices")]},
}


class Server:
    """The double of a transport.

    :ivar objects: path -> object.
    :ivar owners: path -> {field: manager} of fields of others, which conflict with an apply that is not forced.
    :ivar faults: called before each call with (method, path, query); may raise an error.
    :ivar calls: (method, path, dry run) of all calls.
    """

    server = "https://double"

    def __init__(self) -> None:
        self.objects: dict[str, Json] = {}
        self.groups = copy.deepcopy(GROUPS)
        self.owners: dict[str, dict[str, str]] = {}
        self.faults: Callable[[str, str, Mapping[str, str]], None] = lambda *__: None
        self.calls: list[tuple[str, str, bool]] = []
        self.warnings: list[str] = []
        self.established = True
        self.conditions: list[Json] = []  # of CRDs, beside Established
        self.version = 0

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: t.Any = None,
        content: str = JSON,
        accept: str = JSON,
    ) -> Json:
        path, __, words = path.partition("?")
        query, path = {**dict(parse_qsl(words)), **(query or {})}, unquote(path)
        self.calls.append((method, path, "dryRun" in query))
        self.faults(method, path, query)
        if path == "/api":
            return discovered({"": {"v1": CORE}})
        if path == "/apis":
            return discovered(self.groups)
        found: Json = {"GET": self._get, "PATCH": self._patch, "DELETE": self._delete}[method](path, query, body)
        return copy.deepcopy(found)

    def writes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path, dry in self.calls if method != "GET" and not dry]

    def _get(self, path: str, query: Mapping[str, str], body: t.Any) -> Json:
        if path in self.objects:
            return self.objects[path]
        if path.rpartition("/")[2] not in self._plurals():
            raise missing(path)
        parent, __, plural = path.rpartition("/")
        found = [one for place, one in sorted(self.objects.items()) if _in(place, parent, plural)]
        if label := query.get("labelSelector"):
            key, __, value = label.partition("=")
            found = [one for one in found if (one["metadata"].get("labels") or {}).get(key) == value]
        return {"kind": "List", "apiVersion": "v1", "items": found, "metadata": {}}

    def _plurals(self) -> set[str]:
        lists = [CORE, *(found for versions in self.groups.values() for found in versions.values())]
        return {one["resource"] for found in lists for one in found}

    def _patch(self, path: str, query: Mapping[str, str], body: Json) -> Json:
        parts = path.split("/")
        if parts[-2] not in self._plurals():
            raise Refused("404 page not found", 404)
        if "namespaces" in parts[:-2]:
            space = parts[parts.index("namespaces") + 1]
            if f"/api/v1/namespaces/{space}" not in self.objects:
                raise Refused(f'namespaces "{space}" not found', 404, "NotFound", {"kind": "namespaces", "name": space})
        owned = self.owners.get(path, {})
        if owned and "force" not in query:
            causes = [
                {"reason": "FieldManagerConflict", "message": f'conflict with "{who}" using v1', "field": name}
                for name, who in owned.items()
            ]
            raise Refused("Apply failed with conflicts", 409, "Conflict", {"causes": causes})
        present = self.objects.get(path)
        kept = {key: value for key, value in (present or {}).items() if key == "status"}
        made: Json = {**kept, **copy.deepcopy(body)}
        made["metadata"]["uid"] = (present or made)["metadata"].get("uid") or f"uid-{len(self.calls)}"
        if body["kind"] == "CustomResourceDefinition":
            established = {"type": "Established", "status": str(self.established)}
            made["status"] = {"conditions": [established, *self.conditions]}
        if present and without_version(present) == without_version(made):
            return present
        self.version += 1
        made["metadata"]["resourceVersion"] = str(self.version)
        if "dryRun" not in query:
            self.owners.pop(path, None)
            self.objects[path] = made
            self._serve(made)
        return made

    def _serve(self, made: Json) -> None:
        if made["kind"] == "CustomResourceDefinition" and self.established:
            spec = made["spec"]
            names, namespaced = spec["names"], spec["scope"] == "Namespaced"
            served = [resource(names["kind"], names["plural"], namespaced=namespaced)]
            self.groups[spec["group"]] = {one["name"]: served for one in spec["versions"] if one["served"]}

    def _delete(self, path: str, query: Mapping[str, str], body: Json) -> Json:
        if path not in self.objects:
            raise missing(path)
        if self.objects[path]["metadata"].get("uid") != body["preconditions"]["uid"]:
            raise Refused("Precondition failed: UID", 409, "Conflict")
        return self.objects.pop(path)


def _in(place: str, parent: str, plural: str) -> bool:
    collection = place.rpartition("/")[0]
    return collection.endswith(f"/{plural}") and collection.startswith(parent)


def without_version(one: Json) -> Json:
    metadata = {key: value for key, value in one["metadata"].items() if key != "resourceVersion"}
    return {**one, "metadata": metadata}


def missing(path: str) -> Refused:
    return Refused(f"{path} not found", 404, "NotFound", {"kind": path.split("/")[-2], "name": path.split("/")[-1]})


def discovered(groups: Mapping[str, Mapping[str, list[Json]]]) -> Json:
    items = [
        {"metadata": {"name": name}, "versions": [{"version": v, "resources": found} for v, found in versions.items()]}
        for name, versions in groups.items()
    ]
    return {"kind": "APIGroupDiscoveryList", "items": items}


def config_map(name: str, namespace: str = "shop", **data: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


def namespace(name: str = "shop") -> Json:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def crd(kind: str = "Toy", group: str = "toys.example.net", version: str = "v1") -> Json:
    names = {"kind": kind, "plural": f"{kind.lower()}s"}
    spec = {"group": group, "names": names, "scope": "Namespaced", "versions": [{"name": version, "served": True}]}
    name = f"{names['plural']}.{group}"
    kind_of = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    return {**kind_of, "metadata": {"name": name}, "spec": spec}


def toy(name: str = "ball", version: str = "v1") -> Json:
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": f"toys.example.net/{version}", "kind": "Toy", "metadata": metadata, "spec": {"size": 1}}
