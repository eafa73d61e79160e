# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of many hosts as one list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

#: Scope of proofs -> the variable in which the role ``prove`` registers what the module of that scope returns.
REGISTERED = {
    "bmc": "__prove_bmc",
    "host": "__prove_host",
    "control_plane": "__prove_control_plane",
    "switch": "__prove_switch",
    "cluster": "__prove_cluster",
    "fencing": "__prove_fencing",
    "pull": "__prove_pull",
}
_UNKNOWN = "the host could not be reached or failed before; the run's output has the cause"


def proofs(hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str]) -> list[dict[str, Any]]:
    """All proofs of these hosts, host by host; a proof that several hosts registered is listed once."""
    results = (hostvars[host].get(variable) for host in hosts for variable in REGISTERED.values())
    found = [proof for result in results if result for proof in result.get("proofs") or []]
    return list({proof["name"]: proof for proof in found}.values())


def absent(hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str]) -> dict[str, str]:
    """Hosts that have to be proved and have no proofs, with a reason for the report.

    :param hosts: those of this run. Their ``prove_config.scopes`` names the scopes in which they have to be proved.
    """
    return {
        host: _UNKNOWN
        for host in hosts
        if any(
            not _has_proofs(hostvars[host].get(REGISTERED[scope]))
            for scope in (hostvars[host].get("prove_config") or {}).get("scopes", ())
        )
    }


def _has_proofs(result: Mapping[str, Any] | None) -> bool:
    """Whether a registered result has proofs, or was skipped because there is nothing to prove."""
    return bool(result and (result.get("skipped") or result.get("proofs")))
