# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of network_cilium as objects: the chart's objects as patched, and the custom resources beside them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import network_cilium
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.catalog import LAYERS
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.cilium_services import POOL_LABEL
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.errors import CloudError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.protected import Consent
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import InputError

from .cilium import DATA, LEASES, given, kinds, manifest, written

Bodies = dict[str, dict[str, Any]]
API = "10.30.0.10:8443"
POOL = {"name": "public", "addresses": ["10.99.0.0/24", "10.30.0.200-10.30.0.220"]}
HERE = {"name": "here", "interfaces": ["bond0.30"], "nodes": ["node2", "node1"]}
TOR1 = {"name": "tor1", "address": "10.30.0.1", "as_number": 64601, "own_as_number": 64512}
TOR2 = {**TOR1, "name": "tor2", "address": "10.30.0.2", "as_number": 64602}


BOTH = "10.64.0.0/14,fd00:64::/56"
SIX = {"enable-ipv6": "true", "cluster-pool-ipv6-cidr": "fd00:64::/56", "cluster-pool-ipv6-mask-size": "64"}


@pytest.fixture
def render(tmp_path: Path) -> Any:
    def rendered(documents: list[dict[str, Any]] | None = None, passwords: Any = None, **changes: Any) -> Bodies:
        params = given(tmp_path, documents, **changes)
        found = network_cilium.render({**params, "passwords": passwords or {}})
        return {f"{one.kind} {one.name}": one.body for one in found}

    return rendered


def settings(bodies: Bodies) -> dict[str, str]:
    """What differs from the chart's settings."""
    data = bodies["ConfigMap cilium-config"]["data"]
    return {key: value for key, value in data.items() if DATA.get(key) != value}


def variables(bodies: Bodies, owner: str, containers: str = "containers") -> dict[str, str]:
    pod = bodies[owner]["spec"]["template"]["spec"]
    return {item["name"]: item["value"] for item in pod[containers][0]["env"]}


PLAIN = {
    "mtu": "1450",
    "cluster-pool-ipv4-cidr": "10.64.0.0/14",
    "enable-bgp-control-plane": "false",
    "enable-lb-ipam": "false",
    "enable-k8s-cluster-network-policy": "false",
}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, {"mtu": "1500"}),
        ({"encapsulation": "geneve", "mtu": 8950}, {"mtu": "9000", "tunnel-protocol": "geneve"}),
        ({"encryption": "wireguard", "mtu": 1355}, {"mtu": "1500", "enable-wireguard": "true"}),
        (
            {"encapsulation": "none", "encryption": "wireguard", "mtu": 1405},
            {
                "mtu": "1500",
                "enable-wireguard": "true",
                "routing-mode": "native",
                "auto-direct-node-routes": "true",
                "ipv4-native-routing-cidr": "10.64.0.0/14",
            },
        ),
        (
            {"pods": BOTH, "encapsulation": "none"},
            {
                "mtu": "1450",
                "routing-mode": "native",
                "auto-direct-node-routes": "true",
                "ipv4-native-routing-cidr": "10.64.0.0/14",
                "ipv6-native-routing-cidr": "fd00:64::/56",
                **SIX,
            },
        ),
        ({"pods": BOTH}, {"mtu": "1500", **SIX}),
        ({"node_prefix": 25}, {"mtu": "1500", "cluster-pool-ipv4-mask-size": "25"}),
        ({"devices": ["bond0", "bond0.30"]}, {"mtu": "1500", "devices": "bond0 bond0.30"}),
        ({"exclusive": False}, {"mtu": "1500", "cni-exclusive": "false"}),
        (
            {"virtual_machines": True},
            {"mtu": "1500", "bpf-lb-sock-hostns-only": "true", "enable-host-legacy-routing": "true"},
        ),
        ({"kube_proxy": False, "api": API}, {"mtu": "1500", "kube-proxy-replacement": "true"}),
        (
            {"timings": "slow"},
            {"mtu": "1500", "enable-health-checking": "false", "enable-endpoint-health-checking": "false"},
        ),
    ],
)
def test_an_input_is_settings(render: Any, changes: dict[str, Any], wanted: dict[str, str]) -> None:
    bodies = render(**changes)
    assert settings(bodies) == {**PLAIN, **wanted}
    assert "enable-l2-announcements" not in bodies["ConfigMap cilium-config"]["data"]


def test_nodes_have_subnets_from_the_controller_manager(render: Any) -> None:
    data = render(ipam="kubernetes")["ConfigMap cilium-config"]["data"]
    assert (data["ipam"], data["k8s-require-ipv4-pod-cidr"]) == ("kubernetes", "true")
    assert not [key for key in data if key.startswith("cluster-pool")]


