# SPDX-License-Identifier: GPL-3.0-or-later
"""Kube-OVN with upstream's own manifest on a real API server: applied, changed, pruned, removed. Nothing of it runs."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.catalog import LAYERS, probe
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.live import get
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.objects.conftest import directory, manifest

pytestmark = pytest.mark.services

LAYER = LAYERS["network_kube_ovn"]
APPS = "/apis/apps/v1/namespaces/kube-system"
SECRET = "/api/v1/namespaces/kube-system/secrets/kube-ovn-tls"
SUBNETS = "/apis/kubeovn.io/v1/subnets"
MERGE = "application/merge-patch+json"
FINALIZER = "kubeovn.io/kube-ovn-controller"
Json = dict[str, t.Any]


def documents() -> list[Json]:
    found = directory("kube-ovn-v")
    files = [found / "crds/kube-ovn-crds.yaml", found / "manifests/kube-ovn.yaml"]
    return [one for file in files for one in yaml.safe_load_all(file.read_text()) if one]


def written(path: Path, objects: list[Json]) -> Json:
    path.write_text(yaml.safe_dump_all(objects))
    return manifest(path)


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Json:
    place = tmp_path_factory.mktemp("kube-ovn")
    policies = directory("network-policy-api-v") / "crds/standard"
    kinds = [one for file in sorted(policies.glob("*.yaml")) for one in yaml.safe_load_all(file.read_text()) if one]
    return {
        "manifest": written(place / "kube-ovn.yml", documents()),
        "policy_manifests": [written(place / "policies.yml", kinds)],
        "api": "10.30.0.10:8443",
        "pods": "10.64.0.0/14",
        "services": "10.96.0.0/16",
        "mtu": 8900,
        "databases": [{"node": f"node{n}", "address": f"10.30.0.2{n}"} for n in (1, 2, 3)],
    }


Perform = t.Callable[..., Json]


@pytest.fixture(scope="module")
def perform(kubeconfig: str) -> Perform:
    """The module's action; no pod starts here, so none is waited for."""

    def call(params: Json, *, present: bool = True, check: bool = False) -> Json:
        access = {"kubeconfig": kubeconfig}
        return LAYER.perform(params, access, present=present, timeout=120, check=check, wait=False)

    return call


def differs(params: Json, kubeconfig: str, absent: t.Sequence[str] = ()) -> list[str]:
    layer = {"name": "network", "role": "groundup.cloud.network_kube_ovn", "input": "x"}
    found: list[str] = probe([layer], {"x": params}, {"kubeconfig": kubeconfig}, absent=absent)["steps"]["network"]
    return found


def exists(api: Https, path: str) -> bool:
    return get(api, path) is not None


def apply(api: Https, path: str, body: Json) -> None:
    api.call("PATCH", path, {"fieldManager": "test"}, body, "application/apply-patch+yaml")


def subnet(name: str, **metadata: t.Any) -> Json:
    meta = {"name": name, **metadata}
    return {"apiVersion": "kubeovn.io/v1", "kind": "Subnet", "metadata": meta, "spec": {"cidrBlock": "10.9.0.0/24"}}


def test_it_is_planned_applied_and_then_as_wanted(params: Json, perform: Perform, api: Https, kubeconfig: str) -> None:
    planned = perform(params, check=True)
    assert planned["changed"] and not exists(api, SECRET), "check mode changes nothing"
    assert perform(params)["changed"]
    again = perform(params)
    assert (again["changed"], again["steps"]) == (False, [])
    steps = differs(params, kubeconfig)
    assert steps and all(step.startswith("wait for ") for step in steps), "nothing differs; nothing runs either"


def test_a_change_is_the_only_one_and_certificates_stay(params: Json, perform: Perform, api: Https) -> None:
    before = api.call("GET", SECRET)["data"]
    found = perform({**params, "mtu": 8800}, check=True)
    assert found["steps"] == ["change DaemonSet kube-system/kube-ovn-cni"]
    assert "PRIVATE KEY" not in str(found) and before["key"] not in str(found)
    assert perform({**params, "mtu": 8800})["steps"] == found["steps"]
    assert api.call("GET", SECRET)["data"] == before
    assert perform(params)["changed"]


