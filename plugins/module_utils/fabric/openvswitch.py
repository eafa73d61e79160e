# SPDX-License-Identifier: GPL-3.0-or-later
"""Open vSwitch as a switch of the rack.

Reads with one OVSDB transaction of selects (RFC 7047 §5.2.2) and writes with one ``ovs-vsctl`` call, which is one
transaction and returns when ovs-vswitchd has carried it out (ovs-vsctl(8)). Columns are those of
ovs-vswitchd.conf.db(5). A port of the model is the Interface with its name in ``external_ids:groundup-port``, or
else the Interface of that name.

The rollback of a change is stored in the bridge's record, under a key of its own, by the same transaction. A process
started before the change executes it after the given time; the confirmation removes the key. Both require the key, so
exactly one of them succeeds. The process does not survive a restart of the switch's host but the record does, and the
next run finds it by :meth:`OpenVSwitch.armed`.

Unlike a hardware switch, Open vSwitch has no VLAN table: a VLAN exists as soon as a port carries it.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from . import ovs_facts
from .by_hand import refuse_bgp, refuse_routed
from .config import MIXED, UNKNOWN, FabricError, Lacp, Lag, Membership, Port, PortMode, Sighting, SwitchConfig
from .facts import SwitchFacts, named
from .ovs_commands import EACH_MEMBER, Records, Wire, commands
from .ovs_facts import lacp_partners
from .ovs_rollback import Raw, rollback
from .ovs_rows import Row, rows
from .plan import Plan

_TABLES = ("Bridge", "Port", "Interface")
_ARMED = "groundup-armed-"
#: Seconds that ovs-vsctl waits for ovs-vswitchd to carry a change out.
VSCTL_SECONDS = 30
End = TypeVar("End", Port, Lag)
_REMEDY = "check that ovsdb-server runs and that the model's switches.*.database names its socket"


class OpenVSwitch:
    """Driver for one bridge; see :class:`.driver.Driver`.

    :param name: the bridge.
    :param connection: ``database`` is an OVSDB connection method as in ovsdb(7) (``unix:…``, ``ssl:…``); ``control``
        is ovs-vswitchd's control socket, by default ``vswitchd.ctl`` beside a ``unix:`` database. Without a control
        socket there are no sightings.
    """

    sees_partners = True

    def __init__(self, name: str, connection: dict[str, Any]) -> None:
        self.name = name
        self.database = connection.get("database") or ""
        if not self.database:
            raise FabricError(f"switches.{name}.connection.database", "is not given", "name the switch's OVSDB socket")
        beside = Path(self.database.removeprefix("unix:")).with_name("vswitchd.ctl")
        self.control = connection.get("control") or (str(beside) if beside.exists() else None)
        self._wires: dict[str, Wire] = {}
        self._ofports: dict[int, str] = {}
        self._ports: dict[str, str] = {}
        self._rows: tuple[list[Raw], list[Raw]] = ([], [])
        self._timer: subprocess.Popen[bytes] | None = None

    def read(self, desired: SwitchConfig) -> SwitchConfig:
        """See :meth:`.driver.Driver.read`."""
        refuse_bgp(desired, "openvswitch")
        refuse_routed(desired, "openvswitch")
        bridge, ports, interfaces = self._tables()
        by_id = {row["_uuid"]: row for row in interfaces}
        mine = [row for row in ports if row["_uuid"] in bridge["ports"]]
        single: dict[str, Port] = {}
        lags: dict[str, Lag] = {}
        for row in mine:
            members = [by_id[i] for i in sorted(row["interfaces"]) if i in by_id]
            names = [_model_name(member) for member in members]
            found = (Wire(member["name"], member["_uuid"]) for member in members)
            self._wires |= dict(zip(names, found, strict=True))
            place = row["name"] if row["lacp"] or len(members) > 1 else names[0]
            self._ofports |= {m["ofport"]: place for m in members if isinstance(m["ofport"], int)}
            if row["lacp"] or len(members) > 1:
                lags[row["name"]] = self._lag(row, members)
            elif members:
                single[names[0]] = _port(row, members[0])
        self._ports = {row["name"]: row["_uuid"] for row in mine}
        self._refuse_unknown(desired)
        wanted = desired.port_names
        return SwitchConfig(
            self.name,
            {name: _edge_of(desired.ports, port) for name, port in single.items() if name in wanted},
            {
                name: _edge_of(desired.lags, lag)
                for name, lag in lags.items()
                if name in desired.lags or wanted & set(lag.members)
            },
            dict(desired.vlans),
        )

    def perform(self, plan: Plan, seconds: int) -> str:
        """See :meth:`.driver.Driver.perform`. The timer starts before the change. Without its key in the database it
        does nothing, so it is harmless if the transaction fails, and rolls back one whose result is not known."""
        token = secrets.token_hex(4)
        key = f"{_ARMED}{token}"
        records = Records(self._wires, self._ports)
        words = commands(plan, records)
        undo = [*self._require_key(key), *rollback(plan, records, *self._rows)]
        command = self._vsctl([*undo, "--", "remove", "Bridge", self.name, "external_ids", key])
        no_streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        timer = ["sh", "-c", 'sleep "$0" && exec "$@"', str(seconds), *command]
        self._timer = subprocess.Popen(timer, start_new_session=True, **no_streams)  # type: ignore[call-overload]
        setting = f"external_ids:{key}={json.dumps(json.dumps(command))}"
        self._run(self._vsctl([*words, "--", "set", "Bridge", self.name, setting]))
        return token

    def confirm(self, armed: str) -> None:
        """See :meth:`.driver.Driver.confirm`; the database is persistent by itself."""
        key = f"{_ARMED}{armed}"
        words = [*self._require_key(key), "--", "remove", "Bridge", self.name, "external_ids", key]
        try:
            self._run(self._vsctl(words))
        except FabricError as error:
            if "no key" not in error.message:
                raise
            why = "the switch rolled the change back before it could be confirmed"
            raise FabricError(error.where, why, "set a longer confirm.timeout") from error
        self._stop_timer()

    def revert(self, armed: str) -> None:
        """See :meth:`.driver.Driver.revert`; nothing is left to do if the timer has rolled back already."""
        command = self._rollbacks().get(armed)
        if command is not None:
            self._run(json.loads(command))
        self._stop_timer()

    def armed(self) -> str | None:
        """See :meth:`.driver.Driver.armed`."""
        return min(self._rollbacks(), default=None)

    def close(self) -> None:
        """See :meth:`.driver.Driver.close`; each command has a connection of its own."""

    def _rollbacks(self) -> dict[str, str]:
        """The command that rolls back each unconfirmed change, by the change's token."""
        keys = self._tables()[0]["external_ids"]
        return {key.removeprefix(_ARMED): text for key, text in keys.items() if key.startswith(_ARMED)}

    def _require_key(self, key: str) -> list[str]:
        """Arguments that make the whole transaction fail unless the bridge has the key."""
        return ["--", "get", "Bridge", self.name, f"external_ids:{key}"]

    def _stop_timer(self) -> None:
        """Stop the timer if this process started it. A timer of an earlier run finds no key and does nothing."""
        if self._timer and self._timer.poll() is None:
            os.killpg(self._timer.pid, signal.SIGTERM)
            self._timer.wait(10)

    def sessions(self) -> None:
        """See :meth:`.driver.Driver.sessions`: none."""

    def sightings(self) -> list[Sighting]:
        """See :meth:`.driver.Driver.sightings`: the MAC table, and the LACP partner of each member."""
        if not self.control:
            return []
        table = self._run(["ovs-appctl", "-t", self.control, "fdb/show", self.name]).splitlines()[1:]
        fields = [line.split() for line in table]
        learnt = [(f[2].lower(), int(f[0])) for f in fields if len(f) >= 4 and f[0].isdigit()]
        by_mac = [Sighting(mac, self._ofports[port], "mac_table") for mac, port in learnt if port in self._ofports]
        return by_mac + self._partners(self._run(["ovs-appctl", "-t", self.control, "lacp/show"]))

    def facts(self, ports: Collection[str], sections: Collection[str]) -> SwitchFacts:
        """See :meth:`.driver.Driver.facts`; ports have the names of the model in the database."""
        bridge, records, interfaces = self._tables()
        mine = [row for row in records if row["_uuid"] in bridge["ports"] and row["name"] != self.name]
        told = None
        if self.control:
            control = ["ovs-appctl", "-t", self.control]
            told = {
                command: self._run([*control, command, *([self.name] if command == "fdb/show" else [])])
                for command in ovs_facts.commands(sections)
            }
        found = ovs_facts.switch_facts(self.name, mine, {row["_uuid"]: row for row in interfaces}, sections, told)
        return named(found, {row["name"]: _model_name(row) for row in interfaces})

    def _partners(self, text: str) -> list[Sighting]:
        names = {wire.netdev: port for port, wire in self._wires.items()}
        return [Sighting(mac, names[dev], "lacp") for dev, mac in lacp_partners(text).items() if dev in names]

    def _tables(self) -> tuple[Row, list[Row], list[Row]]:
        selects = [{"op": "select", "table": table, "where": []} for table in _TABLES]
        answer = self._run(["ovsdb-client", "transact", self.database, json.dumps(["Open_vSwitch", *selects])])
        results = json.loads(answer)
        bridges, ports, interfaces = (rows(result) for result in results)
        mine = [bridge for bridge in bridges if bridge["name"] == self.name]
        if not mine:
            raise FabricError(f"switches.{self.name}", f"{self.database} has no bridge {self.name}", "create it first")
        self._rows = (results[1]["rows"], results[2]["rows"])
        return mine[0], ports, interfaces

    def _lag(self, row: Row, members: list[Row]) -> Lag:
        names = {member["name"]: _model_name(member) for member in members}
        other = row["other_config"]
        fallback = other.get("lacp-fallback-ab") == "true"
        primary = names.get(other.get("bond-primary", "")) if fallback else None
        shared = len(members) == 1 or row["bond_mode"] == "balance-tcp"
        negotiated = row["lacp"] in ("active", "passive") and shared
        lacp = Lacp(row["lacp"] == "active", other.get("lacp-time") == "fast", primary) if negotiated else MIXED
        static = (row["lacp"], row["bond_mode"], other.get(EACH_MEMBER)) == ("off", "balance-slb", "true")
        description = row["external_ids"].get("groundup-description", "")
        mtu = min(_mtu(member) for member in members)
        return Lag(
            row["name"], tuple(sorted(names.values())), _membership(row), mtu, None if static else lacp, description
        )

    def _refuse_unknown(self, desired: SwitchConfig) -> None:
        missing = sorted(desired.port_names - set(self._wires))
        if missing:
            known = ", ".join(sorted(self._wires)) or "none"
            raise FabricError(
                f"switches.{self.name}",
                f"there is no port {', '.join(missing)}",
                f"its ports are: {known}; correct the cabling in the model or add the port to the bridge",
            )
        pairs = sorted(lag.name for lag in desired.lags.values() if lag.mlag is not None)
        if pairs or desired.mlag:
            raise FabricError(
                f"switches.{self.name}.lags.{pairs[0]}" if pairs else f"switches.{self.name}.mlag",
                "Open vSwitch cannot be one of an MLAG pair",
                "cable the machine to one switch, or use a platform that has MLAG",
            )

    def _vsctl(self, words: list[str]) -> list[str]:
        return ["ovs-vsctl", f"--db={self.database}", f"--timeout={VSCTL_SECONDS}", *words]

    def _run(self, command: list[str]) -> str:
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        except FileNotFoundError as error:
            remedy = "install openvswitch-common and openvswitch-switch where the role runs"
            raise FabricError(f"switches.{self.name}", f"{command[0]} is not installed", remedy) from error
        except subprocess.TimeoutExpired as error:
            raise FabricError(f"switches.{self.name}", f"{command[0]} did not end within 60 s", _REMEDY) from error
        if done.returncode:
            raise FabricError(f"switches.{self.name}", f"{command[0]}: {done.stderr.strip()}", _REMEDY)
        return done.stdout


