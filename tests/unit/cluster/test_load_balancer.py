# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the layer load_balancer as objects. The manifest is a double with what the patches expect of upstream's.

That the CRDs of upstream take the objects is tested on a real API server (tests/services/objects).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import (
    address_ranges,
    catalog,
    load_balancer,
    load_balancer_guard,
)
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.errors import CloudError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.planning import Outcome, Verdict
from ansible_collections.groundup.cloud.plugins.module_utils.objects.stages import Stage
from ansible_collections.groundup.cloud.plugins.module_utils.objects.wanted import Key

Documents = list[dict[str, Any]]
POOL = {"name": "services", "addresses": ["10.30.0.200-10.30.0.220"]}
LAYER2 = {"name": "services", "pools": ["services"]}
PEER = {"name": "edge", "address": "10.30.0.1", "as_number": 64512, "own_as_number": 64600}
BGP = {"name": "services", "pools": ["services"]}


def workload(kind: str, name: str, **pods: Any) -> dict[str, Any]:
    container = {"name": name, "args": ["--port=9120", "--log-level=info"], "env": [{"name": "A", "value": "b"}]}
    spec = {"template": {"spec": {"containers": [container], **pods}}}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": "x"}, "spec": spec}


def metallb() -> Documents:
    taints = [
        {"key": f"node-role.kubernetes.io/{name}", "effect": "NoSchedule", "operator": "Exists"}
        for name in ("master", "control-plane")
    ]
    version = "admissionregistration.k8s.io/v1"
    crd = {"group": "metallb.io", "names": {"kind": "IPAddressPool", "plural": "ipaddresspools"}, "versions": []}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "metallb-system"}},
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "ipaddresspools.metallb.io"},
            "spec": crd,
        },
        workload("DaemonSet", "speaker", tolerations=taints),
        workload("Deployment", "controller"),
        {"apiVersion": version, "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "webhooks"}},
    ]