def test_a_change_by_hand_is_mended(params: Json, perform: Perform, api: Https, kubeconfig: str) -> None:
    hand = {"fieldManager": "kubectl-edit"}
    api.call("PATCH", f"{APPS}/deployments/ovn-central", hand, {"spec": {"replicas": 1}}, MERGE)
    mended = ["change Deployment kube-system/ovn-central (.spec.replicas was changed by hand with kubectl-edit)"]
    assert differs(params, kubeconfig) == mended
    assert perform(params)["steps"] == mended
    assert api.call("GET", f"{APPS}/deployments/ovn-central")["spec"]["replicas"] == 3


def released(tag: str) -> list[Json]:
    """Upstream's documents with the images of another release."""
    found = documents()
    for one in found:
        if one["kind"] in ("Deployment", "DaemonSet"):
            pod = one["spec"]["template"]["spec"]
            for container in [*pod["containers"], *pod.get("initContainers", ())]:
                container["image"] = f"docker.io/kubeovn/kube-ovn:{tag}"
    return found


def runs(api: Https) -> None:
    """Let each workload look as if it ran on one node."""
    for plural in ("deployments", "daemonsets"):
        for one in api.call("GET", f"{APPS}/{plural}")["items"]:
            count = one["spec"].get("replicas", 1)
            words = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
            if plural == "daemonsets":
                words = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberReady")
                words = (*words, "numberAvailable", "numberMisscheduled")
            status = {**dict.fromkeys(words, count), "observedGeneration": one["metadata"]["generation"]}
            path = f"{APPS}/{plural}/{one['metadata']['name']}/status"
            api.call("PATCH", path, {"fieldManager": "test"}, {"status": status}, MERGE)


def test_an_upgrade_goes_one_minor_version_at_a_time_and_only_from_one_that_runs(
    params: Json, perform: Perform, api: Https, kubeconfig: str, tmp_path: Path
) -> None:
    def of(tag: str) -> Json:
        return {**params, "manifest": written(tmp_path / f"{tag}.yml", released(tag))}

    def refused(wanted: Json) -> list[str]:
        layer = {"name": "network", "role": "groundup.cloud.network_kube_ovn", "input": "x"}
        found: list[str] = probe([layer], {"x": wanted}, {"kubeconfig": kubeconfig})["refused"]
        return found

    assert perform({**params, "manifest": of("v1.16.0")["manifest"]})["changed"], "a patch may go back, and repair"
    runs(api)
    image = f"{APPS}/daemonsets/kube-ovn-cni"
    for tag, reason in (
        ("v1.18.0", "an upgrade goes one minor version at a time .* that has 1.17 before"),
        ("v1.15.9", "v1.15.9 is older than v1.16.0, which the cluster has, and there is no way back"),
    ):
        with pytest.raises(ClusterLayerError, match=reason):
            perform(of(tag))
        assert len(refused(of(tag))) == 1, "a run ends before it changes anything"
    status = {"status": {"numberReady": 0, "numberAvailable": 0}}
    api.call("PATCH", f"{image}/status", {"fieldManager": "test"}, status, MERGE)
    with pytest.raises(ClusterLayerError, match=r"from v1\.16\.0 to v1\.17\.0 while .*kube-ovn-cni: 0 of 1"):
        perform(of("v1.17.0"))
    assert ":v1.16.0" in str(api.call("GET", image)["spec"]), "nothing was changed"
    assert len(refused(of("v1.17.0"))) == 1
    runs(api)
    users = api.call("GET", "/api/v1/pods")["items"]
    done = perform(of("v1.17.0"))
    kinds = {step.split()[1] for step in done["steps"]}
    assert kinds == {"Deployment", "DaemonSet"}, "only its own workloads are exchanged"
    assert api.call("GET", "/api/v1/pods")["items"] == users
    for plural in ("deployments", "daemonsets"):  # for the tests that follow
        for one in api.call("GET", f"{APPS}/{plural}")["items"]:
            api.call("DELETE", f"{APPS}/{plural}/{one['metadata']['name']}")
    assert perform(params)["changed"]


def test_an_object_that_the_next_release_lacks_is_pruned(
    params: Json, perform: Perform, api: Https, tmp_path: Path
) -> None:
    left = [one for one in documents() if (one["kind"], one["metadata"]["name"]) != ("Service", "kube-ovn-monitor")]
    fewer = {**params, "manifest": written(tmp_path / "fewer.yml", left)}
    assert [x for x in perform(fewer)["steps"] if "remove" in x] == [
        "remove Service kube-system/kube-ovn-monitor (it is no longer in the definitions)"
    ]
    assert perform(params)["changed"] and exists(api, "/api/v1/namespaces/kube-system/services/kube-ovn-monitor")


