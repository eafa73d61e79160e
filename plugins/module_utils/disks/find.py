# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the one disk that a serial number or a WWN names; none and two are errors that list what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .devices import Device
from .errors import DiskError
from .ids import VIRTIO_SERIAL, serial_key, wwn_key

#: Shorter beginnings of ids are no hint: too many ids begin with them.
_HINT = 6


def named(wanted: Mapping[str, Any]) -> str:
    """The serial number and WWN of `wanted` in words, for messages."""
    return ", ".join(f"{key} {wanted[key]}" for key in ("serial", "wwn") if wanted.get(key)) or "no serial and no wwn"


def matches(device: Device, wanted: Mapping[str, Any]) -> bool:
    """Whether `{serial}`, `{wwn}` or, if both are given, both of them name this disk."""
    serial, wwn = wanted.get("serial"), wanted.get("wwn")
    if not serial and not wwn:
        return False
    return (not serial or _has_serial(device, str(serial))) and (not wwn or wwn_key(str(wwn)) in _wwns(device))


def _has_serial(device: Device, serial: str) -> bool:
    key, known = serial_key(serial), _serials(device)
    cut = device.name.startswith("vd") and len(key) > VIRTIO_SERIAL and key[:VIRTIO_SERIAL] in known
    return key in known or cut


def _serials(device: Device) -> set[str]:
    return {serial_key(value) for value in (*device.serials, *device.links)}


def _wwns(device: Device) -> set[str]:
    return {wwn_key(value) for value in device.wwns}


def find(devices: Sequence[Device], wanted: Mapping[str, Any], what: str = "the disk") -> Device:
    """The disk that matches `wanted`.

    :raises DiskError: none (`no_disk`) or several disks match (`two_disks`).
    """
    found = [device for device in devices if matches(device, wanted)]
    if len(found) > 1:
        raise DiskError(
            "two_disks",
            f"{what} ({named(wanted)}) matches {len(found)} disks: {listing(found)}",
            _remedy(found, wanted),
        )
    if not found:
        hints = "".join(f"; {hint}" for hint in _hints(devices, wanted))
        raise DiskError(
            "no_disk",
            f"no disk matches {what} ({named(wanted)}); this machine has {listing(devices)}{hints}",
            "correct the disk in the model, or install the disk",
        )
    return found[0]


def _remedy(found: Sequence[Device], wanted: Mapping[str, Any]) -> str:
    first, *rest = found
    if _wwns(first).intersection(*map(_wwns, rest)):
        return "they are two paths to one disk: leave one path connected, as multipath is not supported"
    if all(map(_wwns, found)) and not wanted.get("wwn"):
        return "they share a serial number, which is that of a controller or a USB bridge: name the disk by its wwn"
    return "name the disk by both serial and wwn, or remove the others if nothing tells them apart"


def _hints(devices: Sequence[Device], wanted: Mapping[str, Any]) -> list[str]:
    """What was probably meant: an id of the other kind, the beginning of a longer id, or the address of a SAS port."""
    serial, wwn = serial_key(str(wanted.get("serial") or "")), wwn_key(str(wanted.get("wwn") or ""))
    found: list[str] = []
    for device in devices:
        if serial and wwn_key(serial) in _wwns(device):
            found.append(f"it is the WWN of {device.name}: give it as wwn")
        if wwn and serial_key(str(wanted["wwn"])) in _serials(device):
            found.append(f"it is the serial number of {device.name}: give it as serial")
        if wwn and wwn in map(wwn_key, device.others):
            found.append(f"it is the SAS address of {device.name}, whose WWN is {_shown(device.wwns, wwn_key)}")
        found += [
            f"the {kind} of {device.name} begins with it: give all of {value}"
            for kind, key, values, form in (
                ("serial number", serial, device.serials, serial_key),
                ("WWN", wwn, device.wwns, wwn_key),
            )
            for value in values
            if len(key) >= _HINT and form(value).startswith(key) and form(value) != key
        ]
    return list(dict.fromkeys(found))


def listing(devices: Iterable[Device]) -> str:
    """All disks with all their ids, each once, for error messages."""
    lines = (
        f"{d.name} ({d.size // 10**9} GB {d.model}".rstrip()
        + f"; serial {_shown(d.serials, serial_key)}; wwn {_shown(d.wwns, wwn_key)})"
        for d in devices
    )
    return ", ".join(lines) or "no disks"


def _shown(values: Sequence[str], form: Callable[[str], str]) -> str:
    once = {form(value): value for value in reversed(values)}
    return " / ".join(value for value in values if once.get(form(value)) == value) or "none"
