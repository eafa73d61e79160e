# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of a model from which the cases of the pre-flight are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .base import REMOVED

Changes = dict[str, Any]
#: rule -> models to which it applies, with the beginning of the message; models to which it almost does
Cases = dict[str, tuple[list[tuple[Changes, str]], list[Changes]]]
WISH = ["policy_vms"]
JOIN = "overlaps the subnet between nodes and pods of Kube-OVN"
NIC = {"nic0": {"mac": "52:54:00:00:01:00", "port": "leaf1/Ethernet1"}}
NIC2 = {"nic0": {"mac": "52:54:00:00:02:00", "port": "leaf1/Ethernet2"}}


def network(provider: str, **keys: Any) -> dict[str, Any]:
    return {"network": {"provider": provider, **keys}}


def vms(provider: str, **keys: Any) -> dict[str, Any]:
    return network(provider, require=WISH, **keys)


#: Virtual machines of this collection, the storage that they share, and machines on which they are emulated.
VMS: dict[str, Any] = {"virtualization.enabled": True}
BLOCKS: dict[str, Any] = {
    "storage": {"provider": "rook_ceph", "few_machines": True},
    "machines.node2.roles": ["compute", "storage"],
}
EMULATED: dict[str, Any] = {"images": {"debian-13": {"source": "build", "profile": "emulated"}}}
HOSTED = {"lab": {"control_plane": "hosted"}, "machines.node1.roles": ["compute"]}
#: The network of the cluster in two racks, with a machine in each; and in one.
RACKS: dict[str, Any] = {
    "networks.cluster": {
        "vlan": 30,
        "racks": {
            "r1": {"subnet": "10.30.0.0/24", "gateway": "10.30.0.1"},
            "r2": {"subnet": "10.31.0.0/24", "gateway": "10.31.0.1"},
        },
    },
    "machines.node2.location": {"rack": "r2", "unit": 1},
}
ONE_RACK: dict[str, Any] = {"networks.cluster": {"vlan": 30, "racks": {"r1": {"subnet": "10.30.0.0/24"}}}}
NO_ROUTER = {"networks.management.gateway": REMOVED}
BGP: dict[str, Any] = {
    "pools": {"internet": {"addresses": ["203.0.113.0/28"], "announce": "bgp"}},
    "peers": {"edge": {"address": "10.20.0.1", "as_number": 64512, "own_as_number": 64600}},
}


def balanced(
    provider: str, wanted: dict[str, Any] | None = None, addresses: Sequence[str] = ("10.20.0.200/29",), **keys: Any
) -> dict[str, Any]:
    layer2 = {"pools": {"office": {"addresses": list(addresses)}}}
    return network(provider, load_balancer=wanted or layer2, **keys)


def announced(provider: str = "cilium", **pools: Any) -> dict[str, Any]:
    """Addresses of services that Cilium gives, by default on layer 2."""
    wanted = {name: {"addresses": ["10.20.0.200/29"], **pool} for name, pool in (pools or {"office": {}}).items()}
    return network(provider, load_balancer={"provider": "cilium", "pools": wanted})


def to_tor(**keys: Any) -> dict[str, Any]:
    """MetalLB with the router of TOR."""
    return {**BGP, "peers": {"edge": {**BGP["peers"]["edge"], "address": "10.30.0.201", **keys}}}


def of_rack(rack: str) -> dict[str, Any]:
    """Calico with the router of TOR, in one rack only."""
    return {"peers": {"tor1": {**TOR["peers"]["tor1"], "racks": [rack]}}}


OFFERED = {"attachments": {"a": {"network": "cluster"}}}
TOR = {"peers": {"tor1": {"address": "10.30.0.201", "as_number": 64601}}}
TO_TOR = to_tor()
MANY = {
    f"machines.many{number}": {
        "interfaces": {"provision": "ens3", "cluster": "ens4"},
        "networks": ["cluster"],
        "address": f"10.10.0.{20 + number}",
    }
    for number in range(3, 102)
}
