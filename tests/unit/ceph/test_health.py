# SPDX-License-Identifier: GPL-3.0-or-later
"""Health of Ceph from recorded answers of a real cluster (recorded/README.md), and from `ceph` that fails."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.gate import (
    Wanted,
    missing,
    perform,
    unclean,
    unclean_now,
)
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.runner import Ceph, CephError, NoAnswer, Words
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.state import PLACEMENT, State, is_clean, read
from checks.clock import SkippingClock

RECORDED = Path(__file__).with_name("recorded")
STANDARD = {"accept": [], "clean": False, "osds": 0, "used_at_most": 100, "timeout": 0, "settle": 10, "forecast": False}


class Recorded(Ceph):
    """Answers of recorded states, the next state for each `status`; the last one stays."""

    def __init__(self, *states: str) -> None:
        super().__init__(["ceph"])
        self.states, self.asked = list(states), list[str]()

    def read_all(self, *commands: Words) -> list[Any]:
        return [self._answer(words) for words in commands]

    def _answer(self, words: Words) -> Any:
        if words == ("status",) and len(self.states) > 1 and self.asked:
            self.states.pop(0)
        self.asked.append(" ".join(words))
        if self.states[0] == "silent":
            raise NoAnswer("ceph status: error connecting to the cluster")
        return json.loads((RECORDED / f"{self.states[0]}.json").read_text())[" ".join(words)]


def state(name: str) -> State:
    return read(Recorded(name))


def rows(name: str, **wanted: Any) -> list[str]:
    return list(map(str, missing(state(name), Wanted(**wanted))))


def test_a_healthy_cluster_lacks_nothing() -> None:
    assert rows("healthy", clean=True, osds=3, used_at_most=80) == []
    ceph = Recorded("healthy")
    found = perform({**STANDARD, "clean": True}, False, ceph)
    assert found["healthy"] and found["missing"] == [] and not found["changed"]
    assert "pg dump pgs_brief" not in ceph.asked, "the long list is read only where something is not clean"
    assert found["osds"] == {"total": 3, "up_and_in": 3, "down": [], "out": []}
    assert found["pgs"]["states"] == {"active+clean": 9} and found["space"]["used_percent"] == 14.2
    assert json.dumps(found)


def test_placement_groups_are_those_of_the_manager_where_the_monitors_are_late() -> None:
    """As recorded in a drain: to `ceph status` all were clean while those of the OSD that had gone out peered."""
    late, now = Recorded("healthy"), json.loads((RECORDED / "healthy.json").read_text())
    groups = now["pg dump pgs_brief"]["pg_stats"]
    assert unclean(read(late)) == [] and unclean_now(late) == [] and len(groups) == 9

    class Peering(Recorded):
        def _answer(self, words: Words) -> Any:
            if words != PLACEMENT:
                return super()._answer(words)
            return {"pg_stats": [{**pg, "state": "peering"} for pg in groups[:4]] + groups[4:]}

    assert unclean(read(Peering("healthy"))) == []
    assert list(map(str, unclean_now(Peering("healthy")))) == ["4 of 9 PGs: peering"]


def test_a_degraded_cluster_says_what_is_missing() -> None:
    found = rows("degraded", clean=True, osds=3, accept=frozenset({"POOL_APP_NOT_ENABLED"}))
    assert found[0] == "OSD_DOWN: 1 osds down (osd.2 (root=default,host=vm) is down)"
    assert found[1].startswith("PG_DEGRADED: Degraded data redundancy: 988/2964 objects degraded (33.333%)")
    assert found[1].endswith("; and 27 more)")
    assert found[2] == "OSDs: 2 of 3 are up and in; not osd.2 (down, on vm)"
    assert found[3].startswith("1 of 33 PGs: active+undersized (")
    assert found[4].startswith("32 of 33 PGs: active+undersized+degraded (") and found[4].endswith(", …)")
    assert found[5] == "objects: 33.3 % of their copies are missing"


def test_accepted_checks_do_not_count_and_clean_still_does() -> None:
    accept = frozenset({"OSD_DOWN", "PG_DEGRADED", "POOL_APP_NOT_ENABLED"})
    assert rows("degraded", accept=accept) == []
    assert rows("degraded", accept=accept - {"OSD_DOWN"}) != []
    assert [row.split(":")[0] for row in rows("degraded", accept=accept, clean=True)] == [
        "1 of 33 PGs",
        "32 of 33 PGs",
        "objects",
    ]


def test_a_muted_check_does_not_count() -> None:
    found = state("degraded")
    muted = replace(found, checks=tuple(replace(check, muted=True) for check in found.checks))
    assert missing(muted, Wanted()) == ()


def test_a_full_cluster() -> None:
    found = rows("full", used_at_most=10)
    assert found[0] == "OSD_FULL: 3 full osd(s) (osd.0 is full; osd.1 is full; osd.2 is full)"
    assert any(row.startswith("POOL_FULL: 2 pool(s) full") for row in found)
    assert "% of its space is used, at most 10 % may be" in found[-1]
    assert state("full").status == "HEALTH_ERR"


def test_slow_operations_are_counted_by_daemon() -> None:
    found = state("slow").public()
    assert found["slow_operations"] == {"count": 2, "daemons": ["osd.1"]}
    assert rows("slow", accept=frozenset({"OSDMAP_FLAGS"})) == [
        "SLOW_OPS: 2 slow ops, oldest one blocked for 5 sec, osd.1 has slow ops"
    ]


def test_an_osd_that_is_out_counts_where_a_number_is_wanted_and_moved_data_is_not_clean() -> None:
    assert rows("out") == []
    assert rows("out", osds=3) == ["OSDs: 2 of 3 are up and in; not osd.2 (out, on vm)"]
    assert rows("out", clean=True)[0].startswith("16 of 33 PGs: active+clean+remapped (2.")
    assert state("out").public()["osds"] == {"total": 3, "up_and_in": 2, "down": [], "out": ["osd.2"]}


def test_what_ceph_has_not_raised_yet_is_missed_too() -> None:
    found = state("healthy")
    early = replace(
        found,
        out_of_quorum=("c",),
        active_manager=False,
        osds=(*found.osds[:2], replace(found.osds[2], up=False)),
    )
    assert [str(row) for row in missing(early, Wanted())] == [
        "mon.c: not in quorum",
        "osd.2 on vm: down",
        "manager: none is active, so that figures of PGs and space are old",
    ]
    assert len(missing(early, Wanted(frozenset({"MON_DOWN", "OSD_DOWN"})))) == 1
    gone = replace(early, osds=(*found.osds[:2], replace(found.osds[2], up=False, out=True)), active_manager=True)
    assert [str(row) for row in missing(gone, Wanted())] == ["mon.c: not in quorum"], "its data is elsewhere"


def test_a_monitor_that_is_down() -> None:
    found = state("mon_down")
    assert found.out_of_quorum == ("c",) and found.quorum == ("a", "b")
    assert [row.what for row in missing(found, Wanted())] == ["MON_DOWN"]
    assert missing(found, Wanted(frozenset({"MON_DOWN"}))) == ()


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("active+clean", True),
        ("active+clean+scrubbing+deep", True),
        ("active+clean+snaptrim_wait", True),
        ("active+clean+remapped", False),
        ("active+recovering+degraded", False),
        ("peering", False),
        ("unknown", False),
    ],
)
def test_clean_states(name: str, clean: bool) -> None:
    assert is_clean(name) is clean


def test_a_wait_ends_when_nothing_is_missing() -> None:
    clock = SkippingClock()
    found = perform({**STANDARD, "clean": True, "timeout": 60}, False, Recorded("silent", "degraded", "healthy"), clock)
    assert found["healthy"] and 10 < clock.time < 60


def test_a_wait_does_not_end_with_figures_that_may_be_old() -> None:
    """Placement groups seem to be clean, then a manager counts them again."""
    ceph, clock = Recorded("healthy", "healthy", "out", "healthy"), SkippingClock()
    assert perform({**STANDARD, "clean": True, "timeout": 60}, False, ceph, clock)["healthy"]
    assert "pg dump pgs_brief" in ceph.asked and clock.time >= 14
    with pytest.raises(CephError, match=r"waited 5 s .* Ceph: has been healthy enough for 5 of 10 s"):
        perform({**STANDARD, "timeout": 5}, False, Recorded("healthy"), SkippingClock())


def test_a_wait_that_is_too_long_fails_with_what_is_missing_and_the_state() -> None:
    with pytest.raises(
        CephError, match="waited 60 s for Ceph to be healthy enough; still missing: OSD_DOWN: "
    ) as error:
        perform({**STANDARD, "timeout": 60}, False, Recorded("degraded"), SkippingClock())
    assert error.value.details["osds"]["down"] == ["osd.2"] and error.value.details["healthy"] is False


def test_without_an_answer_there_is_no_state() -> None:
    with pytest.raises(CephError, match="Ceph is not healthy enough: Ceph: ceph status: error connecting") as error:
        perform(STANDARD, False, Recorded("silent"), SkippingClock())
    assert set(error.value.details) == {"changed", "healthy", "missing"}


def test_check_mode_judges_once_and_does_not_fail() -> None:
    ceph, clock = Recorded("degraded", "healthy"), SkippingClock()
    found = perform({**STANDARD, "timeout": 600}, True, ceph, clock)
    assert not found["healthy"] and found["missing"] and ceph.asked.count("status") == 1 and clock.time == 0
    assert perform(STANDARD, True, Recorded("silent"))["missing"] == [
        "Ceph: ceph status: error connecting to the cluster"
    ]


def test_an_answer_of_an_unknown_form_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    ceph = Recorded("healthy")
    monkeypatch.setattr(Recorded, "_answer", lambda *__: {"pgmap": {}})
    with pytest.raises(CephError, match="an answer of an unknown form: KeyError") as error:
        read(ceph)
    assert not isinstance(error.value, NoAnswer)


def program(path: Path, script: str) -> Ceph:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Ceph([str(path), "--cluster-of-mine"], 5)


def test_the_command_may_have_words_of_its_own(tmp_path: Path) -> None:
    ceph = program(tmp_path / "c", 'printf \'["%s"]\' "$*"')
    assert ceph.read("osd", "df") == ["--cluster-of-mine --connect-timeout 5 osd df --format json"]


def test_several_commands_are_one_start(tmp_path: Path) -> None:
    echo = f"""echo start >> {tmp_path}/starts; while read line; do echo "said" >&2; echo; echo "[\\"$line\\"]"; done"""
    ceph = program(tmp_path / "c", echo)
    assert ceph.read_all(("osd", "df"), ("status",), ("a", "b c")) == [["osd df"], ["status"], ["a 'b c'"]]
    assert (tmp_path / "starts").read_text() == "start\n"


def test_commands_are_run_one_by_one_where_standard_input_is_not_passed_on(tmp_path: Path) -> None:
    ceph = program(tmp_path / "c", """test "$4" = --format || printf '["%s"]' "$4" """)
    assert ceph.read_all(("status",), ("health",)) == [["status"], ["health"]]


def test_the_one_of_several_commands_that_fails_is_named(tmp_path: Path) -> None:
    ceph = program(tmp_path / "c", 'test "$4" != health || exit 7; echo "[]"')
    with pytest.raises(NoAnswer, match="health: exit status 7"):
        ceph.read_all(("status",), ("health",))


def test_several_commands_do_not_wait_twice_for_a_cluster_that_is_silent(tmp_path: Path) -> None:
    ceph = program(tmp_path / "c", f"echo start >> {tmp_path}/starts; echo '[errno 110] RADOS timed out' >&2; exit 1")
    with pytest.raises(NoAnswer, match="RADOS timed out"):
        ceph.read_all(("status",), ("health",))
    assert (tmp_path / "starts").read_text() == "start\n"


@pytest.mark.parametrize(
    ("script", "words", "wait"),
    [
        ("echo '[errno 110] RADOS timed out (error connecting to the cluster)' >&2; exit 1", "RADOS timed out", True),
        ("echo 'error: unable to upgrade connection: container not found' >&2; exit 1", "container not found", True),
        ("exit 7", "exit status 7", True),
        ("echo Defaulted container", "gave no JSON", True),
        ("echo '[errno 13] RADOS permission denied (error connecting to the cluster)' >&2; exit 1", "denied", False),
        ("echo \"ObjectNotFound('RADOS object not found (error calling conf_read_file)')\" >&2; exit 1", "conf", False),
    ],
)
def test_what_may_pass_is_waited_for_and_what_does_not_is_an_error(
    tmp_path: Path, script: str, words: str, wait: bool
) -> None:
    with pytest.raises(CephError, match=words) as error:
        program(tmp_path / "c", script).read("status")
    assert isinstance(error.value, NoAnswer) is wait


def test_a_missing_program_is_an_error_at_once() -> None:
    with pytest.raises(CephError, match="the program nothing is missing; install the package") as error:
        perform({**STANDARD, "timeout": 600, "command": ["nothing"], "connect_timeout": 5}, False)
    assert not isinstance(error.value, NoAnswer)


def test_a_program_that_hangs_is_given_up(tmp_path: Path) -> None:
    ceph = program(tmp_path / "c", "exec sleep 60")
    ceph.seconds = 1
    with pytest.raises(NoAnswer, match="no answer within 3 s"):
        ceph.read("status")
