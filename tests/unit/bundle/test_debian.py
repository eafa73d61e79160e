# SPDX-License-Identifier: GPL-3.0-or-later
"""What apt is told that it does not find out by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import debian


def test_apt_trusts_the_cas_that_the_other_downloads_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/srv/trusted.pem")
    assert "Acquire::https::CAInfo=/srv/trusted.pem" in debian.options(tmp_path, "amd64")
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "CAInfo" not in " ".join(debian.options(tmp_path, "amd64"))
