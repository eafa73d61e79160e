# SPDX-License-Identifier: GPL-3.0-or-later
"""One shape of diff for all plans."""

from __future__ import annotations

from functools import partial

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.boot import plan_boot
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.power import plan_power
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.types import BootDevice, BootOverride, PowerState
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import plan as plan_switch
from ansible_collections.groundup.cloud.plugins.module_utils.host.plan import Plan as HostPlan
from ansible_collections.groundup.cloud.plugins.module_utils.host.plan import Step as HostStep
from ansible_collections.groundup.cloud.plugins.module_utils.plan.base import Change, Changes, Diff
from ansible_collections.groundup.cloud.plugins.module_utils.provision.steps import Plan as ProvisionPlan


def test_a_diff_has_header_before_and_after() -> None:
    plan = Changes((Change("change a", "x\n", "y\n"), Change("add b", after="z")))
    assert plan.changed
    assert plan.diff() == [
        {"before_header": "change a", "after_header": "change a", "before": "x\n", "after": "y\n"},
        {"before_header": "add b", "after_header": "add b", "before": "", "after": "z"},
    ]
    text = "--- change a (is)\n+++ change a (wanted)\n@@ -1 +1 @@\n-x\n+y\n"
    assert plan.text() == f"{text}--- add b (is)\n+++ add b (wanted)\n@@ -0,0 +1 @@\n+z\n"


def test_a_plan_without_steps_has_no_diff() -> None:
    assert (Changes().changed, Changes().diff(), Changes().text()) == (False, [], "")


def provision() -> Diff:
    plan = ProvisionPlan()
    plan.add("start nginx", partial(print))
    return plan.diff()


def switch() -> Diff:
    item = {"name": "Ethernet1", "mode": "access", "native": 20, "vlans": [], "mtu": 1500}
    wanted = SwitchConfig.from_vars({"name": "leaf1", "ports": [item]})
    return plan_switch(wanted, SwitchConfig.from_vars({"name": "leaf1"})).diff()


PLANS: dict[str, tuple[Diff, list[str]]] = {
    "host": (HostPlan("x", (HostStep("file", "/etc/x", None, "a\n", "b\n"),)).diff(), ["file /etc/x"]),
    "provision": (provision(), ["start nginx"]),
    "switch": (switch(), ["leaf1: add port Ethernet1"]),
    "power": (plan_power("cycled", PowerState.ON).diff(), ["switch the power off", "switch the power on"]),
    "power as wanted": (plan_power("on", PowerState.ON).diff(), []),
    "boot": (plan_boot(BootDevice.NETWORK, True, BootOverride(BootDevice.NONE, None)).diff(), ["set the boot device"]),
    "boot as wanted": (plan_boot(BootDevice.DISK, False, BootOverride(BootDevice.DISK, False)).diff(), []),
}


@pytest.mark.parametrize(("diff", "headers"), PLANS.values(), ids=PLANS)
def test_all_plans_have_the_same_shape(diff: Diff, headers: list[str]) -> None:
    assert [item["before_header"] for item in diff] == headers
    assert [item["after_header"] for item in diff] == headers
    assert all(set(item) == {"before_header", "after_header", "before", "after"} for item in diff)
    assert all(item["before"] != item["after"] for item in diff)


def test_a_power_cycle_shows_off_and_on() -> None:
    sides = [(item["before"], item["after"]) for item in plan_power("cycled", PowerState.ON).diff()]
    assert sides == [("power: on\n", "power: off\n"), ("power: off\n", "power: on\n")]
