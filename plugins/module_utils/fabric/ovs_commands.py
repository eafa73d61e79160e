# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as the arguments of one ``ovs-vsctl`` call (ovs-vsctl(8)), which is one transaction.

Pure. Interface records are never created or deleted but moved from one Port record to another, so their other settings
(type, options, port number) are not changed. Records are addressed by UUID, since within one transaction the same name
may mean an old and a new record.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from .config import Lag, Membership, Port, PortMode
from .plan import Plan, Step, Thing, released

#: Settings of a port that left its aggregation and has no other use: VLAN 4095 is reserved, so no frame passes.
_NO_TRAFFIC = ("vlan_mode=trunk", "trunks=4095")
#: The key of a static aggregation: without it, Open vSwitch drops broadcasts and multicasts that come by any member but
#: one. Open vSwitch 3.0 (NEWS, "all_members_active"); older ones ignore it.
EACH_MEMBER = "all-members-active"


@dataclass(frozen=True)
class Wire:
    """An Interface record: the network device's name and the record's UUID."""

    netdev: str
    uuid: str


@dataclass(frozen=True)
class Records:
    """The database records of a plan's names.

    :ivar wires: Interface records by the model's name of the port.
    :ivar old: UUIDs of the bridge's Port records by their name.
    :ivar new: UUIDs of the Port records that the plan creates, by their name; chosen in advance.
    """

    wires: Mapping[str, Wire]
    old: Mapping[str, str]
    new: dict[str, str] = field(default_factory=dict)

    def record(self, name: str) -> str:
        """The UUID of the Port record of that name after the plan."""
        return self.new.get(name) or self.old[name]


def commands(plan: Plan, records: Records) -> list[str]:
    """Arguments for the whole plan; fills ``records.new``.

    Removals come first whatever the order of the steps: an Interface can be added to a Port record only after it
    was removed from its former one. Within one transaction this does not interrupt traffic.
    """
    removals = [argument for step in plan.steps for argument in _removal(plan.switch, step, records)]
    changes = [argument for step in plan.steps for argument in _change(plan.switch, step, records)]
    wires = [records.wires[port] for port in released(plan)]
    unused = [argument for wire in wires for argument in _create(plan.switch, wire.netdev, [wire], records)]
    return removals + changes + unused


def rebuilt(step: Step) -> bool:
    """Whether the step removes or creates the aggregation's record, as it does if its members change."""
    return not (isinstance(step.have, Lag) and isinstance(step.want, Lag)) or (step.have.members != step.want.members)


def _removal(bridge: str, step: Step, records: Records) -> list[str]:
    """Arguments that remove the record of the step's old object; none if the record is kept."""
    name = ""
    if isinstance(step.have, Lag) and rebuilt(step):
        name = step.have.name
    if isinstance(step.have, Port) and step.want is None:
        name = records.wires[step.have.name].netdev
    return ["--", "remove", "Bridge", bridge, "ports", records.old[name]] if name else []


def _change(bridge: str, step: Step, records: Records) -> list[str]:
    """Arguments that create the record of the step's new object, if it needs one, and configure it."""
    if isinstance(step.want, Lag):
        members, is_new = [records.wires[port] for port in step.want.members], step.have is None or rebuilt(step)
        create = _create(bridge, step.want.name, members, records) if is_new else []
        return [*create, *_lag(step.want, step.have, records)]
    if isinstance(step.want, Port):
        wire = records.wires[step.want.name]
        create = _create(bridge, wire.netdev, [wire], records) if step.have is None else []
        return [*create, *_port(step.want, wire, records)]
    return []


def _create(bridge: str, name: str, members: list[Wire], records: Records) -> list[str]:
    """Arguments that create a Port record on the bridge; it carries no VLAN until it is configured."""
    record = records.new.setdefault(name, str(uuid.uuid4()))
    interfaces = f"interfaces=[{','.join(wire.uuid for wire in members)}]"
    create = ["--", f"--id={record}", "create", "Port", f"name={json.dumps(name)}", interfaces, *_NO_TRAFFIC]
    return [*create, "--", "add", "Bridge", bridge, "ports", record]


def _port(port: Port, wire: Wire, records: Records) -> list[str]:
    record = records.record(wire.netdev)
    command = ["--", "set", "Port", record, *_vlans(port.membership), _described(port.description)]
    return [*command, *_interface(port.name, wire, port.mtu)]


def _lag(lag: Lag, have: Thing, records: Records) -> list[str]:
    record, wires = records.record(lag.name), records.wires
    command = ["--", "set", "Port", record, *_vlans(lag.membership), *_lacp(lag), _described(lag.description)]
    if lag.lacp and lag.lacp.fallback_port is not None:
        primary = wires[lag.lacp.fallback_port].netdev
        command += ["other_config:lacp-fallback-ab=true", f"other_config:bond-primary={json.dumps(primary)}"]
    elif record not in records.new.values():
        command += ["--", "remove", "Port", record, "other_config", "lacp-fallback-ab", "bond-primary"]
    if lag.lacp and isinstance(have, Lag) and have.lacp is None and record not in records.new.values():
        command += ["--", "remove", "Port", record, "other_config", EACH_MEMBER]
    return [*command, *(argument for port in lag.members for argument in _interface(port, wires[port], lag.mtu))]


def _lacp(lag: Lag) -> list[str]:
    if lag.lacp is None:
        return ["lacp=off", "bond_mode=balance-slb", f"other_config:{EACH_MEMBER}=true"]
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
