# SPDX-License-Identifier: GPL-3.0-or-later
"""One bad change must not take all control planes: the role kubernetes and the play of a layer.

The role, its plan of membership and the playbooks are the real ones. The modules are doubles: each only writes what it
was called for into a log, and fails where the test says so.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
import yaml

from ..kube.test_membership import cluster, machine
from ..test_readmes import TOOL as README

ROOT = pathlib.Path(__file__).resolve().parents[3]
DOUBLE = """
import json, pathlib
from ansible.plugins.action import ActionBase

HERE = pathlib.Path({here!r})


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        params = self._task.args
        node = params.get("kubernetes", params["config"]).get("node") or {{"name": task_vars["inventory_hostname"]}}
        key = "{name} " + node["name"]
        called = key + (" in turn" if params.get("in_turn") else "") + (" watched" if params.get("watched") else "")
        with (HERE / "log").open("a") as log:
            words = [called, *(["absent"] if params.get("state") == "absent" else []), *params.get("replaced", [])]
            log.write(" ".join(words) + "\\n")
        script = json.loads((HERE / "script.json").read_text())
        if called.removesuffix(" watched") in script["fails"]:
            return {{"failed": True, "msg": "a toy failure of " + key}}
        result = {{"changed": True, "steps": [], "discovery": {{}}, "settings": params["config"]}}
        result |= {{"postponed": False, "member": False, "serves": True, "kubelet": ""}}
        result |= script["results"].get(key, {{}})
        return result | ({{"postponed": False}} if params.get("in_turn") else {{}})
"""
MODULES = (
    "container_runtime",
    "host_base",
    "host_network",
    "hosted_control_plane",
    "kubernetes_control_plane",
    "kubernetes_init",
    "kubernetes_join",
    "kubernetes_join_credentials",
    "kubernetes_membership",
    "kubernetes_node_ready",
    "kubernetes_node_settings",
    "kubernetes_others_healthy",
    "kubernetes_prepare",
    "node_fence_pause",  # only named: no machine has a management controller
)
ADDRESS = {f"n{number}": f"10.30.0.2{number}" for number in range(1, 5)}
MORE = {f"n{number}": f"10.30.0.2{number}" for number in range(5, 9)}
PLANES = ["n1", "n2", "n3"]
WORKERS = ["n4", "n5", "n6"]


def config(name: str) -> dict[str, t.Any]:
    """The role's variable of a machine."""
    return {
        "cluster": "rack1",
        "version": "1.36.3",
        "files": {},
        "endpoint": {"address": "10.30.0.10", "interface": "x"},
        "pods": "10.64.0.0/14",
        "services": "10.96.0.0/16",
        "node": {"name": name, "address": (ADDRESS | MORE)[name], "control_plane": name in PLANES},
        "control_planes": {plane: ADDRESS[plane] for plane in PLANES},
        "encryption": False,
    }


