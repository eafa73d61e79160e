# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe of machines without a request to the API, and the files of the pod network."""

from __future__ import annotations

import json
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.plan import plan
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import Actual, HostError, PathState, UnitState
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import kubelet_files, observe, paths, probe
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.layers import kubernetes_host, network_basic

Given = dict[str, t.Any]
NODES = {
    "node1": {"pod_cidr": "10.64.0.0/24", "address": "10.30.0.21"},
    "node2": {"pod_cidr": "10.64.1.0/24", "address": "10.30.0.22"},
    "node3": {"pod_cidr": "", "address": "10.30.0.23"},
}
NETWORK = {"pods": "10.64.0.0/14", "interface": "bond0.30", "mtu": 9000}


def put(root: Path, name: str, text: str = "") -> None:
    """A file below the root."""
    path = root / name.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def steps(given: Given, root: Path) -> list[str]:
    return [str(step) for step in probe.membership(parse(given), System(str(root)))]


def test_a_blank_machine_has_to_join(given: Given, tmp_path: Path) -> None:
    assert steps(given, tmp_path) == ["join node1"]


@pytest.mark.parametrize("kind", ["init", "join"])
def test_an_interrupted_attempt_has_to_be_finished(given: Given, tmp_path: Path, kind: str) -> None:
    put(tmp_path, paths.KUBELET_CONF)
    put(tmp_path, paths.ATTEMPT, json.dumps({"kind": kind, "done": False}))
    assert steps(given, tmp_path) == [f"finish {kind} of node1"]


def test_a_manifest_changed_by_hand_is_noticed(given: Given, tmp_path: Path) -> None:
    put(tmp_path, paths.KUBELET_CONF)
    put(tmp_path, paths.ATTEMPT, json.dumps({"kind": "init", "done": True}))
    for name in paths.STATIC_PODS:
        put(tmp_path, f"{paths.MANIFESTS}/{name}.yaml", name)
    put(tmp_path, paths.MANIFEST_RECORD, json.dumps(observe.manifests(tmp_path)))
    assert observe.stale_manifests(tmp_path) == []
    put(tmp_path, f"{paths.MANIFESTS}/kube-scheduler.yaml", "other")
    put(tmp_path, f"{paths.PATCHES}/etcd0+strategic.yaml", "new")
    assert observe.stale_manifests(tmp_path) == ["kube-scheduler", "patches"]
    assert steps(given, tmp_path) == ["refresh control plane of node1"]


@pytest.mark.parametrize("node", ["given", "worker"])
def test_a_kubelets_file_changed_by_hand_is_put_back(tmp_path: Path, node: str, request: pytest.FixtureRequest) -> None:
    system, params = System(str(tmp_path)), request.getfixturevalue(node)
    put(tmp_path, paths.KUBELET_CONFIG, "cgroupDriver: systemd\n")
    system.path(paths.KUBELET_CONFIG).chmod(0o640)
    kubelet_files.record(system)
    assert system.path(paths.KUBELET_RECORD).stat().st_mode & 0o777 == 0o600
    render = kubernetes_host.renderer(system)
    assert paths.KUBELET_CONFIG not in {file.path for file in render(params).files}, "a machine that is no node"
    put(tmp_path, paths.KUBELET_CONF)
    file = next(file for file in render(params).files if file.path == paths.KUBELET_CONFIG)
    assert (file.content, file.mode) == ("cgroupDriver: systemd\n", 0o640)
    changed = Actual(
        {paths.KUBELET_CONFIG: PathState("file", 0o640, "root", "root", "0", "cgroupDriver: cgroupfs\n")},
        units={unit.name: UnitState("loaded", "active", "enabled") for unit in render(params).units},
    )
    steps = [str(step) for step in plan(render(params), changed).steps]
    assert f"file {paths.KUBELET_CONFIG}" in steps and "systemctl restart kubelet.service" in steps


