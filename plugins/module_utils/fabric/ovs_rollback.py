# SPDX-License-Identifier: GPL-3.0-or-later
"""The rollback of a plan: arguments of one ``ovs-vsctl`` call that restore the records which the plan changes.

It is made from the records and not from the plan, so that settings which the model does not have (quality of service,
a bond's delays, keys of other programs) are restored too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .config import Lag, Port
from .ovs_commands import Records, rebuilt
from .plan import Plan, released

Raw = dict[str, Any]
#: Columns of a Port record that are restored if the switch's schema has them (ovs-vswitchd.conf.db(5)).
_PORT = (
    "vlan_mode", "tag", "trunks", "cvlans", "lacp", "bond_mode", "bond_updelay", "bond_downdelay", "bond_fake_iface",
    "fake_bridge", "mac", "protected", "qos", "other_config", "external_ids",
)  # fmt: skip


def rollback(plan: Plan, records: Records, ports: Iterable[Raw], interfaces: Iterable[Raw]) -> list[str]:
    """Arguments that undo the plan; ``ports`` and ``interfaces`` are the records before it, in OVSDB's notation.

    ``records`` has to be that of the plan's commands: the records that these create are removed by UUID.
    """
    old = {row["name"]: row for row in ports}
    recreated, modified = _touched(plan, records)
    remove = [word for uuid in records.new.values() for word in ("--", "remove", "Bridge", plan.switch, "ports", uuid)]
    create = [
        word
        for number, name in enumerate(sorted(recreated & set(old)))
        for word in _create(plan.switch, f"@b{number}", old[name])
    ]
    reset = [
        word for name in sorted(modified) for word in ("--", "set", "Port", records.old[name], *_settings(old[name]))
    ]
    netdevs = {records.wires[port].netdev for port in _ports(plan)}
    links = [word for row in interfaces if row["name"] in netdevs for word in _interface(row)]
    return remove + create + reset + links


def _touched(plan: Plan, records: Records) -> tuple[set[str], set[str]]:
    """Names of Port records that the plan creates or removes, and of those whose settings it only changes."""
    wires = records.wires
    recreated = {wires[port].netdev for port in released(plan)}
    modified = set()
    for step in plan.steps:
        names = {
            side.name if isinstance(side, Lag) else wires[side.name].netdev
            for side in (step.have, step.want)
            if isinstance(side, Lag | Port)
        }
        same_port = isinstance(step.have, Port) and isinstance(step.want, Port)
        if same_port or (isinstance(step.have, Lag) and not rebuilt(step)):
            modified |= names
        else:
            recreated |= names
    return recreated, modified - recreated


def _ports(plan: Plan) -> set[str]:
    """The model's names of all ports in the plan."""
    sides = [side for step in plan.steps for side in (step.have, step.want)]
    lags = {member for side in sides if isinstance(side, Lag) for member in side.members}
    return lags | {side.name for side in sides if isinstance(side, Port)}


def _create(bridge: str, record: str, row: Raw) -> list[str]:
    name = [f"name={json.dumps(row['name'])}", f"interfaces={argument(row['interfaces'])}"]
    create = ["--", f"--id={record}", "create", "Port", *name, *_settings(row, empty=False)]
    return [*create, "--", "add", "Bridge", bridge, "ports", record]


def _settings(row: Raw, *, empty: bool = True) -> list[str]:
    """``column=value`` of each setting; ``empty`` includes empty values, which a new record does not need."""
    found = {column: argument(row[column]) for column in _PORT if column in row}
    return [f"{column}={value}" for column, value in found.items() if empty or value not in ("[]", "{}")]


def _interface(row: Raw) -> list[str]:
    record = argument(row["_uuid"])
    command = ["--", "set", "Interface", record, f"mtu_request={argument(row['mtu_request'])}"]
    if "groundup-port" not in dict(row["external_ids"][1]):
        command += ["--", "remove", "Interface", record, "external_ids", "groundup-port"]
    return command


def argument(value: Any) -> str:
    """Convert a value from OVSDB's JSON notation (RFC 7047 §5.1) to ovs-vsctl's."""
    if isinstance(value, list):
        kind, content = value
        if kind == "map":
            return "{" + ",".join(f"{argument(key)}={argument(item)}" for key, item in content) + "}"
        return "[" + ",".join(map(argument, content)) + "]" if kind == "set" else str(content)
    return json.dumps(value)
