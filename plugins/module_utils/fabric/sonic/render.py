# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as JSON patches (RFC 6902) over CONFIG_DB. Pure.

The patch is the difference between the present CONFIG_DB and a copy with the plan in it, so fields that the model does
not have are not in it. The switch validates its result by YANG, refuses empty tables, and chooses the order of the
single writes (sonic-utilities, ``generic_config_updater``): a port leaves its VLANs before it joins a channel.

teamd takes ``fallback`` and ``fast_rate`` only when it creates a channel (sonic-swss, ``TeamMgr::doLagTask``). A change
of them is therefore two patches: the first removes the channel, the second creates it again.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Set
from typing import Any

from ..config import FabricError, Lacp, Lag, Membership, Port
from ..mlag import Mlag
from ..plan import Plan, Step
from . import mclag, routed
from .parse import EDGE
from .tables import Config, Names, keys, mclag_domain, refuse_routed, stp_mode, uses_modes

#: The tables that are written. Each may refer to those before it.
TABLES = (
    "VLAN", "PORT", "PORTCHANNEL", "PORTCHANNEL_MEMBER", "VLAN_MEMBER", "INTERFACE", "VLAN_INTERFACE", "STP_PORT",
    "MCLAG_DOMAIN", "MCLAG_INTERFACE",
)  # fmt: skip
LONGEST = 255


def targets(config: Config, plan: Plan, names: Names, carried: Set[int] = frozenset()) -> list[Config]:
    """CONFIG_DB after each patch; the last one has the whole plan.

    :param carried: see :func:`.mclag.vlans`.
    """
    before = copy.deepcopy(config)
    for table in TABLES:
        before.setdefault(table, {})
    after = copy.deepcopy(before)
    rebuilt = [names.lags[step.name] for step in plan.steps if _rebuilt(step)]
    for step in plan.steps:
        if isinstance(step.want, Mlag):
            mclag.write(after, f"{plan.switch}.mlag", step.want, carried, names)
        else:
            _apply(after, step, plan.switch, names)
    stages = [after]
    if rebuilt:
        for channel in rebuilt:
            _remove_channel(before, channel)
        stages.insert(0, before)
    return [{table: entries for table, entries in stage.items() if entries} for stage in stages]


def patches(config: Config, stages: list[Config]) -> list[list[dict[str, Any]]]:
    """The patches to apply one after the other, by which CONFIG_DB becomes each of the stages."""
    return [patch(old, new) for old, new in itertools.pairwise([config, *stages])]


def patch(old: Config, new: Config) -> list[dict[str, Any]]:
    """The difference of two CONFIG_DBs: removals first, a whole table if nothing else is in it."""
    operations: list[dict[str, Any]] = []
    for table in reversed(TABLES):
        if table in old and table not in new:
            operations.append({"op": "remove", "path": pointer(table)})
        elif table in new:
            gone = [key for key in old.get(table, {}) if key not in new[table]]
            operations += [{"op": "remove", "path": pointer(table, key)} for key in gone]
    for table in TABLES:
        if table in new and table not in old:
            operations.append({"op": "add", "path": pointer(table), "value": new[table]})
        for key, entry in new.get(table, {}).items() if table in old else ():
            if key not in old[table]:
                operations.append({"op": "add", "path": pointer(table, key), "value": entry})
            else:
                operations += _fields(pointer(table, key), old[table][key], entry)
    return operations


def pointer(*parts: str) -> str:
    """A JSON pointer (RFC 6901): ``~`` and ``/`` of a key are escaped, ``|`` is not special."""
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in parts)


def _fields(path: str, old: dict[str, Any], new: dict[str, Any]) -> list[dict[str, Any]]:
    gone = [{"op": "remove", "path": path + pointer(field)} for field in old if field not in new]
    return gone + [
        {"op": "replace" if field in old else "add", "path": path + pointer(field), "value": value}
        for field, value in new.items()
        if field not in old or old[field] != value
    ]


def _rebuilt(step: Step) -> bool:
    """Whether a change needs a channel to be created again."""
    have, want = step.have, step.want
    if not isinstance(have, Lag) or not isinstance(want, Lag) or not have.lacp or not want.lacp:
        return False
    fallback = [lacp.fallback_port is not None for lacp in (have.lacp, want.lacp)]
    return have.lacp.fast != want.lacp.fast or fallback[0] != fallback[1]


def _apply(config: Config, step: Step, switch: str, names: Names) -> None:
    want, where = step.want, f"{switch}.{step.kind}s.{step.name}"
    if step.kind == "vlan":
        _add_vlan(config, where, int(step.name), str(want))
    elif isinstance(want, Port):
        if isinstance(step.have, Port) and step.have.addresses and not want.addresses:
            routed.remove(config, names.ports[want.name])
        _write_port(config, where, names.ports[want.name], want)
    elif isinstance(want, Lag):
        _write_lag(config, where, want, names)
    elif step.kind == "port":
        key = names.ports[step.name]
        _leave_vlans(config, key)
        config["STP_PORT"].pop(key, None)
        if isinstance(step.have, Port) and step.have.addresses:
            routed.remove(config, key)
    else:
        channel = names.lags.get(step.name, step.name)
        refuse_routed(config, where, channel)
        _remove_channel(config, channel)


