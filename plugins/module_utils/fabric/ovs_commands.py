# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as the arguments of one ``ovs-vsctl`` call (ovs-vsctl(8)), which is one transaction.

Pure text: what each step becomes can be read and tested without a switch. Interface records are never made or
deleted, only moved from one Port record to another: whatever else they hold (type, options, number) is their owner's.
Records are named by UUID, since a name may stand for the old and for the new one while the transaction is written.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from .config import Lag, Membership, Port, PortMode
from .plan import Plan, Step

#: A port that left its aggregation and has no other use: 4095 is reserved in IEEE 802.1Q, so nothing passes.
_NOTHING = ("vlan_mode=trunk", "trunks=4095")


@dataclass(frozen=True)
class Wire:
    """An Interface record: the network device's name and the record's UUID."""

    netdev: str
    uuid: str


@dataclass(frozen=True)
class Records:
    """What a plan's names mean in the database.

    :ivar wires: Interface records by the model's name of the port.
    :ivar old: UUIDs of the bridge's Port records by their name.
    :ivar new: UUIDs of the Port records that the plan makes, by their name; chosen before there is any.
    """

    wires: Mapping[str, Wire]
    old: Mapping[str, str]
    new: dict[str, str] = field(default_factory=dict)

    def record(self, name: str) -> str:
        """The Port record of that name once the plan is done."""
        return self.new.get(name) or self.old[name]


def commands(plan: Plan, records: Records) -> list[str]:
    """Arguments for the whole plan; fills ``records.new``.

    Removals come first whatever the order of the steps: a port can be added to an aggregation only after it has left
    its former place, and inside one transaction nothing is cut in between.
    """
    takes = [argument for step in plan.steps for argument in _take(plan.switch, step, records)]
    gives = [argument for step in plan.steps for argument in _give(plan.switch, step, records)]
    wires = [records.wires[port] for port in released(plan)]
    shut = [argument for wire in wires for argument in _create(plan.switch, wire.netdev, [wire], records)]
    return takes + gives + shut


def released(plan: Plan) -> list[str]:
    """Ports that leave an aggregation and are used by nothing else in the plan."""
    before = {port for step in plan.steps if isinstance(step.have, Lag) for port in step.have.members}
    used = {port for step in plan.steps if isinstance(step.want, Lag) for port in step.want.members}
    return sorted(before - used - {step.name for step in plan.steps if isinstance(step.want, Port)})


def rebuilt(step: Step) -> bool:
    """An aggregation whose members change is made anew."""
    return not (isinstance(step.have, Lag) and isinstance(step.want, Lag)) or (step.have.members != step.want.members)


def _take(bridge: str, step: Step, records: Records) -> list[str]:
    name = ""
    if isinstance(step.have, Lag) and rebuilt(step):
        name = step.have.name
    if isinstance(step.have, Port) and step.want is None:
        name = records.wires[step.have.name].netdev
    return ["--", "remove", "Bridge", bridge, "ports", records.old[name]] if name else []


def _give(bridge: str, step: Step, records: Records) -> list[str]:
    if isinstance(step.want, Lag):
        members, anew = [records.wires[port] for port in step.want.members], step.have is None or rebuilt(step)
        made = _create(bridge, step.want.name, members, records) if anew else []
        return [*made, *_lag(step.want, records)]
    if isinstance(step.want, Port):
        wire = records.wires[step.want.name]
        made = _create(bridge, wire.netdev, [wire], records) if step.have is None else []
        return [*made, *_port(step.want, wire, records)]
    return []


def _create(bridge: str, name: str, members: list[Wire], records: Records) -> list[str]:
    """A Port record on the bridge that carries no VLAN until it is configured."""
    record = records.new.setdefault(name, str(uuid.uuid4()))
    interfaces = f"interfaces=[{','.join(wire.uuid for wire in members)}]"
    made = ["--", f"--id={record}", "create", "Port", f"name={json.dumps(name)}", interfaces, *_NOTHING]
    return [*made, "--", "add", "Bridge", bridge, "ports", record]


def _port(port: Port, wire: Wire, records: Records) -> list[str]:
    record = records.record(wire.netdev)
    command = ["--", "set", "Port", record, *_vlans(port.membership), _described(port.description)]
    return [*command, *_interface(port.name, wire, port.mtu)]


def _lag(lag: Lag, records: Records) -> list[str]:
    record, wires = records.record(lag.name), records.wires
    command = ["--", "set", "Port", record, *_vlans(lag.membership), *_lacp(lag), _described(lag.description)]
    if lag.lacp and lag.lacp.fallback_port is not None:
        primary = wires[lag.lacp.fallback_port].netdev
        command += ["other_config:lacp-fallback-ab=true", f"other_config:bond-primary={json.dumps(primary)}"]
    elif record not in records.new.values():
        command += ["--", "remove", "Port", record, "other_config", "lacp-fallback-ab", "bond-primary"]
    return [*command, *(argument for port in lag.members for argument in _interface(port, wires[port], lag.mtu))]


def _lacp(lag: Lag) -> list[str]:
    if lag.lacp is None:
        return ["lacp=off", "bond_mode=balance-slb"]
    rate = "fast" if lag.lacp.fast else "slow"
    activity = "active" if lag.lacp.active else "passive"
    return ["bond_mode=balance-tcp", f"lacp={activity}", f"other_config:lacp-time={rate}"]


def _vlans(membership: Membership) -> list[str]:
    if membership.mode is PortMode.ACCESS:
        return ["vlan_mode=access", f"tag={membership.native}", "trunks=[]"]
    trunks = f"trunks=[{','.join(map(str, membership.vlans))}]"
    if membership.native is None:
        return ["vlan_mode=trunk", "tag=[]", trunks]
    return ["vlan_mode=native-untagged", f"tag={membership.native}", trunks]


def _described(description: str) -> str:
    return f"external_ids:groundup-description={json.dumps(description)}"


def _interface(port: str, wire: Wire, mtu: int) -> list[str]:
    mapped = f"external_ids:groundup-port={json.dumps(port)}"
    return ["--", "set", "Interface", wire.uuid, f"mtu_request={mtu}", mapped]
