# SPDX-License-Identifier: GPL-3.0-or-later
"""Further subnets of pods: inputs of the roles network_kube_ovn, multus and host_network, and what is refused."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import kube_ovn_subnets
from ansible_collections.groundup.cloud.plugins.module_utils.links.spec import parse
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import REMOVED, model

ROOT = "network.subnets"
OFFICE: dict[str, Any] = {"vlan": 101, "subnet": "10.101.0.0/24", "gateway": "10.101.0.1"}
ATTACHED = {"network.attachments.a": {"network": "tenants", "vlan": 101, "namespaces": ["desktops"]}}


def subnets(**given: Any) -> dict[str, Any]:
    return {"network.provider": "kube_ovn", ROOT: given}


def office(**keys: Any) -> dict[str, Any]:
    return subnets(office={**OFFICE, **keys})


def tenants(b: dict[str, Any] | None = None, vpcs: dict[str, Any] | None = None) -> dict[str, Any]:
    """A network of a tenant, whose subnet has the addresses of one of the cluster's."""
    both = {"a": {"subnet": "10.8.0.0/24", "vpc": "red"}, "b": {"subnet": "10.8.0.0/24", **(b or {})}}
    return {**subnets(**both), "network.vpcs": vpcs or {"red": {}}}


def vars_of(changes: dict[str, Any]) -> dict[str, Any]:
    return derive(load(model(changes))).hostvars


def errors(changes: dict[str, Any]) -> list[str]:
    with pytest.raises(ModelError) as caught:
        load(model(changes))
    return [str(problem) for problem in caught.value.errors]


def test_a_vlan_becomes_a_subnet_on_the_interfaces_that_machines_have_of_it() -> None:
    found = vars_of(office(namespaces=["desktops"], exclude=["10.101.0.2-10.101.0.99"]))
    assert found["cluster"]["network_kube_ovn_config"]["subnets"] == [
        {
            "name": "office",
            "subnet": "10.101.0.0/24",
            "gateway": "10.101.0.1",
            "exclude": ["10.101.0.2-10.101.0.99"],
            "namespaces": ["desktops"],
            "vlan": 101,
            "mtu": 1500,
            "interfaces": [{"name": "bond0.101", "nodes": ["node1", "node2"]}],
        }
    ]


def test_nothing_else_of_a_machine_changes_and_the_vlan_is_left_to_kube_ovn() -> None:
    before, after = vars_of({"network.provider": "kube_ovn"}), vars_of(office())
    config = after["node1"]["host_network_config"]
    assert config == {**before["node1"]["host_network_config"], "vlans": [{"link": "bond0", "vlan": 101, "mtu": 1500}]}
    spec = parse(config)
    assert spec.is_lent("bond0.101") and not spec.on("bond0.101") and not spec.bridges
    assert [one.name for one in spec.vlans] == ["bond0.20", "bond0.30", "bond0.101"]


def test_machines_whose_links_have_other_names_have_interfaces_of_their_own() -> None:
    bond = {"name": "uplink0"}
    changes = {**office(), "machines.node2.bond": bond, "machines.node2.roles": ["compute"]}
    found = vars_of(changes)["cluster"]["network_kube_ovn_config"]["subnets"][0]["interfaces"]
    assert found == [{"name": "bond0.101", "nodes": ["node1"]}, {"name": "uplink0.101", "nodes": ["node2"]}]
    others = {**office(), "machines.node1.roles": ["control_plane"]}
    found = vars_of(others)["cluster"]["network_kube_ovn_config"]["subnets"][0]["interfaces"]
    assert found == [{"name": "bond0.101", "nodes": ["node2"]}]
    assert "vlans" not in vars_of(others)["node1"]["host_network_config"]