@pytest.fixture
def with_frr(tmp_path: Path) -> dict[str, str]:
    """A double of upstream's manifest with FRR: two more containers of the speaker."""
    documents = metallb()
    containers = next(one for one in documents if one["kind"] == "DaemonSet")["spec"]["template"]["spec"]["containers"]
    containers += [{"name": "frr"}, {"name": "frr-metrics", "env": [{"name": "VTYSH_HISTFILE", "value": "/dev/null"}]}]
    path = tmp_path / "metallb-frr.yml"
    path.write_text(yaml.safe_dump_all(documents))
    return {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


@pytest.fixture
def manifest(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "metallb.yml"
    path.write_text(yaml.safe_dump_all(metallb()))
    return {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def bodies(manifest: dict[str, str], passwords: dict[str, str] | None = None, **params: Any) -> dict[str, Any]:
    """Kind and name -> the object."""
    given = {"manifest": manifest, "pools": [POOL], "passwords": passwords or {}, **params}
    if "layer2" not in params and "bgp" not in params:
        given["layer2"] = [LAYER2]
    return {f"{one.kind} {one.name}": one.body for one in load_balancer.render(given)}


def container(found: dict[str, Any], workload: str) -> dict[str, Any]:
    of: dict[str, Any] = found[workload]["spec"]["template"]["spec"]["containers"][0]
    return of


def test_a_pool_is_announced_on_layer_2(manifest: dict[str, str]) -> None:
    reserved = {"name": "reserved", "addresses": ["10.30.0.240/29", "fd00::1-fd00::f"], "auto": False}
    layer2 = [{"name": "all", "pools": ["services", "reserved"], "nodes": ["n2", "n1"], "interfaces": ["bond0.30"]}]
    found = bodies(manifest, pools=[POOL, reserved], layer2=layer2)
    assert found["IPAddressPool services"]["spec"] == {"addresses": ["10.30.0.200-10.30.0.220"], "autoAssign": True}
    assert found["IPAddressPool reserved"]["spec"]["autoAssign"] is False
    assert found["L2Advertisement all"] == {
        "apiVersion": "metallb.io/v1beta1",
        "kind": "L2Advertisement",
        "metadata": {"name": "all", "namespace": "metallb-system"},
        "spec": {
            "ipAddressPools": ["reserved", "services"],
            "interfaces": ["bond0.30"],
            "nodeSelectors": [
                {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["n1", "n2"]}]}
            ],
        },
    }
    assert bodies(manifest)["L2Advertisement services"]["spec"] == {"ipAddressPools": ["services"]}


def test_bfd_is_a_profile_of_the_peer_and_frr_reaches_the_api(with_frr: dict[str, str]) -> None:
    peers = [PEER | {"bfd": {"interval": 200, "multiplier": 4}}, PEER | {"name": "far", "multihop": True}]
    found = bodies(with_frr, peers=peers, bgp=[BGP], api="10.30.0.10:8443")
    assert found["BFDProfile edge"]["apiVersion"] == "metallb.io/v1beta1"
    assert found["BFDProfile edge"]["spec"] == {"detectMultiplier": 4, "receiveInterval": 200, "transmitInterval": 200}
    assert found["BGPPeer edge"]["spec"]["bfdProfile"] == "edge" and "ebgpMultiHop" not in found["BGPPeer edge"]["spec"]
    assert found["BGPPeer far"]["spec"]["ebgpMultiHop"] is True and "bfdProfile" not in found["BGPPeer far"]["spec"]
    names = list(found)
    assert names.index("BFDProfile edge") < names.index("BGPPeer edge"), "MetalLB refuses a peer without its profile"
    for container in found["DaemonSet speaker"]["spec"]["template"]["spec"]["containers"]:
        told = {one["name"]: one["value"] for one in container.get("env", [])}
        assert (told.get("KUBERNETES_SERVICE_HOST") == "10.30.0.10") == (container["name"] != "frr")


def test_bfd_without_frr_is_refused(manifest: dict[str, str]) -> None:
    with pytest.raises(ClusterLayerError, match="it is MetalLB without FRR, which has no BFD; give that with FRR"):
        bodies(manifest, peers=[PEER | {"bfd": {"interval": 300, "multiplier": 3}}], bgp=[BGP])


@pytest.mark.parametrize(
    ("bfd", "message"),
    [
        ({"interval": 9, "multiplier": 3}, r"edge: bfd\.interval 9 is out of range; give one from 10 to 60000"),
        ({"interval": 300, "multiplier": 1}, r"edge: bfd\.multiplier 1 is out of range; give one from 2 to 255"),
    ],
)
def test_timers_that_metallb_refuses_are_refused(with_frr: dict[str, str], bfd: Any, message: str) -> None:
    with pytest.raises(ClusterLayerError, match=message):
        bodies(with_frr, peers=[PEER | {"bfd": bfd}], bgp=[BGP])


def test_a_pool_is_announced_by_bgp_with_a_password_that_is_a_secret(manifest: dict[str, str]) -> None:
    found = bodies(manifest, {"edge": "horse"}, peers=[PEER | {"hold_seconds": 30}], bgp=[BGP | {"peers": ["edge"]}])
    assert found["BGPPeer edge"]["apiVersion"] == "metallb.io/v1beta2"
    assert found["BGPPeer edge"]["spec"] == {
        "myASN": 64600,
        "peerASN": 64512,
        "peerAddress": "10.30.0.1",
        "peerPort": 179,
        "holdTime": "30s",
        "passwordSecret": {"name": "bgp-edge", "namespace": "metallb-system"},
    }
    assert found["BGPAdvertisement services"]["spec"] == {"ipAddressPools": ["services"], "peers": ["edge"]}
    assert found["Secret bgp-edge"]["type"] == "kubernetes.io/basic-auth"
    assert found["Secret bgp-edge"]["data"] == {"password": "aG9yc2U="}
    assert "L2Advertisement services" not in found
    without = bodies(manifest, peers=[PEER], bgp=[BGP])
    assert "passwordSecret" not in without["BGPPeer edge"]["spec"] and "Secret bgp-edge" not in without


def test_the_speaker_reaches_the_api_by_its_endpoint_and_runs_beside_each_taint(manifest: dict[str, str]) -> None:
    found = bodies(manifest, api="10.30.0.10:8443")
    assert found["DaemonSet speaker"]["spec"]["template"]["spec"]["tolerations"] == [{"operator": "Exists"}]
    env = {item["name"]: item["value"] for item in container(found, "DaemonSet speaker")["env"]}
    assert env == {"A": "b", "KUBERNETES_SERVICE_HOST": "10.30.0.10", "KUBERNETES_SERVICE_PORT": "8443"}
    assert container(bodies(manifest), "DaemonSet speaker")["env"] == [{"name": "A", "value": "b"}]


def test_control_planes_announce_only_where_that_is_wanted(manifest: dict[str, str]) -> None:
    assert "--ignore-exclude-lb" in container(bodies(manifest, control_planes=True), "DaemonSet speaker")["args"]
    assert "--ignore-exclude-lb" not in container(bodies(manifest), "DaemonSet speaker")["args"]


def test_an_api_that_does_not_reach_pods_goes_without_webhooks(manifest: dict[str, str]) -> None:
    found = bodies(manifest, webhooks=False)
    assert "--webhook-mode=disabled" in container(found, "Deployment controller")["args"]
    assert "ValidatingWebhookConfiguration webhooks" not in found
    assert "ValidatingWebhookConfiguration webhooks" in bodies(manifest)


def with_pool(**changes: Any) -> dict[str, Any]:
    return {"pools": [POOL | changes]}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"pools": []}, "pools: there is none, so that no service would get an address"),
        (with_pool(addresses=[]), "pools: services: has no addresses"),
        (with_pool(addresses=["10.30.0.5"]), "10.30.0.5 has neither a prefix length nor a second address"),
        (with_pool(addresses=["10.30.0.9-10.30.0.5"]), "10.30.0.9-10.30.0.5 ends before it begins"),
        (with_pool(addresses=["10.30.0.9-fd00::1"]), "has addresses of two IP versions"),
        (
            with_pool(addresses=["10.30.0.1/24"]),
            "10.30.0.1/24 is no range of addresses (10.30.0.1/24 has host bits set)",
        ),
        (with_pool(name="A_b"), "A_b is no name; give lower-case letters"),
        ({"pools": [POOL, POOL]}, "services is there twice"),
        (
            {"pools": [POOL, {"name": "b", "addresses": ["10.30.0.220/32"]}]},
            "10.30.0.220/32 of b overlaps addresses of services",
        ),
        (with_pool(addresses=["10.30.0.0/24", "10.30.0.7-10.30.0.9"]), "overlaps addresses of services"),
        ({"layer2": []}, "nothing announces services; name it in the pools of an item of layer2 or bgp"),
        ({"layer2": [LAYER2 | {"pools": ["other"]}]}, "layer2: services: pools: other is not known; there is services"),
        ({"layer2": [LAYER2 | {"pools": []}]}, "layer2: services: names no pool"),
        ({"bgp": [BGP]}, "peers: there is none, so that nothing is announced by BGP"),
        ({"bgp": [BGP | {"peers": ["x"]}], "peers": [PEER]}, "bgp: services: peers: x is not known; there is edge"),
        ({"bgp": [BGP], "peers": [PEER | {"as_number": 0}]}, "as_number 0 is no AS number"),
        ({"bgp": [BGP], "peers": [PEER | {"own_as_number": 2**32}]}, "own_as_number 4294967296 is no AS number"),
        ({"bgp": [BGP], "peers": [PEER | {"hold_seconds": 2}]}, "hold_seconds 2 is too short; give 0, or at least 3"),
        ({"bgp": [BGP], "peers": [PEER | {"address": "tor1"}]}, "tor1 is no address; give that of the router"),
        ({"bgp": [BGP], "peers": [PEER | {"address": "fd00::1"}]}, "fd00::1 is IPv6, which this role does not support"),
        ({"bgp": [BGP], "peers": [PEER | {"port": 17900}]}, "port 17900 is out of range; give one from 1 to 16384"),
        (
            {**with_pool(addresses=["fd00::/120"]), "bgp": [BGP], "peers": [PEER]},
            "fd00::/120 of the pool services is IPv6, which this role does not announce by BGP; announce it by layer2",
        ),
        ({"passwords": {"nobody": "horse"}}, "load_balancer_passwords: nobody is not known; there is none"),
    ],
)
def test_what_metallb_would_refuse_is_refused_before(
    manifest: dict[str, str], params: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClusterLayerError) as caught:
        bodies(manifest, **params)
    assert message in str(caught.value) and "horse" not in str(caught.value)


