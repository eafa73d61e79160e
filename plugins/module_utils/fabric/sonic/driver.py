# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver for SONiC; see `fabric.driver.Driver`, and `rollback` for how a change is confirmed.

``config apply-patch`` has no lock and no session: somebody else's change at the same time is recognised by its process.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import secrets
import shlex
import time
from collections.abc import Callable, Collection
from typing import Any

from ..by_hand import refuse_bgp
from ..config import FabricError, Sighting, SwitchConfig
from ..facts import SwitchFacts, by_real, named
from ..plan import Plan
from ..ssh import Ssh
from . import facts, mclag, parse, render, rollback, routed
from .tables import Config, Names, members, refuse_impossible

READ = "sudo sonic-cfggen -d --print-data"
UNITS = f"systemctl list-units --all --plain --no-legend --no-pager '{rollback.UNIT}*'"
PROCESSES = "ps -eo pid=,tty=,user=,args="
#: Processes that change CONFIG_DB as a whole.
BUSY = re.compile(r"^ *(\d+) +(\S+) +(\S+) .*?\bconfig +(apply-patch|replace|rollback|reload|load\w*)\b", re.MULTILINE)
#: Seconds that a patch may take. The switch searches an order of single writes that is valid after each of them.
PATCH_SECONDS = 600.0
#: The timer begins before the patch: it is longer by this many times the duration of the dry run.
ALLOWANCE = 3


