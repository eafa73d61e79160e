# SPDX-License-Identifier: GPL-3.0-or-later
"""Routed ports of NX-OS: their reading, their commands, and what is refused. Pure.

Commands as the collection cisco.nxos (``nxos_l3_interfaces``, ``nxos_interfaces`` with ``mode: layer3``) gives them:
``no switchport``, ``ip address A/31``, ``ipv6 address A/127``, and each with ``no`` before it. A routed port takes any
MTU up to that of the system, unlike a switchport.
"""

from __future__ import annotations

from ..config import NO_VLANS, FabricError, Port, SwitchConfig
from ..routed import address, ipv4_first, is_known, taken
from .names import port_name
from .running import Interface, Running

_BEFORE = ("ip address ", "ipv6 address ")


def addresses(interface: Interface) -> tuple[str, ...]:
    """The addresses of an interface: ``10.50.0.2/31``, and what follows such as ``secondary``; that of IPv4 first."""
    found = [line.split(maxsplit=2)[2] for line in interface.lines if line.startswith(_BEFORE)]
    return ipv4_first(map(address, found))  # with a word behind it, or `dhcp`, as it is


def port(name: str, interface: Interface) -> Port:
    """A routed port."""
    size = int(interface.value("mtu") or 1500)
    return Port(name, NO_VLANS, size, interface.value("description") or "", addresses=addresses(interface))


def removed(have: object, want: Port | None = None) -> list[str]:
    """Commands that take away the addresses which a port has no longer."""
    kept = want.addresses if want else ()
    return [f"no {_line(text)}" for text in (have.addresses if isinstance(have, Port) else ()) if text not in kept]


def added(have: object, want: Port) -> list[str]:
    """Commands for the addresses that a port does not have yet."""
    present = have.addresses if isinstance(have, Port) else ()
    return [_line(text) for text in want.addresses if text not in present]


def _line(text: str) -> str:
    return f"{'ipv6' if ':' in text else 'ip'} address {text}"


def require(where: str, desired: SwitchConfig, running: Running) -> None:
    """Refuse ports in a VRF, addresses that another interface has, and ports of others that are routed already."""
    owners = {text.partition("/")[0]: one.name for one in running.interfaces.values() for text in addresses(one)}
    for name in sorted(desired.all_ports):
        interface, place = running.interfaces[port_name(name) or name], f"{where}.ports.{name}"
        wanted = desired.ports.get(name)
        vrf = interface.value("vrf member")
        if vrf and wanted and wanted.addresses:
            remedy = f"enter no vrf member on {interface.name}"
            raise FabricError(place, f"it is in the VRF {vrf} and not in the default one", remedy)
        for fault in taken(place, wanted, interface.name, owners) if wanted else ():
            raise FabricError(*fault)
        known = not vrf and is_known(desired, name, interface.value("description") or "")
        if interface.used_by_routing and not (wanted and wanted.addresses) and not known:
            why = "it is a routed port with an address or a VRF"
            raise FabricError(place, why, "remove those from the port, or correct the model")
