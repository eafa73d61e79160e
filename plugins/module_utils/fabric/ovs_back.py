# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back of a plan: the records it touches, as they were, as arguments of one ``ovs-vsctl`` call.

It is made of the records themselves and not of the plan, so that settings which the model has no word for (a quality
of service, a bond's delays, keys of other programs) come back too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .config import Lag, Port
from .ovs_commands import Records, rebuilt, released
from .plan import Plan

Raw = dict[str, Any]
#: Columns of a Port record that configure it, as far as the switch's schema has them (ovs-vswitchd.conf.db(5)).
_PORT = (
    "vlan_mode", "tag", "trunks", "cvlans", "lacp", "bond_mode", "bond_updelay", "bond_downdelay", "bond_fake_iface",
    "fake_bridge", "mac", "protected", "qos", "other_config", "external_ids",
)  # fmt: skip


def way_back(plan: Plan, records: Records, ports: Iterable[Raw], interfaces: Iterable[Raw]) -> list[str]:
    """Arguments that undo the plan; ``ports`` and ``interfaces`` are records in OVSDB's notation from before it.

    ``records`` are those that the plan's own commands were made with: what it makes is removed by its UUID.
    """
    old = {row["name"]: row for row in ports}
    anew, kept = _touched(plan, records)
    gone = [word for uuid in records.new.values() for word in ("--", "remove", "Bridge", plan.switch, "ports", uuid)]
    back = [
        word
        for number, name in enumerate(sorted(anew & set(old)))
        for word in _create(plan.switch, f"@b{number}", old[name])
    ]
    same = [word for name in sorted(kept) for word in ("--", "set", "Port", records.old[name], *_settings(old[name]))]
    netdevs = {records.wires[port].netdev for port in _ports(plan)}
    links = [word for row in interfaces if row["name"] in netdevs for word in _interface(row)]
    return gone + back + same + links


def _touched(plan: Plan, records: Records) -> tuple[set[str], set[str]]:
    """Names of Port records that the plan makes or removes, and of those that it only sets."""
    wires = records.wires
    anew = {wires[port].netdev for port in released(plan)}
    kept = set()
    for step in plan.steps:
        names = {
            side.name if isinstance(side, Lag) else wires[side.name].netdev
            for side in (step.have, step.want)
            if isinstance(side, Lag | Port)
        }
        whole = isinstance(step.have, Port) and isinstance(step.want, Port)
        if whole or (isinstance(step.have, Lag) and not rebuilt(step)):
            kept |= names
        else:
            anew |= names
    return anew, kept - anew


def _ports(plan: Plan) -> set[str]:
    """The model's names of all ports that the plan speaks of."""
    sides = [side for step in plan.steps for side in (step.have, step.want)]
    lags = {member for side in sides if isinstance(side, Lag) for member in side.members}
    return lags | {side.name for side in sides if isinstance(side, Port)}


def _create(bridge: str, record: str, row: Raw) -> list[str]:
    name = [f"name={json.dumps(row['name'])}", f"interfaces={argument(row['interfaces'])}"]
    made = ["--", f"--id={record}", "create", "Port", *name, *_settings(row, empty=False)]
    return [*made, "--", "add", "Bridge", bridge, "ports", record]


def _settings(row: Raw, *, empty: bool = True) -> list[str]:
    """``column=value`` of every setting; a new record has its empty ones already."""
    found = {column: argument(row[column]) for column in _PORT if column in row}
    return [f"{column}={value}" for column, value in found.items() if empty or value not in ("[]", "{}")]


def _interface(row: Raw) -> list[str]:
    record = argument(row["_uuid"])
    command = ["--", "set", "Interface", record, f"mtu_request={argument(row['mtu_request'])}"]
    if "groundup-port" not in dict(row["external_ids"][1]):
        command += ["--", "remove", "Interface", record, "external_ids", "groundup-port"]
    return command


def argument(value: Any) -> str:
    """A value in OVSDB's notation (RFC 7047 §5.1) as ovs-vsctl takes it."""
    if isinstance(value, list):
        kind, content = value
        if kind == "map":
            return "{" + ",".join(f"{argument(key)}={argument(item)}" for key, item in content) + "}"
        return "[" + ",".join(map(argument, content)) + "]" if kind == "set" else str(content)
    return json.dumps(value)
