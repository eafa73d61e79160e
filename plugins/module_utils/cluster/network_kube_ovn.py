# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""network_kube_ovn: Kube-OVN's overlay of Geneve between nodes (github.com/kubeovn/kube-ovn).

OVN's databases run on nodes that the input names, Open vSwitch and two daemons on each node. Addresses of pods are
given by Kube-OVN's controller. The manifest is its chart, rendered with the chart's own values; what differs is patched
here.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from ..objects.manifests import Definition
from ..objects.patches import ABSENT, Option, Patch, Step, patched
from . import api_address, kube_ovn_subnets, kube_ovn_tls
from .pod_ranges import Ranges, ranges
from .release import Release
from .upstream import ClusterLayerError, definitions

ROLE = kube_ovn_subnets.ROLE
VERSION = "v1.16.2"
NAMESPACE = "kube-system"
#: Name of its manifest in the bundle, and of the definitions of the policies that its controller watches.
MANIFEST = "kube-ovn"
POLICIES = ("admin-network-policies", "baseline-admin-network-policies", "cluster-network-policies")
IMAGE = f"docker.io/kubeovn/kube-ovn:{VERSION}"
#: Helm would look at the cluster to let OVN's databases talk to daemons of an older OVN. The manifest is rendered
#: without a cluster, so an upgrade may not pass by a release whose OVN is another one. 1.15 and 1.16 have the same.
RELEASE = Release(
    "Kube-OVN", "kube-ovn-cni", "kubeovn/kube-ovn", 1, 0, "its chart, kubeovn.ovn.versionCompatibility of _helpers.tpl"
)
#: The switch and its tunnels; sets of addresses and rules of iptables, by which nodes and pods reach each other.
KERNEL_MODULES = ("openvswitch", "geneve", "ip_set", "xt_set", "nft_compat")
#: The subnet between nodes and pods that Kube-OVN uses unless it is told otherwise (JOIN_CIDR).
JOIN = "100.64.0.0/16"
#: The same of IPv6 (the chart's dual_stack.JOIN_CIDR).
JOIN_SIX = "fd00:100:64::/112"

_DEPLOYMENT, _DAEMON_SET = "Deployment", "DaemonSet"
#: Kind and name of each workload -> its container.
_CENTRAL = (_DEPLOYMENT, "ovn-central", "ovn-central")
_CONTROLLER = (_DEPLOYMENT, "kube-ovn-controller", "kube-ovn-controller")
_MONITOR = (_DEPLOYMENT, "kube-ovn-monitor", "kube-ovn-monitor")
_SWITCH = (_DAEMON_SET, "ovs-ovn", "openvswitch")
_CNI = (_DAEMON_SET, "kube-ovn-cni", "cni-server")
_PINGER = (_DAEMON_SET, "kube-ovn-pinger", "pinger")
#: All workloads, and those that are in the network of their node.
_ALL = (_CENTRAL, _CONTROLLER, _MONITOR, _SWITCH, _CNI, _PINGER)
_OF_NODE = (_CENTRAL, _CONTROLLER, _MONITOR, _SWITCH, _CNI)
_TEMPLATE = ("spec", "template")
_ANNOTATION = "groundup.cloud/certificates"
Workload = tuple[str, str, str]


def render(params: Mapping[str, Any]) -> list[Definition]:
    """The definitions that the role's input means.

    :param params: the input, and ``certificates`` of the databases, which :mod:`kube_ovn_tls` finds or makes.
    :raises ClusterLayerError: a value is wrong.
    """
    dual = "," in str(params["pods"])
    defaults = {**_SUBNETS, **({"join": f"{params.get('join') or JOIN},{JOIN_SIX}"} if dual else {})}
    given = {
        name: defaults[name] if dual and name == "join" else params.get(name) or defaults[name] for name in defaults
    }
    subnets = {name: _subnets(name, value) for name, value in given.items()}
    if len({found.six is None for found in subnets.values()}) > 1:
        raise ClusterLayerError(f"{ROLE}_config.services: {subnets['services']} has not the IP versions of pods")
    for one, other in combinations(subnets, 2):
        for first in subnets[one].all:
            for second in subnets[other].all:
                if first.overlaps(second):
                    raise ClusterLayerError(f"{ROLE}_config.{one}: {first} overlaps {other}, {second}")
    databases = _databases(params.get("databases") or [])
    policies = [
        one
        for index, given in enumerate(params.get("policy_manifests") or [])
        for one in definitions(ROLE, given or {}, f"policy_manifests[{index}]")
    ]
    own = kube_ovn_subnets.definitions(params)
    certificates = params.get("certificates") or kube_ovn_tls.PLANNED
    patches = [
        *_PATCHES,
        *_settings(subnets, int(params["mtu"]), bool(policies)),
        *_placed(databases),
        *_secured(certificates),
        *_api(params.get("api")),
    ]
    found = patched(definitions(ROLE, params.get("manifest") or {}), patches)
    return [*policies, *found, kube_ovn_tls.secret(certificates), *own]


