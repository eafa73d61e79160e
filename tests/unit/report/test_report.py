# SPDX-License-Identifier: GPL-3.0-or-later
"""A report tells the truth in each of its forms."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.report.junit import junit
from ansible_collections.groundup.cloud.plugins.module_utils.report.page import html
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import (
    Proof,
    ProofError,
    Report,
    Stage,
    UntriedError,
    ordered,
    prove,
)
from ansible_collections.groundup.cloud.plugins.module_utils.report.write import write

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
        (report(GOOD, set_aside={"node9": "unreachable"}), False),
    ],
)
def test_verdict(given: Report, good: bool) -> None:
    assert given.good is good
    assert json.loads(json.dumps(given.as_dict()))["good"] is good


def test_a_proof_that_was_not_tried_is_never_good() -> None:
    def attempt() -> str:
        raise UntriedError("no peer")

    proof = prove("x", "network", attempt)
    assert (proof.ok, proof.real, proof.why_not_real) == (None, False, "no peer")


def test_a_failure_keeps_its_evidence() -> None:
    def attempt() -> str:
        raise ProofError("3 of 4")

    assert prove("x", "network", attempt).evidence == "3 of 4"


def test_junit_counts() -> None:
    suite = ElementTree.fromstring(junit(report(GOOD, BAD, UNTRIED)))
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert suite.find("testcase/skipped").get("message") == "no virtual machines"  # type: ignore[union-attr]


def test_the_page_needs_nothing_from_outside_and_escapes() -> None:
    page = html(report(GOOD, BAD, UNTRIED, picture="<svg></svg>"))
    assert "http" not in page
    assert "<script" not in page
    assert "&lt;LACP&gt;" in page
    assert "1 proved, 1 failed, 1 not tried" in page


def test_order_goes_from_the_cable_upwards() -> None:
    assert [proof.layer for proof in ordered([UNTRIED, GOOD, Proof("b", "bmc", True, 0, "")])] == [
        "bmc",
        "network",
        "kubernetes",
    ]


def test_a_proof_survives_the_way_through_a_module() -> None:
    assert Proof.of(json.loads(json.dumps(UNTRIED.as_dict()))) == UNTRIED


def test_all_three_forms_are_written(tmp_path: Path) -> None:
    drawing = {"title": "rack", "networks": [], "switches": [], "machines": []}
    params = {"directory": str(tmp_path / "new"), "cloud": "rack", "started": 0.0, "proofs": [BAD.as_dict()]}
    timings = tmp_path / "timings.json"
    stage = {"name": "switches", "seconds": 2.5, "changed": 1, "failed": 0, "unreachable": 1}
    timings.write_text(json.dumps({"stages": [stage]}))
    params |= {"timings_file": str(timings), "set_aside": {}, "drawing": drawing}
    assert not write(params).good
    assert json.loads((tmp_path / "new/report.json").read_text())["proofs"][0]["ok"] is False
    assert json.loads((tmp_path / "new/report.json").read_text())["stages"][0]["failed"] == 1
    assert "<svg" in (tmp_path / "new/report.html").read_text()
    assert "failure" in (tmp_path / "new/report.xml").read_text()
