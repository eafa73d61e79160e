# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Ceph cluster says of itself against its model, with a double of its answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import ceph_state
from ansible_collections.groundup.cloud.plugins.module_utils.prove.ceph_pod import Recorded
from ansible_collections.groundup.cloud.plugins.module_utils.prove.stored import Disk
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError

from .ceph_answers import NODES, PLACES, STORED, answers

Answers = dict[tuple[str, ...], Any]
Change = Callable[[Answers], object]
METADATA, DUMP, GROUPS = ("osd", "metadata"), ("osd", "dump"), ("pg", "dump", "pgs_brief")
TREE, RULES, CONFIG, MONS = ("osd", "df", "tree"), ("osd", "crush", "rule", "dump"), ("config", "dump"), ("mon", "dump")

FLAGS = {"severity": "HEALTH_WARN", "summary": {"message": "noout flag(s) set", "count": 1}}


def ceph(change: Change = lambda _: None) -> Recorded:
    given = answers()
    change(given)
    return Recorded(given)


def test_a_cluster_as_its_model_wants_it() -> None:
    assert ceph_state.osds(ceph(), STORED) == "3 OSDs on 3 machines, each up and in"
    assert ceph_state.health(ceph(), STORED) == (
        "HEALTH_OK: 3 OSDs, the fullest uses 12.5 % of its space; 2 placement groups, all clean"
    )
    assert ceph_state.placement(ceph(), STORED) == "2 placement groups of 2 pools, those of the model over hosts"
    assert ceph_state.monitors(ceph(), STORED, PLACES) == "mon.a on n1, mon.b on n2, mon.c on n3"
    assert ceph_state.encrypted_traffic(ceph()).endswith("are secure, and 3 monitors listen for msgr2 alone")


def moved(given: Answers) -> None:
    """The disk of osd.2 is in the first machine."""
    hosts = [node for node in given[TREE]["nodes"] if node["type"] == "host"]
    hosts[0]["children"], hosts[2]["children"] = [0, 2], []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda a: a[METADATA][1].update(device_ids="sdb=ATA_OTHER"),
            "n2: the disk DISK2 is no OSD; n2: no disk of the model is osd.1 (ATA_OTHER)",
        ),
        (moved, "n1: no disk of the model is osd.2 (ATA_MAKE_DISK3); n3: the disk DISK3 is no OSD"),
        (
            lambda a: a[METADATA][1].update(device_ids=""),
            "n2: the disk DISK2 is no OSD; n2: no disk of the model is osd.1 (disk unknown)",
        ),
        (lambda a: a[DUMP]["osds"][0].update(up=0), "osd.0 on n1 is down"),
        (lambda a: a[DUMP]["osds"][0].update(up=0, weight=0.0), "osd.0 on n1 is down and out"),
        (lambda a: a[DUMP]["osds"][0].update(state=["exists", "destroyed"], up=0), "osd.0 on n1 is destroyed"),
    ],
)
def test_other_disks_than_those_of_the_model_are_named(change: Change, message: str) -> None:
    with pytest.raises(ProofError) as failed:
        ceph_state.osds(ceph(change), STORED)
    assert str(failed.value) == message


def test_disks_that_are_known_by_wwn_are_counted() -> None:
    by_wwn = replace(STORED, nodes={**NODES, "n2": (Disk(wwn="0x5"),)})
    assert ceph_state.osds(ceph(), by_wwn).endswith("1 disks are known by their WWN only, which Ceph does not tell, so "
                                                    "they were counted")  # fmt: skip
    two = replace(STORED, nodes={**NODES, "n2": (Disk("DISK2"), Disk(wwn="0x5"))})
    with pytest.raises(ProofError, match=r"n2: 0 OSDs for 1 disks \(the disk 0x5\): none"):
        ceph_state.osds(ceph(), two)


def test_a_disk_for_metadata_is_no_osd() -> None:
    more = replace(STORED, nodes={**NODES, "n2": (Disk("DISK2"), Disk("NVME", metadata=True))})
    assert ceph_state.osds(ceph(), more).startswith("3 OSDs")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a["health", "detail"].update(checks={"OSDMAP_FLAGS": FLAGS}), "OSDMAP_FLAGS: noout flag(s) set"),
        (lambda a: a["status",].update(quorum_names=["a", "b"]), "mon.c: not in quorum"),
        (lambda a: a["status",].update(mgrmap={"available": False}), "manager: none is active"),
        (lambda a: a[TREE]["nodes"].pop(), "OSDs: 2 of 3 are up and in"),
    ],
)  # fmt: skip
def test_what_is_not_healthy_is_named(change: Change, message: str) -> None:
    with pytest.raises(ProofError) as failed:
        ceph_state.health(ceph(change), STORED)
    assert message in str(failed.value)


