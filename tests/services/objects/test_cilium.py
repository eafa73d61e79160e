# SPDX-License-Identifier: GPL-3.0-or-later
"""network_cilium on a real API server, with upstream's chart as the bundle renders it. Nothing of it runs here."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import index
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import make
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request, cache_root
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import network_cilium as cilium
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.catalog import INPUTS, LAYERS, probe
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked, filled
from services.objects.conftest import Objects, namespace_controller

pytestmark = pytest.mark.services

ROOT = Path(__file__).parents[3]
ROLE = cilium.ROLE
APPS = "/apis/apps/v1/namespaces/kube-system"
CONFIG = "/api/v1/namespaces/kube-system/configmaps/cilium-config"
KINDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
MERGE = "application/merge-patch+json"
POOLS = [{"name": "public", "addresses": ["10.99.0.0/24", "10.30.0.200-10.30.0.220"]}]
LAYER2 = [{"name": "public", "interfaces": ["bond0.30"], "nodes": ["node1"]}]
PEERS = [
    {"name": "tor1", "address": "10.30.0.1", "as_number": 4200000001, "own_as_number": 64512, "hold_seconds": 9},
    {"name": "tor2", "address": "10.30.0.2", "as_number": 64602, "own_as_number": 64512, "nodes": ["node2"]},
]
TAINT = {"key": "node.cilium.io/agent-not-ready", "effect": "NoExecute"}
OTHER = {"key": "example.com/mine", "effect": "NoSchedule"}
Params = dict[str, t.Any]


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Params]:
    """The manifests of the release's bundle that the layer takes, made of the pinned Go module."""
    if shutil.which("go") is None:
        pytest.skip("there is no Go here, which fetches the module with Cilium's chart")
    lock = yaml.safe_load((ROOT / "roles/bundle/files/lock.yml").read_text())
    names = {cilium.MANIFEST, *cilium.DEFINITIONS, *cilium.POLICIES}
    pause = "registry.k8s.io/pause:3.10.2"
    lock = {
        **lock,
        "debian": {**lock["debian"], "packages": []},
        "builds": {name: lock["builds"][name] for name in ("cilium", "kube-ovn", "helm", "pause")},
        "layers": {"pause": lock["layers"]["pause"]},
        "files": {"pause": {"build": "pause", "program": "pause"}},
        "images": {pause: lock["images"][pause]},
        "local_images": [],
        "downloads": {},
        "upstream_files": {},
        "upstream_images": {},
        "optional": [],
        "charts": {"cilium": lock["charts"]["cilium"]},
        "manifests": {name: found for name, found in lock["manifests"].items() if name in names},
    }
    target = tmp_path_factory.mktemp("bundle") / "made"
    request = Request(lock, ROOT / "roles/bundle/files/source", "source", cache_root(), target)
    try:
        held = make(request)
    except BundleError as error:
        if "proxy" in str(error) or "dial tcp" in str(error):
            pytest.skip(f"the Go module with Cilium's chart could not be had here: {error}")
        raise
    located = index.located(request.target, held, "manifests")
    return {name: {key: entry[key] for key in ("path", "sha256")} for name, entry in located.items()}


class Cilium:
    """The layer as its module performs it."""

    def __init__(self, objects: Objects, manifests: dict[str, Params]) -> None:
        self.objects, self.manifests = objects, manifests

    def given(self, **changes: t.Any) -> Params:
        return {
            "manifest": self.manifests[cilium.MANIFEST],
            "definitions": [self.manifests[name] for name in cilium.DEFINITIONS],
            "policy_manifests": [self.manifests[name] for name in cilium.POLICIES],
            "api": "10.30.0.10:8443",
            "pods": "10.64.0.0/14",
            "mtu": 8950,
            "operators": 2,
            "pools": POOLS,
            "peers": PEERS,
            **changes,
        }

    def __call__(
        self, *, present: bool = True, check: bool = False, remove_data: bool = False, **changes: t.Any
    ) -> Params:
        config = filled(INPUTS[ROLE], checked(ROLE, INPUTS[ROLE], self.given(**changes)))
        peers = config["peers"]
        return LAYERS[ROLE].perform(
            {**config, "passwords": {"tor1": "throw-away"} if peers else {}},
            {"kubeconfig": self.objects.kubeconfig},
            present=present,
            timeout=120.0,
            check=check,
            wait=False,
            consent=remove_data,
        )

    def steps(self, absent: t.Sequence[str] = (), **changes: t.Any) -> Params:
        layer = {"name": "network", "role": f"groundup.cloud.{ROLE}", "input": f"{ROLE}_config", "secrets": "secrets"}
        inputs, access = {f"{ROLE}_config": self.given(**changes)}, {"kubeconfig": self.objects.kubeconfig}
        return probe([layer], inputs, access, {"secrets": {"tor1": "throw-away"}}, absent)

    def settings(self) -> dict[str, str]:
        found: dict[str, str] = self.objects.get(CONFIG)["data"]
        return found

    def custom(self, path: str, version: str = "v2") -> t.Any:
        return self.objects.get(f"/apis/cilium.io/{version}/{path}")["spec"]


