# SPDX-License-Identifier: GPL-3.0-or-later
"""The switches of an MLAG pair are changed one after the other; the module that configures a switch is a double."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

from .conftest import replaced

#: Writes down which switch it was called for, and fails for those that the environment names.
MODULE = """\
# SPDX-License-Identifier: GPL-3.0-or-later
import os
spec = {"config": {"type": "dict"}, "phase": {}, "keep": {"type": "list"}, "cut_consent": {"type": "list"}}
module = AnsibleModule(spec, supports_check_mode=True)
name = module.params["config"]["name"]
for word in ("begin", "end"):
    with open(os.environ["CALLS"], "a") as calls:
        calls.write(f"{word} {name}\\n")
if name in os.environ["FAILS"].split():
    module.fail_json(msg=f"{name} does not answer")
module.exit_json(changed=True, by_hand=[], miscabled=[], steps=[])
"""
PAIRS = {"leaf1": "leaf2", "leaf2": "leaf1", "leaf3": "leaf4", "leaf4": "leaf3", "alone": None}


@pytest.fixture(scope="module")
def collections(stubs: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The real role, and a double of its module."""
    top = replaced(stubs, tmp_path_factory.mktemp("pairs") / "collections", switch_config=MODULE)
    role = top / "ansible_collections/groundup/cloud/roles/switch"
    for file in (role / "tasks").iterdir():
        file.unlink()
    (role / "tasks").rmdir()
    real = pathlib.Path(__file__).resolve().parents[3] / "roles/switch"
    for name in ("tasks", "vars", "defaults"):
        (role / name).symlink_to(real / name)
    return top


def configured(collections: pathlib.Path, here: pathlib.Path, *words: str, fails: str = "") -> tuple[list[str], str]:
    """The calls of the module in a run over all switches, and what the run printed."""
    hosts = {
        name: {"switch_config": {"name": name, **({"mlag_peer": peer} if peer else {})}, "ansible_connection": "local"}
        for name, peer in PAIRS.items()
    }
    (here / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    (here / "play.yml").write_text(
        json.dumps([{"hosts": "all", "gather_facts": False, "roles": ["groundup.cloud.switch"]}])
    )
    calls = here / "calls"
    calls.write_text("")
    (here / "ansible.cfg").write_text("[defaults]\ninternal_poll_interval = 0.01\n")
    environment = {key: value for key, value in os.environ.items() if key != "ANSIBLE_CONFIG"}
    environment |= {"CALLS": str(calls), "FAILS": fails, "ANSIBLE_COLLECTIONS_PATH": str(collections)}
    program = pathlib.Path(sys.executable).parent / "ansible-playbook"
    done = subprocess.run(
        [program, "-i", "hosts.yml", "play.yml", "-f", "10", *words],
        cwd=here, capture_output=True, text=True, env=environment, timeout=120, check=False,
    )  # fmt: skip
    return calls.read_text().splitlines(), done.stdout + done.stderr


def test_the_second_switch_of_a_pair_is_begun_when_the_first_has_ended(
    collections: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    calls, said = configured(collections, tmp_path)
    assert len(calls) == 10, said
    for first, second in (("leaf1", "leaf2"), ("leaf3", "leaf4")):
        assert calls.index(f"end {first}") < calls.index(f"begin {second}")
    begun = [line.removeprefix("begin ") for line in calls if line.startswith("begin")]
    assert set(begun[:3]) == {"alone", "leaf1", "leaf3"}, "no switch waits for one that is not its peer"


def test_the_second_switch_is_left_if_the_first_failed(collections: pathlib.Path, tmp_path: pathlib.Path) -> None:
    calls, said = configured(collections, tmp_path, fails="leaf1")
    assert "begin leaf2" not in calls and "end leaf4" in calls and "end alone" in calls
    assert "leaf2 is left as it is, since leaf1, the other switch of its pair, failed" in " ".join(said.split())


def test_one_switch_of_a_pair_can_be_configured_alone(collections: pathlib.Path, tmp_path: pathlib.Path) -> None:
    assert configured(collections, tmp_path, "--limit", "leaf2")[0] == ["begin leaf2", "end leaf2"]


def test_a_plan_has_both_whatever_the_first_says(collections: pathlib.Path, tmp_path: pathlib.Path) -> None:
    calls = configured(collections, tmp_path, "--check", fails="leaf1")[0]
    assert "end leaf2" in calls
