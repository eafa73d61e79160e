# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs that a machine's management controller is reached over verified TLS and controls the right machine."""

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
def _reached_and_identified(machine: dict[str, Any]) -> Iterator[Proof]:
    name = machine["name"]
    verified = f"{name}: its BMC is reached with verified TLS"
    identified = f"{name}: its BMC controls the machine of the model"
    if not machine.get("bmc"):
        reason = "the model has no management controller for this machine"
        yield from (untried(verified, "bmc", reason), untried(identified, "bmc", reason))
        return
    settings = BmcSettings.from_params(machine["bmc"])
    found: list[Identity] = []
    ipmi = settings.protocol == "ipmi"
    claim = f"{name}: its BMC is reached by IPMI" if ipmi else verified
    reached = prove(claim, "bmc", lambda: _reach(settings, found))
    yield reached
    if ipmi:
        yield untried(verified, "bmc", "the model sets the protocol IPMI, which has no TLS")
    if found:
        yield prove(identified, "bmc", lambda: same_machine(machine, found[0], settings.where))
    else:
        yield untried(identified, "bmc", f"the BMC was not reached: {reached.evidence}")


def _reach(settings: BmcSettings, found: list[Identity]) -> str:
    try:
        with connected(settings) as bmc:
            found.append(bmc.identity())
            power = bmc.power_state().value
    except BmcError as error:
        raise ProofError(str(error)) from error
    return f"{settings.where}, {_trust(settings)}, power {power}"


def same_machine(machine: dict[str, Any], found: Identity, where: str) -> str:
    """Name the identifiers that agree with the model.

    :raises UntriedError: the controller reports no identifier that the model has.
    """
    identity = machine.get("identity") or {}
    try:
        facts = require_same_machine(identity.get("serial"), identity.get("uuid"), machine["macs"], found, where)
    except BmcError as error:
        raise ProofError(str(error)) from error
    if not facts:
        raise UntriedError(
            "the BMC reports no serial number, UUID or MAC that the model has; add identity.serial or identity.uuid"
        )
    return f"its {', '.join(facts)} agree"


def _trust(settings: BmcSettings) -> str:
    if settings.protocol == "ipmi":
        return "without TLS"
    if settings.fingerprint:
        return "certificate pinned by fingerprint"
    return f"certificate verified by {settings.ca_file or 'the system'}"
