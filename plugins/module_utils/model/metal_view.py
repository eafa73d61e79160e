# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inputs of the roles `provisioner` and `machine`, which boot and deploy machines."""

from __future__ import annotations

import json
import typing as t

from . import network_custom
from .disk import RootDisk
from .enums import BmcProtocol
from .hardware import Machine
from .host_view import disk_view
from .layout import Layout, fqdn, is_deployed, root_disks
from .management import Bmc, Tls
from .segments import Network
from .services import ROOT
from .types import Cloud
from .values import Expression
from .wiring import number_of

View = dict[str, t.Any]
_PORTS = {BmcProtocol.REDFISH: 443, BmcProtocol.IPMI: 623}

#: The package by which MD arrays are made and watched.
_MDADM = "mdadm"


def state_dir(layout: Layout) -> str:
    """The provisioner's state directory."""
    return layout.cloud.provisioner.state_dir or f"/var/lib/groundup/{layout.cloud.name}"


def control_plane_root(layout: Layout) -> str:
    """The directory below which the servers of a hosted control plane run, on the controller."""
    return f"{state_dir(layout)}/control_plane/root"


def ca_file(layout: Layout) -> str:
    """Path of the CA certificate of the provisioner's services, on the provisioner."""
    return f"{state_dir(layout)}/ca/ca.crt"


def provisioner_address(layout: Layout) -> str | None:
    """The provisioner's address in the provision network."""
    address = layout.provisioner.get(layout.provision.name) if layout.provision else None
    return str(address) if address else None


def provisioner_url(layout: Layout) -> str:
    """URL of the provisioner's file server."""
    return f"http://{provisioner_address(layout)}:{layout.cloud.provisioner.http_port}"


def registry(layout: Layout) -> str:
    """The provisioner's image registry as HOST:PORT."""
    return f"{provisioner_address(layout)}:{layout.cloud.provisioner.registry_port}"


def provisioner(layout: Layout) -> View:
    """The role input `provisioner`."""
    cloud, own = layout.cloud, layout.cloud.provisioner
    network = layout.provision
    own_part = network.at(own.rack) if network else None
    relayed = _relayed(network, own_part)
    names = _names(layout)
    return {
        "cloud": cloud.name,
        "state_dir": state_dir(layout),
        "service_manager": str(own.service_manager),
        "network": {
            "interface": own.interface,
            "address": provisioner_address(layout),
            "subnet": str(own_part.subnet) if own_part else None,
            "range": None,
            **({"relayed": relayed} if relayed else {}),
        },
        "addresses": {name: str(address) for name, address in layout.provisioner.items()},
        "bundle_dir": Expression(f"{{{{ groundup_bundle_dir | default({json.dumps(cloud.bundle.dir or '')}) }}}}"),
        "machines": [_reservation(layout, machine) for machine in cloud.machines.values() if is_deployed(machine)],
        **({"names": names} if names else {}),
        "images": _images(layout),
        **({"ramdisk_packages": packages} if (packages := _mdadm(layout)) else {}),
        "ntp_upstream": list(cloud.ntp.servers),
        "dns": {"servers": [str(server) for server in cloud.dns.servers], "domain": cloud.domain},
        "http_port": own.http_port,
        "registry_port": own.registry_port,
    }


def _relayed(network: Network | None, own: Network | None) -> list[View]:
    """The subnets of other racks, whose routers relay DHCP."""
    others = [part for part in network.parts if part != own] if network else []
    return [{"subnet": str(part.subnet), "gateway": str(part.gateway)} for part in others]


def bundle_view(cloud: Cloud) -> View:
    """The role input `bundle`, as far as the model has it."""
    own = cloud.bundle
    given = {"lock": own.lock, "mirrors": own.mirrors, "images": own.images, "ca_file": own.ca_file}
    given |= {"auth_file": own.auth_file, "additions": network_custom.additions(cloud)}
    more = {key: dict(value) if isinstance(value, dict) else value for key, value in given.items() if value}
    return {"source": str(own.source), "dir": own.dir, **more}


def endpoint_names(cloud: Cloud) -> dict[str, str]:
    """The address of the API's endpoint by the DNS name that the model gives it, where it has both."""
    settings = cloud.kubernetes
    both = settings is not None and settings.endpoint is not None and settings.endpoint_name
    return {str(settings.endpoint_name): str(settings.endpoint)} if settings and both else {}


