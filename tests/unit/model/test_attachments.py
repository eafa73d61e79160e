# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of the model as attachments of pods: inputs of the roles multus and host_network, and what is refused."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import REMOVED, model

ROOT = "network.attachments"
STORAGE = {"networks.storage": {"vlan": 40, "subnet": "10.40.0.0/24"}}


def attachment(**keys: Any) -> dict[str, Any]:
    return {f"{ROOT}.a": keys}


def cluster(changes: dict[str, Any]) -> dict[str, Any]:
    return derive(load(model(changes))).hostvars["cluster"]


def errors(changes: dict[str, Any]) -> list[str]:
    with pytest.raises(ModelError) as caught:
        load(model(changes))
    return [str(problem) for problem in caught.value.errors]


def warnings(changes: dict[str, Any]) -> list[str]:
    return [str(problem) for problem in load_all(model(changes)).warnings]


def test_a_network_of_machines_is_offered_on_their_interface() -> None:
    found = cluster({**attachment(network="management"), "networks.management.mtu": 9000})
    assert found["multus_config"]["attachments"] == [
        {
            "name": "a",
            "namespaces": ["default"],
            "plugin": "macvlan",
            "interface": "bond0.20",
            "mtu": 9000,
            "addresses": "none",
        }
    ]
    assert found["multus_config"]["api"] == "10.30.0.10:8443" and "dynamic_networks" not in found["multus_config"]
    entry = next(one for one in found["groundup_layers"] if one["name"] == "attachments")
    assert found["prove_config"]["layers"]["attachments"] == "multus"
    assert found["prove_config"]["cluster"]["attachments"] == [
        {"name": "a", "namespace": "default", "mtu": 9000, "nodes": ["node1", "node2"]}
    ]
    assert (entry["role"], entry["api"], entry["follows"]) == ("groundup.cloud.multus", True, ["kubernetes"])


def test_a_vlan_of_a_range_gets_a_bridge_on_machines_that_compute_and_nothing_else_of_theirs_changes() -> None:
    changes = {
        **attachment(network="tenants", vlan=101, namespaces=["web", "db"], mtu=1400, addresses="pod"),
        f"{ROOT}.b": {"network": "tenants", "vlan": 101},
        "networks.tenants.mtu": 1450,
        "machines.node1.roles": ["control_plane"],
    }
    before = derive(load(model({key: value for key, value in changes.items() if ROOT not in key}))).hostvars
    after = derive(load(model(changes))).hostvars
    first = after["cluster"]["multus_config"]["attachments"][0]
    assert (first["plugin"], first["interface"], first["mtu"]) == ("bridge", "br101", 1400)
    assert (first["namespaces"], first["addresses"]) == (["web", "db"], "pod")
    bridge = {"name": "br101", "link": "bond0", "vlan": 101, "mtu": 1450}
    assert after["node2"]["host_network_config"]["bridges"] == [bridge]
    assert after["node1"]["host_network_config"] == before["node1"]["host_network_config"]
    assert after["node2"]["host_network_config"] == {**before["node2"]["host_network_config"], "bridges": [bridge]}
    assert "macvlan" in after["node2"]["host_base_config"]["kernel_modules"]


def test_the_bundle_needs_the_controller_with_hotplug_only() -> None:
    for hotplug, expected in ((False, 2), (True, 4)):
        found = cluster({**attachment(network="cluster"), "network.hotplug": hotplug})
        needs = derive(load(model({**attachment(network="cluster"), "network.hotplug": hotplug}))).all_vars
        assert ("dynamic_networks" in found["multus_config"]) is hotplug
        assert len(needs["groundup_needs"]["attachments"]) == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (attachment(network="storrage"), "network.attachments.a.network: storrage is no network"),
        (
            attachment(network="provision"),
            "network.attachments.a.network: provision is the network over which machines boot",
        ),
        (
            attachment(network="cluster", plugin="bridge"),
            (
                "network.attachments.a.plugin: bridge would take the addresses of machines in networks.cluster from the "
                "interfaces by which they are reached"
            ),
        ),
        (
            attachment(network="cluster", vlan=30),
            "network.attachments.a.vlan: 30 is given, but networks.cluster has one",
        ),
        (attachment(network="tenants"), "network.attachments.a.vlan: is missing; give one of 100-199"),
        (attachment(network="tenants", vlan=30), "network.attachments.a.vlan: 30 is not in networks.tenants.vlans"),
        (
            attachment(network="tenants", vlan=101, plugin="macvlan"),
            "network.attachments.a.plugin: macvlan needs an interface of machines, and they have none",
        ),
        (
            {**attachment(network="storage"), **STORAGE},
            "network.attachments.a.network: storage has no machine with an address in it",
        ),
        (
            {
                **attachment(network="tenants", vlan=101),
                "machines.node1.roles": ["control_plane"],
                "machines.node2.roles": ["storage"],
            },
            "network.attachments.a.network: tenants has no machine with the role compute",
        ),
        (
            {**attachment(network="cluster"), "machines.node2.bond": {"name": "bond7"}},
            (
                "network.attachments.a.network: cluster is reached by interfaces of different names (bond0.30 of node1, "
                "bond7.30 of node2)"
            ),
        ),
        (
            attachment(network="cluster", mtu=1501),
            "network.attachments.a.mtu: 1501 is above the 1500 bytes that networks.cluster carries; give at most 1500",
        ),
        (attachment(network="cluster", namespaces=[]), "network.attachments.a.namespaces: are none, so that no pod"),
        ({"network.hotplug": True}, "network.hotplug: true has no effect: there are no attachments"),
        ({**attachment(network="management"), "kubernetes": REMOVED}, "network.attachments: needs a cluster"),
        (
            {**attachment(network="tenants", vlan=101), "machines.node2.bond": {"name": "br101"}},
            "the link br101 is described twice",
        ),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, Any], message: str) -> None:
    found = errors(changes)
    assert any(message in text for text in found), found


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {**attachment(network="cluster"), "network.provider": "custom"},
            "network.attachments: need Multus, which is called where its file 00-multus.conf is the first by name",
        ),
        (
            {
                **attachment(network="storage"),
                **STORAGE,
                "machines.node1.networks": ["management", "cluster", "storage"],
            },
            "network.attachments.a.network: storage is not on all machines with the role compute",
        ),
    ],
)
def test_what_needs_people_is_a_warning(changes: dict[str, Any], message: str) -> None:
    found = warnings(changes)
    assert any(message in text for text in found), found


def test_other_networks_of_ours_get_no_warning() -> None:
    for provider in ("basic", "flannel", "kube_ovn", "calico"):
        found = warnings({**attachment(network="management"), "network.provider": provider})
        assert not [text for text in found if "attachment" in text], found
