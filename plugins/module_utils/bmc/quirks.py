# SPDX-License-Identifier: GPL-3.0-or-later
"""Differences between vendors, as data with their sources."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quirks:
    """``full_boot_body``: every boot PATCH must name mode, enabled and target.

    ``names_mode``: a boot PATCH without the mode sets Legacy. ``usb_cd``: virtual media is the device UsbCd.
    ``tag_in_sku``: the serial number that is printed on the machine is in SKU.
    """

    full_boot_body: bool = False
    names_mode: bool = False
    usb_cd: bool = False
    tag_in_sku: bool = False


# OpenStack Ironic's list of vendors that refuse a boot PATCH without the mode (drivers/modules/redfish, read 2026-08).
FULL_BOOT_BODY = frozenset({"american megatrends international", "ami", "asrockrack", "redfish_compatible"})


def quirks_of(*vendors: str | None) -> Quirks:
    """Return the quirks of a machine, by the names of its makers in the service root and in the system."""
    names = {(vendor or "").strip().lower() for vendor in vendors}
    supermicro = any(name.startswith(("supermicro", "super micro")) for name in names)
    return Quirks(
        full_boot_body=bool(names & FULL_BOOT_BODY),
        names_mode=supermicro,
        usb_cd=supermicro,  # sushy (OpenStack), resources/system/system.py
        tag_in_sku=any(name.startswith("dell") for name in names),
    )
