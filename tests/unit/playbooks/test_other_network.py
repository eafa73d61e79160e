# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster that has another network than the model: site.yml ends before it changes a machine, and a plan says why."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from .conftest import CLUSTER_PROBE, PROBE, Run, replaced

REASON = "there is the network cilium, and flannel is wanted"
LOCAL: dict[str, Any] = {"ansible_connection": "local", "ansible_host": "127.0.0.1"}
JUDGED = """
steps = {name: ["refused: REASON"] for name in names}
if module.check_mode:
    module.exit_json(changed=False, differs=names, steps=steps)
module.exit_json(changed=False, differs=names, steps=steps, refused=["REASON"], failed=True, msg="REASON")
""".replace("REASON", REASON)


@pytest.fixture
def refusing(stubs: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    judged = CLUSTER_PROBE.rpartition("module.exit_json")[0] + JUDGED
    return replaced(stubs, tmp_path / "judged", cluster_probe=judged)


@pytest.fixture
def kubeconfig(tmp_path: pathlib.Path) -> str:
    (tmp_path / "kubeconfig").write_text("{}\n")
    return str(tmp_path / "kubeconfig")


def test_a_refusal_of_the_cluster_ends_the_run_before_machines_are_changed(
    play: Run, refusing: pathlib.Path, kubeconfig: str
) -> None:
    done = play(
        "site",
        "--skip-tags",
        "switch,provisioner,machine",
        collections=refusing,
        groundup_kubeconfig=kubeconfig,
        **LOCAL,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 2, output
    assert REASON in output and output.count("Report what the cluster refuses]") == 1
    assert "ROLE " not in done.stdout, output


def test_a_plan_shows_the_refusal_and_goes_on(
    play: Run, refusing: pathlib.Path, kubeconfig: str, tmp_path: pathlib.Path
) -> None:
    words = ("plan", "--tags", "network,host_base")
    given = {"groundup_kubeconfig": kubeconfig, "groundup_plan_directory": str(tmp_path / "plan"), **LOCAL}
    done = play(*words, collections=refusing, **given)
    assert done.returncode == 0, done.stdout + done.stderr
    layers = {layer["name"]: layer for layer in json.loads((tmp_path / "plan/plan.json").read_text())["layers"]}
    assert layers["network"]["hosts"]["cluster"]["why"] == f"refused: {REASON}"
    assert layers["host_base"]["hosts"]["node1"]["steps"]


def test_an_error_of_the_comparison_is_no_refusal(
    play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path, kubeconfig: str
) -> None:
    broken = CLUSTER_PROBE.rpartition("module.exit_json")[0] + 'module.fail_json(msg="the library is missing")\n'
    collections = replaced(stubs, tmp_path / "judged", cluster_probe=broken)
    done = play("site", "--tags", "network", collections=collections, groundup_kubeconfig=kubeconfig, **LOCAL)
    assert done.returncode == 2 and "the library is missing" in done.stdout + done.stderr
    assert "Report what the cluster refuses" in done.stdout and REASON not in done.stdout


def test_what_a_machine_refuses_ends_the_run_where_all_do(
    play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path, kubeconfig: str
) -> None:
    judged = PROBE.rpartition("module.exit_json")[0] + JUDGED.replace("steps=steps", "steps=steps, serves=False")
    collections = replaced(stubs, tmp_path / "judged", host_probe=judged)
    done = play("site", "--tags", "network", collections=collections, groundup_kubeconfig=kubeconfig, **LOCAL)
    assert done.returncode == 2 and f"node1, node2, node3: {REASON}" in done.stdout + done.stderr
    assert "ROLE " not in done.stdout
