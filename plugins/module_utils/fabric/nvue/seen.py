# SPDX-License-Identifier: GPL-3.0-or-later
"""What a switch with Cumulus Linux tells of itself by NVUE's REST API. Pure.

Names are those of ``nv show interface`` (``link``: ``state``, ``speed``, ``mtu``, ``stats`` with ``in-errors``,
``in-drops``; ``bond``: ``member``; ``transceiver``: ``ch-1-rx-power``; ``lldp``: ``neighbor``) and of ``nv show bridge
domain`` (``vlan``, ``mac-table``) in the user guide and the command reference of Cumulus Linux 5.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..config import mac_of
from ..facts import (
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
    powers,
)
from .names import Tree, bonds, expanded, is_off, is_on, members

#: Parts of all interfaces, by section.
INCLUDE = {"ports": ("link", "transceiver"), "lags": ("link", "bond"), "lldp": ("lldp/neighbor",)}
UNTOLD = {"stp": "the driver does not read states of the spanning tree: their form in the REST API is not documented"}
_PORT = re.compile(r"swp\d+(s\d+)*\Z")
_SPEED = re.compile(r"(\d+(?:\.\d+)?)([MG])\Z")
_DBM = re.compile(r"(-?\d+(?:\.\d+)?) *dBm")


def parts(sections: Collection[str]) -> list[str]:
    """The parts of interfaces that some sections need, each once."""
    return needed(INCLUDE, sections)


def switch_facts(
    name: str, sections: Collection[str], interfaces: Mapping[str, Tree], domains: Mapping[str, Tree]
) -> SwitchFacts:
    """The facts, by the names of the switch.

    :param interfaces: all interfaces with the :func:`parts`, by the part.
    :param domains: the bridges with their ``vlan`` and ``mac-table``.
    """
    link, bond = interfaces.get("link", {}), interfaces.get("bond", {})
    return SwitchFacts(
        name,
        ports=asked("ports", sections, _ports(link, interfaces.get("transceiver", {}))),
        lags=asked("lags", sections, _lags(link, bond)),
        vlans=asked("vlans", sections, _vlans(domains)),
        lldp=asked("lldp", sections, _neighbours(interfaces.get("lldp/neighbor", {}))),
        macs=asked("macs", sections, _macs(domains)),
        untold={section: UNTOLD[section] for section in UNTOLD if section in sections},
    )


def _ports(interfaces: Tree, transceivers: Tree) -> Iterator[PortFacts]:
    for name, item in interfaces.items():
        link = item.get("link") or {}
        if not _PORT.match(name):
            continue
        stats = link.get("stats") or {}
        yield PortFacts(
            name,
            _word(link.get("admin-status")),
            _up(link),
            _speed(link.get("speed")),
            integer(link.get("mtu")),
            None,
            integer(stats.get("in-errors")),
            integer(stats.get("out-errors")),
            integer(stats.get("in-drops")),
            integer(stats.get("out-drops")),
            _optics((transceivers.get(name) or {}).get("transceiver") or {}),
        )


def _up(link: Tree) -> bool | None:
    """``oper-status``, or ``state``, which is a word or, as in a configuration, a dictionary with one."""
    state = link.get("oper-status", link.get("state"))
    return _word(next(iter(state), None) if isinstance(state, dict) else state)


def _word(value: Any) -> bool | None:
    if value == "up" or is_on(value):
        return True
    return False if value == "down" or is_off(value) else None


def _speed(value: Any) -> int | None:
    found = _SPEED.match(str(value or ""))
    return int(float(found[1]) * (1000 if found[2] == "G" else 1)) if found else None


def _optics(item: Tree) -> Optics | None:
    """Powers such as ``0.8625 mW / -0.64 dBm``."""
    if not item.get("identifier"):
        return None
    received, sent = ([item.get(f"ch-{lane}-{way}-power") for lane in range(1, 9)] for way in ("rx", "tx"))
    return Optics(str(item["identifier"]), powers(map(_dbm, received)), powers(map(_dbm, sent)))


def _dbm(value: Any) -> str:
    found = _DBM.search(str(value))
    return found[1] if found else ""


def _lags(link: Tree, bond: Tree) -> Iterator[LagFacts]:
    """Bonds with their members. LACP partners are not in the answer."""
    for name, item in bonds(bond).items():
        mine = tuple(Member(port, None, _up((link.get(port) or {}).get("link") or {})) for port in members(item))
        if mine:
            yield LagFacts(name, name, _up((link.get(name) or {}).get("link") or {}), mine)


def _vlans(domains: Mapping[str, Tree]) -> Iterator[Vlan]:
    """VLANs of all bridges; they have no names there."""
    found = {int(vid) for item in domains.values() for vid in expanded(item.get("vlan") or {}) if vid.isdigit()}
    for vid in sorted(found):
        yield Vlan(vid, None)


def _macs(domains: Mapping[str, Tree]) -> Iterator[Learnt]:
    """Learnt addresses; the switch's own have no VLAN, or are permanent."""
    for item in domains.values():
        for row in (item.get("mac-table") or {}).values():
            if not isinstance(row, dict) or row.get("entry-type") in ("permanent", "static"):
                continue
            if row.get("vlan") and row.get("interface") and mac_of(row.get("mac")):
                yield Learnt(integer(row["vlan"]), mac_of(row["mac"]), str(row["interface"]))


def _neighbours(interfaces: Tree) -> Iterator[Neighbour]:
    for name, item in interfaces.items():
        for key, neighbour in ((item.get("lldp") or {}).get("neighbor") or {}).items():
            chassis, port = neighbour.get("chassis") or {}, neighbour.get("port") or {}
            port_id = identifier(port.get("name") or port.get("id"))
            yield Neighbour(
                name,
                str(chassis.get("system-name") or key),
                identifier(chassis.get("chassis-id")),
                port_id,
                kind_of(port.get("type"), port_id),
                port.get("description") or None,
            )