def test_lost_certificates_are_made_again_and_all_sides_start_again(params: Json, perform: Perform, api: Https) -> None:
    api.call("DELETE", SECRET)
    steps = perform(params)["steps"]
    assert "create Secret kube-system/kube-ovn-tls" in steps
    assert len([step for step in steps if "Deployment" in step or "DaemonSet" in step]) == 6


KUBE_OVN = "/apis/kubeovn.io/v1"
INTERFACES = [{"name": "bond0.101", "nodes": ["node1", "node2"]}, {"name": "eth1.101", "nodes": ["node3"]}]
OFFICE: Json = {
    "name": "office", "subnet": "10.101.0.0/24", "gateway": "10.101.0.1", "exclude": ["10.101.0.2-10.101.0.99"],
    "vlan": 101, "interfaces": INTERFACES, "mtu": 9000, "namespaces": ["desktops"],
}  # fmt: skip
FARM: Json = {"name": "farm", "subnet": "10.102.0.0/24", "vlan": 102, "interfaces": [{"name": "x.102", "nodes": ["a"]}]}


def in_office(api: Https, name: str) -> str:
    """An address of the subnet, as Kube-OVN's controller records it."""
    spec = {"subnet": "office", "podName": "vm1", "namespace": "desktops"} | dict.fromkeys(
        ("ipAddress", "macAddress", "containerID", "nodeName", "v4IpAddress", "v6IpAddress", "podType"), ""
    )
    lists: Json = {"attachIps": [], "attachMacs": [], "attachSubnets": []}
    path = f"{KUBE_OVN}/ips/{name}"
    body = {"apiVersion": "kubeovn.io/v1", "kind": "IP", "metadata": {"name": name}, "spec": spec | lists}
    apply(api, path, body)
    return path


def test_a_vlan_is_added_changed_and_taken_away_and_pods_in_it_are_not_lost(
    params: Json, perform: Perform, api: Https, kubeconfig: str
) -> None:
    both = {**params, "subnets": [OFFICE, FARM]}
    assert set(perform(both)["steps"]) == {
        "change ConfigMap kube-system/groundup-network-kube-ovn (the parent of the set)",
        "create Namespace desktops",
        *(f"create {kind} vlan{number}" for kind in ("ProviderNetwork", "Vlan") for number in (101, 102)),
        *(f"create Subnet {name}" for name in ("office", "farm")),
    }
    assert perform(both)["steps"] == []
    own = api.call("GET", f"{SUBNETS}/office")["spec"]
    assert (own["vlan"], own["u2oInterconnection"], own["excludeIps"][1]) == (
        "vlan101", True, "10.101.0.2..10.101.0.99",
    )  # fmt: skip
    # What the controller adds to a subnet is its own, and no difference.
    added = {"gatewayType": "distributed", "enableLb": True}
    api.call("PATCH", f"{SUBNETS}/office", {"fieldManager": "kube-ovn-controller"}, {"spec": added}, MERGE)
    assert perform(both)["steps"] == []
    fewer = {**both, "subnets": [{**OFFICE, "interfaces": INTERFACES[:1]}, FARM]}
    assert perform(fewer)["steps"] == ["change ProviderNetwork vlan101"]
    address = in_office(api, "vm1.desktops")
    for wanted, why in (
        ([FARM], "office would be removed"),
        ([{**OFFICE, "subnet": "10.101.0.0/25"}, FARM], "instead"),
    ):
        with pytest.raises(ClusterLayerError, match=rf"{why}.*and has desktops/vm1"):
            perform({**both, "subnets": wanted})
        layer = {"name": "network", "role": "groundup.cloud.network_kube_ovn", "input": "x"}
        found = probe([layer], {"x": {**both, "subnets": wanted}}, {"kubeconfig": kubeconfig})
        assert why in found["refused"][0], "the run ends before machines lose the interface"
    with pytest.raises(ObjectsError, match="pods are in subnets: office has desktops/vm1"):
        perform(fewer, present=False)
    api.call("DELETE", address)
    steps = [step.split(" (")[0] for step in perform({**both, "subnets": [FARM]})["steps"]]
    assert [step for step in steps if step.startswith("remove")] == [
        "remove ProviderNetwork vlan101", "remove Subnet office", "remove Vlan vlan101",
    ]  # fmt: skip
    assert exists(api, f"{KUBE_OVN}/vlans/vlan102") and exists(api, "/api/v1/namespaces/desktops")


