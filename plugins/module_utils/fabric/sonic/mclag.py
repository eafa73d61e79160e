# SPDX-License-Identifier: GPL-3.0-or-later
"""The MCLAG domain of SONiC: its reading, and how CONFIG_DB is after it. Pure.

Tables and fields of sonic-mclag.yang (``MCLAG_DOMAIN``: ``source_ip``, ``peer_ip``, ``peer_link``; one domain at most)
and sonic-vlan.yang (``VLAN_INTERFACE``). The switches find each other by addresses of a VLAN that only the peer link
carries; the peer link is a tagged member of each VLAN of a shared channel too. There is no second way between the
switches, so that of the model is read as it is wanted.
"""

from __future__ import annotations

import itertools
from collections.abc import Set
from ipaddress import ip_interface
from typing import Any

from ..config import FabricError, SwitchConfig
from ..mlag import CHANNEL, PEER_LINK, Mlag
from .tables import Config, Names, keys, members, number, refuse_routed

#: sonic-mclag.yang, domain_id.
LAST_DOMAIN = 4095
_DEFAULT_MTU = "9100"


def channel(config: Config, wanted: Mlag, names: Names) -> str:
    """The channel of the peer link: the present one, else the highest free number up to :data:`..mlag.CHANNEL`."""
    channels = config.get("PORTCHANNEL", {})
    ports = {names.ports[port] for port in wanted.peer_link}
    linked = [str(entry.get("peer_link")) for entry in config.get("MCLAG_DOMAIN", {}).values()]
    described = [name for name, entry in channels.items() if entry.get("description") == PEER_LINK]
    same = [name for name in channels if set(members(config, name)) == ports]
    present = next((name for name in itertools.chain(linked, described, same) if name in channels), None)
    used = {number(name) for name in [*channels, *names.lags.values()]}
    return present or f"PortChannel{next(n for n in range(CHANNEL, 0, -1) if n not in used)}"


def vlans(desired: SwitchConfig) -> set[int]:
    """VLANs that the peer link carries besides that of the switches: those of the switch and of shared channels."""
    shared = {vlan for lag in desired.lags.values() if lag.mlag is not None for vlan in lag.membership.vlans}
    return shared | set(desired.vlans)


def read(config: Config, desired: SwitchConfig, wanted: Mlag, names: Names) -> Mlag | None:
    """The domain of the switch; None if it has none."""
    found = next(iter(config.get("MCLAG_DOMAIN", {}).items()), None)
    if found is None:
        return None
    domain, entry = found
    link = channel(config, wanted, names)
    vlan, address = _address(config, str(entry.get("source_ip", "")))
    carried = {f"Vlan{vid}" for vid in (*vlans(desired), wanted.vlan)}
    tagged = {key.split("|")[0] for key in keys(config, "VLAN_MEMBER", link) if _is_tagged(config, key)}
    return Mlag(
        domain,
        tuple(sorted(names.model_port(port) for port in members(config, link))),
        vlan,
        address,
        str(entry.get("peer_ip", "")),
        int(config.get("PORTCHANNEL", {}).get(link, {}).get("mtu", _DEFAULT_MTU)),
        wanted.keepalive,
        entry.get("peer_link") == link and carried <= tagged,
    )


def _is_tagged(config: Config, key: str) -> bool:
    return config["VLAN_MEMBER"][key].get("tagging_mode") == "tagged"


def _address(config: Config, source: str) -> tuple[int, str]:
    """The VLAN and the address with its prefix that the switch speaks from."""
    for key in config.get("VLAN_INTERFACE", {}):
        name, __, address = key.partition("|")
        if address and str(ip_interface(address).ip) == source:
            return int(name.removeprefix("Vlan")), address
    return 0, source


def write(config: Config, where: str, want: Mlag, carried: Set[int], names: Names) -> None:
    """Put the domain and the peer link into CONFIG_DB."""
    link, vlan = channel(config, want, names), f"Vlan{want.vlan}"
    ports = [names.ports[port] for port in want.peer_link]
    for port in ports:
        refuse_routed(config, where, port)
    entry: dict[str, Any] = config["PORTCHANNEL"].setdefault(link, {"admin_status": "up", "lacp_key": "auto"})
    entry |= {"mtu": str(want.mtu), "description": PEER_LINK}
    for member in list(config["PORTCHANNEL_MEMBER"]):
        name, port = member.split("|", 1)
        if (name == link and port not in ports) or (port in ports and name != link):
            del config["PORTCHANNEL_MEMBER"][member]
    for port in ports:
        for key in keys(config, "VLAN_MEMBER", port):
            del config["VLAN_MEMBER"][key]
        config["PORT"][port]["mtu"] = str(want.mtu)
        config["PORTCHANNEL_MEMBER"].setdefault(f"{link}|{port}", {})
    for vid in sorted(carried | {want.vlan}):
        config["VLAN"].setdefault(f"Vlan{vid}", {"vlanid": str(vid)})
        config["VLAN_MEMBER"][f"Vlan{vid}|{link}"] = {"tagging_mode": "tagged"}
    for key in list(config["VLAN_INTERFACE"]):
        if key.startswith(f"{vlan}|") and key != f"{vlan}|{want.address}":
            del config["VLAN_INTERFACE"][key]
    config["VLAN_INTERFACE"].setdefault(vlan, {})
    config["VLAN_INTERFACE"].setdefault(f"{vlan}|{want.address}", {})
    source = str(ip_interface(want.address).ip)
    domain = config["MCLAG_DOMAIN"].setdefault(want.domain, {})
    domain |= {"source_ip": source, "peer_ip": want.peer_address, "peer_link": link}


def refuse(config: Config, desired: SwitchConfig) -> None:
    """A domain that the driver cannot make of the present one is a FabricError."""
    wanted, where = desired.mlag, f"{desired.name}.mlag"
    if wanted is None:
        return
    if not 1 <= int(wanted.domain) <= LAST_DOMAIN:
        raise FabricError(f"{where}.domain", f"{wanted.domain} is not a domain of SONiC", f"use 1 to {LAST_DOMAIN}")
    if ip_interface(wanted.address).version != 4:
        raise FabricError(f"{where}.address", "SONiC takes IPv4 only (sonic-mclag.yang)", "give an IPv4 subnet")
    present = next(iter(config.get("MCLAG_DOMAIN", {})), wanted.domain)
    if present != wanted.domain:
        why = f"the switch is in the MCLAG domain {present}, and a change would interrupt all shared channels"
        raise FabricError(f"{where}.domain", why, f"write domain: {present}, or remove the domain from both switches")


def is_link(config: Config, desired: SwitchConfig, names: Names, name: str) -> bool:
    """Whether a channel is that of the peer link."""
    return desired.mlag is not None and name == channel(config, desired.mlag, names)
