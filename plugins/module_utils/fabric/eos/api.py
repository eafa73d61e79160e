# SPDX-License-Identifier: GPL-3.0-or-later
"""Arista's eAPI: commands of the command line as JSON-RPC 2.0 by HTTPS, method ``runCmds``.

Request, answer and error (``data`` has one entry for each command that ran, the last with ``errors``) are those that
the libraries pyeapi and napalm (napalm/eos) send and read. A call has one command line of its own: it begins in user
mode, so each begins with ``enable``, and it stops at the first command that fails.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..config import FabricError
from ..https import Https

#: Seconds for a commit, which returns after the agents of the switch have taken the configuration.
COMMIT_SECONDS = 180.0
_REFUSED = re.compile(r"%(?!\s*warning)", re.IGNORECASE)
_REMEDY = "read the switch's log, and give the account a role that may run the command"


class Eapi:
    """One kept connection; see :class:`..https.Https`."""

    def __init__(self, name: str, connection: Mapping[str, Any]) -> None:
        self._https = Https(name, connection)
        self.where = self._https.where

    def show(self, *commands: str) -> list[dict[str, Any]]:
        """The answers of ``show`` commands as JSON."""
        return self._run(list(commands), "json", 60.0)

    def change(self, *commands: str) -> None:
        """Run commands that change something. A refusal is a :class:`~..config.FabricError`, also one that the
        switch only prints: lines of refusals begin with ``%``, as those of some warnings do."""
        for answer in self._run(list(commands), "text", COMMIT_SECONDS):
            refused = [line for line in str(answer.get("output", "")).splitlines() if _REFUSED.match(line)]
            if refused:
                raise FabricError(self.where, f"it refused a command: {refused[0].lstrip('% ')}", _REMEDY)

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._https.close()

    def _run(self, commands: list[str], form: str, seconds: float) -> list[dict[str, Any]]:
        params = {"version": 1, "cmds": ["enable", *commands], "format": form}
        body = {"jsonrpc": "2.0", "method": "runCmds", "params": params, "id": "groundup"}
        answer = self._https.json("POST", "/command-api", body, seconds=seconds)
        if not isinstance(answer, dict):
            raise FabricError(self.where, "its answer is not that of eAPI", "check the address and the port")
        if "error" in answer:
            raise FabricError(self.where, _reason(answer["error"]), _REMEDY)
        found = answer.get("result")
        if not isinstance(found, list) or len(found) != len(commands) + 1:
            raise FabricError(self.where, "its answer has not one result for each command", "check its release of EOS")
        return [item if isinstance(item, dict) else {} for item in found[1:]]


def _reason(error: Any) -> str:
    """The text of a JSON-RPC error with the messages of the command that failed."""
    if not isinstance(error, dict):
        return str(error)
    entries = [item for item in error.get("data") or [] if isinstance(item, dict)]
    details = [str(line) for item in entries for line in item.get("errors") or []]
    return ": ".join([str(error.get("message", "it refused a command")), *details[:3]])
