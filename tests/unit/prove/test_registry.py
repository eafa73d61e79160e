# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of proofs and the promises of providers, each with one that a test adds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.errors import CloudError
from ansible_collections.groundup.cloud.plugins.module_utils.promises import catalog, network_basic, page
from ansible_collections.groundup.cloud.plugins.module_utils.promises.promise import Kept, Promise
from ansible_collections.groundup.cloud.plugins.module_utils.prove import registry
from ansible_collections.groundup.cloud.plugins.module_utils.prove.cluster import Expected, in_check_mode
from ansible_collections.groundup.cloud.plugins.module_utils.prove.hosts import host_proofs
from ansible_collections.groundup.cloud.plugins.module_utils.report.proofs import Proof

EXPECTED = Expected("10.30.0.10:8443", "1.36.3", ("node1",), "cluster.local", "groundup.cloud/probe:1")


@pytest.fixture(autouse=True)
def entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is gone after it."""
    monkeypatch.setattr(registry, "ENTRIES", list(registry.ENTRIES))


def holds(name: str) -> Proof:
    return Proof(name, "network", True, 0.0, "seen")


def test_a_proof_is_added_by_one_decorated_function() -> None:
    @registry.proof("toy", layer="network", provider="toy")
    def _tunnel(context: dict[str, Any]) -> Iterator[Proof]:
        yield holds(f"{context['host']}: its tunnel is up")

    @registry.proof("toy")
    def _always(context: dict[str, Any]) -> Iterator[Proof]:
        yield holds(f"{context['host']}: is there")

    def names(layers: dict[str, str | None] | None) -> list[str]:
        return [proof.name for proof in registry.prove_scope("toy", {"host": "node1"}, layers)]

    both = ["node1: its tunnel is up", "node1: is there"]
    assert names({"network": "toy"}) == both
    assert names(None) == both, "a host whose layers are not known owes every proof"
    assert names({"network": "basic"}) == names({"host_base": None}) == ["node1: is there"]


def test_a_concurrent_proof_waits_while_the_others_are_carried_out() -> None:
    done = threading.Event()

    @registry.proof("toy", concurrent=True)
    def _waits(_context: None) -> Iterator[Proof]:
        yield Proof("waited", "host", done.wait(10), 0.0, "")

    @registry.proof("toy")
    def _other(_context: None) -> Iterator[Proof]:
        done.set()
        yield holds("other")

    assert [(proof.name, proof.ok) for proof in registry.prove_scope("toy", None)] == [
        ("waited", True),
        ("other", True),
    ]


def test_a_host_without_a_cluster_owes_no_proof_of_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    params = {"host": "node1", "networks": [], "node": True, "layers": {"host_network": None}}
    assert host_proofs(params) == []


def test_what_the_chosen_provider_does_not_promise_is_shown_as_such() -> None:
    layers: dict[str, str | None] = {"kubernetes": None, "network": "basic"}
    proofs = in_check_mode(Expected(**{**vars(EXPECTED), "layers": layers}))
    shown = {proof.name: proof for proof in proofs if not proof.promised}
    policies = shown[Promise.POLICY_PODS.text]
    assert (policies.ok, policies.layer) == (None, "network")
    assert policies.why_not_real == (
        "the network provider basic does not promise it; calico, cilium, flannel and kube_ovn do"
    )
    assert Promise.POD_TO_POD.text not in shown
    assert shown[Promise.ATTACHMENTS.text].why_not_real == (
        "the network provider basic does not promise it; the layer attachments does, beside each provider"
    )
    assert Promise.IPV6.text not in shown


def test_a_provider_is_added_by_its_table(monkeypatch: pytest.MonkeyPatch) -> None:
    toy = {Promise.POLICY_PODS: Kept("2.0", "toy.example.net")}
    monkeypatch.setattr(catalog, "PROVIDERS", {"network": {"basic": network_basic.PROMISES, "toy": toy}})
    reasons = {promise: reason for _layer, promise, reason in catalog.not_promised({"network": "basic"})}
    assert reasons[Promise.POLICY_PODS] == "the network provider basic does not promise it; toy does"
    missing = [promise for _layer, promise, _reason in catalog.not_promised({"network": "toy", "storage": None})]
    assert Promise.POD_TO_POD in missing and Promise.POLICY_PODS not in missing
    assert list(catalog.not_promised({"network": "custom"})) == [], "nothing is known of what users bring"
    monkeypatch.setattr(page, "PROVIDERS", catalog.PROVIDERS)
    assert "| `toy` |" in page.page() and "toy.example.net" in page.page()


def test_what_users_say_of_their_own_network_is_promised_and_the_rest_is_not() -> None:
    layers: dict[str, str | None] = {"network": "custom", "kubernetes": None}
    declared = {"network": ["pod_to_pod", "policy_pods"]}
    assert catalog.promised(layers, Promise.POLICY_PODS, declared)
    assert not catalog.promised(layers, Promise.POLICY_PODS)
    rest = {promise for __, promise, __ in catalog.not_promised(layers, declared)}
    assert rest == set(Promise) - {Promise.POD_TO_POD, Promise.POLICY_PODS}
    assert list(catalog.not_promised(layers)) == []


def test_a_proof_of_policies_is_owed_by_a_network_that_declares_them() -> None:
    given: dict[str, Any] = {
        "endpoint": "x",
        "version": "1",
        "nodes": (),
        "domain": "d",
        "image": "i",
        "layers": {"network": "custom"},
    }
    assert Expected(**given, promises={"network": ["policy_pods"]}).policies
    assert not Expected(**given).policies
    with pytest.raises(CloudError, match=r"promises.network: policy_pod is no promise; there are pod_to_pod"):
        Expected(**given, promises={"network": ["policy_pod"]})
