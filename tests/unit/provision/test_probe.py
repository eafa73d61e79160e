# SPDX-License-Identifier: GPL-3.0-or-later
"""Network cards in a double of sysfs. What is on disks is tried in tests/unit/disks."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent import probe


def test_only_physical_nics_are_listed(tmp_path: Path) -> None:
    for name, real in (("eth0", True), ("lo", False)):
        base = tmp_path / "sys/class/net" / name
        base.mkdir(parents=True)
        (base / "address").write_text("52:54:00:00:00:01\n")
        (base / "carrier").write_text("1\n")
        if real:
            (base / "device").mkdir()
    assert probe.nics(str(tmp_path)) == [{"name": "eth0", "mac": "52:54:00:00:00:01", "carrier": True}]
