# SPDX-License-Identifier: GPL-3.0-or-later
"""A management controller that speaks Redfish, over sushy (DMTF DSP0266)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from ..waiting.deadline import Clock, Deadline, SystemClock
from . import errors
from .library import SUSHY_IMPORT_ERROR, SessionAuth, requests, sushy
from .quirks import quirks_of
from .session import ForeignOrigin, PatientSession, PinnedAdapter, system_cas
from .types import BmcSettings, BootDevice, BootOverride, Identity, PowerState

TARGETS = {
    BootDevice.NETWORK: "Pxe",
    BootDevice.DISK: "Hdd",
    BootDevice.CDROM: "Cd",
    BootDevice.HTTP: "UefiHttp",
    BootDevice.SETUP: "BiosSetup",
    BootDevice.NONE: "None",
}
POWER = {
    "On": PowerState.ON,
    "Off": PowerState.OFF,
    "PoweringOn": PowerState.CHANGING,
    "PoweringOff": PowerState.CHANGING,
}


class SessionOrBasic(SessionAuth):
    """A session where the service root offers one, else Basic authentication; a refused password is not sent again."""

    def _do_authenticate(self) -> None:
        root = self._root_resource
        if "Sessions" in ((root.json or {}).get("Links") or {}):
            try:
                super()._do_authenticate()
                return
            except sushy.exceptions.AccessError:
                raise
            except sushy.exceptions.HTTPError as error:
                if error.status_code not in (404, 405, 501):
                    raise
        self._connector.set_http_basic_auth(self._username, self._password)


class RedfishBmc:
    """Implements `types.Bmc`. Connects with the first call, so that a constructor never fails."""

    def __init__(self, settings: BmcSettings, clock: Clock | None = None) -> None:
        if SUSHY_IMPORT_ERROR:
            raise errors.BmcLibraryMissing(
                "the Python library sushy is missing", "provisioner", "pip install sushy", (SUSHY_IMPORT_ERROR,)
            )
        self.where = settings.where
        self._settings = settings
        self._clock = clock or SystemClock()
        self._session: PatientSession | None = None
        self._root: Any = None
        self._system: Any = None

    def identity(self) -> Identity:
        """Read serial, UUID, MACs (permanent ones first), vendor, model and firmware version."""
        with self._call("reading the identity") as system:
            return Identity(
                serial=(system.serial_number or "").strip() or None,
                uuid=(system.uuid or "").strip().lower() or None,
                macs=self._macs(system),
                vendor=self._vendor(system),
                model=system.model,
                firmware=system.bios_version,
            )

    def power_state(self) -> PowerState:
        """Read the power state."""
        with self._call("reading the power state") as system:
            value = system.json.get("PowerState")
            return POWER.get(value, PowerState.UNKNOWN)

    def request_power(self, on: bool, graceful: bool) -> None:
        """POST ComputerSystem.Reset: On, GracefulShutdown or ForceOff."""
        kinds = sushy.ResetType
        kind = kinds.ON if on else kinds.GRACEFUL_SHUTDOWN if graceful else kinds.FORCE_OFF
        with self._call(f"asking for {kind.value}") as system:
            system.reset_system(kind)

    def boot_override(self) -> BootOverride:
        """Read BootSourceOverride*."""
        with self._call("reading the boot override") as system:
            boot = system.boot
            target = boot.target.value if boot and boot.target else "None"
            enabled = boot.enabled.value if boot and boot.enabled else None
            devices = {value: key for key, value in TARGETS.items()}
            device = BootDevice.NONE if enabled == "Disabled" else devices.get(target, BootDevice.OTHER)
            once = {"Once": True, "Continuous": False}.get(enabled or "")
            return BootOverride(device, once, boot.mode.value.lower() if boot and boot.mode else None)

    def request_boot(self, device: BootDevice, once: bool) -> None:
        """PATCH the boot override with the smallest body that the vendor accepts."""
        with self._call(f"setting the boot device {device.value}") as system:
            enabled = sushy.BootSourceOverrideEnabled
            how = enabled.DISABLED if device is BootDevice.NONE else (enabled.ONCE if once else enabled.CONTINUOUS)
            mode = system.boot.mode if quirks_of(self._vendor(system)).full_boot_body and system.boot else None
            system.set_system_boot_options(target=sushy.BootSource(TARGETS[device]), enabled=how, mode=mode)
            system.invalidate()

    def evidence(self) -> tuple[str, ...]:
        """Return the last requests and answers."""
        return tuple(self._session.log) if self._session else ()

    def close(self) -> None:
        """Delete our session on the controller; sessions are few (iDRAC: about eight)."""
        root, self._root, self._system = self._root, None, None
        session, self._session = self._session, None
        if root is not None and root._auth is not None:
            auth, root._auth = root._auth, None
            if session:
                session.deadline = Deadline(10, self._clock)
                self._close_session(auth, session)
        if session:
            session.close()

    def _close_session(self, auth: Any, session: PatientSession) -> None:
        opened, problem = auth._session_resource_id is not None, ""
        try:
            auth.close()
        except sushy.exceptions.ResourceNotFoundError:
            return  # the controller has ended it already
        except sushy.exceptions.SushyError as error:
            problem = self._text(error)
        if opened and not problem and session.status >= 400:
            problem = f"HTTP {session.status}"  # sushy only logs 401, 403 and 5xx here
        if problem:
            raise errors.BmcSessionLeft(
                f"the session could not be ended ({problem})",
                self.where,
                "it ends by the controller's own timeout; nothing to do unless its session table is full",
            )

    @contextmanager
    def _call(self, doing: str) -> Iterator[Any]:
        """Provide the system, read anew; errors of sushy are raised as BmcError."""
        deadline = Deadline(self._settings.timeout, self._clock)
        if self._session:
            self._session.deadline = deadline
        try:
            if self._system is None:
                self._connect(deadline)
            else:
                self._system.refresh(force=True)
            yield self._system
        except sushy.exceptions.SushyError as error:
            raise self._translate(error, doing) from error
        except ValueError as error:
            raise errors.BmcProtocolError(
                f"{doing}: the answer is no valid JSON or value ({error})", self.where, self._look, self.evidence()
            ) from error

    def _connect(self, deadline: Deadline) -> None:
        settings = self._settings
        host = f"[{settings.address}]" if ":" in settings.address else settings.address
        base = f"https://{host}" + (f":{settings.port}" if settings.port else "")
        self._session = session = PatientSession(deadline, base)
        verify: bool | str = settings.ca_file or ""
        if settings.fingerprint:
            session.mount("https://", PinnedAdapter(settings.fingerprint))
            verify = False  # the fingerprint replaces the chain; the adapter refuses any other certificate
        elif not verify:
            verify = system_cas()
        if verify and not os.path.exists(verify):
            raise errors.BmcTlsError(
                f"there is no file {verify} to verify its certificate with; nothing was sent",
                self.where,
                "name one of the host where this runs with bmc.tls.ca_file, or pin bmc.tls.fingerprint",
            )
        connector = sushy.connector.Connector(base, verify=verify, server_side_retries=1, server_side_retries_delay=1)
        # 0 retries would mean 3 tries of the transport; and its own retry would repeat what our session has given up.
        connector._op = partial(connector._op, server_side_retries_left=0)
        session.headers.update(connector._session.headers)
        connector._session = session
        auth = SessionOrBasic(settings.username, settings.password)
        self._root = sushy.Sushy(base, auth=auth, connector=connector)
        name = settings.system
        path = name if not name or name.startswith("/") else f"/redfish/v1/Systems/{name}"
        self._system = self._root.get_system(path)

    def _vendor(self, system: Any) -> str | None:
        vendor: str | None = (self._root.json or {}).get("Vendor") or system.manufacturer
        return vendor

    @staticmethod
    def _macs(system: Any) -> tuple[str, ...]:
        if "EthernetInterfaces" not in system.json:
            return ()
        found = (port.permanent_mac_address or port.mac_address for port in system.ethernet_interfaces.get_members())
        return tuple(mac.lower() for mac in found if mac)

    _look = "read the controller's own log; a reset of the controller (not of the machine) often helps"

    def _translate(self, error: Exception, doing: str) -> errors.BmcError:
        status = getattr(error, "status_code", None)
        what = self._settings.hide(f"{doing}: {self._text(error)}")
        cause = error.__context__
        if isinstance(cause, requests.exceptions.SSLError):
            return errors.BmcTlsError(
                f"{doing}: the certificate was refused ({_reason(cause)}); no credentials were sent",
                self.where,
                "compare the certificate with bmc.tls.fingerprint or bmc.tls.ca_file of the model",
                self.evidence(),
            )
        if isinstance(cause, ForeignOrigin):
            return errors.BmcProtocolError(f"{doing}: {cause}; nothing was sent there", self.where, self._look)
        kinds: dict[int, tuple[type[errors.BmcError], str]] = {
            401: (errors.BmcAuthError, "correct bmc.username and bmc.password in the model"),
            403: (errors.BmcAuthError, "give the account the role Operator or Administrator"),
            409: (errors.BmcConflict, "wait until the machine's present change has ended"),
            429: (errors.BmcBusy, "try again later; something else may be polling this controller"),
            503: (errors.BmcBusy, "try again later; the controller may be starting"),
        }
        kind: type[errors.BmcError]
        if isinstance(error, sushy.exceptions.ConnectionError):
            kind, remedy = errors.BmcUnreachable, "check the address, the management VLAN and the controller's power"
        elif isinstance(error, sushy.exceptions.UnknownDefaultError):
            kind, remedy = errors.BmcProtocolError, "it has several systems: name one with bmc.system"
        else:
            kind, remedy = kinds.get(status or 0, (errors.BmcProtocolError, self._look))
        return kind(what, self.where, remedy, self.evidence())

    @staticmethod
    def _text(error: Exception) -> str:
        status, detail = getattr(error, "status_code", None), getattr(error, "detail", None)
        if status:
            return f"HTTP {status}" + (f": {detail}" if detail else "")
        return _reason(error.__context__) if error.__context__ else str(error)


def _reason(error: BaseException | None) -> str:
    """Return the innermost reason of a chain that requests and urllib3 wrap several times."""
    while error is not None:
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        if not isinstance(inner, BaseException):
            break
        error = inner
    text = str(error)
    return text.split("): ", 1)[1] if text.startswith("HTTPSConnectionPool(") and "): " in text else text
