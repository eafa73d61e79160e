# SPDX-License-Identifier: GPL-3.0-or-later
"""flannel as a network of one's own, as objects of a living API server without nodes."""

from __future__ import annotations

import json
import pathlib
import subprocess
from collections.abc import Callable
from typing import Any

import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Api

NAMESPACE = "/api/v1/namespaces/kube-flannel"
DAEMON_SET = "/apis/apps/v1/namespaces/kube-flannel/daemonsets/kube-flannel-ds"
IMAGE = "ghcr.io/flannel-io/flannel:v0.28.10"
CONSENT = (
    '{"network_custom_state": "absent", "network_custom_remove_data": [{"kind": "Namespace", "name": "kube-flannel"}]}'
)
Converge = Callable[..., subprocess.CompletedProcess[str]]


def container(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.get(DAEMON_SET)["spec"]["template"]["spec"]["containers"][0]
    return found


def own(directory: pathlib.Path, **settings: Any) -> str:
    """The role's input with a directory instead of the manifest of the example, whose flannel is still there."""
    given = {"manifests": [{"path": str(directory)}], "known_as": ["flannel"], **settings}
    return json.dumps({"network_custom_config": given})


def test_the_manifest_is_applied_as_it_is(hosted_api: Api) -> None:
    settings = json.loads(hosted_api.get(f"{NAMESPACE}/configmaps/kube-flannel-cfg")["data"]["net-conf.json"])
    assert settings["Network"] == "10.244.0.0/16"
    assert "--iface=$(NODE_ADDRESS)" not in container(hosted_api)["args"]


def test_a_change_by_hand_is_shown_and_put_right(puts_right: Callable[[str, str], None]) -> None:
    puts_right(DAEMON_SET, IMAGE)


def test_what_cannot_be_applied_is_refused_before_anything_is_changed(
    hosted_api: Api, converge: Converge, tmp_path: pathlib.Path
) -> None:
    before = hosted_api.get(DAEMON_SET)["metadata"]["generation"]
    unknown = {"apiVersion": "nsx.vmware.com/v1", "kind": "Tier1", "metadata": {"name": "x"}}
    (tmp_path / "x.yml").write_text(yaml.safe_dump_all([unknown, unknown]))
    for given, message in (
        (own(tmp_path), "there is no kind Tier1 in nsx.vmware.com/v1"),
        (own(tmp_path / "none"), "No such file or directory"),
    ):
        done = converge("-e", given)
        assert done.returncode and message in done.stdout + done.stderr
    assert hosted_api.get(DAEMON_SET)["metadata"]["generation"] == before


def test_an_object_that_is_dropped_is_removed(hosted_api: Api, converge: Converge, tmp_path: pathlib.Path) -> None:
    role = hosted_api.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/flannel")
    assert role
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "x", "namespace": "kube-system"}}
    (tmp_path / "x.yml").write_text(yaml.safe_dump(account))
    done = converge("-e", own(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert hosted_api.get(DAEMON_SET) is None and hosted_api.get(NAMESPACE)
    assert hosted_api.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/flannel") is None
    assert converge().returncode == 0 and hosted_api.get(DAEMON_SET)


def test_it_is_removed_by_consent_and_installed_again(hosted_api: Api, converge: Converge) -> None:
    refused = converge("-e", "network_custom_state=absent")
    assert refused.returncode and "everything in it is removed with it" in refused.stdout + refused.stderr
    assert hosted_api.get(DAEMON_SET)
    removed = converge("-e", CONSENT)
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert hosted_api.get(DAEMON_SET) is None
    assert "changed=0" in converge("-e", CONSENT).stdout
    assert converge().returncode == 0 and hosted_api.get(DAEMON_SET)
