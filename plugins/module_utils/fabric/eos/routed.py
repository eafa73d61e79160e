# SPDX-License-Identifier: GPL-3.0-or-later
"""What a routed port of EOS needs to be there already. Pure.

Lines of such a port as arista.avd (eos_cli_config_gen, ``interface Ethernet…``) writes them: ``no switchport``, ``ip
address A/31``, ``ipv6 address A/127``, ``mtu``.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_interface
from typing import Any

from ..config import FabricError, SwitchConfig
from ..routed import taken
from .bgp import body
from .parse import ADDRESSES, value

#: The line by which the switch routes packets, by IP version.
ROUTING = {4: "ip routing", 6: "ipv6 unicast-routing"}


def require(where: str, tree: Mapping[str, Any], desired: SwitchConfig, on_switch: Mapping[str, str]) -> None:
    """Refuse routed ports where the switch does not route, where one is in a VRF, and addresses that another has.

    :param tree: the ``cmds`` of ``show running-config``.
    :param on_switch: EOS' name of each port.
    """
    routed = [port for port in desired.ports.values() if port.addresses]
    owners = _owners(tree) if routed else {}
    for port in routed:
        place, real = f"{where}.ports.{port.name}", on_switch[port.name]
        for line in sorted({ROUTING[ip_interface(text).version] for text in port.addresses}):
            if line not in tree:
                raise FabricError(place, f"the switch does not route ({line} is not set)", f"enter {line}")
        vrf = value(body(tree, f"interface {real}"), "vrf")
        if vrf:
            remedy = f"enter no vrf on {real}, or configure the port by hand"
            raise FabricError(
                place, f"it is in the VRF {vrf}, and routed ports of the model are in the default one", remedy
            )
        for fault in taken(place, port, real, owners):
            raise FabricError(*fault)


def _owners(tree: Mapping[str, Any]) -> dict[str, str]:
    """The interface of each address."""
    found: dict[str, str] = {}
    for header in tree:
        if header.startswith("interface "):
            for line in body(tree, header):
                if line.startswith(ADDRESSES):
                    found[line.split()[2].partition("/")[0]] = header.removeprefix("interface ")
    return found