def test_a_manifest_that_upstream_has_changed_is_refused(tmp_path: Path) -> None:
    documents = metallb()
    documents[2]["spec"]["template"]["spec"]["tolerations"] = []
    path = tmp_path / "metallb.yml"
    path.write_text(yaml.safe_dump_all(documents))
    changed = {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    with pytest.raises(CloudError, match=r"a node with a taint of its own announces addresses as well.*has \[\] now"):
        bodies(changed)


def test_a_removal_takes_crds_and_pools_but_no_namespace_of_others(manifest: dict[str, str]) -> None:
    layer = catalog.LAYERS["load_balancer"]
    params = {"manifest": manifest, "pools": [POOL], "layer2": [LAYER2]}
    assert not layer.request(params).remove_data
    assert {(one.kind, one.namespace, one.name) for one in layer.request(params, present=False).remove_data} == {
        ("Namespace", "", "metallb-system"),
        ("CustomResourceDefinition", "", "ipaddresspools.metallb.io"),
        ("IPAddressPool", "metallb-system", "services"),
        ("L2Advertisement", "metallb-system", "services"),
    }
    policies = catalog.LAYERS["network_policies"]
    assert policies.guard is None, "what it removes is judged by the engine"


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("10.0.0.0/24", "10.0.0.255/32", True),
        ("10.0.0.0/24", "10.0.1.0-10.0.1.9", False),
        ("10.0.0.5-10.0.0.9", "10.0.0.9-10.0.0.12", True),
        ("10.0.0.0/8", "fd00::/64", False),
        ("fd00::/64", "fd00::5-fd00::6", True),
    ],
)
def test_ranges_overlap_where_they_have_an_address_in_common(one: str, other: str, common: bool) -> None:
    first, second = address_ranges.parse(one), address_ranges.parse(other)
    assert first.overlaps(second) is second.overlaps(first) is common


