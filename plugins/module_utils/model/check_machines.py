# Copyright: (c) 2026, the groundup.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of machines: names, numbers, unique hardware identifiers, disks, images and racks."""

from __future__ import annotations

from ..disks.ids import is_device_name, serial_key, wwn_key
from .checks import Claims, Report
from .enums import BmcProtocol, DeployVia, Firmware, ImageSource, Role
from .hardware import Bmc, Disk, Machine
from .layout import number_of
from .problems import choose

RESERVED = frozenset(
    {
        "all",
        "ungrouped",
        "localhost",
        "provisioner",
        "provisioners",
        "cluster",
        "clusters",
        "switches",
        "machines",
        *map(str, Role),
    }
)


def check_machines(report: Report) -> None:
    """Check each machine, and the values that must be unique among all machines."""
    numbers = Claims(report, "the number of", "give it another number; numbers make addresses and must never change")
    macs = Claims(report, "the MAC of", "take it from the machine's label or BMC")
    disks = Claims(report, "the disk", "take it from the disk")
    bmcs = Claims(report, "the BMC of", "give its own address")
    identities = Claims(report, "the identity of", "take it from the machine or its BMC")
    units: dict[tuple[str, int], str] = {}
    for machine in report.cloud.machines.values():
        path = f"machines.{machine.name}"
        _name(report, machine.name, path)
        _number(report, machine, path, numbers)
        _nics(report, machine, path, macs)
        _disks(report, machine, path, disks)
        _check_choices(report, machine, path)
        _identity(report, machine, path, identities)
        if machine.bmc:
            _bmc(report, machine, machine.bmc, path, bmcs)
        _rack(report, machine.location, path, units)
    for switch in report.cloud.switches.values():
        _name(report, switch.name, f"switches.{switch.name}")
        if switch.name in report.cloud.machines:
            report.add(f"switches.{switch.name}", switch.name, "is also the name of a machine", "give it another name")
        _rack(report, switch.location, f"switches.{switch.name}", units)
    _images(report)


def _name(report: Report, name: str, path: str) -> None:
    if name in RESERVED or name.startswith("rack_"):
        report.add(path, name, "is reserved: the inventory has a host or group of that name", "give it another name")


def _number(report: Report, machine: Machine, path: str, numbers: Claims) -> None:
    number = number_of(machine)
    if number is None:
        report.add(
            path,
            None,
            "has no number: its name does not end in digits",
            "give number: N, one that no other machine has",
        )
    else:
        numbers.claim(number, f"{path}.number", path)


def _nics(report: Report, machine: Machine, path: str, macs: Claims) -> None:
    if not machine.nics:
        report.add(f"{path}.nics", None, "is missing", 'give its network cards: {nic0: {mac: "…", port: SWITCH/PORT}}')
    for nic in machine.nics.values():
        where = f"{path}.nics.{nic.name}"
        if not nic.mac:
            continue
        if int(nic.mac[:2], 16) & 1 or nic.mac == "00:00:00:00:00:00":
            report.add(
                f"{where}.mac", nic.mac, "is not a unicast MAC address", "give the MAC address printed on the card"
            )
        macs.claim(nic.mac, f"{where}.mac", where)


def _disks(report: Report, machine: Machine, path: str, disks: Claims) -> None:
    root = machine.root_disk
    if root is None and machine.bmc is not None:
        report.add(f"{path}.root_disk", None, "is missing: a deployment needs it", "give {serial: …} or {wwn: …}")
    if root is not None:
        _disk(report, root, f"{path}.root_disk", disks)
    for index, disk in enumerate(machine.storage_disks):
        where = f"{path}.storage_disks[{index}]"
        if root and (
            (disk.serial and serial_key(disk.serial) == serial_key(root.serial or ""))
            or (disk.wwn and wwn_key(disk.wwn) == wwn_key(root.wwn or ""))
        ):
            report.add(where, disk.serial or disk.wwn, "is also the root disk", "remove it from storage_disks")
        else:
            _disk(report, disk, where, disks)


