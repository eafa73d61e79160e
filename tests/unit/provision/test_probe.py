# SPDX-License-Identifier: GPL-3.0-or-later
"""Network cards in a double of sysfs, and disks that appear late. What is on disks is tried in tests/unit/disks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent import probe

from ..disks.tree import lay


def test_only_physical_nics_are_listed(tmp_path: Path) -> None:
    for name, real in (("eth0", True), ("lo", False)):
        base = tmp_path / "sys/class/net" / name
        base.mkdir(parents=True)
        (base / "address").write_text("52:54:00:00:00:01\n")
        (base / "carrier").write_text("1\n")
        if real:
            (base / "device").mkdir()
    assert probe.nics(str(tmp_path)) == [{"name": "eth0", "mac": "52:54:00:00:00:01", "carrier": True}]


def disk(name: str, number: int) -> str:
    return f'disk {name} 8:{number} 2048 pci/{name}\nin pci/{name}\nvpd_pg80 : 00800004 "SN-{name[-1]}"\n'


@pytest.mark.parametrize(("appears", "names"), [(0, ["sda", "sdb"]), (3, ["sda", "sdb"]), (99, ["sda"])])
def test_disks_that_appear_late_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, appears: int, names: list[str]
) -> None:
    """A disk that stays away ends the wait after a minute; the choice of disks refuses it then."""
    pauses: list[float] = []
    real = probe.disks

    def disks() -> list[probe.Disk]:
        if len(pauses) == appears:
            lay(disk("sdb", 16), tmp_path)
        return real(str(tmp_path))

    lay(disk("sda", 0), tmp_path)
    monkeypatch.setattr(probe, "disks", disks)
    monkeypatch.setattr(probe, "time", SimpleNamespace(sleep=pauses.append))
    found = probe.wait_for_disks([{"serial": "SN-a"}, {"serial": "SN-b"}])
    assert [item.device.name for item in found] == names
    assert sum(pauses) == min(appears * 2, 60)
