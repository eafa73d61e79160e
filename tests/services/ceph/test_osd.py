# SPDX-License-Identifier: GPL-3.0-or-later
"""ceph_osd against a real cluster of four machines with an OSD each, and data of which each byte is looked at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.ceph import layout
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.osd import perform
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.runner import Ceph, CephError

from .conftest import Cluster, raised

pytestmark = pytest.mark.services
OBJECTS = {f"object-{number}": hashlib.sha256(b"%d" % number).digest() * 8192 for number in range(24)}  # 256 KiB each

#: Run by the Python of the distribution, which has the package that `ceph` needs too.
OBJECTS_OF = """
import json, pathlib, rados, sys
with rados.Rados(conffile=sys.argv[1]) as cluster, cluster.open_ioctx("rbd") as pool:
    for name, place in json.loads(sys.argv[3]).items():
        if sys.argv[2] == "put":
            pool.write_full(name, pathlib.Path(place).read_bytes())
        else:
            pathlib.Path(place).write_bytes(pool.read(name, 1 << 20))
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with raised(tmp_path_factory.mktemp("ceph"), osds=4) as cluster:
        cluster.ask("osd", "crush", "rule", "create-replicated", "by-host", "default", "host")
        cluster.until(lambda: len(cluster.ask("osd", "pool", "ls")) == 2)  # the manager makes one
        for pool in cluster.ask("osd", "pool", "ls"):
            cluster.ask("osd", "pool", "set", pool, "crush_rule", "by-host")
        put(cluster)
        clean(cluster)
        yield cluster


@pytest.fixture
def cluster(running: Cluster) -> Iterator[Cluster]:
    """The cluster; after a test, all four OSDs are in and up again."""
    yield running
    for number in running.osds:
        state = states(running).get(number, "")
        if not state or "destroyed" in state:
            running.daemons.pop(f"osd.{number}", None)
            running.add_osd(number, destroyed=bool(state))
        running.ask("osd", "in", number)
    running.start_again()
    clean(running)


def objects(cluster: Cluster, do: str) -> None:
    """Write or read all objects of the pool: one program, since a start of `rados` takes longer than an object."""
    places = {name: str(cluster.home / name) for name in OBJECTS}
    cluster.sh("/usr/bin/python3", "-c", OBJECTS_OF, cluster.conf, do, json.dumps(places))


def put(cluster: Cluster) -> None:
    for name, data in OBJECTS.items():
        (cluster.home / name).write_bytes(data)
    objects(cluster, "put")


def intact(cluster: Cluster) -> bool:
    for name in OBJECTS:
        (cluster.home / name).unlink()
    objects(cluster, "get")
    for name, data in OBJECTS.items():
        assert (cluster.home / name).read_bytes() == data, name
    return True


def states(cluster: Cluster) -> dict[str, str]:
    dump = cluster.ask("osd", "dump")
    return {str(one["osd"]): " ".join([*one["state"], "in" if one["in"] else "out"]) for one in dump["osds"]}


def clean(cluster: Cluster) -> None:
    """Wait until all data is in its place on all OSDs, and counted."""

    def in_place(pg: dict[str, Any]) -> bool:
        """Of the map of now: what the manager has counted may be older than an OSD that came, and call it empty."""
        places = cluster.ask("pg", "map", pg["pgid"])
        counted = pg["up"] == pg["acting"] == places["up"] == places["acting"]
        return counted and pg["state"].startswith("active+clean")

    def is_clean() -> bool:
        pgs = cluster.ask("pg", "dump", "pgs")["pg_stats"]
        up = cluster.ask("status")["osdmap"]["num_up_osds"]
        return up == len(cluster.osds) and all(map(in_place, pgs))

    cluster.until(is_clean)


@contextmanager
def halted(cluster: Cluster) -> Iterator[None]:
    """While no placement group gets its turn to move."""
    words = [*cluster.command, "tell", "osd.*", "config", "set", "osd_max_backfills"]
    cluster.sh(*words, "0")
    try:
        yield
    finally:
        cluster.sh(*words, "1")


def osd(cluster: Cluster, state: str, *numbers: int, check: bool = False, **more: Any) -> dict[str, Any]:
    standard = {
        "osds": [{"id": number} for number in numbers],
        "state": state,
        "consent": [str(number) for number in numbers],
        "lost": [],
        "erased": False,
        "timeout": 240,
        "connect_timeout": 20,
    }
    return perform({"command": cluster.command, **standard, **more}, check)


def refused(cluster: Cluster, state: str, *numbers: int, **more: Any) -> str:
    before = states(cluster)
    with pytest.raises(CephError) as error:
        osd(cluster, state, *numbers, **more)
    assert states(cluster) == before and error.value.details["steps"] == []
    return str(error.value)