@pytest.fixture
def network(objects: Objects, manifests: dict[str, Params]) -> Cilium:
    return Cilium(objects, manifests)


def test_it_is_planned_before_anything_of_it_exists(network: Cilium) -> None:
    planned = network(check=True)
    assert {"create Namespace cilium-secrets", "create DaemonSet kube-system/cilium"} <= set(planned["steps"])
    assert any(step.startswith("create CiliumLoadBalancerIPPool public") for step in planned["steps"])
    assert not network.objects.get(KINDS)["items"], "check mode changes nothing"


def test_it_is_applied_with_its_kinds_and_custom_resources(network: Cilium) -> None:
    done = network()
    assert len(done["objects"]) > 35
    assert not [text for text in done["warnings"] if "format" not in text], "upstream names formats of its own"
    assert network.settings()["cluster-pool-ipv4-cidr"] == "10.64.0.0/14"
    assert network.custom("ciliumloadbalancerippools/public")["blocks"][0] == {"cidr": "10.99.0.0/24"}
    session = network.custom("ciliumbgpclusterconfigs/nodes-1")
    assert session["nodeSelector"]["matchExpressions"][0]["values"] == ["node2"]
    assert session["bgpInstances"][0]["peers"][0]["peerASN"] == 4200000001
    agent = network.objects.get(f"{APPS}/daemonsets/cilium")["spec"]
    assert agent["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 1
    images = {
        one["image"]
        for pod in (agent, network.objects.get(f"{APPS}/deployments/cilium-operator")["spec"])
        for key in ("containers", "initContainers")
        for one in pod["template"]["spec"].get(key, [])
    }
    assert images == set(cilium.IMAGES), "the bundle has every image"
    assert "throw-away" not in str(done)


def test_again_nothing_is_changed(network: Cilium) -> None:
    again = network()
    assert (again["changed"], again["steps"]) == (False, [])
    steps = network.steps()["steps"]["network"]
    assert steps and all(step.startswith("wait for ") for step in steps), "no controller makes its workloads ready"


def test_a_change_by_hand_is_shown_and_mended(network: Cilium) -> None:
    network.objects.api.call(
        "PATCH", f"{CONFIG}?fieldManager=kubectl-edit", body={"data": {"mtu": "1400"}}, content=MERGE
    )
    planned = network.steps()
    (step,) = planned["steps"]["network"]
    assert step.startswith("change ConfigMap kube-system/cilium-config (.data.mtu was changed by hand")
    assert network.settings()["mtu"] == "1400"
    assert network()["changed"] and network.settings()["mtu"] == "9000"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"encapsulation": "geneve"}, {"tunnel-protocol": "geneve"}),
        ({"encapsulation": "none", "mtu": 9000}, {"routing-mode": "native", "auto-direct-node-routes": "true"}),
        ({"encryption": "wireguard", "mtu": 8855}, {"enable-wireguard": "true", "mtu": "9000"}),
        ({"exclusive": False, "virtual_machines": True}, {"cni-exclusive": "false", "bpf-lb-sock-hostns-only": "true"}),
    ],
)
def test_a_setting_starts_daemons_again(network: Cilium, changes: Params, wanted: dict[str, str]) -> None:
    done = network(check=True, **changes)
    assert done["steps"] == [
        "change ConfigMap kube-system/cilium-config",
        "change DaemonSet kube-system/cilium",
        "change Deployment kube-system/cilium-operator",
    ]
    network(**changes)
    assert wanted.items() <= network.settings().items()
    assert not network(**changes)["changed"]
    assert network()["changed"]


def test_what_is_no_longer_wanted_is_pruned(network: Cilium) -> None:
    changes: Params = {"peers": [], "kube_proxy": False, "layer2": LAYER2}
    done = network(**changes)
    removed = {f"{row['kind']} {row['name']}" for row in done["objects"] if row["result"] == "removed"}
    assert removed == {
        "CiliumBGPPeerConfig tor1",
        "CiliumBGPPeerConfig tor2",
        "CiliumBGPClusterConfig nodes",
        "CiliumBGPClusterConfig nodes-1",
        "CiliumBGPAdvertisement services",
        "Secret bgp-tor1",
    }
    assert network.custom("ciliuml2announcementpolicies/public", "v2alpha1")["interfaces"] == ["^bond0[.]30$"]
    assert network.settings()["enable-l2-announcements"] == "true"
    assert not network(**changes)["changed"]


