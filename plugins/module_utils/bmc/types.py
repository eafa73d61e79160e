# SPDX-License-Identifier: GPL-3.0-or-later
"""Vocabulary shared by both protocols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol


class PowerState(Enum):
    """Power of a machine; UNKNOWN while the controller settles (Redfish answers null then)."""

    ON = "on"
    OFF = "off"
    CHANGING = "changing"
    UNKNOWN = "unknown"


class BootDevice(Enum):
    """The boot devices of a machine."""

    NETWORK = "network"
    DISK = "disk"
    CDROM = "cdrom"
    HTTP = "http"
    SETUP = "setup"
    NONE = "none"
    OTHER = "other"


@dataclass(frozen=True)
class BootOverride:
    """What the controller says it will boot: ``once`` is None where it doesn't tell."""

    device: BootDevice
    once: bool | None
    mode: str | None = None

    def describe(self) -> dict[str, Any]:
        """Return a plain dict for results and diffs."""
        return {"device": self.device.value, "once": self.once, "mode": self.mode}


@dataclass(frozen=True)
class Identity:
    """What the controller knows about the machine behind it; None or empty where it knows nothing."""

    serial: str | None = None
    uuid: str | None = None
    macs: tuple[str, ...] = ()
    vendor: str | None = None
    model: str | None = None
    firmware: str | None = None

    def describe(self) -> dict[str, Any]:
        """Return a plain dict for results."""
        return {
            "serial": self.serial,
            "uuid": self.uuid,
            "macs": list(self.macs),
            "vendor": self.vendor,
            "model": self.model,
            "firmware": self.firmware,
        }


@dataclass(frozen=True)
class BmcSettings:
    """How to reach one controller. ``timeout`` is the time in seconds that one call may take with all its retries."""

    protocol: str
    address: str
    username: str
    password: str = field(repr=False)
    port: int | None = None
    ca_file: str | None = None
    fingerprint: str | None = None
    system: str | None = None
    cipher: int | None = None
    firmware: str = "uefi"
    timeout: float = 60.0

    @property
    def where(self) -> str:
        """Name of the controller for messages."""
        return f"bmc {self.protocol}://{self.address}" + (f":{self.port}" if self.port else "")

    def hide(self, text: str) -> str:
        """Remove the password from a text of the controller: some controllers repeat what they refuse."""
        return text.replace(self.password, "********") if self.password else text

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> BmcSettings:
        """Build from module options or from the ``bmc`` part of a machine (keys: contracts of role machine)."""
        tls = params.get("tls") or {}
        ipmi = params.get("ipmi") or {}
        return cls(
            protocol=params["protocol"],
            address=params["address"],
            username=params["username"],
            password=params["password"],
            port=params.get("port"),
            ca_file=tls.get("ca_file"),
            fingerprint=tls.get("fingerprint"),
            system=params.get("system"),
            cipher=ipmi.get("cipher"),
            firmware=params.get("firmware") or "uefi",
            timeout=float(params.get("timeout") or 60),
        )


class Bmc(Protocol):
    """One management controller, whatever it speaks. Every method may raise a BmcError."""

    where: str

    def identity(self) -> Identity:
        """Read what the controller knows about its machine."""

    def power_state(self) -> PowerState:
        """Read the power state."""

    def request_power(self, on: bool, graceful: bool) -> None:
        """Ask for power on, or off (``graceful``: by asking the operating system); does not wait."""

    def boot_override(self) -> BootOverride:
        """Read what is booted next."""

    def request_boot(self, device: BootDevice, once: bool) -> None:
        """Ask for a boot device; does not check what became of it."""

    def evidence(self) -> tuple[str, ...]:
        """Return the last requests and answers, one line each, without secrets."""

    def close(self) -> None:
        """End the session on the controller."""
