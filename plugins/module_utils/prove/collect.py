# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of many hosts as one list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

#: Variables in which the role ``prove`` registers what its modules return.
KEYS = ("__prove_controller", "__prove_host", "__prove_control_plane", "__prove_switch", "__prove_cluster")


def proofs(hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str]) -> list[dict[str, Any]]:
    """Every proof that these hosts brought, host by host."""
    found = (hostvars[host].get(key) for host in hosts for key in KEYS)
    return [proof for result in found if result for proof in result.get("proofs") or []]


def absent(hostvars: Mapping[str, Mapping[str, Any]], machines: Iterable[str]) -> dict[str, str]:
    """Machines that brought no proof of themselves, with a reason for the report."""
    reason = "it could not be reached or failed before; the run's output has the cause"
    return {host: reason for host in machines if not (hostvars[host].get("__prove_host") or {}).get("proofs")}
