# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof that a machine's management controller can be trusted: verified, and in charge of the right machine."""

from __future__ import annotations

from typing import Any

from ..bmc.connect import connected
from ..bmc.errors import BmcError
from ..bmc.identity import require_same_machine
from ..bmc.types import BmcSettings
from ..report.proofs import Proof, ProofError, prove


def controller_proof(machine: dict[str, Any]) -> Proof:
    """The proof for one machine.

    :param machine: the role ``machine``'s dictionary: ``name``, ``bmc``, ``identity``, ``macs``.
    """
    settings = BmcSettings.from_params(machine["bmc"])
    identity = machine.get("identity") or {}
    wanted = (identity.get("serial"), identity.get("uuid"), machine["macs"])

    def attempt() -> str:
        try:
            with connected(settings) as bmc:
                found = bmc.identity()
                facts = require_same_machine(*wanted, found, settings.where)
                power = bmc.power_state().value
        except BmcError as error:
            raise ProofError(str(error)) from error
        return (
            f"{settings.where}, {_trust(settings)}, power {power}, identity agrees by {', '.join(facts) or 'nothing'}"
        )

    claim = "is reached by IPMI" if settings.protocol == "ipmi" else "is reached with verified TLS"
    return prove(f"{machine['name']}: its BMC {claim} and is the model's", "bmc", attempt)


def _trust(settings: BmcSettings) -> str:
    if settings.protocol == "ipmi":
        return "IPMI, which has no TLS"
    if settings.fingerprint:
        return "certificate pinned by fingerprint"
    return f"certificate verified by {settings.ca_file or 'the system'}"
