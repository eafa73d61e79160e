# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other networks than the wanted one have left on a node, by the table of traces. Reads only."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..host.read import read_text
from ..host.system import System
from ..network.traces import BESIDE, CONFIGURATIONS, TRACES, Trace, others

FILE, UNIT, INTERFACE, TABLE, ROUTES, PROCESS = "file", "unit", "interface", "table", "routes", "process"
SWITCH = "switch"


@dataclass(frozen=True)
class Leftover:
    """One thing on a node that belongs to a network.

    :ivar kind: what it is: a file or directory, a unit, an interface, a table of nftables, routes, a switch, a process.
    :ivar used: pods are connected by it, or may be again: a CNI configuration, or a running daemon.
    """

    provider: str
    kind: str
    name: str
    used: bool = False

    def __str__(self) -> str:
        return self.name if self.kind == FILE else f"{self.kind} {self.name}"


def leftovers(
    provider: str | None,
    known_as: Sequence[str] = (),
    system: System | None = None,
    remove: Sequence[str] = (),
) -> list[Leftover]:
    """Everything of other networks. What the wanted network has as well, such as a bridge of the same name, is its own.

    :param provider: the network that the node should have; None: none.
    :param known_as: networks of the table that it is, where it is one of the user's own.
    :param remove: what shall be removed. Something that may be beside a network is left out while it runs, unless it
        is one of these.
    """
    host = system or System()
    own = [trace for name, trace in TRACES.items() if name == provider or name in known_as]
    live = _Live(host)
    found = []
    for name, trace in others(provider, tuple(known_as)).items():
        some = [one for one in _of(name, trace, live, host) if not any(_has(mine, one) for mine in own)]
        found += [*some, *_switches(name, trace, live)] if some else []
    for name, trace in BESIDE.items():
        beside = list(_of(name, trace, live, host))
        if name in remove or not any(one.kind == PROCESS for one in beside):
            found += beside
    return found


class _Live:
    """What of the kernel all providers are compared with, read once."""

    def __init__(self, system: System) -> None:
        self.processes = {_comm(system, pid) for pid in _numbers(system)}
        net = system.path("/sys/class/net")
        self.interfaces = sorted(path.name for path in net.iterdir()) if net.is_dir() else []
        self.tables: set[str] = set()
        if system.finds("nft"):
            listed = json.loads(system.run(["nft", "-j", "list", "tables"]) or "{}").get("nftables") or []
            self.tables = {f"{x['table']['family']} {x['table']['name']}" for x in listed if "table" in x}


UNITS = "/etc/systemd/system"


def _numbers(system: System) -> Iterator[str]:
    proc = system.path("/proc")
    if proc.is_dir():
        yield from (path.name for path in proc.iterdir() if path.name.isdigit())


def _comm(system: System, pid: str) -> str:
    try:
        return read_text(system, f"/proc/{pid}/comm").strip()
    except ProcessLookupError:  # it has ended since the directory was listed
        return ""


def _of(name: str, trace: Trace, live: _Live, system: System) -> Iterator[Leftover]:
    for pattern in trace.configurations:
        yield from (Leftover(name, FILE, path, used=True) for path in _paths(f"{CONFIGURATIONS}/{pattern}", system))
    for process in trace.processes:
        if process[:15] in live.processes:
            yield Leftover(name, PROCESS, process, used=True)
    yield from (Leftover(name, UNIT, unit) for unit in trace.units if system.path(f"{UNITS}/{unit}").exists())
    for pattern in trace.files:
        yield from (Leftover(name, FILE, path) for path in _paths(pattern, system))
    for pattern in trace.interfaces:
        yield from (Leftover(name, INTERFACE, link) for link in fnmatch.filter(live.interfaces, pattern))
    yield from (Leftover(name, TABLE, table) for table in trace.tables if table in live.tables)
    if trace.protocol is not None and system.run(["ip", "route", "show", "proto", str(trace.protocol)]).strip():
        yield Leftover(name, ROUTES, f"of protocol {trace.protocol}")


def _switches(name: str, trace: Trace, live: _Live) -> Iterator[Leftover]:
    for pattern in trace.switches:
        yield from (Leftover(name, SWITCH, link) for link in fnmatch.filter(live.interfaces, pattern))


def _paths(pattern: str, system: System) -> list[str]:
    directory, __, name = pattern.rpartition("/")
    place = system.path(directory)
    names = sorted(path.name for path in place.iterdir()) if place.is_dir() else []
    return [f"{directory}/{one}" for one in fnmatch.filter(names, name)]


def _has(trace: Trace, one: Leftover) -> bool:
    """Whether a provider has something of the same name."""
    if one.kind == FILE:
        own = (*trace.files, *(f"{CONFIGURATIONS}/{name}" for name in trace.configurations))
        return any(fnmatch.fnmatchcase(one.name, pattern) for pattern in own)
    if one.kind == INTERFACE:
        return any(fnmatch.fnmatchcase(one.name, pattern) for pattern in trace.interfaces)
    return one.kind == TABLE and one.name in trace.tables
