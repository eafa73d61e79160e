# SPDX-License-Identifier: GPL-3.0-or-later
"""Notations of serial numbers and WWNs, and the VPD pages they come from."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.disks import vpd
from ansible_collections.groundup.cloud.plugins.module_utils.disks.ids import is_device_name, serial_key, wwn_key


@pytest.mark.parametrize(
    "value",
    [
        "5000c500a1b2c3d4",
        "5000C500A1B2C3D4",
        "0x5000c500a1b2c3d4",
        "naa.5000C500A1B2C3D4",
        "wwn-0x5000c500a1b2c3d4",
        "/dev/disk/by-id/wwn-0x5000c500a1b2c3d4",
        "35000c500a1b2c3d4",
        "scsi-35000c500a1b2c3d4",
        "50:00:c5:00:a1:b2:c3:d4",
        "50-00-C5-00-A1-B2-C3-D4",
        "5000C500 A1B2C3D4",
        " 0x5000c500a1b2c3d4\n",
    ],
)
def test_a_wwn_has_one_key_in_every_notation(value: str) -> None:
    assert wwn_key(value) == "5000c500a1b2c3d4"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5000c500a1b2c3d4", "5000c500a1b2c3d5"),
        ("6d09466012345670", "6d094660123456702a1b2c3d0e4f5a6b"),
        ("3000000100000001", "000000100000001"),
        ("eui.0025388b71b1c2d3", "eui.0025388b71b1c2d4"),
        ("t10.ATA     DISK A", "t10.ATA     DISK B"),
        ("nvme.10ec-4141-42-00000001", "nvme.10ec-4141-42-00000002"),
    ],
)
def test_different_wwns_stay_different(one: str, other: str) -> None:
    assert wwn_key(one) != wwn_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("  ZC1A2B3C ", "zc1a2b3c"),
        ("ZC1A2B3C\0\0", "ZC1A2B3C"),
        ("/dev/disk/by-id/ata-X_Y", "ata-x_y"),
        ("SAMSUNG  MZ7LH960 S45", "SAMSUNG_MZ7LH960_S45"),
    ],
)
def test_a_serial_number_is_compared_without_blanks_at_its_ends_and_case(one: str, other: str) -> None:
    assert serial_key(one) == serial_key(other)


def test_a_serial_number_keeps_what_a_wwn_loses() -> None:
    assert serial_key("0x123") != serial_key("123") and serial_key("AB-C") != serial_key("ABC")


@pytest.mark.parametrize(
    "name", ["/dev/sda", "sdb", "/dev/disk/by-path/pci-0000:00:17.0-ata-1", "nvme0n1", "vda", "sdaa1"]
)
def test_names_that_change_are_recognised(name: str) -> None:
    assert is_device_name(name)


@pytest.mark.parametrize("name", ["/dev/disk/by-id/wwn-0x5000c500a1b2c3d4", "SD1234567", "SN-OSD-1", "sdram-1"])
def test_serial_numbers_are_no_names(name: str) -> None:
    assert not is_device_name(name)


def page(code: int, body: bytes) -> bytes:
    return bytes([0, code]) + len(body).to_bytes(2, "big") + body


NAA = bytes.fromhex("01030008 5000c500a1b2c3d7")


@pytest.mark.parametrize(
    ("data", "unit"),
    [
        (page(0x83, NAA), ("naa.5000c500a1b2c3d7",)),
        (page(0x83, bytes.fromhex("01020008 0025385b71b1c2d3")), ("eui.0025385b71b1c2d3",)),
        (
            page(0x83, bytes.fromhex("010a0012 1000 0e8a9c2e6c0b4d529a0e5f2f0b7f1a01")),
            ("uuid.0e8a9c2e6c0b4d529a0e5f2f0b7f1a01",),
        ),
        (page(0x83, bytes.fromhex("03080018") + b"naa.5000C500A1B2C3D7\0\0\0\0"), ("naa.5000C500A1B2C3D7",)),
        (page(0x83, bytes.fromhex("0201000c") + b"ATA     DISK"), ("t10.ATA     DISK",)),
        (page(0x83, bytes.fromhex("02000004") + b"VEND" + NAA), ("naa.5000c500a1b2c3d7",)),
        (page(0x83, bytes.fromhex("01030007 5000c500a1b2c3")), ()),
        (page(0x83, NAA[:-1]), ()),
        (page(0x83, NAA)[:9], ()),
        (page(0x80, NAA), ()),
        (b"", ()),
        (b"\0\x83", ()),
    ],
)
def test_designators_of_the_disk(data: bytes, unit: tuple[str, ...]) -> None:
    assert vpd.designators(data).unit == unit


def test_addresses_of_ports_are_no_wwns_of_the_disk() -> None:
    port = bytes.fromhex("61930008 5000c500a1b2c3d5")
    assert vpd.designators(page(0x83, port + NAA)) == (("naa.5000c500a1b2c3d7",), ("naa.5000c500a1b2c3d5",))


@pytest.mark.parametrize(
    ("data", "serial"),
    [
        (page(0x80, b"  ZC1A2B3C  "), "ZC1A2B3C"),
        (page(0x80, b"ZC1A\0\0\0\0"), "ZC1A"),
        (page(0x80, b"ZC1A") + b"beyond", "ZC1A"),
        (page(0x80, b"\xff\xfe"), ""),
        (page(0x00, b"ZC1A"), ""),
        (b"\0\x80\0", ""),
    ],
)
def test_serial_numbers_of_page_80(data: bytes, serial: str) -> None:
    assert vpd.serial(data) == serial
