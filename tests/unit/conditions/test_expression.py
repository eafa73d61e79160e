# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules by JMESPath, and what is said where the package is not installed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.conditions.expression import ExpressionError, expression

NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)
ITEM = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "KubeVirt",
    "metadata": {"name": "x", "namespace": "kubevirt"},
    "status": {"phase": "Deploying", "zero": 0, "conditions": [{"type": "Available", "status": "True"}]},
}


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("status.phase == 'Deploying'", None),
        ("status.conditions[?type=='Available'].status | [0] == 'True'", None),
        ("status.zero", None),
        ("status.phase == 'Deployed'", "KubeVirt kubevirt/x: status.phase == 'Deployed' is false"),
        ("status.observed", "KubeVirt kubevirt/x: status.observed is null"),
        ("status.conditions[?type=='Ready']", "KubeVirt kubevirt/x: status.conditions[?type=='Ready'] is []"),
    ],
)
def test_an_expression_is_a_rule(text: str, row: str | None) -> None:
    pytest.importorskip("jmespath")
    found = expression(text)(ITEM, NOW)
    assert (found and str(found)) == row


def test_a_function_that_does_not_take_a_value_yet_is_waited_for() -> None:
    pytest.importorskip("jmespath")
    found = expression("length(status.nodes) > `2`")(ITEM, NOW)
    assert "cannot be evaluated: In function length(), invalid type for value: None" in str(found)


def test_an_object_that_is_deleted_is_not_as_wanted() -> None:
    pytest.importorskip("jmespath")
    gone = ITEM | {"metadata": {"name": "x", "deletionTimestamp": "2026-11-28T11:59:50Z"}}
    assert "it is being deleted" in str(expression("status.phase")(gone, NOW))


def test_what_is_no_expression_is_refused_before_the_wait() -> None:
    pytest.importorskip("jmespath")
    with pytest.raises(ExpressionError, match=r"^the expression 'status\.\[' is not JMESPath: "):
        expression("status.[")


def test_without_the_package_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jmespath", None)
    with pytest.raises(ExpressionError, match="needs the Python package jmespath on the controller; install it there"):
        expression("status.phase")
