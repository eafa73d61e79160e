# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of MLAG pairs: that both switches say the same, and what the drivers can configure of a domain."""

from __future__ import annotations

from .checks import Report
from .enums import Platform
from .hardware import Switch
from .layout import vlan_names
from .problems import choose
from .scalars import Subnet
from .uplink_view import DOMAIN, SUBNET, VLAN, has_keepalive, keepalive_address, shared
from .uplinks import Mlag

#: The largest number of a vPC domain (Cisco NX-OS); SONiC takes more, EOS and NVUE have none.
LAST_DOMAIN = 1000
#: Platforms whose driver configures the domain, and the keys of it that each reads.
_READ = {
    Platform.EOS: {"vlan", "subnet", "keepalive"},
    Platform.NXOS: {"keepalive"},
    Platform.NVUE: {"keepalive"},
    Platform.SONIC: {"vlan", "subnet"},
    Platform.UNMANAGED: {"vlan", "subnet", "keepalive"},
}


def check_pair(report: Report, switch: Switch, mlag: Mlag, path: str) -> None:
    """Check the pair of one switch; `path` is that of the switch."""
    if not mlag.peer:
        return  # its absence is reported already
    peer = report.cloud.switches.get(mlag.peer)
    if mlag.peer == switch.name:
        report.add(f"{path}.mlag", mlag.peer, "is the switch itself", "name the other switch of the pair")
    elif peer is None:
        others = set(report.cloud.switches) - {switch.name}
        report.add(f"{path}.mlag", mlag.peer, "is not a switch", choose(mlag.peer, others))
    elif peer.mlag_peer != switch.name:
        says = "no MLAG" if peer.mlag_peer is None else peer.mlag_peer
        report.add(
            f"{path}.mlag",
            mlag.peer,
            f"is declared on one side only: switches.{peer.name}.mlag says {says}",
            f"write switches.{peer.name}.mlag: {switch.name}, or remove this key",
        )
    elif peer.platform is not switch.platform and peer.platform and switch.platform and switch.name > peer.name:
        report.add(
            f"{path}.platform",
            str(switch.platform),
            f"is not the {peer.platform} of switches.{peer.name}, its MLAG peer",
            "pair switches of one platform",
        )
    else:
        _check_domain(report, switch, mlag, peer)


def _check_domain(report: Report, switch: Switch, mlag: Mlag, peer: Switch) -> None:
    """What concerns the peer link and the domain of a pair that both switches declare."""
    path = f"switches.{switch.name}.mlag"
    other = peer.mlag.peer_link if peer.mlag else ()
    if not mlag.peer_link and other:
        remedy = f"name {switch.name}'s ports of the peer link"
        report.add(f"{path}.peer_link", None, f"is missing: switches.{peer.name}.mlag has one", remedy)
    elif not mlag.peer_link:
        for key in ("domain", "vlan", "subnet", "keepalive"):
            if getattr(mlag, key) is not None:
                why = "is not used, since the domain is not configured without a peer_link"
                report.add(f"{path}.{key}", None, why, "give peer_link, or remove it")
        return
    if not switch.platform:
        return  # what cannot be read is reported already
    if switch.platform not in _READ:
        why = f"is not configured with platform: {switch.platform}"
        report.add(f"{path}.peer_link", None, why, "remove it, and configure the pair by hand")
        return
    _check_read(report, switch, mlag, path)
    _check_keepalive(report, switch, path)
    if switch.name < peer.name:  # what concerns both is said once
        _check_both(report, switch, peer, f"switches.{peer.name}.mlag")
        _check_values(report, switch, path)


def _check_read(report: Report, switch: Switch, mlag: Mlag, path: str) -> None:
    for key in ("vlan", "subnet", "keepalive"):
        if getattr(mlag, key) is not None and key not in _READ[switch.platform]:
            report.add(f"{path}.{key}", None, f"is not used with platform: {switch.platform}", "remove it")


def _check_keepalive(report: Report, switch: Switch, path: str) -> None:
    if has_keepalive(report.cloud, switch) and keepalive_address(switch) is None:
        remedy = "give it, or the switch's address"
        report.add(f"{path}.keepalive.address", None, "is missing", remedy)


def _check_both(report: Report, switch: Switch, peer: Switch, path: str) -> None:
    """Both switches have as many ports, and say nothing different."""
    first, second = switch.mlag, peer.mlag
    if first is None or second is None:
        return
    if first.peer_link and second.peer_link and len(first.peer_link) != len(second.peer_link):
        why = f"has {len(second.peer_link)} ports, and that of switches.{switch.name} has {len(first.peer_link)}"
        report.add(f"{path}.peer_link", None, why, "name both ends of each cable")
    pairs = {key: (getattr(first, key), getattr(second, key)) for key in ("domain", "vlan", "subnet")}
    if first.keepalive and second.keepalive:
        pairs["keepalive.vrf"] = (first.keepalive.vrf, second.keepalive.vrf)
    for key, (one, two) in pairs.items():
        if one is not None and two is not None and one != two:
            why = f"is not that of switches.{switch.name}.mlag.{key} ({one})"
            report.add(f"{path}.{key}", str(two), why, "write it at one of both switches")


def _check_values(report: Report, switch: Switch, path: str) -> None:
    """The domain's number, VLAN and subnet are valid and nobody else's."""
    domain: int = shared(report.cloud, switch, "domain") or DOMAIN
    vlan: int = shared(report.cloud, switch, "vlan") or VLAN
    subnet: Subnet = shared(report.cloud, switch, "subnet") or SUBNET
    if domain > LAST_DOMAIN:
        report.add(f"{path}.domain", domain, "is no number of a domain", f"give one from 1 to {LAST_DOMAIN}")
    for name, other in report.cloud.switches.items():
        theirs = shared(report.cloud, other, "domain") or DOMAIN
        if _begins_pair(report, other) and name < switch.name and theirs == domain:
            why = f"is already the domain of switches.{name} and {other.mlag_peer}"
            report.add(f"{path}.domain", domain, why, "give each pair a domain of its own")
    if "vlan" not in _READ[switch.platform]:
        return
    names = vlan_names(report.cloud.networks.values())
    if vlan in names or vlan == 1:
        why = f"is the VLAN of networks.{names[vlan]}" if vlan in names else "is the default VLAN of switches"
        report.add(f"{path}.vlan", vlan, why, "give another VLAN, which no network has")
    if subnet.version != 4 or subnet.prefixlen > 31:
        report.add(f"{path}.subnet", str(subnet), "has no two IPv4 addresses", "give a /31, such as 169.254.255.0/31")
    for network in report.cloud.networks.values():
        if any(one.overlaps(subnet) for one in network.subnets):
            why = f"overlaps the subnet of networks.{network.name}"
            report.add(f"{path}.subnet", str(subnet), why, "give another subnet")


def _begins_pair(report: Report, switch: Switch) -> bool:
    """Whether a switch is the first of a pair with a peer link."""
    peer = report.cloud.switches.get(switch.mlag_peer or "")
    linked = switch.mlag is not None and bool(switch.mlag.peer_link)
    return linked and peer is not None and peer.mlag_peer == switch.name and switch.name < peer.name
