# SPDX-License-Identifier: GPL-3.0-or-later
"""The highest model of several machines. Their CPUs are synthetic: they show all features of a model, or some less."""

from __future__ import annotations

import re

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.cpus import Cpus
from ansible_collections.groundup.cloud.plugins.module_utils.vms import cpu_baseline
from ansible_collections.groundup.cloud.plugins.module_utils.vms.cpu_baseline import CpuError, Machine
from ansible_collections.groundup.cloud.plugins.module_utils.vms.cpu_models import MODELS, flag


def cpus(model: str, without: str = "", bugs: str = "") -> Cpus:
    """CPUs of a generation, as Linux shows them."""
    one = MODELS[model]
    flags = {flag(feature) for feature in cpu_baseline.needed(one)} - set(without.split())
    return Cpus(one.vendor, flags=frozenset({*flags, "vmx"}), bugs=frozenset({"spectre_v1", *bugs.split()}))


def machines(**given: Cpus) -> dict[str, Machine]:
    return {name: Machine.of(one) for name, one in given.items()}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (cpus("Skylake-Server-IBRS"), cpus("Skylake-Server-IBRS"), "Skylake-Server-IBRS"),
        (cpus("Skylake-Server-IBRS"), cpus("Broadwell-IBRS"), "Broadwell-IBRS"),
        # Debian's kernel turns TSX off.
        (cpus("Icelake-Server", "hle rtm"), cpus("Icelake-Server"), "Icelake-Server-noTSX"),
        (cpus("SapphireRapids", "hle rtm"), cpus("SapphireRapids", "hle rtm"), "Icelake-Server-noTSX"),
        # A microcode without the fix of Spectre.
        (cpus("IvyBridge-IBRS", "ibrs"), cpus("SandyBridge-IBRS"), "SandyBridge"),
        # Cascade Lake with the fault MDS, which its model says it has not.
        (cpus("Cascadelake-Server-noTSX", bugs="mds"), cpus("Cooperlake"), "Skylake-Server-noTSX-IBRS"),
        (cpus("Cooperlake"), cpus("Icelake-Server"), "Cascadelake-Server"),
        # Linux takes XSAVES from Zen 2 (erratum 1386).
        (cpus("EPYC-Rome", "xsaves"), cpus("EPYC-Genoa"), "EPYC-IBPB"),
        (cpus("EPYC-Genoa"), cpus("EPYC-Milan"), "EPYC-Milan"),
        (cpus("EPYC"), cpus("Opteron_G5"), "Opteron_G3"),
    ],
)
def test_the_baseline_is_the_highest_that_both_have(first: Cpus, second: Cpus, expected: str) -> None:
    for one, other in ((first, second), (second, first)):
        found = machines(a=one, b=other)
        assert cpu_baseline.baseline(found) == expected
        cpu_baseline.refuse(expected, found)


@pytest.mark.parametrize("model", MODELS)
def test_a_machine_of_a_model_has_it_and_its_record_says_the_same(model: str) -> None:
    machine = Machine.of(cpus(model))
    assert cpu_baseline.baseline({"a": machine}) == model
    again = Machine.from_record(machine.record())
    assert (again.vendor, again.models, again.cpus) == (machine.vendor, machine.models, None)


def test_what_is_recorded_is_short_and_a_name_of_another_release_is_left_out() -> None:
    assert Machine.of(cpus("EPYC-Milan")).record() == {"vendor": "AuthenticAMD", "models": ["EPYC-Milan"]}
    machine = Machine.from_record({"vendor": "AuthenticAMD", "models": ["EPYC", "EPYC-2040"]})
    assert "EPYC" in machine.models and "Opteron_G1" in machine.models and "EPYC-2040" not in machine.models


REFUSED: dict[str, tuple[dict[str, Machine], str]] = {
    "two makers": (
        machines(a=cpus("EPYC"), b=cpus("Nehalem"), c=cpus("EPYC")),
        "CPUs of different makers, between which nothing can be migrated: AuthenticAMD (a, c), GenuineIntel (b)",
    ),
    "a maker without models": (machines(a=Cpus("CentaurHauls")), "no model is known for CPUs of CentaurHauls (a)"),
    "no x86": (machines(a=Cpus(), b=Cpus()), "no model is known for CPUs of none of x86 (a, b)"),
    "too little": (
        machines(a=cpus("Nehalem"), b=cpus("Nehalem", "sse4_1 cx16")),
        "b has not even Penryn, whose CPU lacks cx16, sse4_1",
    ),
    "too little, as recorded": (
        {"a": Machine.from_record({"vendor": "GenuineIntel", "models": []})},
        "a has not even Penryn",
    ),
    "no machines": ({}, "there are no machines whose CPUs could be compared"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_baseline(case: str) -> None:
    found, message = REFUSED[case]
    with pytest.raises(CpuError, match=re.escape(message)):
        cpu_baseline.baseline(found)


@pytest.mark.parametrize(
    ("model", "found", "message"),
    [
        (
            "Icelake-Server",
            machines(a=cpus("Icelake-Server"), b=cpus("Icelake-Server", "hle rtm")),
            "Icelake-Server can't be had on b, whose CPU lacks hle, rtm; the highest that all machines have is Ice",
        ),
        (
            "Cascadelake-Server-noTSX",
            machines(a=cpus("Cascadelake-Server-noTSX", bugs="mds")),
            "on a, whose CPU lacks mds-no (it has the fault mds); the highest",
        ),
        ("SapphireRapids", machines(a=cpus("Nehalem")), " more; the highest that all machines have is Nehalem"),
        (
            "EPYC",
            machines(a=cpus("Nehalem"), b=cpus("EPYC")),
            "EPYC is of AuthenticAMD, and CPUs of GenuineIntel are not: a",
        ),
        (
            "EPYC-Milan",
            {"a": Machine.from_record({"vendor": "AuthenticAMD", "models": ["EPYC"]})},
            "EPYC-Milan can't be had on a; the highest that all machines have is EPYC",
        ),
    ],
)
def test_a_model_that_not_all_have_is_refused(model: str, found: dict[str, Machine], message: str) -> None:
    with pytest.raises(CpuError, match=re.escape(message)):
        cpu_baseline.refuse(model, found)


def test_a_name_that_is_none_has_a_remedy() -> None:
    assert cpu_baseline.near("Skylake-Server-IBRS2") == "is it Skylake-Server-IBRS?"
    assert cpu_baseline.near("x").startswith("give one of Penryn, ")
