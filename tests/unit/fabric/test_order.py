# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of changes that a switch and its machines make both: what is widened, what remains, what is refused."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.cabling import Cable
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import (
    FabricError,
    Lacp,
    Lag,
    Membership,
    Port,
    Sighting,
    SwitchConfig,
)
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.living import Host, Life, hosts
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.order import Consent, Phase, after, arrange, widened
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.plan import plan

MAC1, MAC2 = "02:00:00:00:00:01", "02:00:00:00:00:02"
CABLES = [
    Cable("Ethernet1", "node1", "nic0", MAC1, "10.20.0.21"),
    Cable("Ethernet2", "node1", "nic1", MAC2, "10.20.0.21"),
]
BLANK, SEEN, LIVES = Host(), Host(Life.SEEN), Host(Life.LIVES, frozenset({"Ethernet1", "Ethernet2"}))


def trunk(native: int | None, *vlans: int) -> Membership:
    return Membership.of("trunk", native, list(vlans))


def port(number: int, native: int | None = 10, *vlans: int, mtu: int = 1500, text: str = "node1.nic0") -> Port:
    return Port(f"Ethernet{number}", trunk(native, *vlans), mtu, text, True)


def lag(*members: int, vlans: tuple[int, ...] = (20,), mtu: int = 1500, **more: Any) -> Lag:
    names = tuple(f"Ethernet{number}" for number in members)
    lacp = more.pop("lacp", Lacp(True, True, more.pop("fallback", names[0])))
    native = more.pop("native", 10)
    return Lag(more.pop("name", "node1"), names, trunk(native, *vlans), mtu, lacp, "node1.bond0", edge=True, **more)


def config(*items: Port | Lag) -> SwitchConfig:
    ports = {item.name: item for item in items if isinstance(item, Port)}
    return SwitchConfig("leaf1", ports, {item.name: item for item in items if isinstance(item, Lag)})


def active(*numbers: int) -> Host:
    return replace(LIVES, active=frozenset(f"Ethernet{number}" for number in numbers))


ORDERED: dict[str, tuple[list[Port | Lag], list[Port | Lag], Host, list[Port | Lag]]] = {
    # what changes: (present, wanted, machine, in between)
    "VLAN added": ([port(1, 10, 20)], [port(1, 10, 20, 30)], LIVES, [port(1, 10, 20, 30)]),
    "VLAN removed": ([port(1, 10, 20, 30)], [port(1, 10, 20)], LIVES, [port(1, 10, 20, 30)]),
    "VLAN exchanged": ([port(1, 10, 20)], [port(1, 10, 30)], LIVES, [port(1, 10, 20, 30)]),
    "MTU raised": ([port(1, mtu=1500)], [port(1, mtu=9000)], LIVES, [port(1, mtu=9000)]),
    "MTU lowered": ([port(1, mtu=9000)], [port(1, mtu=1500)], LIVES, [port(1, mtu=9000)]),
    "untagged VLAN added": ([port(1, None, 20)], [port(1, 10, 20)], LIVES, [port(1, 10, 20)]),
    "untagged VLAN removed": ([port(1, 10, 20)], [port(1, None, 20)], LIVES, [port(1, 10, 20)]),
    "VLAN of a LAG removed": ([lag(1, 2, vlans=(20, 30))], [lag(1, 2)], LIVES, [lag(1, 2, vlans=(20, 30))]),
    "member added": ([lag(1)], [lag(1, 2)], LIVES, [lag(1, 2)]),
    "member added that was a port": ([lag(1), port(2, 1)], [lag(1, 2)], LIVES, [lag(1, 2)]),
    "member removed": ([lag(1, 2)], [lag(1)], LIVES, [lag(1, 2)]),
    "member becomes a link of its own": ([lag(1, 2)], [lag(1), port(2, None, 40)], LIVES, [lag(1, 2)]),
    "fallback moves": ([lag(1, 2, fallback="Ethernet2")], [lag(1, 2)], LIVES, [lag(1, 2, fallback="Ethernet2")]),
    "one NIC to LACP": ([port(1, 10, 20)], [lag(1, 2)], active(1), [lag(1, 2)]),
    "active-backup to LACP": ([port(1, 10, 20), port(2, 10, 20)], [lag(1, 2)], active(1), [lag(1, 2)]),
    "active-backup to LACP, the other member is active": (
        [port(1, 10, 20), port(2, 10, 20)],
        [lag(1, 2)],
        active(2),
        [lag(1, 2, fallback="Ethernet2")],
    ),
    "active-backup to LACP with a VLAN less": (
        [port(1, 10, 20, 30), port(2, 1)],
        [lag(1, 2)],
        active(1),
        [lag(1, 2, vlans=(20, 30))],
    ),
    "active member at the other switch of the pair": ([port(1, 10, 20), port(2)], [lag(1, 2, mlag=7)], LIVES,
                                                      [lag(1, 2, mlag=7)]),
    "LACP to active-backup": ([lag(1, 2)], [port(1, 10, 20), port(2, 10, 20)], LIVES, [lag(1, 2)]),
    "LACP to active-backup with a VLAN more": (
        [lag(1, 2)],
        [port(1, 10, 20, 30), port(2, 10, 20, 30)],
        LIVES,
        [lag(1, 2, vlans=(20, 30))],
    ),
    "static LAG keeps its VLANs": (
        [lag(1, 2, vlans=(20, 30), lacp=None)],
        [lag(1, 2, lacp=None)],
        LIVES,
        [lag(1, 2, vlans=(20, 30), lacp=None)],
    ),
    "blank machine": ([port(1, 10, 20, 30)], [port(1, 10, 20)], BLANK, [port(1, 10, 20)]),
    "machine that is only seen": ([port(1, 10, 20, 30)], [port(1, 10, 20)], SEEN, [port(1, 10, 20, 30)]),
    "untagged VLAN of a machine that is only seen": ([port(1, 1)], [port(1, 10, 20)], SEEN, [port(1, 10, 20)]),
    "untagged VLAN of a link by which it is not reached": (
        [port(1, 10)],
        [port(1, 40)],
        replace(LIVES, reached=frozenset({"Ethernet2"})),
        [port(1, 40)],
    ),
    "port without traffic": ([port(1, 4095)], [port(1, 10, 20)], LIVES, [port(1, 10, 20)]),
    "ports without traffic": ([port(1, 4095), port(2, 4095)], [lag(1, 2)], LIVES, [lag(1, 2)]),
    "VLANs that nobody can say": ([port(1, None)], [port(1, 10, 20)], LIVES, [port(1, 10, 20)]),
}  # fmt: skip


