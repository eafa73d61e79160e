# SPDX-License-Identifier: GPL-3.0-or-later
"""What an NX-OS switch tells of itself by NX-API. Pure.

Tables of JSON (``TABLE_x``/``ROW_x``, where one row may be no list) have the keys of the captured answers of napalm's
tests and of cisco.nxos: ``show interface`` (``eth_bw`` in kbit/s), ``show interface transceiver details`` (``rx_pwr``
in dBm, by lane), ``show port-channel summary`` (status ``P``: the port is in the channel), ``show vlan brief``,
``show spanning-tree``. The MAC table, LACP neighbours and LLDP neighbours are read as text, like :mod:`.parse` does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
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
    powers,
)
from . import parse
from .names import channel_name, channel_number, port_name

Table = Mapping[str, Any]
INTERFACES, OPTICS = "show interface", "show interface transceiver details"
CHANNELS, LACP = "show port-channel summary", "show lacp neighbor"
VLANS, LLDP, MACS, STP = "show vlan brief", "show lldp neighbors detail", "show mac address-table", "show spanning-tree"
#: Commands by section, those that are read as JSON and those that are read as text.
_TABLES = {"ports": (INTERFACES, OPTICS), "lags": (CHANNELS,), "vlans": (VLANS,), "stp": (STP,)}
_TEXTS = {"lags": (LACP,), "lldp": (LLDP,), "macs": (MACS,)}
#: The command without which a section is not told, by section.
_NEEDED = {"ports": INTERFACES, "lags": CHANNELS, "vlans": VLANS, "lldp": LLDP, "macs": MACS, "stp": STP}
_STATES = {"fwd": "forwarding", "blk": "blocking", "lrn": "learning", "lis": "listening", "dis": "disabled"}
_ROLES = {"desg": "designated", "altn": "alternate", "back": "backup", "mstr": "master"}


def tables(sections: Collection[str]) -> list[str]:
    """The commands that are read as JSON."""
    return needed(_TABLES, sections)


def texts(sections: Collection[str]) -> list[str]:
    """The commands that are read as text."""
    return needed(_TEXTS, sections)


def switch_facts(
    name: str, sections: Collection[str], told: Mapping[str, Any], refused: Mapping[str, str]
) -> SwitchFacts:
    """The facts, by the names of NX-OS.

    :param told: the answers of :func:`tables` and :func:`texts` by command, without those that the switch refused.
    :param refused: why, by command.
    """
    untold = {section: refused[_NEEDED[section]] for section in sections if _NEEDED[section] in refused}
    read = {
        "ports": lambda: _ports(told[INTERFACES], told.get(OPTICS) or {}),
        "lags": lambda: _lags(told[CHANNELS], told.get(LACP) or ""),
        "vlans": lambda: _vlans(told[VLANS]),
        "lldp": lambda: _neighbours(told[LLDP]),
        "macs": lambda: _macs(told[MACS]),
        "stp": lambda: _forwarding(told[STP]),
    }
    rows = {key: asked(key, sections, read[key]()) for key in read if key in sections and key not in untold}
    return SwitchFacts(name, **rows, untold=untold)


def _rows(table: Any, name: str) -> list[Table]:
    """The rows of ``TABLE_name``; one row is a dictionary, and none may be an empty text."""
    above = table.get(f"TABLE_{name}") if isinstance(table, dict) else None
    found: list[Table] = []
    for part in above if isinstance(above, list) else [above]:
        rows = part.get(f"ROW_{name}") if isinstance(part, dict) else None
        found += [row for row in (rows if isinstance(rows, list) else [rows]) if isinstance(row, dict)]
    return found


def _ports(table: Table, transceivers: Table) -> Iterator[PortFacts]:
    optics = {str(row.get("interface")): row for row in _rows(transceivers, "interface")}
    for row in _rows(table, "interface"):
        name = str(row.get("interface"))
        if port_name(name) is None:
            continue
        bandwidth = row.get("eth_bw")
        # some releases give a list of two values
        speed = integer(bandwidth[0] if isinstance(bandwidth, list) and bandwidth else bandwidth)
        admin, state = row.get("admin_state"), row.get("state")
        yield PortFacts(
            name,
            admin == "up" if admin else None,
            state == "up" if state else None,
            speed // 1000 if speed else None,
            integer(row.get("eth_mtu")),
            str(row.get("desc") or ""),
            integer(row.get("eth_inerr")),
            integer(row.get("eth_outerr")),
            integer(row.get("eth_indiscard")),
            integer(row.get("eth_outdiscard")),
            _optics(optics.get(name, {})),
        )


def _optics(row: Table) -> Optics | None:
    if row.get("sfp") != "present":
        return None
    lanes = _rows(row, "lane") or [row]
    kind = str(row.get("type") or "").strip() or None
    return Optics(kind, powers(lane.get("rx_pwr") for lane in lanes), powers(lane.get("tx_pwr") for lane in lanes))


def _lags(table: Table, lacp: str) -> Iterator[LagFacts]:
    partners = {found.place: found.mac for found in parse.partners(lacp, {})}
    for row in _rows(table, "channel"):
        number = channel_number(str(row.get("port-channel"))) or integer(row.get("group"))
        if number is None:
            continue
        members = [(port_name(str(port.get("port"))), port) for port in _rows(row, "member")]
        mine = tuple(Member(name, partners.get(name), port.get("port-status") == "P") for name, port in members if name)
        status = row.get("status")
        yield LagFacts(channel_name(number), channel_name(number), status == "U" if status else None, mine)


def _vlans(table: Table) -> Iterator[Vlan]:
    for row in _rows(table, "vlanbriefxbrief"):
        number = integer(row.get("vlanshowbr-vlanid-utf") or row.get("vlanshowbr-vlanid"))
        if number is not None:
            yield Vlan(number, row.get("vlanshowbr-vlanname"))


def _macs(text: str) -> Iterator[Learnt]:
    """Lines such as ``* 20 5254.0004.0100 dynamic 0 F F Po7``; the switch's own addresses have no port."""
    for line in text.splitlines():
        words = line.split()
        at = next((number for number, word in enumerate(words) if parse.is_mac(word)), 0)
        place = _device(words[-1]) if at else None
        if place:
            yield Learnt(integer(words[at - 1]), mac_of(words[at]), place)


