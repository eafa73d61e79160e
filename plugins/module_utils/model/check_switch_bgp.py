# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of BGP peers that are switches of the model: what their drivers would refuse is refused here."""

from __future__ import annotations

import typing as t

from ..cluster.bgp import PORT
from ..fabric.bgp import LONGEST, PASSWORD_REMEDY, REFUSED, is_writable
from .bgp import BgpPeer
from .bgp_table import neighbors, session_address
from .bgp_view import PREFIX, speaker_address
from .checks import Report
from .load_balancer import speakers_of
from .load_balancing import LoadBalancerPeer
from .problems import choose
from .values import is_template

PEERS, ROUTERS = "network.bgp.peers", "network.load_balancer.peers"
Peer = BgpPeer | LoadBalancerPeer


def check_switch_bgp(report: Report) -> None:
    """Check the peers that name a switch."""
    if report.is_unreadable("network") or report.is_unreadable("switches"):
        return
    numbers: dict[str, tuple[str, int]] = {}
    owners: dict[tuple[str, str], str] = {}
    for path, peer in _peers(report):
        if peer.switch is None:
            continue
        _switch(report, path, peer, peer.switch)
        first, number = numbers.setdefault(peer.switch, (path, peer.as_number))
        if number != peer.as_number:
            message = f"is not {number}, that of {first}, which is the same switch"
            report.add(f"{path}.as_number", peer.as_number, message, "give both the same, or remove one `switch`")
        for address in _addresses(report, path, peer):
            owner = owners.setdefault((peer.switch, address), path)
            if owner != path:
                message = f"has a session with {address}, as {owner} has; a switch has one with an address"
                report.add(f"{path}.switch", peer.switch, message, "keep one of the two, or remove one `switch`")
                break


def _peers(report: Report) -> t.Iterator[tuple[str, Peer]]:
    network = report.cloud.network
    for peer in network.bgp.peers.values() if network.bgp else ():
        yield f"{PEERS}.{peer.name}", peer
    for router in network.load_balancer.peers.values() if network.load_balancer else ():
        yield f"{ROUTERS}.{router.name}", router


def _switch(report: Report, path: str, peer: Peer, name: str) -> None:
    """The switch exists, and its platform has BGP."""
    switch = report.cloud.switches.get(name)
    if switch is None:
        report.add(f"{path}.switch", name, "is no switch", choose(name, report.cloud.switches))
        return
    why = REFUSED.get(str(switch.platform))
    if why:
        report.add(f"{path}.switch", name, f"is {switch.platform}: {why}", "remove it, and configure the peer by hand")
    longest = LONGEST if isinstance(peer, BgpPeer) else LONGEST - len(PREFIX)
    if len(peer.name) > longest:
        message = f"has more than {longest} characters, so that no group of the switch can be called so"
        report.add(path, None, message, "give the peer a shorter name")
    password = peer.password if isinstance(peer.password, str) and not is_template(peer.password) else None
    if password is not None and not is_writable(password):
        message = "has characters that the command line of a switch may misread"
        report.add(f"{path}.password", None, message, PASSWORD_REMEDY, hidden=True)
    if isinstance(peer, LoadBalancerPeer) and peer.port != PORT:
        report.add(f"{path}.port", peer.port, f"is not {PORT}, the port of BGP on switches", f"write {PORT}")


def _addresses(report: Report, path: str, peer: Peer) -> t.Iterator[str]:
    """The addresses of the machines that have a session with a peer."""
    layout, cluster = report.layout, report.layout.cluster
    if isinstance(peer, BgpPeer):
        for machine in neighbors(layout, peer) if cluster else ():
            if cluster and cluster.name in layout.addresses_of(machine.name):
                yield session_address(layout, machine)
        return
    settings = report.cloud.network.load_balancer
    for machine in speakers_of(layout, settings, peer) if settings else ():
        address = speaker_address(layout, machine.name, peer)
        if address:
            yield address
            continue
        message = f"is in no network of machines.{machine.name}, and a switch has neighbours in its own subnets only"
        report.add(f"{path}.address", str(peer.address), message, "give an address of that network, or remove `switch`")
        return
