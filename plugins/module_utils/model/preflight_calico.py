# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-flight rules of Calico and of routes by BGP."""

from __future__ import annotations

import typing as t

from ..promises.promise import Promise
from ..promises.tunnel import Encapsulation
from .enums import NetworkProvider
from .network_calico import UNTRANSLATED
from .preflight import Facts, Found, Rule, Severity

KEY = "network.bgp"
#: The number of nodes up to which Calico recommends sessions between all of them.
MOST_IN_A_MESH = 100
_DOCS = "Calico's documentation 3.32"


def _other_provider(facts: Facts) -> t.Iterator[Found]:
    if facts.cloud.network.bgp is not None and facts.provider != NetworkProvider.CALICO:
        yield Found(KEY, None, begin=f"is not read by {facts.provider}, which ")


def _overlay(facts: Facts) -> t.Iterator[Found]:
    calico = facts.provider == NetworkProvider.CALICO
    if calico and facts.cloud.network.bgp is not None and facts.encapsulation is Encapsulation.VXLAN:
        yield Found("network.encapsulation", str(Encapsulation.VXLAN))


def _routed(facts: Facts) -> bool:
    return facts.provider == NetworkProvider.CALICO and facts.encapsulation is Encapsulation.NONE


def _mesh(facts: Facts) -> t.Iterator[Found]:
    bgp, nodes = facts.cloud.network.bgp, len(facts.cloud.machines)
    if _routed(facts) and (bgp is None or bgp.mesh) and nodes > MOST_IN_A_MESH:
        yield Found(f"{KEY}.mesh", True, more=f"; there are {nodes} machines")


def _unrouted(facts: Facts) -> t.Iterator[Found]:
    network = facts.cloud.network
    peers = network.bgp.peers if network.bgp else {}
    wishes = [wish for wish in network.require if wish in UNTRANSLATED]
    if _routed(facts) and wishes and not peers:
        yield Found("network.require", None, begin=f"names {' and '.join(wishes)}, so ")


def _load_balancer(facts: Facts) -> t.Iterator[Found]:
    network = facts.cloud.network
    ranges = network.bgp.load_balancers if network.bgp else ()
    if _routed(facts) and Promise.LOAD_BALANCER in network.require and not (ranges or network.load_balancer):
        yield Found("network.require", None, begin=f"names {Promise.LOAD_BALANCER}, but ")


def _hosted(facts: Facts) -> t.Iterator[Found]:
    network = facts.cloud.network
    if _routed(facts) and facts.layout.hosted and network.bgp and network.bgp.peers:
        yield Found("lab.control_plane", "hosted")


RULES: tuple[Rule, ...] = (
    Rule(
        "bgp-provider",
        Severity.ERROR,
        "`network.bgp` with another provider than `calico`",
        _other_provider,
        "has no sessions of BGP in this release",
        "remove it, or write network.provider: calico",
        "docs/reference/promises.md",
    ),
    Rule(
        "calico-bgp-overlay",
        Severity.ERROR,
        "`network.bgp` and `network.encapsulation: vxlan`",
        _overlay,
        "is an overlay, for which this release installs Calico without its BGP daemon",
        "write none, or remove network.bgp",
        f"{_DOCS}, networking/configuring/vxlan-ipip",
    ),
    Rule(
        "calico-load-balancer",
        Severity.ERROR,
        "`calico`, the wish `load_balancer`, and neither `network.bgp.load_balancers` nor `network.load_balancer`",
        _load_balancer,
        "there are no addresses that Calico could give to services",
        "give subnets in network.bgp.load_balancers, or pools in network.load_balancer",
        f"{_DOCS}, networking/ipam/service-loadbalancer",
    ),
    Rule(
        "calico-unrouted",
        Severity.WARNING,
        "`calico` without encapsulation and without peers, and a wish that needs addresses of pods to stay as they are",
        _unrouted,
        "nodes do not translate addresses of pods, and no router has routes to them: pods reach nothing outside of the "
        "nodes' network and get no answer from it",
        "give network.bgp.peers",
        f"{_DOCS}, networking/kubevirt",
    ),
    Rule(
        "calico-mesh-size",
        Severity.WARNING,
        f"`calico` without encapsulation, sessions between all nodes, and more than {MOST_IN_A_MESH} machines",
        _mesh,
        f"makes sessions between all nodes, which is recommended up to {MOST_IN_A_MESH}",
        "write false, and give peers that pass routes on to all nodes",
        f"{_DOCS}, networking/configuring/bgp",
    ),
    Rule(
        "calico-hosted",
        Severity.WARNING,
        "a hosted control plane and `calico` without encapsulation and with peers",
        _hosted,
        "has no session and no routes to pods, whose addresses are not translated with peers: pods get no answer from "
        "the API",
        "give that host a route to kubernetes.pods by a peer",
        "Kubernetes' documentation, concepts/architecture/control-plane-node-communication",
    ),
)
