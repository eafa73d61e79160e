# SPDX-License-Identifier: GPL-3.0-or-later
"""NX-API: commands by HTTPS, in the ``ins_api`` form with JSON.

This form and not JSON-RPC, because its answer has HTTP status 200 and one output per command, with ``code`` and
``clierror``, where JSON-RPC answers a refused command with status 500. Fields are those that the collection cisco.nxos
sends and reads (its ``plugins/httpapi/nxos.py``) and the sandbox of NX-API shows (``rollback: stop-on-error``).
Commands are separated by ``;`` there, so no command may contain one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..config import FabricError
from ..https import READ_SECONDS, Https

#: Seconds that a change, a rollback or a copy may take until it is answered.
CHANGE_SECONDS = 180.0
#: What NX-OS writes into the output of an exec command that failed, while the code of the output is 200.
_FAILED = re.compile(r"^\s*(ERROR\b|error:|%)|\bfailed\b|\baborted\b", re.MULTILINE | re.IGNORECASE)
#: Words by which NX-OS refuses a command since another user's checkpoint, rollback, copy or lock is in progress.
_BUSY = re.compile(r"in progress|another (user|session|process)|\block(ed)?\b", re.IGNORECASE)
_LOOK = "read `show accounting log` and `show logging logfile` on the switch"


class Refused(FabricError):
    """The switch answered and refused a command, so nothing is in progress there."""


class NxApi:
    """Commands of one switch; each method is one request and may raise :class:`~..config.FabricError`.

    :param connection: as for :class:`..https.Https`.
    """

    def __init__(self, name: str, connection: Mapping[str, Any]) -> None:
        self.where = f"switches.{name}"
        self._https = Https(name, connection)

    def show(self, command: str) -> str:
        """The output of a show command as the command line has it."""
        return self._send("cli_show_ascii", [command], READ_SECONDS)[0]

    def answers(self, commands: Sequence[str], *, tables: bool) -> tuple[dict[str, Any], dict[str, str]]:
        """The outputs of several show commands, in one request if it can be, and why others were refused, by command.

        :param tables: whether they are wanted as JSON, else as the command line has them.
        """
        told: dict[str, Any] = {}
        refused: dict[str, str] = {}
        rest = list(commands)
        while rest:  # a switch that stops at a command which it refuses gets those after it in another request
            outputs = self._outputs("cli_show" if tables else "cli_show_ascii", rest, READ_SECONDS)
            if not outputs:
                raise FabricError(self.where, f"it did not answer `{rest[0]}`", _LOOK)
            for command, output in zip(rest, outputs, strict=False):
                body = output.get("body")
                if str(output.get("code")) == "200":
                    told[command] = body if isinstance(body, dict if tables else str) else {} if tables else ""
                else:
                    reason = " ".join(str(output.get("clierror") or output.get("msg") or "").split())
                    refused[command] = f"it refused `{command}`: {reason}"
            rest = rest[len(outputs) :]
        return told, refused

    def configure(self, lines: Sequence[str]) -> None:
        """Perform configuration commands in one request; the switch stops at the first that it refuses."""
        self._send("cli_conf", lines, CHANGE_SECONDS)

    def execute(self, command: str, success: str = "") -> str:
        """Perform an exec command (checkpoint, rollback, copy) that may report its failure in its output only.

        :param success: text of the output without which the command has failed.
        """
        text = self._send("cli_show_ascii", [command], CHANGE_SECONDS)[0]
        if _FAILED.search(text) or success not in text:
            raise self._refused(command, " ".join(text.split()))
        return text

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._https.close()

    def _send(self, kind: str, commands: Sequence[str], seconds: float) -> list[str]:
        outputs = self._outputs(kind, commands, seconds)
        for command, output in zip(commands, outputs, strict=False):
            if str(output.get("code")) != "200":
                told = str(output.get("clierror") or output.get("msg") or "")
                raise self._refused(command, " ".join(told.split()))
        if len(outputs) < len(commands):
            why = f"it performed {len(outputs)} of {len(commands)} commands and gave no reason"
            raise Refused(self.where, why, _LOOK)
        return [output["body"] if isinstance(output.get("body"), str) else "" for output in outputs]

    def _outputs(self, kind: str, commands: Sequence[str], seconds: float) -> list[dict[str, Any]]:
        unsafe = [command for command in commands if ";" in command or not command.isprintable()]
        if unsafe:
            raise FabricError(self.where, f"{unsafe[0]!r} cannot be sent as one command", "remove ; and line ends")
        call = {"version": "1.0", "type": kind, "chunk": "0", "sid": "1", "input": " ;".join(commands)}
        body = {"ins_api": call | {"output_format": "json", "rollback": "stop-on-error"}}
        answer = self._https.json("POST", "/ins", body, seconds=seconds)
        try:
            found = answer["ins_api"]["outputs"]["output"]
        except (KeyError, TypeError) as error:
            raise FabricError(self.where, f"the answer of NX-API has no outputs: {answer}", _LOOK) from error
        return found if isinstance(found, list) else [found]

    def _refused(self, command: str, told: str) -> Refused:
        if not _BUSY.search(told):
            return Refused(self.where, f"it refused `{command}`: {told}", _LOOK)
        try:
            lines = self.show("show users").splitlines()[1:]
        except FabricError:
            lines = []
        who = ", ".join(" ".join(line.split()) for line in lines if line.strip()) or "not known"
        why = f"it refused `{command}` since somebody else changes or locks its configuration: {told}"
        return Refused(self.where, why, f"wait or ask them; logged in are: {who}")
