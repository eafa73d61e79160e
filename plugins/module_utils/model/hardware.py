# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of the model for hardware: networks, switches and machines."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from . import enums, notations, scalars
from .disk import RootDisk, StorageDisk
from .fields import many, named, one, own_name
from .management import Bmc, Ssh, Tls
from .nics import Bond, Link, Nic
from .scalars import Address, VlanRange
from .services import DEFAULT_IMAGE
from .uplinks import Device, Mlag, Uplink


@dataclass(frozen=True)
class Location:
    """Position of a device, for pictures and failure domains."""

    rack: str | None = one(scalars.DEVICE_NAME, "Rack.", default=None, example="DC1_R07")
    unit: int | None = one(scalars.UNIT, "Lowest rack unit of the device.", default=None, unit="U")
    height: int = one(scalars.UNIT, "Height.", default=1, unit="U")
    side: enums.Side | None = one(
        enums.Side,
        "Side of its units, seen from the front, of a device of half the width: two of them share units.",
        default=None,
        shown_default="the whole width",
    )


@dataclass(frozen=True)
class Switch:
    """A switch that machines are cabled to."""

    name: str = own_name("Name of the switch.", scalars.DEVICE_NAME)
    platform: enums.Platform = one(
        enums.Platform,
        "Operating system of the switch. An `unmanaged` switch is checked and drawn, never logged in to, and what to "
        "configure on it is printed as a table.",
    )
    address: Address | None = one(scalars.ADDRESS, "Management address.", default=None)
    database: str | None = one(
        notations.DATABASE,
        "OVSDB of an `openvswitch` switch, which needs it.",
        default=None,
        example="ssl:10.20.0.11:6640",
    )
    port: int | None = one(
        scalars.TCP_PORT, "TCP port of its management interface.", default=None, shown_default="that of its protocol"
    )
    username: str | None = one(scalars.TEXT, "Account on the switch, with the right to configure.", default=None)
    password: t.Any = one(scalars.SECRET, "Password of the account; take it from a vault.", default=None, secret=True)
    tls: Tls | None = one(Tls, "How the certificate of a switch that is reached by HTTPS is verified.", default=None)
    ssh: Ssh | None = one(Ssh, "How a switch that is reached by ssh is known, and who logs in.", default=None)
    mlag: Mlag | None = one(
        Mlag,
        "The MLAG (vPC, MC-LAG) pair that it is one of, or the name of the other switch.",
        default=None,
        short="peer",
    )
    mtu: int = one(scalars.MTU, "MTU that is configured on the switch's ports.", default=9216, unit="bytes")
    ports: tuple[str, ...] = many(
        scalars.TEXT,
        "Ports of the switch, single or as a range; a cable to another port is an error. Not checked if absent.",
        example='["Ethernet1-48"]',
        checked_only=True,
    )
    vlans: tuple[VlanRange, ...] = many(
        scalars.VLAN_SET,
        "VLANs that the switch can carry, single or as ranges. Not checked if absent.",
        example="[10, 100-199]",
        checked_only=True,
    )
    uplinks: t.Mapping[str, Uplink] = named(
        Uplink, "Ports, or aggregations of ports, that are not cabled to a machine.", names=scalars.PORT_NAME
    )
    devices: t.Mapping[str, Device] = named(
        Device,
        "Ports, ranges of ports, or aggregations with devices that are no machines of the model: a printer, a server "
        "of others.",
        names=scalars.PORT_NAME,
        example="{Ethernet20-31: {profile: office}}",
    )
    location: Location = one(Location, "Position of the switch.", default=Location())

    @property
    def mlag_peer(self) -> str | None:
        """The other switch of its MLAG pair."""
        return self.mlag.peer if self.mlag else None


@dataclass(frozen=True)
class Identity:
    """Identity that the BMC must report before the machine is changed."""

    serial: str | None = one(scalars.TEXT, "Serial number of the chassis.", default=None)
    uuid: str | None = one(notations.UUID, "UUID of the system.", default=None)


@dataclass(frozen=True)
class Deploy:
    """How the deploy ramdisk is started."""

    via: tuple[enums.DeployVia, ...] = many(
        enums.DeployVia, "Methods, tried in this order.", default=(enums.DeployVia.PXE,)
    )


@dataclass(frozen=True)
class Taint:
    """A Kubernetes taint."""

    key: str = one(notations.NODE_KEY, "Key.")
    value: str | None = one(notations.NODE_VALUE, "Value.", default=None)
    effect: enums.TaintEffect = one(enums.TaintEffect, "Effect.", default=enums.TaintEffect.NO_SCHEDULE)


@dataclass(frozen=True)
class HostSettings:
    """What the machine's operating system needs beyond what the layers bring."""

    packages: tuple[str, ...] = many(
        notations.PACKAGE, "Further packages, installed from the machine's own apt sources.", example="[lldpd]"
    )
    kernel_modules: tuple[str, ...] = many(
        notations.KERNEL_MODULE, "Kernel modules, loaded now and at each boot.", example="[vfio-pci]"
    )
    kernel_arguments: tuple[str, ...] = many(
        notations.KERNEL_ARGUMENT,
        "Further kernel arguments, in force from the first boot of a deployment; a change needs a reboot.",
        example="[hugepagesz=1G, hugepages=16]",
    )
    sysctls: t.Mapping[str, str] = named(
        notations.SYSCTL_VALUE,
        "Kernel parameters, set now and at each boot; they take precedence over those of the layers.",
        names=notations.SYSCTL,
        example="{vm.nr_hugepages: 1024}",
    )


