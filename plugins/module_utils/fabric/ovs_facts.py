# SPDX-License-Identifier: GPL-3.0-or-later
"""What Open vSwitch sees. Pure.

Columns are those of ovs-vswitchd.conf.db(5): ``admin_state``, ``link_state``, ``link_speed`` (bit/s), ``mtu`` and
``statistics`` of an Interface, ``rstp_status`` and ``status`` (STP) of a Port. ``fdb/show``, ``lacp/show`` and
``bond/show`` are printed by ovs-appctl (ovs-vswitchd(8)); they call a member port ``slave`` before release 2.17.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from .facts import Forwarding, LagFacts, Learnt, Member, PortFacts, SwitchFacts, asked, integer, partner
from .ovs_rows import Row

_MEMBER = re.compile(r"(?:member|slave):? (\S+?): *(.*)")
UNTOLD = {
    "vlans": "Open vSwitch has no table of VLANs: one exists where a port carries it",
    "lldp": "ovs-vswitchd counts the LLDP frames that it receives and shows nothing of their content",
}
NO_SOCKET = "there is no control socket: name it in connection.control"


def switch_facts(
    name: str,
    ports: Iterable[Row],
    interfaces: Mapping[Any, Row],
    sections: Collection[str],
    told: Mapping[str, str] | None,
) -> SwitchFacts:
    """The facts, by the names of network devices.

    :param ports: the Port records of the bridge, without that of its own device.
    :param interfaces: the Interface records by their UUID.
    :param told: the output of the commands of :func:`commands`, by their names; None without a control socket.
    """
    rows = list(ports)
    members = {row["name"]: [interfaces[key] for key in row["interfaces"] if key in interfaces] for row in rows}
    untold = {section: UNTOLD[section] for section in UNTOLD if section in sections}
    if told is None:
        untold |= {section: NO_SOCKET for section in ("macs", "lags") if section in sections}
    places = {row["name"]: _place(row, members[row["name"]]) for row in rows}
    numbers = {item.get("ofport"): places[row["name"]] for row in rows for item in members[row["name"]]}
    lags = macs = None
    if told is not None and "lags" in sections:
        aggregations = [row for row in rows if _is_lag(row, members[row["name"]])]
        lags = _lags(aggregations, members, lacp_partners(told["lacp/show"]), _enabled(told["bond/show"]))
    if told is not None and "macs" in sections:
        macs = _macs(told["fdb/show"], numbers)
    return SwitchFacts(
        name,
        ports=asked("ports", sections, [_port(item, row) for row in rows for item in members[row["name"]]]),
        lags=asked("lags", sections, lags),
        macs=asked("macs", sections, macs),
        stp=asked("stp", sections, [found for row in rows for found in _forwarding(row, places[row["name"]])]),
        untold=untold,
    )


def commands(sections: Collection[str]) -> list[str]:
    """The commands of ovs-appctl that some sections need."""
    return [*(["fdb/show"] if "macs" in sections else []), *(["lacp/show", "bond/show"] if "lags" in sections else [])]


def _is_lag(row: Row, members: list[Row]) -> bool:
    return bool(row.get("lacp")) or len(members) > 1


def _place(row: Row, members: list[Row]) -> str:
    """The name of an aggregation; that of its network device for a single port."""
    return str(row["name"] if _is_lag(row, members) or not members else members[0]["name"])


def _port(interface: Row, port: Row) -> PortFacts:
    counters, speed = interface.get("statistics") or {}, integer(interface.get("link_speed"))
    return PortFacts(
        interface["name"],
        _up(interface.get("admin_state")),
        _up(interface.get("link_state")),
        speed // 1_000_000 if speed is not None else None,
        integer(interface.get("mtu")),
        port["external_ids"].get("groundup-description"),
        integer(counters.get("rx_errors")),
        integer(counters.get("tx_errors")),
        integer(counters.get("rx_dropped")),
        integer(counters.get("tx_dropped")),
    )


def _up(state: object) -> bool | None:
    return state == "up" if state in ("up", "down") else None


def _lags(
    rows: Iterable[Row], members: Mapping[str, list[Row]], partners: Mapping[str, str], enabled: Mapping[str, bool]
) -> list[LagFacts]:
    found = []
    for row in rows:
        mine = tuple(
            Member(
                item["name"],
                partners.get(item["name"]),
                # bond/show has aggregations of two members and more only
                enabled.get(item["name"], _up(item.get("link_state"))),
            )
            for item in members[row["name"]]
        )
        found.append(LagFacts(row["name"], row["name"], any(member.up for member in mine), mine))
    return found


def lacp_partners(text: str) -> dict[str, str]:
    """The LACP partner of each member port that has one, of ``lacp/show``."""
    found: dict[str, str] = {}
    member = ""
    for line in text.splitlines():
        match, words = _MEMBER.match(line.strip()), line.split()
        if match:
            member = match[1]
        elif words[:2] == ["partner", "sys_id:"] and len(words) == 3:
            mac = partner(words[2])
            found |= {member: mac} if mac else {}
    return found


def _enabled(text: str) -> dict[str, bool]:
    """Whether each member port may carry traffic, of ``bond/show``."""
    matches = [_MEMBER.match(line.strip()) for line in text.splitlines()]
    return {match[1]: match[2].startswith("enabled") for match in matches if match}


def _macs(text: str, numbers: Mapping[Any, str]) -> list[Learnt]:
    """Addresses of ``fdb/show``, whose first column is a port number of OpenFlow; the bridge's own port is not one."""
    rows = [line.split() for line in text.splitlines()[1:]]
    learnt = [row for row in rows if len(row) >= 4 and row[0].isdigit()]
    return [Learnt(int(row[1]), row[2].lower(), numbers[int(row[0])]) for row in learnt if int(row[0]) in numbers]


def _forwarding(row: Row, place: str) -> list[Forwarding]:
    """The state of a port if the bridge takes part in a spanning tree (RSTP or STP)."""
    for protocol, column, prefix in (("rstp", "rstp_status", "rstp_port_"), ("stp", "status", "stp_")):
        status = row.get(column) or {}
        state = status.get(f"{prefix}state")
        if isinstance(state, str):
            return [Forwarding(place, protocol, state.lower(), _low(status.get(f"{prefix}role")))]
    return []


def _low(value: object) -> str | None:
    return value.lower() if isinstance(value, str) else None
