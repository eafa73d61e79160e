# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd's health from recorded answers, and every certificate of a control plane."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import control_plane
from ansible_collections.groundup.cloud.plugins.module_utils.prove.control_plane import (
    certificates,
    control_plane_proofs,
    health_evidence,
)
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError

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


def certificate(path: Path, days: int) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=x", "-keyout", "/dev/null", "-out", str(path), "-days", str(days)]
    subprocess.run(command, check=True, capture_output=True)
    return path.read_text()


def test_certificates_inside_of_kubeconfigs_end_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate(tmp_path / "pki/apiserver.crt", 300)
    certificate(tmp_path / "pki/etcd/server.crt", 300)
    data = base64.b64encode(certificate(tmp_path / "x.pem", 12).encode()).decode()
    (tmp_path / "admin.conf").write_text(f"users:\n- user:\n    client-certificate-data: {data}\n")
    found = list(certificates(tmp_path, tmp_path / "none"))
    assert [name for name, _ in found] == ["apiserver.crt", "server.crt", "admin.conf"]
    monkeypatch.setattr(control_plane, "certificates", lambda: iter(found))
    with pytest.raises(ProofError, match=r"admin.conf has 1[12] days left; renew"):
        control_plane._certificates()
    monkeypatch.setattr(control_plane, "certificates", lambda: iter(found[:2]))
    assert "2 certificates, the first to end is" in control_plane._certificates()


def test_a_machine_without_a_control_plane_fails_each_proof_by_its_own_words() -> None:
    def login() -> Any:
        raise FileNotFoundError(2, "No such file", "/etc/kubernetes/admin.conf")

    proofs = control_plane_proofs("node1", login, 1)
    assert [proof.ok for proof in proofs] == [False, False, False]
    assert "/etc/kubernetes/admin.conf" in proofs[1].evidence
