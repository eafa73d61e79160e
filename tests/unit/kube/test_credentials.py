# SPDX-License-Identifier: GPL-3.0-or-later
"""Permissions of what kubeadm, the kubelet and etcd write are compared and mended."""

from __future__ import annotations

import os
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.act import apply
from ansible_collections.groundup.cloud.plugins.module_utils.host.plan import plan
from ansible_collections.groundup.cloud.plugins.module_utils.host.read import read
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostState
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System, group_name, user_name
from ansible_collections.groundup.cloud.plugins.module_utils.hosted import phases
from ansible_collections.groundup.cloud.plugins.module_utils.kube import credentials, paths, policy
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.layers import kubernetes_host
from ansible_collections.groundup.cloud.plugins.module_utils.layers.kubernetes import render

Given = dict[str, t.Any]
#: mode as kubeadm 1.36, the kubelet and etcd make them
WRITTEN = {
    "/etc/kubernetes/admin.conf": 0o600,
    "/etc/kubernetes/super-admin.conf": 0o600,
    "/etc/kubernetes/controller-manager.conf": 0o600,
    "/etc/kubernetes/scheduler.conf": 0o600,
    "/etc/kubernetes/kubelet.conf": 0o600,
    "/etc/kubernetes/pki/ca.key": 0o600,
    "/etc/kubernetes/pki/ca.crt": 0o644,
    "/etc/kubernetes/pki/sa.key": 0o600,
    "/etc/kubernetes/pki/etcd/server.key": 0o600,
    "/etc/kubernetes/manifests/etcd.yaml": 0o600,
    "/etc/kubernetes/groundup/apiserver/encryption.yaml": 0o600,
    "/var/lib/kubelet/pki/kubelet-client-2026-11-28.pem": 0o600,
    "/var/lib/kubelet/pki/kubelet.crt": 0o644,
    "/var/lib/kubelet/pki/kubelet.key": 0o600,
    "/var/lib/etcd/member/snap/db": 0o600,
}


@pytest.fixture
def node(tmp_path: Path) -> System:
    """A control plane as its programs leave it."""
    for name, mode in WRITTEN.items():
        path = tmp_path / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("content")
        path.chmod(mode)
    (tmp_path / "var/lib/etcd").chmod(0o700)
    (tmp_path / "var/lib/etcd/member").chmod(0o700)
    (tmp_path / "var/lib/kubelet/pki/kubelet-client-current.pem").symlink_to("kubelet-client-2026-11-28.pem")
    return System(str(tmp_path))


def steps(system: System) -> list[str]:
    state = owned(credentials.with_access(HostState("t"), system))
    return [str(step) for step in plan(state, read(state, system)).steps]


def owned(state: HostState) -> HostState:
    """The state for the account of this test, who owns the files here."""
    me = {"owner": user_name(os.geteuid()), "group": group_name(os.getegid())}
    return replace(state, access=tuple(replace(item, **me) for item in state.access))


def test_what_the_programs_write_is_right(node: System) -> None:
    assert steps(node) == []


@pytest.mark.parametrize(
    "name", [name for name, mode in WRITTEN.items() if mode == 0o600 and "etcd/member" not in name]
)
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_a_credential_that_others_may_read_is_found_and_mended(node: System, name: str, mode: int) -> None:
    node.path(name).chmod(mode)
    assert steps(node) == [f"access {name}"]
    state = owned(credentials.with_access(HostState("t"), node))
    apply(plan(state, read(state, node)), state, node)
    assert node.path(name).stat().st_mode & 0o777 == 0o600 and node.path(name).read_text() == "content"
    assert steps(node) == []


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("/var/lib/etcd", 0o755),
        ("/var/lib/etcd/member", 0o750),
        ("/etc/kubernetes/pki", 0o777),
        ("/etc/kubernetes", 0o775),
        ("/var/lib/kubelet/pki", 0o757),
    ],
)
def test_a_directory_that_others_may_use_is_found(node: System, name: str, mode: int) -> None:
    node.path(name).chmod(mode)
    assert steps(node) == [f"access {name}"]


def test_a_file_of_another_owner_is_found(node: System) -> None:
    if os.geteuid():
        pytest.skip("only root gives a file away")
    os.chown(node.path(paths.KUBELET_CONF), 1, 1)
    assert steps(node) == [f"access {paths.KUBELET_CONF}"]


def test_permissions_that_are_less_than_usual_stay(node: System) -> None:
    node.path(paths.ADMIN_CONF).chmod(0o400)
    assert steps(node) == []


def test_files_of_somebody_else_stay(node: System) -> None:
    for name in (
        f"{paths.MANIFESTS}/agent.yaml",
        f"{paths.KUBERNETES}/agent.conf",
        f"{paths.KUBERNETES}/pki/agent.crt",
    ):
        node.write(name, b"x", mode=0o666)
    assert steps(node) == []


def test_a_blank_machine_has_nothing_to_mend(tmp_path: Path) -> None:
    assert steps(System(str(tmp_path))) == []


def test_the_layer_compares_them_on_every_node(given: Given, worker: Given, node: System) -> None:
    for params in (given, worker):
        found = {item.path for item in kubernetes_host.renderer(node)(params).access}
        assert {paths.KUBELET_CONF, paths.ADMIN_CONF, "/var/lib/etcd", "/etc/kubernetes/pki/ca.key"} <= found


def test_the_audit_policy_has_one_mode_wherever_the_control_plane_runs(given: Given) -> None:
    files = {file.path: file for file in render(given).files}
    assert files[paths.AUDIT_POLICY].mode == files[paths.CLUSTER].mode == 0o600
    assert policy.files(parse(given)) == (files[paths.AUDIT_POLICY],)
    assert phases.documents(parse(given))[paths.AUDIT_POLICY] == files[paths.AUDIT_POLICY].content
    assert policy.files(parse(given | {"audit": False})) == ()
