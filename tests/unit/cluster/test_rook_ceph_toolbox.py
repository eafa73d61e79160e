# SPDX-License-Identifier: GPL-3.0-or-later
"""The toolbox of Ceph: when there is one, what it may, and what its script makes of the files that Rook writes."""

from __future__ import annotations

import os
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import rook_ceph_cluster, rook_ceph_toolbox
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_upgrade import read
from ansible_collections.groundup.cloud.plugins.module_utils.objects.applyset import PART_OF

Params = dict[str, t.Any]


class Server:
    """An API server with one Deployment or none."""

    server, warnings = "https://x", list[str]()

    def __init__(self, live: Params | None = None) -> None:
        self.live, self.asked = live, 0

    def call(self, method: str, path: str, *_: t.Any, **__: t.Any) -> Params | None:
        assert method == "GET"
        if path == rook_ceph_toolbox.PATH:
            self.asked += 1
            return self.live
        return {"kind": "DeploymentList", "items": [self.live] if self.live else [], "metadata": {}}


def pod(**params: t.Any) -> Params:
    found: Params = rook_ceph_toolbox.render(params)[0]["spec"]["template"]["spec"]
    return found


@pytest.mark.parametrize(
    ("params", "there"),
    [
        ({}, True),
        ({"toolbox": True}, True),
        ({"toolbox": False}, False),
        ({"external": {"fsid": "x"}}, False),
        ({"toolbox_of_others": True}, False),
    ],
)
def test_it_is_there_unless_it_is_not_wanted_or_of_others(params: Params, there: bool) -> None:
    assert bool(rook_ceph_toolbox.render(params)) is there


def test_it_has_the_names_that_everybody_s_commands_use_and_no_label_of_a_daemon() -> None:
    (found,) = rook_ceph_toolbox.render({})
    assert (found["metadata"]["name"], found["metadata"]["namespace"]) == ("rook-ceph-tools", "rook-ceph")
    labels = found["spec"]["template"]["metadata"]["labels"]
    assert (
        labels == found["spec"]["selector"]["matchLabels"] == found["metadata"]["labels"] == {"app": "rook-ceph-tools"}
    )
    # So neither an upgrade waits for it as for a daemon, nor a stop of all of Ceph takes it.
    assert read(Server(found), None).daemons == {}  # type: ignore[arg-type]


def test_it_may_nothing_on_its_node_and_nothing_in_the_api() -> None:
    found = pod()
    (container,) = found["containers"]
    assert found["automountServiceAccountToken"] is False and "hostNetwork" not in found
    assert found["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert all(mount["readOnly"] for mount in container["volumeMounts"])
    # A drain refuses pods whose emptyDir it would lose.
    assert not [volume for volume in found["volumes"] if "emptyDir" in volume or "hostPath" in volume]


def test_its_image_is_that_of_the_cluster_also_while_rook_is_upgraded() -> None:
    assert pod()["containers"][0]["image"] == rook_ceph_cluster.CEPH_IMAGE
    old = "quay.io/ceph/ceph:v20.2.2"
    assert pod(**{rook_ceph_cluster.IMAGE: old})["containers"][0]["image"] == old


def test_it_runs_where_ceph_runs_and_leaves_a_dead_node_soon() -> None:
    taint = {"key": "example.net/storage", "effect": "NoSchedule"}
    found = pod(tolerations=[taint])["tolerations"]
    assert {"key": "example.net/storage", "operator": "Exists", "effect": "NoSchedule"} in found
    assert sorted(one["tolerationSeconds"] for one in found if one["effect"] == "NoExecute") == [30, 30]


def test_one_of_somebody_else_is_left_with_a_warning_unless_none_is_wanted() -> None:
    (own,) = rook_ceph_toolbox.render({})
    theirs, ours = Server(own), Server({"metadata": {"labels": {PART_OF: "applyset-x"}}})
    assert rook_ceph_toolbox.of_others(theirs, {})  # type: ignore[arg-type]
    (text,) = rook_ceph_toolbox.warnings(theirs, {})  # type: ignore[arg-type]
    assert "Deployment rook-ceph/rook-ceph-tools) is that of somebody else" in text and "toolbox: false" in text
    for server, params in ((ours, {}), (Server(), {}), (Server(own), {"toolbox": False})):
        assert rook_ceph_toolbox.warnings(server, params) == []  # type: ignore[arg-type]


def test_its_script_writes_what_ceph_reads_and_follows_monitors_and_keys(tmp_path: Path) -> None:
    rook, conf, quick = tmp_path / "rook", tmp_path / "shm/ceph.conf", tmp_path / "bin/sleep"
    files = {
        "monitors/data": "a=10.40.0.1:3300,b=[fd00::2]:3300,c-1=10.40.0.3:3300",
        "key/ceph-username": "client.admin",
        "key/ceph-secret": "AQOLD==",
        "override/config": "[global]\nosd_pool_default_size = 2\n",
    }
    for name, text in files.items():
        (rook / name).parent.mkdir(parents=True, exist_ok=True)
        (rook / name).write_text(text)
    conf.parent.mkdir()
    quick.parent.mkdir()
    quick.write_text("#!/bin/sh\nexec /bin/sleep 0.05\n")
    quick.chmod(0o755)
    env = {"PATH": f"{quick.parent}:{os.environ['PATH']}", "ROOK": str(rook), "CEPH_CONF": str(conf)}
    program = subprocess.Popen(["/bin/bash", "-c", rook_ceph_toolbox.SCRIPT], env=env)
    try:
        until(conf, "mon_host = 10.40.0.1:3300,[fd00::2]:3300,10.40.0.3:3300\n")
        assert f"keyring = {conf.parent}/keyring\n[global]\nosd_pool_default_size = 2\n" in conf.read_text()
        keyring = conf.parent / "keyring"
        assert keyring.read_text() == "[client.admin]\nkey = AQOLD==\n" and keyring.stat().st_mode & 0o777 == 0o600
        (rook / "key/ceph-secret").write_text("AQNEW==")
        until(keyring, "key = AQNEW==\n")
        (rook / "monitors/data").write_text("d=10.40.0.4:3300")
        until(conf, "mon_host = 10.40.0.4:3300\n")
        (rook / "monitors/data").write_text("")
        time.sleep(0.3)
        assert "10.40.0.4" in conf.read_text(), "what was known stays while Rook writes nothing"
        program.terminate()
        assert program.wait(5) == 0
    finally:
        program.kill()
        program.wait()


def until(path: Path, text: str) -> None:
    end = time.monotonic() + 10
    while not path.exists() or text not in path.read_text():
        assert time.monotonic() < end, path.read_text() if path.exists() else f"no {path}"
        time.sleep(0.02)