def test_an_attachment_in_the_vlan_is_a_port_of_kube_ovn_and_no_bridge() -> None:
    found = vars_of({**office(), **ATTACHED, "network.attachments.a.mtu": 1400})
    subnet = found["cluster"]["network_kube_ovn_config"]["subnets"][0]
    assert (subnet["attachment"], subnet["mtu"]) == ("desktops/a", 1400)
    assert found["cluster"]["multus_config"]["attachments"] == [
        {"name": "a", "namespaces": ["desktops"], "plugin": "kube_ovn"}
    ]
    assert found["node1"]["host_network_config"]["bridges"] == []


def test_what_the_model_means_is_what_the_role_takes() -> None:
    config = vars_of({**office(), **ATTACHED})["cluster"]["network_kube_ovn_config"]
    assert [one.kind for one in kube_ovn_subnets.definitions(config)] == ["ProviderNetwork", "Vlan", "Subnet"]


def test_networks_of_tenants_may_have_the_same_addresses() -> None:
    changes = tenants(b={"private": True, "allow": ["10.7.0.0/24"]})
    changes["network.vpcs"]["red"] = {"routes": [{"to": "0.0.0.0/0", "via": "10.8.0.254"}]}
    config = vars_of(changes)["cluster"]["network_kube_ovn_config"]
    assert config["subnets"] == [
        {"name": "a", "subnet": "10.8.0.0/24", "vpc": "red"},
        {"name": "b", "subnet": "10.8.0.0/24", "private": True, "allow": ["10.7.0.0/24"]},
    ]
    assert config["vpcs"] == [{"name": "red", "routes": [{"to": "0.0.0.0/0", "via": "10.8.0.254"}]}]
    kinds = [(one.kind, one.name) for one in kube_ovn_subnets.definitions(config)]
    assert kinds == [("Vpc", "red"), ("Subnet", "a"), ("Subnet", "b")]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({ROOT: {"office": OFFICE}}, "network.subnets: are made by the provider kube_ovn only"),
        ({**office(), "kubernetes": REMOVED}, "network.subnets: needs a cluster"),
        (subnets(join={"subnet": "10.9.0.0/24"}), "network.subnets.join: join is a subnet that Kube-OVN makes itself"),
        (
            office(namespaces=["kube-system"]),
            "network.subnets.office.namespaces[0]: kube-system has pods of the cluster itself",
        ),
        (
            subnets(a={"subnet": "10.8.0.0/24", "namespaces": ["x"]}, b={"subnet": "10.9.0.0/24", "namespaces": ["x"]}),
            "network.subnets.b.namespaces[0]: x is already a namespace of network.subnets.a",
        ),
        (
            subnets(office=OFFICE, b={**OFFICE, "subnet": "10.9.0.0/24", "gateway": "10.9.0.1"}),
            "network.subnets.b.vlan: 101 is already the VLAN of network.subnets.office",
        ),
        (office(subnet="fd00::/64", gateway="fd00::1"), "network.subnets.office.subnet: fd00::/64 is not IPv4"),
        (office(subnet="10.101.0.0/30"), "network.subnets.office.subnet: 10.101.0.0/30 is too small for pods"),
        (office(gateway="10.102.0.1"), "network.subnets.office.gateway: 10.102.0.1 is outside 10.101.0.0/24"),
        (
            office(gateway="10.101.0.255"),
            "network.subnets.office.gateway: 10.101.0.255 is the network or broadcast address",
        ),
        (
            office(exclude=["10.101.0.200-10.101.1.9"]),
            "network.subnets.office.exclude[0]: 10.101.0.200-10.101.1.9 is outside 10.101.0.0/24",
        ),
        (
            subnets(a={"subnet": "10.8.0.0/24", "gateway": "10.8.0.1"}),
            "network.subnets.a.gateway: 10.8.0.1 is a router in a VLAN, and the subnet has none",
        ),
        (
            office(vlan=30),
            "network.subnets.office.vlan: 30 is the VLAN of networks.cluster: the interface by which machines are reached in it would become a port of Kube-OVN's switch",
        ),
        (
            office(vlan=300),
            "network.subnets.office.vlan: 300 is in the vlans of no network, so that no switch carries it to machines",
        ),
        (
            {**office(), "machines.node1.roles": ["control_plane"], "machines.node2.roles": ["storage"]},
            "network.subnets.office.vlan: 101 reaches no machine with the role compute and NICs in the model",
        ),
        (
            {**office(), "machines.node2.network_backend": "networkmanager"},
            "machines.node2.network_backend: networkmanager has VLAN 101, which Kube-OVN takes from NetworkManager",
        ),
        (
            {**office(), "machines.node1.bond": {"name": "bond0abcdefg"}},
            "network.subnets.office.vlan: 101 makes bond0abcdefg.101 on machines.node1, which is too long",
        ),
        (
            {**office(), "machines.node1.bond": {"mode": "balance-alb"}},
            "machines.node1.bond.mode: balance-alb carries networks.tenants",
        ),
        (
            {**office(), "switches.leaf1.vlans": ["1-100"]},
            "switches.leaf1.vlans: 101 (of 100-199) is missing: the VLAN of networks.tenants",
        ),
        (office(subnet="10.30.0.0/16", gateway="10.30.0.1"), "overlaps 10.30.0.0/24 of networks.cluster.subnet"),
        (office(subnet="10.64.1.0/24", gateway="10.64.1.1"), "overlaps 10.64.0.0/14 of kubernetes.pods"),
        (office(subnet="10.96.1.0/24", gateway="10.96.1.1"), "overlaps 10.96.0.0/16 of kubernetes.services"),
        (
            {
                **office(subnet="10.64.1.0/24", gateway="10.64.1.1"),
                "kubernetes.pods": ["fd00:64::/56", "10.64.0.0/14"],
                "kubernetes.services": ["fd00:96::/112", "10.96.0.0/16"],
            },
            "network.subnets.office.subnet: 10.64.1.0/24 overlaps 10.64.0.0/14 of kubernetes.pods",
        ),
        (office(subnet="100.64.1.0/24", gateway="100.64.1.1"), "overlaps 100.64.0.0/16 of network.join"),
        (
            {**office(), "dns.servers": ["10.101.0.53"]},
            "network.subnets.office.subnet: 10.101.0.0/24 overlaps 10.101.0.53 of dns.servers[0]",
        ),
        (
            subnets(a={"subnet": "10.8.0.0/16"}, b={"subnet": "10.8.1.0/24"}),
            "network.subnets.b.subnet: 10.8.1.0/24 overlaps 10.8.0.0/16 of network.subnets.a.subnet",
        ),
        ({"network.vpcs.red": {}}, "network.vpcs: are made by the provider kube_ovn only"),
        (tenants(b={"vpc": "rod"}), "network.subnets.b.vpc: rod is none of network.vpcs"),
        (tenants(vpcs={"red": {}, "blue": {}}), "network.vpcs.blue: has no subnet; write vpc: blue in a subnet"),
        (tenants(vpcs={"red": {}, "a": {}}), "network.vpcs.a: a is also the name of a subnet"),
        (
            tenants(vpcs={"red": {}, "ovn-cluster": {}}),
            "network.vpcs.ovn-cluster: ovn-cluster is the network of the cluster",
        ),
        (
            tenants(vpcs={"red": {"routes": [{"to": "10.0.0.0/8", "via": "10.7.0.1"}]}}),
            "network.vpcs.red.routes[0].via: 10.7.0.1 is in no subnet of network.vpcs.red",
        ),
        (
            tenants(vpcs={"red": {"routes": [{"to": "10.0.0.0/8", "via": "10.8.0.9"}] * 2}}),
            "network.vpcs.red.routes[1].to: 10.0.0.0/8 is already a destination of network.vpcs.red.routes[0].to",
        ),
        (
            {**office(vpc="red"), "network.vpcs.red": {}},
            "network.subnets.office.vpc: red can't keep a VLAN apart",
        ),
        (office(private=True), "network.subnets.office.private: true would drop what the router of the VLAN"),
        (
            tenants(b={"allow": ["10.7.0.0/24"]}),
            "network.subnets.b.allow: 10.7.0.0/24 has no effect: the subnet is not",
        ),
        (
            tenants(b={"vpc": "red", "subnet": "10.8.0.0/16"}),
            "network.subnets.b.subnet: 10.8.0.0/16 overlaps 10.8.0.0/24",
        ),
        (
            {**office(), **ATTACHED, "network.attachments.a.plugin": "bridge"},
            "network.attachments.a.plugin: bridge would have VLAN 101 as well",
        ),
        (
            {**office(), **ATTACHED, "network.attachments.a.namespaces": ["x", "y"]},
            "network.attachments.a.namespaces: x, y are several, and Kube-OVN finds the subnet of an attachment by its one",
        ),
        (
            {**office(), **ATTACHED, "network.attachments.a.addresses": "pod"},
            "network.attachments.a.addresses: pod has no effect",
        ),
        (
            {**office(namespaces=["x"]), **ATTACHED},
            "network.attachments.a.vlan: 101 is that of network.subnets.office, in which pods of its namespaces",
        ),
        (
            {**office(), **ATTACHED, "network.attachments.b": {"network": "tenants", "vlan": 101}},
            "network.attachments.b.vlan: 101 is that of network.attachments.a already",
        ),
        (
            {**ATTACHED, "network.attachments.a.plugin": "kube_ovn"},
            "network.attachments.a.plugin: kube_ovn needs a subnet of network.subnets with its VLAN",
        ),
        (
            {"network.attachments.a": {"network": "cluster", "plugin": "kube_ovn"}},
            "network.attachments.a.plugin: kube_ovn needs a VLAN of vlans that is one of network.subnets",
        ),
    ],
)
def test_what_would_not_work_is_refused(changes: dict[str, Any], message: str) -> None:
    found = errors(changes)
    assert any(message in one for one in found), found


