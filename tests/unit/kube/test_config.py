# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration of kubeadm, haproxy, keepalived and the kubelet."""

from __future__ import annotations

import base64
import typing as t

import pytest
import yaml as pyyaml
from ansible_collections.groundup.cloud.plugins.module_utils.hosted import phases
from ansible_collections.groundup.cloud.plugins.module_utils.kube import config, endpoint, patches, paths, policy, yaml
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.layers.kubernetes import render

Given = dict[str, t.Any]
TOKEN, KEY = "abcdef.0123456789abcdef", "0" * 64


def arguments(part: Given) -> dict[str, str]:
    return {item["name"]: item["value"] for item in part["extraArgs"]}


@pytest.mark.parametrize(
    "value",
    [
        {"a": "1", "b": 1, "c": True, "d": "true", "e": None, "f": "", "g": "no", "h": "~", "i": "- x", "j": "a: b"},
        {"list": [{"name": "x", "sub": {"k": ["1", {"z": []}]}}, "plain", 7], "empty": {}, "void": []},
        {"10.0.0.1": "0x1f", "time": "15m0s", "octal": "0777", "hash": "a #b", "quote": 'say "hi"\n', "star": "*"},
        {"float": "1.5", "exp": "1e3", "date": "2026-11-23", "inf": ".inf", "null": "null", "utf": "größe"},
    ],
)
def test_yaml_reads_back_as_it_was(value: Given) -> None:
    assert pyyaml.safe_load(yaml.dump(value)) == value


def test_every_document_reads_back(given: Given) -> None:
    settings = parse(given)
    docs = [
        config.init(settings, TOKEN),
        *config.cluster(settings),
        policy.audit(),
        policy.encryption(policy.new_key()),
    ]
    assert list(pyyaml.safe_load_all(yaml.documents(docs))) == docs


@pytest.mark.parametrize("mode", ["nftables", "iptables"])
def test_kube_proxy_has_a_backend(given: Given, mode: str) -> None:
    cluster, __, proxy = config.cluster(parse({**given, "proxy_mode": mode}))
    assert (proxy["kind"], proxy["mode"]) == ("KubeProxyConfiguration", mode) and "proxy" not in cluster


def test_a_cluster_can_be_without_kube_proxy(given: Given) -> None:
    settings = parse({**given, "proxy_mode": "none"})
    documents = config.cluster(settings)
    assert [doc["kind"] for doc in documents] == ["ClusterConfiguration", "KubeletConfiguration"]
    assert documents[0]["proxy"] == {"disabled": True}
    assert phases.KUBE_PROXY not in phases.objects(settings)
    assert phases.objects(parse(given))[-1] == phases.KUBE_PROXY == ("addon", "kube-proxy")


def test_keys_are_256_bits_and_never_the_same() -> None:
    assert len(base64.b64decode(policy.new_key())) == 32
    assert policy.new_key() != policy.new_key()


def test_the_cluster_is_behind_its_endpoint_from_the_start(alone: Given) -> None:
    doc = config.cluster_configuration(parse(alone))
    assert doc["controlPlaneEndpoint"] == "10.30.0.10:8443"
    assert {"10.30.0.10", "node1", "10.30.0.21"} <= set(doc["apiServer"]["certSANs"])
    assert doc["encryptionAlgorithm"] == "ECDSA-P256"


@pytest.mark.parametrize(
    ("changes", "leader", "etcd"),
    [
        ({}, {"leader-elect": "true"}, {}),
        ({"timings": "slow"}, {"leader-elect": "true"} | config.SLOW_LEASE, config.SLOW_ETCD),
        ({"control_planes": {"node1": "10.30.0.21"}}, {"leader-elect": "false"}, {}),
        ({"control_planes": {"node1": "10.30.0.21"}, "timings": "slow"}, {"leader-elect": "false"}, config.SLOW_ETCD),
    ],
)
def test_one_control_plane_has_no_leader_election(given: Given, changes: Given, leader: Given, etcd: Given) -> None:
    doc = config.cluster_configuration(parse(given | changes))
    for part in ("controllerManager", "scheduler"):
        found = {key: value for key, value in arguments(doc[part]).items() if key.startswith("leader-elect")}
        assert found == leader
    assert arguments(doc["etcd"]["local"]) == etcd


@pytest.mark.parametrize(("encryption", "audit"), [(True, True), (True, False), (False, True), (False, False)])
def test_encryption_and_audit_reach_the_api_server(given: Given, encryption: bool, audit: bool) -> None:
    server = config.api_server(parse(given | {"encryption": encryption, "audit": audit}))
    found, mounted = arguments(server), {volume["mountPath"] for volume in server["extraVolumes"]}
    assert found.get("encryption-provider-config") == (paths.ENCRYPTION if encryption else None)
    assert found.get("audit-policy-file") == (paths.AUDIT_POLICY if audit else None)
    assert (paths.APISERVER in mounted) == (encryption or audit)
    assert (paths.AUDIT_LOG in mounted) == audit


