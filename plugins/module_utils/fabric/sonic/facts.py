# SPDX-License-Identifier: GPL-3.0-or-later
"""What a SONiC switch tells of itself. Pure.

Tables of its databases are dumped by ``sonic-db-dump -n DB -y -k PATTERN``, which prints JSON: each key with its fields
below ``value`` (as sonic-utilities' ``generate_dump`` and sonic-mgmt use it). APPL_DB has ``PORT_TABLE`` (``speed`` in
Mbit/s), ``LAG_TABLE``, ``LAG_MEMBER_TABLE``, ``VLAN_TABLE``, ``LLDP_ENTRY_TABLE``, ``_STP_…PORT_TABLE``. STATE_DB has
``TRANSCEIVER_INFO`` and ``TRANSCEIVER_DOM_SENSOR`` (``rx1power`` in dBm). ``portstat -j`` has the counters since they
were last cleared (``RX_ERR``, ``RX_DRP``), ``show mac`` the MAC table, ``teamdctl`` the LACP partners.
"""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

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
    partner,
    powers,
)

#: The line before the output of each command of one session, and the one after a command that failed.
BEGIN, FAILED = "@@ begin ", "@@ failed"


def _dump(database: str, pattern: str) -> str:
    return f"sudo sonic-db-dump -n {database} -y -k {shlex.quote(pattern)}"


#: Names of outputs and their commands, by section. Ports are always read, since other answers have their aliases.
PORTS = {"ports": _dump("APPL_DB", "PORT_TABLE:*")}
COMMANDS: dict[str, dict[str, str]] = {
    "ports": {
        "optics": _dump("STATE_DB", "TRANSCEIVER_INFO|*"),
        "powers": _dump("STATE_DB", "TRANSCEIVER_DOM_SENSOR|*"),
        "counters": "portstat -j",
    },
    "lags": {"lags": _dump("APPL_DB", "LAG_TABLE:*"), "members": _dump("APPL_DB", "LAG_MEMBER_TABLE:*")},
    "vlans": {"vlans": _dump("APPL_DB", "VLAN_TABLE:*")},
    "lldp": {"lldp": _dump("APPL_DB", "LLDP_ENTRY_TABLE:*")},
    "macs": {"macs": "show mac"},
    "stp": {"stp": _dump("APPL_DB", "_STP_*PORT_TABLE:*")},
}
_MAC = re.compile(r"^ *\d+ +(\d+) +([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}) +(\S+)", re.MULTILINE)
_STP = re.compile(r"_STP_\w*PORT_TABLE:(.+):([^:]+)\Z")
Table = dict[str, dict[str, Any]]


def script(sections: Collection[str]) -> str:
    """One command for the switch's shell that runs all of some sections."""
    commands = dict(PORTS)
    for section in COMMANDS:
        commands |= COMMANDS[section] if section in sections else {}
    return run_all(commands)


def run_all(commands: Mapping[str, str]) -> str:
    """One command that runs several; a failure of one is marked and ends nothing."""
    failed = f"{{ echo; echo {shlex.quote(FAILED)}; }}"
    parts = [f"echo {shlex.quote(BEGIN + name)}; {command} || {failed}; echo" for name, command in commands.items()]
    return "; ".join(parts)


def partners_script(channels: Collection[str]) -> str:
    """One command that shows the state of some channels; empty without any."""
    return run_all({name: shlex.join(["sudo", "teamdctl", name, "state", "dump"]) for name in sorted(channels)})


def outputs(text: str) -> dict[str, str]:
    """The outputs of :func:`run_all` by name, without those of commands that failed."""
    found: dict[str, str] = {}
    for part in f"\n{text}".split(f"\n{BEGIN}")[1:]:
        name, __, output = part.partition("\n")
        if FAILED not in output.splitlines():
            found[name] = output
    return found


def table(text: str) -> Table:
    """A dump as fields by the key without the name of its table; empty if the database has none of them."""
    with contextlib.suppress(json.JSONDecodeError, AttributeError):
        rows = json.loads(text or "{}").items()
        return {
            re.split(r"[:|]", key, maxsplit=1)[-1]: row.get("value") or {} for key, row in rows if isinstance(row, dict)
        }
    return {}


def channels(told: Mapping[str, str]) -> list[str]:
    """The link aggregations of a switch."""
    return sorted(table(told.get("lags", "")))


def aliases(told: Mapping[str, str]) -> dict[str, str]:
    """Ports by their alias, the label on the front."""
    ports = table(told.get("ports", ""))
    return {str(row["alias"]): name for name, row in ports.items() if row.get("alias")}