def test_a_vlan_that_not_all_machines_have_is_a_warning() -> None:
    changes = {
        **office(),
        "machines.node3": {
            "roles": ["compute"],
            "interfaces": {"provision": "ens3", "cluster": "ens4"},
            "networks": ["cluster"],
            "address": "10.10.0.23",
        },
    }
    found = [str(one) for one in load_all(model(changes)).warnings]
    assert any("vlan-on-some-machines" in one and "machines.node3" in one for one in found), found


def proved(changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What the proofs of the cluster know of subnets, by name."""
    found = vars_of(changes)["cluster"]["prove_config"]["cluster"].get("subnets", [])
    return {one["name"]: one for one in found}


def test_proofs_know_which_subnets_are_closed_to_which() -> None:
    private = {"subnet": "10.9.0.0/24", "private": True, "allow": ["10.8.0.0/16"]}
    found = proved(
        {
            **subnets(
                a={"subnet": "10.8.0.0/24", "vpc": "red"},
                b={"subnet": "10.8.0.0/24", "vpc": "blue"},
                c={"subnet": "10.8.1.0/24"},
                p=private,
                office={**OFFICE, "namespaces": ["desktops"]},
            ),
            "network.vpcs": {"red": {}, "blue": {"routes": [{"to": "0.0.0.0/0", "via": "10.8.0.254"}]}},
        }
    )
    assert {name: one.get("closed", []) for name, one in found.items()} == {
        "ovn-default": ["a", "b", "p"],
        "a": ["b", "c", "p", "office"],
        "b": [],  # its router is the tenant's own, and may lead anywhere
        "c": ["a", "b"],  # its addresses are among those that p allows
        "p": ["a", "b"],
        "office": ["a", "b", "p"],
    }
    assert found["office"] == {
        "name": "office",
        "subnet": "10.101.0.0/24",
        "nodes": ["node1", "node2"],
        "mtu": 1500,
        "closed": ["a", "b", "p"],
    }
    assert found["ovn-default"]["subnet"] == "10.64.0.0/14" and "mtu" not in found["a"]


def test_further_interfaces_are_no_subnets_of_these_proofs() -> None:
    assert proved({**office(), **ATTACHED}) == {}
    assert proved({"network.provider": "kube_ovn"}) == {}
