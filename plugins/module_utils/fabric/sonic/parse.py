# SPDX-License-Identifier: GPL-3.0-or-later
"""CONFIG_DB and the answers of ``show`` commands as the model's objects. Pure.

Units: ``mtu`` of a port or channel is that of the Linux device, so bytes of IP payload as in the model; orchagent adds
22 bytes for the frame (sonic-swss, ``PortsOrch::setPortMtu``). Without the field it is 9100 (sonic-swss,
``DEFAULT_MTU_STR``).
"""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any

from ..config import NO_PARTNER, UNKNOWN, Lacp, Lag, Membership, Port, PortMode, Sighting, SwitchConfig
from . import mclag, routed
from .tables import Config, Names, channel_of, keys, members, stp_mode, uses_modes

DEFAULT_MTU = 9100
#: Fields of STP_PORT that make an edge port, by the mode of the spanning tree. ``bpdu_guard_do_disable`` shuts it.
EDGE = {
    "pvst": ("portfast", "bpdu_guard", "bpdu_guard_do_disable"),
    "mst": ("edge_port", "bpdu_guard", "bpdu_guard_do_disable"),
}
_MAC = r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}"


def parse(config: Config, desired: SwitchConfig, names: Names) -> SwitchConfig:
    """The present state of what `desired` names, and of channels that use the same ports.

    A port that is to be a member of a channel is reported only if it carries VLANs, or is a routed one of a run.
    """
    ports = {}
    for name, key in names.ports.items():
        if channel_of(config, key) is not None:
            continue
        own = routed.read(config, key, name, desired, _mtu(config["PORT"][key]))
        if own or name in desired.ports or keys(config, "VLAN_MEMBER", key):
            ports[name] = own or _port(config, key, name, desired.ports.get(name))
    lags = {}
    wanted = set(names.ports.values())
    for channel in config.get("PORTCHANNEL", {}):
        name = names.model_lag(channel)
        if mclag.is_link(config, desired, names, channel):
            continue
        if name in names.lags or wanted & set(members(config, channel)):
            lags[name] = _lag(config, channel, name, desired.lags.get(name), names)
    present = {int(key.removeprefix("Vlan")): entry for key, entry in config.get("VLAN", {}).items()}
    vlans = {vid: str(entry.get("description", "")) for vid, entry in present.items() if vid in desired.vlans}
    domain = mclag.read(config, desired, desired.mlag, names) if desired.mlag else None
    return SwitchConfig(desired.name, ports, lags, vlans, domain)


def _port(config: Config, key: str, name: str, wanted: Port | None) -> Port:
    entry = config["PORT"][key]
    membership = _membership(config, key, entry, wanted.membership if wanted else None)
    edge = _edge(config, key, wanted is not None and wanted.edge)
    return Port(name, membership, _mtu(entry), str(entry.get("description", "")), edge)


def _lag(config: Config, channel: str, name: str, wanted: Lag | None, names: Names) -> Lag:
    entry = config["PORTCHANNEL"][channel]
    ports = tuple(sorted(names.model_port(key) for key in members(config, channel)))
    shared = keys(config, "MCLAG_INTERFACE", channel)
    return Lag(
        name,
        ports,
        _membership(config, channel, entry, wanted.membership if wanted else None),
        min([_mtu(entry), *(_mtu(config["PORT"][key]) for key in members(config, channel) if key in config["PORT"])]),
        _lacp(entry, ports, wanted),
        str(entry.get("description", "")),
        int(re.sub(r"\D", "", channel) or 0) if shared else None,
        _edge(config, channel, wanted is not None and wanted.edge),
    )


def _lacp(entry: dict[str, Any], ports: tuple[str, ...], wanted: Lag | None) -> Lacp:
    """LACP is always active (sonic-swss, ``TeamMgr::addLag``).

    ``fallback`` belongs to the whole channel: which member forwards cannot be chosen. The wanted member is therefore
    reported if the channel has it, so that the comparison holds.
    """
    fallback = None
    if entry.get("fallback") == "true":
        member = wanted.lacp.fallback_port if wanted and wanted.lacp else None
        fallback = member if member in ports else next(iter(ports), None)
    return Lacp(True, entry.get("fast_rate") == "true", fallback)


def _membership(config: Config, name: str, entry: dict[str, Any], wanted: Membership | None) -> Membership:
    """VLANs of a port or channel. One untagged VLAN alone is an access port, and a trunk if that is wanted: without
    the field ``mode`` CONFIG_DB does not tell them apart, and they treat frames alike."""
    found: dict[str, list[int]] = {"tagged": [], "untagged": []}
    for key in keys(config, "VLAN_MEMBER", name):
        tagging = str(config["VLAN_MEMBER"][key].get("tagging_mode"))
        found.setdefault(tagging, []).append(int(key.split("|")[0].removeprefix("Vlan")))
    untagged, tagged = found["untagged"], found["tagged"]
    if len(found) > 2 or len(untagged) > 1 or not (untagged or tagged):
        return UNKNOWN
    native = untagged[0] if untagged else None
    trunk = Membership.of(PortMode.TRUNK, native, tagged)
    access = trunk if tagged else Membership(PortMode.ACCESS, native, trunk.vlans)
    if uses_modes(config):
        return {"access": access if not tagged else UNKNOWN, "trunk": trunk}.get(str(entry.get("mode")), UNKNOWN)
    return trunk if wanted == trunk else access


def _mtu(entry: dict[str, Any]) -> int:
    return int(entry.get("mtu", DEFAULT_MTU))


def _edge(config: Config, name: str, wanted: bool) -> bool:
    """Whether a port is an edge port. Without a spanning tree each port forwards at once: it is as wanted."""
    mode = stp_mode(config)
    if mode is None:
        return wanted
    entry = config.get("STP_PORT", {}).get(name, {})
    return all(entry.get(field) == "true" for field in EDGE[mode])


def mac_table(text: str, config: Config, names: Names) -> list[Sighting]:
    """``show mac``: No., Vlan, MacAddress, Port, Type (sonic-utilities, ``scripts/fdbshow``)."""
    rows = re.findall(rf"^ *\d+ +\d+ +({_MAC}) +(\S+)", text, re.MULTILINE)
    return [Sighting(mac.lower(), _place(port, config, names), "mac_table") for mac, port in rows]


def lldp_table(text: str, config: Config, names: Names) -> list[Sighting]:
    """``show lldp table``: the local port first, and the neighbour's port, which many machines name by its address."""
    rows = re.findall(rf"^(\S+) .*?\b({_MAC})\b", text, re.MULTILINE)
    return [Sighting(mac.lower(), _place(port, config, names), "lldp") for port, mac in rows]


def partners(text: str, config: Config, names: Names) -> list[Sighting]:
    """``teamdctl … state dump`` (libteam): the LACP partner of each member port."""
    found = []
    with contextlib.suppress(json.JSONDecodeError, AttributeError):
        for port, state in json.loads(text).get("ports", {}).items():
            mac = state.get("runner", {}).get("partner_lacpdu_info", {}).get("system", NO_PARTNER)
            if mac != NO_PARTNER:
                found.append(Sighting(mac.lower(), _place(port, config, names), "lacp"))
    return found


def _place(name: str, config: Config, names: Names) -> str:
    """The model's name of a port or channel in the output of a command, which may show the port's alias."""
    aliases = {str(entry.get("alias")): key for key, entry in config.get("PORT", {}).items()}
    return names.model_lag(name) if name.startswith("PortChannel") else names.model_port(aliases.get(name, name))