class Sonic:
    """Driver for one switch with SONiC.

    :param name: the switch.
    :param connection: see `fabric.ssh.Ssh`. The account may run ``sudo`` without a password.
    """

    sees_partners = True

    def __init__(self, name: str, connection: dict[str, Any]) -> None:
        self.name = name
        self.where = f"switches.{name}"
        self._ssh = Ssh(name, connection)
        self._config: Config = {}
        self._names = Names({}, {})
        self._carried: set[int] = set()

    def read(self, desired: SwitchConfig) -> SwitchConfig:
        """See `fabric.driver.Driver.read`."""
        refuse_bgp(desired, "sonic")
        text = self._ssh.run(READ)
        try:
            config = json.loads(text)
        except json.JSONDecodeError as error:
            raise FabricError(self.where, f"{READ}: the answer is no JSON: {text[:200]}", _LOOK) from error
        if "PORT" not in config:
            remedy = "use a switch with one ASIC, whose tables are not in namespaces"
            raise FabricError(self.where, "its configuration has no table PORT", remedy)
        refuse_impossible(config, desired)
        mclag.refuse(config, desired)
        self._config, self._names, self._carried = config, Names.of(config, desired), mclag.vlans(desired)
        routed.require(self.where, config, desired, self._names.ports)
        return parse.parse(config, desired, self._names)

    def perform(self, plan: Plan, seconds: int) -> str:
        """See `fabric.driver.Driver.perform`. The timer starts before the change and fires at least `seconds` after it.

        The whole change is tried first by a dry run, which validates it and writes nothing.
        """
        stages = render.targets(self._config, plan, self._names, self._carried)
        patches, whole = render.patches(self._config, stages), render.patch(self._config, stages[-1])
        self._refuse_foreign_change()
        token = secrets.token_hex(4)
        checkpoint = f"{rollback.CHECKPOINT}{token}"
        self._ssh.run(f"sudo config checkpoint {checkpoint}")
        try:
            began = time.monotonic()
            self._patch(f"{token}-dry", whole, "sudo config apply-patch -d {}".format)
            allowance = ALLOWANCE * (time.monotonic() - began)
            self._ssh.run(rollback.arm(token, seconds + allowance))
        except FabricError:
            with contextlib.suppress(FabricError):
                self._ssh.run(rollback.forget(token))
            raise
        try:
            for number, operations in enumerate(patches):
                if number:
                    self._ssh.run(f"sudo config checkpoint {checkpoint}{rollback.STAGE}")
                self._patch(f"{token}-{number}", operations, rollback.apply)
        except FabricError as error:
            self._undo(token, error, math.ceil(seconds + allowance))
            raise
        return token

    def confirm(self, armed: str) -> None:
        """See `fabric.driver.Driver.confirm`. If the configuration cannot be saved, the change is rolled back."""
        try:
            said = self._ssh.run(rollback.confirm(armed))
        except FabricError:
            with contextlib.suppress(FabricError):
                self.revert(armed)
            raise
        if rollback.GONE in said:
            why = "the switch rolled the change back before it could be confirmed"
            raise FabricError(self.where, why, "set a longer confirm.timeout")

    def revert(self, armed: str) -> None:
        """See `fabric.driver.Driver.revert`. A rollback that runs already is waited for."""
        self._ssh.run(rollback.roll_back(armed), seconds=PATCH_SECONDS)

    def armed(self) -> str | None:
        """See `fabric.driver.Driver.armed`: the job of the switch that waits, runs or has failed."""
        return min(rollback.tokens(self._ssh.run(UNITS)), default=None)

    def close(self) -> None:
        """See `fabric.driver.Driver.close`."""
        self._ssh.close()

    def sessions(self) -> None:
        """See `fabric.driver.Driver.sessions`: not read."""

    def sightings(self) -> list[Sighting]:
        """See `fabric.driver.Driver.sightings`: MAC table, LLDP neighbours and LACP partners. Requires a `read`."""
        config, names = self._config, self._names
        seen = parse.mac_table(self._optional("show mac"), config, names)
        seen += parse.lldp_table(self._optional("show lldp table"), config, names)
        for channel in config.get("PORTCHANNEL", {}):
            if members(config, channel):
                state = self._optional(shlex.join(["sudo", "teamdctl", channel, "state", "dump"]))
                seen += parse.partners(state, config, names)
        return seen

    def facts(self, ports: Collection[str], sections: Collection[str]) -> SwitchFacts:
        """See `fabric.driver.Driver.facts`: one command for all tables, and one for the state of the channels."""
        told = facts.outputs(self._ssh.run(facts.script(sections)))
        channels = facts.channels(told) if "lags" in sections else []
        states = facts.outputs(self._ssh.run(facts.partners_script(channels))) if channels else {}
        labels = facts.aliases(told)
        real = by_real({name: labels.get(name, name) for name in ports})
        return named(facts.switch_facts(self.name, sections, told, states), real)

    def _patch(self, name: str, operations: list[dict[str, Any]], command: Callable[[str], str]) -> None:
        """Give a patch to a command. It is a file, since ``config`` opens its argument by name."""
        path = f"/tmp/groundup-{name}.json"
        self._ssh.run(f"umask 077; set -C; cat > {path}", stdin=json.dumps(operations))
        try:
            self._ssh.run(command(path), seconds=PATCH_SECONDS)
        finally:
            with contextlib.suppress(FabricError):
                self._ssh.run(f"rm -f {path}")

    def _undo(self, token: str, error: FabricError, seconds: int) -> None:
        """Roll back after a patch that failed, which may be applied in part; else say that the switch will do it."""
        try:
            self.revert(token)
        except FabricError:
            remedy = f"the switch rolls back by itself within {seconds} s; then {error.remedy}"
            raise FabricError(error.where, error.message, remedy) from error

    def _optional(self, command: str) -> str:
        """Output of a command that fails where a feature is off, which is then empty."""
        try:
            return self._ssh.run(command)
        except FabricError as error:
            if " ended with " not in error.message:
                raise
            return ""

    def _refuse_foreign_change(self) -> None:
        """Somebody else's change of the whole configuration that runs now is a FabricError with its login."""
        busy = BUSY.search(self._ssh.run(PROCESSES))
        if busy is None:
            return
        pid, tty, user, verb = busy.groups()
        logins = dict(re.findall(r"^(\S+) +(\S+)", self._ssh.run("who"), re.MULTILINE))
        owner = next((login for login, terminal in logins.items() if terminal == tty), user)
        why = f"{owner} changes its configuration now (config {verb}, process {pid}, terminal {tty})"
        raise FabricError(self.where, why, "wait until that has ended")


_LOOK = "read the switch's log"
