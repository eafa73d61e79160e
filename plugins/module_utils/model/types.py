# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of a private cloud: the classes that a `cloud.yml` is made of.

Parser, JSON Schema and reference page are generated from these classes.
"""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import releases, scalars
from .bgp import Bgp, BgpPeer
from .custom_network import CustomManifest, CustomNetwork
from .disk import Disk, RootDisk, StorageDisk
from .enums import (
    BmcProtocol,
    BondMode,
    BundleSource,
    ContainerRuntime,
    DeployVia,
    Firmware,
    HashPolicy,
    ImageProfile,
    ImageSource,
    LacpRate,
    NetworkProvider,
    Platform,
    PortMode,
    Role,
    ServiceManager,
    StorageProvider,
    TaintEffect,
    Timings,
)
from .fields import named, one
from .hardware import (
    Deploy,
    Identity,
    LabMachine,
    Location,
    Machine,
    Switch,
    Taint,
    Uplink,
)
from .kubernetes import ExistingCluster, Kubernetes, RegistryLogin
from .management import Bmc, Ipmi, Tls
from .nics import Bond, Link, Nic
from .pod_network import PodNetwork
from .routed import RoutedLinks
from .scalars import Address, PortRef, Sealed, Subnet, VlanRange
from .segments import Network, Route, Segment
from .services import (
    Access,
    Bundle,
    Dns,
    Firewall,
    Image,
    Lab,
    Ntp,
    Provisioner,
    Quota,
    Tenant,
)
from .storage import BlockStorage, ExternalCeph, FileStorage, ObjectStorage, Storage
from .uplinks import Device, PortProfile
from .virtualization import Migrations, Virtualization


@dataclass(frozen=True)
class Cloud:
    """One private cloud."""

    name: str = one(scalars.LABEL_NAME, "Name of the cloud; destructive plays ask for it as confirmation.")
    domain: str = one(scalars.DOMAIN, "DNS domain of the machines.", default="", shown_default="NAME.internal")
    networks: t.Mapping[str, Network] = named(Network, "Networks.")
    switches: t.Mapping[str, Switch] = named(Switch, "Switches.", names=scalars.DEVICE_NAME)
    port_profiles: t.Mapping[str, PortProfile] = named(
        PortProfile,
        "What many ports of switches have in common.",
        names=scalars.DEVICE_NAME,
        example="{office: {networks: [office], description: desks}}",
    )
    routed_links: t.Mapping[str, RoutedLinks] = named(
        RoutedLinks,
        "Pools of addresses for links without a VLAN, between one machine and the switch that routes for it.",
        example="{leaf1: {pool: 10.50.1.0/24, routes: [10.0.0.0/8]}}",
    )
    machines: t.Mapping[str, Machine] = named(Machine, "Machines.", names=scalars.MACHINE_NAME)
    provisioner: Provisioner = one(
        Provisioner, "The host that boots machines and serves images and files.", default=Provisioner()
    )
    access: Access = one(Access, "How the controller logs in to the machines.", default=Access())
    kubernetes: Kubernetes | None = one(
        Kubernetes, "The Kubernetes cluster; without it the machines are only prepared.", default=None
    )
    network: PodNetwork = one(PodNetwork, "The network of pods and VMs.", default=PodNetwork())
    storage: Storage = one(Storage, "Volumes.", default=Storage())
    virtualization: Virtualization = one(Virtualization, "Virtual machines.", default=Virtualization())
    tenants: t.Mapping[str, Tenant] = named(Tenant, "Tenants.", since=releases.TENANTS)
    images: t.Mapping[str, Image] = named(Image, "Operating system images.", shown_default="`debian-13`, built")
    bundle: Bundle = one(Bundle, "The artefacts of a release.", default=Bundle())
    ntp: Ntp = one(Ntp, "Time.", default=Ntp())
    dns: Dns = one(Dns, "Name resolution.", default=Dns())
    firewall: Firewall = one(Firewall, "The packet filter of the machines.", default=Firewall())
    lab: Lab | None = one(Lab, "The virtual rack.", default=None)


__all__ = [
    "Access",
    "Address",
    "Bgp",
    "BgpPeer",
    "BlockStorage",
    "Bmc",
    "BmcProtocol",
    "Bond",
    "BondMode",
    "Bundle",
    "BundleSource",
    "Cloud",
    "ContainerRuntime",
    "CustomManifest",
    "CustomNetwork",
    "Deploy",
    "DeployVia",
    "Device",
    "Disk",
    "Dns",
    "ExistingCluster",
    "ExternalCeph",
    "FileStorage",
    "Firewall",
    "Firmware",
    "HashPolicy",
    "Identity",
    "Image",
    "ImageProfile",
    "ImageSource",
    "Ipmi",
    "Kubernetes",
    "Lab",
    "LabMachine",
    "LacpRate",
    "Link",
    "Location",
    "Machine",
    "Migrations",
    "Network",
    "NetworkProvider",
    "Nic",
    "Ntp",
    "ObjectStorage",
    "Platform",
    "PodNetwork",
    "PortMode",
    "PortProfile",
    "PortRef",
    "Provisioner",
    "Quota",
    "RegistryLogin",
    "Role",
    "RootDisk",
    "Route",
    "RoutedLinks",
    "Sealed",
    "Segment",
    "ServiceManager",
    "Storage",
    "StorageDisk",
    "StorageProvider",
    "Subnet",
    "Switch",
    "Taint",
    "TaintEffect",
    "Tenant",
    "Timings",
    "Tls",
    "Uplink",
    "Virtualization",
    "VlanRange",
]
