# SPDX-License-Identifier: GPL-3.0-or-later
"""The MLAG domain (vPC on NX-OS, MCLAG on SONiC) of a switch: its peer link and how it finds the other switch.

It is one object of the desired configuration as a port is: a driver reads the present one, and the plan has a step if
they differ. Platforms need different parts of it; a part that a platform does not have is read as it is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: How the peer link is described on the switch.
PEER_LINK = "mlag-peer-link"
#: What the role has by default.
VLAN, LARGEST_MTU = 4094, 9216
#: The number of the channel of the peer link, or the next lower one that is free: machines have low numbers.
CHANNEL = 1000


@dataclass(frozen=True)
class Keepalive:
    """The second way to the other switch: vPC's peer-keepalive, EOS' heartbeat, Cumulus Linux' backup.

    :ivar destination: the other switch's address.
    :ivar source: this switch's.
    :ivar vrf: of both; empty for that of the platform.
    """

    destination: str
    source: str = ""
    vrf: str = ""


@dataclass(frozen=True)
class Mlag:
    """The domain and the peer link.

    :ivar domain: the number of the domain as text; on EOS it may be another name.
    :ivar peer_link: this switch's ports of the peer link, ascending.
    :ivar vlan: the VLAN of the switches' own traffic on the peer link.
    :ivar address: this switch's address there, with the length of its prefix; `peer_address` is the other's.
    :ivar mtu: bytes, of the peer link.
    :ivar keepalive: None where the platform needs none and none is wanted.
    :ivar ready: whether the peer link has the platform's further settings; False in a reading is corrected.
    """

    domain: str
    peer_link: tuple[str, ...]
    vlan: int
    address: str
    peer_address: str
    mtu: int
    keepalive: Keepalive | None = None
    ready: bool = True

    @classmethod
    def of(cls, item: dict[str, Any]) -> Mlag:
        """Read a role's dictionary; its values are checked by :mod:`.config`."""
        given = item.get("keepalive")
        keepalive = None
        if given:
            keepalive = Keepalive(given["destination"], given.get("source") or "", given.get("vrf") or "")
        ports, texts = tuple(sorted(item["peer_link"])), (item["address"], item["peer_address"])
        return cls(
            str(item["domain"]), ports, item.get("vlan") or VLAN, *texts, item.get("mtu") or LARGEST_MTU, keepalive
        )

    def settings(self) -> dict[str, Any]:
        """Names and values for a diff."""
        found: dict[str, Any] = {"domain": self.domain, "peer_link": " ".join(self.peer_link), "vlan": self.vlan}
        found |= {"address": self.address, "peer_address": self.peer_address, "mtu": self.mtu}
        if self.keepalive:
            way = self.keepalive
            found["keepalive"] = " ".join(filter(None, (way.destination, way.source, way.vrf)))
        return found | ({} if self.ready else {"other settings": "differ"})
