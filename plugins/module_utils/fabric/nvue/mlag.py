# SPDX-License-Identifier: GPL-3.0-or-later
"""The MLAG of Cumulus Linux: its reading and its patches. Pure.

Paths of "Multi-Chassis Link Aggregation - MLAG" of the user guide: ``mlag`` with ``mac-address``, ``peer-ip`` and
``backup``; the bond ``peerlink`` and its subinterface ``peerlink.4094``, by whose link-local IPv6 addresses the
switches find each other, so VLAN and addresses of the model are read as they are wanted. Both switches need the same
MAC address; the range 44:38:39:ff:00:00 to 44:38:39:ff:ff:ff is reserved for that, and the domain is its last bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..config import FabricError, SwitchConfig
from ..mlag import Keepalive, Mlag
from .names import Tree, Words, interface, is_on, members

if TYPE_CHECKING:
    from .parse import Facts
    from .render import Patches

PEERLINK, VLAN = "peerlink", 4094
SUB = f"{PEERLINK}.{VLAN}"
LINKLOCAL = "linklocal"
#: The VRF of the management interface, in which the backup address is by default.
DEFAULT_VRF = "mgmt"
#: Bytes; see :data:`.parse.DEFAULT_MTU`.
_MTU = 9216
_MAC = re.compile(r"44:38:39:ff:([0-9a-f]{2}):([0-9a-f]{2})\Z")


def mac_of(domain: str) -> str:
    """The MAC address of a domain."""
    number = int(domain)
    return f"44:38:39:ff:{number >> 8:02x}:{number & 255:02x}"


def read(found: Facts, wanted: Mlag) -> Mlag | None:
    """The domain of the switch; None if MLAG has no setting."""
    mlag = found.config.get("mlag") or {}
    link = found.interfaces.get(PEERLINK) or {}
    if not (mlag.get("mac-address") or mlag.get("peer-ip") or members(link)):
        return None
    mac = str(mlag.get("mac-address") or "").lower()
    number = _MAC.match(mac)
    spelled = {port.lower(): port for port in wanted.peer_link}
    return Mlag(
        str(int(number[1] + number[2], 16)) if number else mac,
        tuple(sorted(spelled.get(name, name) for name in members(link))),
        wanted.vlan,
        wanted.address,
        wanted.peer_address,
        int((link.get("link") or {}).get("mtu") or _MTU),
        _keepalive(mlag, wanted),
        _ready(found, mlag, link),
    )


def _keepalive(mlag: Tree, wanted: Mlag) -> Keepalive | None:
    backup = mlag.get("backup") or {}
    if not backup or wanted.keepalive is None:
        return None
    vrf = {address: (item or {}).get("vrf") or "default" for address, item in backup.items()}
    if vrf == {wanted.keepalive.destination: wanted.keepalive.vrf or DEFAULT_VRF}:
        return wanted.keepalive
    return Keepalive(" ".join(sorted(vrf)), "", " ".join(sorted(set(vrf.values()))))


def _ready(found: Facts, mlag: Tree, link: Tree) -> bool:
    """Whether MLAG is on, and the peer link carries all VLANs of the bridge and the switches' own traffic."""
    sub = found.interfaces.get(SUB) or {}
    inside = ((link.get("bridge") or {}).get("domain") or {}).get(found.domain)
    switched = mlag.get("state", mlag.get("enable"))
    own = str(sub.get("vlan")) == str(VLAN) and sub.get("base-interface") == PEERLINK
    return (
        is_on(switched) and mlag.get("peer-ip") == LINKLOCAL and own and inside is not None and not inside.get("vlan")
    )


def write(where: str, want: Mlag, found: Facts, words: Words, to: Patches) -> None:
    """Add the domain to the patches."""
    wanted = {interface(where, port) for port in want.peer_link}
    link, base = found.interfaces.get(PEERLINK) or {}, ("interface", PEERLINK)
    for name in (link.get("bond") or {}).get("member") or {}:
        if name not in wanted:
            to.remove(found.config, *base, "bond", "member", name)
    for name in sorted(wanted):
        to.set({}, *base, "bond", "member", name)
        to.remove(found.config, "interface", name, "bridge")
        to.remove(found.config, "interface", name, "link", "mtu")
    to.set("peerlink", *base, "type")
    to.set(want.mtu, *base, "link", "mtu")
    to.remove(found.config, *base, "bridge", "domain", found.domain, "vlan")
    to.set({}, *base, "bridge", "domain", found.domain)
    to.set({"type": "sub", "base-interface": PEERLINK, "vlan": VLAN}, "interface", SUB)
    to.set(words.on, "mlag", words.switch)
    to.set(mac_of(want.domain), "mlag", "mac-address")
    to.set(LINKLOCAL, "mlag", "peer-ip")
    if want.keepalive:
        for address in (found.config.get("mlag") or {}).get("backup") or {}:
            if address != want.keepalive.destination:
                to.remove(found.config, "mlag", "backup", address)
        to.set({"vrf": want.keepalive.vrf or DEFAULT_VRF}, "mlag", "backup", want.keepalive.destination)


def require(where: str, desired: SwitchConfig, present: frozenset[str]) -> None:
    """Refuse a domain that Cumulus Linux cannot have."""
    wanted = desired.mlag
    if wanted is None:
        return
    missing = [port for port in wanted.peer_link if interface(where, port) not in present]
    if missing:
        raise FabricError(f"{where}.mlag.peer_link", f"there is no port {', '.join(missing)}", "correct the peer link")
    if wanted.vlan != VLAN:
        raise FabricError(f"{where}.mlag.vlan", f"{wanted.vlan} is not the VLAN of {SUB}", f"write {VLAN}")
    if wanted.keepalive is None:
        why = "Cumulus Linux needs a backup address for MLAG"
        raise FabricError(f"{where}.mlag.keepalive", why, "give its destination, the other switch's address")
