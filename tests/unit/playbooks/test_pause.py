# SPDX-License-Identifier: GPL-3.0-or-later
"""site.yml pauses the fencing of nodes while it changes machines that serve, and ends the pause whatever has failed."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from .conftest import PROBE, ROOT, Run, replaced
from .test_other_network import LOCAL

#: Stands in for node_fence_pause: writes down what it was called for, and answers as the test says.
PAUSE = """\
# SPDX-License-Identifier: GPL-3.0-or-later
spec = {"state": {}, "by": {}, "seconds": {"type": "int"}, "kubeconfig": {"type": "path"}}
module = AnsibleModule(spec, supports_check_mode=True)
with open("LOG", "a") as log:
    log.write(f"{module.params['state']} {module.params['by']} {module.params['seconds']}\\n")
if MESSAGE:
    module.fail_json(msg=MESSAGE)
module.exit_json(changed=True, steps=[])
"""
SAME = "names = []\nmodule.exit_json(changed=False, differs=names, steps={}, serves=False, ready=True)\n"
#: Host layers that are changed in turn on the three control planes of the model.
LAYERS = "host_base,container_runtime"
PRESENT, ABSENT = "present site.yml 1800", "absent site.yml 1800"
Site = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def site(play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path) -> Site:
    """Run the layers of site.yml with stand-ins; the exit code, the calls of the pause, and the output."""
    (tmp_path / "kubeconfig").write_text("{}\n")
    log = tmp_path / "pauses"

    def go(
        *words: str, message: str = "", probe: str = "", fails: str = "", **extra: Any
    ) -> tuple[int, list[str], str]:
        text = PAUSE.replace("LOG", str(log)).replace("MESSAGE", repr(message))
        modules = {"node_fence_pause": text}
        if probe:
            modules["host_probe"] = PROBE.rpartition("names = ")[0] + probe
        collections = replaced(stubs, tmp_path / "judged", **modules)
        if fails:
            task = {"name": "Fail", "ansible.builtin.fail": {"msg": "a toy"}, "when": f"inventory_hostname in {fails}"}
            file = collections / "ansible_collections/groundup/cloud/roles/host_base/tasks/main.yml"
            file.write_text(yaml.safe_dump([task]))
        log.write_text("")
        names = {
            "groundup_kubeconfig": str(tmp_path / "kubeconfig"),
            "groundup_prove": False,
            "fence_pause": True,
            **LOCAL,
        }
        names |= extra
        model = ROOT / "inventories/lab_ha/cloud.yml"
        done = play("site", "--tags", LAYERS, model=model, collections=collections, **names)
        return done.returncode, log.read_text().splitlines(), done.stdout + done.stderr

    return go


def test_a_pause_holds_from_the_first_change_to_the_last(site: Site) -> None:
    code, pauses, output = site()
    assert code == 0, output
    # Once for each of two layers, once for each turn of three control planes, and the end.
    assert pauses == [PRESENT] * 8 + [ABSENT], output


def test_a_run_that_changes_nothing_pauses_nothing(site: Site) -> None:
    code, pauses, output = site(probe=SAME)
    assert (code, pauses) == (0, []), output


def test_the_pause_ends_where_machines_fail(site: Site) -> None:
    code, pauses, output = site(fails="groups['control_plane']")
    assert code == 2 and "a toy" in output
    assert pauses[0] == PRESENT and pauses[-1] == ABSENT and pauses.count(ABSENT) == 1, output


def test_a_pause_of_somebody_else_ends_the_run_before_a_machine_is_changed(site: Site) -> None:
    reason = "fencing is paused by the night shift for another 600 s, not by site.yml"
    code, pauses, output = site(message=reason)
    assert code == 2 and reason in output and pauses == [PRESENT], output
    assert "ROLE host_base" not in output and "ROLE container_runtime" not in output


def test_it_may_be_taken_over_by_its_name(site: Site) -> None:
    code, pauses, output = site(fence_by="the night shift")
    assert code == 0 and set(pauses) == {"present the night shift 1800", "absent the night shift 1800"}, output


def test_a_cluster_that_does_not_answer_is_repaired_all_the_same(site: Site) -> None:
    code, pauses, output = site(message="no answer; run this again once the API answers, which goes on here")
    assert code == 0 and ABSENT not in pauses, output
    assert "Fencing is as it was: no answer" in output and "ROLE host_base/main" in output


def test_where_no_service_fences_nothing_is_paused(site: Site) -> None:
    code, pauses, output = site(fence_pause=False)
    assert (code, pauses) == (0, []) and "ROLE host_base/main" in output, output


def test_machines_without_management_controllers_are_fenced_by_nobody(site: Site) -> None:
    # what the layer below finds out of machines is not known then, and these tests run in a container
    code, pauses, output = site(groundup_below=[], groundup_obstacles=[])
    assert (code, pauses) == (0, []), output