OLD = "ceph version 20.2.2 (abc) tentacle (stable)"
TICKETS = {"AUTH_INSECURE_SERVICE_TICKETS": {"severity": "HEALTH_ERR", "summary": {"message": "insecure tickets"}}}


def test_keys_of_daemons_are_proved_by_a_ceph_that_could_tell() -> None:
    assert ceph_state.keys(ceph(), []) == "7 daemons of Ceph 20.2.4, without a report of keys of the old type"


@pytest.mark.parametrize(
    ("change", "old", "message"),
    [
        (
            lambda a: a["versions",]["overall"].update({OLD: 2}),
            [],
            "2 daemons run Ceph 20.2.2, which makes keys of the",
        ),
        (lambda a: a["health", "detail"].update(checks=TICKETS), [], "AUTH_INSECURE_SERVICE_TICKETS: insecure tickets"),
        (lambda a: a["versions",].update(overall={}), [], "Ceph names no daemon"),
        (lambda _: None, ["keys of osd: they are of generation 1"], "keys of osd: they are of generation 1"),
    ],
)
def test_keys_that_are_not_safe_are_named(change: Change, old: list[str], message: str) -> None:
    with pytest.raises(ProofError) as failed:
        ceph_state.keys(ceph(change), old)
    assert message in str(failed.value)


def test_data_that_moves_is_said_and_no_fault() -> None:
    moving = [{"state_name": "active+remapped+backfilling", "count": 1}, {"state_name": "active+clean", "count": 1}]
    said = ceph_state.health(ceph(lambda a: a["status",]["pgmap"].update(pgs_by_state=moving)), STORED)
    assert "of which move: 1 of 2 PGs: active+remapped+backfilling" in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a[GROUPS]["pg_stats"][1].update(acting=[0, 1]), "2.0 of block has 2 of 3 copies or chunks"),
        (
            lambda a: a[GROUPS]["pg_stats"][1].update(acting=[0, 1, 2147483647]),
            "2.0 of block has 2 of 3 copies or chunks",
        ),
        (
            moved,
            "placement group 1.0 of .mgr has several copies or chunks in host n1; placement group 2.0 of block",
        ),
        (lambda a: a[DUMP]["pools"][1].update(size=2), "pool block has 2 copies or chunks, not 3"),
        (lambda a: a[RULES][0]["steps"][1].update(type="osd"), "pool block has the failure domain osd, not host"),
        (lambda a: a[DUMP]["pools"].pop(), "there is no pool block"),
        (lambda a: a[GROUPS].update(pg_stats=[]), "Ceph names no placement group"),
    ],
)
def test_copies_that_are_not_apart_are_named(change: Change, message: str) -> None:
    with pytest.raises(ProofError) as failed:
        ceph_state.placement(ceph(change), STORED)
    assert message in str(failed.value)


@pytest.mark.parametrize(
    ("places", "count", "message"),
    [
        ({**PLACES, "b": "n1"}, 3, "2 monitors are on n1"),
        ({"a": "n1", "b": "n2"}, 3, "mon.c has no pod that runs"),
        ({**PLACES, "c": "n9"}, 3, "mon.c is on n9, which does not store"),
        (PLACES, 5, "there are 3 monitors, not 5"),
    ],
)
def test_monitors_that_are_not_apart_are_named(places: dict[str, str], count: int, message: str) -> None:
    with pytest.raises(ProofError) as failed:
        ceph_state.monitors(ceph(), replace(STORED, monitors=count), places)
    assert str(failed.value) == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a[CONFIG].pop(), "ms_client_mode is not set for all"),
        (lambda a: a[CONFIG][0].update(value="crc secure"), "ms_cluster_mode of global is crc secure"),
        (lambda a: a[CONFIG].append({"section": "osd", "name": "ms_cluster_mode", "value": "crc"}),
         "ms_cluster_mode of osd is crc"),
        (lambda a: a[MONS]["mons"][0]["public_addrs"]["addrvec"].append({"type": "v1", "addr": "x"}),
         "mon.a listens for v2 and v1, not for v2 alone"),
        (lambda a: a[MONS]["mons"][0].pop("public_addrs"), "mon.a listens for nobody, not for v2 alone"),
    ],
)  # fmt: skip
def test_traffic_that_is_not_encrypted_is_named(change: Change, message: str) -> None:
    with pytest.raises(ProofError) as failed:
        ceph_state.encrypted_traffic(ceph(change))
    assert str(failed.value) == message
