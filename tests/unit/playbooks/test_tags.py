# SPDX-License-Identifier: GPL-3.0-or-later
"""A tag runs one layer alone, in site.yml and in plan.yml: no other role, no login that the layer does not need."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
#: Tag -> the role that it runs and its hosts, of inventories/lab.
MACHINES = {"node1", "node2", "node3"}
BELOW = {
    "switch": ("switch", {"leaf1"}),
    "provisioner": ("provisioner", {"provisioner"}),
    "machine": ("machine", MACHINES),
}
LAYERS = {
    "host_network": ("host_network", MACHINES),
    "host_base": ("host_base", MACHINES),
    "container_runtime": ("container_runtime", MACHINES),
    "kubernetes": ("kubernetes", MACHINES),
    "network": ("network_basic", MACHINES),
}
#: Layers of the Kubernetes API: their roles, and the model in tests/golden/models that has them.
API = {
    "policies": ("network_policies", "twelve"),
    "konnectivity": ("konnectivity", "overlay"),
    "attachments": ("multus", "twelve"),
    "load_balancer": ("load_balancer", "twelve"),
    "snapshots": ("snapshot_controller", "stores"),
    "storage": ("rook_ceph", "stores"),
    "disk_images": ("cdi", "stores"),
    "virtual_machines": ("kubevirt", "stores"),
    "golden_images": ("vm_images", "stores"),
    "fencing": ("vm_ha", "stores"),
}
#: Those that are run here: a run takes four seconds of CPU, and the plays of all layers are written alike.
TRIED = ("host_network", "kubernetes", "network")
TRIED_OF_API = ("policies", "konnectivity", "storage")
TRIED_BY_PLAN = ("switch", "machine", "host_base", "kubernetes", "network")
#: Layers of machines that another model has.
MODELS = {"network": ROOT / "inventories/lab_ha/cloud.yml"}
#: Nothing answers there, so a login that is not needed fails the test.
NOWHERE: dict[str, Any] = {"ansible_host": "127.0.0.1", "ansible_port": 1}
LOCAL: dict[str, Any] = {"ansible_connection": "local", "ansible_host": "127.0.0.1"}


def ran(output: str) -> dict[str, set[str]]:
    """Role -> the hosts on which it ran; the check of the last report left out."""
    found: dict[str, set[str]] = {}
    for host, role, entry in re.findall(r'ok: \[(\w+)[^]]*\] => \{\s+"msg": "ROLE (\w+)/(\w+)"', output):
        if entry != "check_report":
            found.setdefault(role, set()).add(host)
    return found


@pytest.mark.parametrize("tag", BELOW)
def test_a_tag_of_site_below_the_machines_logs_in_to_no_machine(play: Any, stubs: pathlib.Path, tag: str) -> None:
    done = play("site", "--tags", tag, collections=stubs, **NOWHERE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ran(done.stdout) == dict([BELOW[tag]])
    assert "UNREACHABLE" not in done.stdout


@pytest.mark.parametrize("tag", TRIED)
def test_a_tag_of_site_runs_that_layer_of_the_machines(play: Any, stubs: pathlib.Path, tag: str) -> None:
    done = play("site", "--tags", tag, model=MODELS.get(tag), collections=stubs, **LOCAL)
    assert done.returncode == 0, done.stdout + done.stderr
    role, hosts = LAYERS[tag]
    found = ran(done.stdout)
    if tag in ("kubernetes", "network"):  # the wait for nodes to be ready belongs to both
        assert found.pop("kubernetes") == MACHINES
        assert found == ({} if tag == "kubernetes" else {role: hosts})
    else:
        assert found == {role: hosts}


@pytest.mark.parametrize(
    "words", [("--tags", "container_runtime"), ("--skip-tags", "kubernetes,prove,machine,network")]
)
def test_a_tag_changes_control_planes_that_serve_in_turn_all_the_same(
    play: Any, stubs: pathlib.Path, words: tuple[str, ...]
) -> None:
    """The layer kubernetes is not compared then, and the machines are control planes nevertheless."""
    done = play("site", *words, model=ROOT / "inventories/lab_ha/cloud.yml", collections=stubs, **LOCAL)
    assert done.returncode == 0, done.stdout + done.stderr
    (runtime,) = re.findall(r"PLAY \[Container runtime\] \*+\n(.*?)(?=PLAY )", done.stdout, re.DOTALL)
    asked = re.findall(r"TASK \[Check that the other control planes are healthy\] \*+\n((?:.+\n)*)", runtime)
    assert [re.findall(r"ok: \[(\w+)\]", lines) for lines in asked] == [["node1"], ["node2"], ["node3"]], runtime


def test_the_tag_of_the_proofs_logs_in_for_proofs_only(play: Any, stubs: pathlib.Path) -> None:
    done = play("site", "--tags", "prove", collections=stubs, **LOCAL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(ran(done.stdout)) == {"prove"}
    compared = re.search(r"Find the layers of the machine that differ\] \*+\n((?:.+\n)*)", done.stdout)
    assert compared and all(line.startswith("skipping") for line in compared[1].splitlines())


def test_a_control_plane_that_is_hosted_has_a_tag_as_well(play: Any, stubs: pathlib.Path) -> None:
    model = ROOT / "inventories/lab_hosted/cloud.yml"
    probed = {"__hosted_control_plane_probe": {"steps": ["start etcd"]}}
    done = play("site", "--tags", "control_plane", model=model, collections=stubs, **NOWHERE, **probed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ran(done.stdout) == {"hosted_control_plane": {"cluster"}}
    assert "UNREACHABLE" not in done.stdout


@pytest.mark.parametrize("layer", TRIED_OF_API)
def test_a_layer_of_the_kubernetes_api_has_a_tag_and_logs_in_to_no_machine(
    play: Any, stubs: pathlib.Path, layer: str, tmp_path: pathlib.Path
) -> None:
    role, name = API[layer]
    model, kubeconfig = ROOT / f"tests/golden/models/{name}.cloud.yml", tmp_path / "kubeconfig"
    kubeconfig.write_text("{}\n")
    # what the role registers that compares itself
    given = {**NOWHERE, "groundup_kubeconfig": str(kubeconfig), f"__{role}_probe": {"steps": ["start it"]}}
    secrets = {"vault_edge1": "horse", "vault_backups_key": "a key"}
    done = play("site", "--tags", layer, model=model, collections=stubs, **secrets, **given)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ran(done.stdout) == {role: {"cluster"}} and "horse" not in done.stdout
    assert "UNREACHABLE" not in done.stdout


@pytest.mark.parametrize("tag", TRIED_BY_PLAN)
def test_a_tag_of_plan_plans_that_layer_alone(play: Any, stubs: pathlib.Path, tag: str, tmp_path: pathlib.Path) -> None:
    where = {**(NOWHERE if tag in BELOW else LOCAL), "groundup_plan_directory": str(tmp_path / "plan")}
    done = play("plan", "--tags", tag, model=MODELS.get(tag), collections=stubs, **where)
    assert done.returncode == 0, done.stdout + done.stderr
    layers = json.loads((tmp_path / "plan/plan.json").read_text())["layers"]
    role, hosts = (BELOW | LAYERS)[tag]
    assert {layer["name"]: set(layer["hosts"]) for layer in layers if layer["name"] != "bundle"} == {tag: hosts}
    assert all(host["steps"] and not host["why"] for layer in layers[-1:] for host in layer["hosts"].values())
    assert ran(done.stdout) == ({role: hosts} if tag in BELOW else {})
    assert "UNREACHABLE" not in done.stdout


def test_the_plays_of_all_layers_of_site_are_written_alike() -> None:
    """So that those which are tried here stand for the others."""
    plays = yaml.safe_load((ROOT / "playbooks/site.yml").read_text())
    layers = {play["vars"]["groundup_layer"]: play for play in plays if "groundup_layer" in (play.get("vars") or {})}
    assert set(layers) == {*LAYERS, "control_plane", *API}
    for name, play in layers.items():
        own = {"name": name.replace("_", " ").capitalize(), "vars": {"groundup_layer": name}, "tags": [name]}
        assert play == {"ansible.builtin.import_playbook": "apply_layer.yml", **own}


@pytest.mark.parametrize("role", [role for role, __ in BELOW.values()])
def test_a_role_that_a_plan_runs_has_no_task_that_is_run_once(role: str) -> None:
    """Where one fails, Ansible fails all other hosts beyond rescue, and so ends their plan."""
    for file in (ROOT / f"roles/{role}/tasks").glob("*.yml"):
        assert "run_once" not in file.read_text(), file
