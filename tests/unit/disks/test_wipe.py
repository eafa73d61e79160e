# SPDX-License-Identifier: GPL-3.0-or-later
"""Which disks may be erased: one test for each refusal, on disks as they were read; no disk is touched."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.disks import gpt, wiping
from ansible_collections.groundup.cloud.plugins.module_utils.disks.contents import Contents, Signature
from ansible_collections.groundup.cloud.plugins.module_utils.disks.devices import Device
from ansible_collections.groundup.cloud.plugins.module_utils.disks.errors import DiskError
from ansible_collections.groundup.cloud.plugins.module_utils.disks.owners import Owner
from ansible_collections.groundup.cloud.plugins.module_utils.disks.users import Holder, Users
from ansible_collections.groundup.cloud.plugins.module_utils.disks.wipe import (
    Part,
    Seen,
    judge,
    reasons,
    refuse,
    without_consent,
)

GIB = 1024**3
FSID = "8f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
DISK = Device("sdb", "/dev/sdb", "8:16", GIB, "X", ("S45NNA0M123456",), ("naa.5002538e40a1b2c3",), False, 512)
EXT4 = Signature("sdb", "filesystem", "ext4")
CONTENTS = Contents(("ext4 on sdb",), "", (EXT4,))
SEEN = Seen(DISK, DISK, CONTENTS, node="8:16", length=GIB)
WANTED = {"serial": "S45NNA0M123456"}


def using(**users: object) -> Seen:
    used = Users(**users)  # type: ignore[arg-type]
    return SEEN._replace(contents=CONTENTS._replace(users=used, data=(*CONTENTS.data, *used.words())))


def owned(fsid: str, osd: str = "7", source: str = "BlueStore label at 1 GiB of sdb") -> Seen:
    return SEEN._replace(owners=(Owner(fsid, osd, source),))


def test_a_disk_with_data_that_nothing_uses_may_be_erased() -> None:
    assert judge([WANTED], [SEEN], {FSID}) == ([SEEN], [])
    assert judge([WANTED], [owned("0a0b0c0d-1111-4222-8333-444455556666")], {FSID})[1] == [], "its cluster is gone"
    assert judge([WANTED], [owned("", "")], set())[1] == [], "no cluster lives"


def test_a_blank_disk_is_left_as_it_is_and_needs_no_consent() -> None:
    blank = SEEN._replace(contents=Contents((), ""))
    assert judge([WANTED], [blank], set()) == ([], [])
    assert without_consent("node3", [], []) == ""


def test_consent_names_the_machine() -> None:
    text = without_consent("node3", ["node1", "node33"], [SEEN])
    assert "sdb (1 GB X; serial S45NNA0M123456; wwn naa.5002538e40a1b2c3) holds ext4 on sdb" in text
    assert "name the machine in consent (consent: [node3])" in text
    assert without_consent("node3", ["node3"], [SEEN]) == ""


@pytest.mark.parametrize(
    ("disk", "words"),
    [
        (using(mounts=(("sdb2", "/"),)), "the running system's root is on it (a file system of sdb2 mounted at /)"),
        (using(mounts=(("sdb1", "/srv"),)), "it is in use: a file system of sdb1 mounted at /srv; end this use first"),
        (using(swaps=("sdb3",)), "it is in use: swap space of the running system on sdb3"),
        (using(holders=(Holder("dm-0", "ceph--x-osd"),)), "it is in use: a part in use by dm-0 (ceph--x-osd)"),
        (SEEN._replace(contents=CONTENTS._replace(claimed=True)), "it is in use: sdb in exclusive use"),
        (SEEN._replace(processes=("open in process 4711 (ceph-osd)",)), "open in process 4711 (ceph-osd)"),
        (owned(FSID), f"it is OSD 7 of cluster {FSID} (BlueStore label at 1 GiB of sdb), and this cluster lives"),
        (owned("", "", "damaged BlueStore label at 0 GiB of sdb"), "the cluster of its OSD is not known (damaged"),
        (SEEN._replace(device=DISK._replace(read_only=True)), "it is read-only"),
        (SEEN._replace(node="8:32"), "/dev/sdb is device 8:32, and the kernel's sdb is 8:16"),
        (SEEN._replace(node=""), "/dev/sdb is no block device"),
        (SEEN._replace(length=GIB + 512), "the kernel says 1073741824 bytes, and /dev/sdb has 1073742336"),
        (
            SEEN._replace(kernel=DISK._replace(serials=("S45NNA0M999999",), wwns=())),
            "only udev knows it as serial S45N",
        ),
        (
            SEEN._replace(parts=(Part("sdb1", "8:17", 2**20, 2**20),)),
            "the kernel shows 1 partitions and the disk's table",
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_refusals(disk: Seen, words: str) -> None:
    todo, refused = judge([WANTED], [disk], {FSID})
    assert todo == [disk] and len(refused) == 1
    assert refused[0].startswith("sdb (serial S45NNA0M123456) is not erased: ") and words in refused[0]
    with pytest.raises(DiskError, match="nothing was erased"):
        refuse(refused)


def test_a_wwn_that_only_udev_knows_is_refused_too() -> None:
    disk = SEEN._replace(kernel=DISK._replace(wwns=("naa.5002538e40ffffff",)))
    assert "only udev knows it" in reasons({"wwn": "0x5002538e40a1b2c3"}, disk, set())[0]
    assert "only udev knows it" in reasons({**WANTED, "wwn": "0x5002538e40a1b2c3"}, disk, set())[0]


@pytest.mark.parametrize(
    ("wanted", "kernel"),
    [
        ({"serial": "SAMSUNG_MZ7LH960HAJR-00005_S45NNA0M123456"}, DISK),
        ({"serial": "ata-X_OSD1"}, DISK._replace(serials=("OSD1",), wwns=())),
        ({"serial": "35002538e40a1b2c3"}, DISK._replace(serials=("other",))),
        ({"serial": "S45NNA0M123456"}, DISK._replace(serials=(), wwns=())),
    ],
    ids=["model before it", "short", "WWN as serial", "kernel knows none"],
)
def test_what_udev_makes_of_the_kernel_s_ids_is_no_disagreement(wanted: dict[str, str], kernel: Device) -> None:
    assert reasons(wanted, SEEN._replace(kernel=kernel), set()) == []


def test_a_short_id_in_a_longer_one_is_a_disagreement() -> None:
    kernel = DISK._replace(serials=("45",), wwns=())
    assert "only udev knows it" in reasons(WANTED, SEEN._replace(kernel=kernel), set())[0]


def with_table(*starts: int) -> Contents:
    parts = tuple(gpt.Partition(gpt.ESP, FSID, start, start + 9, 0, "") for start in starts)
    signature = Signature("sdb", "partition table", "gpt")
    return Contents(("a gpt partition table on sdb",), FSID, (signature,), table=gpt.Table(FSID, GIB // 512, parts))


def test_partitions_of_the_kernel_and_of_the_table_are_compared() -> None:
    part = Part("sdb1", "8:17", 2048 * 512, 5120)
    same = SEEN._replace(contents=with_table(2048), parts=(part,))
    assert reasons(WANTED, same, set()) == []
    moved = SEEN._replace(contents=with_table(4096), parts=(part,))
    assert (
        "the kernel shows 1 partitions and the disk's table has 1, not the same ones"
        in reasons(WANTED, moved, set())[0]
    )
    unread = SEEN._replace(contents=with_table(2048))
    assert "the kernel shows 0 partitions" in reasons(WANTED, unread, set())[0]
    dos = Contents(("a dos partition table on sdb",), "", (Signature("sdb", "partition table", "dos"),))
    assert reasons(WANTED, SEEN._replace(contents=dos, parts=(part,)), set()) == [], "another kind of table is not read"


def test_all_reasons_of_all_disks_are_said_together() -> None:
    other = SEEN._replace(device=DISK._replace(name="sdc", read_only=True), node="")
    __, refused = judge([WANTED, WANTED], [using(swaps=("sdb3",)), other], set())
    assert len(refused) == 3


def test_a_disk_that_is_named_twice_is_refused() -> None:
    __, refused = judge([WANTED, {"wwn": "0x5002538e40a1b2c3"}], [SEEN, SEEN], set())
    assert refused == ["sdb is named twice; name each disk once"]


@pytest.mark.parametrize("fsid", ["8f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4", "rook-ceph", ""])
def test_a_misspelled_fsid_is_refused_since_it_would_protect_nothing(fsid: str) -> None:
    params = {"machine": "node3", "consent": ["node3"], "living_clusters": [FSID, fsid], "disks": [], "discard": True}
    with pytest.raises(DiskError, match="is no fsid; give what `ceph fsid` prints"):
        wiping.perform(params, True)
