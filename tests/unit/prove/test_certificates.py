# SPDX-License-Identifier: GPL-3.0-or-later
"""Every certificate of a node counts, also those inside of kubeconfigs."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import certificates
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError


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
