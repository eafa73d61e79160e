# SPDX-License-Identifier: GPL-3.0-or-later
"""Routed ports of NVUE: their reading, their paths, and what is refused. Pure.

``interface/NAME/ip/address/ADDRESS`` ("NVUE API", samples of the user guide) and no ``bridge``; the VRF is
``interface/NAME/ip/vrf``. Cumulus Linux routes always. A port with addresses that no run made is not read as a routed
one, so that its addresses stay.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..config import NO_VLANS, FabricError, Port, SwitchConfig
from ..routed import address, ipv4_first, is_mine, taken
from .names import Tree, interface


def raw(item: Tree) -> list[str]:
    """The addresses of an interface as the switch writes them."""
    return sorted(((item.get("ip") or {}).get("address")) or {})


def read(name: str, item: Tree, desired: SwitchConfig, mtu: int) -> Port | None:
    """A routed port of that name in the model; None where it is in a bridge, has no address, or is of others."""
    text, found = str(item.get("description") or ""), ipv4_first(map(address, raw(item)))
    if not found or not is_mine(desired, name, text) or (item.get("bridge") or {}).get("domain"):
        return None
    return Port(name, NO_VLANS, mtu, text, addresses=found)


def changes(item: Tree, have: object, want: Port | None) -> tuple[list[str], list[str]]:
    """The addresses to unset, as the switch writes them, and those to set; of a port that was and is none, nothing."""
    wanted = want.addresses if want else ()
    if not wanted and not (isinstance(have, Port) and have.addresses):
        return [], []
    present = raw(item)
    kept = {address(text) for text in present} & set(wanted)
    return [text for text in present if address(text) not in wanted], [one for one in wanted if one not in kept]


def require(where: str, interfaces: Mapping[str, Tree], desired: SwitchConfig) -> None:
    """Refuse ports in a VRF, and addresses that another interface has."""
    owners = {address(text).partition("/")[0]: name for name, item in interfaces.items() for text in raw(item)}
    for port in desired.ports.values():
        place, real = f"{where}.ports.{port.name}", interface(where, port.name)
        vrf = ((interfaces.get(real) or {}).get("ip") or {}).get("vrf", "default")
        if port.addresses and vrf != "default":
            why = f"it is in the VRF {vrf} and not in the default one"
            raise FabricError(place, why, f"unset interface {real} ip vrf")
        for fault in taken(place, port, real, owners):
            raise FabricError(*fault)