def test_a_worker_gets_no_certificate_key(worker: Given, given: Given) -> None:
    assert "controlPlane" not in config.join(parse(worker), "/x", TOKEN, KEY)
    assert config.join(parse(given), "/x", TOKEN, KEY)["controlPlane"]["certificateKey"] == KEY


def test_haproxy_knows_every_api_server(given: Given) -> None:
    text = endpoint.haproxy(parse(given))
    assert "bind 10.30.0.10:8443 transparent" in text
    assert [line.split()[1:3] for line in text.splitlines() if line.startswith("    server ")] == [
        ["node1", "10.30.0.21:6443"],
        ["node2", "10.30.0.22:6443"],
        ["node3", "10.30.0.23:6443"],
    ]


def test_a_single_server_is_never_taken_out_of_service(alone: Given, given: Given) -> None:
    assert " check" not in endpoint.haproxy(parse(alone)).split("server node1")[1]
    assert endpoint.haproxy(parse(given)).count(":6443 check") == 3


def test_probes_of_slow_machines_are_less_frequent_and_the_same_as_kubeadms(alone: Given, given: Given) -> None:
    assert patches.files(parse(given)) == {}
    assert "patches" not in config.init(parse(given), TOKEN)
    settings = parse(alone)
    pods = {path: pyyaml.safe_load(text)["spec"]["containers"][0] for path, text in patches.files(settings).items()}
    assert {pod["name"] for pod in pods.values() if "readinessProbe" in pod} == {
        "kube-apiserver",
        "kube-scheduler",
        "etcd",
    }
    assert len(pods) == 4
    assert all(path.startswith(config.init(settings, TOKEN)["patches"]["directory"]) for path in pods)
    assert set(pods) <= {file.path for file in render(alone).files}


def test_a_slow_worker_has_no_patches(alone: Given) -> None:
    worker = {**alone, "node": {**alone["node"], "name": "node2", "control_plane": False}}
    join = config.join(parse(worker), "/x", TOKEN, KEY)
    assert "timeouts" in join
    assert "patches" not in join


def test_every_keepalived_has_the_same_priority(given: Given) -> None:
    texts = {}
    for name, address in given["control_planes"].items():
        node = {"name": name, "address": address, "control_plane": True}
        texts[name] = endpoint.keepalived(parse(given | {"node": node}))
        peers = texts[name].split("unicast_peer {")[1].split("}")[0].split()
        assert sorted([*peers, address]) == sorted(given["control_planes"].values())
    assert all("state BACKUP" in text and "priority 100" in text and "nopreempt" in text for text in texts.values())


def test_the_layer_of_a_worker_holds_no_control_plane(worker: Given, given: Given) -> None:
    names = {file.path for file in render(worker).files}
    assert not names & {paths.CLUSTER, "/etc/haproxy/haproxy.cfg", paths.AUDIT_POLICY}
    assert render(worker).packages == ()
    assert {paths.CLUSTER, "/etc/haproxy/haproxy.cfg", paths.AUDIT_POLICY} <= {
        file.path for file in render(given).files
    }


def test_the_layer_takes_upstreams_three_programs_too(worker: Given) -> None:
    programs = ("kubeadm", "kubelet", "kubectl")
    files = {name: {"url": f"http://x/{name}", "sha256": "b" * 64} for name in programs}
    state = render(worker | {"files": files})
    assert {f"/usr/local/bin/{name}" for name in programs} <= {file.path for file in state.files}
    assert state.links == ()


def test_one_control_plane_becomes_three(given: Given) -> None:
    """What changes at the first when others come: leader election, health checks and VRRP peers; etcd's data stays."""
    one, three = (parse(given | changes) for changes in ({"control_planes": {"node1": "10.30.0.21"}}, {}))
    assert "unicast_peer" not in endpoint.keepalived(one)
    assert "unicast_src_ip 10.30.0.21" in endpoint.keepalived(three)
    assert {"10.30.0.22", "10.30.0.23"} == set(endpoint.keepalived(three).split("peer {")[1].split("}")[0].split())
    assert [endpoint.haproxy(settings).count(":6443") for settings in (one, three)] == [1, 3]
    before, after = (config.cluster_configuration(settings) for settings in (one, three))
    assert before["controlPlaneEndpoint"] == after["controlPlaneEndpoint"]
    assert before["etcd"] == after["etcd"]
    units = {unit.name: unit for unit in render(given).units}
    assert units["haproxy.service"].reload_on and units["keepalived.service"].reload_on, "sessions outlive the change"


SECRET_READS = {
    "level": "Metadata",
    "resources": [{"group": "", "resources": ["secrets"]}],
    "verbs": ["get", "list", "watch"],
}


def test_every_read_of_a_secret_is_audited() -> None:
    """The first rule that matches decides, so the rules that log nothing of components must come after it."""
    rules = policy.audit()["rules"]
    # the verbs of the API that return the content of an object (kubernetes.io, "Request verbs")
    assert set(SECRET_READS["verbs"]) == {"get", "list", "watch"}
    silent = [number for number, rule in enumerate(rules) if rule["level"] == "None" and "verbs" in rule]
    assert rules.index(SECRET_READS) < min(silent)


