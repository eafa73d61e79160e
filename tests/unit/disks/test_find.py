# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks of real controllers are found by what people read: lsblk, links in /dev/disk/by-id, labels, inventories."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.disks.devices import Device, devices
from ansible_collections.groundup.cloud.plugins.module_utils.disks.errors import DiskError
from ansible_collections.groundup.cloud.plugins.module_utils.disks.find import find, listing

from .tree import TREES, lay, tree

NAMES = sorted(path.stem for path in TREES.glob("*.txt"))


@pytest.mark.parametrize(
    ("name", "disks"),
    [
        ("ahci", "sda sdb"),
        ("sas_hba", "sda sdb sdc"),
        ("megaraid", "sda sdb sdc"),
        ("smart_array", "sda sdb sdc sdd"),
        ("nvme", "nvme0n1 nvme1n1 nvme2n1 nvme3n1 nvme3n2"),
        ("virtio", "sda vda vdb"),
        ("usb", "sdb sdc sdd sde"),
    ],
)
def test_every_disk_is_seen_once(tmp_path: Path, name: str, disks: str) -> None:
    assert " ".join(device.name for device in devices(str(tree(name, tmp_path)))) == disks


def test_no_tree_is_left_out() -> None:
    assert NAMES == ["ahci", "megaraid", "nvme", "sas_hba", "smart_array", "usb", "virtio"]


@pytest.mark.parametrize("name", NAMES)
def test_pages_of_the_trees_have_the_length_that_they_give(tmp_path: Path, name: str) -> None:
    for path in tree(name, tmp_path).rglob("vpd_pg8?"):
        page = path.read_bytes()
        assert page[1] == 0 or len(page) == 4 + int.from_bytes(page[2:4], "big"), path


@pytest.mark.parametrize(
    ("name", "key", "value", "disk"),
    [
        # lsblk -o SERIAL,WWN
        ("ahci", "serial", "S45NNA0M123456", "sda"),
        ("ahci", "wwn", "0x5002538e40a1b2c3", "sda"),
        ("ahci", "serial", "WD-WCC4E1234567", "sdb"),
        ("sas_hba", "serial", "ZC1A2B3C0000C9400ABC", "sda"),
        ("sas_hba", "wwn", "0x5000c500a1b2c3d7", "sda"),
        ("sas_hba", "serial", "5000c500a1b2c3d7", "sda"),
        ("megaraid", "serial", "PHYG912300AB960CGN", "sda"),
        ("megaraid", "wwn", "0x6d094660123456702a1b2c3d0e4f5a6b", "sdb"),
        ("megaraid", "serial", "00443322118d2c1b2a70563412604609", "sdc"),
        ("smart_array", "wwn", "0x600508b1001c0f1e2d3c4b5a69788796", "sdb"),
        ("nvme", "serial", "S439NA0M123456", "nvme0n1"),
        ("nvme", "wwn", "eui.36343930526045630025384300000001", "nvme0n1"),
        ("nvme", "wwn", "uuid.0e8a9c2e-6c0b-4d52-9a0e-5f2f0b7f1a02", "nvme3n2"),
        (
            "nvme",
            "wwn",
            "nvme.10ec-4141303030303030303030303030303031323334-53504343204d2e32205043496520535344-00000001",
            "nvme2n1",
        ),
        ("virtio", "serial", "SN-ROOT-1", "vda"),
        ("virtio", "serial", "SN-SCSI-001", "sda"),
        # /dev/disk/by-id, with and without the directory
        ("ahci", "serial", "ata-SAMSUNG_MZ7LH960HAJR-00005_S45NNA0M123456", "sda"),
        ("ahci", "wwn", "wwn-0x5002538e40a1b2c3", "sda"),
        ("ahci", "wwn", "/dev/disk/by-id/wwn-0x5002538e40a1b2c3", "sda"),
        ("sas_hba", "serial", "/dev/disk/by-id/scsi-35000c500a1b2c3d7", "sda"),
        ("sas_hba", "wwn", "scsi-35000c500a1b2c3d7", "sda"),
        ("nvme", "wwn", "nvme-eui.36343930526045630025384300000001", "nvme0n1"),
        ("nvme", "serial", "nvme-SAMSUNG_MZQLB960HAJR-00007_S439NA0M123456", "nvme0n1"),
        ("virtio", "serial", "virtio-SN-ROOT-1", "vda"),
        ("usb", "serial", "usb-JMicron_Generic_0123456789ABCDEF-0:0", "sdb"),
        # inventories of management controllers, multipath.conf, labels: case, blanks, separators
        ("ahci", "wwn", "5002538E40A1B2C3", "sda"),
        ("ahci", "wwn", "50:02:53:8E:40:A1:B2:C3", "sda"),
        ("ahci", "wwn", "NAA.5002538E40A1B2C3", "sda"),
        ("ahci", "serial", "  s45nna0m123456      ", "sda"),
        ("ahci", "serial", "     WD-WCC4E1234567", "sdb"),
        ("sas_hba", "serial", "8CGX1ABC", "sdb"),
        ("sas_hba", "wwn", "5000CCA2-6FC1D2E3", "sdb"),
        ("sas_hba", "serial", "98T0A01SF5ND", "sdc"),
        ("sas_hba", "wwn", "naa.5000039998c9a1b0", "sdc"),
        ("megaraid", "wwn", "36d094660123456702a1b2c8d11223344", "sdc"),
        ("nvme", "wwn", "00 25 38 43 00 00 00 01", "nvme0n1"),
        ("nvme", "wwn", "0025384300000001", "nvme0n1"),
        ("nvme", "wwn", "8C:E3:8E:E2:06:B1:C2:D3", "nvme1n1"),
        ("nvme", "serial", "Z1A0A00ATLP8", "nvme1n1"),
        ("virtio", "serial", "08491434-ee71-1d34-20e9-4d3a2b1c0f9e", "vdb"),
        ("usb", "serial", "WD-WX11A1234567", "sdd"),
        ("usb", "serial", "00000000000000000A1B", "sdd"),
        ("usb", "wwn", "50014ee2b1c2d3e4", "sdd"),
    ],
)
def test_a_disk_is_found_by_what_people_read(tmp_path: Path, name: str, key: str, value: str, disk: str) -> None:
    assert find(devices(str(tree(name, tmp_path))), {key: value}).name == disk


