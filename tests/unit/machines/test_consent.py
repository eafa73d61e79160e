# SPDX-License-Identifier: GPL-3.0-or-later
"""The consent to deploy machines again names machines; anything else is refused before a run begins."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.groundup.cloud.plugins.module_utils.machines.consent import no_consent

ROOT = pathlib.Path(__file__).resolve().parents[3]
DEPLOYED, MACHINES = ["node1", "node2", "node10"], ["node1", "node2", "node10", "box1"]


@pytest.mark.parametrize(
    ("given", "mistakes"),
    [
        ([], []),
        (["node1", "node10"], []),
        (
            ["node1", "nod2"],
            ["machine_reinstall: nod2 is no machine of this model; did you mean node2?"],
        ),
        (["storage"], ["machine_reinstall: storage is no machine of this model; give names of machines of the model"]),
        (
            ["box1"],
            ["machine_reinstall: box1 is not deployed, since it has no management controller; remove it from the list"],
        ),
        (
            "node10",
            ["machine_reinstall: 'node10' is not a list; write it as -e '{\"machine_reinstall\": [\"node10\"]}'"],
        ),
        (True, ['machine_reinstall: True is not a list; write it as -e \'{"machine_reinstall": ["True"]}\'']),
    ],
)
def test_what_is_no_consent(given: Any, mistakes: list[str]) -> None:
    assert no_consent(given, DEPLOYED, MACHINES) == mistakes


@pytest.mark.parametrize(
    ("given", "again"),
    [("node10", False), ("node10, node1", True), (["node1"], True), (["node10"], False), ([], False)],
)
def test_the_role_takes_whole_names(given: Any, again: bool) -> None:
    """Its argument spec takes a text for a list, as that of any role."""
    tasks = yaml.safe_load((ROOT / "roles/machine/tasks/main.yml").read_text())
    task = next(task for task in tasks if "groundup.cloud.machine_deploy" in task)
    variables = {"machine_config": {"name": "node1"}, "machine_reinstall": given}
    variables |= {name: trust_as_template(text) for name, text in task["vars"].items()}
    template = task["groundup.cloud.machine_deploy"]["reinstall"]
    assert Templar(DataLoader(), variables).template(trust_as_template(template)) is again
