# SPDX-License-Identifier: GPL-3.0-or-later
"""What KubeVirt, CDI, nodes and golden images report, judged by tables."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import virtual_machines_state as state
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError

from .machines_api import ALL, CDI, KUBEVIRT, NODES, TRUE, node

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def changed(item: dict[str, Any], **status: Any) -> dict[str, Any]:
    found = copy.deepcopy(item)
    found["status"] |= status
    return found


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (None, "there is no KubeVirt object; run site"),
        (changed(KUBEVIRT, observedKubeVirtVersion="v1.8.4"), "KubeVirt 1.8.4 is deployed, and the model wants 1.9.0"),
        (changed(KUBEVIRT, phase="Deploying"), "its phase is Deploying"),
        (
            changed(KUBEVIRT, conditions=[{"type": "Available", **TRUE}, {"type": "Degraded", **TRUE}]),
            "KubeVirt: Degraded is True",
        ),
        (changed(KUBEVIRT, conditions=[]), "Available is not reported"),
    ],
)
def test_a_kubevirt_that_is_not_as_wanted(item: dict[str, Any] | None, words: str) -> None:
    with pytest.raises(ProofError) as error:
        state.kubevirt(item, "1.9.0", NOW)
    assert words in str(error.value)


def test_what_is_deployed_as_wanted() -> None:
    assert state.kubevirt(KUBEVIRT, "1.9.0", NOW) == "KubeVirt 1.9.0, which reports all of its parts as available"
    assert state.cdi(CDI, "1.66.0", NOW) == "CDI 1.66.0, which reports all of its parts as available"
    with pytest.raises(ProofError, match=r"CDI 1\.65\.0 is deployed"):
        state.cdi(changed(CDI, observedVersion="v1.65.0"), "1.66.0", NOW)


def test_machines_that_take_no_virtual_machines_are_named() -> None:
    found = {name: node(name) for name in NODES}
    assert state.nodes(found, ALL) == "n1, n2, n3, each with /dev/kvm"
    assert state.nodes(found, replace(ALL, emulation=True)) == "n1, n2, n3, by emulation"
    found["n1"] = node("n1", **{"devices.kubevirt.io/kvm": "0"})
    found["n2"]["metadata"]["labels"] = {}
    del found["n3"]
    with pytest.raises(ProofError) as error:
        state.nodes(found, ALL)
    assert str(error.value) == (
        "n1: it has no /dev/kvm for them; n2: virt-handler does not say that it takes any (label "
        "kubevirt.io/schedulable); n3 is not a node"
    )


def test_golden_images_that_are_not_ready_are_named() -> None:
    ready: dict[str, Any] = {"status": {"conditions": [{"type": "Ready", **TRUE}]}}
    assert state.images({"a": ready, "b": ready}, ["a", "b"]) == "a, b"
    late = {"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "NotFound"}]}}
    with pytest.raises(ProofError) as error:
        state.images({"a": late, "b": {}}, ["a", "b", "c"])
    assert str(error.value) == (
        "a: Ready is False (NotFound); b: Ready is not reported; c: there is no DataSource of this name"
    )
