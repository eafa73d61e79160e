# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Further subnets of Kube-OVN, as its objects: parts of the overlay, and VLANs of the machines (its underlay).

What is known of Kube-OVN 1.16 (github.com/kubeovn/kube-ovn), and decides how VLANs are brought in:

- A ProviderNetwork makes its interface a port of the bridge `br-NAME`, and moves the interface's addresses and routes
  to that bridge (pkg/daemon/ovs_linux.go, transferAddrsAndRoutes). So its interface here is that of the VLAN, as
  `bond0.101`, which has neither, and the bond with the host's own VLANs is in no bridge and stays as it is.
- That interface adds and takes off the tag itself, so the id of each Vlan object is 0 (docs: start/underlay).
- The controller writes whole specs of subnets and networks, with what it works out (pkg/controller/subnet.go,
  formatSubnet; vpc.go, formatVpc). So values are given here as it would give them. Of those that are false or empty,
  what it always writes is given too, or the field would be its own, and what it leaves out is not (pkg/apis/kubeovn/v1,
  omitempty).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from ..objects.manifests import Definition, of_objects
from ..objects.protected import HOLDS_DATA
from . import address_ranges
from .upstream import refuse

ROLE = "network_kube_ovn"
VERSION = "kubeovn.io/v1"
PROVIDER_NETWORK, VLAN, SUBNET, VPC = "ProviderNetwork", "Vlan", "Subnet", "Vpc"
#: The Vpc of all nodes, and the subnets that Kube-OVN makes itself.
DEFAULT_VPC = "ovn-cluster"
OWN_SUBNETS = ("join", "ovn-default")
#: Namespaces of the cluster itself.
OWN_NAMESPACES = ("kube-node-lease", "kube-public", "kube-system")
#: Those that each cluster has, which are not made.
ALWAYS = ("default", *OWN_NAMESPACES)
#: What the controller writes into each route.
_NO_MORE = {"ecmpMode": "", "bfdId": "", "routeTable": ""}
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
Params = Mapping[str, Any]


def definitions(params: Params) -> list[Definition]:
    """The objects that the keys ``subnets`` and ``vpcs`` of the role's input mean.

    :raises ClusterLayerError: with everything that is wrong.
    """
    subnets, vpcs = list(params.get("subnets") or []), list(params.get("vpcs") or [])
    refuse([*_wrong(subnets), *_wrong_vpcs(vpcs, subnets)])
    spaces = sorted({space for one in subnets for space in one.get("namespaces") or ()} - {*ALWAYS})
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}} for space in spaces
    ]
    objects += [_object(VPC, str(one["name"]), _vpc(one, subnets)) for one in vpcs]
    objects += [made for one in subnets for made in _objects(one)]
    return of_objects(objects, f"{ROLE}_config.subnets")


def _wrong(subnets: Sequence[Params]) -> Iterator[str]:
    networks: dict[int, ipaddress.IPv4Network] = {}
    for index, one in enumerate(subnets):
        where, name = f"{ROLE}_config.subnets[{index}]", str(one["name"])
        if not _NAME.fullmatch(name) or name in OWN_SUBNETS:
            own = "is a subnet that Kube-OVN makes itself" if name in OWN_SUBNETS else "is no name of an object"
            yield f"{where}.name: {name} {own}; take other lowercase letters, digits and dashes, up to 63"
        try:
            networks[index] = network = ipaddress.IPv4Network(str(one["subnet"]))
        except ValueError as error:
            yield f"{where}.subnet: {one['subnet']} is no subnet of IPv4 ({error})"
            continue
        yield from _addresses(where, one, network)
        yield from _apart(where, one)
        if one.get("vlan") is not None:
            yield from _vlan(where, one)
        elif one.get("interfaces") or one.get("attachment"):
            yield f"{where}: interfaces and attachment are for a subnet with a vlan; give it, or leave them out"
    for key in ("name", "vlan"):
        given = [one[key] for one in subnets if one.get(key) is not None]
        yield from (f"{ROLE}_config.subnets: the {key} {item} is given twice" for item in _twice(given))
    for (index, network), (other, second) in combinations(networks.items(), 2):
        if network.overlaps(second) and subnets[index].get("vpc") == subnets[other].get("vpc"):
            yield f"{ROLE}_config.subnets[{other}].subnet: {second} overlaps {network} of subnets[{index}]"


