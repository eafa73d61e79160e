# SPDX-License-Identifier: GPL-3.0-or-later
"""The router between the racks of a twin whose networks have a subnet for each rack.

It is a namespace with one leg in each part of such a network: the kernel forwards packets, and dnsmasq relays DHCP to
the provisioner. The real routers are not configured by this collection, so this one is a double of theirs.
"""

from __future__ import annotations

import ipaddress
import os

from .legs import Leg
from .names import Places
from .network import batch, links
from .plan import Rack
from .shell import command_lines, daemon, inside, run


def missing_router(rack: Rack) -> list[str]:
    """Legs that don't exist, and relays that don't run."""
    if not rack.legs:
        return []
    there, behind = links(rack.places.router), links(rack.places.rack)
    lacking = [leg.interface for leg in rack.legs if leg.interface not in there or leg.peer not in behind]
    return lacking + [f"DHCP relay {leg.interface}" for leg in _relayed(rack) if not _relay(rack.places, leg)]


def raise_router(rack: Rack) -> None:
    """Create the missing legs, the controller's routes by them, and start the missing relays."""
    places, there = rack.places, links(rack.places.router)
    for leg in rack.legs:
        if leg.interface not in there:
            run(["ip", "link", "add", leg.interface, "mtu", str(leg.mtu), "netns", places.router, "type", "veth",
                 "peer", "name", leg.peer, "mtu", str(rack.mtu), "netns", places.rack])  # fmt: skip
            # A switch in user space does not complete checksums that the kernel leaves to the hardware.
            run(inside(places.router, "ethtool", "-K", leg.interface, "tx", "off"))
            run(inside(places.rack, "ethtool", "-K", leg.peer, "tx", "off"))
            batch(places.router, [f"addr add {leg.address} dev {leg.interface}", f"link set dev {leg.interface} up"])
            run(["ip", "-n", places.rack, "link", "set", leg.peer, "up"])
    batch(places.ctl, [f"route replace {_subnet(leg)} via {leg.via}" for leg in rack.legs if leg.via])
    for leg in _relayed(rack):
        if not _relay(places, leg):
            log = f"{places.lab}/log/relay-{leg.interface}.log"
            daemon(inside(places.router, *_command(leg)), log)


def _subnet(leg: Leg) -> str:
    return str(ipaddress.ip_interface(leg.address).network)


def _relayed(rack: Rack) -> list[Leg]:
    return [leg for leg in rack.legs if leg.relay_to]


def _command(leg: Leg) -> list[str]:
    own = str(ipaddress.ip_interface(leg.address).ip)
    return ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--log-facility=-", "--user=root",
            "--pid-file", f"--dhcp-relay={own},{leg.relay_to}"]  # fmt: skip


def _relay(places: Places, leg: Leg) -> bool:
    """Whether the relay of a leg runs."""
    wanted = _command(leg)[-1]
    running = command_lines(places.router).values()
    return any(os.path.basename(words[0]) == "dnsmasq" and wanted in words for words in running)
