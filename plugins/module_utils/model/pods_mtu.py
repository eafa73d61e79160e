# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The MTU of pods: what the cluster's network leaves of its own, and the whole path from a NIC to a pod."""

from __future__ import annotations

from ..network import mtu
from ..network.mtu import Hop
from .enums import NetworkProvider
from .hardware import Machine
from .layout import Layout
from .segments import Network
from .tunnels import tunnel

#: Providers with a tunnel for each IP version of pods, between the nodes' addresses of that version.
PER_VERSION = (NetworkProvider.FLANNEL, NetworkProvider.CALICO)


def fitting(layout: Layout) -> int | None:
    """The largest MTU that pods can have; None without a network of the cluster or where the provider is not known."""
    network, way = layout.cluster, tunnel(layout.cloud)
    if network is None or network.mtu is None or way is None:
        return None
    return mtu.inside(network.mtu, way, outer(layout, network))


def pods(layout: Layout) -> int | None:
    """The MTU that pods get: that of the model, or the largest that fits."""
    return layout.cloud.network.mtu or fitting(layout)


def outer(layout: Layout, network: Network) -> int:
    """The IP version of the packets around those of pods: IPv6, the larger one, where each version has a tunnel."""
    kubernetes = layout.cloud.kubernetes
    apart = layout.cloud.network.provider in PER_VERSION and kubernetes is not None and kubernetes.dual
    return 6 if apart else version(network)


def version(network: Network) -> int:
    """The IP version of a network."""
    return network.subnet.version if network.subnet else 4


def path(layout: Layout, machine: Machine) -> tuple[Hop, ...]:
    """The path of a pod's packets, from the NIC of its machine inwards to the pod and a virtual machine in it."""
    network, way, size = layout.cluster, tunnel(layout.cloud), pods(layout)
    if network is None:
        return ()
    hops, link = [], layout.wiring.carrying(machine, network)
    if link is not None:
        below, why = layout.wiring.mtu(machine, link), "the largest of the networks that it carries"
        if link.bond and link.bond.mtu:
            why = f"{link.path(machine)}.bond.mtu"
        hops += [Hop(nic.name, below, why) for nic in link.nics]
        if link.bond:
            hops.append(Hop(link.name, below, why))
    own = layout.wiring.interface(machine, network)
    if link is None or own != link.name:
        hops.append(Hop(own, network.mtu, f"networks.{network.name}.mtu"))
    fits = fitting(layout)
    if way is None or size is None or fits is None:
        return tuple(hops)
    around = outer(layout, network)
    if mtu.overhead(way, around):
        hops.append(Hop(f"inside {way.encapsulation}", fits, mtu.describe(way, around)))
    chosen = "network.mtu" if layout.cloud.network.mtu else "as much as fits"
    return (*hops, Hop("pod", size, chosen), Hop("virtual machine in the network of pods", size, "that of its pod"))
