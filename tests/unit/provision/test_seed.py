# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine-specific files of a root tree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent import seed
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent.refusal import Refusal


def plan(**more: Any) -> dict[str, Any]:
    values = {
        "hostname": "node1",
        "fqdn": "node1.rack.test",
        "authorized_keys": ["ssh-ed25519 AAAA me "],
        "network_files": [{"path": "/etc/systemd/network/10-x.network", "content": "[Match]\n"}],
        "ca_certificate": "PEM",
        **more,
    }
    image = {"name": "debian-13", "sha256": "ab"}
    return {"machine": "node1", "cloud": "rack", "deploy_id": "d1", "image": image, "seed": values}


def test_files_are_written_with_their_mode(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/machine-id").write_text("")
    seed.write(str(tmp_path), seed.files(plan(), "f" * 32))
    assert (tmp_path / "etc/hostname").read_text() == "node1\n"
    assert "127.0.1.1 node1.rack.test node1\n" in (tmp_path / "etc/hosts").read_text()
    assert (tmp_path / "etc/machine-id").read_text() == "f" * 32 + "\n"
    assert json.loads((tmp_path / "etc/groundup/identity.json").read_text())["deploy_id"] == "d1"
    assert (tmp_path / "etc/systemd/network/10-x.network").exists()
    assert (tmp_path / "usr/local/share/ca-certificates/groundup.crt").read_text() == "PEM\n"


@pytest.mark.parametrize("path", ["/root/.bashrc", "/etc/../usr/bin/x", "../etc/x", "etc/x/../../root/x"])
def test_network_files_outside_etc_are_refused(path: str) -> None:
    with pytest.raises(Refusal, match="outside /etc"):
        seed.files(plan(network_files=[{"path": path, "content": ""}]), "f" * 32)


def test_the_host_key_is_generated_in_the_root(tmp_path: Path) -> None:
    public = seed.host_key(str(tmp_path), "node1")
    assert public.startswith("ssh-ed25519 ") and len(public.split()) == 2
    assert (tmp_path / "etc/ssh/ssh_host_ed25519_key").stat().st_mode & 0o777 == 0o600
    assert seed.host_key(str(tmp_path), "node1") != public
