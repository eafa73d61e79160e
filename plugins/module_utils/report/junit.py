# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as JUnit XML, the dialect that CI servers read: one suite, one case a proof."""

from __future__ import annotations

from xml.etree import ElementTree

from .proofs import Report


def junit(report: Report) -> str:
    """JUnit XML; a proof that was not tried is a skipped case with its reason."""
    suite = ElementTree.Element(
        "testsuite",
        name=f"{report.cloud} proofs",
        timestamp=report.started,
        time=str(report.seconds),
        tests=str(len(report.proofs)),
        failures=str(len(report.failed)),
        skipped=str(len(report.untried)),
    )
    for proof in report.proofs:
        case = ElementTree.SubElement(
            suite, "testcase", classname=proof.layer, name=proof.name, time=str(proof.seconds)
        )
        if proof.ok is False:
            ElementTree.SubElement(case, "failure", message=proof.evidence)
        elif proof.ok is None:
            ElementTree.SubElement(case, "skipped", message=proof.why_not_real or "")
        else:
            ElementTree.SubElement(case, "system-out").text = proof.evidence
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
