# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of a management controller, with a double behind the protocol's interface."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.errors import BmcError
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.types import Identity
from ansible_collections.groundup.cloud.plugins.module_utils.prove import bmc as bmc_proofs

MAC = "52:54:00:00:01:00"
BMC = {"protocol": "redfish", "address": "10.20.0.101", "username": "admin", "password": "x", "fingerprint": "aa"}
OURS, OTHER, MUTE = Identity(serial="S1", macs=(MAC,)), Identity(serial="S2"), Identity()


def proofs(monkeypatch: pytest.MonkeyPatch, found: Identity | None, bmc: dict[str, Any] | None) -> list[Any]:
    @contextmanager
    def connected(_settings: Any) -> Iterator[Any]:
        if found is None:
            raise BmcError("certificate verify failed", "10.20.0.101", "pin its fingerprint")
        yield SimpleNamespace(identity=lambda: found, power_state=lambda: SimpleNamespace(value="on"))

    monkeypatch.setattr(bmc_proofs, "connected", connected)
    machine: dict[str, Any] = {"name": "node1", "bmc": bmc, "identity": {"serial": "S1"}, "macs": [MAC]}
    return bmc_proofs.bmc_proofs(machine)


@pytest.mark.parametrize(
    ("found", "bmc", "oks", "says"),
    [
        (OURS, BMC, [True, True], "its serial, macs agree"),
        (OTHER, BMC, [True, False], "another machine is behind this address"),
        (MUTE, BMC, [True, None], "add identity.serial"),
        (None, BMC, [False, None], "certificate verify failed"),
        (OURS, {**BMC, "protocol": "ipmi"}, [True, None, True], "agree"),
        (OURS, None, [None, None], "has no management controller"),
    ],
)
def test_reached_and_identified_are_two_claims(
    monkeypatch: pytest.MonkeyPatch, found: Identity | None, bmc: dict[str, Any] | None, oks: list[Any], says: str
) -> None:
    result = proofs(monkeypatch, found, bmc)
    assert [proof.ok for proof in result] == oks
    assert says in (result[-1].why_not_real or result[-1].evidence)


def test_ipmi_is_never_called_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    result = proofs(monkeypatch, OURS, {**BMC, "protocol": "ipmi"})
    reasons = [p.why_not_real for p in result if "verified TLS" in p.name]
    assert reasons == ["the model sets the protocol IPMI, which has no TLS"]