def test_a_cluster_without_kube_proxy_stays_so(network: Cilium) -> None:
    with pytest.raises(ClusterLayerError, match=r"kube_proxy: is true, and there is no kube-proxy"):
        network()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pods": "10.128.0.0/14"}, r"config\.pods: 10\.128\.0\.0/14 is not 10\.64\.0\.0/14, which the cluster has"),
        ({"node_prefix": 25}, r"config\.node_prefix: 25 is not 24, which the cluster has for life"),
        ({"ipam": "kubernetes"}, r"config\.ipam: kubernetes is not cluster_pool, which the cluster has for life"),
    ],
)
def test_addresses_of_pods_cannot_be_changed(network: Cilium, changes: Params, message: str) -> None:
    for check in (True, False):
        with pytest.raises(ClusterLayerError, match=message):
            network(check=check, kube_proxy=False, **changes)
    assert "could not be read" in network.steps(kube_proxy=False, **changes)["steps"]["network"][0]


def test_a_cluster_with_kube_proxy_has_no_second_one(network: Cilium) -> None:
    labels = {"app": "kube-proxy"}
    pod = {"containers": [{"name": "kube-proxy", "image": "kube-proxy"}]}
    proxy = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "kube-proxy", "namespace": "kube-system"},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }
    network.objects(proxy)
    with pytest.raises(ClusterLayerError, match=r"kube_proxy: is false, and the DaemonSet kube-system/kube-proxy"):
        network(kube_proxy=False)
    network.objects(proxy, state="absent")


def test_another_network_is_refused(network: Cilium) -> None:
    labels = {"app": "flannel"}
    pod = {"containers": [{"name": "flannel", "image": "flannel"}]}
    other = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "kube-flannel-ds", "namespace": "default"},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }
    network.objects(other)
    with pytest.raises(ObjectsError, match="flannel"):
        network(kube_proxy=False)
    network.objects(other, state="absent")


def test_objects_of_users_are_lost_by_consent_only(network: Cilium) -> None:
    policy = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "mine", "namespace": "default"},
        "spec": {"endpointSelector": {}, "ingress": [{}]},
    }
    network.objects(policy)
    for check in (True, False):
        with pytest.raises(ClusterLayerError, match=r"CiliumNetworkPolicy default/mine\. .*cilium_remove_data: true"):
            network(present=False, check=check)
    assert network.objects.get(f"{APPS}/deployments/cilium-operator"), "its operator was not stopped"


def test_it_is_removed_in_order_and_nothing_is_left(network: Cilium) -> None:
    api = network.objects.api
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node1"}, "spec": {"taints": [OTHER, TAINT]}}
    api.call("POST", "/api/v1/nodes", body=node)
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "cilium-l2announce-x"}}
    api.call("POST", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases", body=lease)
    planned = network(present=False, check=True, remove_data=True)
    wanted = [
        "remove the taint node.cilium.io/agent-not-ready of Node node1",
        "remove Lease kube-system/cilium-l2announce-x",
    ]
    assert planned["steps"][-2:] == wanted
    assert set(wanted) <= set(network.steps(["network"])["steps"]["network"])
    with namespace_controller(api):
        network(present=False, remove_data=True)
    keys = {one["key"] for one in api.call("GET", "/api/v1/nodes/node1")["spec"]["taints"]}
    assert keys == {OTHER["key"], "node.kubernetes.io/not-ready"} or keys == {OTHER["key"]}
    assert not [one for one in network.objects.get(KINDS)["items"] if one["spec"]["group"] == "cilium.io"]
    assert not [group for group in network.objects.get("/apis")["groups"] if "cilium" in group["name"]]
    for path in ("/apis/apps/v1/daemonsets", "/apis/apps/v1/deployments", "/api/v1/configmaps", "/api/v1/secrets",
                 "/api/v1/serviceaccounts", "/apis/coordination.k8s.io/v1/leases",
                 *(f"/apis/rbac.authorization.k8s.io/v1/{kind}" for kind in (
                     "roles", "rolebindings", "clusterroles", "clusterrolebindings"))):  # fmt: skip
        names = [one["metadata"]["name"] for one in network.objects.get(path)["items"]]
        assert not [name for name in names if "cilium" in name], path
    assert not network(present=False)["changed"]
    assert network.steps(["network"])["steps"]["network"] == []


def test_it_is_installed_again(network: Cilium) -> None:
    assert network(kube_proxy=False)["changed"] and not network(kube_proxy=False)["changed"]
