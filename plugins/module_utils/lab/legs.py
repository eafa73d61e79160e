# SPDX-License-Identifier: GPL-3.0-or-later
"""The legs of the router between the racks of a twin; nothing here changes the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..network.mtu import ETHERNET
from .addresses import first, with_prefix
from .names import short

Tree = dict[str, Any]


@dataclass(frozen=True)
class Leg:
    """The router's interface in the part of a network that one rack has; `peer` is its end in the rack's namespace.

    `via`: the router's address by which the controller reaches this part, where it is in another one of the network.
    `relay_to`: the provisioner's address, where machines boot in this part and the provisioner is in another one.
    """

    interface: str
    peer: str
    mtu: int
    address: str
    via: str | None = None
    relay_to: str | None = None


def legs(twin: Tree) -> tuple[Leg, ...]:
    """The legs of the router of a twin, by network and rack."""
    own, found = twin["provisioner"].get("rack"), []
    for name, network in (twin.get("networks") or {}).items():
        racks = {rack: first(part) for rack, part in ((network or {}).get("racks") or {}).items()}
        server = twin["provisioner"]["addresses"].get(name)
        for rack, part in racks.items():
            away = rack != own and server is not None
            found.append(
                Leg(
                    interface=short(f"{name}-{rack}"),
                    peer=short(leg_port(name, rack)),
                    mtu=int(network.get("mtu", ETHERNET)),
                    address=with_prefix(str(part["gateway"]), part["subnet"]),
                    via=str(racks[own]["gateway"]) if away and own in racks else None,
                    relay_to=server if away and network.get("native") else None,
                )
            )
    return tuple(found)


def leg_port(network: str, rack: str) -> str:
    """Name of the switch port to which the router's leg in a rack is cabled."""
    return f"rtr-{network}-{rack}"
