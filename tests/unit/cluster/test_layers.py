# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs of layers of the cluster as objects. The manifests are doubles with what the patches expect of upstream's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import catalog, network_flannel, network_policies
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.errors import CloudError

Documents = list[dict[str, Any]]


def daemon_set(name: str, container: dict[str, Any]) -> dict[str, Any]:
    labels = {"labels": {"app": name}}
    spec = {
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": labels, "spec": {"containers": [container]}},
    }
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": "x"}, "spec": spec}


def flannel() -> Documents:
    delegate = {"type": "flannel", "delegate": {"hairpinMode": True, "isDefaultGateway": True}}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    settings = {"Network": "10.244.0.0/16", "EnableNFTables": False, "Backend": {"Type": "vxlan"}}
    data = {
        "cni-conf.json": {"name": "cbr0", "cniVersion": "1.0.0", "plugins": [delegate, ports]},
        "net-conf.json": settings,
    }
    texts = {name: json.dumps(document, indent=2) + "\n" for name, document in data.items()}
    meta = {"name": "kube-flannel-cfg", "namespace": "kube-flannel"}
    arguments = ["--ip-masq", "--kube-subnet-mgr", "--healthz-port=8081"]
    container = {"name": "kube-flannel", "image": "flannel", "args": arguments, "env": [{"name": "A", "value": "b"}]}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": texts},
        daemon_set("kube-flannel-ds", container),
    ]


def policies() -> Documents:
    image = "registry.k8s.io/networking/kube-network-policies:v0.7.0"
    container = {"name": "kube-network-policies", "image": image, "env": [{"name": "MY_NODE_NAME", "value": "x"}]}
    return [daemon_set("kube-network-policies", container)]


def written(path: Path, documents: Documents) -> dict[str, Any]:
    """The option `manifest` of a file with these documents."""
    path.write_text(yaml.safe_dump_all(documents))
    return {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def bodies(role: str, params: dict[str, Any]) -> dict[str, dict[str, Any]]:
    request = catalog.LAYERS[role].request(params)
    return {one.kind: one.body for one in request.definitions}


def test_flannel_gets_the_range_of_pods_their_mtu_and_the_way_of_its_tunnels(tmp_path: Path) -> None:
    manifest = written(tmp_path / "flannel.yml", flannel())
    found = bodies("network_flannel", {"manifest": manifest, "pods": "10.64.0.0/14", "mtu": 8950})
    settings = json.loads(found["ConfigMap"]["data"]["net-conf.json"])
    assert settings == {
        "Network": "10.64.0.0/14",
        "EnableNFTables": True,
        "Backend": {"Type": "vxlan", "MTU": 9000},
    }
    ports = json.loads(found["ConfigMap"]["data"]["cni-conf.json"])["plugins"][1]
    assert ports["backend"] == "nftables"
    container = found["DaemonSet"]["spec"]["template"]["spec"]["containers"][0]
    assert container["args"][-1] == "--iface=$(NODE_ADDRESS)"
    assert [item["name"] for item in container["env"]] == ["A", "NODE_ADDRESS"]


def test_a_changed_setting_starts_the_daemons_again(tmp_path: Path) -> None:
    manifest = written(tmp_path / "flannel.yml", flannel())
    templates = [
        bodies("network_flannel", {"manifest": manifest, "pods": "10.64.0.0/14", "mtu": mtu})["DaemonSet"]["spec"][
            "template"
        ]
        for mtu in (1450, 1450, 8950)
    ]
    assert templates[0] == templates[1] != templates[2]


def test_flannel_has_a_tunnel_of_each_ip_version(tmp_path: Path) -> None:
    manifest = written(tmp_path / "flannel.yml", flannel())
    found = bodies("network_flannel", {"manifest": manifest, "pods": "10.64.0.0/14,fd00:64::/56", "mtu": 8930})
    settings = json.loads(found["ConfigMap"]["data"]["net-conf.json"])
    assert (settings["Network"], settings["IPv6Network"]) == ("10.64.0.0/14", "fd00:64::/56")
    assert (settings["EnableIPv6"], settings["Backend"]["MTU"]) == (True, 8980)


@pytest.mark.parametrize("pods", ["10.64.0.0/14,10.80.0.0/14", "10.64.0.0/14,fd00::/56,fd01::/56", "10.64.0.0/14,x"])
def test_other_pairs_of_ranges_are_refused(tmp_path: Path, pods: str) -> None:
    manifest = written(tmp_path / "flannel.yml", flannel())
    with pytest.raises(ClusterLayerError, match=r"network_flannel_config\.pods: "):
        bodies("network_flannel", {"manifest": manifest, "pods": pods, "mtu": 1450})


def test_ipv6_is_refused(tmp_path: Path) -> None:
    manifest = written(tmp_path / "flannel.yml", flannel())
    with pytest.raises(ClusterLayerError, match=r"network_flannel_config.pods: fd00::/56 is not IPv4"):
        bodies("network_flannel", {"manifest": manifest, "pods": "fd00::/56", "mtu": 1450})


def test_policies_run_the_release_that_the_bundle_has(tmp_path: Path) -> None:
    found = bodies("network_policies", {"manifest": written(tmp_path / "policies.yml", policies())})
    spec = found["DaemonSet"]["spec"]["template"]["spec"]
    assert spec["containers"][0]["image"] == network_policies.IMAGE
    assert spec["priorityClassName"] == "system-node-critical"


@pytest.mark.parametrize("role", ["network_flannel", "network_policies"])
def test_daemons_reach_the_api_by_its_endpoint(role: str, tmp_path: Path) -> None:
    """Without it, they take the address of a service, to which a node without a default route has no route."""
    documents = flannel() if role == "network_flannel" else policies()
    params = {"manifest": written(tmp_path / "x.yml", documents), "pods": "10.64.0.0/14", "mtu": 1450}

    def environment(**more: str) -> dict[str, str]:
        container = bodies(role, params | more)["DaemonSet"]["spec"]["template"]["spec"]["containers"][0]
        return {item["name"]: item.get("value", "") for item in container["env"]}

    assert (
        environment(api="10.30.0.10:8443").items()
        >= {
            "KUBERNETES_SERVICE_HOST": "10.30.0.10",
            "KUBERNETES_SERVICE_PORT": "8443",
        }.items()
    )
    assert "KUBERNETES_SERVICE_HOST" not in environment()
    with pytest.raises(ClusterLayerError, match=rf"{role}_config.api: 10.30.0.10 is not ADDRESS:PORT"):
        environment(api="10.30.0.10")


def test_a_manifest_that_upstream_has_changed_is_refused(tmp_path: Path) -> None:
    changed = policies()
    changed[0]["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.k8s.io/networking/other:v9"
    with pytest.raises(CloudError, match=r"upstream has 'registry.k8s.io/networking/other:v9' now"):
        bodies("network_policies", {"manifest": written(tmp_path / "policies.yml", changed)})


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ({}, "needs sha256 and either path or url; does the bundle hold it"),
        ({"path": "/nowhere/x.yml", "sha256": "a" * 64}, "/nowhere/x.yml: No such file or directory"),
        ({"path": "x.yml", "url": "http://x", "sha256": "a" * 64}, "needs sha256 and either path or url"),
        ({"path": "x.yml"}, "needs sha256"),
    ],
    ids=["none", "missing", "two sources", "no digest"],
)
def test_a_manifest_that_cannot_be_read_is_refused(manifest: dict[str, str], message: str) -> None:
    with pytest.raises(ClusterLayerError, match=message):
        bodies("network_policies", {"manifest": manifest})


