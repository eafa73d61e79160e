# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of BFD, and of what MetalLB with FRR does not do: FRR has one AS number on a machine."""

from __future__ import annotations

from ..fabric.bgp import BFD_LONGEST
from .check_load_balancer import ROOT
from .checks import Report
from .enums import LoadBalancerProvider
from .load_balancer import is_on_link, speakers_of
from .load_balancing import Bfd, LoadBalancer, LoadBalancerPeer


def check_bfd(report: Report) -> None:
    """Check the sessions with BFD, and those beside them."""
    settings = report.cloud.network.load_balancer
    if settings is None or not settings.needs_frr or report.is_unreadable("network"):
        return
    for peer in settings.peers.values():
        if peer.bfd:
            _peer(report, settings, peer, peer.bfd)
    if settings.provider is LoadBalancerProvider.METALLB:
        _one_as(report, settings)


def _peer(report: Report, settings: LoadBalancer, peer: LoadBalancerPeer, bfd: Bfd) -> None:
    path = f"{ROOT}.peers.{peer.name}.bfd"
    if settings.provider is not LoadBalancerProvider.METALLB:
        message = f"is not read by {settings.provider}, whose CiliumBGPPeerConfig has no BFD"
        report.add(path, None, message, "remove it, and write a shorter hold_seconds")
        return
    if 0 < 1000 * peer.hold_seconds <= bfd.milliseconds:
        message = f"ends a session after {bfd.milliseconds} ms, no sooner than hold_seconds, {peer.hold_seconds}"
        report.add(path, None, message, "write a shorter interval, or remove it")
    if not report.is_unreadable("machines") and not is_on_link(report.layout, settings, peer):
        message = f"is for one hop, and {peer.address} is in no network of all machines that speak to it"
        report.add(path, None, message, "give an address of their network, or remove it")
    switch = report.cloud.switches.get(peer.switch or "")
    longest = BFD_LONGEST.get(str(switch.platform)) if switch else None
    if switch and longest and bfd.interval > longest:
        message = f"is more than {longest} ms, the longest of {switch.platform}, which {switch.name} is"
        report.add(f"{path}.interval", bfd.interval, message, f"write {longest} or less")


def _one_as(report: Report, settings: LoadBalancer) -> None:
    """FRR runs one BGP process on a machine (MetalLB refuses peers of one node with two values of myASN)."""
    first: dict[str, LoadBalancerPeer] = {}
    for peer in settings.peers.values():
        for machine in speakers_of(report.layout, settings, peer):
            other = first.setdefault(machine.name, peer)
            if other.own_as_number == peer.own_as_number:
                continue
            message = (
                f"is not {other.own_as_number}, that of {other.name}, and machines.{machine.name} speaks to both; "
                "with BFD it has one AS number"
            )
            report.add(f"{ROOT}.peers.{peer.name}.own_as_number", peer.own_as_number, message, "give both the same")
            break