def _names(layout: Layout) -> dict[str, str]:
    """The addresses of the machines that are not deployed, by full name, and that of the API's endpoint; other machines
    are resolved by reservation."""
    provision = layout.provision.name if layout.provision else ""
    existing = [machine for machine in layout.cloud.machines.values() if not is_deployed(machine)]
    addresses = {fqdn(item, layout.cloud): layout.texts_of(item.name).get(provision) for item in existing}
    return {name: address for name, address in {**addresses, **endpoint_names(layout.cloud)}.items() if address}


def _images(layout: Layout) -> View:
    wanted = {machine.os for machine in layout.cloud.machines.values() if is_deployed(machine)}
    trusted = {"ca_file": layout.cloud.bundle.ca_file} if layout.cloud.bundle.ca_file else {}
    views: View = {}
    for name, image in layout.cloud.images.items():
        if name in wanted:
            views[name] = (
                {"url": image.url, "sha256": image.sha256, **trusted}
                if image.url
                else {
                    "source": "build",
                    "profile": str(image.profile),
                    "packages": list(dict.fromkeys((*image.packages, *_sudo(layout), *_mdadm(layout)))),
                    **({} if image.non_free_firmware is None else {"non_free_firmware": image.non_free_firmware}),
                }
            )
    return views


def _sudo(layout: Layout) -> list[str]:
    """The package by which the account that a deployment creates becomes root."""
    return [] if layout.cloud.access.user == ROOT else ["sudo"]


def _mdadm(layout: Layout) -> list[str]:
    """What a mirrored root needs, if a machine has one: in the images that are built, and in the deploy ramdisk."""
    deployed = (machine for machine in layout.cloud.machines.values() if is_deployed(machine))
    return [_MDADM] if any(len(root_disks(machine)) > 1 for machine in deployed) else []


def _reservation(layout: Layout, machine: Machine) -> View:
    provision = layout.provision.name if layout.provision else ""
    address = layout.addresses_of(machine.name).get(provision)
    return {**_card(layout, machine), "fqdn": fqdn(machine, layout.cloud), "address": str(address) if address else None}


def _card(layout: Layout, machine: Machine) -> View:
    boot = layout.wiring.boot_nic(machine)
    return {
        "name": machine.name,
        "number": number_of(machine),
        "macs": [nic.mac for nic in machine.nics.values()],
        "boot_mac": boot.mac if boot else None,
        "firmware": str(machine.firmware),
    }


def machine_view(layout: Layout, machine: Machine) -> View:
    """The role input `machine` of a machine with a BMC; the play adds the values of the image and of host layers."""
    cloud = layout.cloud
    identity = machine.identity
    disk = machine.root_disk
    return {
        "fqdn": fqdn(machine, cloud),
        "cloud": cloud.name,
        **_card(layout, machine),
        "identity": {"serial": identity.serial, "uuid": identity.uuid} if identity else None,
        "bmc": bmc_view(machine.bmc) if machine.bmc else None,
        "root_disk": {**disk_view(disk.serial, disk.wwn), **_mirror(disk)} if disk else None,
        "storage_disks": [disk_view(item.serial, item.wwn) for item in machine.storage_disks],
        "os": machine.os,
        "image": {"name": machine.os},
        "seed": {
            **({"user": cloud.access.user} if cloud.access.user != ROOT else {}),
            "authorized_keys": list(cloud.access.public_keys),
            **({"kernel_arguments": list(arguments)} if (arguments := machine.host.kernel_arguments) else {}),
        },
    }


def _mirror(root: RootDisk) -> View:
    return {"mirror": disk_view(root.mirror.serial, root.mirror.wwn)} if root.mirror else {}


def bmc_view(bmc: Bmc) -> View:
    """How a management controller is reached."""
    view: View = {
        "protocol": str(bmc.protocol),
        "address": str(bmc.address),
        "port": bmc.port or _PORTS[bmc.protocol],
        "username": bmc.username,
        "password": bmc.password,
        "tls": _tls(bmc.tls),
        "system": bmc.system,
    }
    if bmc.protocol is BmcProtocol.IPMI:
        view["ipmi"] = {"cipher": bmc.ipmi.cipher}
    return view


def _tls(tls: Tls | None) -> View | None:
    if tls is None:
        return None
    return {key: value for key, value in (("ca_file", tls.ca_file), ("fingerprint", tls.fingerprint)) if value}