def test_another_file_is_refused(tmp_path: Path) -> None:
    manifest = written(tmp_path / "policies.yml", policies()) | {"sha256": "a" * 64}
    with pytest.raises(ClusterLayerError, match=f"wanted is {'a' * 64}; nothing was applied"):
        bodies("network_policies", {"manifest": manifest})


def test_the_objects_of_a_layer_are_one_set_and_its_namespace_goes_with_it(tmp_path: Path) -> None:
    params = {"manifest": written(tmp_path / "flannel.yml", flannel()), "pods": "10.64.0.0/14", "mtu": 1450}
    layer = catalog.LAYERS["network_flannel"]
    present, absent = layer.request(params), layer.request(params, present=False)
    assert present.apply_set and (present.apply_set.name, present.apply_set.namespace) == (
        "groundup-network-flannel",
        "kube-system",
    )
    assert not present.remove_data
    assert [(one.kind, one.name) for one in absent.remove_data] == [("Namespace", network_flannel.NAMESPACE)]


LAYERS = [{"name": "policies", "role": "groundup.cloud.network_policies", "input": "network_policies_config"}]


def test_a_layer_that_cannot_be_compared_differs_and_says_why(tmp_path: Path) -> None:
    inputs = {"network_policies_config": {"manifest": written(tmp_path / "policies.yml", policies())}}
    found = catalog.probe(LAYERS, inputs, {"kubeconfig": str(tmp_path / "none")})
    assert found["differs"] == ["policies"]
    assert found["steps"]["policies"][0].startswith("could not be read: ")
    assert "no usable configuration of a cluster" in found["steps"]["policies"][0]


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"role": "groundup.cloud.network_basic"}, "is no role of a layer of the cluster; there are network_flannel"),
        ({"input": "other_config"}, "inputs has no other_config"),
    ],
)
def test_a_wrong_list_of_layers_is_an_error(layer: dict[str, str], message: str) -> None:
    with pytest.raises(ClusterLayerError, match=message):
        catalog.probe([LAYERS[0] | layer], {"network_policies_config": {}}, {})


def test_wrong_inputs_are_steps_of_their_layer() -> None:
    inputs = {"network_policies_config": {"manifests": {}}}
    found = catalog.probe(LAYERS, inputs, {})
    assert "did you mean manifest" in found["steps"]["policies"][0]


def test_defaults_are_filled_in_as_a_module_s_are(tmp_path: Path) -> None:
    """The probe compares what the role would apply, so an input by hand that leaves options out is no difference."""
    inputs = {
        "network_flannel_config": {"manifest": written(tmp_path / "flannel.yml", flannel()), "pods": "10.64.0.0/14"}
    }
    layer = {"name": "network", "role": "groundup.cloud.network_flannel", "input": "network_flannel_config"}
    found = catalog.probe([layer], inputs, {"kubeconfig": str(tmp_path / "none")})
    assert "no usable configuration of a cluster" in found["steps"]["network"][0]


@pytest.mark.parametrize("role", sorted(catalog.INPUTS))
def test_no_input_has_secrets_since_they_come_beside_it(role: str) -> None:
    """Inputs are shown by `cluster_probe`, in results and in diffs; its option `secrets` is in none of them."""
    assert not list(secret_options(catalog.INPUTS[role]))


def secret_options(option: Mapping[str, Any], name: str = "config") -> Iterator[str]:
    if option.get("no_log"):
        yield name
    for key, inner in (option.get("options") or {}).items():
        yield from secret_options(inner, f"{name}.{key}")


def test_an_option_inside_of_others_counts_as_secret() -> None:
    """The check above sees what it looks for."""
    peers = {"type": "list", "elements": "dict", "options": {"password": {"type": "str", "no_log": True}}}
    assert list(secret_options({"type": "dict", "options": {"peers": peers}})) == ["config.peers.password"]