@pytest.mark.parametrize(
    ("name", "wanted", "code", "words"),
    [
        ("ahci", {"serial": "S45NNA0M12345"}, "no_disk", "serial number of sda begins with it: give all of S45NNA0M1"),
        ("ahci", {"wwn": "S45NNA0M123456"}, "no_disk", "it is the serial number of sda: give it as serial"),
        ("ahci", {"serial": "0x5002538e40a1b2c3"}, "no_disk", "it is the WWN of sda: give it as wwn"),
        ("ahci", {"serial": "S45NNA0M123456", "wwn": "5002538e40a1b2c4"}, "no_disk", "this machine has sda .*, sdb"),
        ("ahci", {}, "no_disk", "no serial and no wwn"),
        ("sas_hba", {"serial": "ZC1A2B3C"}, "no_disk", "sda begins with it: give all of ZC1A2B3C0000C9400ABC"),
        ("sas_hba", {"wwn": "5000C500A1B2C3D5"}, "no_disk", "SAS address of sda, whose WWN is naa.5000c500a1b2c3d7"),
        ("sas_hba", {"wwn": "5000C500A1B2C3D4"}, "no_disk", "SAS address of sda"),
        ("megaraid", {"wwn": "0x6d09466012345670"}, "no_disk", "the WWN of sdb begins .* the WWN of sdc begins"),
        ("smart_array", {"serial": "50014380212E90E0"}, "two_disks", "sda .*, sdb .*name the disk by its wwn"),
        ("smart_array", {"serial": "ZC1D2E3F0000C9400DEF"}, "two_disks", "sdc .*, sdd .*two paths to one disk"),
        ("smart_array", {"wwn": "5000c500b1c2d3e7"}, "two_disks", "sdc .*, sdd .*two paths to one disk"),
        ("nvme", {"serial": "BTLJ912300AB1P0FGN"}, "two_disks", "nvme3n1 .*, nvme3n2 .*name the disk by its wwn"),
        ("usb", {"serial": "0123456789ABCDEF"}, "two_disks", "sdb .*, sdc .*remove the others"),
        ("usb", {"serial": "GenericMass Storage"}, "no_disk", r"sde \(1000 GB Mass Storage; serial none; wwn none\)"),
        ("virtio", {"serial": "SN-ROOT"}, "no_disk", "the serial number of vda begins with it"),
    ],
)
def test_none_and_two_are_errors_that_say_what_to_write(
    tmp_path: Path, name: str, wanted: dict[str, str], code: str, words: str
) -> None:
    with pytest.raises(DiskError, match=words) as error:
        find(devices(str(tree(name, tmp_path))), wanted)
    assert error.value.code == code


@pytest.mark.parametrize("name", NAMES)
def test_an_id_never_leads_to_a_disk_that_does_not_have_it(tmp_path: Path, name: str) -> None:
    """Each id of each source is tried in several notations: it names its own disk, or it is refused as ambiguous."""
    found = devices(str(tree(name, tmp_path)))
    for device in found:
        for key, values in (("serial", (*device.serials, *device.links)), ("wwn", device.wwns)):
            for value in values:
                for written in (value, value.upper(), f"  {value.lower()} "):
                    assert _own_or_ambiguous(found, {key: written}) in (device.name, "two_disks"), (device, written)


def _own_or_ambiguous(found: list[Device], wanted: dict[str, str]) -> str:
    try:
        return find(found, wanted).name
    except DiskError as error:
        return error.code


def test_sources_that_disagree_all_count_and_what_two_disks_have_is_refused(tmp_path: Path) -> None:
    """The page of sdb says B, udev's database says A, as it does after a disk behind a bridge was exchanged."""
    text = """
disk sda 8:0 100 pci/0:0:0:0
in pci/0:0:0:0
vpd_pg80 : 00800007 "SERIALA"
disk sdb 8:16 100 pci/0:0:1:0
in pci/0:0:1:0
vpd_pg80 : 00800007 "SERIALB"
udev 8:16
E:ID_SERIAL_SHORT={other}
"""
    found = devices(str(lay(text.format(other="SERIALC"), tmp_path / "one")))
    assert [find(found, {"serial": serial}).name for serial in ("SERIALA", "SERIALB", "SERIALC")] == [
        "sda",
        "sdb",
        "sdb",
    ]
    found = devices(str(lay(text.format(other="SERIALA"), tmp_path / "two")))
    assert find(found, {"serial": "SERIALB"}).name == "sdb"
    with pytest.raises(DiskError, match=r"matches 2 disks: sda .*, sdb"):
        find(found, {"serial": "SERIALA"})


def test_a_listing_shows_each_id_once(tmp_path: Path) -> None:
    text = listing(devices(str(tree("sas_hba", tmp_path))))
    assert "sda (4000 GB ST4000NM0025; serial ZC1A2B3C0000C9400ABC / 5000c500a1b2c3d7 / 35000c500a1b2c3d7; " in text
    assert "wwn naa.5000c500a1b2c3d7), sdb" in text and listing([]) == "no disks"
