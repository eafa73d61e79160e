# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of a lab's controller in the networks of the model."""

from __future__ import annotations

import ipaddress
from typing import Any


def provisioner_addresses(networks: dict[str, Any], given: dict[str, Any]) -> dict[str, str]:
    """The provisioner's address by network: the given one, else the subnet's first address that is not the gateway."""
    found = {}
    for name, network in networks.items():
        if not (network or {}).get("subnet"):
            continue
        subnet = ipaddress.ip_network(network["subnet"])
        hosts = subnet.hosts()
        first = next(host for host in hosts if str(host) != str(network.get("gateway")))
        found[name] = str(given.get(name, first))
    return found


def with_prefix(address: str, subnet: str) -> str:
    """The address with the subnet's prefix length: `10.10.0.1` in `10.10.0.0/24` is `10.10.0.1/24`."""
    return f"{address}/{ipaddress.ip_network(subnet).prefixlen}"