def _twice(values: Iterable[Any]) -> list[Any]:
    seen: set[Any] = set()
    return [value for value in values if value in seen or seen.add(value)]  # type: ignore[func-returns-value]


def _addresses(where: str, one: Params, network: ipaddress.IPv4Network) -> Iterator[str]:
    gateway = one.get("gateway")
    if gateway is not None and not _inside(gateway, network):
        yield f"{where}.gateway: {gateway} is no address of {network}"
    if gateway is not None and one.get("vlan") is None:
        yield f"{where}.gateway: is a router in a VLAN; the overlay has its own, so leave it out, or give vlan"
    for taken in one.get("exclude") or ():
        try:
            wrong = "" if address_ranges.parse(str(taken)).inside(network) else f"is outside {network}"
        except address_ranges.BadRange as error:
            wrong = str(error)
        if wrong:
            yield f"{where}.exclude: {taken} {wrong}; write FIRST-LAST or a subnet"


def _apart(where: str, one: Params) -> Iterator[str]:
    if one.get("vlan") is not None and (one.get("vpc") or one.get("private")):
        yield f"{where}: a VLAN is forwarded by switches, so neither vpc nor private can keep it apart; leave them out"
    if one.get("allow") and not one.get("private"):
        yield f"{where}.allow: is for a private subnet; write private: true, or leave it out"
    for subnet in one.get("allow") or ():
        try:
            ipaddress.IPv4Network(str(subnet))
        except ValueError as error:
            yield f"{where}.allow: {subnet} is no subnet of IPv4 ({error})"


def _wrong_vpcs(vpcs: Sequence[Params], subnets: Sequence[Params]) -> Iterator[str]:
    known = [str(one["name"]) for one in vpcs]
    yield from (f"{ROLE}_config.vpcs: the name {name} is given twice" for name in _twice(known))
    for index, one in enumerate(subnets):
        if one.get("vpc") and one["vpc"] not in known:
            yield f"{ROLE}_config.subnets[{index}].vpc: {one['vpc']} is none of vpcs; add it there"
    for index, one in enumerate(vpcs):
        where, name = f"{ROLE}_config.vpcs[{index}]", str(one["name"])
        if not _NAME.fullmatch(name) or name == DEFAULT_VPC or name in {str(other["name"]) for other in subnets}:
            yield f"{where}.name: {name} is no name of an object, or has one already (a subnet, the cluster's network)"
        for route in one.get("routes") or ():
            try:
                ipaddress.IPv4Network(str(route["to"])), ipaddress.IPv4Address(str(route["via"]))
            except ValueError as error:
                yield f"{where}.routes: {error}; give a subnet and a router"


def _vpc(one: Params, subnets: Sequence[Params]) -> dict[str, Any]:
    """A router whose subnets may have pods of their namespaces, and no others."""
    spaces = sorted({space for other in subnets if other.get("vpc") == one["name"] for space in _spaces(other)})
    routes = [
        {"cidr": str(route["to"]), "nextHopIP": str(route["via"]), "policy": "policyDst", **_NO_MORE}
        for route in one.get("routes") or ()
    ]
    return {**({"namespaces": spaces} if spaces else {}), **({"staticRoutes": routes} if routes else {})}


def _spaces(one: Params) -> list[str]:
    return list(one.get("namespaces") or [])


def _inside(address: Any, network: ipaddress.IPv4Network) -> bool:
    try:
        found = ipaddress.ip_address(str(address))
        return found in network and found not in (network.network_address, network.broadcast_address)
    except ValueError:
        return False


def _vlan(where: str, one: Params) -> Iterator[str]:
    if not 1 <= int(one["vlan"]) <= 4094:
        yield f"{where}.vlan: {one['vlan']} is not from 1 to 4094"
    interfaces = one.get("interfaces") or []
    if not interfaces:
        yield f"{where}.interfaces: names none; give the interface of the VLAN, as bond0.101, with its nodes"
    nodes = [node for interface in interfaces for node in interface["nodes"]]
    yield from (f"{where}.interfaces: {node} has two of them; name it once" for node in _twice(nodes))
    if one.get("attachment") and one.get("namespaces"):
        yield (
            f"{where}: a subnet has pods by its attachment or by its namespaces, and Kube-OVN knows it by one of them; "
            "leave one out"
        )


