# SPDX-License-Identifier: GPL-3.0-or-later
"""CONFIG_DB as data, and which of its ports and channels belong to the names of a model. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import breakout
from ..config import FabricError, Lag, SwitchConfig

#: Table -> key -> field -> value. Parts of a key are separated by ``|``.
Config = dict[str, dict[str, dict[str, Any]]]
#: sonic-portchannel.yang, PORTCHANNEL_LIST/name.
CHANNEL = re.compile(r"PortChannel([0-9]{1,4})\Z")
LAST_CHANNEL = 9999
_ROUTED = ("INTERFACE", "PORTCHANNEL_INTERFACE", "VLAN_SUB_INTERFACE")


def keys(config: Config, table: str, last: str) -> list[str]:
    """Keys of a table whose last part is the given one, such as the VLANs of a port."""
    return [key for key in config.get(table, {}) if key.split("|")[-1] == last]


def members(config: Config, channel: str) -> tuple[str, ...]:
    """The ports of a channel, ascending."""
    found = (key.split("|", 1) for key in config.get("PORTCHANNEL_MEMBER", {}))
    return tuple(sorted(port for name, port in found if name == channel))


def channel_of(config: Config, port: str) -> str | None:
    """The channel that a port is a member of."""
    found = keys(config, "PORTCHANNEL_MEMBER", port)
    return found[0].split("|")[0] if found else None


def number(channel: str) -> int:
    """The number of a channel; -1 for a name that is none of this release."""
    match = CHANNEL.match(channel)
    return int(match[1]) if match else -1


def uses_modes(config: Config) -> bool:
    """Whether the release has the field ``mode`` of ports (routed, access, trunk), which older YANG models refuse."""
    return any("mode" in entry for table in ("PORT", "PORTCHANNEL") for entry in config.get(table, {}).values())


def stp_mode(config: Config) -> str | None:
    """``pvst``, ``mst``, or None without a spanning tree (sonic-spanning-tree.yang, STP/GLOBAL/mode)."""
    mode = config.get("STP", {}).get("GLOBAL", {}).get("mode")
    return str(mode) if mode in ("pvst", "mst") else None


def mclag_domain(config: Config) -> str | None:
    """The MLAG domain that has a peer link (sonic-mclag.yang, MCLAG_DOMAIN); there is at most one."""
    for domain, entry in config.get("MCLAG_DOMAIN", {}).items():
        if entry.get("peer_link"):
            return domain
    return None


@dataclass(frozen=True)
class Names:
    """The model's names and those of CONFIG_DB.

    :ivar ports: the model's name of each port -> its key in PORT.
    :ivar lags: the model's name of each aggregation -> its channel, which need not exist yet.
    """

    ports: dict[str, str]
    lags: dict[str, str]

    @classmethod
    def of(cls, config: Config, desired: SwitchConfig) -> Names:
        """Find the ports and choose the channels; a port that does not exist is a FabricError."""
        ports = {name: port_key(config, name) for name in sorted(desired.all_ports)}
        missing = [name for name, key in ports.items() if key is None]
        where = f"switches.{desired.name}"
        if missing:
            known = ", ".join(sorted(config.get("PORT", {}), key=_natural)) or "none"
            lanes = {key: len(str(entry.get("lanes", "")).split(",")) for key, entry in config.get("PORT", {}).items()}
            labels = {str(entry.get("alias", key)): key for key, entry in config.get("PORT", {}).items()}
            more = breakout.remedy_of_sonic(missing, lanes, labels)
            remedy = f"its ports are: {known}; correct the cabling in the model{more}"
            raise FabricError(where, f"there is no port {', '.join(missing)}", remedy)
        found = {name: key for name, key in ports.items() if key is not None}
        _refuse_aliases_of_one_port(where, found)
        return cls(found, _channels(config, desired, found))

    def model_port(self, key: str) -> str:
        """The model's name of a port, else the switch's."""
        return next((name for name, port in self.ports.items() if port == key), key)

    def model_lag(self, channel: str) -> str:
        """The model's name of a channel, else the switch's."""
        return next((name for name, key in self.lags.items() if key == channel), channel)


def port_key(config: Config, name: str) -> str | None:
    """The key in PORT of a port as people name it: that key itself, or the label on the front (field ``alias``)."""
    ports = config.get("PORT", {})
    if name in ports:
        return name
    return next((key for key, entry in ports.items() if entry.get("alias") == name), None)


def refuse_routed(config: Config, where: str, name: str) -> None:
    """A port or channel with an address or a subinterface is a FabricError: its use is not taken away in silence.

    The switch refuses it too as a member of a VLAN (sonic-vlan.yang) or of a channel (config/main.py).
    """
    for table in _ROUTED:
        for key in config.get(table, {}):
            if key.split("|")[0].split(".")[0] == name:
                remedy = f"remove {table}|{key} on the switch (sudo config interface ip remove …) or correct the model"
                raise FabricError(where, f"{name} is a routed port", remedy)


def refuse_impossible(config: Config, desired: SwitchConfig) -> None:
    """What this switch cannot do is a FabricError: MLAG without a domain, a static aggregation, and passive LACP.

    sonic-mclag.yang: a shared channel belongs to a domain. sonic-swss, ``TeamMgr::addLag``: teamd is always active.
    sonic-portchannel.yang has no field for an aggregation without LACP.
    """
    for lag in desired.lags.values():
        where = f"{desired.name}.lags.{lag.name}"
        if lag.mlag is not None and not desired.mlag and mclag_domain(config) is None:
            remedy = (
                "give the model a peer_link, or configure it: sudo config mclag add DOMAIN SOURCE_IP PEER_IP PEER_LINK"
            )
            raise FabricError(f"{where}.mlag", "the switch has no MLAG domain with a peer link", remedy)
        if lag.lacp is None:
            why = "SONiC has no static aggregation: its channels negotiate LACP (sonic-portchannel.yang)"
            raise FabricError(f"{where}.lacp.mode", why, "use active, and a machine's bond with mode: 802.3ad")
        if not lag.lacp.active:
            raise FabricError(f"{where}.lacp.mode", "SONiC cannot wait passively for LACP", "use active")


def _natural(name: str) -> tuple[str, int]:
    digits = re.search(r"\d+\Z", name)
    return (name[: digits.start()], int(digits[0])) if digits else (name, 0)


def _refuse_aliases_of_one_port(where: str, ports: dict[str, str]) -> None:
    owners: dict[str, str] = {}
    for name, key in ports.items():
        if key in owners:
            raise FabricError(where, f"{owners[key]} and {name} are the same port", "name it once")
        owners[key] = name


def _channels(config: Config, desired: SwitchConfig, ports: dict[str, str]) -> dict[str, str]:
    """The channel of each aggregation: its present one, else the lowest free number from 1.

    With an MLAG identifier it is the channel of that number: iccpd knows a shared channel by the digits of its name
    (sonic-buildimage, ``src/iccpd/src/port.c``, ``local_if_create``), so both switches of a pair name it equally.
    """
    present = {number(name): name for name in config.get("PORTCHANNEL", {})}
    shared = {lag.mlag for lag in desired.lags.values() if lag.mlag is not None}
    chosen = {
        lag.name: _shared(config, desired.name, lag, ports) for lag in desired.lags.values() if lag.mlag is not None
    }
    others = [desired.lags[name] for name in sorted(desired.lags) if desired.lags[name].mlag is None]
    for lag in others:
        taken = set(chosen.values())
        kept = next((c for c in _candidates(config, lag, ports) if c not in taken and number(c) not in shared), None)
        if kept:
            chosen[lag.name] = kept
    for lag in others:
        if lag.name not in chosen:
            used = {*present, *shared, *map(number, chosen.values())}
            chosen[lag.name] = f"PortChannel{next(n for n in range(1, LAST_CHANNEL + 1) if n not in used)}"
    return chosen


def _shared(config: Config, switch: str, lag: Lag, ports: dict[str, str]) -> str:
    where = f"{switch}.lags.{lag.name}.mlag"
    if not 0 < (lag.mlag or 0) <= LAST_CHANNEL:
        raise FabricError(where, f"{lag.mlag} is not the number of a PortChannel", f"use 1 to {LAST_CHANNEL}")
    found = next((name for name in config.get("PORTCHANNEL", {}) if number(name) == lag.mlag), None)
    if found is None:
        return f"PortChannel{lag.mlag}"
    if found not in _candidates(config, lag, ports) and not set(members(config, found)) <= _keys(lag, ports):
        why = f"{found} has another use ({config['PORTCHANNEL'][found].get('description') or 'no description'})"
        raise FabricError(where, why, "remove it from the switch, or use another identifier")
    return found


def _candidates(config: Config, lag: Lag, ports: dict[str, str]) -> Iterator[str]:
    """Channels that may be the aggregation, best first: by name, by description, by members."""
    channels = {name: entry.get("description", "") for name, entry in config.get("PORTCHANNEL", {}).items()}
    if lag.name in channels:
        yield lag.name
    yield from (n for n, text in channels.items() if lag.has_name_in(text))
    wanted = _keys(lag, ports)
    same = [name for name, text in channels.items() if text and text == lag.description]
    yield from (name for name in same if wanted & set(members(config, name)))
    yield from (name for name in channels if wanted == set(members(config, name)))


def _keys(lag: Lag, ports: dict[str, str]) -> set[str]:
    return {ports[member] for member in lag.members}
