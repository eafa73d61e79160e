# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot override as Redfish writes it: what a resource shows, and the bodies of changes (DMTF DSP0268)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import errors
from .answers import LOOK, link, part
from .client import RedfishClient, Resource
from .facts import text_of
from .quirks import Quirks
from .types import BootDevice, BootOverride

TARGETS = {
    "Pxe": BootDevice.NETWORK,
    "Hdd": BootDevice.DISK,
    "Cd": BootDevice.CDROM,
    "UsbCd": BootDevice.CDROM,
    "UefiHttp": BootDevice.HTTP,
    "BiosSetup": BootDevice.SETUP,
    "None": BootDevice.NONE,
}
ENABLED = "BootSourceOverrideEnabled"
TARGET = "BootSourceOverrideTarget"
MODE = "BootSourceOverrideMode"
MODES = ("uefi", "legacy")  # sushy-tools also writes the text None
ALLOWED = "BootSourceOverrideTarget@Redfish.AllowableValues"
#: Refusals of a body that another body may not get; the others say something about the account or the moment.
BAD_BODY = (400, 404, 405, 422, 500, 501)


def boot_of(resource: Resource | None) -> Mapping[str, Any]:
    """Return the part Boot of a system or of its settings, empty if there is none."""
    found = part(resource.body, "Boot") if resource else None
    return found if isinstance(found, Mapping) else {}


def settings_of(client: RedfishClient, system: Resource) -> Resource | None:
    """Read the settings that wait for the next start (`@Redfish.Settings`), if they have a boot override."""
    path = link(system.body, "@Redfish.Settings", "SettingsObject")
    if not path:
        return None
    try:
        found = client.get(path)
    except errors.BmcProtocolError as error:
        if error.status in (404, 405, 501):
            return None  # named, but not there
        raise
    return found if any(name in boot_of(found) for name in (ENABLED, TARGET)) else None


def override_of(system: Resource, settings: Resource | None) -> BootOverride:
    """Return the override of the next start: a pending one comes before the one that the system shows."""
    pending, shown = _override(boot_of(settings)), _override(boot_of(system))
    if pending.device is not BootDevice.NONE:
        mode = pending.mode or shown.mode
        return BootOverride(pending.device, pending.once, mode, pending=pending != shown)
    return shown


def is_set(resource: Resource) -> bool:
    """Whether the resource shows an override."""
    return _override(boot_of(resource)).device is not BootDevice.NONE


def clear_all(client: RedfishClient, places: Sequence[Resource], quirks: Quirks) -> None:
    """Remove the override of each resource. Where settings are pending, the system itself may refuse any change.

    :raises BmcProtocolError: every resource refused it.
    """
    refused: list[errors.BmcError] = []
    for place in places:
        try:
            clear(client, place, quirks)
        except errors.BmcProtocolError as error:
            refused.append(error)
    if refused and len(refused) == len(places):
        raise refused[0]


def clear(client: RedfishClient, resource: Resource, quirks: Quirks) -> None:
    """Remove the override of one resource, by bodies that differ between makers until none is shown.

    iLO accepts the target None only alone; sushy-tools only knows the target.
    """
    mode = _mode(boot_of(resource))
    off: dict[str, Any] = {ENABLED: "Disabled", **(mode if quirks.names_mode else {})}
    both = {ENABLED: "Disabled", TARGET: "None", **mode}
    bodies = [off, {TARGET: "None"}, both]
    refused: errors.BmcError | None = None
    accepted = False
    for body in [both, *bodies[:2]] if quirks.full_boot_body else bodies:
        try:
            client.patch(resource, {"Boot": body})
        except errors.BmcProtocolError as error:
            if error.status not in BAD_BODY:
                raise
            refused = refused or error
            continue
        accepted = True
        resource = client.get(resource.path)
        if not is_set(resource):
            return
    if refused and not accepted:
        raise refused


def choose(
    client: RedfishClient, resource: Resource, wanted: BootOverride, shown: BootOverride, quirks: Quirks
) -> None:
    """Set the override of one resource with the smallest body that the maker accepts."""
    boot = boot_of(resource)
    once = "Once" if wanted.once else "Continuous"
    short = {ENABLED: once, TARGET: _target(boot, wanted.device, quirks, client)}
    full = {**short, MODE: "Legacy" if wanted.mode == "legacy" else "UEFI"}
    with_mode = quirks.full_boot_body or quirks.names_mode or (shown.mode is not None and shown.mode != wanted.mode)
    first, second = (full, short) if with_mode else (short, full)
    try:
        client.patch(resource, {"Boot": first})
    except errors.BmcProtocolError as error:
        if error.status not in BAD_BODY:
            raise
        try:
            client.patch(client.get(resource.path), {"Boot": second})
        except errors.BmcProtocolError as again:
            raise error from again


def _override(boot: Mapping[str, Any]) -> BootOverride:
    enabled, mode = text_of(boot.get(ENABLED)), (text_of(boot.get(MODE)) or "").lower()
    device = TARGETS.get(text_of(boot.get(TARGET)) or "None", BootDevice.OTHER)
    once = {"Once": True, "Continuous": False}.get(enabled or "")
    return BootOverride(BootDevice.NONE if enabled == "Disabled" else device, once, mode if mode in MODES else None)


def _mode(boot: Mapping[str, Any]) -> dict[str, Any]:
    return {MODE: boot[MODE]} if boot.get(MODE) else {}


def _target(boot: Mapping[str, Any], device: BootDevice, quirks: Quirks, client: RedfishClient) -> str:
    names = [name for name, known in TARGETS.items() if known is device]
    allowed = boot.get(ALLOWED)
    offered = [str(name) for name in allowed] if isinstance(allowed, Sequence) and not isinstance(allowed, str) else []
    if device is BootDevice.CDROM and not (quirks.usb_cd and "UsbCd" in offered):
        names = ["Cd"]
    elif device is BootDevice.CDROM:
        names = ["UsbCd"]
    if not names or (offered and not set(names) & set(offered)):
        raise errors.BmcProtocolError(
            f"it can't boot from {device.value}; it offers {', '.join(sorted(offered)) or 'nothing'}",
            client.where,
            LOOK if not offered else "choose another boot device, or set the boot order in its setup",
            client.evidence(),
        )
    return names[0]
