# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of machines: names, numbers, unique hardware identifiers, disks, images and racks."""

from __future__ import annotations

from ..bmc.facts import serial_of, uuid_key
from ..disks.ids import is_device_name, serial_key, wwn_key
from .check_bmc import check_bmc
from .checks import Claims, Report
from .disk import Disk
from .enums import ImageSource, Role, Side
from .hardware import Location, Machine
from .layout import fqdn, is_deployed, rack_group, root_disks
from .problems import choose
from .wiring import number_of

#: The path of the device on each side of each unit of a rack.
Units = dict[tuple[str, int, Side], str]
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
    units: Units = {}
    racks: dict[str, str] = {}
    for machine in report.cloud.machines.values():
        path = f"machines.{machine.name}"
        _name(report, machine.name, path)
        _number(report, machine, path, numbers)
        _nics(report, machine, path, macs)
        _disks(report, machine, path, disks)
        _check_choices(report, machine, path)
        _identity(report, machine, path, identities)
        if machine.bmc:
            check_bmc(report, machine, machine.bmc, path, bmcs)
        _rack(report, machine.location, path, units, racks)
    spellings: dict[str, str] = {}
    for switch in report.cloud.switches.values():
        _spelling(report, switch.name, spellings)
        _name(report, switch.name, f"switches.{switch.name}")
        if switch.name in report.cloud.machines:
            report.add(f"switches.{switch.name}", switch.name, "is also the name of a machine", "give it another name")
        _rack(report, switch.location, f"switches.{switch.name}", units, racks)
    _full_names(report)
    _images(report)


def _full_names(report: Report) -> None:
    """Names with the domain: those of the resolver and of /etc/hosts, each of which has one address."""
    cloud = report.cloud
    names = Claims(report, "the full name of", "give it another name")
    names.claim(f"provisioner.{cloud.domain}", "provisioner")
    if cloud.kubernetes:
        names.claim(f"kubernetes.{cloud.domain}", "kubernetes.endpoint")
    for machine in cloud.machines.values():
        names.claim(fqdn(machine, cloud), f"machines.{machine.name}")


def _name(report: Report, name: str, path: str) -> None:
    if name in RESERVED or name.startswith("rack_"):
        report.add(path, name, "is reserved: the inventory has a host or group of that name", "give it another name")


def _spelling(report: Report, name: str, spellings: dict[str, str]) -> None:
    first = spellings.setdefault(name.lower(), name)
    if first != name:
        report.add(f"switches.{name}", name, f"differs from {first} in case only", "give it another name")


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
    if not machine.nics and not report.is_unreadable(f"{path}.nics"):
        _interfaces(report, machine, path)
    elif machine.interfaces:
        report.add(
            f"{path}.interfaces",
            None,
            "is given together with nics",
            "keep nics, or remove them to leave its network as it is",
        )
    for nic in machine.nics.values():
        where = f"{path}.nics.{nic.name}"
        if not nic.mac:
            continue
        if int(nic.mac[:2], 16) & 1 or nic.mac == "00:00:00:00:00:00":
            report.add(
                f"{where}.mac", nic.mac, "is not a unicast MAC address", "give the MAC address printed on the card"
            )
        macs.claim(nic.mac, f"{where}.mac", where)


def _interfaces(report: Report, machine: Machine, path: str) -> None:
    """Check a machine without network cards: the model has to name the interfaces that have its addresses."""
    if report.is_unreadable(f"{path}.interfaces"):
        return
    if is_deployed(machine) or not machine.interfaces:
        instead = "" if is_deployed(machine) else "; or interfaces: {NETWORK: INTERFACE}, to leave its network as it is"
        remedy = 'give its network cards: {nic0: {mac: "…", port: SWITCH/PORT}}'
        report.add(f"{path}.nics", None, "is missing", remedy + instead)
        return
    names = [network.name for network in report.layout.networks_of(machine)]
    for name in machine.interfaces:
        if name not in names:
            problem = "names a network that the machine is not in"
            report.add(f"{path}.interfaces.{name}", None, problem, choose(name, names))
    for name in names:
        provision = report.layout.provision
        removable = provision is None or name != provision.name
        if name not in machine.interfaces:
            report.add(
                f"{path}.interfaces",
                None,
                f"lacks {name}, in which the machine has an address",
                f"add {name}: INTERFACE, or leave {name} out of its networks"
                if removable
                else f"add {name}: INTERFACE",
            )


