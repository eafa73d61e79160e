# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that are waited for, and where the API serves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .fields import Rule, name_of
from .reads import Read

#: Kinds of Kubernetes itself -> their plural; all others are looked up once per group and version.
PLURALS = {
    ("v1", "Pod"): "pods",
    ("v1", "Node"): "nodes",
    ("v1", "Service"): "services",
    ("v1", "Namespace"): "namespaces",
    ("v1", "PersistentVolumeClaim"): "persistentvolumeclaims",
    ("apps/v1", "Deployment"): "deployments",
    ("apps/v1", "DaemonSet"): "daemonsets",
    ("apps/v1", "StatefulSet"): "statefulsets",
    ("apps/v1", "ReplicaSet"): "replicasets",
    ("batch/v1", "Job"): "jobs",
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): "customresourcedefinitions",
    ("apiregistration.k8s.io/v1", "APIService"): "apiservices",
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"): "validatingwebhookconfigurations",
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"): "mutatingwebhookconfigurations",
}


@dataclass(frozen=True)
class Wanted:
    """An object that has to exist and to be as its rule wants it.

    :ivar namespace: empty for kinds that have none.
    :ivar plural: the name of the resource in paths; where it is empty, it is looked up.
    :ivar rule: another rule than ``judge``, such as one of :func:`.expression.expression`.
    """

    api_version: str
    kind: str
    name: str
    namespace: str = ""
    plural: str = ""
    rule: Rule | None = field(default=None, compare=False)

    @classmethod
    def of(cls, item: Mapping[str, Any], rule: Rule | None = None) -> Wanted:
        """The object of a manifest, whose metadata has its namespace."""
        meta = item["metadata"]
        return cls(item["apiVersion"], item["kind"], meta["name"], meta.get("namespace", ""), rule=rule)

    def __str__(self) -> str:
        return name_of(self.kind, self.namespace, self.name)


class Resources:
    """Paths of collections; plurals that had to be looked up are remembered."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._plurals = dict(PLURALS)
        self._looked_up: set[str] = set()

    def renew(self) -> None:
        """Look up again what was not served before."""
        self._looked_up.clear()

    def path(self, wanted: Wanted) -> str | None:
        """The path of the collection that has this object; None while the API does not serve its kind."""
        plural = wanted.plural or self._plural(wanted.api_version, wanted.kind)
        if not plural:
            return None
        space = f"/namespaces/{wanted.namespace}" if wanted.namespace else ""
        return f"{root(wanted.api_version)}{space}/{plural}"

    def _plural(self, version: str, kind: str) -> str:
        if (version, kind) not in self._plurals and version not in self._looked_up:
            self._looked_up.add(version)
            for entry in (self._read(root(version)) or {}).get("resources") or ():
                if "/" not in entry["name"]:  # subresources have the kind of what they return
                    self._plurals[version, entry["kind"]] = entry["name"]
        return self._plurals.get((version, kind), "")


def root(version: str) -> str:
    """The path below which the API serves a group and version."""
    return f"/apis/{version}" if "/" in version else f"/api/{version}"