#: Keys of the input that are subnets, with their defaults.
_SUBNETS: Mapping[str, str | None] = {"pods": None, "services": None, "join": JOIN}


def _subnets(name: str, value: Any) -> Ranges:
    place = f"{ROLE}_config.{name}"
    found = ranges(place, value)
    if found.four.num_addresses < 4:
        raise ClusterLayerError(f"{place}: {found.four} has no address for a node beside that of its gateway")
    return found


def _databases(given: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Node -> address of its database."""
    place = f"{ROLE}_config.databases"
    if not given:
        raise ClusterLayerError(f"{place}: names no node; give one or three nodes with their addresses")
    found: dict[str, str] = {}
    for one in given:
        node, address = str(one["node"]), str(one["address"])
        try:
            ipaddress.ip_address(address)
        except ValueError as error:
            raise ClusterLayerError(f"{place}: {address} of {node} is not an address") from error
        if node in found or address in found.values():
            raise ClusterLayerError(f"{place}: {node} or {address} is listed twice; list each node once")
        found[node] = address
    return found


def _container(workload: Workload, *steps: Step) -> tuple[Step, ...]:
    return (*_TEMPLATE, "spec", "containers", {"name": workload[2]}, *steps)


def _option(workload: Workload, name: str, before: Any, after: Any, reason: str) -> Patch:
    """A patch of an argument of a container; ``before`` and ``after`` are its values."""
    expected, value = (text if text is ABSENT else f"{name}={text}" for text in (before, after))
    return Patch(*workload[:2], _container(workload, "args", Option(name)), expected, value, reason)


def _variable(workload: Workload, name: str, before: Any, after: str, reason: str) -> Patch:
    """A patch of a variable of a container."""
    if before is ABSENT:
        path, value = _container(workload, "env", {"name": name}), {"name": name, "value": after}
        return Patch(*workload[:2], path, ABSENT, value, reason)
    return Patch(*workload[:2], _container(workload, "env", {"name": name}, "value"), before, after, reason)


def _settings(subnets: Mapping[str, Ranges], mtu: int, policies: bool) -> Iterator[Patch]:
    pods, services = str(subnets["pods"]), str(subnets["services"])
    of_cluster = "the cluster's ranges of addresses"
    yield _option(_CONTROLLER, "--default-cidr", "10.16.0.0/16", pods, of_cluster)
    gateway = ",".join(str(one.network_address + 1) for one in subnets["pods"].all)
    yield _option(_CONTROLLER, "--default-gateway", "10.16.0.1", gateway, "the first address of the range of pods")
    for workload in (_CONTROLLER, _CNI):
        yield _option(workload, "--service-cluster-ip-range", "10.96.0.0/12", services, of_cluster)
    yield _option(_CONTROLLER, "--node-switch-cidr", JOIN, str(subnets["join"]), "the subnet between nodes and pods")
    yield _option(_CNI, "--mtu", ABSENT, str(mtu), "the MTU of the whole path, not what one interface would allow")
    enabled = str(policies).lower()
    yield _option(
        _CONTROLLER, "--enable-anp", "false", enabled, "policies of the cluster, where their kinds are defined"
    )


def _placed(databases: Mapping[str, str]) -> Iterator[Patch]:
    addresses = ",".join(databases.values())
    why = "clients find the databases by their nodes, and not by services, to which nodes may have no route"
    yield _variable(_CENTRAL, "NODE_IPS", "", addresses, "the members of the databases' clusters")
    yield _variable(_CONTROLLER, "OVN_DB_IPS", "", addresses, why)
    yield _variable(_SWITCH, "OVN_DB_IPS", "", addresses, why)
    for workload in (_CENTRAL, _CONTROLLER):
        yield Patch(*workload[:2], ("spec", "replicas"), 1, len(databases), "one on each node with databases")
    term = ("nodeSelectorTerms", 0, "matchExpressions", 0)
    affinity = (*_TEMPLATE, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", *term)
    for workload in (_CENTRAL, _MONITOR):
        yield Patch(
            *workload[:2],
            affinity,
            {"key": "kube-ovn/role", "operator": "In", "values": ["master"]},
            {"key": "kubernetes.io/hostname", "operator": "In", "values": list(databases)},
            "databases stay on the nodes whose addresses their clusters have, and no label has to be set by hand",
        )


def _secured(certificates: Mapping[str, str]) -> Iterator[Patch]:
    for workload in _ALL:
        yield _variable(workload, "ENABLE_SSL", "false", "true", "databases accept only whom their CA has signed")
    digest = hashlib.sha256("".join(certificates[key] for key in kube_ovn_tls.PUBLIC).encode()).hexdigest()
    why = "all sides have to start with the same CA"
    metadata = (*_TEMPLATE, "metadata", "annotations")
    for kind, name, __ in _ALL:
        if name == _SWITCH[1]:
            yield Patch(kind, name, (*metadata, _ANNOTATION), ABSENT, digest, why)
        else:
            yield Patch(kind, name, metadata, ABSENT, {_ANNOTATION: digest}, why)


def _api(api: str | None) -> Iterator[Patch]:
    if api:
        for workload in _OF_NODE:
            for name, value in api_address.variables(ROLE, api).items():
                yield _variable(workload, name, ABSENT, value, "nodes may have no route to addresses of services")


#: Replaces a script that also copies loopback, portmap and macvlan, each under a new name first, since the old program
#: may be running.
INSTALL = """cp -f /kube-ovn/kube-ovn /opt/cni/bin/.kube-ovn.new
mv -f /opt/cni/bin/.kube-ovn.new /opt/cni/bin/kube-ovn
echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
exec ./kube-ovn-daemon --install-cni-config "$@"
"""
_INSTALL = ["--cni-conf-dir=/etc/cni/net.d", "--cni-conf-file=/kube-ovn/01-kube-ovn.conflist"]
_INSTALL += ["--cni-conf-name=01-kube-ovn.conflist"]
_KEPT = "a virtual machine keeps its address and its connections over a migration"
_ENFORCED = "NetworkPolicy holds"
_CLOSED = "nothing asks addresses outside of the cloud"
_PATCHES = (
    _option(_CONTROLLER, "--keep-vm-ip", "true", "true", _KEPT),
    _option(_CONTROLLER, "--enable-live-migration-optimize", "true", "true", _KEPT),
    _option(_CONTROLLER, "--enable-np", "true", "true", _ENFORCED),
    _option(_CONTROLLER, "--np-enforcement", "standard", "standard", _ENFORCED),
    _option(_CONTROLLER, "--network-type", "geneve", "geneve", "the overlay that the MTU is computed for"),
    _option(_CNI, "--network-type", "geneve", "geneve", "the overlay that the MTU is computed for"),
    _option(_CNI, "--iface", "", "", "tunnels lead through the interface with the node's address in the cluster"),
    _option(_PINGER, "--external-address", "1.1.1.1", "", _CLOSED),
    _option(_PINGER, "--external-dns", "kube-ovn.io.", "", _CLOSED),
    Patch(
        *_CNI[:2],
        (*_TEMPLATE, "spec", "initContainers", {"name": "install-cni"}, "command"),
        ["/kube-ovn/install-cni.sh", *_INSTALL],
        ["bash", "-ec", INSTALL, "install-cni", *_INSTALL],
        "the node has the CNI reference plugins already, in the versions of the container runtime's layer",
    ),
    Patch(
        "ConfigMap",
        "ovn-vpc-nat-gw-config",
        ("data", "enable-vpc-nat-gw"),
        "true",
        "false",
        "gateways of tenants' networks need another image, which no layer has",
    ),
)
