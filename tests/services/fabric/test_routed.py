# SPDX-License-Identifier: GPL-3.0-or-later
"""Routed ports with the doubles of the platforms that have them; never tried on a device."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError, SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.driver import driver
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import plan
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.run import run

from .routed_devices import DEVICES, Device

pytestmark = pytest.mark.services

BOTH = ["10.50.0.2/31", "fd00:50::2/127"]


@pytest.fixture(params=sorted(DEVICES))
def device(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Device]:
    """A switch that routes; its ports are as new."""
    found = DEVICES[request.param](tmp_path)
    yield found
    found.close()


def switch(device: Device, *ports: dict[str, Any], **more: Any) -> dict[str, Any]:
    common = {"name": "leaf1", "platform": device.platform, "connection": device.connection}
    return common | {"ports": list(ports or [routed(device)])} | more


def routed(device: Device, **more: Any) -> dict[str, Any]:
    port = {"name": device.port, "description": "node1.nic2", "mode": "routed", "addresses": BOTH[:1], "mtu": 9000}
    return port | more


def trunk(device: Device) -> dict[str, Any]:
    return {"name": device.port, "description": "node1.nic2", "mode": "trunk", "vlans": [20], "mtu": 1500, "edge": True}


def test_a_new_port_becomes_a_routed_one_and_nothing_else_changes(device: Device) -> None:
    others = device.others()
    assert run(switch(device), check=True).changed
    assert device.addresses() == set()
    done = run(switch(device), check=False)
    assert [str(step) for step in done.plan.steps] in ([f"change port {device.port}"], [f"add port {device.port}"])
    assert f"port {device.port} addresses: 10.50.0.2/31\n" in done.plan.diff()[0]["after"]
    assert device.addresses() == {"10.50.0.2/31"}
    assert device.is_routed()
    assert device.others() == others
    assert device.is_saved()
    assert not run(switch(device), check=False).changed


def test_a_port_with_vlans_becomes_a_routed_one_and_back(device: Device) -> None:
    vlans = [{"id": 20, "name": "cluster"}]
    for port, addresses in ((trunk(device), set()), (routed(device), {"10.50.0.2/31"}), (trunk(device), set())):
        assert run(switch(device, port, vlans=vlans), check=False).changed
        assert device.addresses() == addresses
        assert device.is_routed() is bool(addresses)
        assert not run(switch(device, port, vlans=vlans), check=False).changed


def test_a_routed_port_becomes_a_member_of_an_aggregation_and_back(device: Device) -> None:
    lag = {"name": "node1", "description": "node1.bond0", "members": [device.port], "vlans": [20], "mtu": 1500}
    bundled = switch(device, vlans=[{"id": 20, "name": "cluster"}], lags=[lag]) | {"ports": []}
    for params, addresses in ((switch(device), {"10.50.0.2/31"}), (bundled, set()), (switch(device), {"10.50.0.2/31"})):
        assert run(params, check=False).changed
        assert device.addresses() == addresses
        assert not run(params, check=False).changed


@pytest.mark.parametrize("addresses", [BOTH, BOTH[1:], ["10.50.0.4/31"]])
def test_other_addresses_replace_those_that_are_there(device: Device, addresses: list[str]) -> None:
    run(switch(device), check=False)
    assert run(switch(device, routed(device, addresses=addresses)), check=False).changed
    assert device.addresses() == set(addresses)
    assert not run(switch(device, routed(device, addresses=addresses)), check=False).changed
    assert run(switch(device), check=False).changed
    assert device.addresses() == {"10.50.0.2/31"}


@pytest.mark.parametrize("changed", [{"mtu": 1500}, {"description": "node7.nic2"}])
def test_a_change_of_another_setting_keeps_the_address(device: Device, changed: dict[str, Any]) -> None:
    run(switch(device), check=False)
    assert run(switch(device, routed(device, **changed)), check=False).changed
    assert device.addresses() == {"10.50.0.2/31"}
    assert not run(switch(device, routed(device, **changed)), check=False).changed


def test_what_is_not_confirmed_is_rolled_back_by_the_switch(device: Device) -> None:
    before = copy.deepcopy(device.others()), device.addresses(), device.is_routed()
    wanted, found = SwitchConfig.from_vars(switch(device)), driver("leaf1", device.platform, device.connection)
    token = found.perform(plan(wanted, found.read(wanted)), 60)
    assert device.addresses() == {"10.50.0.2/31"}
    device.fire(token)
    deadline = time.monotonic() + 20
    while device.addresses() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (device.others(), device.addresses(), device.is_routed()) == before
    found.close()


def test_a_switch_that_does_not_route_is_refused(device: Device) -> None:
    if device.routing is None:
        pytest.skip("the platform routes always")
    device.stop_routing()
    with pytest.raises(FabricError, match=device.routing):
        run(switch(device), check=True)


def test_a_port_in_a_vrf_is_refused(device: Device) -> None:
    device.put_into_vrf()
    with pytest.raises(FabricError, match=f"ports.{device.port}: it is in the VRF red"):
        run(switch(device), check=False)
    assert device.addresses() == set()


def test_an_address_of_another_interface_is_refused(device: Device) -> None:
    with pytest.raises(FabricError, match=r"10\.60\.0\.0 is the address of "):
        run(switch(device, routed(device, addresses=["10.60.0.0/31"])), check=False)


def test_a_routed_port_of_others_keeps_its_address(device: Device) -> None:
    run(switch(device, routed(device, description="spine1 Ethernet9", addresses=["10.70.0.0/31"])), check=False)
    before = device.others(), device.addresses()
    with pytest.raises(FabricError, match=r"it is a routed port of others: it has 10\.70\.0\.0/31, .*spine1"):
        run(switch(device), check=False)
    assert (device.others(), device.addresses()) == before
    # One with the address of the model is taken over, since nothing is lost by that.
    assert run(switch(device, routed(device, addresses=["10.70.0.0/31"])), check=False).changed
    assert not run(switch(device, routed(device, addresses=["10.70.0.0/31"])), check=False).changed


def test_a_routed_port_of_others_does_not_become_a_switchport_of_nxos(tmp_path: Path) -> None:
    device = DEVICES["nxos"](tmp_path)
    try:
        run(switch(device, routed(device, description="spine1 Ethernet1/9")), check=False)
        with pytest.raises(FabricError, match=r"Ethernet1/4: it is a routed port with an address or a VRF"):
            run(switch(device, trunk(device), vlans=[{"id": 20, "name": "cluster"}]), check=False)
        assert device.addresses() == {"10.50.0.2/31"}
    finally:
        device.close()
