# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sends pings to a machine while a link of its bond is pulled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def pull_peer(
    hostvars: Mapping[str, Mapping[str, Any]], machines: Iterable[str], host: str, bond: str
) -> dict[str, str]:
    """A peer in a network of the bond, and the machine's IPv4 address there: {peer, address}; empty if there is none.

    :param hostvars: of each machine, ``prove_config.networks`` and ``host_network_config.addresses`` are read; a peer
        has to have been proved in this run, so it is known to answer.
    :param machines: names of the machines of the inventory.
    """
    # Of two addresses in a network the first one counts, which is the one of `peers`.
    own = {item["network"]: item for item in reversed(_addresses(hostvars[host]))}
    others = [
        (name, {_plain(item) for item in _addresses(hostvars[name])})
        for name in machines
        if name != host and (hostvars[name].get("__prove_host") or {}).get("proofs")
    ]
    for network in (hostvars[host].get("prove_config") or {}).get("networks") or ():
        item = own.get(network["name"])
        if item is None or ":" in item["address"] or not _carries(bond, network["interface"], item):
            continue
        peers = set(network["peers"])
        found = next((name for name, addresses in others if peers & addresses), None)
        if found is not None:
            return {"peer": found, "address": _plain(item)}
    return {}


def _addresses(variables: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((variables.get("host_network_config") or {}).get("addresses") or ())


def _plain(item: Mapping[str, Any]) -> str:
    """The address without its prefix length."""
    return str(item["address"]).partition("/")[0]


def _carries(bond: str, interface: str, item: Mapping[str, Any]) -> bool:
    """Whether a network is on the bond: as its address says, else by the name of its interface."""
    return bond == (item.get("link") or interface.partition(".")[0])
