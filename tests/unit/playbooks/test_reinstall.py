# SPDX-License-Identifier: GPL-3.0-or-later
"""Control planes of one cluster are not erased together, nor while another one is not healthy.

The playbook is the real one; the roles and the module that asks a control plane are doubles.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from .conftest import ROOT, Run, replaced
from .test_other_network import LOCAL

#: Stands in for kubernetes_others_healthy: notes who was asked, and answers as ANSWERS says.
ASKED = """\
# SPDX-License-Identifier: GPL-3.0-or-later
spec = {"config": {"type": "dict"}, "consequence": {}, "replaced": {"type": "list"}, "serving": {"type": "bool"}}
module = AnsibleModule(spec, supports_check_mode=True)
name = module.params["config"]["node"]["name"]
with open("LOG", "a") as log:
    log.write(f"{name} without {' '.join(module.params['replaced'])} {module.params['serving']}\\n")
answer = ANSWERS.get(name)
if answer == "unreachable":
    module.exit_json(changed=False, unreachable=True, msg="no route to host")
if answer:
    module.fail_json(msg=f"{module.params['consequence']}, since {answer}")
module.exit_json(changed=False, steps=[])
"""
BOTH = ["node1 without node3 True", "node2 without node3 True"]
Outcome = tuple[int, list[str], str]


def site(play: Run, stubs: pathlib.Path, top: pathlib.Path, again: list[str], *words: str, **answers: str) -> Outcome:
    """Run the stage of machines over three control planes; the exit status, who was asked, and the output."""
    log = top / "asked"
    log.write_text("")
    text = ASKED.replace("LOG", str(log)).replace("ANSWERS", repr(answers))
    collections = replaced(stubs, top / "judged", kubernetes_others_healthy=text)
    model = ROOT / "inventories/lab_ha/cloud.yml"
    extra = {**LOCAL, "machine_reinstall": again, "groundup_prove": False}
    done = play("site", "--tags", "machine", *words, model=model, collections=collections, **extra)
    return done.returncode, log.read_text().splitlines(), done.stdout + done.stderr


def test_the_others_are_asked_before_a_control_plane_is_erased(
    play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    code, asked, output = site(play, stubs, tmp_path, ["node3"])
    assert (code, asked) == (0, BOTH), output
    assert "ROLE machine/main" in output


def test_nothing_is_erased_while_another_one_is_ill(play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """A limit to the machine leaves the others out, and they are asked all the same."""
    code, asked, output = site(play, stubs, tmp_path, ["node3"], "--limit", "node3", node2="node1 does not serve")
    assert code == 2 and asked == BOTH and "node3 is not deployed again, since node1 does not serve" in output, output
    assert "ROLE machine/main" not in output


def test_nothing_is_erased_while_another_one_is_silent(play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path) -> None:
    code, _asked, output = site(play, stubs, tmp_path, ["node3"], node1="unreachable")
    text = "node3 is not deployed again, since nobody knows whether the cluster lives on without it: node1 can't be"
    assert code == 2 and text in " ".join(output.split()), output
    assert "ROLE machine/main" not in output


def test_two_of_three_are_refused(play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path) -> None:
    code, asked, output = site(play, stubs, tmp_path, ["node3", "node2"])
    assert code == 2 and asked == [] and "ROLE machine/main" not in output
    text = "machine_reinstall names the control planes node2, node3, and the cluster has to live on with node1"
    assert text in " ".join(output.split()), output


@pytest.mark.parametrize("again", [["node1", "node2", "node3"], []], ids=["all", "none"])
def test_where_all_are_erased_or_none_nobody_is_asked(
    play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path, again: list[str]
) -> None:
    code, asked, output = site(play, stubs, tmp_path, again)
    assert (code, asked) == (0, []), output
    assert "ROLE machine/main" in output


Planned = tuple[dict[str, Any], list[str], str]


def plan(play: Run, stubs: pathlib.Path, top: pathlib.Path, again: Any, *words: str, **answers: str) -> Planned:
    """Plan the same stage; what is planned of each machine, who was asked, and the output."""
    log = top / "asked"
    log.write_text("")
    text = ASKED.replace("LOG", str(log)).replace("ANSWERS", repr(answers))
    collections = replaced(stubs, top / "planned", kubernetes_others_healthy=text)
    extra = {**LOCAL, "machine_reinstall": again, "groundup_plan_directory": "plan"}
    model = ROOT / "inventories/lab_ha/cloud.yml"
    done = play("plan", "--tags", "machine", *words, model=model, collections=collections, **extra)
    assert done.returncode == 0, done.stdout + done.stderr
    layers = {layer["name"]: layer["hosts"] for layer in json.loads((top / "plan/plan.json").read_text())["layers"]}
    return layers["machine"], log.read_text().splitlines(), done.stdout + done.stderr


def test_a_plan_asks_the_others_too(play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path) -> None:
    machines, asked, output = plan(play, stubs, tmp_path, ["node3"])
    assert asked == BOTH, output
    assert all(machine == {"steps": ["add something"], "why": None} for machine in machines.values())


def test_a_plan_shows_that_several_are_refused(play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path) -> None:
    machines, asked, output = plan(play, stubs, tmp_path, ["node3", "node2"])
    text = "machine_reinstall names the control planes node2, node3, and the cluster has to live on with node1"
    assert asked == [] and machines["node1"]["steps"], output
    for name in ("node2", "node3"):
        assert machines[name]["steps"] == [] and text in machines[name]["why"]
    assert text in " ".join(output.split())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("node1 does not serve", "node3 is not deployed again, since node1 does not serve"),
        ("unreachable", "nobody knows whether the cluster lives on without it: node2 can't be reached"),
    ],
)
def test_a_plan_shows_that_another_one_is_not_healthy(
    play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path, answer: str, why: str
) -> None:
    """With a limit as well; the plans of the other hosts go on."""
    machines, __, output = plan(play, stubs, tmp_path, ["node3"], "--limit", "node3,node1", node2=answer)
    assert machines["node3"]["steps"] == [] and why in machines["node3"]["why"], output
    assert machines["node1"] == {"steps": ["add something"], "why": None}


@pytest.mark.parametrize("book", ["plan", "site"])
@pytest.mark.parametrize(
    ("again", "message"),
    [
        (["nod3"], "machine_reinstall: nod3 is no machine of this model; did you mean node3?"),
        ("node3", "machine_reinstall: 'node3' is not a list"),
    ],
)
def test_a_name_that_is_no_machine_ends_the_run(
    play: Run, stubs: pathlib.Path, book: str, again: Any, message: str
) -> None:
    model = ROOT / "inventories/lab_ha/cloud.yml"
    done = play(book, model=model, collections=stubs, machine_reinstall=again, groundup_prove=False, **LOCAL)
    output = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 2 and message in output and "ROLE " not in output, output