def test_an_api_that_cannot_be_reached_is_named(given: Given, tmp_path: Path) -> None:
    put(tmp_path, paths.KUBELET_CONF, "server: https://127.0.0.1:9\ncertificate-authority-data: LS0t\n")
    assert steps(given, tmp_path) == ["reach the API from node1"]


def test_routes_lead_to_the_other_nodes_that_have_pods(tmp_path: Path) -> None:
    state = network_basic.render(NETWORK | {"node": "node1", "nodes": NODES})
    texts = {file.path: file.content or "" for file in state.files}
    script = texts[network_basic.SCRIPT]
    assert "route replace 10.64.1.0/24 via 10.30.0.22 dev bond0.30" in script
    assert script.count("route replace") == 1
    assert "ip saddr 10.64.0.0/24 ip daddr != 10.64.0.0/14" in script
    conflist = json.loads(texts[network_basic.CONFLIST])
    assert conflist["plugins"][0]["ipam"]["ranges"] == [[{"subnet": "10.64.0.0/24"}]]
    assert conflist["plugins"][0]["mtu"] == 9000
    (tmp_path / "script").write_text(script)
    subprocess.run(["sh", "-n", tmp_path / "script"], check=True)


def test_two_ip_versions_have_routes_and_a_masquerade_of_each(tmp_path: Path) -> None:
    six = {
        "node1": ("fd00:64:0:1::/64", "fd00:30::15"),
        "node2": ("fd00:64:0:2::/64", "fd00:30::16"),
        "node3": ("", ""),
    }
    nodes = {
        name: {**node, "second_pod_cidr": six[name][0], "second_address": six[name][1]} for name, node in NODES.items()
    }
    params = NETWORK | {"pods": "10.64.0.0/14,fd00:64::/56", "node": "node1", "nodes": nodes}
    texts = {file.path: file.content or "" for file in network_basic.render(params).files}
    script = texts[network_basic.SCRIPT]
    assert "route replace 10.64.1.0/24 via 10.30.0.22 dev bond0.30" in script.partition("ip -6 -batch")[0]
    assert "route replace fd00:64:0:2::/64 via fd00:30::16 dev bond0.30" in script.partition("ip -6 -batch")[2]
    assert "ip6 saddr fd00:64:0:1::/64 ip6 daddr != fd00:64::/56" in script
    assert script.count("route replace") == 2 and script.count("exit 0") == 1
    ipam = json.loads(texts[network_basic.CONFLIST])["plugins"][0]["ipam"]
    assert ipam["ranges"] == [[{"subnet": "10.64.0.0/24"}], [{"subnet": "fd00:64:0:1::/64"}]]
    assert [route["dst"] for route in ipam["routes"]] == ["0.0.0.0/0", "::/0"]
    (tmp_path / "script").write_text(script)
    subprocess.run(["sh", "-n", tmp_path / "script"], check=True)


def test_a_node_without_a_range_of_one_version_gets_nothing() -> None:
    params = NETWORK | {"pods": "10.64.0.0/14,fd00:64::/56", "node": "node1", "nodes": NODES}
    assert network_basic.render(params).files == ()


@pytest.mark.parametrize("pods", ["fd00::/56,10.64.0.0/14", "10.64.0.0/14,10.80.0.0/14", "10.64.0.0/14,x"])
def test_other_pairs_of_ranges_are_refused(pods: str) -> None:
    with pytest.raises(HostError, match=r"network_basic\.pods: "):
        network_basic.render(NETWORK | {"pods": pods, "node": "node1", "nodes": NODES})


def test_a_node_without_pods_gets_nothing() -> None:
    assert network_basic.render(NETWORK | {"node": "node3", "nodes": NODES}).files == ()


def test_the_pod_network_is_compared_with_the_recorded_nodes(tmp_path: Path) -> None:
    system = System(str(tmp_path))
    assert [str(step) for step in network_basic.assess(NETWORK, system).steps] == ["connect pods of this node"]


def test_ipv6_is_refused_by_name() -> None:
    with pytest.raises(HostError, match="IPv4 only"):
        network_basic.render(NETWORK | {"pods": "fd00::/56", "node": "node1", "nodes": NODES})