def test_policies_of_the_cluster_hold_where_their_kind_is_defined(render: Any, tmp_path: Path) -> None:
    bodies = render(policy_manifests=[written(tmp_path / "policies.yaml", kinds()[:1])])
    assert bodies["ConfigMap cilium-config"]["data"]["enable-k8s-cluster-network-policy"] == "true"


def test_clients_ask_the_api_at_its_endpoint(render: Any) -> None:
    bodies = render(api=API)
    wanted = {"KUBERNETES_SERVICE_HOST": "10.30.0.10", "KUBERNETES_SERVICE_PORT": "8443"}
    assert variables(bodies, "DaemonSet cilium", "initContainers") == wanted
    assert variables(bodies, "Deployment cilium-operator") == wanted
    assert wanted.items() <= variables(bodies, "DaemonSet cilium").items()


def test_a_change_takes_one_node_at_a_time(render: Any) -> None:
    spec = render()["DaemonSet cilium"]["spec"]
    assert spec["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": 1}
    one, two = (render(operators=count)["Deployment cilium-operator"]["spec"] for count in (1, 2))
    assert (one["replicas"], one["strategy"]["rollingUpdate"]["maxUnavailable"]) == (1, "100%")
    assert (two["replicas"], two["strategy"]["rollingUpdate"]["maxUnavailable"]) == (2, "50%")


def test_daemons_start_again_when_a_setting_changes(render: Any) -> None:
    def digests(**changes: Any) -> set[str]:
        bodies = render(**changes)
        owners = ("DaemonSet cilium", "Deployment cilium-operator")
        return {bodies[one]["spec"]["template"]["metadata"]["annotations"]["groundup.cloud/config"] for one in owners}

    same = digests()
    assert len(same) == 1 and digests(operators=2) == same
    assert len({*same, *digests(mtu=1400), *digests(exclusive=False)}) == 3


def test_slow_machines_have_time(render: Any, tmp_path: Path) -> None:
    request = LAYERS["network_cilium"].request({**given(tmp_path, timings="slow"), "passwords": {}})
    agent = next(one.body for one in request.definitions if one.kind == "DaemonSet")
    probe = agent["spec"]["template"]["spec"]["containers"][0]["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 900 and probe["timeoutSeconds"] == 30


def test_services_get_addresses_that_are_announced_on_layer_2(render: Any) -> None:
    wanted = {**POOL, "auto": False}
    bodies = render(pools=[POOL, {**wanted, "name": "asked", "addresses": ["10.98.0.0/24"]}],
                    layer2=[HERE], kube_proxy=False, api=API)  # fmt: skip
    assert bodies["CiliumLoadBalancerIPPool public"]["spec"] == {
        "blocks": [{"cidr": "10.99.0.0/24"}, {"start": "10.30.0.200", "stop": "10.30.0.220"}]
    }
    asked = bodies["CiliumLoadBalancerIPPool asked"]["spec"]["serviceSelector"]
    assert asked == {"matchLabels": {POOL_LABEL: "asked"}}
    nodes = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["node1", "node2"]}
    assert bodies["CiliumL2AnnouncementPolicy here"]["spec"] == {
        "loadBalancerIPs": True,
        "nodeSelector": {"matchExpressions": [nodes]},
        "interfaces": ["^bond0[.]30$"],
    }
    data = bodies["ConfigMap cilium-config"]["data"]
    assert (data["enable-l2-announcements"], data["k8s-client-qps"]) == ("true", "50")
    assert LEASES in bodies["ClusterRole cilium"]["rules"]
    assert LEASES not in render()["ClusterRole cilium"]["rules"], "nobody has rights that are not used"


def test_routers_learn_addresses_of_services(render: Any) -> None:
    bodies = render(pools=[POOL], peers=[TOR1, {**TOR2, "hold_seconds": 9, "port": 1179}], passwords={"tor1": "secret"})
    assert bodies["CiliumBGPPeerConfig tor1"]["spec"] == {
        "transport": {"peerPort": 179},
        "timers": {"holdTimeSeconds": 90, "keepAliveTimeSeconds": 30},
        "authSecretRef": "bgp-tor1",
        "families": [
            {
                "afi": "ipv4",
                "safi": "unicast",
                "advertisements": {"matchLabels": {"groundup.cloud/advertise": "services"}},
            }
        ],
    }
    assert bodies["CiliumBGPPeerConfig tor2"]["spec"]["timers"] == {"holdTimeSeconds": 9, "keepAliveTimeSeconds": 3}
    session = bodies["CiliumBGPClusterConfig nodes"]["spec"]
    assert "nodeSelector" not in session
    assert [(one["name"], one["localASN"]) for one in session["bgpInstances"]] == [("as-64512", 64512)]
    assert [one["name"] for one in session["bgpInstances"][0]["peers"]] == ["tor1", "tor2"]
    secret = bodies["Secret bgp-tor1"]
    assert secret["metadata"]["namespace"] == "cilium-secrets"
    assert base64.b64decode(secret["data"]["password"]) == b"secret"
    advertised = bodies["CiliumBGPAdvertisement services"]
    assert advertised["metadata"]["labels"] == {"groundup.cloud/advertise": "services"}
    assert bodies["ConfigMap cilium-config"]["data"]["enable-bgp-control-plane"] == "true"


