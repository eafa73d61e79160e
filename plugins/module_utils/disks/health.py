# SPDX-License-Identifier: GPL-3.0-or-later
"""What a disk says of its own health: SMART by smartctl(8), NVMe's log by nvme(1) where smartctl is missing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..errors import search_path
from .devices import Device
from .errors import DiskError
from .system import run

#: smartctl's exit code is a set of bits, which tell of the disk as well (smartctl(8), "EXIT STATUS").
_ANY = tuple(range(256))
#: Attributes of ATA disks by their number -> name here; any count above zero is a reason for concern.
_ATTRIBUTES = {5: "reallocated_sectors", 197: "pending_sectors", 198: "uncorrectable_sectors"}
#: Fields of the NVMe health log -> name here. nvme(1) abbreviates three of them.
_NVME = {
    "percentage_used": "percentage_used",
    "percent_used": "percentage_used",
    "available_spare": "available_spare",
    "avail_spare": "available_spare",
    "available_spare_threshold": "available_spare_threshold",
    "spare_thresh": "available_spare_threshold",
    "media_errors": "media_errors",
    "critical_warning": "critical_warning",
    "power_on_hours": "power_on_hours",
}


class Health(NamedTuple):
    """`passed` is None where nothing is known, with the reason in `why_not`; `reasons` say what is wrong or wears out;
    `values` are the figures that the disk gives."""

    source: str = ""
    passed: bool | None = None
    reasons: tuple[str, ...] = ()
    values: Mapping[str, int] = {}
    why_not: str = ""

    def public(self) -> dict[str, Any]:
        """The same for a module's result."""
        return {**self._asdict(), "reasons": list(self.reasons), "values": dict(self.values)}


def health(device: Device) -> Health:
    """The health of a disk. A program that is missing or fails gives the reason why nothing is known."""
    nvme = device.name.startswith("nvme")
    try:
        if shutil.which("smartctl", path=search_path()):
            return by_smartctl(_object(["smartctl", "--json=c", "--all", device.path]))
        if nvme and shutil.which("nvme", path=search_path()):
            return by_nvme(_object(["nvme", "smart-log", "--output-format=json", device.path]))
    except DiskError as error:
        return Health(why_not=error.message)
    missing = "smartctl and nvme are" if nvme else "smartctl is"
    package = "smartmontools or nvme-cli" if nvme else "smartmontools"
    return Health(why_not=f"{missing} not installed (package {package})")


def _object(argv: list[str]) -> dict[str, Any]:
    _code, text = run(argv, ok=_ANY)
    try:
        found = json.loads(text)
    except ValueError as error:
        raise DiskError("unreadable", f"{argv[0]} gave no JSON: {text[:200].strip()!r}", "run it by hand") from error
    if not isinstance(found, dict):
        raise DiskError("unreadable", f"{argv[0]} gave no JSON object", "run it by hand")
    return found


def by_smartctl(found: Mapping[str, Any]) -> Health:
    """Health by the JSON of `smartctl --all`."""
    status = found.get("smart_status") or {}
    if "passed" not in status:
        texts = [str(item.get("string")) for item in (found.get("smartctl") or {}).get("messages") or []]
        return Health("smartctl", why_not="; ".join(texts) or "the disk reports no SMART health")
    values = _common(found)
    for attribute in (found.get("ata_smart_attributes") or {}).get("table") or []:
        name = _ATTRIBUTES.get(attribute.get("id"))
        if name:
            values[name] = int((attribute.get("raw") or {}).get("value", 0))
    log = found.get("nvme_smart_health_information_log") or {}
    values.update(_nvme_values(log))
    if "scsi_grown_defect_list" in found:
        values["grown_defects"] = int(found["scsi_grown_defect_list"])
    passed = bool(status["passed"])
    reasons = [] if passed else ["the disk says that it is failing"]
    return Health("smartctl", passed, (*reasons, *_reasons(values)), values)


def by_nvme(found: Mapping[str, Any]) -> Health:
    """Health by the JSON of `nvme smart-log`."""
    values = _nvme_values(found)
    if "critical_warning" not in values:
        return Health("nvme", why_not="the disk reports no health log")
    if "temperature" in found:
        values["temperature"] = int(found["temperature"]) - 273
    return Health("nvme", not values["critical_warning"], tuple(_reasons(values)), values)


def _common(found: Mapping[str, Any]) -> dict[str, int]:
    values = {}
    if "current" in (found.get("temperature") or {}):
        values["temperature"] = int(found["temperature"]["current"])
    if "hours" in (found.get("power_on_time") or {}):
        values["power_on_hours"] = int(found["power_on_time"]["hours"])
    return values


def _nvme_values(log: Mapping[str, Any]) -> dict[str, int]:
    found = {name: log[key] for key, name in _NVME.items() if key in log}
    warning = found.get("critical_warning")
    if isinstance(warning, Mapping):  # newer versions of nvme(1) give its bits by name
        found["critical_warning"] = warning.get("value", 0)
    return {name: int(value) for name, value in found.items()}


def _reasons(values: Mapping[str, int]) -> list[str]:
    counted = (*_ATTRIBUTES.values(), "media_errors", "grown_defects")
    found = [f"{values[name]} {name.replace('_', ' ')}" for name in counted if values.get(name)]
    if values.get("critical_warning"):
        found.append(f"NVMe critical warning {values['critical_warning']:#04x}")
    if values.get("percentage_used", 0) >= 100:
        found.append(f"{values['percentage_used']} % of the rated endurance is used")
    if "available_spare" in values and values["available_spare"] < values.get("available_spare_threshold", 0):
        found.append(f"{values['available_spare']} % spare blocks are left")
    return found
