# SPDX-License-Identifier: GPL-3.0-or-later
"""plan.yml where nothing is there: each layer says why what it would do is not known, and ends no other's plan."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
import yaml

from .conftest import replaced

ROOT = pathlib.Path(__file__).resolve().parents[3]
NOWHERE: dict[str, Any] = {"ansible_host": "127.0.0.1", "ansible_port": 1}


@pytest.fixture
def model(tmp_path: pathlib.Path) -> pathlib.Path:
    """The model of the lab in a directory of its own, with a place for variables of hosts; its switch is nowhere."""
    (tmp_path / "rack/host_vars").mkdir(parents=True)
    text = (ROOT / "inventories/lab/cloud.yml").read_text()
    (tmp_path / "rack/cloud.yml").write_text(text.replace("unix:/run/groundup/rack/", f"unix:{tmp_path}/"))
    return tmp_path / "rack/cloud.yml"


def variables(model: pathlib.Path, host: str, **values: Any) -> None:
    (model.parent / "host_vars" / f"{host}.yml").write_text(yaml.safe_dump(values))


def planned(play: Any, model: pathlib.Path, *words: str, **extra: Any) -> tuple[dict[str, dict[str, Any]], str]:
    """The layers of plan.json, and the output."""
    done = play("plan", *words, model=model, groundup_plan_directory="plan", **extra)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((model.parent.parent / "plan/plan.json").read_text())
    return {layer["name"]: layer["hosts"] for layer in found["layers"]}, done.stdout


def test_where_nothing_is_there_every_layer_says_so(play: Any, model: pathlib.Path) -> None:
    """No bundle, no provisioner, no switch, no machine; with no ansible.cfg and no callback."""
    for host in ("provisioner", "node1", "node2", "node3"):
        variables(model, host, ansible_connection="ssh", **NOWHERE)
    layers, output = planned(play, model)
    assert list(layers) == [
        "bundle",
        "switch",
        "provisioner",
        "machine",
        "connection",
        "host_network",
        "host_base",
        "container_runtime",
        "kubernetes",
        "network",
        "policies",
        "load_balancer",
    ]
    machines = {"node1", "node2", "node3"}
    assert all(set(layers[name]) == machines for name in list(layers)[3:-3])
    assert [set(layers[name]) for name in list(layers)[-3:]] == [{"cluster", *machines}, {"cluster"}, {"cluster"}]
    assert all(host["why"] and not host["steps"] for hosts in layers.values() for host in hosts.values())
    assert "ovsdb-server runs" in layers["switch"]["leaf1"]["why"]
    assert layers["machine"]["node2"]["why"].startswith("no connection: ")
    assert layers["host_base"]["node1"]["why"] == "no connection"
    assert layers["container_runtime"]["node1"]["why"].startswith("the bundle cannot be used: Failed to connect")
    assert "  Host base\n    node1, node2, node3\n      cannot tell: no connection\n" in output
    assert "  Total: 6 hosts not known in full\n" in output
    assert "Could not match supplied host pattern" not in output
    page = (model.parent.parent / "plan/plan.html").read_text()
    assert "Container runtime" in page and "ovsdb-server runs" in page
    assert not [word for word in ("<script", "<link", "src=", "http-equiv") if word in page], "the page is not alone"


def test_without_a_bundle_the_layers_that_need_none_are_planned(play: Any, model: pathlib.Path) -> None:
    for host in ("node1", "node2", "node3"):
        variables(model, host, ansible_connection="local")
    layers, __ = planned(play, model, "--tags", "host_base,container_runtime")
    assert set(layers) == {"bundle", "host_base", "container_runtime"}
    assert not [host for host in layers["host_base"].values() if "bundle" in (host["why"] or "")]
    assert all(not host["steps"] for host in layers["container_runtime"].values())
    assert all("the bundle cannot be used: " in host["why"] for host in layers["container_runtime"].values())
    assert "groundup.cloud.bundle" in layers["bundle"]["provisioner"]["why"]


def test_wrong_arguments_end_the_plan_of_one_layer_of_one_host(play: Any, model: pathlib.Path) -> None:
    """An argument that the role refuses, and an input in which the library finds a key that does not exist."""
    base: dict[str, Any] = {"journal": {"size": "1G"}}
    variables(model, "node1", ansible_connection="local", host_base_config=base)
    variables(model, "node2", ansible_connection="local", machine_parallel="many")
    variables(model, "node3", ansible_connection="local")
    layers, __ = planned(play, model, "--tags", "switch,machine,host_base")
    assert "machine_parallel" in layers["machine"]["node2"]["why"]
    assert "machine_parallel" not in layers["machine"]["node3"]["why"]
    assert "journal.size" in layers["host_base"]["node1"]["why"]
    assert "journal.size" not in (layers["host_base"]["node2"]["why"] or "")
    assert layers["switch"]["leaf1"]["why"]


def test_a_plan_of_one_machine_has_the_switches_and_the_provisioner(play: Any, model: pathlib.Path) -> None:
    variables(model, "node2", **NOWHERE)
    layers, output = planned(play, model, "--limit", "node2")
    assert set(layers["machine"]) == set(layers["host_base"]) == {"node2"}
    assert "ovsdb-server runs" in layers["switch"]["leaf1"]["why"]
    assert layers["provisioner"]["provisioner"]["why"]
    assert "node1" not in output


def test_existing_machines_without_a_connection_are_said_to_have_none(
    play: Any, model: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """The first command on them is a shell's; its failure to connect is no account without a shell."""
    text = (ROOT / "tests/unit/playbooks/data/no_bmc.cloud.yml").read_text()
    model.write_text(text)
    for host in ("node1", "node2"):
        variables(model, host, **NOWHERE)
    layers, output = planned(play, model, "--tags", "host_base,kubernetes")
    assert {
        name: {host["why"] for host in hosts.values()} for name, hosts in layers.items() if name == "host_base"
    } == {"host_base": {"no connection"}}
    assert set(layers["connection"]) == {"node1", "node2"}
    assert "could not run a command" not in output


FAILING = """\
- name: Fail as systemctl does without systemd
  ansible.builtin.fail: {msg: systemd does not run here}
"""


def test_a_layer_whose_role_cannot_compare_it_ends_no_other_layer_of_the_cluster(
    play: Any, stubs: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    collections = replaced(stubs, tmp_path / "failing")
    (collections / "ansible_collections/groundup/cloud/roles/vm_ha/tasks/probe.yml").write_text(FAILING)
    model, kubeconfig = ROOT / "tests/golden/models/stores.cloud.yml", tmp_path / "kubeconfig"
    kubeconfig.write_text("{}\n")
    secrets = {"vault_edge1": "a", "vault_backups_key": "a"}
    given = {**NOWHERE, **secrets, "groundup_kubeconfig": str(kubeconfig), "collections": collections}
    done = play("plan", "--tags", "storage,fencing", model=model, groundup_plan_directory="plan", **given)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {layer["name"]: layer["hosts"] for layer in json.loads((tmp_path / "plan/plan.json").read_text())["layers"]}
    assert found["fencing"]["cluster"] == {"steps": [], "why": "systemd does not run here"}
    assert found["storage"]["cluster"]["why"] is None and found["storage"]["cluster"]["steps"]
    site = play("site", "--tags", "fencing", model=model, **given)
    assert site.returncode != 0 and "systemd does not run here" in site.stdout + site.stderr
