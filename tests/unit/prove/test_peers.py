# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sends pings while a link is pulled."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove.peers import pull_peer


def machine(number: int, *, proved: bool = True, interface: str = "bond0.30", **more: Any) -> dict[str, Any]:
    peers = [f"10.30.0.2{other}" for other in (1, 2, 3) if other != number]
    address = {"network": "cluster", "interface": interface, "address": f"10.30.0.2{number}/24", **more}
    return {
        "__prove_host": {"proofs": [{"name": "a"}] if proved else []},
        "prove_config": {"networks": [{"name": "cluster", "interface": interface, "mtu": 9000, "peers": peers}]},
        "host_network_config": {"addresses": [address]},
    }


NAMES = ["node1", "node2", "node3"]


@pytest.mark.parametrize(
    ("machines", "bond", "found"),
    [
        ([machine(1), machine(2), machine(3)], "bond0", {"peer": "node2", "address": "10.30.0.21"}),
        ([machine(1), machine(2, proved=False), machine(3)], "bond0", {"peer": "node3", "address": "10.30.0.21"}),
        ([machine(1), {}, {}], "bond0", {}),
        ([machine(1), machine(2), machine(3)], "bond1", {}),
        ([machine(1, interface="bond0"), machine(2), {}], "bond0", {"peer": "node2", "address": "10.30.0.21"}),
        (
            [machine(1, interface="br30", link="bond1"), machine(2), {}],
            "bond1",
            {"peer": "node2", "address": "10.30.0.21"},
        ),
        ([machine(1, address="fd30::21/64"), machine(2), {}], "bond0", {}),
    ],
    ids=["the next one", "one that answers", "nobody answers", "another bond", "untagged", "a bridge", "IPv6 alone"],
)
def test_the_peer_of_a_bond(machines: list[dict[str, Any]], bond: str, found: dict[str, str]) -> None:
    hostvars = dict(zip(NAMES, machines, strict=True))
    assert pull_peer(hostvars, NAMES, "node1", bond) == found
