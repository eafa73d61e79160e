# SPDX-License-Identifier: GPL-3.0-or-later
"""A report tells the truth in each of its forms."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.report.junit import junit
from ansible_collections.groundup.cloud.plugins.module_utils.report.page import duration, html
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import (
    Proof,
    ProofError,
    Reach,
    Report,
    Stage,
    UntriedError,
    Warned,
    on_doubles,
    ordered,
    prove,
    set_aside,
)
from ansible_collections.groundup.cloud.plugins.module_utils.report.write import why_not_standing, write

GOOD = Proof("node1: LACP", "network", True, 0.5, "2 of 2 members attached")
BAD = Proof("node2: <LACP>", "network", False, 0.5, "member nic1 & friends")
UNTRIED = Proof("live migration", "kubernetes", None, 0.0, "not tried", False, "no virtual machines")


def report(*proofs: Proof, **more: object) -> Report:
    return Report("rack", "2026-11-23T22:00:00Z", 61.4, (Stage("switch", 1.5, 1, 0),), proofs, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "good"),
    [
        (report(GOOD), True),
        (report(GOOD, UNTRIED), True),
        (report(GOOD, BAD), False),
        (report(), False),
        (report(UNTRIED), False),
        (report(GOOD, *set_aside({"node9": "unreachable"})), False),
    ],
)
def test_verdict(given: Report, good: bool) -> None:
    assert given.good is good


def test_the_json_has_the_keys_that_scripts_rely_on_and_no_others() -> None:
    data = json.loads(json.dumps(report(GOOD, UNTRIED).as_dict()))
    assert list(data) == ["cloud", "started", "seconds", "hosts", "stages", "proofs"]
    assert list(data["stages"][0]) == ["name", "seconds", "changed", "failed"]
    assert list(data["proofs"][0]) == [
        "name", "layer", "ok", "seconds", "evidence", "real", "why_not_real", "promised", "warning", "reach"
    ]  # fmt: skip
    assert (data["proofs"][1]["ok"], data["proofs"][1]["why_not_real"]) == (None, "no virtual machines")


def test_a_proof_that_was_not_tried_is_never_good() -> None:
    def attempt() -> str:
        raise UntriedError("no peer")

    proof = prove("x", "network", attempt)
    assert (proof.ok, proof.real, proof.why_not_real) == (None, False, "no peer")


def test_a_failure_keeps_its_evidence() -> None:
    def attempt() -> str:
        raise ProofError("3 of 4")

    assert prove("x", "network", attempt).evidence == "3 of 4"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FileNotFoundError(2, "No such file", "ip"), "the program ip is missing; install the package iproute2"),
        (FileNotFoundError(2, "No such file", "/etc/x"), "there is no file /etc/x"),
        (ValueError("odd"), "ValueError: odd"),
        (KeyError("dbSize"), "an answer lacks dbSize"),
    ],
)
def test_a_proof_that_breaks_has_failed_and_says_how(error: Exception, text: str) -> None:
    def attempt() -> str:
        raise error

    proof = prove("x", "network", attempt)
    assert proof.ok is False
    assert proof.evidence == f"it could not be carried out: {text}"


def test_junit_counts() -> None:
    suite = ElementTree.fromstring(junit(report(GOOD, BAD, UNTRIED)))
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "3", "failures": "1", "errors": "0", "skipped": "1"}
    assert suite.find("testcase/skipped").get("message") == "no virtual machines"  # type: ignore[union-attr]
    assert suite.find("testcase/failure").text == "member nic1 & friends"  # type: ignore[union-attr]
    assert "2 of 2 members attached" in str(suite.findtext("system-out"))


def test_junit_has_what_both_schemas_ask_for() -> None:
    """Ant's and Jenkins': attributes and order of elements, as the module says."""
    suite = ElementTree.fromstring(junit(report(GOOD, BAD, UNTRIED)))
    assert {"name", "timestamp", "hostname", "tests", "failures", "errors", "time"} <= set(suite.keys())
    assert suite.get("timestamp") == "2026-11-23T22:00:00"
    assert [child.tag for child in suite] == ["properties", *["testcase"] * 3, "system-out", "system-err"]
    assert suite.find("testcase/failure").get("type") == "proof"  # type: ignore[union-attr]
    assert all(set(case.keys()) == {"classname", "name", "time"} for case in suite.iter("testcase"))


def test_junit_holds_what_xml_cannot() -> None:
    odd = Proof("x\x00", "network", False, 0.1, "\x1b[31mred\x1b[0m\ud800")
    assert "\ufffd[31mred" in junit(report(odd))
    ElementTree.fromstring(junit(report(odd)))


def test_junit_of_nothing_is_a_failure() -> None:
    suite = ElementTree.fromstring(junit(report()))
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")


def test_the_page_needs_nothing_from_outside_and_escapes() -> None:
    page = html(report(GOOD, BAD, UNTRIED, picture="<svg></svg>"))
    assert "http" not in page
    assert "<script" not in page
    assert "<LACP>" not in page
    assert "&lt;LACP&gt;" in page
    assert "1 proved, 1 failed, 1 not tried" in page
    assert "prefers-color-scheme:dark" in page
    assert "width=device-width" in page


def test_the_page_begins_with_what_failed() -> None:
    aside = set_aside({"node9": "no answer"})
    page = html(report(*ordered([GOOD, BAD, UNTRIED, *aside])))
    places = [
        page.index(words) for words in ("2 proofs failed", "node9: takes", "node2: &lt;", "no virtual", "Network <")
    ]
    assert places == sorted(places)


def test_a_stage_is_a_bar_as_long_as_it_took() -> None:
    stages = (Stage("Machines", 600, 3, 1), Stage("Probe", 150, 0, 0))
    page = html(Report("rack", "2026-11-23T22:00:00+00:00", 750, stages, (GOOD,)))
    assert '<i class="bad" style="width:100.0%">' in page
    assert '<i style="width:25.0%">' in page
    assert "3 changed · 1 failed · 10 min 0 s" in page


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0.0 s"), (59.6, "1 min 0 s"), (12, "12 s"), (7260, "2 h 1 min")]
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_proof_on_a_double_is_marked_in_every_form() -> None:
    bmc = Proof("node1: its BMC is reached", "bmc", True, 0.1, "power on")
    untried_bmc = replace(bmc, ok=None, name="other", real=False, why_not_real="no BMC")
    proofs = on_doubles([bmc, untried_bmc, GOOD], {"bmc": "sushy-tools stands in"})
    assert [(proof.real, proof.why_not_real) for proof in proofs] == [
        (False, "sushy-tools stands in"), (False, "no BMC"), (True, None)
    ]  # fmt: skip
    assert report(*proofs).summary == "2 proved, 1 not tried; 1 of those proved on a double"
    assert "on a double: sushy-tools stands in" in html(report(*proofs))


def test_who_is_in_trouble_stands_out_in_the_picture() -> None:
    assert report(GOOD, BAD, *set_aside({"node9": "x"})).troubled == {"node2", "node9"}


def test_order_goes_from_the_cable_upwards() -> None:
    assert [proof.layer for proof in ordered([UNTRIED, GOOD, Proof("b", "bmc", True, 0, "")])] == [
        "bmc",
        "network",
        "kubernetes",
    ]


@pytest.mark.parametrize("proof", [UNTRIED, replace(GOOD, reach=Reach("cluster", "10.0.0.1", 1500, ("10.0.0.2",)))])
def test_a_proof_survives_the_way_through_a_module(proof: Proof) -> None:
    assert Proof.of(json.loads(json.dumps(proof.as_dict()))) == proof


DRAWING = {"title": "rack", "networks": [], "switches": [], "machines": []}
STAGE = {"name": "switches", "seconds": 2.5, "tasks": 4, "changed": 1, "failed": 0, "unreachable": 1}


def written(tmp_path: Path, **run: object) -> dict[str, Any]:
    timings = tmp_path / "timings.json"
    figures = {"started": 1000.0, "written": 2000.0, "stages": [STAGE, {**STAGE, "name": "empty", "tasks": 0}], **run}
    timings.write_text(json.dumps(figures))
    params = {"directory": str(tmp_path / "new"), "cloud": "rack", "started": 1500.0, "proofs": [BAD.as_dict()]}
    params |= {"timings_file": f"{tmp_path}/new/../timings.json", "set_aside": {"node9": "unknown"}, "drawing": DRAWING}
    assert not write(params).good
    return dict(json.loads((tmp_path / "new/report.json").read_text()))


def test_all_three_forms_are_written(tmp_path: Path) -> None:
    data = written(tmp_path, aside={"node9": "Machines: Deploy: no answer"})
    assert [proof["ok"] for proof in data["proofs"]] == [False, False]
    assert data["proofs"][0]["evidence"] == "Machines: Deploy: no answer", "the cause, not only that there was one"
    assert data["stages"] == [{"name": "switches", "seconds": 2.5, "changed": 1, "failed": 1}]
    assert data["started"].startswith("1970-01-01T00:16:40"), "the run began before the proofs did"
    assert "<svg" in (tmp_path / "new/report.html").read_text()
    assert "failure" in (tmp_path / "new/report.xml").read_text()
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["report.html", "report.json", "report.xml"]


def test_stages_of_another_run_are_not_shown(tmp_path: Path) -> None:
    data = written(tmp_path, written=1499.0, aside={"node9": "another cause"})
    assert data["stages"] == []
    assert data["started"].startswith("1970-01-01T00:25:00")
    assert data["proofs"][0]["evidence"] == "unknown"


HOSTS = ["node1", "node2", "node10"]


@pytest.mark.parametrize(
    ("proofs", "hosts", "cloud", "why"),
    [
        ([GOOD], HOSTS, "rack", ""),
        ([GOOD, UNTRIED], HOSTS[:1], "rack", ""),
        ([GOOD], [*HOSTS, "node11"], "rack", "has no proofs of node11"),
        ([GOOD], HOSTS, "other", "is of rack"),
        ([GOOD, BAD], HOSTS, "rack", "says: 1 proved, 1 failed"),
        ([], HOSTS, "rack", "says: 0 proved"),
    ],
    ids=["it stands", "for some of its hosts", "a new host", "another cloud", "a failed proof", "withdrawn"],
)
def test_whether_the_last_report_stands(
    proofs: list[Proof], hosts: list[str], cloud: str, why: str, tmp_path: Path
) -> None:
    params = {"directory": str(tmp_path), "cloud": "rack", "started": 1500.0, "hosts": HOSTS, "set_aside": {}}
    write({**params, "proofs": [proof.as_dict() for proof in proofs]})
    assert why_not_standing(str(tmp_path), cloud, hosts, 7, now=1500.0) == (
        f"{tmp_path}/report.json {why}" if why else ""
    )


DAY = 86400


@pytest.mark.parametrize(
    ("age", "stands"), [(0, True), (7 * DAY - 60, True), (7 * DAY + 60, False), (-60, True), (-DAY, False)]
)
def test_a_report_stops_standing_after_a_set_age(age: int, stands: bool, tmp_path: Path) -> None:
    """Also one of the future, which a clock that was wrong has made."""
    params = {"directory": str(tmp_path), "cloud": "rack", "started": 1500.0, "hosts": HOSTS, "set_aside": {}}
    write({**params, "proofs": [GOOD.as_dict()]})
    why = why_not_standing(str(tmp_path), "rack", HOSTS, 7, now=1500.0 + age)
    assert why == ("" if stands else f"{tmp_path}/report.json was begun at 1970-01-01T00:25:00+00:00, and a report "
                   "stands for 7 days")  # fmt: skip


def test_what_holds_with_a_warning_is_proved_and_named() -> None:
    proof = prove("node1: certificates", "kubernetes", lambda: Warned("3 certificates", "x.crt ends in 40 days"))
    assert (proof.ok, proof.evidence, proof.warning) == (True, "3 certificates", "x.crt ends in 40 days")
    found = report(GOOD, proof)
    assert found.good and found.summary == "2 proved, 1 with a warning"
    assert "x.crt ends in 40 days" in html(found)
    assert Proof.of(proof.as_dict()) == proof


@pytest.mark.parametrize("text", ["{", "[]", '{"cloud": "rack"}'])
def test_what_is_no_report_does_not_stand(text: str, tmp_path: Path) -> None:
    assert why_not_standing(str(tmp_path), "rack", HOSTS, 7).endswith("does not exist")
    (tmp_path / "report.json").write_text(text)
    assert why_not_standing(str(tmp_path), "rack", HOSTS, 7).endswith("is no report of this release")


def test_what_a_provider_does_not_promise_is_neither_proved_nor_open() -> None:
    policies = Proof("NetworkPolicy holds", "network", None, 0.0, "not promised", False, "basic does not", False)
    found = report(GOOD, policies)
    assert (found.good, found.untried, found.not_promised) == (True, (), (policies,))
    assert found.summary == "1 proved, 1 not promised"
    page = html(found)
    assert "Every proof holds" in page and "Not promised" in page and "basic does not" in page
    assert 'skipped="1"' in junit(found) and 'failures="0"' in junit(found)
    assert report(policies).good is False, "nothing was proved"