class Listed:
    """An engine whose API has these services and no pool."""

    def __init__(self, *services: dict[str, Any]) -> None:
        self.transport, self.services, self.calls = self, services, 0

    def call(self, _method: str, path: str, _query: Any) -> dict[str, Any]:
        self.calls += 1
        return {"items": list(self.services) if path == "/api/v1/services" else []}


def service(address: str, kind: str = "LoadBalancer") -> dict[str, Any]:
    status = {"loadBalancer": {"ingress": [{"ip": address}, {"hostname": "x"}]}}
    return {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"type": kind}, "status": status}


class Plan:
    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = outcomes


def pool(verdict: Verdict, *addresses: str) -> Outcome:
    live = {"metadata": {"name": "a", "namespace": "m"}, "spec": {"addresses": ["10.0.0.0/28", "by hand"]}}
    wanted: Any = None
    if addresses:
        wanted = type("Wanted", (), {"body": {"spec": {"addresses": list(addresses)}}})
    return Outcome(Key("metallb.io", "IPAddressPool", "m", "a"), "/", Stage.CUSTOM, verdict, live, wanted=wanted)


@pytest.mark.parametrize(
    ("outcome", "given", "lost"),
    [
        (pool(Verdict.REMOVE), service("10.0.0.3"), "Service shop/web loses 10.0.0.3"),
        (pool(Verdict.CHANGE, "10.0.0.4/30"), service("10.0.0.3"), "Service shop/web loses 10.0.0.3"),
        (pool(Verdict.UNKNOWN, "10.0.0.4/30"), service("10.0.0.3"), "Service shop/web loses 10.0.0.3"),
        (pool(Verdict.CHANGE, "10.0.0.0/30"), service("10.0.0.3"), ""),
        (pool(Verdict.REMOVE), service("10.0.0.99"), ""),
        (pool(Verdict.REMOVE), service("10.0.0.3", "ClusterIP"), ""),
    ],
)
def test_a_service_keeps_its_address_without_consent(outcome: Outcome, given: dict[str, Any], lost: str) -> None:
    engine: Any = Listed(given)
    plan: Any = Plan(outcome)
    if lost:
        with pytest.raises(ClusterLayerError, match=f"^{lost}. Leave .* load_balancer_release_addresses: true$"):
            load_balancer_guard.guard(engine, plan)
    else:
        load_balancer_guard.guard(engine, plan)


def test_services_are_read_only_where_a_pool_changes() -> None:
    engine: Any = Listed(service("10.0.0.3"))
    plan: Any = Plan(pool(Verdict.SAME, "10.0.0.0/28"), pool(Verdict.CHANGE, "10.0.0.0/28", "by hand"))
    load_balancer_guard.guard(engine, plan)
    assert engine.calls == 0
