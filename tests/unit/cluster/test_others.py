# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster has one network: another one is refused before anything is changed, by its set of objects and daemons."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import catalog, others
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.layer import ClusterLayer
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.others import DAEMON_SETS, OtherNetwork
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.engine import Engine
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import Refused
from ansible_collections.groundup.cloud.plugins.module_utils.objects.manifests import Definition
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline

SETS = "/api/v1/namespaces/kube-system/configmaps/"
ENTRY = [{"name": "network", "role": "groundup.cloud.network_custom", "input": "network_custom_config"}]


class Cluster:
    """An API server that has some DaemonSets and sets of objects, and that no request may change."""

    server = "https://double"
    warnings: tuple[str, ...] = ()

    def __init__(self, *daemon_sets: str, sets: tuple[str, ...] = ()) -> None:
        pairs = [name.split("/") for name in daemon_sets]
        self.items = [{"metadata": {"namespace": space, "name": name}} for space, name in pairs]
        self.sets = sets
        self.calls: list[tuple[str, str]] = []

    def call(self, method: str, path: str, *_given: Any, **_more: Any) -> dict[str, Any]:
        self.calls.append((method, path))
        if path == DAEMON_SETS:
            return {"items": self.items}
        if path.removeprefix(SETS) in self.sets:
            return {"metadata": {"name": path.removeprefix(SETS)}}
        raise Refused("there is none", 404)


def daemon_set(name: str) -> Definition:
    return Definition({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name}}, "x.yml")


FLANNEL = "kube-flannel/kube-flannel-ds"
CASES: dict[str, tuple[Cluster, str, tuple[str, ...], tuple[str, str]]] = {
    "our flannel, and one of the user's own": (
        Cluster(FLANNEL, sets=("groundup-network-flannel",)), "custom", (),
        ("flannel", f"the set of objects kube-system/groundup-network-flannel, DaemonSet {FLANNEL}"),
    ),
    "our flannel as one of the user's own": (
        Cluster(FLANNEL, sets=("groundup-network-flannel",)), "custom", ("flannel",),
        ("flannel", "the set of objects kube-system/groundup-network-flannel"),
    ),
    "one of the user's own, and our flannel": (
        Cluster("kube-system/antrea-agent", sets=("groundup-network-custom",)), "flannel", (),
        ("custom", "the set of objects kube-system/groundup-network-custom"),
    ),
    "one that people installed": (
        Cluster("kube-system/cilium"), "flannel", (), ("cilium", "DaemonSet kube-system/cilium"),
    ),
    "another one of the user's own": (
        Cluster("calico-system/calico-node", sets=("groundup-network-custom",)), "custom", (),
        ("calico", "DaemonSet calico-system/calico-node"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("cluster", "wanted", "known_as", "expected"), CASES.values(), ids=CASES)
def test_another_network_is_refused_with_both_names_and_the_way_out(
    cluster: Cluster, wanted: str, known_as: tuple[str, ...], expected: tuple[str, str]
) -> None:
    name, found = expected
    with pytest.raises(OtherNetwork) as caught:
        others.refuse(cluster, wanted, known_as, [])  # type: ignore[arg-type]
    text = str(caught.value)
    assert f"there is the network {name} ({found}), and {wanted} is wanted" in text
    assert f"Keep {name}" in text and "its role with the state absent" in text
    assert {method for method, __ in cluster.calls} == {"GET"}


@pytest.mark.parametrize(
    ("cluster", "wanted", "known_as"),
    [
        (Cluster(), "flannel", ()),
        (Cluster(FLANNEL, sets=("groundup-network-flannel",)), "flannel", ()),
        (Cluster(FLANNEL, sets=("groundup-network-custom",)), "custom", ("flannel",)),
        (Cluster("kube-system/kube-proxy", "metallb-system/speaker"), "custom", ()),
    ],
    ids=["none", "the same", "one of the user's own that is known", "no networks"],
)
def test_the_wanted_network_is_not_taken_for_another_one(
    cluster: Cluster, wanted: str, known_as: tuple[str, ...]
) -> None:
    others.refuse(cluster, wanted, known_as, [daemon_set("kube-flannel-ds")] if known_as else [])  # type: ignore[arg-type]


def test_manifests_of_a_network_that_is_known_have_to_say_so() -> None:
    with pytest.raises(
        ClusterLayerError, match=r"DaemonSet calico-node, which is that of calico; write known_as: \[calico\]"
    ):
        others.refuse(Cluster(), "custom", (), [daemon_set("calico-node")])  # type: ignore[arg-type]
    with pytest.raises(ClusterLayerError, match="known_as: weave is no network; there are basic"):
        others.refuse(Cluster(), "custom", ("weave",), [])  # type: ignore[arg-type]


def test_a_layer_refuses_before_it_plans_and_a_removal_does_not() -> None:
    layer = ClusterLayer("network_toy", lambda _params: [], network="flannel")
    engine = Engine(Cluster("kube-system/cilium"), Deadline(10), 1)  # type: ignore[arg-type]
    with pytest.raises(OtherNetwork):
        layer.steps(engine, {})


def test_the_probe_says_what_is_refused_beside_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster("kube-system/cilium")
    monkeypatch.setattr(catalog, "connect", lambda *__: cluster)
    toy = ClusterLayer("network_custom", lambda _params: [], network="custom")
    monkeypatch.setitem(catalog.LAYERS, "network_custom", toy)
    found = catalog.probe(ENTRY, {"network_custom_config": {"manifests": []}}, {})
    (text,) = found["refused"]
    assert found["differs"] == ["network"] and found["steps"] == {"network": [f"refused: {text}"]}
    assert "there is the network cilium" in text and {method for method, __ in cluster.calls} == {"GET"}
