# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run would do, layer by layer, from what the plays of plan.yml left in the variables of the hosts.

A layer of a host has steps, or a reason why they are not known, or both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..draw.scene import natural
from ..layers.selection import BELOW, chosen_layers, layers_to_run
from .cause import plain

Vars = Mapping[str, Any]
#: Why the plan of a switch whose platform is `unmanaged` is not known.
BY_HAND = "it is configured by hand and was not compared; the table has what it needs"
#: Why the plan of a layer that needs the bundle is not known; the reason of the bundle follows.
UNBUNDLED = "the bundle cannot be used: "
_UNREAD = "could not be read: "
_REFUSED = "refused: "
_LOST = "no connection: "


@dataclass(frozen=True)
class Entry:
    """One layer of one host.

    :ivar steps: what would be done, as planners write it.
    :ivar why: why what would be done is not known, or not in full; empty if it is.
    :ivar by_hand: lines of a table of what people have to configure.
    """

    layer: str
    host: str
    steps: tuple[str, ...] = ()
    why: str = ""
    by_hand: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Entry:
        """Back from plain data."""
        return cls(
            data["layer"],
            data["host"],
            tuple(data.get("steps") or ()),
            data.get("why") or "",
            tuple(data.get("by_hand") or ()),
        )


def planned(
    hostvars: Mapping[str, Vars], hosts: Sequence[str], tags: Sequence[str] = ("all",), skipped: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The plan of these hosts as plain data: layer by layer from the lowest, then by host.

    :param hosts: those of the run, and those that its limit left out and that it would configure with them.
    :param tags: ``ansible_run_tags``; a layer that they do not name is left out.
    :param skipped: ``ansible_skip_tags``.
    """
    entries = _bundle(hostvars, hosts)
    own: dict[str, list[str]] = {}
    for host in sorted(hosts, key=natural):
        variables = hostvars[host]
        entries += _below(host, variables, tags, skipped)
        layers = chosen_layers(variables.get("groundup_layers") or (), tags, skipped)
        own[host] = [str(layer["name"]) for layer in layers]
        entries += _connection(host, variables)
        entries += [_layer(host, variables, layer, layers) for layer in layers]
    order = ["bundle", *BELOW, "connection", *merged(own.values())]
    return [asdict(entry) for entry in sorted(entries, key=lambda entry: order.index(entry.layer))]


def merged(lists: Iterable[Sequence[str]]) -> list[str]:
    """Lists of layers as one, in which each of them keeps its order."""
    order: list[str] = []
    for names in sorted(lists, key=len, reverse=True):
        for place, name in enumerate(names):
            later = [order.index(other) for other in names[place + 1 :] if other in order]
            if name not in order:
                order.insert(min(later, default=len(order)), name)
    return order


def _bundle(hostvars: Mapping[str, Vars], hosts: Sequence[str]) -> list[Entry]:
    """The bundle is one entry, where a layer of the run needs it."""
    for host in hosts:
        result = hostvars[host].get("groundup_bundle")
        if isinstance(result, Mapping) and not result.get("skipped"):
            where = str(hostvars[host].get("groundup_provisioner", host))
            return [Entry("bundle", where, (), _failure(result) or str(hostvars[host].get("groundup_unbundled") or ""))]
    return []


def _below(host: str, variables: Vars, tags: Sequence[str], skipped: Sequence[str]) -> list[Entry]:
    entries = []
    for layer in chosen_layers(variables.get("groundup_below") or (), tags, skipped):
        name, role = str(layer["name"]), str(layer["role"]).rpartition(".")[2]
        result = variables.get(f"__{role}_result")
        known: Vars = result if isinstance(result, Mapping) else {"failed": True, "msg": "its role was not run"}
        steps = tuple(map(str, known.get("steps") or ())) if known.get("changed") else ()
        steps += tuple(f"after the machines: {step}" for step in known.get("remains") or ())
        recorded = "" if result else _short((variables.get("groundup_unplanned") or {}).get(name))
        by_hand = tuple(map(str, known.get("by_hand") or ()))
        why = recorded or (
            BY_HAND if by_hand else _unbundled(name, variables, known) or _reason(name, variables, known)
        )
        entries.append(Entry(name, host, steps, why, by_hand))
    return entries


def _unbundled(name: str, variables: Vars, result: Vars) -> str:
    """The role of the provisioner fails without a bundle, whose own reason says more."""
    missing = name == "provisioner" and result.get("failed") and not result.get("unreachable")
    return _without(variables) if missing else ""


def _without(variables: Vars) -> str:
    """Why a layer that needs the bundle is not known, or an empty string where there is a bundle."""
    why = variables.get("groundup_unbundled")
    return UNBUNDLED + _short(why) if why else ""


def _connection(host: str, variables: Vars) -> list[Entry]:
    """A host without a connection is one entry with the error, and its layers refer to it."""
    probe = variables.get("groundup_probe")
    if not isinstance(probe, Mapping) or not probe.get("unreachable"):
        return []
    return [Entry("connection", host, (), _failure(probe).removeprefix(_LOST))]


def _layer(host: str, variables: Vars, layer: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]) -> Entry:
    """A layer of a machine or of the cluster, from the comparison with its state."""
    name, probe = str(layer["name"]), variables.get("groundup_probe")
    without = _without(variables) if name in (variables.get("groundup_needs") or {}) else ""
    if without:
        return Entry(name, host, (), without)
    if isinstance(probe, Mapping) and probe.get("unreachable"):
        return Entry(name, host, (), "no connection")
    failed = _reason(name, variables, probe)
    if not isinstance(probe, Mapping) or "differs" not in probe:
        return Entry(name, host, (), failed or "its state was not compared")
    steps = _steps(layer, variables, probe)
    unread = [step.removeprefix(_UNREAD) for step in steps if step.startswith((_UNREAD, _REFUSED))]
    steps = [step for step in steps if not step.startswith((_UNREAD, _REFUSED))]
    differing = variables.get("groundup_differing") or ()
    if not steps and not unread and name in layers_to_run(layers, probe["differs"], differing):
        after = [other for other in layer.get("follows", ()) if other in differing]
        steps = [f"compare again after {', '.join(after)}"] if after else ["run its role"]
    return Entry(name, host, tuple(steps), failed or "; ".join(unread))


def _steps(layer: Mapping[str, Any], variables: Vars, probe: Mapping[str, Any]) -> list[str]:
    by_layer = probe.get("steps")
    if isinstance(by_layer, Mapping):
        return list(map(str, by_layer.get(layer["name"]) or ()))
    role = str(layer["role"]).rpartition(".")[2]
    found = variables.get(f"__{role}_probe")
    return list(map(str, found.get("steps") or ())) if isinstance(found, Mapping) else []


def _reason(layer: str, variables: Vars, result: Any) -> str:
    """Why a layer is not known in full: the failure of what was registered, or the task that failed."""
    recorded = (variables.get("groundup_unplanned") or {}).get(layer)
    return (_failure(result) if isinstance(result, Mapping) else "") or _short(recorded)


def _short(message: Any) -> str:
    return plain(str(message or ""))


def _failure(result: Mapping[str, Any]) -> str:
    text = _short(result.get("msg"))
    if result.get("unreachable"):
        return _LOST + (text or "without an error text")
    return (text or "the task gave no error text") if result.get("failed") else ""
