# SPDX-License-Identifier: GPL-3.0-or-later
"""Every certificate of a node counts, also those inside of kubeconfigs."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.x509 import Validity
from ansible_collections.groundup.cloud.plugins.module_utils.prove import certificates
from ansible_collections.groundup.cloud.plugins.module_utils.prove.control_plane import control_plane_proofs
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError, Warned


def certificate(path: Path, days: int) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=x", "-keyout", "/dev/null", "-out", str(path), "-days", str(days)]
    subprocess.run(command, check=True, capture_output=True)
    return path.read_text()


def test_certificates_inside_of_kubeconfigs_are_checked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate(tmp_path / "pki/apiserver.crt", 300)
    certificate(tmp_path / "pki/etcd/server.crt", 300)
    data = base64.b64encode(certificate(tmp_path / "x.pem", 12).encode()).decode()
    (tmp_path / "admin.conf").write_text(f"users:\n- user:\n    client-certificate-data: {data}\n")
    found = list(certificates.certificates(tmp_path, tmp_path / "none"))
    assert [name for name, __ in found] == ["apiserver.crt", "server.crt", "admin.conf"]
    monkeypatch.setattr(certificates, "certificates", lambda: iter(found))
    with pytest.raises(ProofError, match=r"admin.conf has 1[12] days left; renew"):
        certificates.certificates_valid()
    monkeypatch.setattr(certificates, "certificates", lambda: iter(found[:2]))
    assert "2 certificates, the first to expire is" in certificates.certificates_valid()


DAY = 86400
NOW = 1_800_000_000.0


def judge(monkeypatch: pytest.MonkeyPatch, left: dict[str, int]) -> str | Warned:
    """The proof of certificates of a year with so many days left."""

    def validity(name: str, _pem: str) -> Validity:
        ends = NOW + left[name] * DAY + 60
        return Validity(ends - 365 * DAY, ends)

    monkeypatch.setattr(certificates, "validity", validity)
    return certificates.judged(iter([(name, "") for name in left]), NOW)


@pytest.mark.parametrize(
    ("left", "warning"),
    [
        ({"apiserver.crt": 61}, ""),
        (
            {"apiserver.crt": 59, "admin.conf": 58},
            "admin.conf ends in 58 days, apiserver.crt ends in 59 days, ",
        ),
        ({"ca.crt": 50}, "ca.crt ends in 50 days, and kubeadm renews no authority"),
        ({"kubelet-client-current.pem": 40}, ""),  # within the time in which the kubelet renews it
        ({"kubelet-client-current.pem": 35}, "kubelet-client-current.pem ends in 35 days"),
    ],
)
def test_what_ends_soon_is_a_warning(monkeypatch: pytest.MonkeyPatch, left: dict[str, int], warning: str) -> None:
    found = judge(monkeypatch, left)
    assert (isinstance(found, Warned) and found.warning.startswith(warning)) if warning else isinstance(found, str)


def test_what_ends_very_soon_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProofError, match=r"apiserver\.crt has 30 days left; renew it by running site\.yml"):
        judge(monkeypatch, {"apiserver.crt": 30, "admin.conf": 300})


def test_a_file_that_is_no_certificate_fails_the_proof() -> None:
    with pytest.raises(ProofError, match=r"apiserver\.crt: holds no certificate"):
        certificates.judged(iter([("apiserver.crt", "")]), NOW)


def test_the_certificates_of_a_hosted_control_plane_are_proved(tmp_path: Path) -> None:
    certificate(tmp_path / "etc/kubernetes/pki/apiserver.crt", 300)
    proofs = {
        proof.name: proof for proof in control_plane_proofs("cluster", lambda: None, 1, check=True, root=tmp_path)
    }  # type: ignore[arg-type,return-value]
    proof = proofs["cluster: certificates are valid for more than 30 days"]
    assert proof.ok and proof.layer == "control_plane" and proof.evidence.startswith("1 certificates")
