# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a network provider carries the packets of pods from node to node; the formula of MTUs reads it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Encapsulation(StrEnum):
    """What a packet of a pod is put into on its way to another node. `none`: the nodes' network routes it as it is."""

    NONE = "none"
    VXLAN = "vxlan"
    GENEVE = "geneve"


@dataclass(frozen=True)
class Tunnel:
    """One way of a provider to carry packets.

    :ivar options: bytes of options in each Geneve header.
    :ivar encrypted: packets are encrypted by WireGuard.
    :ivar least: bytes that the provider takes away in any case, where it takes more than the headers need.
    :ivar source: what says so.
    """

    encapsulation: Encapsulation
    options: int = 0
    encrypted: bool = False
    least: int = 0
    source: str = ""
