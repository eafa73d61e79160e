# SPDX-License-Identifier: GPL-3.0-or-later
"""One page for many hosts."""

from __future__ import annotations

from ansible_collections.groundup.cloud.plugins.module_utils.report.steps import Steps


def test_hosts_with_the_same_steps_stand_together() -> None:
    steps = Steps()
    for host in ("node1", "node2"):
        steps.add("Host base", host, ["sysctl a", "sysctl b"])
    steps.add("Host base", "node3", ["sysctl a"])
    steps.add("Switches", "leaf1", [f"change lag node{n}" for n in range(20)])
    page = steps.page("Plan")
    assert page.startswith("Plan\n  Host base\n    node1, node2\n      sysctl a\n      sysctl b\n    node3\n")
    assert page.endswith("      and 8 more")


def test_nothing_is_said_to_be_nothing() -> None:
    assert Steps().page("Plan") == "Plan\n  nothing: everything is as the model says"
