# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of network_calico as objects: upstream's manifest as patched, and the custom resources beside it."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import network_calico
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.catalog import LAYERS
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.errors import CloudError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.protected import Consent, loss
from ansible_collections.groundup.cloud.plugins.module_utils.objects.wanted import Key
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import InputError

from .calico import given, manifest, peer

Bodies = dict[str, dict[str, Any]]


@pytest.fixture
def render(tmp_path: Path) -> Any:
    def rendered(documents: list[dict[str, Any]] | None = None, **changes: Any) -> Bodies:
        file = tmp_path / "calico.yaml"
        file.write_text(yaml.safe_dump_all(documents or manifest()))
        source = {"path": str(file), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
        found = network_calico.render(given(manifest=source, **changes))
        return {f"{one.kind} {one.name}": one.body for one in found}

    return rendered


def container(bodies: Bodies) -> dict[str, Any]:
    found: dict[str, Any] = bodies["DaemonSet calico-node"]["spec"]["template"]["spec"]["containers"][0]
    return found


def environment(bodies: Bodies) -> dict[str, str]:
    return {item["name"]: item["value"] for item in container(bodies)["env"]}


def test_pods_are_routed_as_they_are(render: Any) -> None:
    bodies = render(api="10.30.0.10:8443")
    config = bodies["ConfigMap calico-config"]["data"]
    assert (config["calico_backend"], config["veth_mtu"]) == ("bird", "1500")
    assert '"backend": "nftables", "capabilities": {"portMappings": true}' in config["cni_network_config"]
    assert environment(bodies) == {
        "DATASTORE_TYPE": "kubernetes",
        "IP": "autodetect",
        "NO_DEFAULT_POOLS": "true",
        "IP_AUTODETECTION_METHOD": "kubernetes-internal-ip",
        "FELIX_NFTABLESMODE": "Enabled",
        "FELIX_IPV6SUPPORT": "false",
    }
    assert container(bodies)["readinessProbe"]["exec"]["command"][-1] == "-bird-ready"
    pool = bodies["IPPool default-ipv4-ippool"]["spec"]
    assert (pool["cidr"], pool["vxlanMode"], pool["ipipMode"], pool["natOutgoing"]) == (
        "10.64.0.0/14",
        "Never",
        "Never",
        True,
    )
    assert bodies["BGPConfiguration default"]["spec"] == {
        "asNumber": 64512,
        "nodeToNodeMeshEnabled": True,
        "logSeverityScreen": "Info",
    }
    assert bodies["ConfigMap kubernetes-services-endpoint"]["data"] == {
        "KUBERNETES_SERVICE_HOST": "10.30.0.10",
        "KUBERNETES_SERVICE_PORT": "8443",
    }
    assert not [name for name in bodies if name.split()[0] in ("Secret", "Role", "BGPPeer", "BGPFilter")]


@pytest.mark.parametrize(("encapsulation", "mode"), [("none", "Never"), ("vxlan", "Always")])
def test_pods_have_addresses_of_two_ip_versions(render: Any, encapsulation: str, mode: str) -> None:
    bodies = render(pods="10.64.0.0/14,fd00:64::/56", encapsulation=encapsulation, mtu=1430)
    own = environment(bodies)
    assert (own["IP6"], own["FELIX_IPV6SUPPORT"]) == ("autodetect", "true")
    assert own["IP6_AUTODETECTION_METHOD"] == "kubernetes-internal-ip"
    network = json.loads(bodies["ConfigMap calico-config"]["data"]["cni_network_config"].replace("__CNI_MTU__", "0"))
    assert network["plugins"][0]["ipam"] == {"type": "calico-ipam", "assign_ipv4": "true", "assign_ipv6": "true"}
    pools = [bodies[f"IPPool default-ipv{version}-ippool"]["spec"] for version in (4, 6)]
    assert [(pool["cidr"], pool["blockSize"], pool["vxlanMode"]) for pool in pools] == [
        ("10.64.0.0/14", 26, mode),
        ("fd00:64::/56", 122, mode),
    ]


def test_an_overlay_has_no_bgp(render: Any) -> None:
    bodies = render(encapsulation="vxlan", mtu=1450)
    assert bodies["ConfigMap calico-config"]["data"]["calico_backend"] == "vxlan"
    assert bodies["IPPool default-ipv4-ippool"]["spec"]["vxlanMode"] == "Always"
    assert container(bodies)["livenessProbe"]["exec"]["command"] == ["/bin/calico-node", "-felix-live"]
    assert container(bodies)["readinessProbe"]["exec"]["command"] == ["/bin/calico-node", "-felix-ready"]
    assert "BGPConfiguration default" not in bodies


@pytest.mark.parametrize(
    ("bgp", "key"),
    [
        ({"peers": [peer()]}, "peers"),
        ({"services": ["10.96.0.0/16"]}, "services"),
        ({"load_balancers": ["10.99.0.0/24"]}, "load_balancers"),
    ],
)
def test_bgp_with_an_overlay_is_refused(render: Any, bgp: dict[str, Any], key: str) -> None:
    with pytest.raises(ClusterLayerError, match=rf"^network_calico_config\.bgp\.{key}: with VXLAN there is no BGP"):
        render(encapsulation="vxlan", bgp=bgp)


def test_iptables_is_used_where_kube_proxy_uses_it(render: Any) -> None:
    bodies = render(proxy_mode="iptables")
    assert environment(bodies)["FELIX_NFTABLESMODE"] == "Disabled"
    assert "nftables" not in bodies["ConfigMap calico-config"]["data"]["cni_network_config"]


def test_peers_are_objects_with_their_filters_and_passwords(render: Any) -> None:
    peers = [
        peer(zones=["r1", "r2"], accept=["0.0.0.0/0"], announce=["10.64.0.0/14"]),
        peer(name="reflector", address="10.30.0.3", as_number=64512),
    ]
    bgp = {"mesh": False, "services": ["10.96.0.0/16"], "peers": peers}
    bodies = render(nat=False, bgp=bgp, passwords={"tor1": "throw-away"})
    assert bodies["BGPConfiguration default"]["spec"]["serviceClusterIPs"] == [{"cidr": "10.96.0.0/16"}]
    assert bodies["BGPConfiguration default"]["spec"]["nodeToNodeMeshEnabled"] is False
    assert bodies["IPPool default-ipv4-ippool"]["spec"]["natOutgoing"] is False
    assert bodies["BGPPeer tor1"]["spec"] == {
        "peerIP": "10.30.0.1",
        "asNumber": 64601,
        "nodeSelector": "topology.kubernetes.io/zone in {'r1', 'r2'}",
        "numAllowedLocalASNumbers": 1,
        "filters": ["tor1"],
        "password": {"secretKeyRef": {"name": "groundup-bgp-passwords", "key": "tor1"}},
    }
    assert bodies["BGPPeer reflector"]["spec"] == {"peerIP": "10.30.0.3", "asNumber": 64512, "nodeSelector": "all()"}
    kept = render(nat=False, bgp={"peers": [peer(keep_next_hop=True)]})
    assert kept["BGPPeer tor1"]["spec"]["nextHopMode"] == "Keep"
    assert bodies["BGPFilter tor1"]["spec"] == {
        "importV4": [{"action": "Accept", "matchOperator": "In", "cidr": "0.0.0.0/0"}, {"action": "Reject"}],
        "exportV4": [{"action": "Accept", "matchOperator": "In", "cidr": "10.64.0.0/14"}, {"action": "Reject"}],
    }
    assert "BGPFilter reflector" not in bodies
    secret = bodies["Secret groundup-bgp-passwords"]
    assert {name: base64.b64decode(value) for name, value in secret["data"].items()} == {"tor1": b"throw-away"}
    role = bodies["Role groundup-bgp-passwords"]
    assert role["rules"][0]["resourceNames"] == ["groundup-bgp-passwords"], "no other Secret can be read"
    assert bodies["RoleBinding groundup-bgp-passwords"]["subjects"][0]["name"] == "calico-node"


def test_services_get_addresses_which_are_announced(render: Any) -> None:
    bodies = render(bgp={"load_balancers": ["10.99.0.0/24", "10.99.1.0/28"]})
    assert bodies["BGPConfiguration default"]["spec"]["serviceLoadBalancerIPs"] == [
        {"cidr": "10.99.0.0/24"},
        {"cidr": "10.99.1.0/28"},
    ]
    pools = [bodies[f"IPPool load-balancers-{name}"]["spec"] for name in ("10-99-0-0-24", "10-99-1-0-28")]
    assert [(pool["blockSize"], pool["allowedUses"]) for pool in pools] == [
        (26, ["LoadBalancer"]),
        (28, ["LoadBalancer"]),
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pods": "fd00::/64"}, r"network_calico_config\.pods: fd00::/64 is not IPv4"),
        (
            {"pods": "10.64.0.0/14,fd00:64::/56", "bgp": {"peers": [peer()]}},
            r"bgp\.peers: have sessions of IPv4 only, by which routes to fd00:64::/56 are not announced",
        ),
        ({"api": "10.30.0.10"}, r"network_calico_config\.api: 10\.30\.0\.10 is not ADDRESS:PORT"),
        ({"bgp": {"mesh": False}}, r"without mesh and without peers no node learns routes"),
        ({"bgp": {"peers": [peer(), peer()]}}, r"network_calico_config\.bgp\.peers: tor1 is there twice"),
        (
            {"bgp": {"peers": [peer()]}, "passwords": {"tor9": "x"}},
            r"network_calico_passwords: tor9 is not known; there is tor1",
        ),
        (
            {"encapsulation": "vxlan", "passwords": {"tor1": "x"}},
            r"network_calico_passwords: tor1 is not known; there is none",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(render: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ClusterLayerError, match=message):
        render(**changes)


def test_a_password_in_a_peer_is_refused_and_not_shown() -> None:
    with pytest.raises(InputError, match=r"bgp\.peers.*password") as error:
        given(bgp={"peers": [peer(password="throw-away")]})
    assert "throw-away" not in str(error.value)


def test_a_misspelled_key_is_named() -> None:
    with pytest.raises(InputError, match="did you mean load_balancers"):
        given(bgp={"load_balancer": ["10.99.0.0/24"]})


@pytest.mark.parametrize("version", ["v3.32.1", "v3.31.9", "master"])
def test_a_release_with_a_known_fault_is_refused(render: Any, version: str) -> None:
    with pytest.raises(ClusterLayerError, match=rf"node:{version}.*before 3\.32\.2.*calico#13163.*3\.32\.2\s+or newer"):
        render(manifest(version))


@pytest.mark.parametrize("version", ["v3.32.2", "v3.33.0", "v4.0.0", "v3.32.3-0.dev"])
def test_later_releases_are_taken_as_long_as_patches_find_what_they_expect(render: Any, version: str) -> None:
    assert container(render(manifest(version)))["image"].endswith(version)


def test_a_release_that_has_something_else_there_is_an_error_with_the_reason(render: Any) -> None:
    documents = manifest()
    documents[-2]["data"]["cni_network_config"] = "{}"
    documents[-1]["spec"]["template"]["spec"]["containers"][0]["env"].pop()
    with pytest.raises(CloudError) as error:
        render(documents)
    assert "host ports by nftables" in str(error.value) and "there is no IP-in-IP" in str(error.value)


def test_daemons_start_again_when_what_they_read_changes(render: Any) -> None:
    def digest(**changes: Any) -> str:
        template = render(**changes)["DaemonSet calico-node"]["spec"]["template"]
        return json.dumps(template["metadata"]["annotations"])

    same = digest()
    assert digest() == digest(nat=False) == digest(bgp={"as_number": 64513}) == same, "they watch these"
    assert len({same, digest(mtu=1400), digest(api="10.30.0.10:8443"), digest(proxy_mode="iptables")}) == 4


@pytest.mark.parametrize(
    ("bgp", "wanted"),
    [
        ({"as_number": 2147483647}, {"format": "int32", "type": "integer"}),
        ({"as_number": 2147483648}, {"type": "integer"}),
        ({"peers": [peer(as_number=4200000001)]}, {"type": "integer"}),
    ],
)
def test_large_as_numbers_fit_into_the_definitions(render: Any, bgp: dict[str, Any], wanted: dict[str, str]) -> None:
    for plural in ("bgppeers", "bgpconfigurations"):
        version = render(bgp=bgp)[f"CustomResourceDefinition {plural}.crd.projectcalico.org"]["spec"]["versions"][0]
        assert version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["asNumber"] == wanted


def test_only_kinds_of_objects_want_a_consent_at_removal(tmp_path: Path, render: Any) -> None:
    bodies = render(bgp={"peers": [peer(accept=["0.0.0.0/0"])], "load_balancers": ["10.99.0.0/24"]})
    lost = {
        name: loss(Key(body["apiVersion"].rpartition("/")[0], body["kind"], "", body["metadata"]["name"]), body)
        for name, body in bodies.items()
    }
    crds = [f"{plural}.crd.projectcalico.org" for plural in ("ippools", "bgpconfigurations", "bgppeers")]
    assert [name for name, why in lost.items() if why] == [f"CustomResourceDefinition {name}" for name in crds]
    file = tmp_path / "calico.yaml"
    source = {"path": str(file), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    layer = LAYERS["network_calico"]
    assert layer.request(given(manifest=source)).remove_data == ()
    own = layer.request(given(manifest=source), present=False).remove_data
    assert {Consent("CustomResourceDefinition", name) for name in crds} <= set(own)