def provider_network(vlan: int) -> str:
    """The name of the ProviderNetwork and of the Vlan of a VLAN; its bridge is `br-` and this name, in 15 letters."""
    return f"vlan{vlan}"


def _objects(one: Params) -> Iterator[dict[str, Any]]:
    if one.get("vlan") is not None:
        name = provider_network(int(one["vlan"]))
        yield _object(PROVIDER_NETWORK, name, _provider(one["interfaces"]))
        yield _object(VLAN, name, {"id": 0, "provider": name})
    yield _object(SUBNET, str(one["name"]), _subnet(one))


def _object(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    # None of them has data: pods in a subnet are judged by the guard before it is removed.
    metadata = {"name": name, "annotations": {HOLDS_DATA: "false"}}
    return {"apiVersion": VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _provider(interfaces: Sequence[Params]) -> dict[str, Any]:
    """The interface of most nodes, those of others, and no node beside these, such as one that is added later."""
    most, *rest = sorted(interfaces, key=lambda one: (-len(one["nodes"]), one["name"]))
    nodes = sorted(node for one in interfaces for node in one["nodes"])
    custom = [{"interface": one["name"], "nodes": sorted(one["nodes"])} for one in rest]
    named = {"key": "kubernetes.io/hostname", "operator": "In", "values": nodes}
    return {
        "defaultInterface": most["name"],
        **({"customInterfaces": custom} if custom else {}),
        "nodeSelector": {"matchExpressions": [named]},
        # Otherwise the bridge gets the name of the interface, which systemd-networkd would configure then.
        "exchangeLinkName": False,
    }


def _subnet(one: Params) -> dict[str, Any]:
    network = ipaddress.IPv4Network(str(one["subnet"]))
    gateway = str(one.get("gateway") or network.network_address + 1)
    attachment, spaces, allow = one.get("attachment"), _spaces(one), [str(item) for item in one.get("allow") or ()]
    space, __, attached = str(attachment or "").partition("/")
    return {
        "protocol": "IPv4",
        "cidrBlock": str(network),
        "gateway": gateway,
        "excludeIps": excluded(gateway, one.get("exclude") or ()),
        "vpc": one.get("vpc") or DEFAULT_VPC,
        "provider": f"{attached}.{space}.ovn" if attachment else "ovn",
        **({"namespaces": spaces} if spaces else {}),
        **({"mtu": int(one["mtu"])} if one.get("mtu") else {}),
        "private": bool(one.get("private")),
        # Only in the overlay of the cluster are nodes a way outside.
        "natOutgoing": not one.get("vpc") and one.get("vlan") is None,
        **({"allowSubnets": allow} if allow else {}),
        **_routing(one),
    }


def _routing(one: Params) -> dict[str, Any]:
    """How pods of the subnet reach others, and are reached."""
    if one.get("vpc"):
        return {}  # its router leads to the network's own subnets only
    if one.get("vlan") is None:
        return {"gatewayType": "distributed"}
    vlan = {"vlan": provider_network(int(one["vlan"]))}
    first = not one.get("attachment")
    if one.get("gateway"):
        # With a first interface in the VLAN, DNS and services are reached by Kube-OVN's router, all else by the VLAN's.
        return vlan | ({"u2oInterconnection": True} if first else {})
    # Without a router in it, the VLAN is no way to anywhere for a further interface: nobody answers for its address.
    return vlan | ({"logicalGateway": True} if first else {"disableGatewayCheck": True})


def excluded(gateway: str, ranges: Iterable[str]) -> list[str]:
    """Addresses that pods do not get, as Kube-OVN's controller writes them: ranges of its own form, sorted as texts."""
    found = [address_ranges.parse(str(one)) for one in ranges]
    own = ipaddress.ip_address(gateway)
    spans = sorted((int(one.first), int(one.last)) for one in [*found, address_ranges.AddressRange(own, own, gateway)])
    merged: list[list[int]] = []
    for first, last in spans:
        if merged and first <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    texts = [(str(ipaddress.IPv4Address(first)), str(ipaddress.IPv4Address(last))) for first, last in merged]
    return sorted(first if first == last else f"{first}..{last}" for first, last in texts)
