# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom resources that configure Calico: pools of addresses, BGP, its peers, and what is exchanged with them.

They are of the API group in which Calico stores them, since its own API server is not installed. Values that this API
server would fill in are written out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from ..objects.manifests import Definition, of_objects
from ..objects.protected import HOLDS_DATA
from .load_balancer_input import unknown
from .pod_ranges import Ranges
from .upstream import ClusterLayerError

API = "crd.projectcalico.org/v1"
NAMESPACE = "kube-system"
#: Calico gives a node addresses of a pool by blocks of this prefix length.
BLOCK = 26
BLOCK_BITS = 32 - BLOCK
ALL = "all()"
POD_POOL, POD_POOL_SIX = "default-ipv4-ippool", "default-ipv6-ippool"
SECRET = "groundup-bgp-passwords"
#: The label of a node's rack.
ZONE = "topology.kubernetes.io/zone"
Body = dict[str, Any]
Peer = Mapping[str, Any]


def of(role: str, params: Mapping[str, Any], pods: Ranges, passwords: Mapping[str, str]) -> list[Definition]:
    """The definitions of all custom resources that the role's input means, and the Secret of passwords.

    :param pods: the subnets of pods.
    :param passwords: those of peers, by their names.
    :raises ClusterLayerError: values contradict each other.
    """
    overlay = params["encapsulation"] == "vxlan"
    where = f"{role}_config.bgp"
    bodies = [_pod_pool(one, overlay=overlay, nat=bool(params["nat"])) for one in pods.all]
    bgp = params["bgp"]
    if overlay and (set_ := [key for key in ("services", "load_balancers", "peers") if bgp.get(key)]):
        raise ClusterLayerError(
            f"{where}.{set_[0]}: with VXLAN there is no BGP; remove it, or write encapsulation: none"
        )
    if not overlay:
        bodies += _bgp(where, bgp, passwords)
    names = [str(peer["name"]) for peer in bgp.get("peers") or []]
    if wrong := list(unknown(f"{role}_passwords", passwords, names)):
        raise ClusterLayerError("\n".join(wrong))
    return of_objects(bodies, where)


def _custom(kind: str, name: str, spec: Body) -> Body:
    """A custom resource that is configuration: what is lost with it is in the role's input."""
    metadata = {"name": name, "annotations": {HOLDS_DATA: "false"}}
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": spec}


def _pod_pool(pods: ipaddress.IPv4Network | ipaddress.IPv6Network, *, overlay: bool, nat: bool) -> Body:
    return _custom(
        "IPPool",
        POD_POOL if pods.version == 4 else POD_POOL_SIX,
        {
            "cidr": str(pods),
            "blockSize": pods.max_prefixlen - BLOCK_BITS,
            "ipipMode": "Never",
            "vxlanMode": "Always" if overlay else "Never",
            "natOutgoing": nat,
            "nodeSelector": ALL,
            "allowedUses": ["Workload", "Tunnel"],
            "assignmentMode": "Automatic",
        },
    )


def _service_pool(subnet: str) -> Body:
    """Addresses that Calico gives to services of type LoadBalancer. A pool's subnet is for life, so it is its name."""
    network = ipaddress.ip_network(subnet)
    name = f"load-balancers-{str(network).translate(str.maketrans('./:', '---'))}"
    return _custom(
        "IPPool",
        name,
        {
            "cidr": subnet,
            "blockSize": max(BLOCK, network.prefixlen),
            "ipipMode": "Never",
            "vxlanMode": "Never",
            "natOutgoing": False,
            "nodeSelector": ALL,
            "allowedUses": ["LoadBalancer"],
            "assignmentMode": "Automatic",
        },
    )


def _bgp(where: str, bgp: Mapping[str, Any], passwords: Mapping[str, str]) -> list[Body]:
    peers: Sequence[Peer] = bgp.get("peers") or []
    ranges = [str(subnet) for subnet in bgp.get("load_balancers") or []]
    own, mesh = int(bgp["as_number"]), bool(bgp["mesh"])
    names = [str(peer["name"]) for peer in peers]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ClusterLayerError(f"{where}.peers: {', '.join(twice)} is there twice; give each peer a name of its own")
    if not mesh and not peers:
        raise ClusterLayerError(f"{where}: without mesh and without peers no node learns routes; write mesh: true")
    configuration: Body = {"asNumber": own, "nodeToNodeMeshEnabled": mesh, "logSeverityScreen": "Info"}
    services = [{"cidr": str(subnet)} for subnet in bgp.get("services") or []]
    configuration |= {"serviceClusterIPs": services} if services else {}
    configuration |= {"serviceLoadBalancerIPs": [{"cidr": subnet} for subnet in ranges]} if ranges else {}
    return [
        _custom("BGPConfiguration", "default", configuration),
        *(_service_pool(subnet) for subnet in ranges),
        *(found for peer in peers if (found := _filter(peer))),
        *(_peer(peer, own, password=peer["name"] in passwords) for peer in peers),
        *_passwords(passwords),
    ]


def _filter(peer: Peer) -> Body | None:
    """The filter of a peer's routes; none where all routes are exchanged."""
    sides = {"importV4": peer.get("accept") or [], "exportV4": peer.get("announce") or []}
    spec = {
        side: [
            *({"action": "Accept", "matchOperator": "In", "cidr": str(subnet)} for subnet in subnets),
            {"action": "Reject"},
        ]
        for side, subnets in sides.items()
        if subnets
    }
    return _custom("BGPFilter", str(peer["name"]), spec) if spec else None


def _peer(peer: Peer, own: int, *, password: bool) -> Body:
    name, zones = str(peer["name"]), [str(zone) for zone in peer.get("zones") or []]
    remote = int(peer["as_number"])
    spec: Body = {
        "peerIP": str(peer["address"]),
        "asNumber": remote,
        "nodeSelector": f"{ZONE} in {{{', '.join(repr(zone) for zone in zones)}}}" if zones else ALL,
    }
    if remote != own:
        # Routes of other nodes come back by a router of another AS with the nodes' own AS in their path.
        spec["numAllowedLocalASNumbers"] = 1
    if peer.get("keep_next_hop"):
        spec["nextHopMode"] = "Keep"
    if _filter(peer):
        spec["filters"] = [name]
    if password:
        spec["password"] = {"secretKeyRef": {"name": SECRET, "key": name}}
    return _custom("BGPPeer", name, spec)


def _passwords(passwords: Mapping[str, str]) -> list[Body]:
    """The Secret of passwords, and the right of Calico's daemon to read this one."""
    if not passwords:
        return []
    metadata = {"name": SECRET, "namespace": NAMESPACE}
    group = "rbac.authorization.k8s.io"
    rule = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": [SECRET]}
    account = {"kind": "ServiceAccount", "name": "calico-node", "namespace": NAMESPACE}
    return [
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "stringData": dict(passwords)},
        {
            "apiVersion": f"{group}/v1",
            "kind": "Role",
            "metadata": metadata,
            "rules": [{**rule, "verbs": ["get", "list", "watch"]}],
        },
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "Role", "name": SECRET},
            "subjects": [account],
        },
    ]
