# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of a machine's own network: its bond, and its peers at the exact size on every network."""

from __future__ import annotations

import ipaddress
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..report.proofs import Proof, ProofError, UntriedError, prove

#: IP header and ICMP header around the payload of an echo request, by version (RFC 791, RFC 792; RFC 8200, RFC 4443).
OVERHEAD = {4: 20 + 8, 6: 40 + 8}


@dataclass(frozen=True)
class Member:
    """One member of a bond, as ``/proc/net/bonding`` has it.

    :ivar aggregator: which aggregator it joined; members of one working bond are all in the active one.
    """

    name: str
    up: bool
    aggregator: str
    partner: str


@dataclass(frozen=True)
class BondState:
    """A bond as the kernel sees it (Linux Documentation/networking/bonding.rst)."""

    mode: str
    active: str
    partner: str
    members: tuple[Member, ...]


def parse_bonding(text: str) -> BondState:
    """Read ``/proc/net/bonding/<bond>``."""
    head, *blocks = text.split("\nSlave Interface: ")
    top = _fields(head)
    members = []
    for block in blocks:
        name, _, rest = block.partition("\n")
        said = _fields(rest)
        partner = _fields(rest.partition("details partner lacp pdu:")[2]).get("system mac address", "")
        members.append(Member(name, said.get("MII Status") == "up", said.get("Aggregator ID", ""), partner))
    return BondState(
        top.get("Bonding Mode", ""), top.get("Aggregator ID", ""), top.get("Partner Mac Address", ""), tuple(members)
    )


def _fields(text: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in text.splitlines())
    found: dict[str, str] = {}
    for key, _, value in pairs:
        found.setdefault(key.strip(), value.strip())
    return found


def bond_evidence(state: BondState, expected: int) -> str:
    """What is right about a bond of `expected` members; :class:`ProofError` names what isn't."""
    if "802.3ad" not in state.mode:
        raise ProofError(f"its mode is {state.mode or 'unknown'}, not 802.3ad")
    attached = [m.name for m in state.members if m.up and m.aggregator == state.active]
    silent = state.partner in ("", "00:00:00:00:00:00")
    told = f"{len(attached)} of {expected} members in aggregator {state.active}, partner {state.partner or 'none'}"
    if silent or len(attached) != expected:
        raise ProofError(f"{told}; members: {', '.join(f'{m.name} {m.aggregator}' for m in state.members)}")
    return told


def standby_evidence(state: BondState, expected: int) -> str:
    """What is right about a bond without LACP: every member has a link, so each could take over."""
    if "active-backup" not in state.mode:
        raise ProofError(f"its mode is {state.mode or 'unknown'}, not active-backup")
    up = [member.name for member in state.members if member.up]
    told = f"{len(up)} of {expected} members have a link: {', '.join(up) or 'none'}"
    if len(up) != expected:
        raise ProofError(told)
    return told


def bond(host: str, name: str, members: int, mode: str = "802.3ad") -> Proof:
    """A bond as this machine sees it: LACP's state, or links where the model has it do without LACP."""

    def attempt() -> str:
        path = Path("/proc/net/bonding") / name
        if not path.exists():
            raise ProofError(f"there is no bond {name}")
        state = parse_bonding(path.read_text())
        return bond_evidence(state, members) if mode == "802.3ad" else standby_evidence(state, members)

    claim = "LACP is negotiated on every member" if mode == "802.3ad" else "there is a link on every member"
    return prove(f"{host}: {claim} of {name}", "network", attempt)


def network(host: str, item: dict[str, Any]) -> Proof:
    """Every peer of one network answers at exactly the network's MTU, unfragmented.

    :param item: ``name``, ``interface``, ``mtu`` in bytes and ``peers``, a list of addresses.
    """

    def attempt() -> str:
        if not item["peers"]:
            raise UntriedError("nobody else is in this network")
        here = _mtu(item["interface"], item["peers"][0])
        if here != item["mtu"]:
            raise ProofError(f"{item['interface']} sends up to {here} bytes, the network has {item['mtu']}")
        with ThreadPoolExecutor(len(item["peers"])) as pool:
            answers = dict(zip(item["peers"], pool.map(lambda peer: _answers(peer, item), item["peers"]), strict=True))
        lost = [peer for peer, good in answers.items() if not good]
        if lost:
            raise ProofError(f"no answer at {item['mtu']} bytes from {', '.join(lost)}")
        return f"{len(answers)} peers answer at {item['mtu']} bytes: {', '.join(answers)}"

    return prove(f"{host}: {item['name']} carries its exact MTU to its peers", "network", attempt)


def _mtu(interface: str, peer: str) -> int:
    """What goes to a peer in one piece: a bond is as wide as its widest VLAN, its own network may be narrower."""
    link = int(Path(f"/sys/class/net/{interface}/mtu").read_text())
    done = subprocess.run(["ip", "-j", "route", "get", peer], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ProofError(f"there is no route to {peer}: {done.stderr.strip()}")
    metrics = [metric for route in json.loads(done.stdout) for metric in route.get("metrics", [])]
    return min([link, *(int(metric["mtu"]) for metric in metrics if "mtu" in metric)])


def _answers(peer: str, item: dict[str, Any]) -> bool:
    size = str(item["mtu"] - OVERHEAD[ipaddress.ip_address(peer).version])
    command = ["ping", "-n", "-q", "-c", "2", "-W", "3", "-M", "do", "-s", size, "-I", item["interface"], peer]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
