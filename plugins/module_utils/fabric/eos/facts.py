# SPDX-License-Identifier: GPL-3.0-or-later
"""What an EOS switch tells of itself by eAPI. Pure.

Keys: ``show interfaces`` and ``show interfaces transceiver`` as the captured answers of napalm's tests have them
(``bandwidth`` in bit/s, ``rxPower`` and ``txPower`` in dBm); ``show port-channel summary`` (``ports``, ``activePorts``)
and ``show spanning-tree`` (``spanningTreeInstances``) as captured on EOS 4.26 by others; the rest as in :mod:`.seen`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ..config import mac_of
from ..facts import (
    Forwarding,
    LagFacts,
    Learnt,
    Member,
    Neighbour,
    Optics,
    PortFacts,
    SwitchFacts,
    Vlan,
    asked,
    identifier,
    integer,
    kind_of,
    needed,
    partner,
    powers,
)

Answer = Mapping[str, Any]
_INTERFACES, _OPTICS = "show interfaces", "show interfaces transceiver"
_CHANNELS, _LACP = "show port-channel summary", "show lacp peer"
_VLANS, _LLDP, _MACS = "show vlan", "show lldp neighbors detail", "show mac address-table"
_STP = "show spanning-tree"
_COMMANDS = {
    "ports": (_INTERFACES, _OPTICS),
    "lags": (_INTERFACES, _CHANNELS, _LACP),
    "vlans": (_VLANS,),
    "lldp": (_LLDP,),
    "macs": (_MACS,),
    "stp": (_STP,),
}


def commands(sections: Collection[str]) -> list[str]:
    """The show commands of some sections, each once."""
    return needed(_COMMANDS, sections)


def switch_facts(name: str, sections: Collection[str], told: Mapping[str, Answer]) -> SwitchFacts:
    """The facts, by the names of EOS.

    :param told: the answers of :func:`commands` by command.
    """

    def rows(section: str, read: Callable[[Mapping[str, Answer]], Iterator[Any]]) -> Any:
        return asked(section, sections, read(told) if section in sections else None)

    return SwitchFacts(
        name,
        ports=rows("ports", _ports),
        lags=rows("lags", _lags),
        vlans=rows("vlans", _vlans),
        lldp=rows("lldp", _neighbours),
        macs=rows("macs", _macs),
        stp=rows("stp", _forwarding),
    )


def _ports(told: Mapping[str, Answer]) -> Iterator[PortFacts]:
    optics = told[_OPTICS].get("interfaces") or {}
    for name, item in (told[_INTERFACES].get("interfaces") or {}).items():
        if not name.startswith("Ethernet"):
            continue
        counters = item.get("interfaceCounters") or {}
        status, line, speed = (
            item.get("interfaceStatus"),
            item.get("lineProtocolStatus"),
            integer(item.get("bandwidth")),
        )
        yield PortFacts(
            name,
            status != "disabled" if status else None,
            line == "up" if line else None,
            speed // 1_000_000 if speed else None,
            integer(item.get("mtu")),
            item.get("description"),
            integer(counters.get("totalInErrors")),
            integer(counters.get("totalOutErrors")),
            integer(counters.get("inDiscards")),
            integer(counters.get("outDiscards")),
            _optics(optics.get(name) or {}),
        )


def _optics(item: Answer) -> Optics | None:
    """EOS shows one lane per interface; an empty cage has an empty entry."""
    if not item:
        return None
    return Optics(item.get("mediaType"), powers([item.get("rxPower")]), powers([item.get("txPower")]))


def _lags(told: Mapping[str, Answer]) -> Iterator[LagFacts]:
    interfaces = told[_INTERFACES].get("interfaces") or {}
    peers = told[_LACP].get("portChannels") or {}
    for name, channel in (told[_CHANNELS].get("portChannels") or {}).items():
        lacp, active = (peers.get(name) or {}).get("interfaces") or {}, channel.get("activePorts") or {}
        ports = [*(channel.get("ports") or {}), *active, *(channel.get("inactivePorts") or {})]
        members = tuple(Member(port, _partner(lacp.get(port) or {}), port in active) for port in dict.fromkeys(ports))
        line = (interfaces.get(name) or {}).get("lineProtocolStatus")
        yield LagFacts(name, name, line == "up" if line else None, members)


def _partner(peer: Answer) -> str | None:
    """``8000,76-83-ef-ed-66-5d``: a priority and the address."""
    return partner(str(peer.get("partnerSystemId", "")).rpartition(",")[2])


def _vlans(told: Mapping[str, Answer]) -> Iterator[Vlan]:
    for number, vlan in (told[_VLANS].get("vlans") or {}).items():
        if str(number).isdigit():
            yield Vlan(int(number), vlan.get("name"))


def _neighbours(told: Mapping[str, Answer]) -> Iterator[Neighbour]:
    for port, item in (told[_LLDP].get("lldpNeighbors") or {}).items():
        for neighbour in item.get("lldpNeighborInfo") or []:
            end = neighbour.get("neighborInterfaceInfo") or {}
            # identifiers that are text are quoted in some releases, as napalm removes the quotes
            port_id = identifier(str(end.get("interfaceId") or "").replace('"', ""))
            yield Neighbour(
                port,
                neighbour.get("systemName") or None,
                identifier(neighbour.get("chassisId")),
                port_id,
                kind_of(end.get("interfaceIdType"), port_id),
                end.get("interfaceDescription") or None,
            )


def _macs(told: Mapping[str, Answer]) -> Iterator[Learnt]:
    for entry in (told[_MACS].get("unicastTable") or {}).get("tableEntries") or []:
        if mac_of(entry.get("macAddress")) and entry.get("interface"):
            yield Learnt(integer(entry.get("vlanId")), mac_of(entry["macAddress"]), str(entry["interface"]))


def _forwarding(told: Mapping[str, Answer]) -> Iterator[Forwarding]:
    for instance, tree in (told[_STP].get("spanningTreeInstances") or {}).items():
        for port, item in (tree.get("interfaces") or {}).items():
            yield Forwarding(port, instance, item.get("state"), item.get("role"))
