# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The custom resources of MetalLB that the input of the role load_balancer means: pools, peers and announcements.

What MetalLB would refuse is refused here, so that it is known before anything is applied, and also where the API server
can't reach MetalLB's webhook.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ..objects.manifests import Definition, of_objects
from ..objects.protected import HOLDS_DATA
from ..objects.stages import OVERRIDE, Stage
from . import address_ranges, bgp
from .address_ranges import AddressRange
from .bgp import HOLD_SECONDS, PORT
from .load_balancer_input import Params, items, unknown, wrong_names, wrong_peers, wrong_pools
from .upstream import refuse

ROLE = "load_balancer"
NAMESPACE = "metallb-system"
#: The key of an input by which peers are changed before the workloads; see `load_balancer_layer`.
PEERS_FIRST = "peers_first"


def definitions(params: Params, passwords: Mapping[str, str] = MappingProxyType({})) -> list[Definition]:
    """The definitions of all pools, peers and announcements.

    :param passwords: those of routers, by the name of the peer.
    :raises ClusterLayerError: with everything that is wrong.
    """
    wrong = [
        *wrong_pools(ROLE, params, required=True),
        *_wrong_announcements(params),
        *wrong_peers(ROLE, params, passwords, no_ipv6="this role does not support"),
    ]
    refuse(wrong)
    objects = [
        *(_pool(pool) for pool in items(params, "pools")),
        *(_layer2(one) for one in items(params, "layer2")),
        *(bgp.secret(name, text, NAMESPACE) for name, text in sorted(passwords.items())),
        *(_bfd(peer) for peer in items(params, "peers") if peer.get("bfd")),
        *(_peer(peer, peer["name"] in passwords, bool(params.get(PEERS_FIRST))) for peer in items(params, "peers")),
        *(_bgp(one) for one in items(params, "bgp")),
    ]
    return of_objects(objects, f"{ROLE}_config")


def ranges(params: Params) -> dict[str, list[AddressRange]]:
    """The addresses of each pool, by its name."""
    return {
        pool["name"]: [address_ranges.parse(str(text)) for text in pool["addresses"]] for pool in items(params, "pools")
    }


def _wrong_announcements(params: Params) -> Iterator[str]:
    pools = {str(pool["name"]): pool for pool in items(params, "pools")}
    peers = {str(peer["name"]) for peer in items(params, "peers")}
    announced: set[str] = set()
    for key in ("layer2", "bgp"):
        yield from wrong_names(ROLE, params, key)
        for item in items(params, key):
            announced |= set(item["pools"])
            where = f"{ROLE}_config.{key}: {item['name']}"
            if not item["pools"]:
                yield f"{where}: names no pool; name those that are announced"
            yield from unknown(f"{where}: pools", item["pools"], pools)
            if key == "bgp":
                yield from unknown(f"{where}: peers", item.get("peers") or [], peers)
                yield from _not_by_bgp(where, [pools[name] for name in item["pools"] if name in pools])
    if items(params, "bgp") and not peers:
        yield f"{ROLE}_config.peers: there is none, so that nothing is announced by BGP; name the routers"
    for name in pools:
        if name not in announced:
            yield f"{ROLE}_config.pools: nothing announces {name}; name it in the pools of an item of layer2 or bgp"


def _not_by_bgp(where: str, pools: Iterable[Params]) -> Iterator[str]:
    for pool in pools:
        for text in pool.get("addresses") or []:
            if ":" in str(text):
                yield (
                    f"{where}: {text} of the pool {pool['name']} is IPv6, which this role does not announce by BGP; "
                    "announce it by layer2, or give IPv4 addresses"
                )


def _object(version: str, kind: str, name: str, spec: Mapping[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"metallb.io/{version}",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE, **metadata},
        "spec": {key: value for key, value in spec.items() if value not in (None, [], {})},
    }


def _pool(pool: Params) -> dict[str, Any]:
    # What is lost with a pool is judged by `load_balancer_guard`, so the engine need not keep it from being removed.
    spec = {"addresses": list(map(str, pool["addresses"])), "autoAssign": bool(pool.get("auto", True))}
    return _object("v1beta1", "IPAddressPool", pool["name"], spec, annotations={HOLDS_DATA: "false"})


def _nodes(names: Iterable[str] | None) -> list[dict[str, Any]]:
    """The selector of nodes with these names; none selects all nodes."""
    found = sorted(names or [])
    return (
        [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": found}]}] if found else []
    )


def _layer2(one: Params) -> dict[str, Any]:
    spec = {
        "ipAddressPools": sorted(one["pools"]),
        "nodeSelectors": _nodes(one.get("nodes")),
        "interfaces": sorted(one.get("interfaces") or []),
    }
    return _object("v1beta1", "L2Advertisement", one["name"], spec)


def _bgp(one: Params) -> dict[str, Any]:
    spec = {
        "ipAddressPools": sorted(one["pools"]),
        "peers": sorted(one.get("peers") or []),
        "nodeSelectors": _nodes(one.get("nodes")),
    }
    return _object("v1beta1", "BGPAdvertisement", one["name"], spec)


def _bfd(peer: Params) -> dict[str, Any]:
    """BFD of a peer, whose name it has. Echo packets are off, which is the default."""
    timers = dict.fromkeys(("receiveInterval", "transmitInterval"), int(peer["bfd"]["interval"]))
    spec = {"detectMultiplier": int(peer["bfd"]["multiplier"]), **timers}
    return _object("v1beta1", "BFDProfile", peer["name"], spec)


def _peer(peer: Params, password: bool, first: bool) -> dict[str, Any]:
    spec = {
        "myASN": int(peer["own_as_number"]),
        "peerASN": int(peer["as_number"]),
        "peerAddress": str(peer["address"]),
        "peerPort": int(peer.get("port") or PORT),
        "holdTime": f"{int(peer.get('hold_seconds', HOLD_SECONDS))}s",
        "bfdProfile": peer["name"] if peer.get("bfd") else None,
        "ebgpMultiHop": True if peer.get("multihop") else None,
        "nodeSelectors": _nodes(peer.get("nodes")),
        "passwordSecret": {"name": bgp.secret_name(peer["name"]), "namespace": NAMESPACE} if password else None,
    }
    early = {"annotations": {OVERRIDE: Stage.CONFIGURATION.name.lower()}} if first else {}
    return _object("v1beta2", "BGPPeer", peer["name"], spec, **early)
