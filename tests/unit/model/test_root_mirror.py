# SPDX-License-Identifier: GPL-3.0-or-later
"""Two root disks in the model: what follows from them, and what is refused."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.lab.disks import root_disks
from ansible_collections.groundup.cloud.plugins.module_utils.machines.types import _root
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import model

N1 = "machines.node1"
TWO = {f"{N1}.root_disk": [{"serial": "R1A"}, {"wwn": "0x5000c500a1b2c3d4"}]}
VIEW = {"serial": "R1A", "mirror": {"wwn": "0x5000c500a1b2c3d4"}}


def hostvars(changes: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = derive(load(model(changes))).hostvars
    return found


def errors(changes: dict[str, Any]) -> list[str]:
    with pytest.raises(ModelError) as caught:
        load_all(model(changes))
    return [str(problem) for problem in caught.value.errors]


@pytest.mark.parametrize("root", [TWO[f"{N1}.root_disk"], VIEW], ids=["list", "mirror"])
def test_both_forms_mean_the_same(root: Any) -> None:
    found = hostvars({f"{N1}.root_disk": root})
    assert found["node1"]["machine_config"]["root_disk"] == VIEW
    assert found["node1"]["prove_config"]["root_mirror"] == [{"serial": "R1A"}, {"wwn": "0x5000c500a1b2c3d4"}]
    assert "root_mirror" not in found["node2"]["prove_config"]
    assert found["node2"]["machine_config"]["root_disk"] == {"serial": "R2"}


def test_images_have_mdadm_where_a_machine_needs_it() -> None:
    def packages(changes: dict[str, Any]) -> list[str]:
        images: dict[str, Any] = hostvars(changes)["provisioner"]["provisioner_config"]["images"]
        return list(images["debian-13"]["packages"])

    assert packages({}) == [] and packages(TWO) == ["mdadm"]
    assert hostvars(TWO)["provisioner"]["provisioner_config"]["ramdisk_packages"] == ["mdadm"]
    assert "ramdisk_packages" not in hostvars({})["provisioner"]["provisioner_config"]
    assert packages(TWO | {"images": {"debian-13": {"packages": ["mdadm", "lldpd"]}}}) == ["mdadm", "lldpd"]


def test_a_machine_overrides_two_disks_of_its_defaults_with_one() -> None:
    changes = {"defaults.machine.root_disk": TWO[f"{N1}.root_disk"]}
    assert hostvars(changes)["node2"]["machine_config"]["root_disk"] == {"serial": "R2"}


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        (
            [{"serial": "R1A"}],
            [f"{N1}.root_disk: is a list, but not one of two mappings; give one mapping, or a list of two"],
        ),
        (
            [{"serial": "A"}, {"serial": "B"}, {"serial": "C"}],
            [f"{N1}.root_disk: is a list, but not one of two mappings; give one mapping, or a list of two"],
        ),
        (
            [{"serial": "A"}, {}],
            [f"{N1}.root_disk.mirror: has neither serial nor wwn; give serial or wwn"],
        ),
        (
            [{"serial": "A"}, {"serial": "a "}],
            [f"{N1}.root_disk.mirror.serial: a  is already the disk {N1}.root_disk; take it from the disk"],
        ),
        (
            [{"serial": "A"}, {"serial": "sdb"}],
            [f"{N1}.root_disk.mirror.serial: sdb is a name that another disk may have after the next start; give what `lsblk -o NAME,SERIAL,WWN` shows for the disk"],
        ),
        (
            [{"serial": "A"}, {"serial": "S1"}],
            [f"{N1}.storage_disks[0]: S1 is also one of the root disks; remove it from storage_disks"],
        ),
        (
            [{"serial": "A"}, {"serial": "R2"}],
            ["machines.node2.root_disk.serial: R2 is already the disk machines.node1.root_disk.mirror; take it from the disk"],
        ),
    ],
)  # fmt: skip
def test_what_is_refused(root: Any, expected: list[str]) -> None:
    found = errors({f"{N1}.root_disk": root})
    assert [text.replace("  ", " ") for text in found] == [text.replace("  ", " ") for text in expected]


@pytest.mark.parametrize(
    ("machine", "serials"),
    [
        ({}, []),
        ({"root_disk": {"serial": "A"}}, ["A"]),
        ({"root_disk": [{"serial": "A"}, {"serial": "B"}]}, ["A", "B"]),
        ({"root_disk": {"serial": "A", "mirror": {"serial": "B"}}}, ["A", "B"]),
    ],
)
def test_a_twin_has_as_many_root_disks(machine: dict[str, Any], serials: list[str]) -> None:
    assert [disk["serial"] for disk in root_disks(machine)] == serials


def test_the_plan_of_a_deployment_names_both() -> None:
    wanted = {"serial": "A", "wwn": None, "mirror": {"serial": "B", "wwn": None}}
    assert _root(wanted) == {"serial": "A", "mirror": {"serial": "B"}}
    assert _root({"serial": "A", "wwn": None, "mirror": None}) == {"serial": "A"}