def switch_facts(
    name: str, sections: Collection[str], told: Mapping[str, str], states: Mapping[str, str]
) -> SwitchFacts:
    """The facts, by the names of SONiC's ports.

    :param told: the outputs of :func:`script`, without those of commands that failed.
    :param states: the outputs of :func:`partners_script`.
    """
    needed = {section: next(iter(COMMANDS[section])) for section in COMMANDS} | {"ports": "ports"}
    commands = {**PORTS, **{key: value for group in COMMANDS.values() for key, value in group.items()}}
    untold = {s: f"`{commands[needed[s]]}` failed" for s in sections if needed[s] not in told}
    labels = aliases(told)
    read: dict[str, Callable[[], Iterator[Any]]] = {
        "ports": lambda: _ports(told),
        "lags": lambda: _lags(told, states),
        "vlans": lambda: _vlans(told["vlans"]),
        "lldp": lambda: _neighbours(told["lldp"], labels),
        "macs": lambda: _macs(told["macs"], labels),
        "stp": lambda: _forwarding(told["stp"]),
    }
    rows = {key: asked(key, sections, read[key]()) for key in read if key in sections and key not in untold}
    return SwitchFacts(name, **rows, untold=untold)


def _ports(told: Mapping[str, str]) -> Iterator[PortFacts]:
    optics, power, counters = table(told.get("optics", "")), table(told.get("powers", "")), _counters(told)
    for name, row in table(told["ports"]).items():
        if not name.startswith("Ethernet"):  # the table also has marks of its own
            continue
        count = counters.get(name, {})
        yield PortFacts(
            name,
            _up(row.get("admin_status")),
            _up(row.get("oper_status")),
            integer(row.get("speed")),
            integer(row.get("mtu")),
            str(row.get("description") or ""),
            integer(count.get("RX_ERR")),
            integer(count.get("TX_ERR")),
            integer(count.get("RX_DRP")),
            integer(count.get("TX_DRP")),
            _optics(optics.get(name, {}), power.get(name, {})),
        )


def _counters(told: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """``portstat -j``, which prints when the counters were cleared before the JSON."""
    text = told.get("counters", "")
    with contextlib.suppress(json.JSONDecodeError):
        found = json.loads(text[text.index("{") :]) if "{" in text else {}
        return {name: row for name, row in found.items() if isinstance(row, dict)}
    return {}


def _up(status: object) -> bool | None:
    return status == "up" if status in ("up", "down") else None


def _optics(info: Mapping[str, Any], power: Mapping[str, Any]) -> Optics | None:
    if not info:
        return None
    lanes = range(1, 9)
    received = powers(power.get(f"rx{lane}power") for lane in lanes)
    return Optics(str(info.get("type") or "") or None, received, powers(power.get(f"tx{lane}power") for lane in lanes))


def _lags(told: Mapping[str, str], states: Mapping[str, str]) -> Iterator[LagFacts]:
    members: dict[str, list[tuple[str, Any]]] = {}
    for key, row in table(told.get("members", "")).items():
        channel, __, port = key.partition(":")
        members.setdefault(channel, []).append((port, row.get("status")))
    for name, row in table(told["lags"]).items():
        lacp = _lacp(states.get(name, ""))
        mine = tuple(
            Member(port, lacp.get(port), status == "enabled" if status else None)
            for port, status in sorted(members.get(name, []), key=lambda item: item[0])
        )
        yield LagFacts(name, name, _up(row.get("oper_status")), mine)


def _lacp(text: str) -> dict[str, str]:
    """The LACP partner of each member port, of ``teamdctl CHANNEL state dump`` (libteam)."""
    found: dict[str, str] = {}
    with contextlib.suppress(json.JSONDecodeError, AttributeError):
        for port, state in json.loads(text or "{}").get("ports", {}).items():
            mac = partner(state.get("runner", {}).get("partner_lacpdu_info", {}).get("system", ""))
            found |= {port: mac} if mac else {}
    return found


def _vlans(text: str) -> Iterator[Vlan]:
    """VLANs; APPL_DB does not have their descriptions."""
    for key in table(text):
        number = integer(key.removeprefix("Vlan"))
        if number is not None:
            yield Vlan(number, None)


def _neighbours(text: str, labels: Mapping[str, str]) -> Iterator[Neighbour]:
    for port, row in table(text).items():
        port_id = identifier(row.get("lldp_rem_port_id"))
        yield Neighbour(
            labels.get(port, port),
            row.get("lldp_rem_sys_name") or None,
            identifier(row.get("lldp_rem_chassis_id")),
            port_id,
            kind_of(row.get("lldp_rem_port_id_subtype"), port_id),
            row.get("lldp_rem_port_desc") or None,
        )


def _macs(text: str, labels: Mapping[str, str]) -> Iterator[Learnt]:
    """``show mac``: No., Vlan, MacAddress, Port, Type (sonic-utilities, ``scripts/fdbshow``)."""
    for vlan, mac, port in _MAC.findall(text):
        yield Learnt(int(vlan), mac.lower(), labels.get(port, port))


def _forwarding(text: str) -> Iterator[Forwarding]:
    """States of PVST (by VLAN) and MST (by instance); roles are not in the tables."""
    with contextlib.suppress(json.JSONDecodeError, AttributeError):
        for key, row in json.loads(text or "{}").items():
            found, state = _STP.match(key), (row.get("value") or {}).get("port_state")
            if found and state:
                yield Forwarding(found[2], found[1].removeprefix("Vlan"), str(state).lower(), None)
