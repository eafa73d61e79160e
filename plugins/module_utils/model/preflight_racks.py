# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-flight rules of clusters over several racks, where the network of the cluster has a subnet in each."""

from __future__ import annotations

import typing as t

from ..promises.tunnel import Encapsulation
from .enums import NetworkProvider
from .preflight import Facts, Found, Rule, Severity


def _spans(facts: Facts) -> bool:
    """Whether nodes are in several parts of the network of the cluster."""
    cluster = facts.layout.cluster
    whole = facts.cloud.networks.get(cluster.name) if cluster else None
    return whole is not None and len(whole.racks) > 1


def _direct(*names: NetworkProvider) -> t.Callable[[Facts], t.Iterator[Found]]:
    """Providers that send packets of pods from node to node without a tunnel, as long as no router knows of pods."""

    def when(facts: Facts) -> t.Iterator[Found]:
        wrapped = facts.encapsulation not in (None, Encapsulation.NONE)
        routers = facts.cloud.network.bgp is not None and bool(facts.cloud.network.bgp.peers)
        if facts.provider in names and _spans(facts) and not wrapped and not routers:
            yield Found("network.provider", facts.provider)

    return when


RULES: tuple[Rule, ...] = (
    Rule(
        "racks-without-tunnel",
        Severity.ERROR,
        "a network of the cluster with several `racks`, and pods' packets without a tunnel and without `network.bgp`",
        _direct(NetworkProvider.BASIC, NetworkProvider.FLANNEL, NetworkProvider.CALICO, NetworkProvider.CILIUM),
        "sends packets of pods to nodes of other racks by routers that know no addresses of pods",
        "choose a provider with a tunnel, such as flannel or kube_ovn, or give the routers as network.bgp.peers",
        "ip-route(8): the next hop of a route has to be a neighbour",
    ),
)
