# SPDX-License-Identifier: GPL-3.0-or-later
"""Multus and attachments as objects of a living API server without nodes: that pods get interfaces needs machines."""

from __future__ import annotations

import json
import pathlib
import subprocess
from collections.abc import Callable
from typing import Any

from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

Converge = Callable[..., subprocess.CompletedProcess[str]]
ATTACHMENTS = "/apis/k8s.cni.cncf.io/v1/namespaces/{}/network-attachment-definitions/{}"
STORAGE, OFFICE = ATTACHMENTS.format("default", "storage"), ATTACHMENTS.format("desktops", "office")
DAEMON_SET = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-multus-ds"
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/network-attachment-definitions.k8s.cni.cncf.io"


def settings(**changes: Any) -> tuple[str, ...]:
    """Further arguments of the playbook: the example's configuration with these changes."""
    config: dict[str, Any] = {
        "manifest": {key: f"{{{{ bundle.manifests['multus'].{key} }}}}" for key in ("path", "sha256")},
        "attachments": [
            {"name": "storage", "plugin": "macvlan", "interface": "bond0.40", "mtu": 9000, "addresses": "pod"},
            {"name": "office", "plugin": "bridge", "interface": "br101", "namespaces": ["desktops"]},
        ],
    }
    return "-e", json.dumps({"multus_config": config | changes})


def configuration(api: Api, path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(api.get(path)["spec"]["config"])
    return found


def test_attachments_are_applied(hosted_api: Api) -> None:
    assert configuration(hosted_api, STORAGE)["master"] == "bond0.40"
    assert configuration(hosted_api, OFFICE)["bridge"] == "br101"
    assert hosted_api.get("/api/v1/namespaces/desktops")


def test_multus_is_applied_as_patched(hosted_api: Api) -> None:
    spec = hosted_api.get(DAEMON_SET)["spec"]["template"]["spec"]
    assert spec["containers"][0]["image"] == "ghcr.io/k8snetworkplumbingwg/multus-cni:v4.3.0-thick"
    assert spec["priorityClassName"] == "system-node-critical"
    settings = hosted_api.get("/api/v1/namespaces/kube-system/configmaps/multus-daemon-config")
    assert json.loads(settings["data"]["daemon-config.json"])["namespaceIsolation"] is True


def test_a_change_by_hand_is_shown_and_put_right(hosted_api: Api, converge: Converge) -> None:
    hosted_api.patch(f"{STORAGE}?fieldManager=kubectl-edit", {"spec": {"config": '{"mtu": 77}'}})
    planned = converge("--check")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "77" in planned.stdout and configuration(hosted_api, STORAGE) == {"mtu": 77}
    mended = converge()
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert configuration(hosted_api, STORAGE)["mtu"] == 9000
    assert "changed=0" in converge("--check").stdout


def test_two_attachments_of_one_name_are_refused_before_anything_is_applied(
    hosted_api: Api, converge: Converge
) -> None:
    twice = [{"name": "a", "plugin": "macvlan", "interface": "bond0.40"}] * 2
    done = converge(*settings(attachments=twice))
    assert done.returncode and "already; rename one of them" in done.stdout + done.stderr
    assert hosted_api.get(ATTACHMENTS.format("default", "a")) is None


def test_an_attachment_that_a_pod_has_goes_with_consent_only(hosted_api: Api, converge: Converge) -> None:
    metadata = {"name": "database", "annotations": {"k8s.v1.cni.cncf.io/networks": "storage"}}
    spec = {"containers": [{"name": "a", "image": "a"}], "automountServiceAccountToken": False}
    pods = "/api/v1/namespaces/default/pods"
    hosted_api.create(pods, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    try:
        fewer = settings(attachments=[])
        for words in (fewer, ("-e", "multus_state=absent")):
            refused = converge(*words)
            assert refused.returncode and "pod default/database has default/storage" in refused.stdout + refused.stderr
        agreed = converge(*fewer, "-e", "multus_release_attachments=true")
        assert agreed.returncode == 0, agreed.stdout + agreed.stderr
        assert hosted_api.get(STORAGE) is None and hosted_api.get("/api/v1/namespaces/desktops")
        assert converge().returncode == 0
    finally:
        hosted_api.delete(f"{pods}/database")


def test_another_file_than_that_of_the_release_is_refused(
    hosted_api: Api, converge: Converge, tmp_path: pathlib.Path
) -> None:
    before, other = hosted_api.get(DAEMON_SET)["metadata"]["generation"], tmp_path / "other.yml"
    other.write_text("{}\n")
    done = converge(*settings(manifest={"path": str(other), "sha256": "0" * 64}))
    assert done.returncode and "wanted is 0000" in done.stdout + done.stderr
    assert hosted_api.get(DAEMON_SET)["metadata"]["generation"] == before


def test_it_is_removed_and_installed_again(hosted_api: Api, converge: Converge) -> None:
    removed = converge("-e", "multus_state=absent")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert hosted_api.get(DAEMON_SET) is None and hosted_api.get(CRD) is None
    assert hosted_api.get("/api/v1/namespaces/desktops"), "a namespace is never removed"
    assert "changed=0" in converge("-e", "multus_state=absent").stdout
    assert converge().returncode == 0 and hosted_api.get(STORAGE)