def _add_vlan(config: Config, where: str, vid: int, name: str = "") -> None:
    """A VLAN with its name in ``description``; sonic-vlan.yang has no other field for it and begins at VLAN 2."""
    if vid < 2:
        raise FabricError(where, "SONiC has no VLAN 1", "use 2 to 4094")
    entry = config["VLAN"].setdefault(f"Vlan{vid}", {"vlanid": str(vid)})
    if name:
        _describe(entry, where, name)


def _write_port(config: Config, where: str, key: str, port: Port) -> None:
    if not port.addresses:
        refuse_routed(config, where, key)
    for member in keys(config, "PORTCHANNEL_MEMBER", key):
        del config["PORTCHANNEL_MEMBER"][member]
    entry = config["PORT"][key]
    entry["mtu"] = str(port.mtu)
    _describe(entry, where, port.description)
    _write_vlans(config, where, key, entry, port.membership)
    if port.addresses:
        config["STP_PORT"].pop(key, None)
        routed.write(config, key, port)
        return
    _write_edge(config, key, port.edge)


def _write_lag(config: Config, where: str, lag: Lag, names: Names) -> None:
    channel, ports = names.lags[lag.name], [names.ports[member] for member in lag.members]
    for name in (channel, *ports):
        refuse_routed(config, where, name)
    entry = config["PORTCHANNEL"].setdefault(channel, {"admin_status": "up", "lacp_key": "auto"})
    entry["mtu"] = str(lag.mtu)
    _describe(entry, where, lag.description)
    lacp = lag.lacp or Lacp(fallback_port=None)
    for field, on in (("fallback", lacp.fallback_port is not None), ("fast_rate", lacp.fast)):
        if on or field in entry:
            entry[field] = "true" if on else "false"
    for member in list(config["PORTCHANNEL_MEMBER"]):
        name, port = member.split("|", 1)
        if name == channel or port in ports:
            del config["PORTCHANNEL_MEMBER"][member]
    for port in ports:
        _leave_vlans(config, port)
        config["PORTCHANNEL_MEMBER"][f"{channel}|{port}"] = {}
        config["PORT"][port]["mtu"] = str(lag.mtu)  # sonic-portchannel.yang: a member's MTU is that of its channel
    _write_vlans(config, where, channel, entry, lag.membership)
    _write_edge(config, channel, lag.edge)
    _write_mlag(config, channel, lag.mlag)


def _write_mlag(config: Config, channel: str, mlag: int | None) -> None:
    """Share the channel with the other switch (config/mclag.py). The switch has a domain (`refuse_impossible`)."""
    domain = mclag_domain(config)
    for key in keys(config, "MCLAG_INTERFACE", channel):
        if mlag is None or key != f"{domain}|{channel}":
            del config["MCLAG_INTERFACE"][key]
    if mlag is not None:
        config["MCLAG_INTERFACE"].setdefault(f"{domain}|{channel}", {"if_type": "PortChannel"})


def _write_vlans(config: Config, where: str, name: str, entry: dict[str, Any], membership: Membership) -> None:
    wanted = {f"Vlan{vid}|{name}": "untagged" if vid == membership.native else "tagged" for vid in membership.vlans}
    for key in keys(config, "VLAN_MEMBER", name):
        if key not in wanted:
            del config["VLAN_MEMBER"][key]
    for vid in membership.vlans:
        _add_vlan(config, where, vid)
    for key, tagging in wanted.items():
        config["VLAN_MEMBER"].setdefault(key, {})["tagging_mode"] = tagging
    if uses_modes(config):
        entry["mode"] = str(membership.mode)


def _leave_vlans(config: Config, name: str) -> None:
    for key in keys(config, "VLAN_MEMBER", name):
        del config["VLAN_MEMBER"][key]


def _write_edge(config: Config, name: str, edge: bool) -> None:
    """Edge and BPDU guard, if the switch has a spanning tree. ``enabled`` is mandatory in an entry."""
    mode = stp_mode(config)
    if mode is None or (not edge and name not in config["STP_PORT"]):
        return
    entry = config["STP_PORT"].setdefault(name, {"enabled": "true"})
    for field in EDGE[mode]:
        if edge or entry.get(field) == "true":
            entry[field] = "true" if edge else "false"


def _remove_channel(config: Config, channel: str) -> None:
    for table in ("MCLAG_INTERFACE", "VLAN_MEMBER"):
        for key in keys(config, table, channel):
            del config[table][key]
    for key in [key for key in config["PORTCHANNEL_MEMBER"] if key.split("|")[0] == channel]:
        del config["PORTCHANNEL_MEMBER"][key]
    config["STP_PORT"].pop(channel, None)
    config["PORTCHANNEL"].pop(channel, None)


def _describe(entry: dict[str, Any], where: str, text: str) -> None:
    """Write a description. It travels as JSON; control characters and more than 255 characters are refused."""
    if len(text) > LONGEST or not text.isprintable():
        raise FabricError(f"{where}.description", "is no line of up to 255 characters", "shorten it")
    if text:
        entry["description"] = text
    else:
        entry.pop("description", None)
