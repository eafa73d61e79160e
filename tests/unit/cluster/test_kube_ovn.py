# SPDX-License-Identifier: GPL-3.0-or-later
"""Kube-OVN's input as objects. The manifest is a double with what the patches expect of upstream's chart."""

from __future__ import annotations

import base64
import copy
import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import network_kube_ovn
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.errors import CloudError

Json = dict[str, Any]
ARGUMENTS = {
    "kube-ovn-controller": [
        "/kube-ovn/start-controller.sh",
        "--default-cidr=10.16.0.0/16",
        "--default-gateway=10.16.0.1",
        "--default-gateway-check=true",
        "--node-switch-cidr=100.64.0.0/16",
        "--service-cluster-ip-range=10.96.0.0/12",
        "--network-type=geneve",
        "--enable-np=true",
        "--np-enforcement=standard",
        "--keep-vm-ip=true",
        "--enable-anp=false",
        "--enable-live-migration-optimize=true",
    ],
    "kube-ovn-cni": ["--service-cluster-ip-range=10.96.0.0/12", "--iface=", "--network-type=geneve"],
    "kube-ovn-pinger": ["--external-address=1.1.1.1", "--external-dns=kube-ovn.io."],
}
CONTAINERS = {"ovs-ovn": "openvswitch", "kube-ovn-cni": "cni-server", "kube-ovn-pinger": "pinger"}
DEPLOYMENTS = ("ovn-central", "kube-ovn-controller", "kube-ovn-monitor")
INSTALL = ["--cni-conf-dir=/etc/cni/net.d", "--cni-conf-file=/kube-ovn/01-kube-ovn.conflist"]
INSTALL += ["--cni-conf-name=01-kube-ovn.conflist"]


def workload(name: str) -> Json:
    environment = [{"name": "ENABLE_SSL", "value": "false"}]
    if name == "ovn-central":
        environment.append({"name": "NODE_IPS", "value": ""})
    if name in ("kube-ovn-controller", "ovs-ovn"):
        environment.append({"name": "OVN_DB_IPS", "value": ""})
    container = {"name": CONTAINERS.get(name, name), "image": network_kube_ovn.IMAGE, "env": environment}
    if name in ARGUMENTS:
        container["args"] = ARGUMENTS[name]
    spec: Json = {"containers": [container]}
    if name in ("ovn-central", "kube-ovn-monitor"):
        match = {"key": "kube-ovn/role", "operator": "In", "values": ["master"]}
        terms = {"nodeSelectorTerms": [{"matchExpressions": [match]}]}
        spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    if name == "kube-ovn-cni":
        command = ["/kube-ovn/install-cni.sh", *INSTALL]
        spec["initContainers"] = [{"name": "install-cni", "image": network_kube_ovn.IMAGE, "command": command}]
    metadata: Json = {"labels": {"app": name}}
    if name == "ovs-ovn":
        metadata["annotations"] = {"chart-version": "kube-ovn-v1.16.2"}
    body = {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": metadata, "spec": spec}}
    if name in DEPLOYMENTS:
        body["replicas"] = 1
    kind = "Deployment" if name in DEPLOYMENTS else "DaemonSet"
    meta = {"name": name, "namespace": "kube-system"}
    return copy.deepcopy({"apiVersion": "apps/v1", "kind": kind, "metadata": meta, "spec": body})


def crd(kind: str, plural: str, group: str = "kubeovn.io") -> Json:
    versions = [{"name": "v1", "served": True, "storage": True}]
    names = {"kind": kind, "plural": plural}
    spec = {"group": group, "scope": "Cluster", "names": names, "versions": versions}
    meta = {"name": f"{plural}.{group}"}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": meta, "spec": spec}


PLURALS = {
    "Subnet": "subnets",
    "Vpc": "vpcs",
    "IP": "ips",
    "Vlan": "vlans",
    "ProviderNetwork": "provider-networks",
}
CRDS = [crd(kind, plural) for kind, plural in PLURALS.items()]


def upstream() -> list[Json]:
    meta = {"name": "ovn-vpc-nat-gw-config", "namespace": "kube-system"}
    data = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"enable-vpc-nat-gw": "true"}}
    return [*CRDS, data, *map(workload, (*DEPLOYMENTS, *CONTAINERS))]


