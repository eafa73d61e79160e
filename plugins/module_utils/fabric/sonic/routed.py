# SPDX-License-Identifier: GPL-3.0-or-later
"""Routed ports in CONFIG_DB: their reading, their entries, and what is refused. Pure.

``INTERFACE|Ethernet4`` makes a port a router interface, with ``vrf_name`` where it is in a VRF, and
``INTERFACE|Ethernet4|10.50.0.2/31`` has an address (sonic-interface.yang). SONiC routes always.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config import NO_VLANS, FabricError, Port, SwitchConfig
from ..routed import address, ipv4_first, is_mine, taken
from .tables import Config, keys

TABLE = "INTERFACE"
#: Tables with addresses of interfaces.
_OWNERS = (TABLE, "PORTCHANNEL_INTERFACE", "VLAN_INTERFACE", "VLAN_SUB_INTERFACE", "LOOPBACK_INTERFACE")


def _entries(config: Config, key: str) -> dict[str, str]:
    """The addresses of a port in the notation of the model, and their keys."""
    pairs = (entry.split("|", 1) for entry in config.get(TABLE, {}) if "|" in entry)
    return {address(text): f"{name}|{text}" for name, text in pairs if name == key}


def read(config: Config, key: str, name: str, desired: SwitchConfig, mtu: int) -> Port | None:
    """A routed port of that name in the model; None where it carries VLANs, has no address, or is of others."""
    text, found = str(config["PORT"][key].get("description", "")), ipv4_first(_entries(config, key))
    if not found or not is_mine(desired, name, text) or keys(config, "VLAN_MEMBER", key):
        return None
    return Port(name, NO_VLANS, mtu, text, addresses=found)


def write(config: Config, key: str, port: Port) -> None:
    """The addresses of a routed port; others are removed."""
    present, table = _entries(config, key), config[TABLE]
    for text, entry in present.items():
        if text not in port.addresses:
            del table[entry]
    table.setdefault(key, {})
    for text in port.addresses:
        if text not in present:
            table[f"{key}|{text}"] = {}


def remove(config: Config, key: str) -> None:
    """A port that is routed no longer."""
    for entry in [entry for entry in config[TABLE] if entry.split("|")[0] == key]:
        del config[TABLE][entry]


def require(where: str, config: Config, desired: SwitchConfig, ports: Mapping[str, str]) -> None:
    """Refuse ports in a VRF, and addresses that another interface has.

    :param ports: the key of each port of the model.
    """
    routed = [port for port in desired.ports.values() if port.addresses]
    owners = _owners(config) if routed else {}
    for port in routed:
        place, key = f"{where}.ports.{port.name}", ports[port.name]
        vrf: Any = config.get(TABLE, {}).get(key, {}).get("vrf_name")
        if vrf:
            remedy = f"sudo config interface vrf unbind {key}"
            raise FabricError(place, f"it is in the VRF {vrf} and not in the default one", remedy)
        for fault in taken(place, port, key, owners):
            raise FabricError(*fault)


def _owners(config: Config) -> dict[str, str]:
    """The interface of each address."""
    pairs = [entry.split("|", 1) for table in _OWNERS for entry in config.get(table, {}) if "|" in entry]
    return {address(text).partition("/")[0]: name for name, text in pairs}