def test_each_node_has_one_configuration_of_sessions(render: Any) -> None:
    peers = [
        {**TOR1, "nodes": ["node1", "node2"]},
        {**TOR2, "nodes": ["node2", "node3"], "own_as_number": 64513},
        {**TOR1, "name": "all", "address": "10.30.0.3"},
    ]
    bodies = render(pools=[POOL], peers=peers)
    found = {}
    for name, body in bodies.items():
        if name.startswith("CiliumBGPClusterConfig"):
            chosen = body["spec"]["nodeSelector"]["matchExpressions"][0]
            instances = body["spec"]["bgpInstances"]
            found[chosen["operator"], *chosen["values"]] = [
                (one["localASN"], [peer["name"] for peer in one["peers"]]) for one in instances
            ]
    assert found == {
        ("In", "node1"): [(64512, ["all", "tor1"])],
        ("In", "node2"): [(64512, ["all", "tor1"]), (64513, ["tor2"])],
        ("In", "node3"): [(64512, ["all"]), (64513, ["tor2"])],
        ("NotIn", "node1", "node2", "node3"): [(64512, ["all"])],
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pods": "fd00::/64"}, r"config\.pods: fd00::/64 is not IPv4"),
        ({"pods": "10.64.0.1/14"}, r"config\.pods: 10\.64\.0\.1/14 is not a subnet"),
        ({"api": "10.30.0.10"}, r"config\.api: 10\.30\.0\.10 is not ADDRESS:PORT"),
        ({"node_prefix": 28}, r"config\.node_prefix: 28 is no prefix length from 16 to 26"),
        ({"pods": "10.64.0.0/24", "node_prefix": 20}, r"config\.node_prefix: 20 is more than all pods have"),
        ({"kube_proxy": False}, r"config\.api: is needed without kube-proxy"),
        ({"operators": 0}, r"config\.operators: 0 is less than 1"),
        ({"pools": [POOL], "layer2": [HERE]}, r"config\.layer2: needs Cilium in the place of kube-proxy"),
        ({"pools": [POOL]}, r"config\.pools: nothing announces them"),
        ({"peers": [TOR1]}, r"config\.peers: there are no pools"),
        ({"pools": [POOL, POOL], "peers": [TOR1]}, r"pools: public is there twice.*overlaps addresses of public"),
        ({"pools": [{"name": "p", "addresses": ["fd00::/120"]}], "peers": [TOR1]}, r"p: fd00::/120 is IPv6"),
        ({"pools": [POOL], "peers": [{**TOR1, "hold_seconds": 0}]}, r"tor1: Cilium has no session without"),
        ({"pools": [POOL], "peers": [{**TOR1, "as_number": 0}]}, r"tor1: as_number 0 is no AS number"),
        (
            {"pools": [POOL], "peers": [TOR1], "passwords": {"tor9": "x"}},
            r"network_cilium_passwords: tor9 is not known; there is tor1",
        ),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(render: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ClusterLayerError, match=message):
        render(**changes)


def test_a_kind_that_agents_wait_for_is_missed_by_name(render: Any, tmp_path: Path) -> None:
    some = written(tmp_path / "some.yaml", [one for one in kinds() if "nodes." not in one["metadata"]["name"]])
    with pytest.raises(ClusterLayerError, match=r"definitions: ciliumnodes\.cilium\.io of Cilium v1\.20\.2"):
        render(definitions=[some])


def test_a_chart_that_has_something_else_there_is_an_error_with_the_reason(render: Any) -> None:
    documents = manifest()
    documents[1]["data"]["enable-lb-ipam"] = "maybe"
    documents[3]["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] = 3
    with pytest.raises(CloudError, match="no addresses for services"):
        render(documents)
    documents[1]["data"]["enable-lb-ipam"] = "true"
    with pytest.raises(CloudError, match="a change takes one node at a time"):
        render(documents)


def test_a_misspelled_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean encapsulation"):
        given(tmp_path, encapsulated="vxlan")


def test_its_kinds_and_its_namespace_go_with_it(tmp_path: Path) -> None:
    layer = LAYERS["network_cilium"]
    params = {**given(tmp_path), "passwords": {}}
    assert layer.request(params).remove_data == ()
    wanted = {Consent("CustomResourceDefinition", one["metadata"]["name"]) for one in kinds()}
    assert {Consent("Namespace", "cilium-secrets"), *wanted} <= set(layer.request(params, present=False).remove_data)
    assert "secret" not in json.dumps(params)
