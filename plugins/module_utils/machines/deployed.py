# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of many machines are deployed and answer, so that a run with nothing to deploy needs no process for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .look import Login, pin_and_look
from .store import Store
from .types import Good, HostState, Phase


def settled(state_dir: str, machines: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Deployments by machine, of those whose deployment was confirmed and that are not armed.

    For such a machine only a look over ssh is left (``planner``), or nothing where it answers as expected.
    """
    records = {name: Store(state_dir, name).record(None) for name in machines}
    return {
        name: vars(record.good)
        for name, record in records.items()
        if record.phase is Phase.DEPLOYED and record.good and not record.armed_file
    }


def answering(
    machines: Iterable[tuple[Mapping[str, Any], Login]],
    deployments: Mapping[str, Mapping[str, Any]],
    known_hosts: str,
    parallel: int,
) -> list[str]:
    """Names of the machines that answer with the host key and the identity of their deployment. Runs on the controller.

    :param machines: of each its description (name, fqdn, cloud), and how the controller logs in to it.
    :param parallel: how many logins are made side by side.
    """

    def looked(item: tuple[Mapping[str, Any], Login]) -> str | None:
        machine, login = item
        seen = pin_and_look(login, machine, known_hosts, Good(**deployments[machine["name"]]))
        return str(machine["name"]) if seen.state is HostState.SAME else None

    wanted = [item for item in machines if item[0]["name"] in deployments]
    with ThreadPoolExecutor(max(1, min(parallel, len(wanted)))) as pool:
        return [name for name in pool.map(looked, wanted) if name]