def written(path: Path, documents: list[Json]) -> Json:
    path.write_text(yaml.safe_dump_all(documents))
    return {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


@pytest.fixture
def given(tmp_path: Path) -> Json:
    """The input of a cluster with three databases."""
    return {
        "manifest": written(tmp_path / "kube-ovn.yml", upstream()),
        "policy_manifests": [],
        "pods": "10.64.0.0/14",
        "services": "10.97.0.0/16",
        "join": "100.64.0.0/16",
        "mtu": 8900,
        "databases": [{"node": f"node{n}", "address": f"10.30.0.2{n}"} for n in (1, 2, 3)],
    }


def bodies(params: Json) -> dict[str, Json]:
    """Rendered objects by name."""
    return {one.name: one.body for one in network_kube_ovn.render(params)}


def container(body: Json) -> Json:
    found: Json = body["spec"]["template"]["spec"]["containers"][0]
    return found


def variables(body: Json) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in container(body)["env"]}


def test_the_controller_gets_the_ranges_of_the_cluster_and_keeps_addresses_of_virtual_machines(given: Json) -> None:
    arguments = container(bodies({**given, "join": "100.127.0.0/24"})["kube-ovn-controller"])["args"]
    assert {
        "--default-cidr=10.64.0.0/14",
        "--default-gateway=10.64.0.1",
        "--service-cluster-ip-range=10.97.0.0/16",
        "--node-switch-cidr=100.127.0.0/24",
        "--keep-vm-ip=true",
        "--enable-live-migration-optimize=true",
        "--enable-np=true",
        "--network-type=geneve",
    } <= set(arguments)
    assert len(arguments) == len(ARGUMENTS["kube-ovn-controller"])


def test_two_ip_versions_have_ranges_and_gateways_of_each(given: Json) -> None:
    both = {"pods": "10.64.0.0/14,fd00:64::/56", "services": "10.97.0.0/16,fd00:96::/112", "join": "100.127.0.0/24"}
    found = bodies({**given, **both})
    assert {
        "--default-cidr=10.64.0.0/14,fd00:64::/56",
        "--default-gateway=10.64.0.1,fd00:64::1",
        "--service-cluster-ip-range=10.97.0.0/16,fd00:96::/112",
        "--node-switch-cidr=100.127.0.0/24,fd00:100:64::/112",
    } <= set(container(found["kube-ovn-controller"])["args"])
    assert "--service-cluster-ip-range=10.97.0.0/16,fd00:96::/112" in container(found["kube-ovn-cni"])["args"]


def test_pods_get_the_mtu_of_the_path(given: Json) -> None:
    arguments = container(bodies(given)["kube-ovn-cni"])["args"]
    assert "--mtu=8900" in arguments and "--service-cluster-ip-range=10.97.0.0/16" in arguments


def test_databases_are_on_their_nodes_and_found_by_their_addresses(given: Json) -> None:
    found = bodies(given)
    addresses = "10.30.0.21,10.30.0.22,10.30.0.23"
    assert variables(found["ovn-central"])["NODE_IPS"] == addresses
    assert (
        variables(found["kube-ovn-controller"])["OVN_DB_IPS"] == variables(found["ovs-ovn"])["OVN_DB_IPS"] == addresses
    )
    assert found["ovn-central"]["spec"]["replicas"] == found["kube-ovn-controller"]["spec"]["replicas"] == 3
    for name in ("ovn-central", "kube-ovn-monitor"):
        affinity = found[name]["spec"]["template"]["spec"]["affinity"]["nodeAffinity"]
        term = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"][0]
        values = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["node1", "node2", "node3"]}
        assert term["matchExpressions"] == [values]
    one = bodies({**given, "databases": given["databases"][:1]})
    assert one["ovn-central"]["spec"]["replicas"] == 1


def test_all_sides_use_tls_and_start_again_with_other_certificates(given: Json) -> None:
    first, again, second = (
        bodies({**given, "certificates": {"cacert": "a", "cert": text, "key": "k"}}) for text in "bbc"
    )
    for name in (*DEPLOYMENTS, *CONTAINERS):
        assert variables(first[name])["ENABLE_SSL"] == "true", name
        notes = [x[name]["spec"]["template"]["metadata"]["annotations"] for x in (first, again, second)]
        assert notes[0] == notes[1] != notes[2], name
    assert first["ovs-ovn"]["spec"]["template"]["metadata"]["annotations"]["chart-version"]
    assert base64.b64decode(first["kube-ovn-tls"]["data"]["cert"]) == b"b"


