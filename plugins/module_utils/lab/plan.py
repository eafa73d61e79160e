# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of a virtual rack, derived from the twin's model; nothing here changes the host."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from ..network.mtu import ETHERNET, carrier
from .addresses import here, with_prefix
from .disks import root_disks
from .legs import Leg, legs
from .names import Places, short

Tree = dict[str, Any]

DEFAULT_SIZE = {"disk": 8, "storage_disk": 2}
"""Defaults in GiB; see `machines.*.lab` in the model's reference."""
DEFAULT_SWITCH_MTU = 9216


@dataclass(frozen=True)
class Port:
    """A port of a virtual switch: the Linux interface behind it, or a patch cable to another bridge."""

    bridge: str
    name: str
    interface: str
    patch: str | None = None


@dataclass(frozen=True)
class Cable:
    """A cable of the controller into a network: `interface` is in its namespace, `peer` in the rack's namespace.

    `mtu` is the network's MTU: larger packets of the controller would be dropped.
    """

    network: str
    interface: str
    peer: str
    mtu: int
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Disk:
    """A blank disk; `size` in GiB."""

    file: str
    size: int
    serial: str | None
    wwn: str | None


@dataclass(frozen=True)
class Nic:
    """A NIC of a machine and its tap interface."""

    mac: str
    tap: str


@dataclass(frozen=True)
class Bmc:
    """A management controller."""

    machine: str
    address: str
    redfish_port: int
    ipmi_port: int
    protocol: str
    username: str
    password: str
    fingerprint: str | None


@dataclass(frozen=True)
class Machine:
    """A virtual machine; `memory` in MiB."""

    name: str
    uuid: str
    serial: str
    firmware: str
    memory: int
    cpus: int
    disks: tuple[Disk, ...]
    nics: tuple[Nic, ...]
    directory: str


@dataclass(frozen=True)
class Rack:
    """All objects of a rack. `mtu` in bytes, at least that of the largest network, without VLAN tag."""

    places: Places
    mtu: int
    bridges: tuple[str, ...]
    ports: tuple[Port, ...]
    cables: tuple[Cable, ...]
    legs: tuple[Leg, ...]
    machines: tuple[Machine, ...]
    bmcs: tuple[Bmc, ...]


def rack(twin: Tree, places: Places) -> Rack:
    """The rack of a twin, as returned by `twin.twin`; other models lack keys that this function reads."""
    own = twin["provisioner"].get("rack")
    parts = {name: here(network, own) for name, network in twin.get("networks", {}).items()}
    networks = {name: part for name, part in parts.items() if part.get("subnet")}
    switches = twin.get("switches", {})
    machines = twin.get("machines", {})
    mtus = [net.get("mtu", ETHERNET) for net in networks.values()]
    mtus += [switch.get("mtu", DEFAULT_SWITCH_MTU) for switch in switches.values()]
    return Rack(
        places=places,
        mtu=carrier(mtus, ETHERNET),
        bridges=tuple(switches),
        ports=(*_uplinks(switches), *_machine_ports(machines)),
        cables=tuple(_cable(name, net, twin["provisioner"]["addresses"][name]) for name, net in networks.items()),
        legs=legs(twin),
        machines=tuple(_machine(name, machine, places) for name, machine in machines.items()),
        bmcs=tuple(_bmc(name, machine["bmc"]) for name, machine in machines.items() if machine.get("bmc")),
    )


def tap(machine: str, nic: str) -> str:
    """Name of the tap interface of a NIC."""
    return short(f"{machine}-{nic}")


def _uplinks(switches: Tree) -> list[Port]:
    ports = []
    for bridge, settings in switches.items():
        for name in settings.get("uplinks", {}):
            far = name.removeprefix("to-")
            if name.startswith("to-") and far in switches:
                ports.append(Port(bridge, name, _patch(bridge, far), patch=_patch(far, bridge)))
            else:
                ports.append(Port(bridge, name, short(name)))
    return ports


def _patch(here: str, there: str) -> str:
    """Name of a patch port; Open vSwitch requires names that are unique among all bridges."""
    return f"{here}>{there}"


def _machine_ports(machines: Tree) -> list[Port]:
    return [
        Port(*_split(settings["port"]), tap(name, nic))
        for name, machine in machines.items()
        for nic, settings in (machine.get("nics") or {}).items()
        if settings.get("port")
    ]


def _split(reference: str) -> tuple[str, str]:
    bridge, __, port = reference.partition("/")
    return bridge, port


def _cable(name: str, network: Tree, address: str) -> Cable:
    """A cable of the controller. It also has the gateway's address, so that a machine's default route resolves.

    The controller's namespace has no IPv6, so it has no address in a network of IPv6 alone.
    """
    addresses = [address, str(network["gateway"])] if network.get("gateway") else [address]
    unique = [one for one in dict.fromkeys(addresses) if ":" not in one]
    subnet = network["subnet"]
    return Cable(
        network=name,
        interface=short(name),
        peer=short(f"ctl-{name}"),
        mtu=int(network.get("mtu", ETHERNET)),
        addresses=tuple(with_prefix(item, subnet) for item in unique),
    )


def _machine(name: str, machine: Tree, places: Places) -> Machine:
    size = {**DEFAULT_SIZE, **(machine.get("lab") or {})}
    directory = places.machine(name)
    roots = zip(("root.raw", "root2.raw"), root_disks(machine) or [{}], strict=False)
    disks = [_disk(f"{directory}/{file}", size["disk"], disk) for file, disk in roots]
    for index, disk in enumerate(machine.get("storage_disks") or [], 1):
        disks.append(_disk(f"{directory}/storage{index}.raw", size["storage_disk"], disk))
    identity = machine["identity"]
    return Machine(
        name=name,
        uuid=identity["uuid"],
        serial=f"LAB-{identity['uuid'][:8].upper()}",
        firmware=str(machine.get("firmware", "uefi")),
        memory=int(size["memory"]),
        cpus=int(size["cpus"]),
        disks=tuple(disks),
        nics=_nics(name, machine.get("nics") or {}, machine.get("boot_nic")),
        directory=directory,
    )


def _nics(machine: str, nics: Tree, first: str | None) -> tuple[Nic, ...]:
    """The NICs of a machine, the one that boots first: libvirt boots by the first one of a domain."""
    ordered = sorted(nics.items(), key=lambda item: item[0] != first)
    return tuple(Nic(str(nic["mac"]).lower(), tap(machine, key)) for key, nic in ordered)


def _disk(file: str, size: int, disk: Tree) -> Disk:
    return Disk(file=file, size=int(size), serial=disk.get("serial"), wwn=disk.get("wwn"))


def _bmc(name: str, bmc: Tree) -> Bmc:
    protocol = str(bmc.get("protocol", "redfish"))
    port = int(bmc.get("port") or (623 if protocol == "ipmi" else 443))
    return Bmc(
        machine=name,
        address=str(ipaddress.ip_address(bmc["address"])),
        redfish_port=port if protocol == "redfish" else 443,
        ipmi_port=port if protocol == "ipmi" else 623,
        protocol=protocol,
        username=str(bmc.get("username", "admin")),
        password=str(bmc["password"]),
        fingerprint=(bmc.get("tls") or {}).get("fingerprint"),
    )
