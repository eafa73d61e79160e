# SPDX-License-Identifier: GPL-3.0-or-later
"""Serial numbers, UUIDs and MAC addresses as controllers write them: one spelling for comparing, None for unknown."""

from __future__ import annotations

import re

# Texts that makers leave where a serial number belongs (from public reports and from DMI tables of board makers).
PLACEHOLDERS = frozenset(
    {
        "tobefilledbyoem",
        "tobefilled",
        "filledbyoem",
        "defaultstring",
        "default",
        "systemserialnumber",
        "chassisserialnumber",
        "baseboardserialnumber",
        "serialnumber",
        "sernum",
        "oem",
        "na",
        "none",
        "null",
        "nil",
        "empty",
        "unknown",
        "undefined",
        "invalid",
        "notspecified",
        "notavailable",
        "notapplicable",
        "notset",
        "notprovided",
        "unspecified",
        "0123456789",
        "01234567890",
        "012345678",
        "123456789",
        "1234567890",
        "12345678",
    }
)
# AMI's reference firmware has this UUID on each board whose maker did not set one.
SAMPLE_UUIDS = frozenset({"03000200040005000006000700080009"})


def text_of(value: object) -> str | None:
    """Return a text or a number of a controller as text without blanks around it; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value).strip() or None


def serial_of(value: object) -> str | None:
    """Return a serial number, or None if the text is none or a placeholder."""
    text = text_of(value)
    plain = re.sub(r"[^a-z0-9]", "", (text or "").lower())
    if not plain or plain in PLACEHOLDERS or (len(set(plain)) == 1 and not plain.strip("0xf")):
        return None
    return text


def uuid_of(value: object) -> str | None:
    """Return a UUID in lower case with dashes, or None if it is none, zero, or the sample of a firmware."""
    text = re.sub(r"^urn:uuid:|[-{}\s]", "", (text_of(value) or "").lower())
    if not re.fullmatch(r"[0-9a-f]{32}", text) or text in ("0" * 32, "f" * 32):
        return None
    if {text, _swapped(text)} & SAMPLE_UUIDS:
        return None
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def same_uuid(one: str, other: str) -> bool:
    """Whether two texts are one UUID; its first three fields have either byte order (SMBIOS 2.6 changed it)."""
    left, right = uuid_of(one), uuid_of(other)
    if left is None or right is None:
        return False
    return right.replace("-", "") in (left.replace("-", ""), _swapped(left.replace("-", "")))


def uuid_key(value: object) -> str | None:
    """One text for all spellings of a UUID, in either byte order; None as of `uuid_of`."""
    text = uuid_of(value)
    digits = (text or "").replace("-", "")
    return min(digits, _swapped(digits)) if text else None


def mac_of(value: object) -> str | None:
    """Return a MAC address in lower case with colons, or None: WWNs, InfiniBand addresses and zeros are none."""
    digits = re.sub(r"[-:.\s]", "", (text_of(value) or "").lower())
    if not re.fullmatch(r"[0-9a-f]{12}", digits) or digits in ("0" * 12, "f" * 12):
        return None
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def _swapped(digits: str) -> str:
    data = bytes.fromhex(digits)
    return (data[3::-1] + data[5:3:-1] + data[7:5:-1] + data[8:]).hex()
