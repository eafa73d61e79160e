# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as JUnit XML: one suite, one case a proof.

There is no official schema of it, but two are in use: Ant's, reconstructed by Windy Road (order of elements, a host,
a time without zone, a type of each failure), and Jenkins' junit-10.xsd. What is written here is valid against both.
"""

from __future__ import annotations

import platform
import re
from xml.etree import ElementTree

from .proofs import Proof, Report

#: Characters that XML 1.0 can't contain, not even escaped (section 2.2): such as terminal escapes in a tool's output.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> str:
    """JUnit XML. A proof that was not tried is a skipped case with its reason; where nothing was proved, one fails."""
    proofs = report.proofs or (Proof("something was proved", "report", False, 0.0, "there is no proof at all"),)
    suite = ElementTree.Element(
        "testsuite",
        name=_text(f"{report.cloud} proofs"),
        timestamp=report.started[:19],
        hostname=platform.node() or "localhost",
        time=f"{report.seconds:.1f}",
        tests=str(len(proofs)),
        failures=str(sum(proof.ok is False for proof in proofs)),
        errors="0",
        skipped=str(len(report.untried) + len(report.not_promised)),
    )
    properties = ElementTree.SubElement(suite, "properties")
    ElementTree.SubElement(properties, "property", name="cloud", value=_text(report.cloud))
    for proof in proofs:
        _case(suite, proof)
    held = [f"{proof.name}: {proof.evidence}" for proof in proofs if proof.ok]
    ElementTree.SubElement(suite, "system-out").text = _text("\n".join(held))
    ElementTree.SubElement(suite, "system-err")
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="UTF-8"?>\n', "\n")
    )


def _case(suite: ElementTree.Element, proof: Proof) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=proof.layer, name=_text(proof.name), time=f"{proof.seconds:.2f}"
    )
    if proof.ok is False:
        message = proof.evidence.partition("\n")[0]
        failure = ElementTree.SubElement(case, "failure", type="proof", message=_text(message))
        failure.text = _text(proof.evidence)
    elif proof.ok is None:
        ElementTree.SubElement(case, "skipped", message=_text(proof.why_not_real or ""))


def _text(words: str) -> str:
    return _UNWRITABLE.sub("�", words)
