# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers as data in the playbooks: site.yml runs every layer in its order, by whichever role a host's list names."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load

ROOT = pathlib.Path(__file__).resolve().parents[3]
PLAYBOOKS = ROOT / "playbooks"
INVENTORY: dict[str, Any] = {
    "all": {
        "vars": {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "groundup_serving": [],
            "groundup_workers": [],
        },
        "children": {
            "machines": {
                "hosts": {
                    "node1": {"groundup_layers": [{"name": "host_base", "role": "one", "input": "one_config"}]},
                    "node2": {"groundup_layers": [{"name": "host_base", "role": "other", "input": "other_config"}]},
                    "node3": {"groundup_layers": [{"name": "host_base", "role": "one", "input": "one_config"}]},
                }
            },
            "provisioners": {"hosts": {"provisioner": {}}},
            "clusters": {
                "hosts": {
                    "cluster": {
                        "groundup_layers": [{"name": "network", "role": "toy", "input": "toy_config"}],
                        "toy_config": {"pods": "10.64.0.0/14"},
                    }
                }
            },
        },
    }
}
BOOK = [
    {
        "hosts": "all",
        "gather_facts": False,
        "tags": ["always"],
        "tasks": [
            {
                "ansible.builtin.group_by": {"key": "differs_{{ (groundup_layers | first).name }}"},
                "when": "inventory_hostname in ['node1', 'node2', 'cluster']",
            }
        ],
    },
    *(
        {
            "ansible.builtin.import_playbook": str(PLAYBOOKS / "apply_layer.yml"),
            "vars": {"groundup_layer": layer},
            "tags": [layer],
        }
        for layer in ("host_base", "network", "storage")
    ),
]


@pytest.fixture
def run(tmp_path: pathlib.Path) -> Any:
    """Run the playbook above over the inventory above; the output's lines."""
    for role in ("one", "other", "toy"):
        (tmp_path / f"roles/{role}/tasks").mkdir(parents=True)
        said = f"{role} on {{{{ inventory_hostname }}}} with {{{{ toy_config | default('nothing') }}}}"
        task = {"name": "Say so", "ansible.builtin.debug": {"msg": said}}
        (tmp_path / f"roles/{role}/tasks/main.yml").write_text(yaml.safe_dump([task]))
    (tmp_path / "inventory.yml").write_text(yaml.safe_dump(INVENTORY))
    (tmp_path / "ansible.cfg").write_text("[defaults]\nretry_files_enabled = false\ninternal_poll_interval = 0.01\n")
    (tmp_path / "book.yml").write_text(yaml.safe_dump(BOOK))
    environment = {
        **os.environ,
        "ANSIBLE_ROLES_PATH": str(tmp_path / "roles"),
        "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
        "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
        "ANSIBLE_NOCOLOR": "1",
    }
    program = pathlib.Path(sys.executable).parent / "ansible-playbook"

    def go(*words: str) -> list[str]:
        command = [str(program), "-i", "inventory.yml", "book.yml", *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return [line.strip() for line in done.stdout.splitlines()]

    return go


def said(lines: list[str]) -> list[str]:
    found = [line.removeprefix('"msg": ').removeprefix("msg: ").strip('"') for line in lines if "msg" in line]
    return sorted(found)


def test_each_host_runs_the_role_that_its_list_names(run: Any) -> None:
    """Two providers of one layer side by side, a layer of the cluster, and none on the host that doesn't differ."""
    lines = run()
    assert said(lines) == [
        "one on node1 with nothing",
        "other on node2 with nothing",
        "toy on cluster with {'pods': '10.64.0.0/14'}",
    ]
    assert [line for line in lines if line.startswith("PLAY [")][1].startswith("PLAY [Host base]")


def test_a_tag_runs_one_layer_alone(run: Any) -> None:
    assert said(run("--tags", "network")) == ["toy on cluster with {'pods': '10.64.0.0/14'}"]


@pytest.mark.parametrize("model", ["lab", "lab_ha", "lab_hosted", "lab_cloud", "example"])
def test_site_runs_every_layer_that_a_model_gives_in_its_order(model: str) -> None:
    plays = yaml.safe_load((PLAYBOOKS / "site.yml").read_text())
    stages = [play["vars"]["groundup_layer"] for play in plays if "groundup_layer" in (play.get("vars") or {})]
    derived = derive(load(ROOT / "inventories" / model))
    layers = [layer["name"] for layer in derived.group_vars["machines"]["groundup_layers"]]
    assert [stage for stage in stages if stage in layers] == layers
    of_cluster = [layer["name"] for layer in derived.hostvars["cluster"]["groundup_layers"]]
    assert [stage for stage in stages if stage in of_cluster] == of_cluster
    assert all(play["tags"] == [play["vars"]["groundup_layer"]] for play in plays if "apply_layer" in str(play))


def test_no_provider_is_named_where_layers_are_run() -> None:
    """The names of providers stand in their own files and in the table that chooses one."""
    files = [
        *PLAYBOOKS.rglob("*.yml"),
        ROOT / "plugins/module_utils/model/derive.py",
        *(ROOT / "plugins").glob("callback/*"),
    ]
    naming = [str(file.relative_to(ROOT)) for file in files if file.is_file() and "network_basic" in file.read_text()]
    assert naming == []
