# SPDX-License-Identifier: GPL-3.0-or-later
"""Which port is a part of which other, and what a driver says of breakout ports that a switch does not have."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.breakout import (
    broken_out,
    identity,
    parent,
    remedy,
    remedy_of_sonic,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import FabricError, Membership, Port
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import SwitchConfig as Config
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nxos import parse
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nxos.running import running
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.sonic.tables import Names


@pytest.mark.parametrize(
    ("platform", "name", "above"),
    [
        ("eos", "Et49/1", "Ethernet49"),
        ("eos", "Ethernet3/49/1", "Ethernet3/49"),
        ("eos", "Ethernet49", None),
        ("nxos", "e1/49/1", "Ethernet1/49"),
        ("nxos", "Ethernet1/49", None),
        ("junos", "xe-0/0/1:0", "0/0/1"),
        ("junos", "et-0/0/1", None),
        ("nvue", "SWP1s0", "swp1"),
        ("nvue", "swp1", None),
        ("sonic", "etp13a", "etp13"),
        ("sonic", "Eth13/1", "Eth13"),
        ("sonic", "Ethernet49", None),
        ("unmanaged", "Port7/1", "Port7"),
        ("unmanaged", "xe-0/0/1:0", "xe-0/0/1"),
        ("openvswitch", "p1/1", None),
    ],
)
def test_the_port_that_a_port_is_a_part_of(platform: str, name: str, above: str | None) -> None:
    assert parent(platform, name) == above


@pytest.mark.parametrize(
    ("platform", "names", "expected"),
    [
        ("eos", ["Et49", "Ethernet49/1", "Ethernet50/1", "Ethernet48"], {"Et49": ["Ethernet49/1"]}),
        ("nxos", ["Ethernet1/49", "Eth1/49/1", "Eth1/49/2"], {"Ethernet1/49": ["Eth1/49/1", "Eth1/49/2"]}),
        ("nxos", ["Ethernet1/4", "Ethernet1/49/1"], {}),
        ("junos", ["et-0/0/1", "xe-0/0/1:0", "xe-0/0/10"], {"et-0/0/1": ["xe-0/0/1:0"]}),
        ("nvue", ["swp1", "swp1s0", "swp10", "swp10s0"], {"swp1": ["swp1s0"], "swp10": ["swp10s0"]}),
        ("sonic", ["Ethernet48", "Ethernet49", "Ethernet50"], {}),
        ("openvswitch", ["p1", "p1/1"], {}),
    ],
)
def test_a_port_beside_its_parts_is_found(platform: str, names: list[str], expected: dict[str, list[str]]) -> None:
    assert broken_out(platform, names) == expected


def test_the_same_port_in_two_spellings_has_one_identity() -> None:
    pairs = [("eos", "Et1", "Ethernet1"), ("nxos", "Eth1/2", "e1/2"), ("junos", "xe-0/0/1:0", "et-0/0/1:0")]
    assert all(identity(platform, one) == identity(platform, other) for platform, one, other in pairs)


@pytest.mark.parametrize(
    ("platform", "missing", "present", "expected"),
    [
        (
            "nxos",
            "Eth1/49/2",
            "Ethernet1/49",
            "to break Ethernet1/49 out*: interface breakout module 1 port 49 map *",
        ),
        ("junos", "xe-1/0/7:3", "et-1/0/7", "to break et-1/0/7 out*: set chassis fpc 1 pic 0 port 7 channel-speed 25g"),
        ("nvue", "swp1s3", "swp1 swp2", "to break swp1 out*: nv set interface swp1 link breakout 4x*"),
        ("nxos", "Ethernet1/49", "Ethernet1/49/1 Ethernet1/49/2", "Ethernet1/49 is broken out there: *Ethernet1/49/1"),
        ("eos", "Ethernet49", "Ethernet49/1 Ethernet49/2", "Ethernet49 is broken out there: *Ethernet49/1"),
        ("nxos", "Ethernet1/60", "Ethernet1/49", None),
        ("openvswitch", "p1/1", "p1", None),
    ],
)
def test_the_command_for_a_port_that_is_not_broken_out(
    platform: str, missing: str, present: str, expected: str | None
) -> None:
    found = remedy(platform, [missing], present.split())
    assert found == "" if expected is None else fnmatchcase(found, f"; {expected}")


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("Ethernet49", "config interface breakout Ethernet48 '4x25G[10G]'"),
        ("Ethernet51", "config interface breakout Ethernet48 '4x25G[10G]'"),
        ("etp13b", "config interface breakout Ethernet48 '4x25G[10G]'"),
        ("Ethernet52", None),
        ("etp14", "etp14 is broken out there: name one of its parts, such as etp14a"),
    ],
)
def test_sonic_knows_by_lanes_and_labels(missing: str, expected: str | None) -> None:
    labels = {"etp13": "Ethernet48", "etp14a": "Ethernet52", "etp14b": "Ethernet53"}
    lanes = {"Ethernet48": 4, "Ethernet52": 1, "Ethernet53": 1}
    found = remedy_of_sonic([missing], lanes, labels)
    assert (expected in found) if expected else (found == "")


def wanted(name: str) -> Config:
    return Config("leaf1", {name: Port(name, Membership.of("access", 20, []), 1500)})


def test_the_driver_of_nx_os_says_it() -> None:
    with pytest.raises(FabricError, match=r"no port Ethernet1/49/1; .*interface breakout module 1 port 49 map 25g-4x"):
        parse.require(wanted("Ethernet1/49/1"), running("interface Ethernet1/49\n", "system default switchport\n"))


def test_the_driver_of_sonic_says_it() -> None:
    config = {"PORT": {"Ethernet48": {"lanes": "48,49,50,51", "alias": "etp13"}}}
    with pytest.raises(FabricError, match=r"no port Ethernet50; .*config interface breakout Ethernet48"):
        Names.of(config, wanted("Ethernet50"))
