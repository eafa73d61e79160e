# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the input of the role `switch` that no machine is at the end of: uplinks, devices, the MLAG domain.

What both switches of a pair need alike is one fact of the model: it stands at one of them and is read for both.
"""

from __future__ import annotations

import typing as t
from ipaddress import ip_network

from ..network.mtu import carrier
from .ends import End
from .enums import LacpMode, Platform, PortMode
from .hardware import Switch
from .layout import Layout, vlan_names
from .scalars import Address, Subnet
from .segments import Network
from .types import Cloud
from .uplinks import NO_NATIVE, Uplink, UplinkLacp

View = dict[str, t.Any]
DOMAIN, VLAN = 1, 4094
#: Link-local addresses (RFC 3927) of the two ends of a peer link, which no router forwards; a /31 as of RFC 3021.
SUBNET: Subnet = ip_network("169.254.255.0/31")
#: Platforms whose MLAG does not work without a second way to the other switch: vPC's peer-keepalive, Cumulus' backup.
NEEDS_KEEPALIVE = frozenset({Platform.NXOS, Platform.NVUE})


def uplink_networks(layout: Layout, switch: Switch, uplink: Uplink) -> list[Network]:
    """The networks on an uplink as the switch has them, in the order of the model."""
    return [item for item in layout.parts_at(switch) if {"all", item.name} & {*uplink.networks}]


def native_of(networks: list[Network], uplink: Uplink) -> int | None:
    """The VLAN that is untagged on a trunk with some networks."""
    if uplink.native == NO_NATIVE:
        return None
    named = (network.vlan for network in networks if network.name == uplink.native)
    return next(named, None) if uplink.native else next((item.vlan for item in networks if item.native), None)


def uplink_mode(uplink: Uplink) -> PortMode:
    """The mode of an uplink: that of the model, else access for exactly one network and trunk for several."""
    if uplink.mode is not None:
        return uplink.mode
    alone = len(uplink.networks) == 1 and "all" not in uplink.networks
    return PortMode.ACCESS if alone and not uplink.members and uplink.native is None else PortMode.TRUNK


def add_end(view: View, layout: Layout, switch: Switch, end: End) -> None:
    """Add the ports of an uplink or a device, or its aggregation, to the input of its switch."""
    networks = uplink_networks(layout, switch, end.settings)
    vlans = sorted(vlan_names(networks))
    mtu = end.settings.mtu or carrier(network.mtu for network in networks)
    edge: View = {"edge": True} if end.edge else {}
    trunk: View = {"native": native_of(networks, end.settings), "vlans": vlans, "mtu": mtu}
    if end.is_lag:
        view["lags"].append({**_lag(end.name, end.settings, trunk), **edge})
        return
    for port in end.ports:
        if uplink_mode(end.settings) is PortMode.ACCESS and len(vlans) == 1:
            view["ports"].append({**access(port, end.description, vlans[0], mtu), **edge})
        else:
            view["ports"].append({"name": port, "description": end.description, "mode": "trunk", **trunk, **edge})


def access(name: str, description: str, vlan: int, mtu: int) -> View:
    """A port with one VLAN."""
    return {"name": name, "description": description, "mode": "access", "native": vlan, "vlans": [vlan], "mtu": mtu}


def _lag(name: str, uplink: Uplink, trunk: View) -> View:
    """The aggregation of an uplink. No member forwards without its partner's LACP: at the other end is a switch."""
    lacp = uplink.lacp or UplinkLacp()
    mode = "on" if lacp.mode is LacpMode.STATIC else str(lacp.mode)
    return {
        "name": name,
        "description": f"{name}.{uplink.description}",
        "members": list(uplink.members),
        **trunk,
        "lacp": {"mode": mode, "rate": str(lacp.rate), "fallback": False},
        "mlag": uplink.mlag,
    }


def shared(cloud: Cloud, switch: Switch, key: str) -> t.Any:
    """What holds for both switches of a pair: the value at this switch, else that at the other one; None without."""
    peer = cloud.switches.get(switch.mlag_peer or "")
    found = (getattr(item.mlag, key) for item in (switch, peer) if item and item.mlag)
    return next((value for value in found if value is not None), None)


def keepalive_vrf(cloud: Cloud, switch: Switch) -> str | None:
    """The VRF of the keepalive addresses of a pair, which stands at one of both switches."""
    peer = cloud.switches.get(switch.mlag_peer or "")
    found = (item.mlag.keepalive for item in (switch, peer) if item and item.mlag and item.mlag.keepalive)
    return next((keepalive.vrf for keepalive in found if keepalive.vrf), None)


def keepalive_address(switch: Switch) -> Address | None:
    """The address by which the other switch of a pair reaches this one."""
    own = switch.mlag.keepalive.address if switch.mlag and switch.mlag.keepalive else None
    return own or switch.address


def has_keepalive(cloud: Cloud, switch: Switch) -> bool:
    """Whether a pair has a second way besides its peer link: one of both says so, or the platform needs it."""
    return switch.platform in NEEDS_KEEPALIVE or shared(cloud, switch, "keepalive") is not None


def ends(first: bool, subnet: Subnet) -> tuple[Address, Address]:
    """This switch's address of the peer link and the other's; the first has the lower one."""
    hosts = subnet[0 if subnet.prefixlen == subnet.max_prefixlen - 1 else 1]
    return (hosts, hosts + 1) if first else (hosts + 1, hosts)


def mlag_view(cloud: Cloud, switch: Switch) -> View | None:
    """The MLAG domain to configure on a switch; None if the model has no peer link for it."""
    peer = cloud.switches.get(switch.mlag_peer or "")
    if switch.mlag is None or not switch.mlag.peer_link or peer is None:
        return None
    subnet: Subnet = shared(cloud, switch, "subnet") or SUBNET
    own, other = ends(switch.name < peer.name, subnet)
    view: View = {
        "domain": shared(cloud, switch, "domain") or DOMAIN,
        "peer_link": list(switch.mlag.peer_link),
        "vlan": shared(cloud, switch, "vlan") or VLAN,
        "address": f"{own}/{subnet.prefixlen}",
        "peer_address": str(other),
        "mtu": switch.mtu,
    }
    if has_keepalive(cloud, switch):
        vrf = keepalive_vrf(cloud, switch)
        addresses = {"destination": str(keepalive_address(peer)), "source": str(keepalive_address(switch))}
        view["keepalive"] = addresses | ({"vrf": vrf} if vrf else {})
    return view
