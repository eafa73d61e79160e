# SPDX-License-Identifier: GPL-3.0-or-later
"""Types that are shared by Redfish and IPMI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol


class PowerState(Enum):
    """Power of a machine; UNKNOWN while the controller does not know it (Redfish: null)."""

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
    """The boot override that the controller reports; ``once`` is None if it does not report that.

    ``pending``: it stands in the settings that the controller applies with the next start (`@Redfish.Settings`).
    """

    device: BootDevice
    once: bool | None
    mode: str | None = None
    pending: bool = field(default=False, compare=False)

    def describe(self) -> dict[str, Any]:
        """Return a plain dict for results and diffs."""
        return {"device": self.device.value, "once": self.once, "mode": self.mode, "pending": self.pending}


@dataclass(frozen=True)
class Identity:
    """What the controller knows about the machine behind it; None or empty if it does not know.

    ``service_tag`` is the second serial number of a Dell machine, which Dell prints on it and reports as SKU.
    ``ports_unread`` counts network ports that the controller lists, but could not describe.
    """

    serial: str | None = None
    uuid: str | None = None
    macs: tuple[str, ...] = ()
    vendor: str | None = None
    model: str | None = None
    firmware: str | None = None
    service_tag: str | None = None
    ports_unread: int = 0

    def describe(self) -> dict[str, Any]:
        """Return a plain dict for results."""
        return {
            "serial": self.serial,
            "service_tag": self.service_tag,
            "uuid": self.uuid,
            "macs": list(self.macs),
            "vendor": self.vendor,
            "model": self.model,
            "firmware": self.firmware,
            "ports_unread": self.ports_unread,
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
        """Remove the password from a text of the controller: some controllers quote refused values."""
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
    """One management controller, by Redfish or IPMI. Every method may raise a BmcError."""

    where: str

    def identity(self, nics: bool = True) -> Identity:
        """Read what the controller knows about its machine; ``nics``: also its MAC addresses, which is slow."""

    def power_state(self) -> PowerState:
        """Read the power state."""

    def request_power(self, on: bool, graceful: bool) -> None:
        """Request power on, or off (``graceful``: by a shutdown of the operating system); does not wait."""

    def boot_override(self) -> BootOverride:
        """Read the boot override."""

    def request_boot(self, device: BootDevice, once: bool) -> None:
        """Request a boot device; does not read it back."""

    def evidence(self) -> tuple[str, ...]:
        """Return the last requests and answers, one line each, without secrets."""

    def close(self) -> None:
        """End the session on the controller."""