@dataclass(frozen=True)
class LabMachine:
    """Size of the virtual machine in the virtual rack."""

    memory: int | None = one(
        scalars.NUMBER,
        "Memory.",
        default=None,
        unit="MiB",
        shown_default="1536, and 1024 more for a control plane",
    )
    cpus: int | None = one(
        scalars.NUMBER,
        "Virtual CPUs.",
        default=None,
        shown_default="2, of which emulated machines other than control planes have 1",
    )
    disk: int = one(scalars.NUMBER, "Root disk.", default=8, unit="GiB")
    storage_disk: int = one(scalars.NUMBER, "Each storage disk.", default=2, unit="GiB")


@dataclass(frozen=True)
class Machine:
    """A machine of the cloud."""

    name: str = own_name(
        "Name of the machine: its host name and its name in Kubernetes. With dots it is the fully qualified name.",
        scalars.MACHINE_NAME,
    )
    number: int | None = one(
        scalars.NUMBER,
        "Number from which all addresses are computed; it must never change.",
        default=None,
        shown_default="the digits at the end of the name, of its first part if it has dots",
    )
    profile: str | None = one(
        scalars.LABEL_NAME,
        "Its hardware profile, one of `profiles`: keys that the machine has unless it sets them itself.",
        default=None,
        checked_only=True,
    )
    roles: tuple[enums.Role, ...] = many(enums.Role, "Roles of the machine.", default=(enums.Role.COMPUTE,))
    location: Location = one(Location, "Position of the machine.", default=Location())
    bmc: Bmc | None = one(
        Bmc, "Its management controller; a machine without one has an operating system already.", default=None
    )
    address: str | None = one(
        scalars.HOST,
        "Name or address at which the controller reaches it by ssh.",
        default=None,
        shown_default="its address in `management`, else in the provision network",
    )
    nics: t.Mapping[str, Nic] = named(Nic, "Its network cards; a machine without a BMC may have `interfaces` instead.")
    interfaces: t.Mapping[str, str] = named(
        notations.INTERFACE,
        "Instead of `nics`: the interfaces that have its addresses already, by network. Its network is not changed.",
        example="{cluster: ens3, storage: bond0.40}",
    )
    bond: Bond = one(
        Bond, "The bond of the NICs, of a machine without `links`; with one NIC there is no bond.", default=Bond()
    )
    links: t.Mapping[str, Link] = named(
        Link,
        "Instead of `bond`, for a machine with several: its bonds and single NICs, each with its networks.",
        example="{main: {bond: {members: [nic0, nic1]}}, storage: {nic: nic2, networks: [storage]}}",
    )
    port_profile: str | None = one(
        scalars.DEVICE_NAME,
        "One of `port_profiles`, for the switch ports that its NICs are cabled to: `mtu`, `edge` and `description`.",
        default=None,
        example="jumbo",
    )
    network_backend: enums.NetworkBackend = one(
        enums.NetworkBackend,
        "The program that configures its links: systemd-networkd or NetworkManager. A machine that is deployed has the "
        "first one.",
        default=enums.NetworkBackend.NETWORKD,
    )
    networks: tuple[str, ...] = many(
        scalars.LABEL_NAME,
        "Networks in which it has an address, in addition to the provision network and to those that its links name.",
        shown_default="every network with a subnet, unless all of its links name their networks",
    )
    addresses: t.Mapping[str, Address] = named(
        scalars.ADDRESS,
        "Addresses that differ from the plan, by network: one, or one of each IP version.",
        example="{cluster: 10.30.0.7}",
        second="second_addresses",
    )
    second_addresses: t.Mapping[str, Address] = dataclasses.field(default_factory=dict)
    root_disk: RootDisk | None = one(
        RootDisk,
        "Disk of the operating system, or a list of two that mirror each other; required with a BMC.",
        default=None,
        deployed_only=True,
        other="mirror",
        example="[{serial: BOOT-1A}, {serial: BOOT-1B}]",
    )
    storage_disks: tuple[StorageDisk, ...] = many(StorageDisk, "Disks for storage.")
    firmware: enums.Firmware = one(enums.Firmware, "Firmware.", default=enums.Firmware.UEFI, deployed_only=True)
    boot_nic: str | None = one(
        scalars.LABEL_NAME,
        "NIC that boots from the network.",
        default=None,
        shown_default="the first NIC of the link that carries the provision network",
    )
    identity: Identity | None = one(Identity, "Identity that its BMC must report.", default=None, deployed_only=True)
    deploy: Deploy = one(Deploy, "How the deploy ramdisk is started.", default=Deploy(), deployed_only=True)
    os: str = one(
        scalars.LABEL_NAME, "Operating system image, one of `images`.", default=DEFAULT_IMAGE, deployed_only=True
    )
    labels: t.Mapping[str, str] = named(notations.NODE_VALUE, "Labels of its node.", names=notations.NODE_KEY)
    taints: tuple[Taint, ...] = many(
        Taint, "Taints of its Kubernetes node; a machine with `control_plane` as its only role has the usual taint."
    )
    kubelet: t.Mapping[str, t.Any] = named(
        notations.KUBELET_VALUE,
        "Fields of KubeletConfiguration for its kubelet, merged over `kubernetes.kubelet`; `null` removes one.",
        names=notations.KUBELET_FIELD,
        example="{cpuManagerPolicy: static, reservedSystemCPUs: 0-1}",
    )
    host: HostSettings = one(
        HostSettings, "Packages, kernel modules, arguments and parameters of its own.", default=HostSettings()
    )
    lab: LabMachine = one(LabMachine, "Size of the virtual machine in the virtual rack.", default=LabMachine())