@pytest.mark.parametrize("case", ORDERED)
def test_what_is_between_two_states(case: str) -> None:
    present, wanted, host, between = ORDERED[case]
    desired, actual = config(*wanted), config(*present)
    wide = widened(desired, actual, CABLES, {"node1": host})
    assert wide == config(*between)
    assert not plan(wide, after(wide, actual)).changed, "what was performed is what was wanted"
    assert plan(desired, after(wide, actual)).changed == (wide != desired), "what remains is narrowed"


REFUSED: dict[str, tuple[list[Port | Lag], list[Port | Lag], Host, str]] = {
    "another untagged VLAN": ([port(1, 10, 20)], [port(1, 20, 10)], LIVES, "untagged VLAN changes from 10 to 20"),
    "the tag of a VLAN ends": ([port(1, None, 20)], [port(1, 20)], LIVES, "untagged VLAN changes from none to 20"),
    "a VLAN gets a tag": ([lag(1, 2)], [lag(1, 2, native=None, vlans=(10, 20))], LIVES, "from 10 to none"),
    "LACP to static": ([lag(1, 2)], [lag(1, 2, lacp=None)], LIVES, "between LACP and a static one"),
    "static to LACP": ([lag(1, 2, lacp=None)], [lag(1, 2)], LIVES, "between LACP and a static one"),
    "active-backup to static": ([port(1), port(2)], [lag(1, 2, lacp=None)], active(1), "become a static"),
    "static to active-backup": ([lag(1, 2, lacp=None)], [port(1), port(2)], LIVES, "static link aggregation ends"),
    "two ports at once": ([port(1), port(2)], [lag(1, 2)], active(1, 2), "uses Ethernet1 and Ethernet2 at the same"),
    "active member unknown": ([port(1), port(2)], [lag(1, 2)], LIVES, "does not see by which of its ports"),
    "no fallback": ([lag(1, 2, fallback=None)], [port(1), port(2)], LIVES, "no member of its link aggregation"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_change_without_an_order_is_refused_unless_the_cut_is_consented_to(case: str) -> None:
    present, wanted, host, why = REFUSED[case]
    desired, actual = config(*wanted), config(*present)
    with pytest.raises(FabricError, match=why) as refused:
        widened(desired, actual, CABLES, {"node1": host})
    assert refused.value.where.startswith("switches.leaf1.")
    assert """-e '{"switch_cut_consent": ["node1"]}'""" in refused.value.remedy
    assert widened(desired, actual, CABLES, {"node1": host}, cut={"node1"}) == desired


def test_all_refusals_are_said_at_once() -> None:
    cables = [*CABLES, Cable("Ethernet3", "node2", "nic0", "02:00:00:00:00:03", "10.20.0.22")]
    found = {"node1": LIVES, "node2": Host(Life.LIVES, frozenset({"Ethernet3"}))}
    with pytest.raises(FabricError, match=r"node1 is in use.*node2 is in use.*\[\"node1\", \"node2\"\]"):
        widened(config(port(1, 20), port(3, 20)), config(port(1), port(3)), cables, found)


@pytest.mark.parametrize(
    ("host", "have", "want", "between"),
    [
        (LIVES, port(9, 10, 20, 30, 77, mtu=9000), port(9, 10, 20), port(9, 10, 20, 30, mtu=9000)),
        (BLANK, port(9, 10, 20, 30, mtu=9000), port(9, 10, 20), port(9, 10, 20)),
        (LIVES, port(9, 1, 20, 30), port(9, 10, 20), port(9, 10, 20, 30)),
        (LIVES, port(9, 20, 30), port(9, 10, 20, 40), port(9, 10, 20, 40)),
    ],
    ids=["uplink", "uplink of blank machines", "untagged VLAN that nobody uses", "another untagged VLAN"],
)
def test_an_uplink_keeps_the_vlans_that_machines_use(host: Host, have: Port, want: Port, between: Port) -> None:
    machine = port(1, 10, 20, 30)
    wide = widened(config(port(1, 10, 20), want), config(machine, have), CABLES, {"node1": host})
    assert wide.ports["Ethernet9"] == between


def seen(mac: str, place: str, source: str = "mac_table") -> Sighting:
    return Sighting(mac, place, source)


@pytest.mark.parametrize(
    ("sightings", "answering", "text", "life", "where"),
    [
        ([], set(), "node1.nic0", Life.NONE, set()),
        ([], {"10.20.0.21"}, "", Life.LIVES, set()),
        ([seen(MAC1, "Ethernet1")], set(), "node1.nic0", Life.LIVES, {"Ethernet1"}),
        ([seen(MAC1, "Ethernet1")], set(), "", Life.SEEN, {"Ethernet1"}),
        ([seen(MAC1, "Ethernet1")], set(), "node9.nic0", Life.SEEN, {"Ethernet1"}),
        ([seen("02:00:00:00:00:99", "Ethernet1")], set(), "node1.nic0", Life.SEEN, set()),
        ([seen("02:00:00:00:00:99", "Ethernet1", "lacp")], set(), "", Life.LIVES, set()),
        ([seen(MAC1, "Ethernet1", "lldp")], set(), "node1.nic0", Life.NONE, set()),
        ([seen(MAC1, "Ethernet7")], set(), "node1.nic0", Life.NONE, set()),
    ],
)
def test_who_lives(
    sightings: list[Sighting], answering: Collection[str], text: str, life: Life, where: set[str]
) -> None:
    found = hosts(config(lag(1, 2)), config(port(1, text=text)), CABLES, sightings, answering)["node1"]
    assert (found.life, found.active) == (life, where)
    assert found.reached == {"Ethernet1", "Ethernet2"}


def test_an_address_that_is_learnt_on_a_lag_is_on_its_members() -> None:
    found = hosts(config(lag(1, 2)), config(lag(1, 2, name="po7")), CABLES, [seen(MAC1, "po7")], ())["node1"]
    assert (found.life, found.active) == (Life.LIVES, frozenset())


def test_a_machine_is_reached_by_the_link_that_has_its_address() -> None:
    cables = [CABLES[0], replace(CABLES[1], address=None)]
    assert hosts(config(port(1)), config(), cables, [], ())["node1"].reached == {"Ethernet1"}


def never() -> dict[str, Host]:
    raise AssertionError("nobody has to be looked for")


@pytest.mark.parametrize("phase", Phase)
def test_nobody_is_looked_for_where_nothing_differs(phase: Phase) -> None:
    found = arrange(phase, config(port(1)), config(port(1)), CABLES, never, Consent())
    assert not found.remains.changed and found.target == config(port(1))


WANT, HAVE = config(port(1, 10, 20)), config(port(1, 10, 20, 30))


def test_widen_leaves_the_rest_to_narrow() -> None:
    wide = arrange(Phase.WIDEN, WANT, HAVE, CABLES, lambda: {"node1": LIVES}, Consent())
    assert not plan(wide.target, wide.start).changed
    assert [str(step) for step in wide.remains.steps] == ["change port Ethernet1"]
    narrow = arrange(Phase.NARROW, WANT, HAVE, CABLES, never, Consent())
    assert narrow.target == WANT and not narrow.remains.changed


def test_narrow_keeps_machines_that_have_not_changed() -> None:
    keep = Consent(keep=frozenset({"node1"}))
    narrow = arrange(Phase.NARROW, WANT, HAVE, CABLES, lambda: {"node1": LIVES}, keep)
    assert narrow.target == HAVE and narrow.remains.changed


def test_in_check_mode_narrow_begins_where_widen_would_have_ended() -> None:
    want = config(port(1, 10, 20, 40))
    found = arrange(Phase.NARROW, want, HAVE, CABLES, lambda: {"node1": LIVES}, Consent(), check=True)
    step = plan(found.target, found.start).steps[0]
    assert "vlans: 10,20,30,40" in step.before and "vlans: 10,20,40" in step.after


def test_bgp_is_configured_by_the_first_phase_and_left_to_none() -> None:
    """Machines lose nothing by a neighbour more, so there is nothing to narrow."""
    item = {"name": "t", "address": "10.30.0.1", "as_number": 64512, "take": ["10.64.0.0/14"]}
    item["neighbors"] = [{"address": "10.30.0.21", "name": "node1"}]
    bgp = {"as_number": 64601, "router_id": "10.30.0.1", "groups": [item]}
    want = SwitchConfig.from_vars({"name": "leaf1", "bgp": bgp})
    found = arrange(Phase.WIDEN, want, SwitchConfig("leaf1"), [], dict, Consent())
    assert list(map(str, plan(found.target, found.start).steps)) == ["add bgp t"]
    assert not found.remains.changed
