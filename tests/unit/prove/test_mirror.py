# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof of a root on two disks, from trees of sysfs as Linux 6.12 has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove.hosts import host_proofs
from ansible_collections.groundup.cloud.plugins.module_utils.prove.mirror import mirrored
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import ProofError

from ..disks.tree import lay

DISKS = """disk vda 254:0 2097152 pci0000:00/0000:00:04.0/virtio1
disk vdb 254:16 2097152 pci0000:00/0000:00:05.0/virtio2
in pci0000:00/0000:00:04.0/virtio1/block/vda
serial = AAA
in pci0000:00/0000:00:05.0/virtio2/block/vdb
serial = BBB
"""
WANTED = [{"serial": "AAA"}, {"serial": "BBB"}]


def host(tmp_path: Path, on: str = "9:127", members: tuple[str, ...] = ("vda", "vdb"), **files: str) -> str:
    """A machine whose root is the device `on`; md127 has members on partition 3 of disks."""
    root = lay(DISKS, tmp_path)
    array = root / "sys/devices/virtual/block/md127"
    (array / "slaves").mkdir(parents=True)
    facts = {"level": "raid1", "degraded": "0", "sync_action": "idle", "array_state": "clean", "sync_completed": "none"}
    for number, name in enumerate(members):
        part = (root / "sys/block" / name).resolve() / f"{name}3"
        part.mkdir()
        (part / "partition").write_text("3\n")
        (array / f"slaves/{name}3").symlink_to(part)
        facts[f"dev-{name}3/state"] = files.pop(f"state{number}", "in_sync")
    for name, value in (facts | files).items():
        path = array / "md" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value + "\n")
    numbers = root / "sys/dev/block"
    numbers.mkdir(parents=True)
    (root / "sys/block/md127").symlink_to(array)
    (numbers / "9:127").symlink_to(array)
    (numbers / "254:3").symlink_to((root / "sys/block/vda").resolve())
    (root / "proc/self/mountinfo").write_text(f"22 1 {on} / / rw,noatime shared:1 - ext4 /dev/md127 rw\n")
    return str(root)


@pytest.mark.parametrize(
    ("files", "evidence"),
    [
        ({}, "md127: clean, members on vda (AAA) and vdb (BBB)"),
        ({"array_state": "active"}, "md127: active, members on vda (AAA) and vdb (BBB)"),
        (
            {"sync_action": "resync", "sync_completed": "1024 / 4096", "array_state": "active"},
            "md127: active, members on vda (AAA) and vdb (BBB), resync at 25 %",
        ),
        ({"state0": "in_sync,write_mostly"}, "md127: clean, members on vda (AAA) and vdb (BBB)"),
    ],
)
def test_a_complete_mirror_is_proved(tmp_path: Path, files: dict[str, str], evidence: str) -> None:
    assert mirrored(WANTED, host(tmp_path, **files)) == evidence


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"members": ("vda",), "degraded": "1"}, r"has no member on vdb \(BBB\), only on vda \(in_sync\)"),
        ({"state1": "faulty", "degraded": "1"}, r"not complete: vdb \(faulty\)"),
        (
            {"state1": "spare", "degraded": "1", "sync_action": "recover", "sync_completed": "3 / 4"},
            r"not complete: vdb \(spare\)",
        ),
        ({"degraded": "1"}, "1 of its members missing, idle"),
        ({"sync_action": "recover", "sync_completed": "3 / 4"}, "recover at 75 %"),
        ({"array_state": "readonly"}, "the state of md127 is readonly"),
        ({"level": "raid0"}, "an array of level raid0"),
        ({"on": "254:3"}, "is on vda, which is no array"),
    ],
)
def test_anything_else_is_not(tmp_path: Path, files: dict[str, str], words: str) -> None:
    with pytest.raises(ProofError, match=words):
        mirrored(WANTED, host(tmp_path, **files))  # type: ignore[arg-type]


def test_another_disk_than_the_model_names_is_named_with_the_array(tmp_path: Path) -> None:
    with pytest.raises(ProofError, match=r"CCC.*on md127 with vda \(in_sync\), vdb \(in_sync\)"):
        mirrored([{"serial": "AAA"}, {"serial": "CCC"}], host(tmp_path))


def test_the_proof_is_carried_out_where_the_model_has_two_disks() -> None:
    params = {"host": "node1", "networks": [], "root_mirror": WANTED, "layers": {}}
    names = [proof.name for proof in host_proofs(params)]
    assert "node1: the root file system is on both of its disks" in names
    without = [proof.name for proof in host_proofs(params | {"root_mirror": []})]
    assert not [name for name in without if "both of its disks" in name]
