# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of many hosts as one list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

#: Variables in which the role ``prove`` registers what its modules return.
KEYS = ("__prove_bmc", "__prove_host", "__prove_control_plane", "__prove_switch", "__prove_cluster")
#: Group -> the variable in which each of its hosts owes proofs of itself.
OWED = {"switches": "__prove_switch", "machines": "__prove_host", "control_plane": "__prove_control_plane"}
_UNKNOWN = "it could not be reached or failed before; the run's output has the cause"


def proofs(hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str]) -> list[dict[str, Any]]:
    """Every proof that these hosts brought, host by host; one that was registered on all hosts counts once."""
    found = (hostvars[host].get(key) for host in hosts for key in KEYS)
    brought = [proof for result in found if result for proof in result.get("proofs") or []]
    return list({proof["name"]: proof for proof in brought}.values())


def absent(
    hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str], groups: Mapping[str, Iterable[str]]
) -> dict[str, str]:
    """Hosts that owe proofs and brought none, with a reason for the report.

    :param hosts: those of this run.
    :param groups: of the inventory; those in :data:`OWED` tell what is owed.
    """
    members = {group: set(groups.get(group, ())) for group in OWED}
    return {
        host: _UNKNOWN
        for host in hosts
        if any(host in members[group] and not _brought(hostvars[host].get(key)) for group, key in OWED.items())
    }


def _brought(result: Mapping[str, Any] | None) -> bool:
    """Whether a registered result has proofs, or was skipped because there is nothing to prove."""
    return bool(result and (result.get("skipped") or result.get("proofs")))
