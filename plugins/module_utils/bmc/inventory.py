# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Redfish service knows of a machine's network ports and drives, by GET requests only.

Drives are linked from the members of a system's `Storage` (DMTF DSP0268, schemas Storage and Drive). They have a
`SerialNumber`, and `Identifiers`, of which those with the format NAA or EUI are World Wide Names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .answers import link, members, part
from .facts import mac_of, serial_of, text_of

#: Reads a resource; None for one that cannot be read.
Read = Callable[[str], Mapping[str, Any] | None]
#: Most controllers and drives that are read of one system.
MOST = 300
_WWN = frozenset({"NAA", "EUI"})


def inventory_of(system: Mapping[str, Any], ports: Iterable[Mapping[str, Any] | None], read: Read) -> dict[str, Any]:
    """Return host name, ``nics`` and ``disks`` of a system, and in ``unread`` how many resources could not be read.

    :param ports: bodies of its EthernetInterfaces, None for those that could not be read.
    """
    nics, unread = [], 0
    for port in ports:
        if port is None:
            unread += 1
        elif mac := mac_of(port.get("PermanentMACAddress")) or mac_of(port.get("MACAddress")):
            up = {"LinkUp": True, "LinkDown": False}.get(str(port.get("LinkStatus")))
            nics.append({"name": text_of(port.get("Id")) or mac, "mac": mac, "up": up})
    disks = []
    for body in _drives(link(system, "Storage"), read):
        if body is None:
            unread += 1
        elif found := disk_of(body):
            disks.append(found)
    return {"host_name": text_of(system.get("HostName")), "nics": nics, "disks": disks, "unread": unread}


def disk_of(drive: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a drive as a disk of the model, with its size in bytes and its kind; None where nothing identifies it."""
    names = drive.get("Identifiers")
    wwns = [
        text_of(part(item, "DurableName"))
        for item in (names if isinstance(names, list) else [])
        if part(item, "DurableNameFormat") in _WWN
    ]
    serial, wwn = serial_of(drive.get("SerialNumber")), next(filter(None, wwns), None)
    if not serial and not wwn:
        return None
    size = drive.get("CapacityBytes")
    kind = " ".join(filter(None, (text_of(drive.get("Protocol")), text_of(drive.get("MediaType")))))
    return {
        "serial": serial,
        "wwn": wwn,
        "bytes": size if isinstance(size, int) and not isinstance(size, bool) else None,
        "kind": kind or None,
        "model": text_of(drive.get("Model")),
    }


def _drives(storage: str | None, read: Read) -> Iterator[Mapping[str, Any] | None]:
    """Yield each drive once, None for a resource that cannot be read."""
    seen: set[str] = set()
    listed = read(storage) if storage else {}
    if listed is None:
        yield None
    for place in members(listed):
        controller = read(place)
        if controller is None:
            yield None
        drives = part(controller, "Drives")
        for path in [link(item) for item in drives] if isinstance(drives, list) else ():
            if path and path not in seen and len(seen) < MOST:
                seen.add(path)
                yield read(path)
