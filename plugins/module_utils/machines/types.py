# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of deployments: the desired machine, its record, and the observed state of BMC and host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..bmc.types import BmcSettings, BootOverride, PowerState
from ..errors import CloudError

# Codes of the ramdisk's `failed` event for which another attempt would fail as well.
FINAL_CODES = frozenset(
    {"no_disk", "two_disks", "unreadable", "holds_data", "too_small", "storage_missing", "identity", "plan", "internal"}
)


class MachineError(CloudError):
    """A machine is set aside: what happened, where, the remedy, and the evidence as lines of text."""

    def __init__(self, what: str, where: str, remedy: str, evidence: tuple[str, ...] = ()) -> None:
        super().__init__(what, where, remedy)
        self.what, self.where, self.remedy, self.evidence = what, where, remedy, evidence

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"


@dataclass(frozen=True)
class Timeouts:
    """Seconds. ``boot``: power on to the ramdisk's first event; ``stall``: no event; ``stuck``: events without
    progress; ``system``: power on to ssh; ``off``: from the ramdisk's last event, or a request to shut down, to
    power off."""

    boot: float = 900.0
    stall: float = 120.0
    stuck: float = 900.0
    system: float = 900.0
    off: float = 90.0


@dataclass(frozen=True)
class Desired:
    """One machine of the model. ``plan`` is the ramdisk's plan without consents (contracts: arming)."""

    name: str
    cloud: str
    macs: tuple[str, ...]
    serial: str | None
    uuid: str | None
    bmc: BmcSettings
    plan: Mapping[str, Any]
    reinstall: bool = False
    wipe: bool = False
    wipe_storage: bool = False
    timeouts: Timeouts = field(default_factory=Timeouts)
    attempts: int = 2
    console: str | None = None

    @property
    def image(self) -> str:
        """Name of the image."""
        return str(self.plan["image"]["name"])

    @property
    def disk(self) -> str:
        """The disk as text: `serial SN-ROOT-1`."""
        root = self.plan["root_disk"]
        return " and ".join(
            " ".join(f"{key} {disk[key]}" for key in ("serial", "wwn") if disk.get(key))
            for disk in (root, root.get("mirror"))
            if disk
        )

    @classmethod
    def from_params(cls, machine: Mapping[str, Any], seed: Mapping[str, Any], **consents: bool) -> Desired:
        """Build from the role's input (`machine`) and `seed.build`; ``consents``: reinstall, wipe, wipe_storage."""
        identity = machine.get("identity") or {}
        image = machine.get("image") or {"name": machine.get("os")}
        if not image.get("name"):
            raise MachineError("no image", machine["name"], "name one with os (or image.name)")
        plan = {
            "image": {key: image[key] for key in ("name", "sha256") if image.get(key)},
            "root_disk": _root(machine["root_disk"]),
            "storage_disks": [_selector(disk) for disk in machine.get("storage_disks") or []],
            "identity": {"serial": identity.get("serial"), "uuid": identity.get("uuid")},
            "seed": dict(seed),
        }
        given = {key: value for key, value in (machine.get("timeouts") or {}).items() if value is not None}
        return cls(
            name=machine["name"],
            cloud=machine["cloud"],
            macs=tuple(mac.lower() for mac in machine["macs"]),
            serial=identity.get("serial"),
            uuid=identity.get("uuid"),
            bmc=BmcSettings.from_params({**machine["bmc"], "firmware": machine.get("firmware")}),
            plan=plan,
            timeouts=Timeouts(**given),
            attempts=int(machine.get("attempts") or 2),
            console=machine.get("console"),
            **consents,
        )


def _root(disk: Mapping[str, Any]) -> dict[str, Any]:
    return _selector(disk) | ({"mirror": _selector(disk["mirror"])} if disk.get("mirror") else {})


def _selector(disk: Mapping[str, Any]) -> dict[str, Any]:
    return {key: disk[key] for key in ("serial", "wwn") if disk.get(key)}


class Phase(Enum):
    """The phase of a deployment."""

    NEW = "discovered"
    ARMED = "armed"
    RUNNING = "deploying"
    FAILED = "failed"
    WRITTEN = "written"
    BOOTING = "booting"
    DEPLOYED = "deployed"


@dataclass(frozen=True)
class Event:
    """One line of the boot service's events or of the controller's journal; ``time`` is the provisioner's clock."""

    time: float
    deploy_id: str
    event: str
    data: Mapping[str, Any]
    run: str | None = None


@dataclass(frozen=True)
class Good:
    """A finished deployment: the data that the boot service stored for the event `done`."""

    deploy_id: str
    host_key: str
    machine_id: str
    image: str
    image_sha256: str | None
    disk_serial: str | None

    @classmethod
    def from_done(cls, done: Mapping[str, Any]) -> Good:
        """Read a `done` record or the data of a `done` event."""
        return cls(
            deploy_id=done["deploy_id"],
            host_key=done["host_key"].strip(),
            machine_id=done["machine_id"].strip(),
            image=done["image"] if isinstance(done["image"], str) else done["image"]["name"],
            image_sha256=done.get("image_sha256"),
            disk_serial=done.get("disk_serial"),
        )


@dataclass(frozen=True)
class Record:
    """The state of a machine's deployments, computed from events, journal and the `done` record.

    ``last_event``: time of the ramdisk's last event; ``last_progress``: time of its last progress.
    ``powered``: it was powered on for the last deployment. ``good``: the deployment that should be on the disk now.
    """

    phase: Phase
    deploy_id: str | None = None
    run: str | None = None
    attempts: int = 0
    boots: int = 0
    began: float = 0.0
    since: float = 0.0
    last_event: float = 0.0
    last_progress: float = 0.0
    progress: Mapping[str, Any] = field(default_factory=dict)
    failure: Mapping[str, Any] | None = None
    good: Good | None = None
    armed_file: bool = False
    powered: bool = False
    trail: tuple[str, ...] = ()


@dataclass(frozen=True)
class BmcView:
    """The state that the machine's BMC reports, read once before a change."""

    power: PowerState
    override: BootOverride | None = None
    agrees: tuple[str, ...] = ()


class HostState(Enum):
    """Result of a login to the machine over ssh with the expected host key."""

    SAME = "same"
    SILENT = "silent"
    OTHER = "other"
    DENIED = "denied"


@dataclass(frozen=True)
class HostView:
    """``detail`` gives the reason: ssh's message, or the difference."""

    state: HostState
    detail: str = ""
