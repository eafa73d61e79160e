# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of a lab's controller in the networks of the model."""

from __future__ import annotations

import ipaddress
from typing import Any


def first(network: dict[str, Any]) -> dict[str, Any]:
    """A network, or a part of one, with its first subnet and the router of that: the controller has one IP version."""
    found, subnet, given = dict(network), network.get("subnet"), network.get("gateway")
    if isinstance(subnet, (list, tuple)):
        found["subnet"] = subnet = subnet[0]
    if isinstance(given, (list, tuple)) or (given and subnet):
        version = ipaddress.ip_network(str(subnet)).version
        routers = given if isinstance(given, (list, tuple)) else [given]
        found["gateway"] = next((one for one in routers if ipaddress.ip_address(str(one)).version == version), None)
    return found


def here(network: dict[str, Any] | None, rack: str | None) -> dict[str, Any]:
    """A network as a rack has it. The router's address of a part is not among it, since the lab's router has it."""
    found = first(network or {})
    racks = found.pop("racks", None)
    if racks and rack in racks:
        part = first(racks[rack])
        return {**found, "subnet": part["subnet"], **({"vlan": part["vlan"]} if part.get("vlan") else {})}
    return found


def provisioner_addresses(networks: dict[str, Any], given: dict[str, Any], rack: str | None) -> dict[str, str]:
    """The provisioner's address by network: the given one, else the subnet's first address that is not the gateway."""
    found = {}
    for name, whole in networks.items():
        network = here(whole, rack)
        if not network.get("subnet"):
            continue
        racks = (whole or {}).get("racks") or {}
        taken = {str(network.get("gateway")), *(str(first(part).get("gateway")) for part in racks.values())}
        subnet = ipaddress.ip_network(network["subnet"])
        lowest = next(host for host in subnet.hosts() if str(host) not in taken)
        found[name] = str(given.get(name, lowest))
    return found


def with_prefix(address: str, subnet: str) -> str:
    """The address with the subnet's prefix length: `10.10.0.1` in `10.10.0.0/24` is `10.10.0.1/24`."""
    return f"{address}/{ipaddress.ip_network(subnet).prefixlen}"