def _model_name(interface: Row) -> str:
    return str(interface["external_ids"].get("groundup-port", interface["name"]))


def _mtu(interface: Row) -> int:
    """The requested MTU, else that of the device."""
    for column in ("mtu_request", "mtu"):
        if isinstance(interface[column], int):
            return int(interface[column])
    return 0


def _port(row: Row, interface: Row) -> Port:
    description = row["external_ids"].get("groundup-description", "")
    return Port(_model_name(interface), _membership(row), _mtu(interface), description)


def _edge_of(desired: Mapping[str, End], end: End) -> End:
    """A port or an aggregation as an edge port if it is to be one: without a spanning tree every port forwards."""
    return replace(end, edge=end.name in desired and desired[end.name].edge)


def _membership(row: Row) -> Membership:
    """VLANs of a Port record. A combination that this driver never writes is returned as a trunk without VLANs, which
    differs from every desired one and is therefore corrected."""
    tag = row["tag"] if isinstance(row["tag"], int) else None
    mode = row["vlan_mode"] or ("access" if tag is not None else "trunk")
    if mode == "access" and tag is not None:
        return Membership.of(PortMode.ACCESS, tag, [])
    if mode == "native-untagged" and tag is not None and row["trunks"]:
        return Membership.of(PortMode.TRUNK, tag, row["trunks"])
    if mode == "trunk":
        return Membership.of(PortMode.TRUNK, None, row["trunks"])
    return UNKNOWN
