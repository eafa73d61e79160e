# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of a cluster is not changed, in either direction, and what was begun with it is finished."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import RefusedError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import (
    api,
    config,
    control_plane,
    membership,
    paths,
    probe,
    version,
    yaml,
)
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.layers import kubernetes_host

from .test_membership import cluster, machine, seen

Given = dict[str, t.Any]
MANIFEST = "spec:\n  containers:\n  - command:\n    - {name}\n    image: registry.k8s.io/{name}:v{version}\n"


@pytest.mark.parametrize(
    ("running", "wanted", "text"),
    [
        ("1.36.3", "1.36.3", ""),
        ("v1.36.3", "1.36.3", ""),
        ("v1.36.3-rc.1+abc", "1.36.3", ""),
        ("1.36.3", "1.36.4", "has no upgrade yet"),
        ("1.36.3", "1.37.0", "has no upgrade yet"),
        ("1.36.3", "1.38.0", "may not skip a minor version"),
        ("1.36.3", "1.36.2", "no downgrade"),
        ("1.36.3", "1.35.9", "no downgrade"),
    ],
)
def test_a_difference_has_a_reason(running: str, wanted: str, text: str) -> None:
    found = version.difference(running, wanted)
    assert (text in found) if text else not found


def test_the_refusal_names_both_versions_and_the_remedy() -> None:
    found = version.refusal("node1", {"kube-apiserver": "v1.36.3", "kubelet": "1.37.0"}, "1.37.0")
    assert found.startswith("node1 runs kube-apiserver 1.36.3, and the model wants Kubernetes 1.37.0")
    assert found.endswith("set kubernetes.version to 1.36.3, and make the bundle of that version")


def made(given: Given, root: Path, *, done: bool = True, running: str = "1.36.3") -> System:
    """A control plane that kubeadm has made with a version."""
    system = System(str(root))
    for name in paths.STATIC_PODS:
        system.write(f"{paths.MANIFESTS}/{name}.yaml", MANIFEST.format(name=name, version=running).encode())
    settings = parse(given | {"version": running})
    system.write(paths.CLUSTER, yaml.documents(config.cluster(settings)).encode())
    system.write(paths.ATTEMPT, json.dumps({"kind": "init", "done": done}).encode())
    system.write(paths.ADMIN_CONF, b"    server: https://10.30.0.10:8443\n")
    system.write(paths.ENCRYPTION, b"key")
    control_plane.record_manifests(system)
    return system


@pytest.mark.parametrize("wanted", ["1.36.2", "1.36.4", "1.37.0", "1.38.0"])
@pytest.mark.parametrize("action", ["assess", "prepare"])
def test_another_version_is_refused_before_anything_is_changed(
    given: Given, tmp_path: Path, wanted: str, action: str
) -> None:
    system = made(given, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    params = given | {"version": wanted}
    act = {
        "assess": lambda: kubernetes_host.assess(params, system),
        "prepare": lambda: kubernetes_host.prepare(params, check=False, system=system),
    }
    with pytest.raises(RefusedError, match=r"node1 runs .*kube-apiserver 1\.36\.3.*wants Kubernetes " + wanted):
        act[action]()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_an_init_that_was_killed_is_continued_with_its_version(given: Given, tmp_path: Path) -> None:
    version.refuse_change(parse(given), made(given, tmp_path, done=False), {})
    version.refuse_change(parse(given), System(str(tmp_path / "blank")), {})


def test_a_run_of_an_earlier_release_that_was_cut_short_is_recognised(given: Given, tmp_path: Path) -> None:
    """It wrote the configuration of the new version, and the static pods are still the old ones."""
    system = made(given, tmp_path)
    system.write(paths.CLUSTER, yaml.documents(config.cluster(parse(given | {"version": "1.37.0"}))).encode())
    with pytest.raises(RefusedError, match=r"runs kube-apiserver 1\.36\.3"):
        version.refuse_change(parse(given | {"version": "1.37.0"}), system, {})
    version.refuse_change(parse(given), system, {})


def test_an_image_changed_by_hand_is_no_version_of_the_cluster(given: Given, tmp_path: Path) -> None:
    system = made(given, tmp_path)
    other = MANIFEST.format(name="kube-scheduler", version="1.36.1").encode()
    system.write(f"{paths.MANIFESTS}/kube-scheduler.yaml", other)
    version.refuse_change(parse(given), system, {})


class Server:
    """The API as a kubelet sees it."""

    def __init__(self, kubelet: str, served: str) -> None:
        node = {"conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": kubelet}}
        self.answers = {
            "/api/v1/nodes/node4": {"metadata": {"name": "node4", "labels": {}}, "status": node},
            "/version": {"gitVersion": served},
        }

    def get(self, path: str) -> t.Any:
        return self.answers.get(path)


@pytest.mark.parametrize(
    ("kubelet", "served", "wanted", "refused"),
    [
        ("v1.36.3", "v1.36.3", "1.36.3", False),
        ("v1.36.3", "v1.36.3", "1.37.0", True),
        ("v1.37.0", "v1.36.3", "1.36.3", False),  # a kubelet that was replaced half is set back
        ("v1.37.0", "v1.37.0", "1.36.3", True),
    ],
)
def test_a_worker_is_judged_by_the_version_that_the_api_serves(
    worker: Given,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kubelet: str,
    served: str,
    wanted: str,
    refused: bool,
) -> None:
    system = System(str(tmp_path))
    system.write(paths.KUBELET_CONF, b"")
    monkeypatch.setattr(probe, "as_kubelet", lambda _system: Server(kubelet, served))
    settings = parse(worker | {"version": wanted})
    if refused:
        with pytest.raises(RefusedError, match=f"node4 runs kube-apiserver {served[1:]}"):
            probe.membership(settings, system)
    else:
        probe.membership(settings, system)


def test_a_worker_whose_version_nobody_tells_keeps_its_programs(
    worker: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_system: System) -> t.NoReturn:
        raise api.Unreachable("refused")

    system = System(str(tmp_path))
    assert probe.served_version(parse(worker), system) == {}
    system.write(paths.KUBELET_CONF, b"")
    monkeypatch.setattr(probe, "as_kubelet", silent)
    with pytest.raises(RefusedError, match=r"node4: its programs are not replaced.*\(refused\)"):
        probe.served_version(parse(worker), system)


def test_a_machine_of_another_version_does_not_join() -> None:
    live = cluster(["n1"], [])
    with pytest.raises(KubeError, match=r"the cluster runs kube-apiserver of n1 1\.36\.3.*wants Kubernetes 1\.37\.0"):
        membership.plan(
            seen(machine("n1", cp=True, member=True, cluster=live), machine("n4", version="1.37.0")), ["n1"]
        )
