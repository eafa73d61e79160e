# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether virtual machines find room when one machine is lost, by tables."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove.virtual_machines_room import amount, requests, room
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError, Warned

from .machines_api import node

Json = dict[str, Any]
NAMES = ("n1", "n2", "n3")


def nodes(**memory: str) -> dict[str, Json]:
    return {name: node(name, cpu="8", memory=memory.get(name, "16Gi")) for name in NAMES}


def pod(name: str, on: str, memory: str, cpu: str = "100m", *, vm: bool = True, **more: Any) -> Json:
    labels = {"kubevirt.io": "virt-launcher"} if vm else {}
    annotations = {"kubevirt.io/domain": name} if vm else {}
    metadata = {"name": f"launcher-{name}", "namespace": "shop", "labels": labels, "annotations": annotations}
    container = {"name": "a", "resources": {"requests": {"cpu": cpu, "memory": memory}}}
    spec = {"nodeName": on, "containers": [container], **more.pop("spec", {})}
    return {"metadata": metadata, "spec": spec, "status": {"phase": "Running", **more}}


@pytest.mark.parametrize(
    ("text", "number"),
    [(None, "0"), ("2", "2"), ("250m", "0.25"), ("1.5", "1.5"), ("2Gi", str(2 << 30)), ("3k", "3000"), ("1e3", "1000")],
)
def test_quantities(text: str | None, number: str) -> None:
    assert amount(text) == Decimal(number)


def test_what_is_no_quantity_fails_the_proof() -> None:
    with pytest.raises(ProofError, match="much is no quantity"):
        amount("much")


def test_requests_are_those_that_the_scheduler_counts() -> None:
    def one(memory: str, **more: str) -> Json:
        return {"resources": {"requests": {"memory": memory}}, **more}

    spec: Json = {"containers": [one("1Gi"), one("1Gi")], "initContainers": [one("1Gi")]}
    assert requests({"spec": spec})["memory"] == 2 << 30
    spec["initContainers"] = [one("5Gi"), one("1Gi", restartPolicy="Always")]
    assert requests({"spec": spec})["memory"] == 5 << 30
    spec["initContainers"] = [one("1Gi", restartPolicy="Always")]
    assert requests({"spec": {**spec, "overhead": {"memory": "1Gi"}}})["memory"] == 4 << 30


def test_all_find_room() -> None:
    found = room(nodes(), [pod("a", "n1", "8Gi"), pod("b", "n1", "8Gi"), pod("c", "n2", "4Gi")], NAMES, owed=True)
    assert found == "3 virtual machines on n1, n2, n3: each finds room when one is lost"
    assert "no virtual" not in str(room(nodes(), [], NAMES, owed=True))


LOST = [pod("big", "n1", "10Gi"), pod("small", "n1", "1Gi"), pod("c", "n2", "8Gi"), pod("d", "n3", "8Gi")]


def test_one_that_finds_no_room_is_named() -> None:
    words = "without n1, 1 of its 2 virtual machines find no room: shop/big. Add machines"
    with pytest.raises(ProofError, match=words):
        room(nodes(), LOST, NAMES, owed=True)
    found = room(nodes(), LOST, NAMES, owed=False)
    assert isinstance(found, Warned) and words in found.warning


@pytest.mark.parametrize(
    ("pods", "why"),
    [
        ([pod("a", "n1", "1Gi", "4"), pod("b", "n2", "1Gi", "5"), pod("c", "n3", "1Gi", "5")], "CPU"),
        ([pod("a", "n1", "9Gi"), *(pod("x", n, "8Gi", vm=False) for n in ("n2", "n3"))], "pods that are no machines"),
        ([pod("a", "n1", "1Gi", spec={"nodeSelector": {"disk": "fast"}})], "labels"),
    ],
)
def test_what_takes_room_away(pods: list[Json], why: str) -> None:
    with pytest.raises(ProofError, match=r"without n1, 1 of its 1 virtual machines find no room: shop/a"):
        room(nodes(), pods, NAMES, owed=True)
    assert why


def test_machines_that_take_nothing_give_no_room() -> None:
    found = nodes()
    found["n2"]["spec"] = {"unschedulable": True}
    found["n3"]["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]
    with pytest.raises(ProofError, match="without n1"):
        room(found, [pod("a", "n1", "1Gi")], NAMES, owed=True)


def test_pods_that_have_ended_take_none() -> None:
    pods = [pod("a", "n1", "16Gi"), *(pod("x", n, "16Gi", phase="Succeeded") for n in ("n2", "n3"))]
    assert "1 virtual machines" in str(room(nodes(), pods, NAMES, owed=True))
