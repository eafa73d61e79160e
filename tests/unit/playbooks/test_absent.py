# SPDX-License-Identifier: GPL-3.0-or-later
"""ROLE_state: absent reaches the comparison of the cluster's layers, so that site.yml runs the role that removes it."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from .conftest import CLUSTER_PROBE, Run, replaced

LOCAL: dict[str, Any] = {"ansible_connection": "local", "ansible_host": "127.0.0.1"}
#: Everything is as the model says; what is to be absent is there.
PRESENT = """
absent = module.params["absent"]
module.exit_json(changed=False, differs=absent, steps={name: [f"remove {name}"] * (name in absent) for name in names})
"""


@pytest.mark.parametrize(
    ("given", "removed"),
    [({}, []), ({"network_flannel_state": "absent"}, ["network_flannel"]), ({"network_policies_state": "present"}, [])],
    ids=["nothing said", "absent", "present"],
)
def test_the_role_of_a_layer_that_is_to_be_absent_runs(
    play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path, given: dict[str, str], removed: list[str]
) -> None:
    judged = CLUSTER_PROBE.rpartition("module.exit_json")[0] + PRESENT
    collections = replaced(stubs, tmp_path / "judged", cluster_probe=judged)
    (tmp_path / "kubeconfig").write_text("{}\n")
    names = {"groundup_kubeconfig": str(tmp_path / "kubeconfig"), **given, **LOCAL}
    done = play("site", "--tags", "network,policies", collections=collections, **names)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    ran = [f"network_{name}" for name in ("flannel", "policies") if f"ROLE network_{name}/main" in output]
    assert ran == removed, output
