# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof that the root file system is on a mirror of the two disks of the model.

Files of sysfs are those of Linux, Documentation/admin-guide/md.rst.
"""

from __future__ import annotations

import os
from typing import Any

from ..disks.devices import Device, devices
from ..disks.errors import DiskError
from ..disks.find import find
from ..disks.system import read
from ..report.proofs import ProofError

_REMEDY = "see /proc/mdstat, and docs/disks.md: A root disk died"
#: Actions of an array in which all members have what was written to it; during the first one, `resync`, the rest is
#: copied, and a machine starts from either disk.
_CALM = ("idle", "check", "resync", "frozen")


def mirrored(wanted: list[dict[str, Any]], root: str = "/") -> str:
    """Prove that the root file system is on a clean array of level 1 whose members are on the disks of the model.

    :param wanted: the two disks, each ``serial``, ``wwn`` or both, as for a deployment.
    :param root: for tests, a directory with sys/, run/, proc/ and dev/.
    """
    name = _array(root)
    base = os.path.join(root, "sys/block", name, "md")
    facts = {key: read(os.path.join(base, key)) for key in ("level", "degraded", "sync_action", "array_state")}
    members = _members(name, root)
    try:
        found = [find(devices(root), disk, "the root disk") for disk in wanted]
    except DiskError as error:
        raise ProofError(f"{error}; the root file system is on {name} with {_listed(members)}") from error
    if facts["level"] != "raid1":
        raise ProofError(f"the root file system is on {name}, an array of level {facts['level'] or 'none'}; {_REMEDY}")
    lacking = [device for device in found if device.name not in members]
    if lacking:
        texts = ", ".join(_named(device) for device in lacking)
        raise ProofError(f"{name} has no member on {texts}, only on {_listed(members)}; {_REMEDY}")
    other = [f"{disk} ({state})" for disk, state in members.items() if "in_sync" not in state.split(",")]
    if other or facts["degraded"] != "0" or facts["sync_action"] not in _CALM:
        how = f"{facts['degraded']} of its members missing, {facts['sync_action']}{_progress(base)}"
        raise ProofError(f"{name} is not complete: {', '.join(other) or how}; {_REMEDY}")
    if facts["array_state"] not in ("clean", "active", "active-idle", "write-pending"):
        raise ProofError(f"the state of {name} is {facts['array_state']}; {_REMEDY}")
    doing = "" if facts["sync_action"] in ("idle", "frozen") else f", {facts['sync_action']}{_progress(base)}"
    return f"{name}: {facts['array_state']}, members on {' and '.join(map(_named, found))}{doing}"


def _array(root: str) -> str:
    """The MD device with the file system that is mounted at /."""
    with open(os.path.join(root, "proc/self/mountinfo"), encoding="utf-8") as lines:
        numbers = [fields[2] for fields in map(str.split, lines) if fields[4] == "/"]
    place = os.path.realpath(os.path.join(root, "sys/dev/block", numbers[-1])) if numbers else ""
    if not os.path.isdir(os.path.join(place, "md")):
        device = os.path.basename(place) or "no block device"
        raise ProofError(
            f"the root file system is on {device}, which is no array; a machine gets one with its deployment: "
            "reinstall it, or name one root_disk in the model"
        )
    return os.path.basename(place)


def _members(name: str, root: str) -> dict[str, str]:
    """The state of each member (``in_sync``, ``faulty``, ``spare`` …), by the disk that it is on."""
    base, found = os.path.join(root, "sys/block", name), {}
    for part in sorted(os.listdir(os.path.join(base, "slaves"))):
        place = os.path.realpath(os.path.join(base, "slaves", part))
        is_part = os.path.exists(os.path.join(place, "partition"))
        disk = os.path.basename(os.path.dirname(place) if is_part else place)
        found[disk] = read(os.path.join(base, "md", f"dev-{part}", "state"))
    return found


def _progress(base: str) -> str:
    done, _slash, total = read(os.path.join(base, "sync_completed")).partition(" / ")
    return f" at {int(done) * 100 // int(total)} %" if done.isdigit() and total.isdigit() and int(total) else ""


def _listed(members: dict[str, str]) -> str:
    return ", ".join(f"{disk} ({state})" for disk, state in members.items()) or "no member"


def _named(device: Device) -> str:
    serial = device.serials[0] if device.serials else device.wwns[0] if device.wwns else "without serial number"
    return f"{device.name} ({serial})"
