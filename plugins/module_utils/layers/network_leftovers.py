# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""network_leftovers: a node has one network. Another one is refused; what it has left is removed by consent."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from ..host.plan import Plan, Step
from ..host.read import read_text
from ..host.state import HostError, RefusedError
from ..host.system import System
from ..network.traces import BESIDE, TRACES, refusal
from .leftovers import FILE, INTERFACE, PROCESS, ROUTES, SWITCH, TABLE, UNIT, Leftover, leftovers

LAYER = "network_leftovers"
#: In this order, so that nothing sets again what was removed.
ORDER = (UNIT, ROUTES, TABLE, INTERFACE, FILE)
REMOVE = "remove"


def assess(params: Mapping[str, Any], system: System | None = None) -> Plan:
    """What would be removed from this node, by consent. Changes nothing.

    :raises RefusedError: the node has another network than the wanted one, or one that still runs shall be removed.
    :raises HostError: a name is that of no network.
    """
    provider, consents = params.get("provider"), list(params.get("remove") or [])
    known_as = list(params.get("known_as") or [])
    _check_names({"provider": [provider] if provider else [], "known_as": known_as}, {**TRACES})
    _check_names({"remove": consents}, {**TRACES, **BESIDE})
    if wrong := sorted({*consents} & {provider, *known_as}):
        raise HostError(f"{LAYER}_config.remove: {wrong[0]} is the network that the node shall have; take it out")
    found = leftovers(provider, known_as, system, consents)
    for name in dict.fromkeys(one.provider for one in found):
        _refuse(name, [one for one in found if one.provider == name], provider, name in consents)
    _refuse_mounts([one for one in found if one.provider in consents and one.kind == FILE], system or System())
    kept = [one for one in found if one.provider not in consents]
    steps = [_step(one) for kind in ORDER for one in found if one.kind == kind and one.provider in consents]
    return Plan(LAYER, tuple(_unique(steps)), tuple(_warnings(kept, steps, found)))


def _check_names(given: Mapping[str, Sequence[str]], known: Collection[str]) -> None:
    for key, names in given.items():
        if unknown := [name for name in names if name not in known]:
            raise HostError(f"{LAYER}_config.{key}: {unknown[0]} is no network; there are {', '.join(known)}")


def _refuse(name: str, found: list[Leftover], provider: str | None, consented: bool) -> None:
    used = [one for one in found if one.used]
    running = [one.name for one in used if one.kind == PROCESS]
    if consented and running:
        raise RefusedError(
            f"the network {name} still runs here ({', '.join(running)}), so its files can't be removed; remove it from "
            "the cluster first, by its role with the state absent"
        )
    if used and not consented and name not in BESIDE:
        raise RefusedError(refusal(name, provider, map(str, used)))


def _refuse_mounts(found: Sequence[Leftover], system: System) -> None:
    """Refuse directories in which a file system is mounted, whose content may be that of something else."""
    mounted = [line.split()[1] for line in read_text(system, "/proc/mounts").splitlines() if len(line.split()) > 1]
    for one in found:
        if inside := [place for place in mounted if place == one.name or place.startswith(f"{one.name}/")]:
            raise RefusedError(
                f"{one.name} of the network {one.provider} can't be removed while a file system is mounted at "
                f"{inside[0]}; reboot the node, or unmount it"
            )


def _step(one: Leftover) -> Step:
    return Step(REMOVE, str(one), one, before=f"{one} of {one.provider}\n")


def _unique(steps: list[Step]) -> list[Step]:
    """Without what two networks that shall be removed both have."""
    return list({step.subject: step for step in steps}.values())


def _warnings(kept: list[Leftover], steps: list[Step], found: list[Leftover]) -> Iterator[str]:
    for name in dict.fromkeys(one.provider for one in kept):
        left = ", ".join(str(one) for one in kept if one.provider == name)
        remedy = f"""-e '{{"network_leftovers_remove": ["{name}"]}}' removes it"""
        yield f"the network {name} has left {left} here; {remedy}"
    for name in dict.fromkeys(step.item.provider for step in steps):
        if lasting := [one.name for one in found if one.kind == SWITCH and one.provider == name]:
            yield f"{', '.join(lasting)} of {name} end with a reboot of the node, which is left to you"
        if rest := (TRACES | BESIDE)[name].rest:
            yield f"{rest} of {name} end with a reboot of the node, which is left to you"


def perform(params: Mapping[str, Any], *, check: bool, system: System | None = None) -> dict[str, Any]:
    """The module network_leftovers: {changed, steps, diff, warnings}."""
    host = system or System()
    todo = assess(params, host)
    if not check:
        for step in todo.steps:
            ACTIONS[step.item.kind](step.item, host)
        if any(step.item.kind == UNIT for step in todo.steps):
            host.run(["systemctl", "daemon-reload"])
    return {**todo.result(), "warnings": list(todo.warnings)}


def _remove_file(one: Leftover, system: System) -> None:
    path = system.path(one.name)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove_interface(one: Leftover, system: System) -> None:
    if system.path(f"/sys/class/net/{one.name}").exists():  # one of a pair goes with the other
        system.run(["ip", "link", "delete", one.name])


def _remove_routes(one: Leftover, system: System) -> None:
    protocol = (TRACES | BESIDE)[one.provider].protocol
    system.run(["ip", "route", "flush", "proto", str(protocol)])


ACTIONS: dict[str, Callable[[Leftover, System], None]] = {
    FILE: _remove_file,
    UNIT: lambda one, system: _run(system, "systemctl", "disable", "--now", one.name),
    INTERFACE: _remove_interface,
    TABLE: lambda one, system: _run(system, "nft", "delete", "table", *one.name.split()),
    ROUTES: _remove_routes,
}


def _run(system: System, *argv: str) -> None:
    system.run(argv)
