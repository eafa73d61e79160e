# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the provisioner, checked and completed by what this host shows."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import CloudError
from .recipe import recipe


class ProvisionerError(CloudError):
    """The provisioner can't or mustn't serve; the message names cause and remedy."""


@dataclass(frozen=True)
class Relayed:
    """A subnet of another rack: its router relays DHCP to the provisioner (RFC 2131, giaddr) and routes the rest."""

    subnet: ipaddress.IPv4Network
    gateway: ipaddress.IPv4Address


@dataclass(frozen=True)
class Settings:
    """Input of the role, checked. Addresses are text; `ipv6` = the interface has IPv6, so routers can be advertised."""

    cloud: str
    state_dir: str
    interface: str
    address: str
    subnet: str
    bundle_dir: str  # the current release
    machines: tuple[Mapping[str, Any], ...]
    relayed: tuple[Relayed, ...] = ()
    http_port: int = 8080
    registry_port: int = 5000
    ntp_upstream: tuple[str, ...] = ()
    service_user: str = "root"
    kernel_arguments: str = "quiet"
    ipv6: bool = False
    domain: str = ""
    dns_servers: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)  # addresses of machines that are not deployed, by full name
    more_bundle_dirs: tuple[str, ...] = ()  # earlier releases, for machines that still run them

    @property
    def bundle_dirs(self) -> tuple[str, ...]:
        """The bundles that are served, the current release first."""
        return self.bundle_dir, *self.more_bundle_dirs

    @property
    def merged_dir(self) -> str:
        """Where several bundles appear as one (see releases.py)."""
        return self.path("bundles", "serving")

    @property
    def served_dir(self) -> str:
        """What the file server and the registry read."""
        return self.merged_dir if self.more_bundle_dirs else self.bundle_dir

    def path(self, *parts: str) -> str:
        """A path below state_dir."""
        return os.path.join(self.state_dir, *parts)

    @property
    def base_url(self) -> str:
        """URL of the web server, without /boot, /images or /bundle."""
        return f"http://{self.address}:{self.http_port}"

    @property
    def prefix(self) -> str:
        """The unique local /64 that is advertised only to end iPXE's wait for a router."""
        digest = hashlib.sha256(f"groundup {self.cloud}".encode()).hexdigest()
        return f"fd{digest[:2]}:{digest[2:6]}:{digest[6:10]}:1::"


def settings_from(params: Mapping[str, Any]) -> Settings:
    """Checks the role's input, the dict `provisioner`. Raises ProvisionerError."""
    bundles = bundle_dirs(params)
    given = {**params, "bundle_dir": bundles}
    absent = [key for key in ("state_dir", "network", "bundle_dir") if not given.get(key)]
    if absent:
        raise ProvisionerError(f"provisioner: {', '.join(absent)} missing; see the documentation of the role")
    network = params["network"]
    state_dir = str(params["state_dir"]).rstrip("/")
    processes = params.get("service_manager") == "processes"
    address, subnet = str(network.get("address") or ""), str(network.get("subnet") or "")
    try:
        inside = ipaddress.ip_address(address) in ipaddress.ip_network(subnet)
    except ValueError as error:
        raise ProvisionerError(f"provisioner.network: {error}; give its address and its subnet") from error
    if not inside:
        raise ProvisionerError(f"provisioner.network.address: {address} is outside of {subnet}")
    relayed = tuple(_relayed(index, item) for index, item in enumerate(network.get("relayed") or ()))
    interface = str(network.get("interface") or "") or find_interface(address)
    spec = ramdisk_spec(params)
    return Settings(
        cloud=str(params.get("cloud") or os.path.basename(state_dir)),
        state_dir=state_dir,
        interface=interface,
        address=address,
        subnet=subnet,
        relayed=relayed,
        bundle_dir=bundles[0],
        more_bundle_dirs=bundles[1:],
        machines=tuple(params.get("machines") or ()),
        http_port=int(params.get("http_port") or 8080),
        registry_port=int(params.get("registry_port") or 5000),
        # A namespace or container must not set the clock of the host around it.
        ntp_upstream=() if processes else tuple(map(str, params.get("ntp_upstream") or ())),
        service_user="root" if processes else "www-data",
        kernel_arguments=recipe("debian-13", spec).cmdline,
        ipv6=has_ipv6(interface),
        domain=str((params.get("dns") or {}).get("domain") or ""),
        names=dict(params.get("names") or {}),
        dns_servers=tuple(map(str, (params.get("dns") or {}).get("servers") or ())),
    )


def _relayed(index: int, item: Mapping[str, Any]) -> Relayed:
    """One subnet of another rack. Raises ProvisionerError."""
    where = f"provisioner.network.relayed[{index}]"
    try:
        subnet, gateway = ipaddress.IPv4Network(str(item["subnet"])), ipaddress.IPv4Address(str(item["gateway"]))
    except (KeyError, ValueError) as error:
        raise ProvisionerError(f"{where}: {error}; give its subnet and its gateway, which relays DHCP") from error
    if gateway not in subnet:
        raise ProvisionerError(f"{where}.gateway: {gateway} is outside of {subnet}")
    return Relayed(subnet, gateway)


def bundle_dirs(params: Mapping[str, Any]) -> tuple[str, ...]:
    """`bundle_dirs`, each once; without it `bundle_dir` alone. Raises ProvisionerError when the two disagree."""
    several = tuple(dict.fromkeys(str(path).rstrip("/") for path in params.get("bundle_dirs") or ()))
    current = str(params.get("bundle_dir") or "")
    if not several:
        return (current,) if current else ()
    if current and current.rstrip("/") != several[0]:
        raise ProvisionerError(
            f"provisioner.bundle_dirs begins with {several[0]}, but bundle_dir is {current}; "
            "put the current release first"
        )
    return several


def find_interface(address: str) -> str:
    """Name of the interface with that address. Raises ProvisionerError."""
    shown = subprocess.run(["ip", "-j", "-4", "addr", "show"], check=True, capture_output=True, text=True).stdout
    for link in json.loads(shown):
        if any(info.get("local") == address for info in link.get("addr_info", ())):
            return str(link["ifname"])
    raise ProvisionerError(f"provisioner.network.address: no interface of this host has {address}; configure it first")


def has_ipv6(interface: str) -> bool:
    """Whether IPv6 is enabled on that interface."""
    try:
        with open(f"/proc/sys/net/ipv6/conf/{interface}/disable_ipv6", encoding="ascii") as file:
            return file.read().strip() == "0"
    except FileNotFoundError:
        return False


def ramdisk_spec(params: Mapping[str, Any]) -> dict[str, Any]:
    """The build whose ramdisk and kernel machines are started with: of debian-13, or the default one, with further
    packages."""
    images = params.get("images") or {}
    spec = dict(images.get("debian-13") or {})
    spec = {} if spec.get("url") else spec
    own = list(spec.get("packages") or ())
    more = [name for name in params.get("ramdisk_packages") or () if name not in own]
    return {**spec, "packages": [*own, *more]} if more else spec