NODE = {"name": "node1", "address": "10.30.0.21", "control_plane": True}
#: Pods, services and the node of two IP versions.
DUAL: Given = {
    "pods": "10.64.0.0/14,fd00:64::/56",
    "services": "10.96.0.0/16,fd00:96::/112",
    "node": NODE | {"second_address": "fd00:30::15"},
}
BAD: dict[str, tuple[Given, str]] = {
    "version": ({"version": "v1.36"}, "kubernetes.version"),
    "proxy mode": ({"proxy_mode": "ipvs"}, "kubernetes.proxy_mode"),
    "timings": ({"timings": "fast"}, "kubernetes.timings"),
    "unknown key": ({"versoin": "1"}, "versoin"),
    "unknown key of node": ({"node": {"nmae": "x"}}, "kubernetes.node"),
    "not among the control planes": ({"control_planes": {"node2": "10.30.0.22"}}, "exactly when"),
    "endpoint is no address": ({"endpoint": {"address": "10.30.0.300", "interface": "x"}}, "isn't an IPv4 address"),
    "endpoint is IPv6": ({"endpoint": {"address": "fd00::1", "interface": "x"}}, "isn't an IPv4 address"),
    "router id": (
        {"endpoint": {"address": "10.30.0.10", "interface": "x", "router_id": 300}},
        "300 isn't from 1 to 255",
    ),
    "the API server's port": ({"endpoint": {"address": "10.30.0.10", "interface": "x", "port": 6443}}, "6443 is"),
    "an interface that ends its line": ({"endpoint": {"address": "10.30.0.10", "interface": "x\n}"}}, "an interface"),
    "a cluster that ends its line": ({"cluster": "x\nglobal"}, "kubernetes.cluster"),
    "a machine that ends its line": ({"control_planes": {"node1": "10.30.0.21", "n 2": "10.30.0.22"}}, "n 2"),
    "pods": ({"pods": "10.64.0.1/14"}, "pods and services"),
    "no address yet": ({"control_planes": {"node1": "10.30.0.21", "node2": None}}, "None aren't IPv4"),
    "pods of one version twice": ({"pods": "10.64.0.0/14,10.80.0.0/14"}, "pods and services"),
    "services of one version": (DUAL | {"services": "10.96.0.0/16"}, "the same IP versions"),
    "services in another order": (DUAL | {"services": "fd00:96::/112,10.96.0.0/16"}, "the same IP versions"),
    "no second address": (DUAL | {"node": NODE}, "node.second_address: is missing"),
    "a second address for nothing": ({"node": NODE | {"second_address": "fd00:30::15"}}, "has no use"),
    "a second address of IPv4": (DUAL | {"node": NODE | {"second_address": "10.30.0.9"}}, "isn't an IPv6 address"),
    "a link-local second address": (DUAL | {"node": NODE | {"second_address": "fe80::9"}}, "isn't an IPv6 address"),
    "endpoint is a machine": ({"endpoint": {"address": "10.30.0.21", "interface": "x"}}, "a machine's own"),
}


def test_two_ip_versions_reach_kubeadm_kubelet_and_kube_proxy(given: Given) -> None:
    settings = parse(given | DUAL)
    cluster, _kubelet, proxy = config.cluster(settings)
    assert cluster["networking"]["podSubnet"] == proxy["clusterCIDR"] == DUAL["pods"]
    assert cluster["networking"]["serviceSubnet"] == DUAL["services"]
    first = config.init(settings, "abcdef.0123456789abcdef")
    flags = {item["name"]: item["value"] for item in first["nodeRegistration"]["kubeletExtraArgs"]}
    assert flags == {"node-ip": "10.30.0.21,fd00:30::15"}
    assert first["localAPIEndpoint"]["advertiseAddress"] == "10.30.0.21"


@pytest.mark.parametrize(("changes", "text"), BAD.values(), ids=BAD)
def test_a_wrong_value_is_named(given: Given, changes: Given, text: str) -> None:
    with pytest.raises(KubeError, match=text):
        parse(given | changes)


@pytest.mark.parametrize(
    ("services", "error"),
    [
        ("10.96.0.0/29", "services: 10.96.0.0/29 has fewer than the 10 addresses"),
        ("10.96.0.0/11", "services: 10.96.0.0/11 is larger than kubeadm and the API server take"),
    ],
)
def test_a_range_of_services_is_one_that_kubeadm_takes(given: t.Any, services: str, error: str) -> None:
    parse(given | {"services": "10.96.0.0/28"})
    parse(given | {"services": "10.96.0.0/12"})
    with pytest.raises(KubeError, match=error):
        parse(given | {"services": services})


def test_an_endpoint_has_no_port_of_another_server(given: t.Any) -> None:
    with pytest.raises(KubeError, match="port: 22 is the port of sshd; take 8443"):
        parse(given | {"endpoint": given["endpoint"] | {"port": 22}})
