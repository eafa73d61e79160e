# SPDX-License-Identifier: GPL-3.0-or-later
"""Further subnets of Kube-OVN: their objects, what is refused, and how they go, on a double of an API server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import (
    kube_ovn_guard,
    kube_ovn_removal,
    kube_ovn_subnets,
    multus_objects,
)
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.kube_ovn_removal import SET, Removal
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.layer import NAMESPACE
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects import stages
from ansible_collections.groundup.cloud.plugins.module_utils.objects.applyset import PART_OF, ApplySet
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.manifests import of_objects
from unit.cluster.test_kube_ovn import CRDS
from unit.cluster.test_kube_ovn_life import Cluster, engine, item, living, place
from unit.objects.double import Json

INTERFACES = [{"name": "bond0.101", "nodes": ["node1", "node2"]}]
OFFICE: Json = {"name": "office", "subnet": "10.101.0.0/24", "vlan": 101, "interfaces": INTERFACES}
OURS = {PART_OF: ApplySet(SET, NAMESPACE).id}


def made(*subnets: Mapping[str, Any]) -> dict[str, Json]:
    found = kube_ovn_subnets.definitions({"subnets": subnets})
    return {f"{one.kind} {one.name}": one.body["spec"] for one in found if one.kind != "Namespace"}


def test_a_vlan_is_in_a_switch_of_its_own_by_the_interface_that_each_node_has() -> None:
    interfaces = [{"name": "eth9.101", "nodes": ["node3"]}, *INTERFACES]
    found = made({**OFFICE, "interfaces": interfaces, "mtu": 9000})
    nodes = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["node1", "node2", "node3"]}
    assert found["ProviderNetwork vlan101"] == {
        "defaultInterface": "bond0.101",
        "customInterfaces": [{"interface": "eth9.101", "nodes": ["node3"]}],
        "nodeSelector": {"matchExpressions": [nodes]},
        "exchangeLinkName": False,
    }
    assert found["Vlan vlan101"] == {"id": 0, "provider": "vlan101"}
    assert found["Subnet office"]["vlan"] == "vlan101" and found["Subnet office"]["mtu"] == 9000
    assert len(kube_ovn_subnets.provider_network(4094)) <= 12, "its bridge is br-NAME, in 15 letters"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"gateway": "10.101.0.254"}, {"u2oInterconnection": True}),
        ({}, {"logicalGateway": True}),
        ({"gateway": "10.101.0.254", "attachment": "desktops/office"}, {}),
        ({"attachment": "desktops/office"}, {"disableGatewayCheck": True}),
    ],
)
def test_pods_reach_the_cluster_by_their_first_interface_and_a_further_one_leads_to_the_vlan_only(
    keys: Json, expected: Json
) -> None:
    spec = made({**OFFICE, **keys})["Subnet office"]
    routing = ("u2oInterconnection", "logicalGateway", "disableGatewayCheck", "gatewayType")
    assert {key: spec[key] for key in routing if key in spec} == expected
    assert spec["natOutgoing"] is False, "nodes are no way out of a VLAN"
    assert spec["provider"] == ("office.desktops.ovn" if "attachment" in keys else "ovn")


def test_the_attachment_names_the_provider_of_the_subnet() -> None:
    spec = made({**OFFICE, "attachment": "desktops/a"})["Subnet office"]
    given = {"name": "a", "namespaces": ["desktops"], "plugin": "kube_ovn"}
    assert multus_objects.definitions({"attachments": [given]})[-1].body["spec"]["config"] == (
        '{"cniVersion": "1.0.0", "name": "a", "provider": "a.desktops.ovn", '
        '"server_socket": "/run/openvswitch/kube-ovn-daemon.sock", "type": "kube-ovn"}'
    )
    assert spec["provider"] == "a.desktops.ovn"


@pytest.mark.parametrize(
    ("attachment", "message"),
    [
        ({"namespaces": ["a", "b"]}, "Kube-OVN finds the subnet of an attachment by its one namespace"),
        ({"interface": "br1"}, "interface are those of the subnet"),
        ({"mtu": 1400, "addresses": "pod"}, "mtu and addresses are those of the subnet"),
    ],
)
def test_what_the_subnet_says_is_not_said_of_its_attachment(attachment: Json, message: str) -> None:
    with pytest.raises(ClusterLayerError, match=message):
        multus_objects.definitions({"attachments": [{"name": "a", "plugin": "kube_ovn", **attachment}]})


def test_a_part_of_the_overlay_has_routes_as_the_subnet_of_the_cluster() -> None:
    found = kube_ovn_subnets.definitions({"subnets": [{"name": "a", "subnet": "10.9.0.0/24", "namespaces": ["x"]}]})
    assert [(one.kind, one.name) for one in found] == [("Namespace", "x"), ("Subnet", "a")]
    assert found[1].body["spec"] == {
        "protocol": "IPv4",
        "cidrBlock": "10.9.0.0/24",
        "gateway": "10.9.0.1",
        "excludeIps": ["10.9.0.1"],
        "vpc": "ovn-cluster",
        "provider": "ovn",
        "namespaces": ["x"],
        "private": False,
        "gatewayType": "distributed",
        "natOutgoing": True,
    }


@pytest.mark.parametrize(
    ("gateway", "ranges", "expected"),
    [
        ("10.0.0.1", [], ["10.0.0.1"]),
        ("10.0.0.1", ["10.0.0.2-10.0.0.9"], ["10.0.0.1", "10.0.0.2..10.0.0.9"]),
        ("10.0.0.5", ["10.0.0.2-10.0.0.9"], ["10.0.0.2..10.0.0.9"]),
        ("10.0.0.1", ["10.0.0.8-10.0.0.20", "10.0.0.2-10.0.0.9"], ["10.0.0.1", "10.0.0.2..10.0.0.20"]),
        ("10.0.0.1", ["10.0.0.30/31", "10.0.0.4/32"], ["10.0.0.1", "10.0.0.30..10.0.0.31", "10.0.0.4"]),
    ],
)
def test_excluded_addresses_are_as_the_controller_writes_them(
    gateway: str, ranges: list[str], expected: list[str]
) -> None:
    assert kube_ovn_subnets.excluded(gateway, ranges) == expected


@pytest.mark.parametrize(
    ("subnets", "message"),
    [
        ([{**OFFICE, "name": "A"}], r"subnets\[0\]\.name: A is no name"),
        ([{**OFFICE, "name": "join"}], "join is a subnet that Kube-OVN makes itself"),
        ([{**OFFICE, "subnet": "10.0.0.1/24"}], "10.0.0.1/24 is no subnet of IPv4"),
        ([{**OFFICE, "gateway": "10.102.0.1"}], "10.102.0.1 is no address of 10.101.0.0/24"),
        ([{**OFFICE, "gateway": "x"}], "x is no address of"),
        ([{**OFFICE, "exclude": ["10.101.0.1"]}], "exclude: 10.101.0.1 has neither"),
        ([{**OFFICE, "exclude": ["10.102.0.0/31"]}], "is outside 10.101.0.0/24"),
        ([{**OFFICE, "vlan": 4095}], "4095 is not from 1 to 4094"),
        ([{**OFFICE, "interfaces": []}], "interfaces: names none"),
        ([{**OFFICE, "interfaces": [*INTERFACES, *INTERFACES]}], "node1 has two of them"),
        ([{**OFFICE, "namespaces": ["x"], "attachment": "x/y"}], "by one of them"),
        ([{"name": "a", "subnet": "10.9.0.0/24", "interfaces": INTERFACES}], "are for a subnet with a vlan"),
        ([{"name": "a", "subnet": "10.9.0.0/24", "gateway": "10.9.0.1"}], "is a router in a VLAN"),
        ([OFFICE, {"name": "b", "subnet": "10.101.0.0/25"}], "10.101.0.0/25 overlaps 10.101.0.0/24"),
        (
            [OFFICE, {**OFFICE, "subnet": "10.9.0.0/24"}],
            "the name office is given twice; .*the vlan 101 is given twice",
        ),
    ],
)
def test_what_kube_ovn_would_refuse_later_is_refused(subnets: list[Json], message: str) -> None:
    with pytest.raises(ClusterLayerError, match=message):
        kube_ovn_subnets.definitions({"subnets": subnets})


@pytest.mark.parametrize(
    ("vpcs", "message"),
    [
        ([{"name": "red"}, {"name": "red"}], "the name red is given twice"),
        ([{"name": "ovn-cluster"}], "ovn-cluster is no name of an object, or has one already"),
        ([{"name": "a"}], "a is no name of an object, or has one already"),
        ([{"name": "red", "routes": [{"to": "x", "via": "10.9.0.2"}]}], r"vpcs\[0\]\.routes: .*'x'"),
        ([{"name": "red", "routes": [{"to": "0.0.0.0/0", "via": "router"}]}], r"vpcs\[0\]\.routes: .*'router'"),
    ],
)
def test_a_network_that_kube_ovn_would_refuse_is_refused(vpcs: list[Json], message: str) -> None:
    with pytest.raises(ClusterLayerError, match=message):
        kube_ovn_subnets.definitions({"subnets": [{"name": "a", "subnet": "10.9.0.0/24"}], "vpcs": vpcs})


def test_networks_of_tenants_are_apart_and_may_have_the_same_addresses() -> None:
    subnets = [
        {"name": "red-web", "subnet": "10.9.0.0/24", "vpc": "red", "namespaces": ["red"]},
        {"name": "blue-web", "subnet": "10.9.0.0/24", "vpc": "blue", "namespaces": ["blue", "cyan"]},
        {"name": "own", "subnet": "10.8.0.0/24", "private": True, "allow": ["10.7.0.0/24"]},
    ]
    routes = [{"to": "0.0.0.0/0", "via": "10.9.0.254"}]
    found = kube_ovn_subnets.definitions(
        {"subnets": subnets, "vpcs": [{"name": "red", "routes": routes}, {"name": "blue"}]}
    )
    specs = {f"{one.kind} {one.name}": one.body["spec"] for one in found if one.kind != "Namespace"}
    route = {"cidr": "0.0.0.0/0", "nextHopIP": "10.9.0.254", "policy": "policyDst"}
    assert specs["Vpc red"]["namespaces"] == ["red"] and specs["Vpc blue"] == {"namespaces": ["blue", "cyan"]}
    assert specs["Vpc red"]["staticRoutes"] == [{**route, "ecmpMode": "", "bfdId": "", "routeTable": ""}]
    assert specs["Subnet red-web"]["vpc"] == "red" and "gatewayType" not in specs["Subnet red-web"]
    assert [specs[f"Subnet {name}"]["natOutgoing"] for name in ("red-web", "blue-web", "own")] == [False, False, True]
    assert (specs["Subnet own"]["private"], specs["Subnet own"]["allowSubnets"]) == (True, ["10.7.0.0/24"])


def ip(name: str, subnet: str, pod: str) -> Json:
    return {**item("IP", name), "spec": {"subnet": subnet, "podName": pod, "namespace": "desktops"}}


def with_office(*more: Json) -> Cluster:
    cluster = living()
    for one in (*kube_ovn_subnets.definitions({"subnets": [OFFICE]}),):
        body = {**one.body, "metadata": {**one.body["metadata"], "labels": OURS, "uid": one.name}}
        cluster.objects[place(body)] = body
    for one in (ip("u2o-interconnection.ovn-cluster.office", "office", "u2o"), *more):
        cluster.objects[place(one)] = one
    return cluster


VM = ip("vm1.desktops", "office", "vm1")


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ([], "office would be removed, and has desktops/vm1"),
        ([{**OFFICE, "subnet": "10.102.0.0/24"}], "office would have 10.102.0.0/24 instead of 10.101.0.0/24"),
        ([{**OFFICE, "vlan": 102}], "office would have vlan102 instead of vlan101"),
        ([{**OFFICE, "attachment": "x/y"}], "office would have y.x.ovn instead of ovn"),
        ([{"name": "office", "subnet": "10.101.0.0/24"}], "office would have no vlan instead of vlan101"),
    ],
)
def test_a_subnet_with_pods_stays_as_it_is(wanted: list[Json], why: str) -> None:
    definitions = kube_ovn_subnets.definitions({"subnets": wanted})
    with pytest.raises(ClusterLayerError, match=why):
        kube_ovn_guard.refuse(engine(with_office(VM)), definitions, SET)
    kube_ovn_guard.refuse(engine(with_office()), definitions, SET)  # nobody is in it
    same = kube_ovn_subnets.definitions({"subnets": [{**OFFICE, "exclude": ["10.101.0.9/32"]}]})
    kube_ovn_guard.refuse(engine(with_office(VM)), same, SET)


def test_a_removal_takes_the_layers_own_subnets_off_nodes_while_the_controller_runs() -> None:
    cluster = with_office()
    removal = Removal(engine(cluster), of_objects(CRDS, "test"))
    assert removal.steps[:3] == ["remove Subnet office", "remove Vlan vlan101", "remove ProviderNetwork vlan101"]
    assert not cluster.writes()
    removal.before()
    deleted = [path.rsplit("/", 2)[-2:] for method, path, __ in cluster.calls if method == "DELETE"]
    assert deleted == [
        ["subnets", "office"],
        ["vlans", "vlan101"],
        ["provider-networks", "vlan101"],
        ["deployments", "kube-ovn-controller"],
    ]
    with pytest.raises(ObjectsError, match="pods are in subnets: office has desktops/vm1; remove them first"):
        Removal(engine(with_office(VM)), of_objects(CRDS, "test"))
    stranger = {**item("Vlan", "mine"), "spec": {}}
    with pytest.raises(ObjectsError, match="would be lost with their kinds: Vlan mine;"):
        Removal(engine(with_office(stranger)), of_objects(CRDS, "test"))
    assert kube_ovn_removal.SET == "groundup-network-kube-ovn"


def test_subnets_go_before_vlans_and_these_before_provider_networks() -> None:
    order = {kind: stages.removal_order("kubeovn.io", kind) for kind in ("Subnet", "Vlan", "Vpc", "ProviderNetwork")}
    assert order["Subnet"] < order["Vlan"] < order["ProviderNetwork"] and order["Subnet"] < order["Vpc"]
    assert stages.removal_order("apps", "Deployment") == 0
