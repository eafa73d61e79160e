# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes of the model for the provisioner, images and the services of machines."""

# ruff: noqa: RUF009  (one() and many() return dataclasses.field())
from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import enums, notations, scalars
from .fields import many, named, one, own_name
from .scalars import Address

ROOT = "root"
DEFAULT_IMAGE = "debian-13"

#: Names of the controller as a host of its own.
LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Quota:
    """Upper limits of a tenant's resources."""

    cpu: str | None = one(notations.QUANTITY, "CPUs.", default=None)
    memory: str | None = one(notations.QUANTITY, "Memory.", default=None)
    storage: str | None = one(notations.QUANTITY, "Volumes.", default=None)


@dataclass(frozen=True)
class Tenant:
    """A user or group of users to whom a part of the cloud is assigned."""

    name: str = own_name("Name of the tenant.")
    quota: Quota = one(Quota, "Upper limits of its resources.", default=Quota())
    networks: tuple[str, ...] = many(
        scalars.TEXT, "VLANs it may attach VMs to, as NETWORK/VLAN.", example="[tenants/110]"
    )


@dataclass(frozen=True)
class Provisioner:
    """The host that boots machines and serves images and files. Its inventory name is `provisioner`."""

    host: str = one(scalars.HOST, "`localhost`, or a name or address for ssh.", default="localhost")
    user: str | None = one(scalars.TEXT, "Account on it.", default=None, shown_default="`access.user`")
    addresses: t.Mapping[str, Address] = named(
        scalars.ADDRESS, "Its addresses, by network.", shown_default="the first of each subnet that isn't the gateway"
    )
    rack: str | None = one(
        scalars.DEVICE_NAME,
        "The rack whose part of a network it is in, of networks with `racks`. DHCP relays of the other racks' routers "
        "send to it.",
        default=None,
        example="r1",
    )
    interface: str | None = one(
        notations.INTERFACE,
        "Its interface in the provision network.",
        default=None,
        shown_default="found by its address",
    )
    service_manager: enums.ServiceManager = one(
        enums.ServiceManager, "Service manager of its services.", default=enums.ServiceManager.SYSTEMD
    )
    state_dir: str | None = one(
        scalars.PATH, "Directory of images and state.", default=None, shown_default="/var/lib/groundup/CLOUD"
    )
    http_port: int = one(scalars.TCP_PORT, "Port of the file and boot server.", default=8080)
    registry_port: int = one(scalars.TCP_PORT, "Port of the image registry.", default=5000)


@dataclass(frozen=True)
class Access:
    """How the controller logs in to the machines."""

    user: str = one(
        notations.ACCOUNT,
        "Account on all machines. One that is not root becomes root by sudo, without a password; a deployment creates "
        "it, and root can't log in over ssh then.",
        default=ROOT,
    )
    public_keys: tuple[str, ...] = many(
        notations.PUBLIC_KEY,
        "Public ssh keys of the account on machines that are deployed; on other machines its keys stay as they are.",
    )
    private_key_file: str | None = one(
        scalars.PATH, "Private ssh key on the controller.", default=None, shown_default="the ssh client's own"
    )


@dataclass(frozen=True)
class Image:
    """An operating system image."""

    name: str = own_name("Name of the image; machines choose it by `os`.")
    source: enums.ImageSource | None = one(
        enums.ImageSource,
        "Built by the provisioner from packages, or downloaded.",
        default=None,
        shown_default="`url` if there is one, else `build`",
        checked_only=True,
    )
    profile: enums.ImageProfile = one(
        enums.ImageProfile, "Kind of machine it is built for.", default=enums.ImageProfile.METAL
    )
    packages: tuple[str, ...] = many(scalars.TEXT, "Further packages of a built image.")
    non_free_firmware: bool | None = one(
        scalars.BOOLEAN,
        "A built image has microcode of Intel and AMD processors and firmware of network cards and disk controllers, "
        "from Debian's component non-free-firmware.",
        default=None,
        shown_default="`true` for the profile `metal`, else `false`",
    )
    url: str | None = one(scalars.URL, "URL of a finished image.", default=None)
    sha256: str | None = one(notations.SHA256, "Digest of the image at `url`; required with it.", default=None)


@dataclass(frozen=True)
class Bundle:
    """The artefacts of a release."""

    source: enums.BundleSource = one(
        enums.BundleSource, "Source of the artefacts.", default=enums.BundleSource.UPSTREAM
    )
    dir: str | None = one(
        scalars.PATH,
        "Directory of the bundle on the controller.",
        default=None,
        shown_default="~/.cache/groundup/bundle",
    )
    lock: str | None = one(
        scalars.PATH, "File of a lock of one's own.", default=None, shown_default="the lock of this collection"
    )
    mirrors: t.Mapping[str, str] = named(
        scalars.URL,
        "Beginnings of publishers' URLs, and what replaces them.",
        names=scalars.URL,
        example='{"https://registry.k8s.io": "https://mirror.example.net/k8s"}',
    )
    images: t.Mapping[str, str] = named(
        notations.IMAGE_PLACE,
        "Images of one's own that stand in for images of the lock, with their places.",
        names=notations.IMAGE_REFERENCE,
        example="{registry.k8s.io/kube-proxy:v1.36.3: oci:/srv/images/kube-proxy}",
    )
    ca_file: str | None = one(
        scalars.PATH,
        "File with CAs to trust beside the system's, for OS images by URL too.",
        default=None,
        shown_default="the system's CAs",
    )
    auth_file: str | None = one(
        scalars.PATH,
        "File with the logins of registries, as `skopeo login --authfile` writes it.",
        default=None,
        shown_default="the usual places of skopeo and Docker",
    )


@dataclass(frozen=True)
class Ntp:
    """Time. Machines get the time from the provisioner."""

    servers: tuple[str, ...] = many(scalars.HOST, "NTP servers of the provisioner.")


@dataclass(frozen=True)
class Dns:
    """Name resolution."""

    servers: tuple[Address, ...] = many(scalars.ADDRESS, "Resolvers of the machines.", shown_default="the provisioner")
    search: tuple[str, ...] = many(scalars.DOMAIN, "Search domains.", shown_default="the cloud's `domain`")


@dataclass(frozen=True)
class Firewall:
    """The packet filter of the machines: it accepts packets from the cloud's networks, and ssh."""

    enabled: bool = one(scalars.BOOLEAN, "Machines drop other packets from outside the cloud's networks.", default=True)
    open: tuple[str, ...] = many(
        notations.SOCKET, "Ports that are open to all addresses, in addition to ssh.", example="[tcp/8443]"
    )


@dataclass(frozen=True)
class Lab:
    """The virtual rack: how it is created from this model."""

    throw_away_secrets: bool = one(
        scalars.BOOLEAN,
        "Passwords in this file protect only a virtual rack: there is no warning about clear text.",
        default=False,
    )
    control_plane: enums.ControlPlane = one(
        enums.ControlPlane,
        "Where the control plane of Kubernetes runs: on `machines` with the role control_plane, or `hosted`, as native "
        "processes of the controller; then the twin leaves out machines that have no other role than control_plane.",
        default=enums.ControlPlane.MACHINES,
    )
    accelerator: str | None = one(
        scalars.TEXT, "QEMU accelerator.", default=None, shown_default="kvm if a machine boots with it, else tcg"
    )