def test_an_osd_is_removed_and_its_data_is_intact(cluster: Cluster) -> None:
    """Interrupted at each state, and resumed: each run has no time to wait."""
    host = {"osds": [{"host": "node3"}], "consent": ["node3"], "timeout": 0}
    found = osd(cluster, "removed", check=True, **{**host, "consent": []})
    assert [step.partition(":")[2].split()[0] for step in found["steps"]] == ["mark", "stop", "purge", "remove"]
    assert found["changed"] and "consent" in found["refused"][0] and states(cluster)["3"] == "exists up in"
    assert "osd.3: taking an OSD away wants a consent" in refused(cluster, "removed", **{**host, "consent": ["node2"]})

    unsafe = r"osd.3 on node3: is not drained; it has \d+ PGs.*run again"
    with halted(cluster), pytest.raises(CephError, match=unsafe) as error:
        osd(cluster, "removed", **host)
    assert error.value.details["steps"] == ["osd.3: mark out, so that its data moves to others"]
    assert states(cluster)["3"] == "exists up out"

    drained = osd(cluster, "out", osds=host["osds"], consent=["osd.3"])
    assert not drained["changed"], "it was out already, and now is drained"
    assert layout.read(Ceph(cluster.command)).devices[3].pgs == 0 and intact(cluster)

    with pytest.raises(CephError, match=r"osd.3 on node3: .* daemon still runs; .*systemctl disable --now ceph-osd@3"):
        osd(cluster, "removed", **host)
    assert states(cluster)["3"] == "exists up out"
    cluster.kill("osd.3")
    cluster.until(lambda: states(cluster)["3"] == "exists out")
    found = osd(cluster, "removed", **host)
    assert found["steps"] == ["osd.3: purge it from the cluster", "node3: remove the machine from the CRUSH map"]
    assert found["osds"] == [{"id": 3, "host": "node3", "disks": [], "state": "none"}] and "warnings" not in found
    assert "3" not in states(cluster) and "node3" not in str(cluster.ask("osd", "tree")) and intact(cluster)

    again = osd(cluster, "removed", **host)
    assert not again["changed"] and again["gone"] == ["OSDs of node3"] and "correct the name" in again["warnings"][0]


def test_a_new_disk_keeps_the_id(cluster: Cluster) -> None:
    assert osd(cluster, "out", 3)["steps"] == ["osd.3: mark out, so that its data moves to others"]
    cluster.kill("osd.3")
    cluster.until(lambda: states(cluster)["3"] == "exists out")
    found = osd(cluster, "destroyed", 3)
    assert found["steps"] == ["osd.3: destroy it, and keep its id"] and found["osds"][0]["state"] == "destroyed"
    assert not osd(cluster, "destroyed", 3, consent=[])["changed"]
    assert "osd.3: it is destroyed; a new disk takes its id" in refused(cluster, "in", 3)
    cluster.add_osd("3", destroyed=True)
    clean(cluster)
    assert states(cluster)["3"] == "exists up in" and intact(cluster)


def test_an_osd_that_is_drained_is_taken_back(cluster: Cluster) -> None:
    with halted(cluster):
        with pytest.raises(CephError, match="is not drained"):
            osd(cluster, "out", 3, timeout=0)
        others = refused(cluster, "removed", 2)
    assert "osd.3 on node3 is being drained, and " in others and "let that end, name it as well" in others
    found = osd(cluster, "in", 3, consent=[])
    assert found["steps"] == ["osd.3: mark in"] and states(cluster)["3"] == "exists up in"
    assert not osd(cluster, "in", 3)["changed"]


def test_capacity_is_judged_with_figures(cluster: Cluster) -> None:
    ratios = {"nearfull": "0.145", "backfillfull": "0.9", "full": "0.95"}
    try:
        cluster.ask("osd", "set-nearfull-ratio", ratios["nearfull"])
        text = refused(cluster, "out", 3)
    finally:
        cluster.ask("osd", "set-nearfull-ratio", "0.85")
    assert "osd.3: without them, osd." in text and "and Ceph warns at 14.5 % and stops writing at 95.0 %" in text


def test_failure_domains_are_counted(cluster: Cluster) -> None:
    text = refused(cluster, "removed", 2, 3)
    assert "the pool rbd needs 3 failure domains (host), and 2 would be left, " in text
    assert ", so that copies would be missing for good" in text


def test_nothing_moves_while_a_flag_forbids_it(cluster: Cluster) -> None:
    cluster.ask("osd", "set", "norebalance")
    try:
        assert "no data moves while norebalance is set" in refused(cluster, "out", 3)
    finally:
        cluster.ask("osd", "unset", "norebalance")


def test_while_others_recover_it_waits_and_says_for_what(cluster: Cluster) -> None:
    cluster.kill("osd.0")
    cluster.until(lambda: "up" not in states(cluster)["0"])
    assert "OSDs: osd.0 down; let it come up, or remove it before others" in refused(cluster, "out", 3, timeout=0)
    assert osd(cluster, "out", 3, check=True)["missing"] == [
        "OSDs: osd.0 down; let it come up, or remove it before others"
    ]


def test_a_dead_disk_where_data_has_no_other_place(cluster: Cluster) -> None:
    """Three machines, three copies: first one machine leaves, then the disk of another dies."""
    with pytest.raises(CephError, match="daemon still runs"):
        osd(cluster, "removed", 3)
    cluster.kill("osd.3")
    cluster.until(lambda: states(cluster)["3"] == "exists out")
    osd(cluster, "removed", 3)
    assert "lost: osd.2 is up, so its data can be moved" in refused(cluster, "destroyed", 2, lost=[2])
    cluster.kill("osd.2")
    cluster.until(lambda: states(cluster)["2"] == "exists in")
    assert "needs 3 failure domains (host), and 2 would be left" in refused(cluster, "destroyed", 2)
    found = osd(cluster, "destroyed", 2, lost=[2])
    assert found["steps"] == ["osd.2: destroy it, and keep its id"] and states(cluster)["2"] == "destroyed exists in"
    assert intact(cluster), "two copies serve all data"

    cluster.kill("osd.1")
    cluster.until(lambda: "up" not in states(cluster)["1"])
    cluster.until(lambda: "inactive" in str(cluster.ask("health", "detail")))
    text = refused(cluster, "destroyed", 1, lost=[1], timeout=15)
    assert "osd.1 on node1: other copies are missing: " in text and "undersized" in text
    cluster.start("osd", "1")


def test_an_unknown_osd(cluster: Cluster) -> None:
    assert "osd.9: not in the cluster; name OSDs that `ceph osd tree` shows" in refused(cluster, "out", 9)
    assert osd(cluster, "removed", 9)["gone"] == ["osd.9"]
