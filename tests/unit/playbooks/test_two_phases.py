# SPDX-License-Identifier: GPL-3.0-or-later
"""A switch is widened before the machines change, and narrowed after them. The module of the switch is a double."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
import yaml

from .conftest import ROOT, replaced

LOCAL: dict[str, Any] = {"ansible_connection": "local", "ansible_host": "127.0.0.1"}
#: Writes down how it was called, in a file that host_network's double writes to as well.
MODULE = """\
# SPDX-License-Identifier: GPL-3.0-or-later
import json, pathlib
spec = {"config": {"type": "dict"}, "phase": {}, "keep": {"type": "list"}, "cut_consent": {"type": "list"}}
module = AnsibleModule(spec, supports_check_mode=True)
phase, here = module.params["phase"], pathlib.Path(__import__("os").environ["XDG_STATE_HOME"]).parent
remains = json.loads((here / "remains").read_text()) if phase == "widen" else []
with open(here / "calls", "a") as calls:
    calls.write(" ".join([module.params["config"]["name"], phase, *sorted(module.params["keep"])]) + "\\n")
steps = ["add vlan 50"] if phase == "widen" else ["change lag node1"]
module.exit_json(changed=True, by_hand=[], miscabled=[], steps=steps, remains=remains)
"""
#: Writes the name of its machine, and fails on those that the test says.
NETWORK = [
    {
        "name": "Write the machine",
        "ansible.builtin.lineinfile": {
            "path": "{{ lookup('ansible.builtin.env', 'XDG_STATE_HOME') | dirname }}/calls",
            "line": "{{ inventory_hostname }}",
            "create": True,
        },
        "throttle": 1,
    },
    {
        "name": "Fail",
        "ansible.builtin.fail": {"msg": "its network does not work"},
        "when": "inventory_hostname in failing | default([])",
    },
]


@pytest.fixture(scope="module")
def collections(stubs: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The real playbooks and the real role `switch`."""
    top = replaced(stubs, tmp_path_factory.mktemp("phases") / "collections", switch_config=MODULE)
    roles = top / "ansible_collections/groundup/cloud/roles"
    for file in (roles / "switch/tasks").iterdir():
        file.unlink()
    (roles / "switch/tasks").rmdir()
    for name in ("tasks", "vars", "defaults"):
        (roles / "switch" / name).symlink_to(ROOT / "roles/switch" / name)
    (roles / "host_network/tasks/main.yml").write_text(yaml.safe_dump(NETWORK))
    return top


@pytest.fixture
def site(play: Any, collections: pathlib.Path, tmp_path: pathlib.Path) -> Any:
    """Run site.yml; what the doubles wrote, and the output."""

    def go(*words: str, remains: list[str], book: str = "site", **extra: Any) -> tuple[list[str], str]:
        (tmp_path / "remains").write_text(json.dumps(remains))
        (tmp_path / "calls").write_text("")
        done = play(book, *words, collections=collections, **LOCAL, **extra)
        return (tmp_path / "calls").read_text().splitlines(), done.stdout + done.stderr

    return go


MACHINES = ["node1", "node2", "node3"]
REMAINS = ["change lag node1"]


def test_the_switch_is_narrowed_after_the_machines(site: Any) -> None:
    calls, output = site("--tags", "switch,host_network", remains=REMAINS)
    assert calls[0] == "leaf1 widen" and calls[-1] == "leaf1 narrow", output
    assert sorted(calls[1:-1]) == MACHINES
    assert "leaf1: once the machines have changed: change lag node1" in output


def test_where_nothing_remains_there_is_no_second_phase(site: Any) -> None:
    calls, output = site("--tags", "switch,host_network", remains=[])
    assert calls[0] == "leaf1 widen" and sorted(calls[1:]) == MACHINES, output
    assert "once the machines have changed" not in output


def test_a_machine_that_could_not_change_keeps_its_port(site: Any) -> None:
    calls, output = site("--tags", "switch,host_network", remains=REMAINS, failing=["node2"])
    assert calls[-1] == "leaf1 narrow node2", output


def test_the_tag_of_the_switch_alone_widens_and_says_what_remains(site: Any) -> None:
    calls, output = site("--tags", "switch", remains=REMAINS)
    assert calls == ["leaf1 widen"], output
    assert "leaf1: once the machines have changed: change lag node1" in output


def test_a_limit_keeps_the_ports_of_the_machines_that_it_leaves_out(site: Any) -> None:
    calls, output = site("--limit", "node1", "--tags", "machine,switch,host_network", remains=REMAINS)
    assert calls == ["leaf1 widen", "node1", "leaf1 narrow node2 node3"], output


def test_check_mode_has_both_phases(site: Any) -> None:
    calls, output = site("--tags", "switch,host_network", "--check", remains=REMAINS)
    assert [call for call in calls if call.startswith("leaf1")] == ["leaf1 widen", "leaf1 narrow"], output


def test_a_plan_shows_both_phases(site: Any) -> None:
    calls, output = site("--tags", "switch", remains=REMAINS, book="plan")
    assert calls == ["leaf1 widen"], output
    assert "add vlan 50" in output and "after the machines: change lag node1" in output


def test_the_role_alone_configures_at_once() -> None:
    defaults = yaml.safe_load((ROOT / "roles/switch/defaults/main.yml").read_text())
    assert defaults["switch_phase"] == "exact"
