# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a changed network is proved: links as wanted, LACP with one partner, peers that answer full-size pings."""

from __future__ import annotations

from typing import Any

from ..host.read import read_text
from ..host.state import HostError
from ..host.system import System
from ..network import bonding, ping
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from . import change, lacp, live
from .live import Live, name_of
from .parts import Address, NetworkSpec
from .script import STATE
from .spec import parse


def faults(spec: NetworkSpec, system: System) -> list[str]:
    """Everything that is wrong with the new network now; peers are pinged only if links and LACP are without fault."""
    kernel = live.read(system, six=spec.six, tables=spec.tables)
    found = [f"{d.link}: {d.what} is {d.have}, wanted {d.want}" for d in live.differences(spec, kernel)]
    found += remains(spec, kernel, change.former_addresses(system))
    for bond in spec.bonds:
        if bond.mode == "802.3ad":
            state = bonding.parse(read_text(system, f"/proc/net/bonding/{bond.name}"))
            found += [f"{bond.name}: {fault}" for fault in lacp.problems(state)]
    return found or silent_networks(spec, kernel)


def remains(spec: NetworkSpec, kernel: Live, former: set[str]) -> list[str]:
    """Addresses of the previous configuration that the links still have: the host goes on to switch.

    networkctl(1) returns before systemd-networkd has removed them, and a connection to one of them ends soon.
    """
    names = [name_of(link, kernel) for link in spec.links]
    names += [vlan.name for vlan in spec.vlans] + [bridge.name for bridge in spec.bridges]
    return [
        f"{name}: the address {address} of the previous configuration is still there"
        for name in dict.fromkeys(names)
        for address in sorted(live.addresses_of(kernel, name) & former)
    ]


def silent_networks(spec: NetworkSpec, kernel: Live) -> list[str]:
    """Networks in which no peer answers a ping of the network's exact MTU out of the network's device."""
    found = []
    for item in spec.addresses:
        peers, device = pingable(spec, item), device_of(spec, item, kernel)
        if peers and not ping.by_socket(peers, item.mtu, device):
            named = ", ".join(peers[:4]) + (" …" if len(peers) > 4 else "")
            found.append(f"{item.network} ({device}): none of {named} answers a ping of {item.mtu} bytes")
    return found


def device_of(spec: NetworkSpec, item: Address, kernel: Live) -> str:
    """The kernel's name of the device that has an address."""
    untagged = [name_of(link, kernel) for link in spec.links if link.name == item.device]
    return untagged[0] if untagged else item.device


def pingable(spec: NetworkSpec, item: Address) -> list[str]:
    """Peers of the network of an address that can be pinged from it: those of its IP version."""
    return [peer for peer in spec.peers.get(item.network, ()) if (":" in peer) == (item.version == 6)]


def prove(params: dict[str, Any], identifier: str, *, patience: float, system: System | None = None) -> dict[str, Any]:
    """Wait until the new network is without fault; otherwise roll the change back and raise HostError.

    The change stays armed: the script confirms it, over a connection that the controller opens after this proof. One
    that is confirmed already, where the answer was lost, is proved.
    ``patience``: seconds to wait for links, LACP and peers. Returns {proved: bool, confirm_seconds, unproven:
    [network]}; ``unproven`` are networks without a peer that could be pinged, so it is unknown whether they work.
    """
    system, spec, deadline = system or System(), parse(params), Deadline(patience)
    reasons: list[str] = []

    def probe() -> Missing | None:
        nonlocal reasons
        if change.confirmed(system) == identifier:
            return None
        if change.pending(system) != identifier:
            why = "by the timer" if system.path(f"{STATE}/reverted").exists() else "by another run"
            raise HostError("; ".join([f"the change was rolled back {why} before it was confirmed", *reasons]))
        switched = system.path(f"{change.CHANGE}/switched").exists()
        reasons = faults(spec, system) if switched else ["the switch has not happened yet"]
        return Missing.each(reasons) if reasons else None

    try:
        wait(probe, deadline, pause=1, what="links, LACP and peers")
    except TimedOut as error:
        change.revert_now(system)
        raise HostError(
            f"the new network does not work, so the host restores its previous configuration: {error}"
        ) from error
    unproven = list(dict.fromkeys(item.network for item in spec.addresses if not pingable(spec, item)))
    return {"proved": True, "unproven": unproven, "confirm_seconds": round(deadline.spent(), 3)}
