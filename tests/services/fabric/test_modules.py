# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that read, as Ansible runs them: switch_info with a double of a switch, and cabling with its result."""

from __future__ import annotations

import json
import pathlib
import runpy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from .eos_double import EosDouble

pytestmark = pytest.mark.services
Module = Callable[..., dict[str, Any]]


@pytest.fixture
def eos(tmp_path: pathlib.Path) -> Iterator[EosDouble]:
    double = EosDouble(tmp_path)
    yield double
    double.close()


@pytest.fixture
def module(capsys: pytest.CaptureFixture[str]) -> Module:
    """Run a module of the collection; its result."""

    def run(name: str, check: bool = False, **options: Any) -> dict[str, Any]:
        plugin = f"ansible_collections.groundup.cloud.plugins.modules.{name}"
        with patch_module_args({**options, "_ansible_check_mode": check}), pytest.raises(SystemExit):
            runpy.run_module(plugin, run_name="__main__", alter_sys=True)
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return run


def config(eos: EosDouble, **more: Any) -> dict[str, Any]:
    return {"name": "leaf1", "platform": "eos", "connection": eos.connection, **more}


def test_switch_info_reads_what_is_asked_for_and_changes_nothing(eos: EosDouble, module: Module) -> None:
    for check in (False, True):
        found = module("switch_info", check, config=config(eos), gather=["ports", "vlans"])
        assert not found["changed"] and found["vlans"] == [{"id": 99, "name": "storage"}]
        assert (
            [port["name"] for port in found["ports"]] == eos.ports and found["macs"] is None and found["untold"] == {}
        )
    assert not [command for command in eos.commands if not command.startswith(("show ", "enable"))]


def test_switch_info_refuses_an_unmanaged_switch(module: Module) -> None:
    found = module("switch_info", config={"name": "tor1", "platform": "unmanaged", "connection": {}})
    assert found["failed"] and "switches.tor1: it is unmanaged" in found["msg"] and "read it by hand" in found["msg"]


def test_switch_info_refuses_a_section_that_it_does_not_know(eos: EosDouble, module: Module) -> None:
    found = module("switch_info", config=config(eos), gather=["routes"])
    assert found["failed"] and "routes" in found["msg"]


def test_switch_info_says_that_a_login_was_refused(eos: EosDouble, module: Module) -> None:
    found = module("switch_info", config=config(eos, connection={**eos.connection, "password": "wrong"}))
    assert found["failed"] and "it refused the login" in found["msg"] and eos.logins == 1


def test_cabling_takes_the_result_of_switch_info(eos: EosDouble, module: Module, tmp_path: pathlib.Path) -> None:
    end = {"interfaceIdType": "macAddress", "interfaceId": "0200.0000.0001"}
    eos.neighbours["Ethernet1"] = {"lldpNeighborInfo": [{"systemName": "debian", "neighborInterfaceInfo": end}]}
    cables = [{"port": f"Et{n}", "machine": f"node{n}", "nic": "nic0", "mac": f"02:00:00:00:00:0{n}"} for n in (1, 2)]
    seen = module("switch_info", config=config(eos, cabling=cables))
    given = {"switches": {"leaf1": {"cabling": cables, "facts": seen}}, "directory": str(tmp_path / "cabling")}
    assert module("cabling", True, **given)["changed"] and not (tmp_path / "cabling").exists()
    found = module("cabling", **given)
    assert found["changed"] and found["counts"] == {"agreed": 1, "silent": 1, "contradicting": 0}
    assert [row["port"] for row in found["cables"]] == ["Et1", "Et2"] and "leaf1/Et2" in found["lines"][2]
    assert not module("cabling", **given)["changed"]


def test_lldp_info_reads_this_host(module: Module) -> None:
    found = module("lldp_info")
    assert not found["changed"] and {"nics", "neighbours", "why"} <= set(found)
