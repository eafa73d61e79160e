# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as the two patches of one NVUE revision: first what is unset (``null``), then what is set. Pure.

Two, since a patch that sets and unsets the same resource has no defined order ("NVUE API", supported methods). Each
holds only keys of the model's ports, bonds and VLANs; NVUE merges it, so every other setting stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..config import Lag, Membership, Port, PortMode
from ..mlag import Mlag
from ..plan import Plan, Step
from . import mlag, routed
from .names import Tree, Words, interface, text
from .parse import Facts


@dataclass
class Patches:
    """The two patches of the root ``/nvue_v1/``.

    :ivar unset: paths whose value is None.
    :ivar put: paths with their new values.
    """

    unset: Tree = field(default_factory=dict)
    put: Tree = field(default_factory=dict)

    def remove(self, have: Any, *path: str) -> None:
        """Unset a path if `have`, the present configuration, has it."""
        for key in path:
            if not isinstance(have, Mapping) or key not in have:
                return
            have = have[key]
        _place(self.unset, path, None)

    def set(self, value: Any, *path: str) -> None:
        """Set a path."""
        _place(self.put, path, value)


def patches(plan: Plan, found: Facts, channels: Mapping[str, str], words: Words) -> Patches:
    """The patches of a plan.

    :param channels: a bond for each aggregation of the plan.
    """
    result = Patches()
    for step in plan.steps:
        _step(plan.switch, step, found, channels, words, result)
    return result


def _step(switch: str, step: Step, found: Facts, channels: Mapping[str, str], words: Words, to: Patches) -> None:
    where = f"switches.{switch}"
    if step.kind == "vlan" and step.want is not None:
        to.set({}, "bridge", "domain", found.domain, "vlan", step.name)
    elif step.kind == "port" and step.want is None:
        name = interface(where, step.name)
        _free(name, found, to)
        _addresses(name, step.have, None, found, to)
    elif step.kind == "lag" and step.want is None:
        to.remove(found.config, "interface", channels.get(step.name, step.name))
    elif isinstance(step.want, Mlag):
        mlag.write(f"{where}.mlag", step.want, found, words, to)
    elif isinstance(step.want, Port):
        _port(where, step.have, step.want, found, words, to)
    elif isinstance(step.want, Lag):
        _lag(where, step.want, found, channels[step.name], words, to)


def _free(name: str, found: Facts, to: Patches) -> None:
    """A port that becomes a member keeps its settings but for the bridge, and the MTU, which is the bond's."""
    to.remove(found.config, "interface", name, "bridge")
    to.remove(found.config, "interface", name, "link", "mtu")


def _port(where: str, have: object, port: Port, found: Facts, words: Words, to: Patches) -> None:
    name, place = interface(where, port.name), f"{where}.ports.{port.name}"
    _addresses(name, have, port, found, to)
    if not port.addresses:
        _common(place, name, port, found, words, to)
        return
    to.remove(found.config, "interface", name, "bridge")
    _named(place, name, port, found, to)


def _addresses(name: str, have: object, want: Port | None, found: Facts, to: Patches) -> None:
    """The addresses of a routed port; those of others stay where a port is none."""
    base = ("interface", name, "ip", "address")
    unset, put = routed.changes(found.interfaces.get(name) or {}, have, want)
    for text_ in unset:
        to.remove(found.config, *base, text_)
    for text_ in put:
        to.set({}, *base, text_)


def _lag(where: str, lag: Lag, found: Facts, name: str, words: Words, to: Patches) -> None:
    present = found.interfaces.get(name) or {}
    wanted = {interface(where, member) for member in lag.members}
    base = ("interface", name, "bond")
    to.set("bond", "interface", name, "type")
    for key in (present.get("bond") or {}).get("member") or {}:
        if key not in wanted:
            to.remove(found.config, *base, "member", key)
    for member in sorted(wanted):
        to.set({}, *base, "member", member)
        if member in found.interfaces:
            _free(member, found, to)
    if lag.lacp:
        to.set("lacp", *base, "mode")
        to.set("fast" if lag.lacp.fast else "slow", *base, "lacp-rate")
        to.set(words.on if lag.lacp.fallback_port else words.off, *base, "lacp-bypass")
    else:
        to.set("static", *base, "mode")
        to.remove(found.config, *base, "lacp-rate")
        to.remove(found.config, *base, "lacp-bypass")
    if lag.mlag is None:
        to.remove(found.config, *base, "mlag")
    else:
        to.set({"id": lag.mlag, words.switch: words.on}, *base, "mlag")
    _common(f"{where}.lags.{lag.name}", name, lag, found, words, to)


def _common(where: str, name: str, end: Port | Lag, found: Facts, words: Words, to: Patches) -> None:
    """MTU, description, VLANs and spanning tree of a port or bond."""
    have, base = found.config, ("interface", name)
    _named(where, name, end, found, to)
    domains = ((found.interfaces.get(name) or {}).get("bridge") or {}).get("domain") or {}
    for other in set(domains) - {found.domain}:
        to.remove(have, *base, "bridge", "domain", other)
    inside = (*base, "bridge", "domain", found.domain)
    _vlans(end.membership, have, domains.get(found.domain) or {}, inside, to)
    for key in ("admin-edge", "bpdu-guard"):
        if end.edge:
            to.set(words.on, *inside, "stp", key)
        else:
            to.remove(have, *inside, "stp", key)


def _named(where: str, name: str, end: Port | Lag, found: Facts, to: Patches) -> None:
    """MTU and description."""
    to.set(end.mtu, "interface", name, "link", "mtu")
    if end.description:
        to.set(text(where, end.description), "interface", name, "description")
    else:
        to.remove(found.config, "interface", name, "description")


def _vlans(membership: Membership, have: Tree, mine: Tree, inside: tuple[str, ...], to: Patches) -> None:
    """``access`` alone, or ``untagged`` with ``vlan``, the untagged one among them; ``none`` if there is no native.

    Without it a trunk would have the bridge's untagged VLAN, by default 1.
    """
    if membership.mode is PortMode.ACCESS:
        to.remove(have, *inside, "untagged")
        to.remove(have, *inside, "vlan")
        to.set(membership.native, *inside, "access")
        return
    to.remove(have, *inside, "access")
    wanted = {str(vid) for vid in membership.vlans}
    for key in mine.get("vlan") or {}:
        if key not in wanted:
            to.remove(have, *inside, "vlan", key)
    for vid in sorted(wanted, key=int):
        to.set({}, *inside, "vlan", vid)
    to.set("none" if membership.native is None else membership.native, *inside, "untagged")


def _place(tree: Tree, path: tuple[str, ...], value: Any) -> None:
    *parents, last = path
    for key in parents:
        if tree.get(key, {}) is None:
            return  # an object above is removed as a whole
        tree = tree.setdefault(key, {})
    tree[last] = value
