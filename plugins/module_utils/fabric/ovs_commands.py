# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as the arguments of one ``ovs-vsctl`` call (ovs-vsctl(8)), which is one transaction.

Pure text: what each step becomes can be read and tested without a switch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from .config import Lag, Membership, Port, PortMode
from .plan import Plan, Step


def commands(plan: Plan, netdevs: Mapping[str, str]) -> list[str]:
    """Arguments for the whole plan; `netdevs` maps the model's port names to the switch's own.

    Removals come first whatever the order of the steps: a port can be added to an aggregation only after it has left
    its former place, and inside one transaction nothing is cut in between.
    """
    takes = [argument for step in plan.steps for argument in _take(plan.switch, step, netdevs)]
    gives = [argument for step in plan.steps for argument in _give(plan.switch, step, netdevs)]
    return takes + gives


def _take(bridge: str, step: Step, netdevs: Mapping[str, str]) -> list[str]:
    if isinstance(step.before, Lag) and _rebuilt(step):
        return ["--", "del-port", bridge, step.before.name]
    if isinstance(step.before, Port) and step.after is None:
        return ["--", "del-port", bridge, netdevs[step.before.name]]
    return []


def _give(bridge: str, step: Step, netdevs: Mapping[str, str]) -> list[str]:
    if isinstance(step.after, Lag):
        return _lag(bridge, step.after, netdevs, create=step.before is None or _rebuilt(step))
    if isinstance(step.after, Port):
        return _port(bridge, step.after, netdevs, create=step.before is None)
    return []


def _rebuilt(step: Step) -> bool:
    """An aggregation whose members change is made anew."""
    return not (isinstance(step.before, Lag) and isinstance(step.after, Lag)) or (
        step.before.members != step.after.members
    )


def _port(bridge: str, port: Port, netdevs: Mapping[str, str], *, create: bool) -> list[str]:
    netdev = netdevs[port.name]
    made = ["--", "add-port", bridge, netdev] if create else []
    told = ["--", "set", "Port", netdev, *_vlans(port.membership), _described(port.description)]
    return [*made, *told, *_interface(port.name, netdev, port.mtu)]


def _lag(bridge: str, lag: Lag, netdevs: Mapping[str, str], *, create: bool) -> list[str]:
    members = [netdevs[member] for member in lag.members]
    made: list[str] = []
    if create and len(members) > 1:
        made = ["--", "add-bond", bridge, lag.name, *members]
    elif create:  # add-bond wants two members; a Port record of one may speak LACP all the same
        interface = ["--", "--id=@m", "create", "Interface", f"name={members[0]}"]
        record = ["--", "--id=@p", "create", "Port", f"name={json.dumps(lag.name)}", "interfaces=@m"]
        made = [*interface, *record, "--", "add", "Bridge", bridge, "ports", "@p"]
    told = ["--", "set", "Port", lag.name, *_vlans(lag.membership), *_lacp(lag), _described(lag.description)]
    if lag.lacp.fallback_port is not None:
        told += ["other_config:lacp-fallback-ab=true", f"other_config:bond-primary={netdevs[lag.lacp.fallback_port]}"]
    elif not create:
        told += ["--", "remove", "Port", lag.name, "other_config", "lacp-fallback-ab", "bond-primary"]
    mapped = [argument for port in lag.members for argument in _interface(port, netdevs[port], lag.mtu)]
    return [*made, *told, *mapped]


def _lacp(lag: Lag) -> list[str]:
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


def _interface(port: str, netdev: str, mtu: int) -> list[str]:
    return ["--", "set", "Interface", netdev, f"mtu_request={mtu}", f"external_ids:groundup-port={json.dumps(port)}"]
