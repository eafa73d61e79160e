# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces of a lab, its tap interfaces and the controller's cables.

The controller's addresses and the taps are in different namespaces: a user-space switch reads the taps in addition to
the kernel, and a kernel with addresses in that namespace would also answer ARP on the taps.
"""

from __future__ import annotations

import json
import os

from .plan import Rack
from .shell import inside, lost_namespaces, namespaces, run

OUT_OF_BAND = "oob0"
"""Interface at both ends of the cable between controller and BMCs. It bypasses the switches, so a BMC answers in any
state of the switches; a real rack has a management switch for this purpose."""
_CTL_END, _BMC_END, _LINK = "169.254.255.1", "169.254.255.2", 30
_SYSCTLS = {
    "rack": {
        "net/ipv6/conf/all/disable_ipv6": "1",
        "net/ipv6/conf/default/disable_ipv6": "1",
        "net/ipv4/ip_forward": "0",
    },
    "ctl": {"net/ipv4/ip_forward": "0", "net/ipv4/conf/all/arp_ignore": "1", "net/ipv4/conf/all/arp_announce": "2"},
    "bmc": {"net/ipv4/ip_forward": "0"},
    "router": {"net/ipv4/ip_forward": "1"},
}


def links(namespace: str) -> dict[str, int]:
    """The interfaces of a namespace with their MTU in bytes."""
    return {item["ifname"]: item["mtu"] for item in json.loads(run(["ip", "-n", namespace, "-json", "link", "show"]))}


def missing_network(rack: Rack) -> list[str]:
    """Namespaces, taps and cables that don't exist."""
    there = namespaces()
    lacking = [name for name in rack.places.namespaces if name not in there]
    if lacking:
        return lacking
    places = rack.places
    in_rack, in_ctl, in_bmc = (links(name) for name in (places.rack, places.ctl, places.bmc))
    taps = [nic.tap for machine in rack.machines for nic in machine.nics]
    lacking = [name for name in taps if name not in in_rack]
    lacking += [cable.interface for cable in rack.cables if cable.interface not in in_ctl or cable.peer not in in_rack]
    return lacking + [OUT_OF_BAND for end in (in_ctl, in_bmc) if OUT_OF_BAND not in end]


def raise_network(rack: Rack) -> None:
    """Create the missing namespaces, taps and cables."""
    places, there = rack.places, namespaces()
    for name in lost_namespaces(places.namespaces):
        run(["ip", "netns", "delete", name])
    for role, name in zip(_SYSCTLS, places.namespaces, strict=True):
        if name not in there:
            run(["ip", "netns", "add", name])
            run(["ip", "-n", name, "link", "set", "lo", "up"])
            _sysctls(name, _SYSCTLS[role])
    present = links(places.rack)
    taps = [nic.tap for machine in rack.machines for nic in machine.nics if nic.tap not in present]
    batch(places.rack, [f"tuntap add dev {name} mode tap" for name in taps])
    batch(places.rack, [f"link set dev {name} mtu {rack.mtu} up" for name in taps])
    _cables(rack)
    _out_of_band(rack)


def _cables(rack: Rack) -> None:
    places, in_ctl, in_rack = rack.places, links(rack.places.ctl), links(rack.places.rack)
    for cable in rack.cables:
        if cable.interface in in_ctl and cable.peer in in_rack:
            continue
        run(["ip", "link", "add", cable.interface, "mtu", str(cable.mtu), "netns", places.ctl, "type", "veth",
             "peer", "name", cable.peer, "mtu", str(rack.mtu), "netns", places.rack])  # fmt: skip
        # A switch in user space does not complete checksums that the kernel leaves to the hardware.
        run(inside(places.ctl, "ethtool", "-K", cable.interface, "tx", "off"))
        run(inside(places.rack, "ethtool", "-K", cable.peer, "tx", "off"))
        addresses = [f"addr add {address} dev {cable.interface}" for address in cable.addresses]
        batch(places.ctl, [*addresses, f"link set dev {cable.interface} up"])
        run(["ip", "-n", places.rack, "link", "set", cable.peer, "up"])


def _out_of_band(rack: Rack) -> None:
    places = rack.places
    if OUT_OF_BAND not in links(places.ctl) or OUT_OF_BAND not in links(places.bmc):
        run(["ip", "link", "add", OUT_OF_BAND, "netns", places.ctl, "type", "veth",
             "peer", "name", OUT_OF_BAND, "netns", places.bmc])  # fmt: skip
    addresses = [bmc.address for bmc in rack.bmcs]
    up = f"link set dev {OUT_OF_BAND} up"
    batch(places.bmc, [f"addr replace {_BMC_END}/{_LINK} dev {OUT_OF_BAND}", up])
    batch(places.bmc, [f"addr replace {address}/32 dev {OUT_OF_BAND}" for address in addresses])
    batch(places.ctl, [f"addr replace {_CTL_END}/{_LINK} dev {OUT_OF_BAND}", up])
    batch(places.ctl, [f"route replace {address}/32 via {_BMC_END} src {_CTL_END}" for address in addresses])


def batch(namespace: str, lines: list[str]) -> None:
    """Run lines of `ip -batch` in a namespace."""
    if lines:
        run(["ip", "-n", namespace, "-batch", "-"], text="\n".join(lines) + "\n")


def _sysctls(namespace: str, values: dict[str, str]) -> None:
    for key, value in values.items():
        if os.path.exists(f"/proc/sys/{key}"):
            run(inside(namespace, "sh", "-c", 'echo "$1" > "/proc/sys/$0"', key, value))