def _disks(report: Report, machine: Machine, path: str, disks: Claims) -> None:
    root, roots = machine.root_disk, root_disks(machine)
    if root is None and is_deployed(machine):
        report.add(f"{path}.root_disk", None, "is missing: a deployment needs it", "give {serial: …} or {wwn: …}")
    for where, disk in zip((f"{path}.root_disk", f"{path}.root_disk.mirror"), roots, strict=False):
        _disk(report, disk, where, disks)
    for index, disk in enumerate(machine.storage_disks):
        where = f"{path}.storage_disks[{index}]"
        if any(_is_same(disk, item) for item in roots):
            what = "is also the root disk" if len(roots) == 1 else "is also one of the root disks"
            report.add(where, disk.serial or disk.wwn, what, "remove it from storage_disks")
        else:
            _disk(report, disk, where, disks)


def _is_same(one: Disk, other: Disk) -> bool:
    """Whether two disks of the model are one, by an identifier that both have."""
    same_serial = one.serial and serial_key(one.serial) == serial_key(other.serial or "")
    return bool(same_serial or (one.wwn and wwn_key(one.wwn) == wwn_key(other.wwn or "")))


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
    if is_deployed(machine) and machine.os not in report.cloud.images:
        report.add(f"{path}.os", machine.os, "is not an image", choose(machine.os, report.cloud.images))
    for index, role in enumerate(machine.roles):
        if role in machine.roles[:index]:
            report.add(f"{path}.roles[{index}]", str(role), "is listed twice", "list every role once")


def _identity(report: Report, machine: Machine, path: str, identities: Claims) -> None:
    identity = machine.identity
    if identity is None:
        return
    if not identity.serial and not identity.uuid and not report.is_unreadable(f"{path}.identity"):
        report.add(f"{path}.identity", None, "has neither serial nor uuid", "give serial or uuid, or remove the key")
    for kind, value, key in (
        ("serial", identity.serial, (serial_of(identity.serial) or "").lower()),
        ("uuid", identity.uuid, uuid_key(identity.uuid)),
    ):
        if value and not key:
            message = "is what makers leave where there is none, so it proves nothing and is not compared"
            report.add(
                f"{path}.identity.{kind}", value, message, f"give what is on the machine's label, or remove {kind}"
            )
        elif value:
            identities.claim((kind, key), f"{path}.identity.{kind}", path, shown=value)


def _rack(report: Report, location: Location, path: str, units: Units, racks: dict[str, str]) -> None:
    rack, unit = location.rack, location.unit
    if rack is None:
        return
    first = racks.setdefault(rack_group(rack).lower(), rack)
    if first != rack:
        remedy = "write every name of a rack in one way, since inventory groups take letters, digits and _ only"
        report.add(f"{path}.location.rack", rack, f"differs from the rack {first} in case or punctuation only", remedy)
    if unit is None:
        if location.side is not None:
            report.add(f"{path}.location.side", str(location.side), "needs a unit", f"give {path}.location.unit")
        return
    for level in range(unit, unit + min(location.height, 100)):
        for side in [location.side] if location.side else list(Side):
            taken = units.setdefault((rack, level, side), path)
            if taken != path:
                where = f"on the {side} of unit" if location.side else "in unit"
                message = f"is taken: {taken} stands {where} {level} of rack {rack}"
                report.add(f"{path}.location.unit", unit, message, "name a free unit")
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
        if image.url is not None and image.source is ImageSource.BUILD:
            report.add(f"{path}.url", image.url, "is not used: source is build", "remove url, or write source: url")
        if image.url is not None and image.sha256 is None:
            report.add(
                f"{path}.sha256",
                None,
                "is missing: a downloaded image must be verified",
                "give the SHA-256 of the image",
            )
        if image.sha256 is not None and image.url is None:
            report.add(f"{path}.sha256", None, "has no url to verify", "give url, or remove the key")
