# SPDX-License-Identifier: GPL-3.0-or-later
"""A management controller that speaks IPMI 2.0, over the program ipmitool.

IPMI has no TLS, and gives password hashes to any client (RAKP): it must be chosen in the model and belongs in a
closed network. The password travels in ipmitool's environment, never in its arguments.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..waiting.deadline import Clock, Deadline, SystemClock
from . import errors
from .arguments import CIPHERS, LONGEST_PASSWORD, LONGEST_USER
from .facts import serial_of, uuid_of
from .types import BmcSettings, BootDevice, BootOverride, Identity, PowerState

TRANSIENT = ("insufficient resources for session", "node busy", "timeout", "out of space", "bmc initialization")
# The account may be logged in to as operator, which may do all that is needed here, or not at all.
NO_PRIVILEGE = ("unauthorized role", "administrator failed", "insufficient privilege level")
OPERATOR = "OPERATOR"
REFUSED = ("hmac is invalid", "unauthorized name", "invalid user name")
NO_SESSION = "unable to establish"
# Device selector of boot flags, already shifted (IPMI 2.0, table 28-14, parameter 5, data 2).
DEVICES = {
    BootDevice.NONE: 0x00,
    BootDevice.NETWORK: 0x04,
    BootDevice.DISK: 0x08,
    BootDevice.CDROM: 0x14,
    BootDevice.SETUP: 0x18,
}


@dataclass(frozen=True)
class Answer:
    """What ipmitool printed and returned."""

    code: int
    out: str
    err: str


Runner = Callable[[list[str], dict[str, str], float], Answer]


def run(command: list[str], environment: dict[str, str], timeout: float) -> Answer:
    """Run a program with its own environment; after the timeout the answer has the text `timeout`."""
    options: dict[str, Any] = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
    try:
        done = subprocess.run(command, env=environment, timeout=timeout, check=False, **options)
    except subprocess.TimeoutExpired:
        return Answer(1, "", "timeout")
    return Answer(
        done.returncode, done.stdout, "\n".join(line for line in done.stderr.splitlines() if _is_relevant(line))
    )


def _is_relevant(line: str) -> bool:
    # Only with -v ipmitool reports a refused password. Its other debug lines are dropped; stdout is not affected.
    low = line.lower()
    return any(
        word in low
        for word in ("error", "rakp", "hmac", "requested", "privilege", "insufficient", "busy", "timeout", "unable")
    )


class IpmiBmc:
    """Implements `types.Bmc`."""

    def __init__(self, settings: BmcSettings, runner: Runner = run, clock: Clock | None = None) -> None:
        self.where = settings.where
        self._settings = settings
        self._run = runner
        self._clock = clock or SystemClock()
        self._cipher = settings.cipher
        self._level: str | None = None
        self._log: list[str] = []

    def identity(self, nics: bool = True) -> Identity:
        """Read serial and maker from the FRU and the system's GUID; a controller without either gives None."""
        deadline = self._deadline()
        fru = self._ask(deadline, "fru", "print", "0", may_fail=True)
        guid = self._ask(deadline, "mc", "guid", may_fail=True)
        return Identity(
            serial=serial_of(_field(fru, "Product Serial")) or serial_of(_field(fru, "Chassis Serial")),
            uuid=uuid_of(_field(guid, "System GUID")),
            vendor=_field(fru, "Product Manufacturer"),
            model=_field(fru, "Product Name"),
        )

    def power_state(self) -> PowerState:
        """Read the chassis power."""
        words = self._ask(self._deadline(), "chassis", "power", "status").lower()
        return {"on": PowerState.ON, "off": PowerState.OFF}.get(words.rpartition(" ")[2], PowerState.UNKNOWN)

    def request_power(self, on: bool, graceful: bool) -> None:
        """Ask for power on, soft (ACPI) off or off."""
        self._ask(self._deadline(), "chassis", "power", "on" if on else ("soft" if graceful else "off"))

    def boot_override(self) -> BootOverride:
        """Read the boot flags as bytes; ipmitool's text for them is not used."""
        words = self._ask(self._deadline(), "raw", "0x00", "0x09", "0x05", "0x00", "0x00").split()
        if len(words) < 4:
            raise errors.BmcProtocolError(
                f"boot flags have {len(words)} bytes: {' '.join(words)}", self.where, "set the boot order in its setup"
            )
        flags, selector = int(words[2], 16), int(words[3], 16) & 0x3C
        known = {value: device for device, value in DEVICES.items()} | {0x24: BootDevice.DISK}
        device = known.get(selector, BootDevice.OTHER) if flags & 0x80 else BootDevice.NONE
        return BootOverride(device, not flags & 0x40, "uefi" if flags & 0x20 else "legacy")

    def request_boot(self, device: BootDevice, once: bool) -> None:
        """Set boot flags. First disable their expiry after 60 s, which some controllers do not support."""
        if device not in DEVICES:
            raise errors.BmcProtocolError(
                f"IPMI can't boot from {device.value}", self.where, "choose network, disk, cdrom or setup, or Redfish"
            )
        deadline = self._deadline()
        self._ask(deadline, "raw", "0x00", "0x08", "0x03", "0x08", may_fail=True)
        flags = 0x80 | (0 if once else 0x40) | (0x20 if self._settings.firmware == "uefi" else 0)
        flags = 0 if device is BootDevice.NONE else flags
        self._ask(deadline, "raw", "0x00", "0x08", "0x05", f"{flags:#04x}", f"{DEVICES[device]:#04x}", *["0x00"] * 3)

    def evidence(self) -> tuple[str, ...]:
        """Return the last commands and results."""
        return tuple(self._log)

    def close(self) -> None:
        """Do nothing: each ipmitool call ends its own session."""

    def _deadline(self) -> Deadline:
        return Deadline(self._settings.timeout, self._clock)

    def _ask(self, deadline: Deadline, *words: str, may_fail: bool = False) -> str:
        """Run one command with the known cipher, or find it first: 17, then 3."""
        ciphers = (self._cipher,) if self._cipher is not None else CIPHERS
        answer = Answer(1, "", "timeout")
        for cipher in ciphers:
            answer = self._retry_while_busy(deadline, cipher, words)
            denied = self._level is None and any(word in answer.err.lower() for word in NO_PRIVILEGE)
            if denied:
                self._level = OPERATOR
                answer = self._retry_while_busy(deadline, cipher, words)
            if answer.code == 0 or NO_SESSION not in answer.err.lower():
                self._cipher = cipher
                break
            if any(word in answer.err.lower() for word in (*REFUSED, *NO_PRIVILEGE)):
                break  # the password is wrong with any cipher, and another attempt could lock the account
        if answer.code == 0:
            return answer.out.strip()
        if may_fail and NO_SESSION not in answer.err.lower() and "timeout" not in answer.err.lower():
            return ""
        raise self._error(" ".join(words), answer)

    def _retry_while_busy(self, deadline: Deadline, cipher: int, words: tuple[str, ...]) -> Answer:
        while True:
            answer = self._once(cipher, words, min(20.0, max(1.0, deadline.left())))
            transient = any(text in answer.err.lower() for text in TRANSIENT)
            if answer.code == 0 or not transient or not deadline.pause(5):
                return answer

    def _once(self, cipher: int, words: tuple[str, ...], seconds: float) -> Answer:
        program = shutil.which("ipmitool")
        if not program:
            raise errors.BmcProgramMissing("the program ipmitool is missing", "provisioner", "apt install ipmitool")
        settings = self._settings
        self._require_length("user name", settings.username, LONGEST_USER)
        self._require_length("password", settings.password, LONGEST_PASSWORD)
        command = [program, "-I", "lanplus", "-H", settings.address, "-p", str(settings.port or 623)]
        command += ["-U", settings.username, "-E", "-v", "-C", str(cipher), "-N", "2", "-R", "2"]
        command += [*(["-L", self._level] if self._level else []), *words]
        path = os.environ.get("PATH", os.defpath)
        environment = {"PATH": path, "LC_ALL": "C", "IPMITOOL_PASSWORD": settings.password}
        answer = self._run(command, environment, seconds)
        line = (answer.err or answer.out).strip().splitlines()
        self._log = [*self._log[-19:], f"{' '.join(words)} (cipher {cipher}): {answer.code} {line[-1] if line else ''}"]
        return answer

    def _require_length(self, name: str, text: str, longest: int) -> None:
        length = len(text.encode())
        if length > longest:
            raise errors.BmcAuthError(
                f"the {name} has {length} bytes, and IPMI takes at most {longest}; nothing was sent",
                self.where,
                f"give this account a shorter {name}, or use Redfish",
            )

    def _error(self, command: str, answer: Answer) -> errors.BmcError:
        text = self._settings.hide(" ".join((answer.err or answer.out).split()))
        low = text.lower()
        if any(word in low for word in REFUSED):
            kind: type[errors.BmcError] = errors.BmcAuthError
            remedy = "correct bmc.username and bmc.password in the model"
        elif any(word in low for word in NO_PRIVILEGE):
            kind = errors.BmcAuthError
            remedy = "give the account the level Operator or Administrator on the LAN channel"
        elif NO_SESSION in low or "timeout" in low:
            kind = errors.BmcUnreachable
            remedy = "check the address, UDP 623, whether IPMI over LAN is allowed, then user and password"
        else:
            kind, remedy = errors.BmcProtocolError, "read the controller's own log, or use Redfish"
        return kind(f"ipmitool {command}: {text or 'no answer'}", self.where, remedy, self.evidence())


def _field(text: str, name: str) -> str | None:
    found = re.search(rf"^\s*{name}\s*:\s*(\S.*?)\s*$", text, re.MULTILINE)
    return found.group(1) if found else None
