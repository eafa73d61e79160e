# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's errors in words that say what to do."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.report.cause import cause, plain
from ansible_collections.groundup.cloud.plugins.module_utils.report.plan import planned

MISSING = "the variable vault_bmc is not defined; set it beside the model, in a vault if it is a secret, or with -e"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Task failed: 'vault_bmc' is undefined", MISSING),
        ("Task failed: Error while resolving value for 'machine': 'vault_bmc' is undefined", MISSING),
        ("Task failed: '__kubernetes_plan' is undefined", "'__kubernetes_plan' is undefined"),
        ("Task failed: 'groundup_kubeconfig' is undefined", "'groundup_kubeconfig' is undefined"),
        ("Task failed: no such file", "no such file"),
        ("'dict object' has no attribute 'x'", "'dict object' has no attribute 'x'"),
        ("'vault_bmc' is undefined in this model, as it says", "'vault_bmc' is undefined in this model, as it says"),
    ],
)
def test_a_missing_variable_is_named_with_the_remedy(text: str, said: str) -> None:
    assert plain(text) == said
    assert cause("Machines", "Deploy", {"msg": text}) == f"Machines: Deploy: {said}"


def test_a_plan_says_it_too() -> None:
    below = [{"name": "machine", "role": "groundup.cloud.machine"}]
    host = {"groundup_below": below, "groundup_unplanned": {"machine": "Task failed: 'vault_bmc' is undefined"}}
    assert planned({"node1": host}, ["node1"])[0]["why"] == MISSING
