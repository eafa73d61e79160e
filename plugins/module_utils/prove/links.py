# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of a machine's own network: its bonds, and its peers at the exact size on every network."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..links.lacp import foreign_partners
from ..network import bonding, ping
from ..network.bonding import NO_PARTNER, Bond
from ..report.proofs import Proof, ProofError, Reach, Reached, UntriedError, prove

TRIES = 2
#: what the driver of bonds calls its modes in /proc/net/bonding (Linux 6.12, drivers/net/bonding/bond_main.c)
MODES = {
    "active-backup": "fault-tolerance (active-backup)",
    "balance-xor": "load balancing (xor)",
    "balance-tlb": "transmit load balancing",
    "balance-alb": "adaptive load balancing",
}


def bond_evidence(state: Bond, expected: int) -> str:
    """Evidence that all `expected` members of a bond negotiated LACP; :class:`ProofError` names the fault."""
    if "802.3ad" not in state.mode:
        raise ProofError(f"its mode is {state.mode or 'unknown'}, not 802.3ad")
    attached = [m.name for m in state.members if m.up and m.aggregator == state.aggregator]
    no_partner = state.partner in ("", NO_PARTNER)
    evidence = (
        f"{len(attached)} of {expected} members in aggregator {state.aggregator}, partner {state.partner or 'none'}"
    )
    foreign = foreign_partners(state)
    if no_partner or foreign or len(attached) != expected:
        members = ", ".join(f"{m.name} {m.aggregator}" for m in state.members)
        raise ProofError("; ".join([evidence, f"members: {members}", *foreign]))
    return evidence


def standby_evidence(state: Bond, expected: int, mode: str = "active-backup") -> str:
    """Evidence for a bond without LACP: every member has a link, so each could take over."""
    if MODES[mode] not in state.mode:
        raise ProofError(f"its mode is {state.mode or 'unknown'}, not {mode}")
    up = [member.name for member in state.members if member.up]
    evidence = f"{len(up)} of {expected} members have a link: {', '.join(up) or 'none'}"
    if len(up) != expected:
        raise ProofError(evidence)
    return evidence


def bond(host: str, name: str, members: int, mode: str = "802.3ad") -> Proof:
    """A bond as this machine sees it: LACP's state, or the members' links where the model sets a mode without LACP."""

    def attempt() -> str:
        path = Path("/proc/net/bonding") / name
        if not path.exists():
            raise ProofError(f"there is no bond {name}")
        state = bonding.parse(path.read_text())
        return bond_evidence(state, members) if mode == "802.3ad" else standby_evidence(state, members, mode)

    claim = "LACP is negotiated on every member" if mode == "802.3ad" else "there is a link on every member"
    return prove(f"{host}: {claim} of {name}", "network", attempt)


def network(host: str, item: dict[str, Any]) -> Proof:
    """Prove that every peer of one network answers at exactly the network's MTU, unfragmented, and at no byte more.

    :param item: ``name``, ``interface``, ``mtu`` in bytes and ``peers``, a list of addresses.
    """

    def attempt() -> Reached:
        peers, mtu = item["peers"], item["mtu"]
        if not peers:
            raise UntriedError("no other host is in this network")
        here, address = _way(item["interface"], peers[0])
        if here != mtu:
            raise ProofError(f"{item['interface']} sends up to {here} bytes, the network has {mtu}")
        lost = silent(peers, item["interface"], mtu)
        answered = tuple(peer for peer in peers if peer not in lost)
        reach = Reach(item["name"], address, mtu, answered, tuple(lost))
        if lost:
            raise ProofError(f"no answer at {mtu} bytes from {', '.join(lost)}", reach)
        more = mtu + 1
        through = sorted(ping.by_program(peers, interface=item["interface"], mtu=more))
        reach = replace(reach, larger=tuple(through))
        if through:
            raise ProofError(f"{more} bytes pass to {', '.join(through)}, the network has {mtu}", reach)
        return Reached(f"{len(peers)} peers answer at {mtu} bytes, and none at {more}: {', '.join(peers)}", reach)

    return prove(f"{host}: {item['name']} carries its exact MTU to its peers", "network", attempt)


def silent(peers: list[str], interface: str, mtu: int) -> list[str]:
    """Those of the peers that answer in none of TRIES rounds.

    A busy machine may lose the first one: its neighbours have to be resolved before, and the kernel gives that up after
    three seconds (arp(7)).
    """
    lost = list(peers)
    for _round in range(TRIES):
        if lost:
            answering = ping.by_program(lost, interface=interface, mtu=mtu, count=2, seconds=3)
            lost = [peer for peer in lost if peer not in answering]
    return lost


def _way(interface: str, peer: str) -> tuple[int, str]:
    """The MTU towards a peer, and the own address of packets to it.

    A bond has the MTU of its largest VLAN, and a route may set a smaller one.
    """
    link = int(Path(f"/sys/class/net/{interface}/mtu").read_text())
    done = subprocess.run(["ip", "-j", "route", "get", peer], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ProofError(f"there is no route to {peer}: {done.stderr.strip()}")
    routes = json.loads(done.stdout)
    metrics = [metric for route in routes for metric in route.get("metrics", [])]
    mtu = min([link, *(int(metric["mtu"]) for metric in metrics if "mtu" in metric)])
    return mtu, next((str(route["prefsrc"]) for route in routes if "prefsrc" in route), "")