def test_networks_of_tenants_with_the_same_addresses_and_what_the_controller_writes(
    params: Json, perform: Perform, api: Https
) -> None:
    route = {"to": "0.0.0.0/0", "via": "10.9.0.254"}
    subnets = [
        {"name": f"{name}-web", "subnet": "10.9.0.0/24", "vpc": name, "namespaces": [name]} for name in ("a", "b")
    ]
    given = {**params, "subnets": [FARM, *subnets], "vpcs": [{"name": "a", "routes": [route]}, {"name": "b"}]}
    assert {"create Vpc a", "create Vpc b", "create Subnet a-web", "create Subnet b-web"} < set(perform(given)["steps"])
    # As the controller does, which replaces whole objects with what it leaves as it is and what it always writes.
    for kind, name, always in (
        ("subnets", "a-web", {"default": False, "gatewayNode": "", "enableLb": True, "u2oFeatures": {}}),
        ("vpcs", "a", {}),
    ):
        live = api.call("GET", f"{KUBE_OVN}/{kind}/{name}")
        written = {**live, "spec": {**live["spec"], **always}}
        api.call("PUT", f"{KUBE_OVN}/{kind}/{name}", {"fieldManager": "kube-ovn-controller"}, written)
    assert perform(given)["steps"] == []
    private = {**subnets[0], "private": True, "allow": ["10.8.0.0/24"]}
    changed = {**given, "subnets": [FARM, private, subnets[1]], "vpcs": [{"name": "a"}, {"name": "b"}]}
    assert sorted(perform(changed)["steps"]) == ["change Subnet a-web", "change Vpc a"]
    assert "staticRoutes" not in api.call("GET", f"{KUBE_OVN}/vpcs/a")["spec"]
    left = [step.split(" (")[0] for step in perform({**params, "subnets": [FARM]})["steps"]]
    assert sorted(step for step in left if step.startswith("remove")) == [
        "remove Subnet a-web", "remove Subnet b-web", "remove Vpc a", "remove Vpc b",
    ]  # fmt: skip


def test_a_removal_does_not_lose_objects_of_users(params: Json, perform: Perform, api: Https) -> None:
    apply(api, f"{SUBNETS}/tenant", subnet("tenant"))
    with pytest.raises(ObjectsError, match="would be lost with their kinds: Subnet tenant; remove them while Kube-OVN"):
        perform(params, present=False)
    assert exists(api, f"{APPS}/deployments/kube-ovn-controller")
    api.call("DELETE", f"{SUBNETS}/tenant")


def test_it_is_removed_with_its_kinds_finalizers_and_annotations(
    params: Json, perform: Perform, api: Https, kubeconfig: str
) -> None:
    apply(api, f"{SUBNETS}/join", subnet("join", finalizers=[FINALIZER]))
    notes = {"ovn.kubernetes.io/allocated": "true", "example.net/own": "1"}
    metadata = {"name": "node1", "annotations": notes}
    api.call("POST", "/api/v1/nodes", body={"apiVersion": "v1", "kind": "Node", "metadata": metadata})
    planned = perform(params, present=False, check=True)
    assert "remove finalizers of Subnet join" in planned["steps"] and exists(api, SECRET)
    assert planned["steps"][:3] == ["remove Subnet farm", "remove Vlan vlan102", "remove ProviderNetwork vlan102"]
    assert "remove Secret kube-system/kube-ovn-tls" in differs(params, kubeconfig, ["network"])
    assert perform(params, present=False)["changed"]
    assert differs(params, kubeconfig, ["network"]) == []
    for path in (
        SECRET,
        SUBNETS,
        f"{APPS}/daemonsets/ovs-ovn",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:ovn",
    ):
        assert not exists(api, path), path
    assert api.call("GET", "/api/v1/nodes/node1")["metadata"]["annotations"] == {"example.net/own": "1"}
    again = perform(params, present=False)
    assert (again["changed"], again["steps"]) == (False, [])
    api.call("DELETE", "/api/v1/nodes/node1")
