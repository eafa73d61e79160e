# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How packets of pods are carried between nodes: what the model says, or the usual way of the provider."""

from __future__ import annotations

from ..promises.catalog import TUNNELS
from ..promises.tunnel import Encapsulation, Tunnel
from .types import Cloud


def tunnels(cloud: Cloud) -> dict[Encapsulation, Tunnel]:
    """The ways in which the chosen provider can carry packets, the usual one first; empty for what users bring."""
    return TUNNELS.get(str(cloud.network.provider), {})


def encapsulation(cloud: Cloud) -> Encapsulation | None:
    """The encapsulation of the model, else the provider's usual one; None where nothing is known of the provider."""
    return cloud.network.encapsulation or next(iter(tunnels(cloud)), None)


def tunnel(cloud: Cloud) -> Tunnel | None:
    """How packets of pods are carried; None where nothing is known of the provider."""
    chosen = encapsulation(cloud)
    return None if chosen is None else tunnels(cloud).get(chosen, Tunnel(chosen))
