# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a layer whose operator makes everything of one object, as those of KubeVirt and CDI do.

An upgrade goes one minor version at a time. A removal has the order of their documentation: the object first, while its
operator runs, which removes what it has made with the kinds of users' objects; then the operator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..objects.discovery import Resource
from ..objects.engine import Engine
from ..objects.live import get
from ..objects.transport import MERGE, Json, items
from ..waiting.missing import Row
from .removing import delete, named, patch, spelled, until_none
from .upstream import ClusterLayerError

Params = Mapping[str, Any]
#: What the object says so that its operator removes users' objects as well (the same word in both projects).
REMOVE_WORKLOADS = "RemoveWorkloads"
MANAGED = "app.kubernetes.io/managed-by"
#: What an operator leaves where it ended before it was done: webhooks that nobody answers would refuse users' requests.
_LEFT = (
    Resource(
        "admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", False
    ),
    Resource(
        "admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", False
    ),
    Resource("apiregistration.k8s.io", "v1", "APIService", "apiservices", False),
    Resource("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", False),
    Resource("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", False),
    Resource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", False),
)
_NODES = Resource("", "v1", "Node", "nodes", False)
#: What people write on nodes for KubeVirt's daemons to read (api/core/v1, LabellerSkipNodeAnnotation).
_BY_HAND = ("node-labeller.kubevirt.io/skip-node",)
_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)\.([0-9]+)(?:[-+].*)?")


@dataclass(frozen=True)
class Operated:
    """What is known of a layer's object and operator.

    :ivar place: where its version is chosen, for messages.
    :ivar path: of its one object.
    :ivar name: how texts name the object.
    :ivar observed: the key of its status with the version that is deployed.
    :ivar target: the key with the version that is being deployed.
    :ivar users: kinds of users' objects that go with it: plural with group and version -> what texts call them.
    :ivar manager: what its operator writes into the label `managed-by`.
    :ivar domain: the domain in which its daemons label nodes; empty where they do not.
    :ivar lost: what becomes of users' objects, as a sentence.
    """

    role: str
    place: str
    path: str
    name: str
    observed: str
    target: str
    users: Mapping[str, str]
    manager: str
    domain: str = ""
    lost: str = ""


def refuse_step(operated: Operated, live: Json | None, wanted: str) -> None:
    """Refuse a version that can't follow the deployed one: an older one, one that leaves out a minor version, and any
    other than the one that is being deployed.

    :raises ClusterLayerError: with the version to take instead.
    """
    status = (live or {}).get("status") or {}
    has, aims = (str(status.get(key) or "") for key in (operated.observed, operated.target))
    place = operated.place
    if has and aims and has != aims and numbers(aims) != numbers(wanted):
        raise ClusterLayerError(
            f"{place}: {wanted} is wanted while {operated.name} changes from {has} to {aims}; let that end before"
        )
    known, target = numbers(has), numbers(wanted)
    if known is None or target is None or known == target:
        return
    if target < known:
        raise ClusterLayerError(
            f"{place}: {wanted} is older than {has}, which is deployed, and there is no way back; keep {has}"
        )
    if (target[0], target[1] - 1) > known[:2]:
        raise ClusterLayerError(
            f"{place}: from {has} to {wanted} a minor version is left out; take the newest {known[0]}.{known[1] + 1} "
            "before, with the release of this collection that has it"
        )


def numbers(text: str) -> tuple[int, ...] | None:
    """Major, minor and patch of a version; None where the text is none."""
    found = _VERSION.fullmatch(text)
    return tuple(map(int, found.groups())) if found else None


class OperatedRemoval:
    """The removal from one cluster.

    :ivar users: objects of users that would be lost.
    :ivar steps: what is done beside the removal of the layer's objects.
    """

    def __init__(self, engine: Engine, operated: Operated) -> None:
        """Read what there is."""
        self._engine, self._operated = engine, operated
        self._live = get(engine.transport, operated.path)
        self.users = list(self._users())
        self._left = list(self._leftovers())
        self._nodes = [node for node in items(engine.transport, _NODES.path()) if self._own_labels(node)]
        self.steps = [f"remove {operated.name}, and what its operator has made"] if self._live else []
        self.steps += [f"remove {spelled(resource.kind, item)}" for resource, item in self._left if not self._live]
        self.steps += [f"remove labels of {operated.domain} from {node['metadata']['name']}" for node in self._nodes]

    def refuse(self, consent: str, cloud: str) -> None:
        """Refuse to remove users' objects without the consent.

        :raises ClusterLayerError: with their names, and the consent.
        """
        if not self.users or consent == cloud:
            return
        role = self._operated.role
        raise ClusterLayerError(
            f"nothing was removed, because of what users have: {named(self.users)}. {self._operated.lost} Remove them "
            f"before, or consent to their loss with {role}_remove_cloud: {cloud}"
        )

    def before(self) -> None:
        """Remove the object, and wait until its operator is done with it.

        :raises ObjectsError: it is not gone at the deadline, with the reason.
        """
        if self._live is None:
            return
        transport = self._engine.transport
        if self.users:
            body = {"spec": {"uninstallStrategy": REMOVE_WORKLOADS}}
            transport.call("PATCH", self._operated.path, body=body, content=MERGE)
        delete(transport, self._operated.path)
        until_none(self._held, self._engine.deadline, f"{self._operated.name} to be removed")

    def after(self) -> None:
        """Remove what the operator left, and what its daemons wrote on nodes."""
        transport = self._engine.transport
        for resource, item in self._leftovers():
            delete(transport, resource.path("", item["metadata"]["name"]))
        for node in self._nodes:
            body = {"metadata": {key: dict.fromkeys(names) for key, names in self._own_labels(node).items()}}
            patch(transport, _NODES.path("", node["metadata"]["name"]), body)

    def _users(self) -> Iterator[str]:
        for path, kind in self._operated.users.items():
            if get(self._engine.transport, f"/apis/{path}") is None:
                continue
            for item in items(self._engine.transport, f"/apis/{path}"):
                yield spelled(kind, item)

    def _leftovers(self) -> Iterator[tuple[Resource, Json]]:
        selector = {"labelSelector": f"{MANAGED}={self._operated.manager}"}
        for resource in _LEFT:
            for item in items(self._engine.transport, resource.path(), selector):
                yield resource, item

    def _own_labels(self, node: Json) -> dict[str, list[str]]:
        """What the daemons wrote on a node: labels and annotations, by the domain before their slash."""
        domain = self._operated.domain
        found = {}
        for key in ("labels", "annotations"):
            names = sorted(node["metadata"].get(key) or ())
            own = [one for one in names if domain and _is_of(one.partition("/")[0], domain) and one not in _BY_HAND]
            if own:
                found[key] = own
        return found

    def _held(self) -> list[Row]:
        live = get(self._engine.transport, self._operated.path)
        return [] if live is None else [Row(self._operated.name, why(live))]


def why(live: Json) -> str:
    """Why an object is not gone: what its operator says, and who holds it."""
    finalizers = ", ".join(live["metadata"].get("finalizers") or ())
    conditions: Sequence[Mapping[str, str]] = (live.get("status") or {}).get("conditions") or ()
    said = [
        str(one.get("message"))
        for one in conditions
        if one.get("type") in ("Synchronized", "Degraded")
        and one.get("status") in ("False", "True")
        and one.get("message")
    ]
    held = [f"finalizers: {finalizers}; does its operator run?"] if finalizers else []
    return "; ".join(["it still exists", *said, *held])


def _is_of(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")
