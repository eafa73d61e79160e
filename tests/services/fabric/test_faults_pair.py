# SPDX-License-Identifier: GPL-3.0-or-later
"""The role `switch` with both switches of an MLAG pair, which are doubles of EOS, in different states."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.eos.driver import Eos
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import plan

from .eos_double import EosDouble

pytestmark = pytest.mark.services
REPO = Path(__file__).parents[3]
PAIR = ("leaf1", "leaf2")


class Leaves:
    """Both switches, and the role for them."""

    def __init__(self, home: Path) -> None:
        self.home, self.doubles = home, dict[str, EosDouble]()
        for name in PAIR:
            (home / name).mkdir()
            self.doubles[name] = EosDouble(home / name)
            self.doubles[name].mlag_domain()
            self.doubles[name].startup = json.loads(json.dumps(self.doubles[name].running))
        self.before = {name: self.state(name) for name in PAIR}

    def state(self, name: str) -> Any:
        return json.loads(json.dumps(self.doubles[name].running))

    def params(self, name: str) -> dict[str, Any]:
        lag = {"name": "node1", "description": "node1.bond0", "members": ["Ethernet1"], "native": 10, "vlans": [10, 20]}
        lag |= {"mtu": 9000, "mlag": 7, "edge": True, "lacp": {"fallback": name == "leaf1"}}
        other = PAIR[1 - PAIR.index(name)]
        vlans = [{"id": 10, "name": "provision"}, {"id": 20, "name": "cluster"}]
        switch = {"name": name, "platform": "eos", "connection": self.doubles[name].connection, "mlag_peer": other}
        return switch | {"lags": [lag], "vlans": vlans}

    def run(self) -> tuple[int, str]:
        """The exit status of a run over both, and what it printed."""
        given = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        hosts = {name: given | {"switch_config": self.params(name)} for name in PAIR}
        (self.home / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}))
        play = {"hosts": "all", "gather_facts": False, "roles": [{"role": "groundup.cloud.switch"}]}
        (self.home / "play.yml").write_text(json.dumps([play]))
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CONFIG": str(REPO / "ansible.cfg")}
        program = str(Path(sys.executable).parent / "ansible-playbook")
        words = [program, "-i", str(self.home / "hosts.json"), str(self.home / "play.yml")]
        done = subprocess.run(words, cwd=REPO, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    def written(self, name: str) -> bool:
        """Whether a switch was given any configuration."""
        return any(command.startswith("configure") for command in self.doubles[name].commands)

    def are_mended(self, *changed: str) -> None:
        """A run changes these, and the next none."""
        for double in self.doubles.values():
            double.commands.clear()
        status, said = self.run()
        assert status == 0, said
        assert [name for name in PAIR if self.written(name)] == list(changed)
        for name in PAIR:
            channel = self.doubles[name].running["interface Port-Channel7"]
            assert "mlag 7" in channel
            assert ("port-channel lacp fallback static" in channel) == (name == "leaf1"), (
                "the leaf of the boot NIC only"
            )
            assert self.doubles[name].startup == self.doubles[name].running
        status, said = self.run()
        assert status == 0 and said.count("changed=0") == 2, said


@pytest.fixture
def leaves(tmp_path: Path) -> Iterator[Leaves]:
    found = Leaves(tmp_path)
    yield found
    for double in found.doubles.values():
        double.close()


def test_the_second_switch_is_left_if_the_first_refuses_and_both_are_mended_later(leaves: Leaves) -> None:
    leaves.doubles["leaf1"].refuse_commit = "VLAN 10 is used internally"
    status, said = leaves.run()
    assert status != 0 and "VLAN 10 is used internally" in said
    assert "leaf2 is left as it is, since leaf1, the other switch of its pair, failed" in said
    assert {name: leaves.state(name) for name in PAIR} == leaves.before and not leaves.written("leaf2")
    leaves.doubles["leaf1"].refuse_commit = ""
    leaves.are_mended("leaf1", "leaf2")


def test_the_second_switch_fails_after_the_first_was_confirmed_and_is_mended_alone(leaves: Leaves) -> None:
    leaves.doubles["leaf2"].refuse_commit = "Internal error"
    status, said = leaves.run()
    assert status != 0 and "Internal error" in said
    assert leaves.state("leaf2") == leaves.before["leaf2"] and leaves.state("leaf1") != leaves.before["leaf1"]
    leaves.doubles["leaf2"].refuse_commit = ""
    leaves.are_mended("leaf2")


def test_an_unconfirmed_change_of_the_first_is_rolled_back_before_both_are_configured(leaves: Leaves) -> None:
    """A killed run: the first has its change, which waits, and the second is as it was."""
    driver, wanted = Eos("leaf1", leaves.doubles["leaf1"].connection), SwitchConfig.from_vars(leaves.params("leaf1"))
    driver.perform(plan(wanted, driver.read(wanted)), 600)
    driver.close()
    leaves.are_mended("leaf1", "leaf2")
    assert not [s for s in leaves.doubles["leaf1"].sessions.values() if s["state"] != "completed"]
