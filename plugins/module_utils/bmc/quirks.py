# SPDX-License-Identifier: GPL-3.0-or-later
"""Differences between vendors, as data with their sources."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quirks:
    """``full_boot_body``: every boot PATCH must name mode, enabled and target."""

    full_boot_body: bool = False


# OpenStack Ironic's list of vendors that refuse a boot PATCH without the mode (drivers/modules/redfish, read 2026-08).
FULL_BOOT_BODY = frozenset({"american megatrends international", "ami", "asrockrack", "redfish_compatible"})


def quirks_of(vendor: str | None) -> Quirks:
    """Return the quirks of a vendor, by its name in the service root or the system."""
    return Quirks(full_boot_body=(vendor or "").strip().lower() in FULL_BOOT_BODY)
