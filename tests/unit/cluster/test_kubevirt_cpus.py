# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of CPUs of virtual machines, from what was looked up on machines or recorded. CPUs are synthetic."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import kubevirt_cpus, kubevirt_objects
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.vms.cpu_baseline import needed
from ansible_collections.groundup.cloud.plugins.module_utils.vms.cpu_models import MODELS, flag

MACHINES = [{"node": "n1"}, {"node": "n2"}]
BASELINE: dict[str, Any] = {"cloud": "rack1", "cpu_model": "baseline", "machines": MACHINES}


def facts(model: str) -> dict[str, Any]:
    flags = sorted(map(flag, needed(MODELS[model])))
    return {"vendor": MODELS[model].vendor, "family": 6, "model": 1, "stepping": 1, "flags": flags, "bugs": []}


def live(**models: str) -> dict[str, Any]:
    record = {node: {"vendor": MODELS[model].vendor, "models": [model]} for node, model in models.items()}
    return {"metadata": {"annotations": {kubevirt_cpus.ANNOTATION: json.dumps(record)}}}


def test_what_was_looked_up_decides_and_is_recorded() -> None:
    found = kubevirt_cpus.completed(
        {**BASELINE, "found_cpus": {"n1": facts("EPYC-Milan"), "n2": facts("EPYC-Rome")}}, None
    )
    (kubevirt,) = kubevirt_objects.render(found)
    assert kubevirt["spec"]["configuration"]["cpuModel"] == "EPYC-Rome"
    record = json.loads(kubevirt["metadata"]["annotations"][kubevirt_cpus.ANNOTATION])
    assert record == {
        "n1": {"vendor": "AuthenticAMD", "models": ["EPYC-Milan"]},
        "n2": {"vendor": "AuthenticAMD", "models": ["EPYC-Rome"]},
    }
    again = kubevirt_cpus.completed(BASELINE, kubevirt)
    assert kubevirt_objects.render(again) == [kubevirt], "a comparison by the record differs in nothing"


def test_a_machine_that_is_no_longer_there_decides_nothing_and_is_forgotten() -> None:
    found = kubevirt_cpus.completed({**BASELINE, "machines": MACHINES[:1]}, live(n1="EPYC-Milan", n2="EPYC"))
    assert (found["cpu_model"], list(found["cpus"])) == ("EPYC-Milan", ["n1"])


@pytest.mark.parametrize("params", [{}, {"cpu_model": "host-model", "machines": MACHINES}, {"cpu_model": "EPYC"}])
def test_nothing_is_looked_up_where_the_machines_decide_nothing(params: dict[str, Any]) -> None:
    assert kubevirt_cpus.completed(params, None) == params


def test_a_removal_writes_no_model_that_is_not_known() -> None:
    (kubevirt,) = kubevirt_objects.render(BASELINE)
    assert "cpuModel" not in kubevirt["spec"]["configuration"]
    assert kubevirt_cpus.ANNOTATION not in kubevirt["metadata"]["annotations"]


@pytest.mark.parametrize(
    ("params", "known", "message"),
    [
        ({}, None, "not looked up yet: the CPUs of n1, n2; the role kubevirt does that"),
        ({}, live(n1="EPYC"), "not looked up yet: the CPUs of n2;"),
        ({"found_cpus": {"n1": facts("EPYC")}}, live(n1="EPYC", n2="EPYC"), "machines: n2 was not looked up; give"),
        ({}, live(n1="EPYC", n2="Nehalem"), "cpu_model: the machines have CPUs of different makers"),
        ({}, live(n1="EPYC", n2="Nehalem"), "or give cpu_model: host-model, with which they are migrated"),
        ({"cpu_model": "EPYC-Milan"}, live(n1="EPYC-Milan", n2="EPYC"), "EPYC-Milan can't be had on n2; the highest"),
        (
            {"cpu_model": "EPYC-Milan", "found_cpus": {"n1": facts("EPYC-Milan"), "n2": facts("EPYC-Rome")}},
            None,
            "EPYC-Milan can't be had on n2, whose CPU lacks erms, fsrm, ibrs, invpcid, pcid, pku and 1 more;",
        ),
        (
            {},
            {"metadata": {"annotations": {kubevirt_cpus.ANNOTATION: "{"}}},
            "the annotation groundup.cloud/cpus of the KubeVirt object is no record",
        ),
    ],
)
def test_what_is_refused(params: dict[str, Any], known: dict[str, Any] | None, message: str) -> None:
    with pytest.raises(ClusterLayerError, match=re.escape(message)):
        kubevirt_cpus.completed({**BASELINE, **params}, known)


def test_a_node_where_kubevirt_does_not_find_the_model_is_named() -> None:
    label = f"{kubevirt_cpus.LABEL}EPYC"
    nodes = [
        {"metadata": {"name": "n1", "labels": {label: "true"}}},
        {"metadata": {"name": "n2", "labels": {f"{label}-Rome": "true"}}},
        {"metadata": {"name": "n3"}},
    ]
    rows = kubevirt_cpus.without_model("EPYC", nodes)
    assert [row.what for row in rows] == ["n2", "n3"] and f"(label {label})" in rows[0].reason
    for model in ("", "host-model", "baseline"):
        assert kubevirt_cpus.without_model(model, nodes) == []
