# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines that join a cluster which others run: the playbooks, and the role kubernetes.

The playbooks, the role and its plan are the real ones. Of modules there are doubles, and of roles where playbooks run.
"""

from __future__ import annotations

import pathlib
import subprocess
from typing import Any

import pytest
import yaml

from ..kube.test_membership import cluster, machine
from .conftest import Run, replaced
from .test_in_turn import Rack, called, config

MODEL = pathlib.Path(__file__).resolve().parents[2] / "golden/models/joined.cloud.yml"
#: The machine that is not deployed has to run systemd, which a container that tests run in need not.
HERE = ("--limit", "all:!old2", "-e", "vault_bmc=throw-away")
#: Stands in for kubernetes_membership on the controller, where machines can or can't join.
SEEN = """\
# SPDX-License-Identifier: GPL-3.0-or-later
module = AnsibleModule({"config": {"type": "dict"}}, supports_check_mode=True)
name = module.params["config"]["node"]["name"]
if FAILS:
    module.fail_json(msg=f"a toy refusal of {name}")
module.exit_json(changed=False, observation={}, settings={})
"""


def over(stubs: pathlib.Path, top: pathlib.Path, *, fails: bool) -> pathlib.Path:
    return replaced(stubs, top / "doubles", kubernetes_membership=SEEN.replace("FAILS", str(fails)))


def local(play: Run, book: str, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """A run whose machines are this one."""
    return play(book, *words, model=MODEL, ansible_connection="local", ansible_become=False, **more)


@pytest.mark.parametrize("book", ["site", "plan"])
def test_a_cluster_that_machines_cannot_join_ends_the_run_before_anything(
    play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path, book: str
) -> None:
    done = local(play, book, collections=over(stubs, tmp_path, fails=True))
    output = done.stdout + done.stderr
    assert done.returncode != 0 and "a toy refusal of cluster" in output, output
    assert "ROLE " not in output


def test_a_run_of_a_layer_below_needs_no_cluster(play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = local(play, "site", "--tags", "host_base", *HERE, collections=over(stubs, tmp_path, fails=True))
    assert done.returncode == 0 and "ROLE host_base/main" in done.stdout, done.stdout + done.stderr
    assert "a toy refusal" not in done.stdout


def test_machines_get_their_layers_and_the_cluster_gets_none(
    play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    done = local(play, "site", "--skip-tags", "prove", *HERE, collections=over(stubs, tmp_path, fails=False))
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    ran = {line.split("ROLE ")[1].split("/")[0] for line in output.splitlines() if "ROLE " in line}
    assert {"machine", "host_network", "host_base", "container_runtime", "kubernetes"} <= ran
    assert not {name for name in ran if name.startswith(("network_", "hosted", "konnect", "rook", "kubevirt", "load"))}


@pytest.mark.parametrize("name", ["theirs", "cluster", "provisioner"])
def test_only_machines_of_the_model_are_drained(play: Run, name: str) -> None:
    done = local(play, "drain", machine=name)
    assert done.returncode != 0 and f"{name} is given; name one machine of the cluster" in done.stdout, done.stdout


def test_a_drain_without_the_kubeconfig_says_where_it_has_to_be(play: Run, tmp_path: pathlib.Path) -> None:
    missing = str(tmp_path / "office.kubeconfig")
    done = local(play, "drain", machine="old2", groundup_kubeconfig=missing)
    assert done.returncode != 0, done.stdout
    assert f"{missing}: there is no such file on the controller" in done.stdout.replace("\n", " ")


def joining(name: str) -> dict[str, Any]:
    acts = name == "cluster"
    node = {"node": {"name": name, "address": "10.30.0.10", "control_plane": acts}} if acts else {}
    return config("n4" if acts else name) | {
        "endpoint": {"address": "10.30.0.10", "port": 6443, "load_balancer": "external"},
        "control_planes": {"cluster": "10.30.0.10"},
        "kubeconfig": "/srv/kubeconfig",
        **node,
    }


@pytest.fixture
def rack(tmp_path: pathlib.Path) -> Rack:
    found = Rack(tmp_path)
    found.hosts = {name: {"kubernetes_config": joining(name)} for name in ("n4", "n5")}
    found.clusters = {"cluster": {"kubernetes_config": joining("cluster")}}
    live = cluster(["n1"], ["n4"])
    acting = machine("n1") | {"name": "cluster", "control_plane": True, "hosted": True, "existing": True, "admin": True}
    found.see(
        cluster=acting | {"cluster": live | {"etcd": []}},
        n4=machine("n4", member=True) | {"existing": True},
        n5=machine("n5") | {"existing": True},
    )
    return found


def test_the_controller_makes_the_token_and_the_new_machine_alone_joins(rack: Rack) -> None:
    log = rack.role()
    assert called(log, "membership")[-1] == "cluster"
    assert called(log, "join") == ["n5"]
    assert called(log, "join_credentials") == ["cluster", "cluster absent"]
    assert called(log, "node_settings") == ["cluster"]
    assert not called(log, "init") and not called(log, "control_plane") and not called(log, "others_healthy")


def test_the_token_is_withdrawn_where_the_join_fails(rack: Rack) -> None:
    rack.fails = ["join n5"]
    assert called(rack.role(), "join_credentials") == ["cluster", "cluster absent"]


def test_machines_stay_as_they_are_where_the_cluster_cannot_be_joined(rack: Rack) -> None:
    rack.fails = ["membership cluster"]
    log = rack.role()
    assert "a toy failure of membership cluster" in rack.output
    assert not called(log, "join") and not called(log, "join_credentials") and not called(log, "node_settings")


def test_a_second_run_makes_no_token(rack: Rack) -> None:
    rack.hosts.pop("n5")
    log = rack.role()
    assert not called(log, "join_credentials") and not called(log, "join")


def test_the_golden_model_is_the_one_that_runs() -> None:
    assert yaml.safe_load(MODEL.read_text())["kubernetes"]["existing"]
