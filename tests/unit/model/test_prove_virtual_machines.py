# SPDX-License-Identifier: GPL-3.0-or-later
"""What the proofs of virtual machines are given, where it does not follow from a golden tree."""

from __future__ import annotations

import copy
import pathlib
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.model import prove_virtual_machines
from ansible_collections.groundup.cloud.plugins.module_utils.model.layout import Layout
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODEL: dict[str, Any] = yaml.safe_load((ROOT / "inventories/lab_cloud/cloud.yml").read_text())


def layout(**virtualization: Any) -> Layout:
    model = copy.deepcopy(MODEL)
    model["virtualization"] |= virtualization
    return Layout(load(model))


def image(**more: Any) -> dict[str, Any]:
    return {**MODEL["virtualization"]["images"]["debian-13"], **more}


@pytest.mark.parametrize(
    ("images", "shared"),
    [
        ({}, True),
        ({"a": image()}, True),
        ({"a": image(storage_class="somebody-elses")}, False),
        ({"w": image(storage_class="somebody-elses", preference="general.windows"), "a": image()}, True),
    ],
)
def test_the_disk_of_the_virtual_machine_of_proofs_decides_whether_it_is_migrated(
    images: dict[str, Any], shared: bool
) -> None:
    found = prove_virtual_machines.view(layout(images=images))
    assert (found["shared"], found["snapshots"]) == (shared, shared)
    assert found["patience"] == 2400, "emulated virtual machines are slow"


def test_a_cloud_without_a_service_that_fences_has_no_proof_of_it() -> None:
    assert prove_virtual_machines.fencing(layout())["machines"] == ["node1", "node2", "node3"]
    assert prove_virtual_machines.fencing(layout(ha={"enabled": False})) == {}
