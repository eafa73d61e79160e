# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between makers, as data. Only what the code uses; sources stand beside the entries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quirks:
    """``full_boot_body``: every boot PATCH must name mode, enabled and target."""

    full_boot_body: bool = False


# OpenStack Ironic's list of vendors that refuse a boot PATCH without the mode (drivers/modules/redfish, read 2026-08).
FULL_BOOT_BODY = frozenset({"american megatrends international", "ami", "asrockrack", "redfish_compatible"})


def quirks_of(vendor: str | None) -> Quirks:
    """Return the quirks of a maker, as the service root or the system names it."""
    return Quirks(full_boot_body=(vendor or "").strip().lower() in FULL_BOOT_BODY)
