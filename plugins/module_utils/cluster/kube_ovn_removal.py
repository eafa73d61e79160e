# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the removal of Kube-OVN needs beside the removal of its objects, in the order of upstream's cleanup.sh.

Its controller gives objects of its kinds finalizers that nobody removes once it is gone, and writes annotations on
nodes and namespaces. So it is stopped first, then finalizers are removed, then all objects of the layer, then
annotations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..objects.discovery import Resource
from ..objects.engine import Engine
from ..objects.errors import ObjectsError
from ..objects.live import get
from ..objects.manifests import Definition
from ..objects.stages import CRD
from ..objects.transport import Json, items
from ..objects.wanted import resources_of
from ..waiting.missing import Row
from . import kube_ovn_guard
from .removing import delete, named, patch, running, spelled, until_none

#: Objects that Kube-OVN makes itself, by kind; None for all of a kind.
OWN: Mapping[str, frozenset[str] | None] = {
    "Vpc": frozenset({"ovn-cluster"}),
    "Subnet": frozenset({"join", "ovn-default"}),
    "IP": None,
}
PREFIX = "ovn.kubernetes.io/"
#: The name of the set of the layer's objects.
SET = "groundup-network-kube-ovn"
CONTROLLER = "/apis/apps/v1/namespaces/kube-system/deployments/kube-ovn-controller"
PODS, SELECTOR = "/api/v1/namespaces/kube-system/pods", {"labelSelector": "app=kube-ovn-controller"}
LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-ovn-controller"


class Removal:
    """The removal from one cluster.

    :ivar steps: what is done beside the removal of the layer's objects.
    """

    def __init__(self, engine: Engine, definitions: Iterable[Definition], set_name: str = SET) -> None:
        """Read what there is.

        :param set_name: the name of the set of the layer's objects.
        :raises ObjectsError: there are objects of users, which would be lost.
        """
        self._engine = engine
        kinds = [one.body for one in definitions if one.kind == CRD[1]]
        found = [pair for kind in kinds for pair in self._objects(kind)]
        made = kube_ovn_guard.own(set_name, (item for __, item in found if item["kind"] in kube_ovn_guard.KINDS))
        _refuse_loss(engine, found, made)
        #: The layer's subnets and VLANs, which go while Kube-OVN runs, so that it takes them off the nodes.
        self._made = [
            pair for kind in kube_ovn_guard.KINDS for pair in found if pair[1] in made and pair[1]["kind"] == kind
        ]
        rest = [pair for pair in found if pair not in self._made and not _is_router_of(pair[1], made)]
        self._kept = [(resource, item) for resource, item in rest if item["metadata"].get("finalizers")]
        self._marked = list(self._annotated())
        self._lease = get(engine.transport, LEASE) is not None
        self.steps = [f"remove {spelled(item['kind'], item)}" for __, item in self._made]
        self.steps += [f"remove finalizers of {spelled(item['kind'], item)}" for __, item in self._kept]
        self.steps += [
            f"remove annotations of Kube-OVN from {spelled(item['kind'], item)}" for __, item in self._marked
        ]
        self.steps += ["remove Lease kube-system/kube-ovn-controller"] if self._lease else []

    def before(self) -> None:
        """Remove what nodes have of subnets; stop the controller, which would write finalizers again; remove them."""
        transport = self._engine.transport
        for kind in kube_ovn_guard.KINDS:
            self._remove([(resource, item) for resource, item in self._made if item["kind"] == kind], kind)
        delete(transport, CONTROLLER)
        until_none(lambda: running(transport, PODS, SELECTOR), self._engine.deadline, "Kube-OVN's controller to stop")
        for resource, item in self._kept:
            self._patch(resource, item, {"finalizers": None})

    def _remove(self, found: list[tuple[Resource, Json]], kind: str) -> None:
        """Remove objects of a kind, and wait until the controller has let them go."""
        paths = {spelled(kind, item): resource.path("", item["metadata"]["name"]) for resource, item in found}
        for path in paths.values():
            delete(self._engine.transport, path)

        def left() -> list[Row]:
            return [Row(name, "it is still there") for name, path in paths.items() if get(self._engine.transport, path)]

        until_none(left, self._engine.deadline, f"Kube-OVN to remove each {kind} from nodes")

    def after(self) -> None:
        """Remove what Kube-OVN has written on objects of others, and the lock of its controllers."""
        for resource, item in self._marked:
            self._patch(resource, item, {"annotations": dict.fromkeys(_own_annotations(item))})
        if self._lease:
            delete(self._engine.transport, LEASE)

    def _objects(self, crd: Json) -> Iterator[tuple[Resource, Json]]:
        wanted = resources_of(crd)[0]
        for resource in self._engine.discovery.versions(wanted.group, wanted.kind)[:1]:
            yield from ((resource, item) for item in items(self._engine.transport, resource.path()))

    def _annotated(self) -> Iterator[tuple[Resource, Json]]:
        for kind, plural in (("Node", "nodes"), ("Namespace", "namespaces")):
            resource = Resource("", "v1", kind, plural, namespaced=False)
            for item in items(self._engine.transport, resource.path()):
                if _own_annotations(item):
                    yield resource, item

    def _patch(self, resource: Resource, item: Json, metadata: Json) -> None:
        path = resource.path(item["metadata"].get("namespace", ""), item["metadata"]["name"])
        patch(self._engine.transport, path, {"metadata": metadata})


def _refuse_loss(engine: Engine, found: Iterable[tuple[Resource, Json]], made: Iterable[Json]) -> None:
    made = list(made)
    lost = [spelled(item["kind"], item) for __, item in found if not _is_own(item) and item not in made]
    if lost:
        raise ObjectsError(
            f"nothing was removed, because of objects that would be lost with their kinds: {named(lost)}; remove them "
            "while Kube-OVN runs, which then takes what belongs to them off the nodes"
        )
    names = [str(item["metadata"]["name"]) for item in made if item["kind"] == kube_ovn_guard.SUBNET]
    if used := list(kube_ovn_guard.in_use(engine, names)):
        texts = [f"{name} has {named(users)}" for name, users in used]
        raise ObjectsError(f"nothing was removed, because pods are in subnets: {'; '.join(texts)}; remove them first")


def _is_router_of(item: Json, made: Iterable[Json]) -> bool:
    """Whether it is an address of a subnet itself, which Kube-OVN removes with the subnet."""
    names = {one["metadata"]["name"] for one in made if one["kind"] == kube_ovn_guard.SUBNET}
    return item["kind"] == "IP" and (item.get("spec") or {}).get("subnet") in names


def _is_own(item: Json) -> bool:
    names = OWN.get(item["kind"], frozenset())
    return names is None or item["metadata"]["name"] in names


def _own_annotations(item: Json) -> list[str]:
    return sorted(name for name in item["metadata"].get("annotations") or {} if name.startswith(PREFIX))
