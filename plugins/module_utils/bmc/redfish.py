# SPDX-License-Identifier: GPL-3.0-or-later
"""A management controller that speaks Redfish (DMTF DSP0266, DSP0268)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..waiting.deadline import Clock, SystemClock
from ..web.library import IMPORT_ERROR
from . import errors, override
from .answers import LOOK, link, members, part
from .client import RedfishClient, Resource
from .facts import mac_of, serial_of, text_of, uuid_of
from .inventory import inventory_of
from .quirks import Quirks, quirks_of
from .tree import tree_of
from .types import BmcSettings, BootDevice, BootOverride, Identity, PowerState

POWER = {
    "On": PowerState.ON,
    "Off": PowerState.OFF,
    "PoweringOn": PowerState.CHANGING,
    "PoweringOff": PowerState.CHANGING,
}
RESET = "#ComputerSystem.Reset"
ALLOWED = "ResetType@Redfish.AllowableValues"
#: Values of ResetType by what is wanted, the best first. PushPowerButton switches on a machine that is off, and asks
#: the operating system of one that is on to shut down.
ON, GRACEFUL, OFF = ("On", "ForceOn", "PushPowerButton"), ("GracefulShutdown", "PushPowerButton"), ("ForceOff",)


class RedfishBmc:
    """Implements `types.Bmc`. Connects with the first call, so that a constructor never fails."""

    def __init__(self, settings: BmcSettings, clock: Clock | None = None) -> None:
        if IMPORT_ERROR:
            raise errors.BmcLibraryMissing(
                "the Python library requests is missing", "provisioner", "pip install requests", (IMPORT_ERROR,)
            )
        self.where = settings.where
        self._settings = settings
        self._client = RedfishClient(settings, clock or SystemClock())
        self._system: Resource | None = None
        self._ports: tuple[tuple[str, ...], int] | None = None

    def identity(self, nics: bool = True) -> Identity:
        """Read serial, UUID, MACs (permanent ones first), vendor, model and firmware version.

        Network ports are read once in a connection: there may be dozens, and some controllers need seconds for each.
        """
        with self._call("reading the identity", fresh=False) as system:
            body = system.body
            macs, unread = self._macs(system) if nics else ((), 0)
            maker = text_of(body.get("Manufacturer"))
            return Identity(
                serial=serial_of(body.get("SerialNumber")),
                uuid=uuid_of(body.get("UUID")),
                macs=macs,
                vendor=maker if serial_of(maker) else text_of(self._client.root.get("Vendor")),
                model=text_of(body.get("Model")),
                firmware=text_of(body.get("BiosVersion")),
                service_tag=serial_of(body.get("SKU")) if self._quirks(system).tag_in_sku else None,
                ports_unread=unread,
            )

    def power_state(self) -> PowerState:
        """Read the power state."""
        with self._call("reading the power state") as system:
            return POWER.get(text_of(system.body.get("PowerState")) or "", PowerState.UNKNOWN)

    def request_power(self, on: bool, graceful: bool) -> None:
        """POST ComputerSystem.Reset: the first value for this that the controller offers."""
        wanted = ON if on else GRACEFUL if graceful else OFF
        with self._call(f"requesting {wanted[0]}", fresh=False) as system:
            action = part(system.body, "Actions", RESET)
            target = text_of(part(action, "target")) or f"{system.path.rstrip('/')}/Actions/ComputerSystem.Reset"
            offered = _texts(part(action, ALLOWED))
            kind = self._choice(wanted, offered)
            try:
                self._client.post(target, {"ResetType": kind})
            except errors.BmcProtocolError as error:
                # The list may stand in a resource of its own, which is read only if the usual value is refused.
                info = text_of(part(action, "@Redfish.ActionInfo"))
                if offered or not info or error.status not in (400, 404, 405, 422, 501):
                    raise
                other = self._choice(wanted, self._reset_values(info))
                if other == kind:
                    raise
                self._client.post(target, {"ResetType": other})

    def boot_override(self) -> BootOverride:
        """Read the override of the next start, which may be pending in the settings."""
        with self._call("reading the boot override") as system:
            return override.override_of(system, override.settings_of(self._client, system))

    def request_boot(self, device: BootDevice, once: bool) -> None:
        """PATCH the boot override where the controller keeps it."""
        with self._call(f"setting the boot device {device.value}") as system:
            quirks, settings = self._quirks(system), override.settings_of(self._client, system)
            shown = override.override_of(system, settings)
            if device is not BootDevice.NONE:
                mode = "uefi" if self._settings.firmware == "uefi" else "legacy"
                wanted = BootOverride(device, once, mode)
                override.choose(self._client, settings or system, wanted, shown, quirks)
                return
            places = [place for place in (settings, system) if place and override.is_set(place)]
            override.clear_all(self._client, places, quirks)

    def inventory(self) -> dict[str, Any]:
        """Read host name, network ports and drives; what cannot be read is counted."""
        with self._call("reading the inventory", fresh=False) as system:

            def read(path: str) -> Mapping[str, Any] | None:
                found = self._optional(path)
                return found.body if found else None

            return inventory_of(system.body, self._nics(link(system.body, "EthernetInterfaces")), read)

    def tree(self) -> dict[str, Any]:
        """Read all resources that matter here, without what may be a secret."""
        with self._call("reading the tree", fresh=False):
            return tree_of(self._client)

    def evidence(self) -> tuple[str, ...]:
        """Return the last requests and answers."""
        return self._client.evidence()

    def close(self) -> None:
        """End our session on the controller."""
        self._system = self._ports = None
        self._client.close()

    @contextmanager
    def _call(self, doing: str, fresh: bool = True) -> Iterator[Resource]:
        """Provide the system, ``fresh``: read anew. Whatever an answer contains, the error is a BmcError."""
        try:
            self._client.begin(doing)
            if self._system is None:
                self._system = self._client.get(self._path())
            elif fresh:
                self._system = self._client.get(self._system.path)
            yield self._system
        except errors.BmcError:
            raise
        except Exception as error:
            what = f"{doing}: an answer is not what Redfish allows ({type(error).__name__}: {error})"
            raise errors.BmcProtocolError(self._settings.hide(what), self.where, LOOK, self.evidence()) from error

    def _path(self) -> str:
        name = self._settings.system
        if name:
            return name if name.startswith("/") else f"/redfish/v1/Systems/{name}"
        listed = members(self._client.get(link(self._client.root, "Systems") or "/redfish/v1/Systems").body)
        if len(listed) == 1:
            return listed[0]
        if not listed:
            raise errors.BmcProtocolError("it lists no system", self.where, LOOK, self.evidence())
        names = ", ".join(path.rstrip("/").rpartition("/")[2] for path in listed)
        raise errors.BmcProtocolError(
            f"it has {len(listed)} systems: {names}", self.where, "name the one to use in bmc.system", self.evidence()
        )

    def _quirks(self, system: Resource) -> Quirks:
        return quirks_of(text_of(self._client.root.get("Vendor")), text_of(system.body.get("Manufacturer")))

    def _reset_values(self, info: str) -> list[str]:
        listed = part(self._client.get(info).body, "Parameters")
        for parameter in listed if isinstance(listed, list) else []:
            if part(parameter, "Name") == "ResetType":
                return _texts(part(parameter, "AllowableValues"))
        return []

    def _choice(self, wanted: Sequence[str], offered: Sequence[str]) -> str:
        if not offered:
            return wanted[0]
        for kind in wanted:
            if kind in offered:
                return kind
        raise errors.BmcProtocolError(
            f"it offers no {wanted[0]}, only {', '.join(sorted(offered))}",
            self.where,
            "use another way to switch the power, and update the controller's firmware",
            self.evidence(),
        )

    def _macs(self, system: Resource) -> tuple[tuple[str, ...], int]:
        """Return the MACs of all ports that can be read, and the number of those that can't."""
        if self._ports is None:
            found, unread = [], 0
            for body in self._nics(link(system.body, "EthernetInterfaces")):
                if body is None:
                    unread += 1
                elif mac := mac_of(body.get("PermanentMACAddress")) or mac_of(body.get("MACAddress")):
                    found.append(mac)
            self._ports = tuple(dict.fromkeys(found)), unread
        return self._ports

    def _nics(self, path: str | None) -> Iterator[dict[str, object] | None]:
        """Yield each port, None for one that can't be read; all with one request where the service can do that."""
        listed = self._optional(f"{path}?$expand=.($levels=1)") if path and self._expands() else None
        if path and not listed:
            listed = self._optional(path)
        items = part(listed.body, "Members") if listed else None
        for item in items if isinstance(items, list) else []:
            place = link(item)
            if isinstance(item, dict) and ("MACAddress" in item or "PermanentMACAddress" in item):
                yield item
            elif place:
                port = self._optional(place)
                yield dict(port.body) if port else None

    def _expands(self) -> bool:
        query = part(self._client.root, "ProtocolFeaturesSupported", "ExpandQuery")
        return part(query, "ExpandAll") is True or part(query, "NoLinks") is True

    def _optional(self, path: str) -> Resource | None:
        """Read a resource that other facts can replace; None if it can't be read. The log has the reason."""
        try:
            return self._client.get(path, tries=1)
        except errors.BmcError as error:
            if not error.status or error.status == 401:
                raise
            return None


def _texts(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else []
