# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The MTU of pods: what the cluster's network leaves of its own, and the whole path from a NIC to a pod."""

from __future__ import annotations

from ..network import mtu
from ..network.mtu import Hop
from .hardware import Machine
from .layout import Layout
from .segments import Network
from .tunnels import tunnel


def fitting(layout: Layout) -> int | None:
    """The largest MTU that pods can have; None without a network of the cluster or where the provider is not known."""
    network, way = layout.cluster, tunnel(layout.cloud)
    if network is None or network.mtu is None or way is None:
        return None
    return mtu.inside(network.mtu, way, version(network))


def pods(layout: Layout) -> int | None:
    """The MTU that pods get: that of the model, or the largest that fits."""
    return layout.cloud.network.mtu or fitting(layout)


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
    if mtu.overhead(way, version(network)):
        hops.append(Hop(f"inside {way.encapsulation}", fits, mtu.describe(way, version(network))))
    chosen = "network.mtu" if layout.cloud.network.mtu else "as much as fits"
    return (*hops, Hop("pod", size, chosen), Hop("virtual machine in the network of pods", size, "that of its pod"))
