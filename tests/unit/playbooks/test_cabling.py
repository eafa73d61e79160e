# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that compares cables. The modules that ask switches and machines are doubles, the comparison is not."""

from __future__ import annotations

import csv
import json
import pathlib
from typing import Any

import pytest

from .conftest import ROOT, Run, replaced

LOCAL: dict[str, Any] = {"ansible_connection": "local", "ansible_host": "127.0.0.1"}
MODEL = ROOT / "tests/golden/models/mlag.cloud.yml"
#: leaf1 sees the first NICs of node1 and node2 in each other's ports; leaf2 does not answer.
SWITCH = """\
# SPDX-License-Identifier: GPL-3.0-or-later
module = AnsibleModule({"config": {"type": "dict"}, "gather": {"type": "list"}}, supports_check_mode=True)
name = module.params["config"]["name"]
assert module.params["gather"] == ["ports", "lags", "lldp", "macs"]
if name == "leaf2":
    module.fail_json(msg="switches.leaf2: it refused the login")
seen = {SEEN}
lldp = [{"port": port, "system": node, "port_id": "nic0"} for port, node in seen.items()]
module.exit_json(changed=False, name=name, ports=[], lags=[], lldp=lldp, macs=[], vlans=None, stp=None, untold={})
"""
#: Each machine answers as node3 does.
MACHINE = """\
# SPDX-License-Identifier: GPL-3.0-or-later
module = AnsibleModule({}, supports_check_mode=True)
nics = [{"name": "nic0", "mac": "52:54:00:04:03:00", "up": True}]
heard = [{"nic": "nic0", "system": "leaf1", "port_id": "Ethernet3", "port_description": None, "chassis_id": None}]
module.exit_json(changed=False, nics=nics, neighbours=heard, why="")
"""
SWAPPED = {"Ethernet1": "node2", "Ethernet2": "node1"}
RIGHT = {"Ethernet1": "node1", "Ethernet2": "node2"}


@pytest.fixture
def cabling(play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path) -> Any:
    def go(seen: dict[str, str], *words: str, **given: Any) -> tuple[int, str]:
        doubles = {"switch_info": SWITCH.replace("{SEEN}", repr(seen)), "lldp_info": MACHINE}
        collections = replaced(stubs, tmp_path / "doubles", **doubles)
        given = {"vault_switch": "secret", "vault_bmc": "secret", **given}
        done = play("cabling", *words, model=MODEL, collections=collections, **given)
        return done.returncode, done.stdout + done.stderr

    return go


def states(home: pathlib.Path) -> dict[str, str]:
    found = json.loads((home / "cables.json").read_text())
    return {f"{row['machine']}.{row['nic']}": row["state"] for row in found["cables"]}


def test_swapped_cables_end_the_run_and_are_in_the_files(cabling: Any, tmp_path: pathlib.Path) -> None:
    status, text = cabling(SWAPPED, **LOCAL)
    assert status == 2 and "Traceback" not in text
    assert "node1.nic0 and node2.nic0 are swapped. Swap the cables or correct the model" in " ".join(text.split())
    assert "leaf2: it refused the login" in text
    found = states(tmp_path / "build/cabling")
    assert (found["node1.nic0"], found["node2.nic0"], found["node3.nic0"]) == (
        "contradicting",
        "contradicting",
        "agreed",
    )
    assert found["node1.nic1"] == "silent"
    with (tmp_path / "build/cabling/cables.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(found)


def test_machines_that_cannot_be_reached_are_silent_with_the_reason(cabling: Any, tmp_path: pathlib.Path) -> None:
    home = tmp_path / "elsewhere"
    status, text = cabling(RIGHT, cabling_directory=str(home), ansible_host="127.0.0.1", ansible_port=1)
    assert status == 0, text
    assert states(home) == {
        "node1.nic0": "agreed",
        "node1.nic1": "silent",
        "node2.nic0": "agreed",
        "node2.nic1": "silent",
        "node3.nic0": "silent",
        "node3.nic1": "silent",
    }
    notes = {row["nic"]: row["note"] for row in json.loads((home / "cables.json").read_text())["cables"]}
    assert "it cannot be reached" in notes["nic1"] and "Connection refused" in notes["nic1"]


def test_a_limit_shows_the_cables_of_its_hosts(cabling: Any, tmp_path: pathlib.Path) -> None:
    status, text = cabling(RIGHT, "--limit", "node3,leaf1", **LOCAL)
    assert status == 0, text
    found = json.loads((tmp_path / "build/cabling/cables.json").read_text())["cables"]
    assert {row["machine"] for row in found if row["switch"] == "leaf2"} == {"node3"}
    assert len([row for row in found if row["switch"] == "leaf1"]) == 3
    assert next(row for row in found if row["switch"] == "leaf2")["note"].startswith("leaf2: the limit of this run")
