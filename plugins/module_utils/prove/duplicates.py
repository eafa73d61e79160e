# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof that no other machine has an address of this one, on each of its networks."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..network import arp
from ..report.proofs import Proof, ProofError, UntriedError, prove


def duplicates(host: str, interfaces: Iterable[str]) -> Proof:
    """Probe for the machine's own IPv4 addresses; of IPv6 ones the kernel's own detection counts.

    :param interfaces: those of its networks.
    """

    def attempt() -> str:
        own = {path.read_text().strip() for path in Path("/sys/class/net").glob("*/address")}
        found, tried = list[str](), list[str]()
        for interface in dict.fromkeys(interfaces):
            link = _link(interface)
            for address in own_addresses(link):
                tried.append(f"{address} on {interface}")
                macs = arp.others(interface, link["address"], address, own)
                found += [f"{address} on {interface} is that of {', '.join(sorted(macs))} too"] if macs else []
            found += failed(link)
        return evidence(found, tried)

    return prove(f"{host}: nobody else has its addresses", "network", attempt)


def evidence(found: list[str], tried: list[str]) -> str:
    """Judge: :class:`ProofError` names each address that others have."""
    if found:
        raise ProofError("; ".join(found))
    if not tried:
        raise UntriedError("its networks have no IPv4 address")
    return f"no answer to {arp.PROBES} probes for {', '.join(tried)}"


def own_addresses(link: dict[str, Any]) -> list[str]:
    """The IPv4 addresses of a link (``ip -j address``) that are this machine's alone.

    One with the full prefix length is a service's, which may move: the address of the Kubernetes API, for example.
    """
    return [
        str(item["local"])
        for item in link.get("addr_info", [])
        if item["family"] == "inet" and item.get("scope") == "global" and int(item["prefixlen"]) < 32
    ]


def failed(link: dict[str, Any]) -> list[str]:
    """IPv6 addresses that the kernel does not use, since another machine has them (RFC 4862, section 5.4)."""
    return [
        f"{item['local']} on {link['ifname']} is that of another machine too: the kernel found out, and does not use it"
        for item in link.get("addr_info", [])
        if item["family"] == "inet6" and item.get("dadfailed")
    ]


def _link(interface: str) -> dict[str, Any]:
    command = ["ip", "-j", "address", "show", "dev", interface]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ProofError(f"{interface}: {done.stderr.strip()}")
    links: list[dict[str, Any]] = [link for link in json.loads(done.stdout) if link.get("ifname")]
    return links[0]
