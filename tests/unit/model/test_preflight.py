# SPDX-License-Identifier: GPL-3.0-or-later
"""Each rule of the pre-flight with models to which it applies, and others to which it almost does."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import PROXY_MODES
from ansible_collections.groundup.cloud.plugins.module_utils.model import check_preflight
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.enums import ProxyMode
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.preflight import Found, Rule, Severity
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError
from ansible_collections.groundup.cloud.plugins.module_utils.provision.recipe import SUITES

from .base import REMOVED, model

WISH = ["policy_vms"]
JOIN = "overlaps 100.64.0.0/16, the subnet between nodes and pods of Kube-OVN"
NIC = {"nic0": {"mac": "52:54:00:00:01:00", "port": "leaf1/Ethernet1"}}
NIC2 = {"nic0": {"mac": "52:54:00:00:02:00", "port": "leaf1/Ethernet2"}}


def network(provider: str, **keys: Any) -> dict[str, Any]:
    return {"network": {"provider": provider, **keys}}


def vms(provider: str, **keys: Any) -> dict[str, Any]:
    return network(provider, require=WISH, **keys)


Changes = dict[str, Any]
#: rule -> models to which it applies, with the beginning of the message; models to which it almost does
CASES: dict[str, tuple[list[tuple[Changes, str]], list[Changes]]] = {
    "encapsulation-offered": (
        [
            (
                network("basic", encapsulation="vxlan"),
                "network.encapsulation: vxlan is an encapsulation that the provider does not have (pre-flight encapsulation-offered: docs/reference/promises.md); choose another encapsulation, or another provider; basic has none",
            ),
            (network("flannel", encapsulation="geneve"), "network.encapsulation: geneve is an encapsulation"),
            (network("kube_ovn", encapsulation="vxlan"), "network.encapsulation: vxlan is an encapsulation"),
        ],
        [
            network("basic", encapsulation="none"),
            network("calico", encapsulation="none"),
            network("custom", encapsulation="geneve"),
            {**network("basic", encapsulation="vxlan"), "kubernetes": REMOVED},
        ],
    ),
    "policies-twice": (
        [
            (network("kube_ovn", policies=True), "network.policies: true would judge each connection a second time"),
            (network("calico", policies=True), "network.policies: true would judge each connection a second time"),
            (network("cilium", policies=True), "network.policies: true would judge each connection a second time"),
        ],
        [network("basic", policies=True), network("flannel", policies=True), network("custom", policies=True)],
    ),
    "flannel-host-gw": (
        [(network("flannel", encapsulation="none"), "network.encapsulation: none is not installed by this release")],
        [network("flannel"), network("flannel", encapsulation="vxlan"), network("basic", encapsulation="none")],
    ),
    "hosted-overlay": (
        [
            (
                {**network("flannel"), "lab": {"control_plane": "hosted"}, "machines.node1.roles": ["compute"]},
                "lab.control_plane: hosted does not reach pods, since its host is no member of the overlay",
            )
        ],
        [
            network("flannel"),
            {**network("flannel"), "lab": {"control_plane": "hosted"}},
            {**network("basic"), "lab": {"control_plane": "hosted"}, "machines.node1.roles": ["compute"]},
        ],
    ),
    "kube-ovn-kube-proxy": (
        [
            (
                {**network("kube_ovn"), "kubernetes.proxy_mode": "nftables"},
                "kubernetes.proxy_mode: nftables is a mode of kube-proxy that Kube-OVN does not support; it needs kube-proxy, and iptables",
            )
        ],
        [
            network("kube_ovn"),
            {**network("kube_ovn"), "kubernetes.proxy_mode": "iptables"},
            {**network("flannel"), "kubernetes.proxy_mode": "nftables"},
        ],
    ),
    "kube-ovn-join-network": (
        [
            (
                {**network("kube_ovn"), "networks.tenants": {"vlan": 99, "subnet": "100.64.8.0/24"}},
                f"networks.tenants.subnet: 100.64.8.0/24 {JOIN}",
            ),
            ({**network("kube_ovn"), "kubernetes.pods": "100.64.0.0/12"}, f"kubernetes.pods: 100.64.0.0/12 {JOIN}"),
            (
                {**network("kube_ovn"), "kubernetes.services": "100.64.0.0/16"},
                f"kubernetes.services: 100.64.0.0/16 {JOIN}",
            ),
            ({**network("kube_ovn"), "dns.servers": ["100.64.0.2"]}, f"dns.servers[0]: 100.64.0.2 {JOIN}"),
            (
                {
                    **network("kube_ovn"),
                    "networks.cluster.routes": [{"to": "100.64.3.0/24", "via": "10.30.0.1"}],
                },
                f"networks.cluster.routes[0].to: 100.64.3.0/24 {JOIN}",
            ),
        ],
        [
            {**network("kube_ovn"), "networks.tenants": {"vlan": 99, "subnet": "100.65.8.0/24"}},
            {**network("calico"), "networks.tenants": {"vlan": 99, "subnet": "100.64.8.0/24"}},
            {**network("kube_ovn"), "networks.cluster.routes": [{"to": "100.0.0.0/8", "via": "10.30.0.1"}]},
        ],
    ),
    "tunnel-on-storage": (
        [
            (
                {
                    **network("flannel"),
                    "networks.storage": {"vlan": 40, "subnet": "10.40.0.0/24"},
                    "defaults": {"machine": {"networks": ["management", "storage"]}},
                    "machines.node1.networks": REMOVED,
                    "machines.node2.networks": REMOVED,
                    "kubernetes.endpoint": "10.40.0.10",
                },
                "kubernetes.endpoint: 10.40.0.10 is in the network storage, so that the tunnels of pods share it with the traffic of disks",
            )
        ],
        [
            {**network("flannel"), "networks.storage": {"vlan": 40, "subnet": "10.40.0.0/24"}},
            {
                **network("flannel", encapsulation="none"),
                "networks.storage": {"vlan": 40, "subnet": "10.40.0.0/24"},
                "machines.node1.networks": ["management", "storage"],
                "machines.node2.networks": ["management", "storage"],
                "kubernetes.endpoint": "10.40.0.10",
            },
        ],
    ),
    "geneve-without-ipv6": (
        [
            (
                {**network("kube_ovn"), "machines.node2.host": {"kernel_arguments": ["quiet", "ipv6.disable=1"]}},
                "machines.node2.host.kernel_arguments: ipv6.disable=1 is a kernel argument with which tunnels of Geneve",
            )
        ],
        [
            {**network("flannel"), "machines.node2.host": {"kernel_arguments": ["ipv6.disable=1"]}},
            {**network("kube_ovn"), "machines.node2.host": {"kernel_arguments": ["ipv6.disable=0"]}},
        ],
    ),
    "vxlan-checksum": (
        [
            (
                network("flannel"),
                "network.encapsulation (the default): vxlan over a bond can drop to 50-300 Mbit/s on kernels from 6.12, where checksums of the tunnel are offloaded (pre-flight vxlan-checksum: calico#11435; flannel, Documentation/troubleshooting.md); measure between pods of two nodes, and switch it off if it is slow: `ethtool -K INTERFACE tx-checksum-ip-generic off` with flannel.1, vxlan.calico or cilium_vxlan; it concerns machines.node1 and 1 more",
            ),
            (network("calico", encapsulation="vxlan"), "network.encapsulation: vxlan over a bond"),
            (
                {**network("flannel"), "machines.node1.nics": NIC},
                "network.encapsulation (the default): vxlan over a bond",
            ),
        ],
        [
            network("flannel", encapsulation="none"),
            network("calico"),
            network("cilium", encapsulation="geneve"),
            {**network("flannel"), "machines.node1.nics": NIC, "machines.node2.nics": NIC2},
            {
                **network("flannel"),
                "images": {"debian-13": {"url": "https://example.org/x.raw", "sha256": "ab" * 32}},
            },
        ],
    ),
    "kube-ovn-ovn-support": (
        [(network("kube_ovn"), "network.provider: kube_ovn 1.16 is built on OVN 25.03")],
        [network("calico"), network("custom")],
    ),
    "calico-nftables": (
        [
            (
                network("calico"),
                "kubernetes.proxy_mode (the default): nftables is the mode of kube-proxy, and Calico has to use the same",
            )
        ],
        [{**network("calico"), "kubernetes.proxy_mode": "iptables"}, network("flannel")],
    ),
    "cilium-kubernetes": (
        [
            (
                {**network("cilium"), "kubernetes.version": "1.37.0"},
                "kubernetes.version: 1.37.0 is a version that Cilium 1.20 is not tested with",
            ),
            ({**network("cilium"), "kubernetes.version": "1.32.9"}, "kubernetes.version: 1.32.9 is a version"),
        ],
        [
            {**network("cilium"), "kubernetes.version": "1.33.0"},
            {**network("cilium"), "kubernetes.version": "1.36.9"},
            {**network("flannel"), "kubernetes.version": "1.37.0"},
        ],
    ),
    "vm-migration": (
        [
            (
                vms("cilium"),
                "network.require: names virtual machines, and with this provider and encapsulation, a virtual machine that migrates loses its address or its connections (pre-flight vm-migration: docs/reference/promises.md; kubevirt#7967); reach virtual machines by Services, or choose a network that keeps both; of the other providers, calico (without encapsulation) and kube_ovn do",
            ),
            (
                vms("calico", encapsulation="vxlan"),
                "network.require: names virtual machines, and with this provider",
            ),
        ],
        [
            network("basic"),
            vms("kube_ovn"),
            vms("calico"),
            {**vms("cilium"), "kubernetes": REMOVED},
        ],
    ),
    "calico-migration-deadlock": (
        [(vms("calico"), "network.require: names virtual machines, and with Calico before 3.32.2, a migration")],
        [network("calico"), vms("kube_ovn")],
    ),
    "cilium-socket-lb": (
        [(vms("cilium"), "network.require: names virtual machines, and with Cilium in place of kube-proxy")],
        [network("cilium"), vms("calico")],
    ),
    "cilium-host-routing": (
        [
            (
                vms("cilium"),
                "network.require: names virtual machines, and with Cilium's routing of the host in eBPF",
            )
        ],
        [network("cilium"), vms("kube_ovn")],
    ),
    "cilium-netkit": (
        [(vms("cilium"), "network.require: names virtual machines, and with Cilium's netkit devices")],
        [network("cilium"), vms("kube_ovn")],
    ),
    "cilium-multus": (
        [(vms("cilium"), "network.require: names virtual machines, and with NICs in VLANs")],
        [{**vms("cilium"), "networks.tenants": REMOVED}, network("cilium"), vms("kube_ovn")],
    ),
    "kubevirt-kubernetes": (
        [
            (
                {**vms("kube_ovn"), "kubernetes.version": "1.33.5"},
                "kubernetes.version: 1.33.5 is a version that KubeVirt 1.9 does not support",
            )
        ],
        [{"kubernetes.version": "1.33.5"}, vms("kube_ovn"), {**vms("kube_ovn"), "kubernetes.version": "1.34.0"}],
    ),
    "kubevirt-advisories": (
        [(vms("kube_ovn"), "network.require: names virtual machines, and with KubeVirt before 1.9.0, who may edit")],
        [network("cilium")],
    ),
    "kvm-nested": (
        [
            (
                vms("kube_ovn"),
                "network.require: names virtual machines, and on kernels before 6.12.95, a guest can break out",
            )
        ],
        [network("cilium")],
    ),
}
RULES = {rule.name: rule for rule in check_preflight.RULES}


def told(changes: Changes, rule: Rule) -> list[str]:
    """What is said of a model by one rule, as an error or as a warning; it has no other error."""
    mark = f"(pre-flight {rule.name}:"
    try:
        errors, warnings = [], list(load_all(model(changes)).warnings)
    except ModelError as error:
        errors, warnings = error.errors, error.warnings
    texts = [str(problem) for problem in errors]
    assert all("(pre-flight " in text for text in texts), texts
    wanted, other = (texts, warnings) if rule.severity is Severity.ERROR else (map(str, warnings), errors)
    assert not [text for text in map(str, other) if mark in text], "it is reported with the other severity"
    return [text for text in wanted if mark in text]


def applying() -> Iterator[Any]:
    for name, (models, __) in CASES.items():
        for number, (changes, begin) in enumerate(models):
            yield pytest.param(name, changes, begin, id=f"{name} {number}")


def almost() -> Iterator[Any]:
    for name, (__, models) in CASES.items():
        for number, changes in enumerate(models):
            yield pytest.param(name, changes, id=f"{name} {number}")


def test_each_rule_is_tried_with_models_to_which_it_applies_and_to_which_it_does_not() -> None:
    assert len(RULES) == len(check_preflight.RULES), "two rules have one name"
    assert set(CASES) == set(RULES)
    assert all(models and others for models, others in CASES.values())


@pytest.mark.parametrize(("name", "changes", "begin"), list(applying()))
def test_a_rule_applies_once_and_says_why_the_way_out_and_the_source(name: str, changes: Changes, begin: str) -> None:
    rule = RULES[name]
    texts = told(changes, rule)
    assert len(texts) == 1 and texts[0].startswith(begin), texts
    assert rule.why in texts[0] and f"; {rule.way_out}" in texts[0] and rule.source in texts[0]


@pytest.mark.parametrize(("name", "changes"), list(almost()))
def test_a_rule_does_not_apply_to_a_model_that_is_almost_like_it(name: str, changes: Changes) -> None:
    assert told(changes, RULES[name]) == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_each_rule_is_a_line_of_the_page(rule: Rule) -> None:
    assert rule.case and rule.why and rule.way_out and rule.source
    line = next(line for line in check_preflight.page().splitlines() if line.startswith(f"| {rule.name} |"))
    assert line.count(" | ") == 5 and rule.source in line


def test_a_rule_is_added_by_one_line_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads any fact of the model, and refuses it."""
    toy = Rule(
        "toy",
        Severity.ERROR,
        "a name",
        lambda facts: [Found("name", facts.cloud.name)] if facts.cloud.name == "rack" else [],
        "is a toy",
        "give another",
        "nobody",
    )
    monkeypatch.setattr(check_preflight, "RULES", (toy,))
    with pytest.raises(ModelError, match=r"name: rack is a toy \(pre-flight toy: nobody\); give another"):
        load(model())
    assert load(model({"name": "other"}))


