# SPDX-License-Identifier: GPL-3.0-or-later
"""Each rule of the pre-flight with models to which it applies, and others to which it almost does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import PROXY_MODES
from ansible_collections.groundup.cloud.plugins.module_utils.model import check_preflight
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.enums import ProxyMode
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.preflight import Found, Rule, Severity
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError
from ansible_collections.groundup.cloud.plugins.module_utils.provision.recipe import SUITES

from . import preflight_networks, preflight_providers, preflight_vms
from .base import model
from .preflight_models import Cases, Changes, network

PARTS = (preflight_networks, preflight_providers, preflight_vms)
CASES: Cases = {name: case for part in PARTS for name, case in part.CASES.items()}
RULES = {rule.name: rule for rule in check_preflight.RULES}


def told(changes: Changes, rule: Rule) -> list[str]:
    """What is said of a model by one rule, as an error or as a warning; it has no other error."""
    mark = f"(pre-flight {rule.name}:"
    try:
        errors, warnings = [], list(load_all(model(changes)).warnings)
    except ModelError as error:
        errors, warnings = error.errors, error.warnings
    texts = [str(problem) for problem in errors]
    assert all("(pre-flight " in text for text in texts), texts
    wanted, other = (texts, warnings) if rule.severity is Severity.ERROR else (map(str, warnings), errors)
    assert not [text for text in map(str, other) if mark in text], "it is reported with the other severity"
    return [text for text in wanted if mark in text]


def applying() -> Iterator[Any]:
    for name, (models, __) in CASES.items():
        for number, (changes, begin) in enumerate(models):
            yield pytest.param(name, changes, begin, id=f"{name} {number}")


def almost() -> Iterator[Any]:
    for name, (__, models) in CASES.items():
        for number, changes in enumerate(models):
            yield pytest.param(name, changes, id=f"{name} {number}")


def test_each_rule_is_tried_with_models_to_which_it_applies_and_to_which_it_does_not() -> None:
    assert len(RULES) == len(check_preflight.RULES), "two rules have one name"
    assert set(CASES) == set(RULES)
    assert all(models and others for models, others in CASES.values())


@pytest.mark.parametrize(("name", "changes", "begin"), list(applying()))
def test_a_rule_applies_once_and_says_why_the_way_out_and_the_source(name: str, changes: Changes, begin: str) -> None:
    rule = RULES[name]
    texts = told(changes, rule)
    assert len(texts) == 1 and texts[0].startswith(begin), texts
    assert rule.why in texts[0] and f"; {rule.way_out}" in texts[0] and rule.source in texts[0]


@pytest.mark.parametrize(("name", "changes"), list(almost()))
def test_a_rule_does_not_apply_to_a_model_that_is_almost_like_it(name: str, changes: Changes) -> None:
    assert told(changes, RULES[name]) == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_each_rule_is_a_line_of_the_page(rule: Rule) -> None:
    assert rule.case and rule.why and rule.way_out and rule.source
    line = next(line for line in check_preflight.page().splitlines() if line.startswith(f"| {rule.name} |"))
    assert line.count(" | ") == 5 and rule.source in line


def test_a_rule_is_added_by_one_line_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads any fact of the model, and refuses it."""
    toy = Rule(
        "toy",
        Severity.ERROR,
        "a name",
        lambda facts: [Found("name", facts.cloud.name)] if facts.cloud.name == "rack" else [],
        "is a toy",
        "give another",
        "nobody",
    )
    monkeypatch.setattr(check_preflight, "RULES", (toy,))
    with pytest.raises(ModelError, match=r"name: rack is a toy \(pre-flight toy: nobody\); give another"):
        load(model())
    assert load(model({"name": "other"}))


@pytest.mark.parametrize(
    "changes",
    [
        {"kubernetes.version": "new"},
        {"network.provider": "x"},
        {"network.encapsulation": "x"},
        {"networks.cluster.subnet": "x"},
        {"kubernetes.pods": "x", **network("kube_ovn")},
        {"kubernetes.proxy_mode": "ipvs", **network("kube_ovn")},
        {"network.require": ["policy_vm"], "network.provider": "cilium"},
        {"machines.node1.os": "none", **network("flannel")},
    ],
)
def test_a_value_that_cannot_be_read_is_the_only_error(changes: Changes) -> None:
    with pytest.raises(ModelError) as caught:
        load(model(changes))
    assert not [str(problem) for problem in caught.value.errors if "pre-flight" in str(problem)]


def test_kube_proxy_follows_the_provider_of_the_network() -> None:
    def mode(changes: Changes) -> str | None:
        found: str | None = derive(load(model(changes))).hostvars["node1"]["kubernetes_config"].get("proxy_mode")
        return found

    assert mode(network("kube_ovn")) == mode({"kubernetes.proxy_mode": "iptables"}) == "iptables"
    assert mode(network("cilium")) == "none", "Cilium does its work"
    assert mode({**network("cilium"), "kubernetes.proxy_mode": "iptables"}) == "iptables"
    assert mode(network("calico")) is mode({"kubernetes.proxy_mode": "nftables"}) is None, "the role's own default"
    assert [str(word) for word in ProxyMode] == list(PROXY_MODES)


def test_the_kernel_of_built_images_is_that_of_their_suite() -> None:
    """Whoever adds a suite has to say which kernel it has: BUILT_KERNEL of model/preflight.py is that of Debian 13."""
    assert set(SUITES) == {"debian-13"}
