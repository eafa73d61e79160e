# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How packets of pods are carried between nodes: what the model says, or the usual way of the provider."""

from __future__ import annotations

import dataclasses

from ..cluster import cilium_limits
from ..promises.catalog import TUNNELS
from ..promises.tunnel import Encapsulation, Tunnel
from .enums import Encryption, NetworkProvider
from .types import Cloud


def tunnels(cloud: Cloud) -> dict[Encapsulation, Tunnel]:
    """The ways in which the chosen provider can carry packets, the usual one first; empty for what users bring."""
    return TUNNELS.get(str(cloud.network.provider), {})


def _brought(cloud: Cloud, encapsulation: Encapsulation | None) -> Tunnel | None:
    """The way of a network of one's own, with the bytes that the model says it takes; None where nothing is said."""
    overhead = cloud.network.custom.overhead
    if encapsulation is None and overhead is None:
        return None
    return Tunnel(encapsulation or Encapsulation.NONE, least=overhead or 0, source="network.custom.overhead")


def encapsulation(cloud: Cloud) -> Encapsulation | None:
    """The encapsulation of the model, else the provider's usual one; None where nothing is known of the provider."""
    return cloud.network.encapsulation or next(iter(tunnels(cloud)), None)


def tunnel(cloud: Cloud) -> Tunnel | None:
    """How packets of pods are carried; None where nothing is known of the provider."""
    chosen = encapsulation(cloud)
    if cloud.network.provider is NetworkProvider.CUSTOM:
        return _brought(cloud, chosen)
    found = None if chosen is None else tunnels(cloud).get(chosen, Tunnel(chosen))
    if found and cloud.network.provider is NetworkProvider.CILIUM:
        return _encrypted(found) if cloud.network.cilium.encryption is Encryption.WIREGUARD else found
    return found


def _encrypted(found: Tunnel) -> Tunnel:
    """A way of Cilium with WireGuard, for which Cilium takes more than its headers need."""
    inner = 0 if found.encapsulation is Encapsulation.NONE else cilium_limits.TUNNEL_BYTES
    return dataclasses.replace(found, encrypted=True, least=inner + cilium_limits.WIREGUARD_BYTES)
