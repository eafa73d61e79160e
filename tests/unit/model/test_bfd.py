# SPDX-License-Identifier: GPL-3.0-or-later
"""BFD of sessions with routers: MetalLB then runs with FRR, and what cannot work is refused."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import model

ROOT = "network.load_balancer"
POOLS = {f"{ROOT}.pools": {"internet": {"addresses": ["203.0.113.0/28"], "announce": "bgp"}}}
NEAR = {"address": "10.30.0.1", "as_number": 64512, "own_as_number": 64600}
FAR = {"address": "192.0.2.1", "as_number": 64513, "own_as_number": 64600}
BFD = {"bfd": {"interval": 100, "multiplier": 5}}


def cloud(**peers: dict[str, Any]) -> dict[str, Any]:
    return {**POOLS, f"{ROOT}.peers": peers}


def config(changes: dict[str, Any]) -> Any:
    return derive(load(model(changes))).hostvars["cluster"]["load_balancer_config"]


def test_with_bfd_metallb_runs_with_frr() -> None:
    found = config(cloud(near=NEAR | BFD))
    assert found["peers"][0]["bfd"] == BFD["bfd"] and "metallb-frr" in found["manifest"]
    needs = derive(load(model(cloud(near=NEAR | BFD)))).hostvars["cluster"]
    assert "load_balancer_config" in needs
    without = config(cloud(near=NEAR))
    assert "bfd" not in without["peers"][0] and "metallb-frr" not in without["manifest"]


def test_empty_timers_are_those_of_most_switches() -> None:
    assert config(cloud(near=NEAR | {"bfd": {}}))["peers"][0]["bfd"] == {"interval": 300, "multiplier": 3}


def test_frr_is_told_that_a_router_of_another_as_is_behind_others() -> None:
    inside = FAR | {"address": "192.0.2.2", "as_number": 64600}
    peers = {peer["name"]: peer for peer in config(cloud(near=NEAR | BFD, far=FAR, inside=inside))["peers"]}
    assert {name: peer.get("multihop") for name, peer in peers.items()} == {"near": None, "far": True, "inside": None}
    assert not any("multihop" in peer for peer in config(cloud(near=NEAR, far=FAR))["peers"]), (
        "MetalLB's own asks for nothing"
    )


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a router behind another": (
        cloud(far=FAR | BFD),
        (
            f"{ROOT}.peers.far.bfd: is for one hop, and 192.0.2.1 is in no network of all machines that speak to it; "
            "give an address of their network, or remove it"
        ),
    ),
    "no sooner than BGP itself": (
        cloud(near=NEAR | {"hold_seconds": 3, "bfd": {"interval": 1000}}),
        f"{ROOT}.peers.near.bfd: ends a session after 3000 ms, no sooner than hold_seconds, 3; write a shorter interval, or remove it",
    ),
    "two AS numbers of a machine": (
        cloud(near=NEAR | BFD, other=NEAR | {"address": "10.30.0.2", "own_as_number": 64601}),
        (
            f"{ROOT}.peers.other.own_as_number: 64601 is not 64600, that of near, and machines.node1 speaks to both; "
            "with BFD it has one AS number; give both the same"
        ),
    ),
    "Cilium": (
        {**cloud(near=NEAR | BFD), "network.provider": "cilium", f"{ROOT}.provider": "cilium"},
        f"{ROOT}.peers.near.bfd: is not read by cilium, whose CiliumBGPPeerConfig has no BFD; remove it, and write a shorter hold_seconds",
    ),
    "an interval out of range": (
        cloud(near=NEAR | {"bfd": {"interval": 10}}),
        f"{ROOT}.peers.near.bfd.interval: 10 is out of range for interval; give a whole number from 50 to 60000",
    ),
    "a multiplier out of range": (
        cloud(near=NEAR | {"bfd": {"multiplier": 2}}),
        f"{ROOT}.peers.near.bfd.multiplier: 2 is out of range for multiplier; give a whole number from 3 to 50",
    ),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_work_is_refused_with_the_way_out(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError) as error:
        load(model(changes))
    assert message in [str(problem) for problem in error.value.errors]


def test_two_as_numbers_are_taken_without_bfd_and_from_different_machines() -> None:
    other = NEAR | {"address": "10.30.0.2", "own_as_number": 64601}
    assert len(config(cloud(near=NEAR, other=other))["peers"]) == 2
    apart = cloud(near=NEAR | BFD | {"nodes": ["node1"]}, other=other | {"nodes": ["node2"]})
    assert len(config(apart)["peers"]) == 2