class Rack:
    """Three control planes and a worker on this machine."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self.results: dict[str, dict[str, t.Any]] = {}
        self.fails: list[str] = []
        self.clusters: dict[str, dict[str, t.Any]] = {}
        self.output = ""
        home = root / "collections/ansible_collections/groundup/cloud"
        (home / "plugins/action").mkdir(parents=True)
        for name in ("roles", "meta", "galaxy.yml", "plugins/filter", "plugins/module_utils"):
            (home / name).symlink_to(ROOT / name)
        for name in MODULES:
            text = DOUBLE.format(here=str(root), name=name.removeprefix("kubernetes_"))
            (home / f"plugins/action/{name}.py").write_text(text)
        (root / "kubeconfig").write_text("")
        (root / "ansible.cfg").write_text(
            "[defaults]\ninternal_poll_interval = 0.01\n[connection]\npipelining = true\n"
        )
        self.hosts: dict[str, dict[str, t.Any]] = {name: {"kubernetes_config": config(name)} for name in ADDRESS}

    def see(self, **observations: dict[str, t.Any]) -> None:
        """What the membership of each machine is."""
        for name, seen in observations.items():
            self.results[f"membership {name}"] = {"observation": seen, "changed": False}

    def run(self, book: list[dict[str, t.Any]]) -> list[str]:
        """Run a playbook; the log of the modules."""
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        groups = {"machines": {"hosts": self.hosts}, "provisioners": {"hosts": {"provisioner": {}}}}
        groups["clusters"] = {"hosts": self.clusters}
        (self.root / "inventory.yml").write_text(yaml.safe_dump({"all": {"vars": local, "children": groups}}))
        (self.root / "book.yml").write_text(yaml.safe_dump(book))
        (self.root / "script.json").write_text(json.dumps({"fails": self.fails, "results": self.results}))
        (self.root / "log").write_text("")
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(self.root / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.root / "collections"),
            "ANSIBLE_ROLES_PATH": str(self.root / "roles"),
            "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
            "ANSIBLE_NOCOLOR": "1",
        }
        words = [str(pathlib.Path(sys.executable).parent / "ansible-playbook"), "-i", "inventory.yml", "book.yml"]
        done = subprocess.run(words, cwd=self.root, env=environment, capture_output=True, text=True, check=False)
        self.output = done.stdout + done.stderr
        assert (done.returncode != 0) == bool(self.fails), self.output
        return (self.root / "log").read_text().splitlines()

    def fatal(self, text: str) -> list[str]:
        """Failures that say this."""
        return [line for line in self.output.splitlines() if line.startswith("fatal: ") and text in line]

    def role(self, hosts: str = "machines") -> list[str]:
        """Run the role kubernetes."""
        play = {"hosts": hosts, "gather_facts": False, "roles": [{"role": "groundup.cloud.kubernetes"}]}
        return self.run([play | {"vars": {"kubernetes_kubeconfig": str(self.root / "kubeconfig")}}])


@pytest.fixture
def rack(tmp_path: pathlib.Path) -> Rack:
    return Rack(tmp_path)


def blank(name: str) -> dict[str, t.Any]:
    return machine(name, cp=name in PLANES)


def member(name: str, live: dict[str, t.Any], **changes: t.Any) -> dict[str, t.Any]:
    plane = name in PLANES
    return machine(name, cp=plane, member=True, cluster=live if plane else None, **changes)


def called(log: list[str], module: str) -> list[str]:
    """For whom a module was called, in that order."""
    return [line.split(" ", 1)[1] for line in log if line.split()[0] == module]


def test_when_the_machine_that_makes_the_cluster_fails_the_others_say_that_they_wait_for_it(rack: Rack) -> None:
    rack.see(**{name: blank(name) for name in ADDRESS})
    rack.fails = ["init n1"]
    log = rack.role()
    assert called(log, "init") == ["n1"]
    assert not called(log, "join_credentials") and not called(log, "join")
    text = "n1 makes the cluster, and failed, for the reason that is reported for it; n2, n3, n4 did not join"
    assert len(rack.fatal(text)) == 1 and len(rack.fatal("a toy failure of init n1")) == 1
    assert "admin.conf" not in rack.output


def test_a_machine_that_makes_the_cluster_and_takes_no_part_is_named(rack: Rack) -> None:
    rack.see(**{name: blank(name) for name in ADDRESS})
    rack.fails = ["nothing"]
    log = rack.role("machines:!n1")
    assert not called(log, "init") and not called(log, "join_credentials") and not called(log, "join")
    text = "n1 makes the cluster, and the limit of this run leaves it out, or it failed before; n2, n3, n4 did not join"
    assert len(rack.fatal(text)) == 1


def test_a_new_cluster_is_made_with_one_control_plane_after_another(rack: Rack) -> None:
    rack.see(**{name: blank(name) for name in ADDRESS})
    rack.hosts["n1"]["kubernetes_config"]["root"] = str(rack.root)  # where its admin.conf is
    (rack.root / "etc/kubernetes").mkdir(parents=True)
    (rack.root / "etc/kubernetes/admin.conf").write_text("credentials")
    log = rack.role()
    assert called(log, "join")[:2] == ["n2", "n3"] and called(log, "join")[2:] == ["n4"]
    assert (rack.root / "kubeconfig").read_text() == "credentials"


def test_a_control_plane_that_does_not_join_stops_those_after_it_and_no_worker(rack: Rack) -> None:
    live = cluster(["n1"], [])
    rack.see(n1=member("n1", live), **{name: blank(name) for name in ("n2", "n3", "n4")})
    rack.fails = ["join n2"]
    log = rack.role()
    assert called(log, "join") == ["n2", "n4"]
    assert "n2 failed, for the reason that is reported for it; the control planes after it" in rack.output
    assert "join_credentials n1 absent" in log, "the credentials are withdrawn whatever happened"


def stale(rack: Rack, **changes: t.Any) -> None:
    """All control planes differ."""
    live = cluster(PLANES, ["n4"])
    rack.see(**{name: member(name, live, **(changes if name in PLANES else {})) for name in ADDRESS})


def test_the_second_control_plane_is_not_touched_after_the_first_failed(rack: Rack) -> None:
    stale(rack, stale=["cluster"], due={"pki/apiserver.crt": 30})
    rack.fails = ["control_plane n2"]
    assert called(rack.role(), "control_plane") == ["n1", "n2"]
    assert len(rack.fatal("n2 failed, for the reason that is reported for it; the control planes after it")) == 1


def test_after_a_renewal_the_controller_gets_the_kubeconfig_of_a_hosted_control_plane(rack: Rack) -> None:
    (rack.root / "etc/kubernetes").mkdir(parents=True)
    (rack.root / "etc/kubernetes/admin.conf").write_text("new credentials")
    rack.results["hosted_control_plane n1"] = {"renewed": True}
    variables = {
        "kubernetes_kubeconfig": str(rack.root / "kubeconfig"),
        "kubernetes_config": config("n1") | {"root": str(rack.root)},
        "hosted_control_plane_config": {"bundle_dir": "/bundle"},
    }
    role = {"role": "groundup.cloud.hosted_control_plane", "vars": variables}
    rack.run([{"hosts": "n1", "gather_facts": False, "roles": [role]}])
    assert (rack.root / "kubeconfig").read_text() == "new credentials"


def test_kubelets_of_control_planes_that_serve_are_changed_one_after_another(rack: Rack) -> None:
    stale(rack)
    for name in PLANES:  # n3 was installed anew, and can't be healthy before it has joined again
        rack.results[f"prepare {name}"] = {"postponed": name != "n3", "changed": False, "member": name != "n3"}
    rack.fails = ["prepare n2 in turn"]
    log = rack.role()
    assert sorted(called(log, "prepare")[:4]) == list(ADDRESS)
    assert called(log, "prepare")[4:] == ["n1 in turn watched n3", "n2 in turn watched n3"]
    assert not called(log, "membership"), "nothing more is done to this cluster"


def test_a_control_plane_that_does_not_serve_is_repaired_before_the_others_are_changed(rack: Rack) -> None:
    """The others are only changed while it is healthy, so it would never get its turn after them."""
    live = cluster(PLANES, ["n4"])
    stale(rack, stale=["cluster"])
    rack.see(n3=member("n3", live | {"own": False}, stale=["cluster"]))
    for name in PLANES:
        rack.results[f"prepare {name}"] = {"postponed": True, "changed": False, "member": True, "serves": name != "n2"}
    log = rack.role()
    assert called(log, "prepare")[4:] == [f"{name} in turn watched" for name in ("n2", "n1", "n3")]
    assert called(log, "control_plane") == ["n3", "n1", "n2"]


def workers(rack: Rack, **kubelets: str) -> None:
    """These workers, n4 too, are ready nodes whose kubelets would be restarted, with these settings."""
    rack.hosts |= {name: {"kubernetes_config": config(name)} for name in MORE if name in kubelets}
    live = cluster(PLANES, ["n4"])
    addresses = ADDRESS | {name: MORE[name] for name in MORE if name in kubelets}
    live["nodes"] |= {name: {"ready": True, "control_plane": False, "address": addresses[name]} for name in kubelets}
    rack.see(**{name: member(name, live) for name in addresses})
    for name, settings in kubelets.items():
        rack.results[f"prepare {name}"] = {"postponed": True, "changed": False, "kubelet": settings}


def turns(log: list[str]) -> list[str]:
    return [line for line in called(log, "prepare") if " in turn" in line]


def test_the_kubelet_of_one_worker_is_restarted_before_those_of_the_others(rack: Rack) -> None:
    workers(rack, n6="a", n5="a", n4="a")
    log = rack.role()
    assert turns(log)[0] == "n4 in turn watched" and sorted(turns(log)[1:]) == ["n5 in turn", "n6 in turn"]
    assert log.index("node_settings n1") < log.index("prepare n4 in turn watched"), "machines that join do not wait"


def test_workers_with_other_settings_have_a_first_one_of_their_own(rack: Rack) -> None:
    workers(rack, n4="b", n5="a", n6="b", n7="", n8="a")
    first, *others = turns(rack.role())
    assert first == "n4 in turn watched"
    assert sorted(others[:2]) == ["n5 in turn watched", "n7 in turn watched"]
    assert sorted(others[2:]) == ["n6 in turn", "n8 in turn"]


@pytest.mark.parametrize(
    ("fails", "done", "lost"),
    [
        (["n4"], ["n4"], "n4"),
        (["n5", "n7"], ["n4", "n5", "n7"], "n5 and n7"),
    ],
)
def test_the_other_workers_are_left_as_they_are_when_the_first_fails(
    rack: Rack, fails: list[str], done: list[str], lost: str
) -> None:
    workers(rack, n4="b", n5="a", n6="b", n7="", n8="a")
    rack.fails = [f"prepare {name} in turn" for name in fails]
    assert sorted(line.split()[0] for line in turns(rack.role())) == done
    text = f"{lost} failed, for the reason that is reported for it; the workers after it are left as they are"
    assert len(rack.fatal(text)) == 1, rack.output


def test_a_worker_of_the_last_round_that_fails_is_reported_alone(rack: Rack) -> None:
    workers(rack, n4="", n5="", n6="")
    rack.fails = ["prepare n5 in turn"]
    assert len(turns(rack.role())) == 3
    assert "are left as they are" not in rack.output and len(rack.fatal("")) == 1


def test_a_limit_to_workers_has_a_first_one_of_those(rack: Rack) -> None:
    workers(rack, n4="", n5="", n6="")
    assert turns(rack.role("n5:n6")) == ["n5 in turn watched", "n6 in turn"]


def test_a_control_plane_that_a_limit_leaves_out_may_be_down(rack: Rack) -> None:
    """A new worker joins through those that answer."""
    live = cluster(PLANES, [])
    rack.see(n2=member("n2", live), n3=member("n3", live), n4=blank("n4"))
    rack.results["membership n1"] = {"unreachable": True, "msg": "no route to host"}
    assert called(rack.role("n4"), "join") == ["n4"]


def test_a_control_plane_that_a_limit_leaves_out_and_that_cannot_be_read_is_an_error(rack: Rack) -> None:
    live = cluster(PLANES, [])
    rack.see(n2=member("n2", live), n3=member("n3", live), n4=blank("n4"))
    rack.fails = ["membership n1"]
    assert not called(rack.role("n4"), "join")
    assert len(rack.fatal("n1: a toy failure of membership n1")) == 1


def test_a_worker_alone_is_not_watched(rack: Rack) -> None:
    workers(rack, n4="")
    assert turns(rack.role()) == ["n4 in turn"]


def test_a_new_worker_joins_before_the_others_have_their_turn(rack: Rack) -> None:
    workers(rack, n4="", n5="")
    rack.hosts["n6"] = {"kubernetes_config": config("n6")}
    rack.see(n6=blank("n4") | {"name": "n6", "address": MORE["n6"]})
    log = rack.role()
    assert called(log, "join") == ["n6"]
    assert log.index("join n6") < log.index("prepare n4 in turn watched") < log.index("prepare n5 in turn")


def layer(rack: Rack, tmp_path: pathlib.Path, broken: str = "", ready: str = "", in_turn: bool = True) -> list[str]:
    """Run the play of the layer host_network, with a toy role, on all machines; what was done, in that order.

    :param broken: the control plane that does not serve.
    :param ready: the workers whose nodes have to stay ready.
    """
    rack.hosts |= {name: {"kubernetes_config": config(name)} for name in MORE if name in ready.split()}
    (tmp_path / "roles/toy/tasks").mkdir(parents=True, exist_ok=True)
    line = "{{ 'fails' if inventory_hostname in groundup_failing else 'done' }} {{ inventory_hostname }}"
    tasks = [
        {"name": "Write", "ansible.builtin.shell": f"echo '{line}' >> {rack.root}/log"},
        {
            "name": "Fail",
            "ansible.builtin.fail": {"msg": "a toy failure"},
            "when": "inventory_hostname in groundup_failing",
        },
    ]
    (tmp_path / "roles/toy/tasks/main.yml").write_text(yaml.safe_dump(tasks))
    entry = {"name": "host_network", "role": "toy", "input": "toy_config", **({"in_turn": True} if in_turn else {})}
    for name, host in rack.hosts.items():
        host |= {"groundup_layers": [entry], "groundup_probe": {"serves": name in PLANES, "differs": []}}
        host["groundup_probe"] |= {"ready": name != broken, "worker": name in ready.split(), "short": []}
        host["groundup_failing"] = [word.split()[1] for word in rack.fails if word.startswith("role ")]
    probe = yaml.safe_load((ROOT / "playbooks/tasks/probe.yml").read_text())
    (collect,) = (task for task in probe if task["name"].startswith("Collect the layers"))
    group = {"ansible.builtin.group_by": {"key": "differs_host_network"}, "when": "inventory_hostname != 'provisioner'"}
    return rack.run(
        [
            {"hosts": "all", "gather_facts": False, "tasks": [collect, group]},
            {
                "ansible.builtin.import_playbook": str(ROOT / "playbooks/apply_layer.yml"),
                "vars": {"groundup_layer": "host_network"},
            },
        ]
    )


def alone(rack: Rack, role: str) -> list[str]:
    """Run what the README of a role shows for nodes; of which hosts what was called, in that order."""
    rack.hosts |= {name: {"kubernetes_config": config(name)} for name in WORKERS}
    for host in rack.hosts.values():
        host["container_runtime_config"] = {"files": {}}
    planes, workers = yaml.safe_load(README.in_turn(ROOT / "roles" / role))
    planes["hosts"], workers["hosts"] = ",".join(PLANES), ",".join(WORKERS)
    return rack.run([planes, workers])


@pytest.mark.parametrize("role", README.IN_TURN)
def test_a_role_alone_runs_on_one_control_plane_after_another_and_on_one_worker_before_others(
    rack: Rack, role: str
) -> None:
    log, planes = alone(rack, role), 2 * len(PLANES)
    assert log[:planes] == [line for name in PLANES for line in (f"others_healthy {name}", f"{role} {name}")]
    assert log[planes : planes + 2] == [f"{role} n4", "node_ready n4 watched"]
    assert [sorted(log[planes + first :][:2]) for first in (2, 4)] == [
        [f"{role} n5", f"{role} n6"],
        ["node_ready n5", "node_ready n6"],
    ]


@pytest.mark.parametrize("role", README.IN_TURN[:1])
@pytest.mark.parametrize("fails", ["others_healthy", ""])
def test_a_role_alone_ends_with_the_first_control_plane_that_fails(rack: Rack, role: str, fails: str) -> None:
    rack.fails = [f"{fails or role} n2"]
    log = alone(rack, role)
    assert log[:2] == ["others_healthy n1", f"{role} n1"]
    assert log[2:] == (["others_healthy n2"] if fails else ["others_healthy n2", f"{role} n2"])


@pytest.mark.parametrize("role", README.IN_TURN[:1])
@pytest.mark.parametrize("fails", ["node_ready", ""])
def test_a_role_alone_ends_with_the_first_worker_that_fails(rack: Rack, role: str, fails: str) -> None:
    rack.fails = [f"{fails or role} n4"]
    log = alone(rack, role)[2 * len(PLANES) :]
    assert log == ([f"{role} n4", "node_ready n4 watched"] if fails else [f"{role} n4"])


IN_TURN = ["others_healthy n1", "done n1", "others_healthy n2", "done n2", "others_healthy n3", "done n3"]


def test_a_layer_that_can_cut_control_planes_off_is_changed_on_one_after_another(
    rack: Rack, tmp_path: pathlib.Path
) -> None:
    log = layer(rack, tmp_path)
    assert log == ["done n4", *IN_TURN]


@pytest.mark.parametrize(
    ("fails", "done"),
    [
        ("role n2", [*IN_TURN[:3], "fails n2"]),
        ("others_healthy n2", IN_TURN[:3]),
    ],
)
def test_it_ends_with_the_first_that_fails_or_may_not_be_changed(
    rack: Rack, tmp_path: pathlib.Path, fails: str, done: list[str]
) -> None:
    rack.fails = [fails]
    log = layer(rack, tmp_path)
    assert log == ["done n4", *done]
    assert len(rack.fatal("n2 failed, for the reason that is reported for it; n3 is left as it is")) == 1


def test_a_layer_is_changed_first_on_the_control_plane_that_does_not_serve(rack: Rack, tmp_path: pathlib.Path) -> None:
    log = layer(rack, tmp_path, broken="n3")
    assert log == ["done n4", *IN_TURN[4:], *IN_TURN[:4]]


def test_the_others_are_left_as_they_are_when_the_repair_fails(rack: Rack, tmp_path: pathlib.Path) -> None:
    rack.fails = ["role n3"]
    log = layer(rack, tmp_path, broken="n3")
    assert log == ["done n4", "others_healthy n3", "fails n3"]
    for name in ("n1", "n2"):
        assert len(rack.fatal(f"n3 failed, for the reason that is reported for it; {name} is left as it is")) == 1


def test_a_layer_is_changed_on_one_worker_before_the_others(rack: Rack, tmp_path: pathlib.Path) -> None:
    log = layer(rack, tmp_path, ready="n4 n5 n6")
    assert log[:8] == [*IN_TURN, "done n4", "node_ready n4 watched"]
    assert sorted(log[8:10]) == ["done n5", "done n6"]
    assert sorted(log[10:]) == ["node_ready n5", "node_ready n6"], "no machine waits for those"


@pytest.mark.parametrize(
    ("fails", "done"),
    [("role n4", ["fails n4"]), ("node_ready n4", ["done n4", "node_ready n4 watched"])],
)
def test_the_other_workers_keep_the_layer_as_it_is_when_the_first_fails(
    rack: Rack, tmp_path: pathlib.Path, fails: str, done: list[str]
) -> None:
    rack.fails = [fails]
    assert layer(rack, tmp_path, ready="n4 n5 n6") == [*IN_TURN, *done]
    for name in ("n5", "n6"):
        text = (
            f"n4 failed, for the reason that is reported for it; {name} is left as it is, so that one bad change does"
        )
        assert len(rack.fatal(f"{text} not take all workers")) == 1, rack.output


def test_a_first_worker_that_cannot_be_reached_any_longer_stops_the_others(rack: Rack, tmp_path: pathlib.Path) -> None:
    rack.hosts["n4"]["ansible_connection"] = "ssh"
    rack.hosts["n4"]["ansible_host"] = "127.0.0.1"
    rack.hosts["n4"]["ansible_port"] = 1
    rack.fails = ["nothing"]
    assert layer(rack, tmp_path, ready="n4 n5") == IN_TURN
    assert len(rack.fatal("n4 failed, for the reason that is reported for it; n5 is left as it is")) == 1


def test_workers_that_are_not_ready_are_changed_at_once(rack: Rack, tmp_path: pathlib.Path) -> None:
    """They have nothing to lose, and wait for no one, whatever becomes of those that are."""
    rack.fails = ["role n5"]
    log = layer(rack, tmp_path, ready="n5 n6")
    assert log == ["done n4", *IN_TURN, "fails n5"]
    assert not rack.fatal("n4 is left as it is")


def test_a_worker_that_fails_in_the_last_round_stops_no_other(rack: Rack, tmp_path: pathlib.Path) -> None:
    rack.fails = ["role n5", "node_ready n7"]
    log = layer(rack, tmp_path, ready="n4 n5 n6 n7")
    assert sorted(log[8:]) == ["done n6", "done n7", "fails n5", "node_ready n6", "node_ready n7"]
    assert len(rack.fatal("")) == 2 and "is left as it is" not in rack.output


def test_a_single_worker_is_not_watched(rack: Rack, tmp_path: pathlib.Path) -> None:
    assert layer(rack, tmp_path, ready="n4") == [*IN_TURN, "done n4", "node_ready n4"]


def test_a_control_plane_that_fails_does_not_stop_the_workers(rack: Rack, tmp_path: pathlib.Path) -> None:
    rack.fails = ["role n2"]
    log = layer(rack, tmp_path, ready="n4 n5")
    assert log == [*IN_TURN[:3], "fails n2", "done n4", "node_ready n4 watched", "done n5", "node_ready n5"]
    assert len(rack.fatal("so that one bad change does not take all control planes")) == 1


def test_a_layer_that_takes_no_machine_out_of_service_is_changed_on_all_at_once(
    rack: Rack, tmp_path: pathlib.Path
) -> None:
    assert sorted(layer(rack, tmp_path, ready="n4 n5", in_turn=False)) == [f"done n{number}" for number in range(1, 6)]
