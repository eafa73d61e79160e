# SPDX-License-Identifier: GPL-3.0-or-later
"""Power, boot and identity as tables."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.boot import judge, plan_boot
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.errors import BmcConflict, BmcTimeout
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.power import PowerRules, apply_power, plan_power
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.session import retry_after
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.types import (
    BmcSettings,
    BootDevice,
    BootOverride,
    PowerState,
)

ON, OFF, CHANGING, UNKNOWN = PowerState.ON, PowerState.OFF, PowerState.CHANGING, PowerState.UNKNOWN


@pytest.mark.parametrize(
    ("wanted", "actual", "steps"),
    [
        ("on", ON, ()),
        ("on", OFF, ("on",)),
        ("on", UNKNOWN, ("on",)),
        ("off", OFF, ()),
        ("off", ON, ("off",)),
        ("off", CHANGING, ("off",)),
        ("cycled", ON, ("off", "on")),
        ("cycled", OFF, ("on",)),
    ],
)
def test_steps_of_a_power_plan(wanted: str, actual: PowerState, steps: tuple[str, ...]) -> None:
    plan = plan_power(wanted, actual)
    assert (plan.steps, plan.changed) == (steps, bool(steps))


@pytest.mark.parametrize(
    ("device", "once", "actual", "changed"),
    [
        (BootDevice.NETWORK, True, BootOverride(BootDevice.NONE, None), True),
        (BootDevice.NETWORK, True, BootOverride(BootDevice.NETWORK, True), False),
        (BootDevice.NETWORK, True, BootOverride(BootDevice.NETWORK, False), True),
        (BootDevice.DISK, False, BootOverride(BootDevice.DISK, False), False),
        (BootDevice.NONE, True, BootOverride(BootDevice.NONE, None), False),
        (BootDevice.NONE, True, BootOverride(BootDevice.DISK, False), True),
    ],
)
def test_boot_plans(device: BootDevice, once: bool, actual: BootOverride, changed: bool) -> None:
    assert plan_boot(device, once, actual).changed is changed


@pytest.mark.parametrize(
    ("wanted_once", "shown", "honoured", "sticky"),
    [
        (True, BootOverride(BootDevice.NETWORK, True), True, False),
        (True, BootOverride(BootDevice.NETWORK, False), True, True),  # sushy-tools
        (True, BootOverride(BootDevice.NETWORK, None), True, None),
        (True, BootOverride(BootDevice.DISK, True), False, False),
        (False, BootOverride(BootDevice.NETWORK, False), True, None),
    ],
)
def test_boot_device_read_back(wanted_once: bool, shown: BootOverride, honoured: bool, sticky: bool | None) -> None:
    result = judge(BootOverride(BootDevice.NETWORK, wanted_once), shown)
    assert (result.honoured, result.sticky) == (honoured, sticky)


@pytest.mark.parametrize(
    ("value", "expected"), [(None, 7.0), ("3", 3.0), ("soon", 7.0), ("Mon, 01 Jan 2001 00:00:00 GMT", 0)]
)
def test_retry_after(value: str | None, expected: float) -> None:
    assert retry_after(value, 7.0) == expected


def test_repr_does_not_show_the_password() -> None:
    assert "secret" not in repr(BmcSettings("redfish", "h", "admin", "secret"))


class RefusingBmc:
    """A double of a controller that answers 409 to each graceful shutdown, as without an operating system."""

    where = "bmc double"

    def __init__(self) -> None:
        self.state, self.requests = PowerState.ON, []
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def power_state(self) -> PowerState:
        return self.state

    def request_power(self, on: bool, graceful: bool) -> None:
        self.requests.append("graceful" if graceful else "force")
        if graceful:
            raise BmcConflict("HTTP 409", self.where, "wait")
        self.state = PowerState.OFF

    def evidence(self) -> tuple[str, ...]:
        return ()


def test_a_refused_graceful_shutdown_is_forced_if_allowed() -> None:
    bmc = RefusingBmc()
    apply_power(bmc, plan_power("off", PowerState.ON), PowerRules(), bmc)  # type: ignore[arg-type]
    assert bmc.requests == ["graceful"] * 6 + ["force"] and bmc.time < 90
    bmc = RefusingBmc()
    with pytest.raises(BmcTimeout, match="allow force"):
        apply_power(bmc, plan_power("off", PowerState.ON), PowerRules(force=False), bmc)  # type: ignore[arg-type]
    assert bmc.state is PowerState.ON
