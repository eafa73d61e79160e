# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model requires of the provider of its network, and what the providers' tables have to be."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.model.enums import NetworkProvider
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError
from ansible_collections.groundup.cloud.plugins.module_utils.promises import catalog
from ansible_collections.groundup.cloud.plugins.module_utils.promises.promise import Promise, StoragePromise
from ansible_collections.groundup.cloud.plugins.module_utils.promises.tunnel import Encapsulation

from .base import model

REQUIRED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "what the provider promises": ({"provider": "kube_ovn", "require": ["address_kept", "policy_vlans"]}, []),
    "what it does not promise": (
        {"require": ["services", "policy_pods"]},
        [
            "network.require[1]: policy_pods is not promised by basic (NetworkPolicy holds for pods); remove it, or choose another provider: calico, cilium, flannel and kube_ovn do"
        ],
    ),
    "what one other provider promises": (
        {"provider": "cilium", "require": ["policy_vlans"]},
        [
            "network.require[0]: policy_vlans is not promised by cilium (policies hold for NICs in VLANs); remove it, or choose another provider: kube_ovn does"
        ],
    ),
    "what pods have no addresses for": (
        {"require": ["ipv6"]},
        [
            "network.require[0]: ipv6 needs a range of IPv6 for pods (pods have IPv6 addresses); give kubernetes.pods and services two ranges, or remove it"
        ],
    ),
    "what holds without encapsulation": ({"provider": "calico", "require": ["connections_kept"]}, []),
    "what does not hold with encapsulation": (
        {"provider": "calico", "encapsulation": "vxlan", "require": ["connections_kept"]},
        [
            "network.require[0]: connections_kept is not promised by calico with the encapsulation vxlan (connections of a virtual machine outlive a migration); write network.encapsulation: none, remove it, or choose another provider: kube_ovn does"
        ],
    ),
    "an overlay without encapsulation": (
        {"provider": "flannel", "encapsulation": "none", "require": ["overlay"]},
        [
            "network.require[0]: overlay is not promised by flannel with the encapsulation none (pods of different nodes need no routes in the network below); write network.encapsulation: vxlan, remove it, or choose another provider: calico (with vxlan), cilium (with vxlan or geneve) and kube_ovn do",
            "network.encapsulation: none is not installed by this release: systemd-networkd would delete the routes of flannel's host-gw (pre-flight flannel-host-gw: systemd's networkd.conf(5), ManageForeignRoutes); write vxlan, or network.provider: basic, which sets routes that stay",
        ],
    ),
    "policies beside a network that has none": ({"policies": True, "require": ["policy_pods"]}, []),
    "policies beside a network of one's own": (
        {"provider": "custom", "policies": True, "require": ["policy_pods"]},
        [],
    ),
    "policies that go with the provider": ({"provider": "flannel", "require": ["policy_pods", "overlay"]}, []),
    "a load balancer beside a network that has none": (
        {"require": ["load_balancer"], "load_balancer": {"pools": {"a": {"addresses": ["10.20.0.200/29"]}}}},
        [],
    ),
    "a load balancer beside a network of one's own": (
        {
            "provider": "custom",
            "require": ["load_balancer"],
            "load_balancer": {"pools": {"a": {"addresses": ["10.20.0.200/29"]}}},
        },
        [],
    ),
    "a load balancer that is not there": (
        {"require": ["load_balancer"]},
        [
            "network.require[0]: load_balancer is not promised by basic (services of type LoadBalancer get an address); remove it, or choose another provider: calico (without encapsulation) and cilium do, and network.load_balancer"
        ],
    ),
    "attachments beside a network that has none": (
        {"require": ["attachments"], "attachments": {"a": {"network": "cluster"}}},
        [],
    ),
    "attachments that are not there": (
        {"require": ["attachments"]},
        [
            "network.require[0]: attachments needs network.attachments (pods can have further interfaces in networks of the machines); give network.attachments, or remove it"
        ],
    ),
    "a wish that these policies do not fulfil": (
        {"policies": True, "require": ["policy_vms"]},
        [
            "network.require[0]: policy_vms is not promised by basic (policies hold for virtual machines); remove it, or choose another provider: calico, cilium and kube_ovn do"
        ],
    ),
    "a provider that users bring": (
        {"provider": "custom", "require": ["policy_pods"]},
        [
            "network.require[0]: policy_pods can't be required of the provider custom, of which nothing is known; list it in network.custom.promises if your network keeps it, remove it, or choose another provider: calico, cilium, flannel and kube_ovn do"
        ],
    ),
    "the same twice": (
        {"require": ["services", "services"]},
        ["network.require[1]: services is listed twice; list each promise once"],
    ),
    "a word that is no promise": (
        {"provider": "kube_ovn", "require": ["policy_pod"]},
        [
            f"network.require[0]: policy_pod is not one of {', '.join(Promise)} (did you mean policy_pods?); choose one of them"
        ],
    ),
    "of a provider that can't be read": (
        {"provider": "kube-ovn", "require": ["policy_vlans"]},
        [
            f"network.provider: kube-ovn is not one of {', '.join(NetworkProvider)} (did you mean kube_ovn?); choose one of them"
        ],
    ),
}


@pytest.mark.parametrize(("network", "expected"), REQUIRED.values(), ids=REQUIRED)
def test_a_wish_that_nobody_fulfils_is_refused(network: dict[str, Any], expected: list[str]) -> None:
    found: list[str] = []
    try:
        load(model({"network": network}))
    except ModelError as error:
        found = [str(problem) for problem in error.errors]
    assert found == expected


def test_what_no_provider_promises_has_no_way() -> None:
    assert catalog.way("network", "basic", StoragePromise.BLOCK) == "no provider of this release does"


def test_every_provider_of_the_model_has_a_table_and_a_way_to_carry_packets() -> None:
    known = {str(provider) for provider in NetworkProvider} - {"custom"}
    assert set(catalog.PROVIDERS["network"]) == set(catalog.TUNNELS) == known


def test_a_promise_holds_only_with_encapsulations_that_its_provider_has() -> None:
    for name, table in catalog.PROVIDERS["network"].items():
        for promise, kept in table.items():
            assert set(kept.only) <= set(catalog.TUNNELS[name]), f"{name}: {promise}"
            assert kept.since and kept.source, f"{name}: {promise}"


def test_a_promise_with_a_condition_is_kept_with_that_encapsulation() -> None:
    assert catalog.keeps("network", "calico", Promise.BGP)
    assert catalog.keeps("network", "calico", Promise.BGP, Encapsulation.NONE)
    assert not catalog.keeps("network", "calico", Promise.BGP, Encapsulation.VXLAN)
    assert not catalog.keeps("network", "unknown", Promise.BGP)
