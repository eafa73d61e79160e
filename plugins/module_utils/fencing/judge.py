# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reasons not to cut the power of a machine, and not to bring it back. All of a kind are found at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..bmc.types import PowerState
from .facts import Node, Power, Seen


@dataclass(frozen=True)
class Rules:
    """What the one who fences wants.

    :ivar by: who fences, for the record.
    :ivar consent: name of the machine that may be fenced at once; empty: only one that was lost for long enough.
    :ivar confirmed_off: name of the machine of which a person says that it is off.
    :ivar stale_after: seconds without Ready and without a renewed Lease after which no consent is needed.
    :ivar minimum_healthy: percent of the nodes that have to be healthy.
    """

    by: str = ""
    consent: str = ""
    confirmed_off: str = ""
    stale_after: float = 90
    minimum_healthy: int = 51

    def allows(self, name: str) -> bool:
        """Whether the node is named."""
        return name in (self.consent, self.confirmed_off)


def against_fencing(seen: Seen, power: Power, rules: Rules) -> list[str]:
    """Return why the node may not be fenced now; nothing if it may."""
    reasons = [*_names(seen.node, rules), *_readiness(seen, rules), *_power(seen.node, power, rules)]
    if not seen.node.ready:
        reasons += _lost(seen, rules)
    if not power.off and not power.error:
        reasons += _brake(seen, rules)
    return reasons


def against_return(seen: Seen, power: Power) -> list[str]:
    """Return why the node may not be brought back now; nothing if it may."""
    node, name = seen.node, seen.node.name
    if node.record is None and not node.out_of_service:
        return [f"it is not fenced, but not Ready either ({node.reason}); find out why, or switch it on with bmc_power"]
    if node.record is None and not power.off:
        what = power.error or f"its machine is {power}"
        reason = (
            f"somebody else has set its taint, so there is no record of the boot that was fenced, and {what}; use "
            f"state fenced with consent {name} first, or remove the taint yourself after a power cycle of the machine"
        )
        return [reason]
    if node.ended and node.ready and not power.off and node.silent(seen.now) <= node.lease_seconds:
        reason = (
            "its machine runs since before it was fenced: it has the same boot id, so it was never off, and its pods "
            f"may run twice; use state fenced with consent {name} at once, and find out which machine was switched off"
        )
        return [reason]
    return []


def _names(node: Node, rules: Rules) -> Iterator[str]:
    for option, named in (("consent", rules.consent), ("confirmed_off", rules.confirmed_off)):
        if named and named != node.name:
            yield f"{option} names {named}; it has to name {node.name}, or be left out"


def _readiness(seen: Seen, rules: Rules) -> Iterator[str]:
    node = seen.node
    if not node.ready:
        return
    silent = node.silent(seen.now)
    if node.out_of_service and node.rebooted:
        yield "it has come back with another boot and is Ready; use state returned"
    elif node.out_of_service:
        if rules.consent != node.name:
            yield (
                "it is Ready though it has the taint, and its boot id is not another one, so its pods may run twice; "
                f"name it in consent to cut its power: {node.name}"
            )
    elif node.renewed is not None and silent > node.lease_seconds:
        yield (
            f"it is Ready, though its Lease was not renewed for {silent:.0f} s, so kube-controller-manager does not "
            "see that it is lost; bring that one back first, as pods would not start elsewhere either"
        )
    else:
        yield "it is Ready; drain it and switch it off with bmc_power where its machine has to stop"


def _power(node: Node, power: Power, rules: Rules) -> Iterator[str]:
    confirmed = rules.confirmed_off == node.name
    if power.error and not confirmed:
        yield (
            f"{power.error}. Whether its machine is off is not known, so that its pods and VMs may still write; make "
            f"the controller answer, or take its power away by hand and say so with confirmed_off: {node.name}"
        )
    elif confirmed and not power.error and not power.off:
        yield (
            f"you say that its machine is off, and its controller answers that it is {power.state.value}; look again, "
            "or leave confirmed_off out, so that the controller switches it off"
        )
    elif node.ended and not node.ready and power.state is PowerState.ON and rules.consent != node.name:
        yield (
            "it is fenced, but its machine is on: it came back by itself, or somebody switched it on; use state "
            f"returned to bring it back, or name it in consent to cut its power again: {node.name}"
        )


def _lost(seen: Seen, rules: Rules) -> Iterator[str]:
    node = seen.node
    if rules.allows(node.name):
        return
    if seen.paused and seen.pause:
        left = seen.pause.ends - seen.now
        yield (
            f"fencing is paused by {seen.pause.by} for another {left:.0f} s, since machines are worked on; wait, or "
            f"name the node in consent: {node.name}"
        )
    unready, silent = node.unready(seen.now), node.silent(seen.now)
    if min(unready, silent) < rules.stale_after:
        yield (
            f"it has not been Ready for {_long(unready)}, and its Lease was not renewed for {_long(silent)}; it may be "
            f"fenced after {rules.stale_after:.0f} s of both, or at once with consent: {node.name}"
        )


def _brake(seen: Seen, rules: Rules) -> Iterator[str]:
    """Where many machines are lost at once, the reason is rarely in the machines."""
    healthy = [one for one in seen.others if one.healthy(seen.now)]
    total = len(seen.others) + 1
    share = 100 * len(healthy) / total
    if share < rules.minimum_healthy:
        lost = _unhealthy(seen.others, seen.now)
        yield (
            f"{len(healthy)} of {total} nodes are healthy ({share:.0f} %), and {rules.minimum_healthy} % have to be"
            f"{f'; not healthy besides it: {lost}' if lost else ''}; look for what they have in common (a switch, a "
            "rack, the power), or lower minimum_healthy"
        )
    if not seen.node.control_plane:
        return
    planes = [one for one in seen.others if one.control_plane]
    sound = [one for one in planes if one.healthy(seen.now)]
    if len(sound) < len(planes):
        lost = _unhealthy(planes, seen.now)
        yield f"it is a control plane, and another one is not healthy ({lost}); bring that one back first"
    if len(sound) * 2 <= len(planes) + 1:
        yield (
            f"it is a control plane, and {len(sound)} healthy of {len(planes) + 1} would be left, which is no "
            "majority, so that the API and etcd would stop; bring it back, or add control planes"
        )


def _unhealthy(nodes: Iterable[Node], now: float) -> str:
    """Return the names of nodes that are not healthy, and why where they are Ready."""
    words = []
    for one in sorted(nodes, key=lambda one: one.name):
        if one.healthy(now):
            continue
        stale = one.ready and not one.out_of_service
        words.append(
            f"{one.name} (Ready, its Lease {one.silent(now):.0f} s old: lost, or its clock is wrong)"
            if stale
            else one.name
        )
    return ", ".join(words)


def _long(seconds: float) -> str:
    return "ever" if math.isinf(seconds) else f"{seconds:.0f} s"
