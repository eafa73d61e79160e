# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd's health from recorded answers."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Unreachable
from ansible_collections.groundup.cloud.plugins.module_utils.prove import control_plane
from ansible_collections.groundup.cloud.plugins.module_utils.prove.control_plane import (
    control_plane_proofs,
    health_evidence,
)
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError
from ansible_collections.groundup.cloud.plugins.module_utils.waiting import deadline

STATUS = {"leader": "77", "version": "3.6.8", "dbSize": "4194304"}


def member(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "id": name, "peer": f"https://{name}:2380", "learner": False, **more}


THREE = [member("node1"), member("node2"), member("node3")]
WELL: dict[str, Any] = dict.fromkeys(("node1", "node2", "node3"), STATUS)


def test_three_members_in_agreement() -> None:
    told = health_evidence(THREE, WELL, [], 3)
    assert told == "3 of 3 members (node1, node2, node3) with one leader, version 3.6.8, 4.0 MiB"


@pytest.mark.parametrize(
    ("found", "status", "alarms", "error"),
    [
        (THREE[:2], {k: v for k, v in WELL.items() if k != "node3"}, [], "2 of 3 members"),
        (THREE, {**WELL, "node2": "https://10.30.0.22:2379: timed out"}, [], "node2 does not answer: .* timed out"),
        ([*THREE[:2], member("node3", learner=True)], WELL, [], "node3 is a learner"),
        (THREE, {**WELL, "node3": {**STATUS, "leader": "0"}}, [], "do not agree on a leader"),
        (THREE, {**WELL, "node3": {**STATUS, "errors": ["NOSPACE"]}}, [], "node3: NOSPACE"),
        (THREE, WELL, [{"memberID": "9", "alarm": "NOSPACE"}], "alarm NOSPACE of member 9"),
    ],
)
def test_what_is_wrong_with_etcd_is_named(found: Any, status: Any, alarms: Any, error: str) -> None:
    with pytest.raises(ProofError, match=error):
        health_evidence(found, status, alarms, 3)


def test_a_machine_without_a_control_plane_fails_each_proof_with_its_own_reason() -> None:
    def login() -> Any:
        raise FileNotFoundError(2, "No such file", "/etc/kubernetes/admin.conf")

    proofs = control_plane_proofs("node1", login, 1)
    assert [proof.ok for proof in proofs] == [False, False]
    assert "/etc/kubernetes/admin.conf" in proofs[1].evidence


@pytest.mark.parametrize(("moments", "ok"), [(3, True), (99, False)], ids=["an election", "no end of it"])
def test_an_election_is_waited_for(monkeypatch: pytest.MonkeyPatch, moments: int, ok: bool) -> None:
    """The double of etcd has no leader at first; only sleeping advances the clock."""
    now, asked = [0.0], []

    def once(_members: int, _root: pathlib.Path) -> str:
        asked.append(now[0])
        if len(asked) <= moments:
            raise (ProofError("the members do not agree on a leader"), Unreachable("timed out"))[len(asked) % 2]
        return "well"

    monkeypatch.setattr(control_plane, "_read_health", once)
    monkeypatch.setattr(deadline.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(deadline.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    proof = control_plane_proofs("node1", lambda: None, 3, check=True)[0]  # type: ignore[arg-type, return-value]
    assert proof.ok is ok
    assert asked[-1] <= control_plane.PATIENCE + 2
