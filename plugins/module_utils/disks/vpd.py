# SPDX-License-Identifier: GPL-3.0-or-later
"""SCSI vital product data (VPD): the serial number in page 0x80, and the designators in page 0x83 (SPC-4, section 7.8).

The kernel gives these pages in sysfs, as the device sent them: `vpd_pg80` and `vpd_pg83` of a SCSI device. Disks behind
AHCI and SAS controllers have them as well: the controller's driver or firmware translates (SAT).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_UNIT, _PORT, _DEVICE = 0, 1, 2
_T10, _EUI, _NAA, _NAME, _UUID = 1, 2, 3, 8, 10


class Designators(NamedTuple):
    """`unit`: the WWNs of the disk (logical unit); `others`: those of its ports and of the device that contains it,
    which are SAS addresses and don't identify a disk, as two disks of one device share them."""

    unit: tuple[str, ...]
    others: tuple[str, ...]


def serial(page: bytes) -> str:
    """The serial number in page 0x80; empty for another page, as some USB bridges send."""
    return _printable(_body(page, 0x80))


def designators(page: bytes) -> Designators:
    """The designators in page 0x83 in the notation of the kernel (`naa.`, `eui.`, `uuid.`, `t10.`)."""
    found: dict[bool, dict[str, None]] = {True: {}, False: {}}
    for association, kind, value in _descriptors(_body(page, 0x83)):
        text = _designator(kind, value)
        if text and association in (_UNIT, _PORT, _DEVICE):
            found[association == _UNIT][text] = None
    return Designators(tuple(found[True]), tuple(found[False]))


def _body(page: bytes, code: int) -> bytes:
    if len(page) < 4 or page[1] != code:
        return b""
    return page[4 : 4 + int.from_bytes(page[2:4], "big")]


def _descriptors(body: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Association, type and value of each descriptor; one that is cut off is left out."""
    place = 0
    while place + 4 <= len(body):
        head, size = body[place + 1], body[place + 3]
        value = body[place + 4 : place + 4 + size]
        if len(value) == size:
            yield head >> 4 & 3, head & 15, value
        place += 4 + size


def _designator(kind: int, value: bytes) -> str:
    if kind == _NAA and len(value) in (8, 16):
        return f"naa.{value.hex()}"
    if kind == _EUI and len(value) in (8, 12, 16):
        return f"eui.{value.hex()}"
    if kind == _UUID and len(value) == 18:
        return f"uuid.{value[2:].hex()}"
    text = _printable(value)
    if kind == _T10 and text:
        return f"t10.{text}"
    return text if kind == _NAME and text.lower().startswith(("naa.", "eui.")) else ""


def _printable(value: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else " " for byte in value).strip()
