# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoint's address on this host (ip-address(8))."""

from __future__ import annotations

import ipaddress
import json

from ..host.system import System
from ..kube.errors import KubeError


def interface(system: System, address: str) -> tuple[str, bool]:
    """(the interface in the address' network, whether the address is on it).

    :raises KubeError: if this host is not in the network of the address.
    """
    wanted = ipaddress.ip_address(address)
    links = json.loads(system.run(["ip", "-json", "address", "show"]))
    found = [(link["ifname"], item) for link in links for item in link.get("addr_info", ())]
    for name, item in found:
        if item["local"] == address:
            return str(name), True
    for name, item in found:
        network = ipaddress.ip_interface(f"{item['local']}/{item['prefixlen']}").network
        if wanted in network and not wanted.is_loopback:
            return str(name), False
    raise KubeError(
        f"kubernetes_config.endpoint.address: this host has no interface in the network of {address}; "
        "give it an address in that network"
    )


def add(system: System, name: str, address: str) -> None:
    """Give the interface the address."""
    system.run(["ip", "address", "replace", f"{address}/32", "dev", name])


def remove(system: System, name: str, address: str) -> None:
    """Take the address from the interface."""
    system.run(["ip", "address", "delete", f"{address}/32", "dev", name])