def _device(text: str) -> str | None:
    number = channel_number(text)
    return channel_name(number) if number is not None else port_name(text)


def _neighbours(text: str) -> Iterator[Neighbour]:
    """Blocks of ``key: value``, each of which begins with the chassis. The kind of the port identifier is not shown."""
    blocks: list[dict[str, str]] = []
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        key = key.strip().lower()
        if key == "chassis id" and colon:
            blocks.append({})
        if blocks and colon:
            blocks[-1].setdefault(key, value.strip())
    for block in blocks:
        local = block.get("local port id", "")
        port_id = identifier(block.get("port id"))
        shown = {key: None if value in ("", "not advertised", "null") else value for key, value in block.items()}
        yield Neighbour(
            port_name(local) or local,
            shown.get("system name"),
            identifier(block.get("chassis id")),
            port_id,
            kind_of(None, port_id),
            shown.get("port description"),
        )


def _forwarding(table: Table) -> Iterator[Forwarding]:
    for tree in _rows(table, "tree"):
        instance = str(tree.get("tree_id") or "")
        for port in _rows(tree, "port"):
            yield Forwarding(
                str(port.get("if_index")), instance, _word(port, "state", _STATES), _word(port, "role", _ROLES)
            )


def _word(port: Table, key: str, long: Mapping[str, str]) -> str | None:
    value = str(port.get(key) or "").lower()
    return long.get(value, value) or None
