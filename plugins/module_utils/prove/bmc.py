# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs that a machine's management controller can be trusted: verified, and in charge of the right machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..bmc.connect import connected
from ..bmc.errors import BmcError
from ..bmc.identity import require_same_machine
from ..bmc.types import BmcSettings, Identity
from ..report.proofs import Proof, ProofError, UntriedError, prove, untried
from .registry import proof, prove_scope


def bmc_proofs(machine: dict[str, Any]) -> list[Proof]:
    """The proofs for one machine.

    :param machine: the role ``machine``'s dictionary: ``name``, ``identity``, ``macs`` and, if it has one, ``bmc``.
    """
    return prove_scope("bmc", machine)


@proof("bmc")
def _reached_and_right(machine: dict[str, Any]) -> Iterator[Proof]:
    name = machine["name"]
    verified = f"{name}: its BMC is reached with verified TLS"
    ours = f"{name}: its BMC is in charge of the model's machine"
    if not machine.get("bmc"):
        reason = "the model names no management controller for this machine"
        yield from (untried(verified, "bmc", reason), untried(ours, "bmc", reason))
        return
    settings = BmcSettings.from_params(machine["bmc"])
    seen: list[Identity] = []
    ipmi = settings.protocol == "ipmi"
    claim = f"{name}: its BMC is reached by IPMI" if ipmi else verified
    reached = prove(claim, "bmc", lambda: _reach(settings, seen))
    yield reached
    if ipmi:
        yield untried(verified, "bmc", "IPMI has no TLS; the model chose it")
    if seen:
        yield prove(ours, "bmc", lambda: same_machine(machine, seen[0], settings.where))
    else:
        yield untried(ours, "bmc", f"it was not reached: {reached.evidence}")


def _reach(settings: BmcSettings, seen: list[Identity]) -> str:
    try:
        with connected(settings) as bmc:
            seen.append(bmc.identity())
            power = bmc.power_state().value
    except BmcError as error:
        raise ProofError(str(error)) from error
    return f"{settings.where}, {_trust(settings)}, power {power}"


def same_machine(machine: dict[str, Any], found: Identity, where: str) -> str:
    """Which facts agree; a controller that tells none that the model has leaves the proof untried."""
    identity = machine.get("identity") or {}
    try:
        facts = require_same_machine(identity.get("serial"), identity.get("uuid"), machine["macs"], found, where)
    except BmcError as error:
        raise ProofError(str(error)) from error
    if not facts:
        raise UntriedError(
            "it tells neither serial, UUID nor MAC that the model has; add identity.serial or identity.uuid"
        )
    return f"its {', '.join(facts)} agree"


def _trust(settings: BmcSettings) -> str:
    if settings.protocol == "ipmi":
        return "which has no TLS"
    if settings.fingerprint:
        return "certificate pinned by fingerprint"
    return f"certificate verified by {settings.ca_file or 'the system'}"
