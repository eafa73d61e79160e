# SPDX-License-Identifier: GPL-3.0-or-later
"""Serial numbers and WWNs of disks in one form for comparison, whichever program or label they were copied from."""

from __future__ import annotations

import re

#: Longest serial number that virtio-blk reports (VIRTIO_BLK_ID_BYTES).
VIRTIO_SERIAL = 20
_LINK = re.compile(r"^(/dev/)?disk/by-id/")
#: What the kernel (`naa.`), udev (`wwn-0x`, `nvme-eui.`, `scsi-3`) and tools (`0x`) write before a WWN.
_PREFIX = re.compile(r"^(wwn-|nvme-(?=eui\.|uuid\.|nvme\.)|scsi-(?=[23])|0x|naa\.|eui\.|uuid\.|nvme\.|t10\.)+")
#: scsi_id(8) writes the type of the designator before it: 2 is an EUI-64, 3 a WWN of type NAA.
_SCSI_ID = re.compile(r"^[23](?=([0-9a-f]{16}){1,2}$)")
_WWN = re.compile(r"([0-9a-f]{16}){1,2}")
_NAME = re.compile(r"(/dev/(?!disk/by-id/).*|(sd|vd|hd|xvd)[a-z]{1,2}\d*|nvme\d+(c\d+)?n\d+(p\d+)?|mmcblk\d+)")


def serial_key(value: str) -> str:
    """A serial number, or the name of a link in /dev/disk/by-id, for comparison: without blanks at its ends, in lower
    case, and with `_` for blanks inside, as in the names that udev makes."""
    return _LINK.sub("", _text(value))


def wwn_key(value: str) -> str:
    """A WWN for comparison: in lower case, without prefixes such as `0x`, `naa.`, `eui.` and `wwn-0x`, and, if it
    consists of 16 or 32 hexadecimal digits, without the separators between them."""
    text = _PREFIX.sub("", serial_key(value))
    digits = _SCSI_ID.sub("", re.sub(r"[:_.-]", "", text))
    return digits if _WWN.fullmatch(digits) else text


def is_device_name(value: str) -> bool:
    """Whether somebody wrote a name that the kernel gives in the order in which it finds disks, such as `/dev/sda`."""
    return bool(_NAME.fullmatch(_text(value)))


def _text(value: str) -> str:
    return "_".join(value.replace("\0", " ").split()).lower()
