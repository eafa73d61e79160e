# SPDX-License-Identifier: GPL-3.0-or-later
"""The choice of the disk: the one that the model names, or a refusal."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.disks.contents import Contents
from ansible_collections.groundup.cloud.plugins.module_utils.disks.devices import Device
from ansible_collections.groundup.cloud.plugins.module_utils.disks.find import matches
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent.disks import (
    Disk,
    Refusal,
    choose,
    to_wipe,
)

GB = 10**9
GUID = "0f1e2d3c-4b5a-4789-8abc-def012345678"
IMAGE = 438 * 10**6


def disk(name: str = "vda", **more: Any) -> Disk:
    base: dict[str, Any] = {
        "path": f"/dev/{name}",
        "number": "254:0",
        "size": 8 * GB,
        "model": "",
        "serials": (f"SN-{name}",),
        "wwns": (),
        "read_only": False,
        "sector": 512,
    }
    contents = Contents(more.pop("data", ()), more.pop("guid", ""))
    return Disk(Device(name=name, **{**base, **more}), contents)


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        (disk(), {"serial": "SN-vda"}, True),
        (disk(), {"serial": " sn-VDA "}, True),
        (disk(), {"serial": "SN-vd"}, False),
        (disk(), {"serial": ""}, False),
        (disk(), {}, False),
        (disk(serials=("A" * 20,)), {"serial": "A" * 24}, True),
        (disk("sda", serials=("A" * 20,)), {"serial": "A" * 24}, False),
        (disk(wwns=("0x5000c500a1b2c3d4",)), {"wwn": "5000C500A1B2C3D4"}, True),
        (disk(wwns=("naa.5000c500a1b2c3d4",)), {"wwn": "0x5000c500a1b2c3d4"}, True),
        (disk(wwns=("eui.0025388b71b1c2d3",)), {"wwn": "eui.0025388b71b1c2d4"}, False),
        (disk(wwns=("0x5",)), {"serial": "SN-vda", "wwn": "5"}, True),
        (disk(wwns=("0x6",)), {"serial": "SN-vda", "wwn": "5"}, False),
    ],
)
def test_ids_match_in_any_notation(found: Disk, wanted: dict[str, str], same: bool) -> None:
    assert matches(found.device, wanted) is same


def plan(**more: Any) -> dict[str, Any]:
    return {"root_disk": {"serial": "SN-vda"}, "storage_disks": [{"serial": "SN-vdb"}], "wipe": False, **more}


BOTH = [disk("vda"), disk("vdb")]


@pytest.mark.parametrize(
    ("disks", "given"),
    [
        (BOTH, plan()),
        ([disk("vda"), disk("vdb", data=("ceph",))], plan()),
        ([disk("vda", data=("ext4 on vda1",)), disk("vdb")], plan(wipe=True)),
        (
            [disk("vda", data=("a gpt partition table on vda",), guid=GUID.upper()), disk("vdb")],
            plan(unfinished=[GUID]),
        ),
    ],
)
def test_the_named_disk_is_chosen(disks: list[Disk], given: dict[str, Any]) -> None:
    assert choose(disks, given, IMAGE).device.name == "vda"


@pytest.mark.parametrize(
    ("disks", "given", "code", "words"),
    [
        ([disk("vdc"), disk("vdb")], plan(), "no_disk", "serial SN-vda.*vdc.*SN-vdc.*vdb.*SN-vdb"),
        ([], plan(), "no_disk", "no disks"),
        ([disk("vda"), disk("vdc", serials=("SN-vda",)), disk("vdb")], plan(), "two_disks", "vda.*vdc"),
        ([disk("vda")], plan(), "storage_missing", r"storage_disks\[0\].*SN-vdb"),
        (BOTH, plan(storage_disks=[{"serial": "SN-vda"}]), "two_disks", "both"),
        ([disk("vda", data=("ext4 'data' on vda1",)), disk("vdb")], plan(), "holds_data", "ext4 'data' on vda1.*wipe"),
        ([disk("vda", data=("x",), guid=GUID), disk("vdb")], plan(unfinished=["other"]), "holds_data", "holds x"),
        ([disk("vda", size=IMAGE), disk("vdb")], plan(), "too_small", "smaller"),
        ([disk("vda", read_only=True), disk("vdb")], plan(wipe=True), "write", "read-only"),
        ([disk("vda", sector=4096), disk("vdb")], plan(), "write", "sectors of 4096"),
        (BOTH, plan(root_disk={}), "no_disk", "no serial and no wwn"),
    ],
)
def test_other_disks_are_refused(disks: list[Disk], given: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(Refusal, match=words) as refusal:
        choose(disks, given, IMAGE)
    assert refusal.value.code == code


def test_storage_disks_are_wiped_only_with_consent() -> None:
    full = [disk("vda"), disk("vdb", data=("ceph",)), disk("vdc", data=("ext4",))]
    assert to_wipe(full, plan(wipe=True)) == []
    assert [found.device.name for found in to_wipe(full, plan(wipe_storage=True))] == ["vdb"]