def _disk(report: Report, disk: Disk, path: str, disks: Claims) -> None:
    if not disk.serial and not disk.wwn and not report.is_unreadable(path):
        report.add(path, None, "has neither serial nor wwn", "give serial or wwn")
    for kind, value, key in (("serial", disk.serial, serial_key), ("wwn", disk.wwn, wwn_key)):
        if value and is_device_name(value):
            report.add(
                f"{path}.{kind}",
                value,
                "is a name that another disk may have after the next start",
                "give what `lsblk -o NAME,SERIAL,WWN` shows for the disk",
            )
        elif value:
            disks.claim((kind, key(value)), f"{path}.{kind}", path, shown=value)


def _check_choices(report: Report, machine: Machine, path: str) -> None:
    if machine.os not in report.cloud.images:
        report.add(f"{path}.os", machine.os, "is not an image", choose(machine.os, report.cloud.images))
    if DeployVia.HTTP in machine.deploy.via and machine.firmware is Firmware.BIOS:
        report.add(f"{path}.deploy.via", "http", "needs UEFI firmware", "remove http, or write firmware: uefi")
    for index, role in enumerate(machine.roles):
        if role in machine.roles[:index]:
            report.add(f"{path}.roles[{index}]", str(role), "is listed twice", "list every role once")


def _identity(report: Report, machine: Machine, path: str, identities: Claims) -> None:
    identity = machine.identity
    if identity is None:
        return
    if not identity.serial and not identity.uuid and not report.is_unreadable(f"{path}.identity"):
        report.add(f"{path}.identity", None, "has neither serial nor uuid", "give serial or uuid, or remove the key")
    for kind, value in (("serial", identity.serial), ("uuid", identity.uuid)):
        if value:
            identities.claim((kind, value), f"{path}.identity.{kind}", path, shown=value)


def _bmc(report: Report, machine: Machine, bmc: Bmc, path: str, bmcs: Claims) -> None:
    if bmc.address is not None:
        # One BMC may serve several machines of a chassis; `system` distinguishes them.
        key = (bmc.address, bmc.port, bmc.system)
        bmcs.claim(key, f"{path}.bmc.address", path, shown=bmc.address)
        if (
            bmc.switch_port
            and report.layout.network_of(bmc.address) is None
            and not report.is_incomplete("networks", "subnet")
        ):
            report.add(
                f"{path}.bmc.switch_port",
                str(bmc.switch_port),
                f"has no VLAN: {bmc.address} is in no network",
                "add the network of the BMCs, or remove switch_port",
            )
    if bmc.password is None:
        report.add(f"{path}.bmc.password", None, "is missing", 'give it from a vault: password: "{{ vault_bmc }}"')
    if bmc.tls and bmc.tls.ca_file and bmc.tls.fingerprint:
        report.add(f"{path}.bmc.tls", None, "has a CA and a fingerprint", "keep one of ca_file and fingerprint")
    if bmc.tls and bmc.protocol is BmcProtocol.IPMI:
        report.add(f"{path}.bmc.tls", None, "is for redfish: IPMI has no TLS", "remove it, or write protocol: redfish")


def _rack(report: Report, location: object, path: str, units: dict[tuple[str, int], str]) -> None:
    rack, unit, height = (getattr(location, key) for key in ("rack", "unit", "height"))
    if rack is None or unit is None:
        return
    for level in range(unit, unit + min(height, 100)):
        first = units.setdefault((rack, level), path)
        if first != path:
            report.add(
                f"{path}.location.unit",
                unit,
                f"is taken: {first} stands in unit {level} of rack {rack}",
                "name a free unit",
            )
            return


def _images(report: Report) -> None:
    for image in report.cloud.images.values():
        path = f"images.{image.name}"
        if image.url is None and image.source is ImageSource.URL:
            report.add(f"{path}.url", None, "is missing", "give the URL of the image, or write source: build")
        if image.non_free_firmware is not None and (image.url is not None or image.source is ImageSource.URL):
            report.add(
                f"{path}.non_free_firmware",
                image.non_free_firmware,
                "has no effect on a downloaded image",
                "remove the key, or write source: build and no url",
            )
        if image.url is not None and image.sha256 is None:
            report.add(
                f"{path}.sha256",
                None,
                "is missing: a downloaded image must be verified",
                "give the SHA-256 of the image",
            )
        if image.sha256 is not None and image.url is None:
            report.add(f"{path}.sha256", None, "has no url to verify", "give url, or remove the key")
