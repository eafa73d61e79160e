# SPDX-License-Identifier: GPL-3.0-or-later
"""Routed ports: a port with addresses instead of VLANs, at the other end of which one host has the other address.

The subnets are those of links with two ends: /31 of IPv4 (RFC 3021) and /127 of IPv6 (RFC 6164). A driver makes the
port and its addresses; that the switch routes (``ip routing``) is there already, as with BGP (:mod:`.bgp`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any

from .descriptions import machine_in

if TYPE_CHECKING:
    from .config import Port, SwitchConfig

#: The mode of such a port.
MODE = "routed"
#: Length of the prefix of a link with two ends, by IP version.
PREFIX = {4: 31, 6: 127}
#: Why a platform has no routed ports.
REFUSED = {
    "openvswitch": "Open vSwitch forwards frames and does not route",
}
#: What people can do instead.
REMEDY = "configure the port by hand on an unmanaged switch, or use a network with a VLAN"

Fault = tuple[str, str, str]


def faults(where: str, item: dict[str, Any]) -> Iterator[Fault]:
    """What is wrong with the keys of a port in the input of the role: place, reason and remedy.

    :param where: the port, such as ``leaf1.ports.Ethernet5``.
    """
    addresses = item.get("addresses") or []
    if item["mode"] != MODE:
        if addresses:
            yield f"{where}.addresses", f"are for mode: {MODE}", f"write mode: {MODE}, or remove them"
        return
    for key in ("native", "vlans", "edge"):
        if item.get(key):
            yield f"{where}.{key}", "is nothing that a routed port has", "remove it"
    if not addresses:
        yield f"{where}.addresses", "is empty", "give the address of the switch, such as 10.50.0.2/31"
    versions: set[int] = set()
    for text in addresses:
        try:
            own = ip_interface(text)
        except ValueError as error:
            yield f"{where}.addresses", str(error), "write 10.50.0.2/31"
            continue
        if own.network.prefixlen != PREFIX[own.version]:
            yield f"{where}.addresses", f"{text} is no /{PREFIX[own.version]}", "give a link of two ends, 10.50.0.2/31"
        if own.version in versions:
            yield f"{where}.addresses", f"has two of IPv{own.version}", "keep one of them"
        versions.add(own.version)


def normal(addresses: list[str]) -> tuple[str, ...]:
    """Addresses as drivers compare them: that of IPv4 first."""
    return tuple(str(one) for one in sorted(map(ip_interface, addresses), key=lambda one: one.version))


def address(text: str) -> str:
    """An address of a switch in the notation of the model; other words, such as ``dhcp``, as they are."""
    try:
        return str(ip_interface(text))
    except ValueError:
        return text


def ipv4_first(addresses: Iterable[str]) -> tuple[str, ...]:
    """Addresses of a port of a switch as drivers compare them, words among them."""
    return tuple(sorted(addresses, key=lambda text: ":" in text))


def taken(place: str, port: Port, own: str, owners: Mapping[str, str]) -> Iterator[Fault]:
    """Addresses of a port that another interface has.

    :param own: the switch's name of the port.
    :param owners: the interface of each address, which has no prefix.
    """
    for text in port.addresses:
        alone = text.partition("/")[0]
        if owners.get(alone, own) != own:
            yield place, f"{alone} is the address of {owners[alone]}", "remove it there, or change the pool"


def is_known(desired: SwitchConfig, name: str, description: str) -> bool:
    """Whether the port of that name is described on the switch as the machine that has it in the model."""
    port = desired.ports.get(name)
    end = port or next((lag for lag in desired.lags.values() if name in lag.members), None)
    return is_same(description, end.description if end else "")


def is_mine(desired: SwitchConfig, name: str, description: str) -> bool:
    """Whether a routed port of a switch is one of the model: it shall be one, or a run has made it."""
    port = desired.ports.get(name)
    return (port is not None and bool(port.addresses)) or is_known(desired, name, description)


def is_same(have: str, want: str) -> bool:
    """Whether a port is described as one of the machine that has it in the model: a run configured it then.

    A routed port that others made, such as one to a spine, has another description.
    """
    machine = machine_in(have)
    return bool(machine) and "." in have and machine == machine_in(want)
