# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses for services of type LoadBalancer by Cilium: pools, announcements on layer 2, and sessions of BGP.

Cilium announces what it gave to a service, whatever pool that is from, in each way that is configured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..objects.manifests import Definition, of_objects
from ..objects.protected import HOLDS_DATA
from . import address_ranges, bgp
from .bgp import HOLD_SECONDS, PORT
from .cilium_settings import ROLE
from .load_balancer_input import Params, items, wrong_names, wrong_peers, wrong_pools
from .upstream import refuse

#: Where agents may read Secrets (the chart's bgpControlPlane.secretsNamespace).
NAMESPACE = "cilium-secrets"
#: The label by which a service names a pool that is given only when asked for.
POOL_LABEL = "groundup.cloud/pool"
#: The label of announcements, by which sessions choose them.
ADVERTISED = {"groundup.cloud/advertise": "services"}
HOSTNAME = "kubernetes.io/hostname"
Body = dict[str, Any]


def of(params: Params, passwords: Mapping[str, str]) -> list[Definition]:
    """The definitions of pools, announcements, sessions and their passwords.

    :param passwords: those of routers, by the name of the peer.
    :raises ClusterLayerError: with everything that is wrong.
    """
    peers = items(params, "peers")
    refuse([*_wrong(params), *wrong_peers(ROLE, params, passwords, no_ipv6="this role does not support")])
    objects = [
        *(_pool(pool) for pool in items(params, "pools")),
        *(_layer2(one) for one in items(params, "layer2")),
        *(bgp.secret(name, text, NAMESPACE) for name, text in sorted(passwords.items())),
        *(_peer(peer, password=peer["name"] in passwords) for peer in peers),
        *_sessions(peers),
        *([_advertisement()] if peers else []),
    ]
    return of_objects(objects, f"{ROLE}_config")


def _wrong(params: Params) -> Iterator[str]:
    pools = items(params, "pools")
    announced = [key for key in ("layer2", "peers") if items(params, key)]
    yield from wrong_pools(ROLE, params, required=False)
    yield from wrong_names(ROLE, params, "layer2")
    for pool in pools:
        for text in pool.get("addresses") or []:
            if ":" in str(text):
                yield f"{ROLE}_config.pools: {pool['name']}: {text} is IPv6; give IPv4 addresses"
    if pools and not announced:
        yield f"{ROLE}_config.pools: nothing announces them; give layer2, or peers to which they are announced by BGP"
    if announced and not pools:
        yield f"{ROLE}_config.{announced[0]}: there are no pools, so nothing is announced; give pools, or remove it"
    for peer in items(params, "peers"):
        if not int(peer.get("hold_seconds", HOLD_SECONDS)):
            yield f"{ROLE}_config.peers: {peer['name']}: Cilium has no session without hold_seconds; give at least 3"


def _object(version: str, kind: str, name: str, spec: Mapping[str, Any], **metadata: Any) -> Body:
    # What is lost with it is in the role's input; what users have made is judged by `cilium_guard`.
    annotations = {HOLDS_DATA: "false"}
    return {
        "apiVersion": f"cilium.io/{version}",
        "kind": kind,
        "metadata": {"name": name, "annotations": annotations, **metadata},
        "spec": {key: value for key, value in spec.items() if value not in (None, [], {})},
    }


def _pool(pool: Params) -> Body:
    spec = {
        "blocks": [_block(str(text)) for text in pool["addresses"]],
        "serviceSelector": {} if pool.get("auto", True) else {"matchLabels": {POOL_LABEL: pool["name"]}},
    }
    return _object("v2", "CiliumLoadBalancerIPPool", pool["name"], spec)


def _block(text: str) -> Body:
    found = address_ranges.parse(text)
    return {"cidr": text} if "/" in text else {"start": str(found.first), "stop": str(found.last)}


def _nodes(names: Iterable[str] | None) -> Body:
    """The selector of nodes with these names; none selects all nodes."""
    found = sorted(names or [])
    return {"matchExpressions": [{"key": HOSTNAME, "operator": "In", "values": found}]} if found else {}


def _layer2(one: Params) -> Body:
    spec = {
        "loadBalancerIPs": True,
        "nodeSelector": _nodes(one.get("nodes")),
        "interfaces": [f"^{_literal(name)}$" for name in sorted(one.get("interfaces") or [])],
    }
    return _object("v2alpha1", "CiliumL2AnnouncementPolicy", one["name"], spec)


def _literal(name: str) -> str:
    """The name of an interface as a regular expression that matches nothing else."""
    return name.replace(".", "[.]")


def _peer(peer: Params, *, password: bool) -> Body:
    hold = int(peer.get("hold_seconds", HOLD_SECONDS))
    spec = {
        "transport": {"peerPort": int(peer.get("port") or PORT)},
        "timers": {"holdTimeSeconds": hold, "keepAliveTimeSeconds": max(1, hold // 3)},
        "authSecretRef": bgp.secret_name(peer["name"]) if password else None,
        "families": [{"afi": "ipv4", "safi": "unicast", "advertisements": {"matchLabels": ADVERTISED}}],
    }
    return _object("v2", "CiliumBGPPeerConfig", peer["name"], spec)


def _sessions(peers: Iterable[Params]) -> Iterator[Body]:
    """A configuration for each set of nodes that have the same routers, since a node takes only one.

    A router of all nodes is one of each of these sets, and of a last one of all other nodes.
    """
    everywhere = [peer for peer in peers if not peer.get("nodes")]
    of_node: dict[str, list[Params]] = {}
    for peer in peers:
        for node in peer.get("nodes") or []:
            of_node.setdefault(node, []).append(peer)
    groups: dict[tuple[str, ...], list[str]] = {}
    for node, own in sorted(of_node.items()):
        groups.setdefault(tuple(sorted(peer["name"] for peer in (*own, *everywhere))), []).append(node)
    by_name = {peer["name"]: peer for peer in peers}
    for number, (names, nodes) in enumerate(sorted(groups.items()), start=1):
        yield _session(f"nodes-{number}", _nodes(nodes), [by_name[name] for name in names])
    if everywhere:
        others = {"matchExpressions": [{"key": HOSTNAME, "operator": "NotIn", "values": sorted(of_node)}]}
        yield _session("nodes", others if of_node else {}, everywhere)


def _session(name: str, nodes: Body, peers: Iterable[Params]) -> Body:
    """The sessions of some nodes: an instance for each AS number that the nodes have towards routers."""
    instances: dict[int, list[Body]] = {}
    for peer in peers:
        one = {
            "name": peer["name"],
            "peerASN": int(peer["as_number"]),
            "peerAddress": str(peer["address"]),
            "peerConfigRef": {"name": peer["name"]},
        }
        instances.setdefault(int(peer["own_as_number"]), []).append(one)
    listed = [{"name": f"as-{own}", "localASN": own, "peers": found} for own, found in sorted(instances.items())]
    return _object("v2", "CiliumBGPClusterConfig", name, {"nodeSelector": nodes, "bgpInstances": listed})


def _advertisement() -> Body:
    # Services without a selector are not announced, so it is one that all services match.
    every = {"matchExpressions": [{"key": POOL_LABEL, "operator": "NotIn", "values": ["none"]}]}
    services = {"advertisementType": "Service", "service": {"addresses": ["LoadBalancerIP"]}, "selector": every}
    spec = {"advertisements": [services]}
    return _object("v2", "CiliumBGPAdvertisement", "services", spec, labels=dict(ADVERTISED))