@pytest.mark.parametrize(
    "changes",
    [
        {"kubernetes.version": "new"},
        {"network.provider": "x"},
        {"network.encapsulation": "x"},
        {"networks.cluster.subnet": "x"},
        {"kubernetes.pods": "x", **network("kube_ovn")},
        {"kubernetes.proxy_mode": "ipvs", **network("kube_ovn")},
        {"network.require": ["policy_vm"], "network.provider": "cilium"},
        {"machines.node1.os": "none", **network("flannel")},
    ],
)
def test_a_value_that_cannot_be_read_is_the_only_error(changes: Changes) -> None:
    with pytest.raises(ModelError) as caught:
        load(model(changes))
    assert not [str(problem) for problem in caught.value.errors if "pre-flight" in str(problem)]


def test_kube_proxy_follows_the_provider_of_the_network() -> None:
    def mode(changes: Changes) -> str | None:
        found: str | None = derive(load(model(changes))).hostvars["node1"]["kubernetes_config"].get("proxy_mode")
        return found

    assert mode(network("kube_ovn")) == mode({"kubernetes.proxy_mode": "iptables"}) == "iptables"
    assert mode(network("calico")) is mode({"kubernetes.proxy_mode": "nftables"}) is None, "the role's own default"
    assert [str(word) for word in ProxyMode] == list(PROXY_MODES)


def test_the_kernel_of_built_images_is_that_of_their_suite() -> None:
    """Whoever adds a suite has to say which kernel it has: BUILT_KERNEL of model/preflight.py is that of Debian 13."""
    assert set(SUITES) == {"debian-13"}