def test_policies_of_the_cluster_hold_where_their_kinds_are_defined(given: Json, tmp_path: Path) -> None:
    kinds = written(tmp_path / "p.yml", [crd("AdminNetworkPolicy", "adminnetworkpolicies", "policy.networking.k8s.io")])
    found = bodies({**given, "policy_manifests": [kinds]})
    assert "--enable-anp=true" in container(found["kube-ovn-controller"])["args"]
    assert "adminnetworkpolicies.policy.networking.k8s.io" in found
    assert "--enable-anp=false" in container(bodies(given)["kube-ovn-controller"])["args"]
    with pytest.raises(ClusterLayerError, match=r"network_kube_ovn_config\.policy_manifests\[0\]: needs sha256"):
        bodies({**given, "policy_manifests": [{}]})


def test_programs_of_the_container_runtime_s_layer_stay(given: Json, tmp_path: Path) -> None:
    """Upstream's script copies loopback, portmap and macvlan as well, so both layers would change each other."""
    command = bodies(given)["kube-ovn-cni"]["spec"]["template"]["spec"]["initContainers"][0]["command"]
    assert command[:2] == ["bash", "-ec"] and command[-3:] == INSTALL
    assert "portmap" not in command[2]
    subprocess.run(["bash", "-n", "-c", command[2]], check=True)


def test_nothing_asks_addresses_outside_of_the_cloud(given: Json) -> None:
    assert container(bodies(given)["kube-ovn-pinger"])["args"] == ["--external-address=", "--external-dns="]


def test_only_daemons_in_the_network_of_their_node_reach_the_api_by_its_endpoint(given: Json) -> None:
    found = bodies({**given, "api": "10.30.0.10:8443"})
    for name in (*DEPLOYMENTS, "ovs-ovn", "kube-ovn-cni"):
        assert variables(found[name])["KUBERNETES_SERVICE_HOST"] == "10.30.0.10", name
        assert variables(found[name])["KUBERNETES_SERVICE_PORT"] == "8443", name
    assert "KUBERNETES_SERVICE_HOST" not in variables(found["kube-ovn-pinger"])
    with pytest.raises(ClusterLayerError, match=r"10\.30\.0\.10 is not ADDRESS:PORT"):
        bodies({**given, "api": "10.30.0.10"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pods": "fd00::/56"}, r"config\.pods: fd00::/56 is not IPv4"),
        ({"join": "10.64.0.0/24"}, r"config\.pods: 10\.64\.0\.0/14 overlaps join, 10\.64\.0\.0/24"),
        ({"pods": "10.64.0.0/14,fd00:64::/56"}, r"config\.services: 10\.97\.0\.0/16 has not the IP versions of pods"),
        (
            {"pods": "10.64.0.0/14,fd00:100:64::/56", "services": "10.97.0.0/16,fd00:96::/112"},
            r"config\.pods: fd00:100:64::/56 overlaps join, fd00:100:64::/112",
        ),
        ({"services": "x"}, r"config\.services: x is not a subnet"),
        ({"join": "100.127.0.0/31"}, r"config\.join: 100\.127\.0\.0/31 has no address for a node"),
        ({"databases": []}, r"config\.databases: names no node"),
        ({"databases": [{"node": "a", "address": "b"}]}, r"config\.databases: b of a is not an address"),
        ({"databases": [{"node": "a", "address": "10.0.0.1"}] * 2}, "a or 10.0.0.1 is listed twice"),
    ],
)
def test_wrong_values_are_refused(given: Json, changes: Json, message: str) -> None:
    with pytest.raises(ClusterLayerError, match=message):
        bodies({**given, **changes})


def changed(change: Callable[[dict[str, Json]], None]) -> list[Json]:
    documents = upstream()
    change({one["metadata"]["name"]: one for one in documents})
    return documents


def _other_default(found: dict[str, Json]) -> None:
    container(found["kube-ovn-controller"])["args"][9] = "--keep-vm-ip=false"


def _other_label(found: dict[str, Json]) -> None:
    found["ovn-central"]["spec"]["template"]["spec"]["affinity"]["nodeAffinity"] = {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "other"}]}]
        }
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_other_default, "expected '--keep-vm-ip=true', but upstream has '--keep-vm-ip=false' now"),
        (_other_label, "no label has to be set by hand.*upstream has {'key': 'other'} now"),
        (lambda found: container(found["kube-ovn-cni"])["args"].append("--mtu=1"), "expected nothing, but .*--mtu=1"),
        (lambda found: container(found["kube-ovn-pinger"])["args"].pop(), "upstream has nothing now"),
    ],
)
def test_a_chart_that_upstream_has_changed_is_refused(
    given: Json, tmp_path: Path, change: Callable[[dict[str, Json]], None], message: str
) -> None:
    with pytest.raises(CloudError, match=message):
        bodies({**given, "manifest": written(tmp_path / "changed.yml", changed(change))})
