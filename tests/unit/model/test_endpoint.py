# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoint of the API: by name, at an external load balancer, and what is refused of both."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import Derived, derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import REMOVED, model

K = "kubernetes"
NAME = "api.example.net"
NAMED = {f"{K}.endpoint_name": NAME}
EXTERNAL = {f"{K}.load_balancer": "external"}
OUTSIDE = {**EXTERNAL, f"{K}.endpoint": "203.0.113.7", f"{K}.network": "cluster"}
BY_NAME = {**EXTERNAL, **NAMED, f"{K}.endpoint": REMOVED, f"{K}.network": "cluster"}
HOSTED = {
    "machines.node1.roles": ["compute", "storage"],
    "lab": {"throw_away_secrets": True, "control_plane": "hosted"},
}


def derived(changes: dict[str, Any]) -> Derived:
    loaded = load_all(model(changes))
    assert [str(warning) for warning in loaded.warnings] == []
    return derive(loaded.cloud, "/state")


def config(found: Derived, machine: str = "node1") -> dict[str, Any]:
    view: dict[str, Any] = found.hostvars[machine]["kubernetes_config"]
    return view


def test_a_name_is_known_to_nodes_and_resolvers_and_daemons_go_on_by_address() -> None:
    found = derived(NAMED)
    wanted = {"address": "10.30.0.10", "name": NAME, "port": 8443, "interface": "bond0.30"}
    assert config(found)["endpoint"] == wanted
    assert found.hostvars["node2"]["host_base_config"]["hosts"][NAME] == "10.30.0.10"
    assert found.hostvars["provisioner"]["provisioner_config"]["names"] == {NAME: "10.30.0.10"}
    assert found.all_vars["groundup_cloud"]["endpoint"] == "https://10.30.0.10:8443"
    assert found.hostvars["cluster"]["prove_config"]["cluster"]["endpoint"] == "10.30.0.10:8443"


def test_an_external_load_balancer_may_be_outside_of_all_networks() -> None:
    found = derived(OUTSIDE)
    assert config(found)["endpoint"] == {"address": "203.0.113.7", "port": 6443, "load_balancer": "external"}
    assert config(found)["node"]["address"] == "10.30.0.21"
    assert config(found)["control_planes"] == {"node1": "10.30.0.21"}
    assert found.hostvars["cluster"]["prove_config"]["cluster"]["forwards_to"] == ["10.30.0.21:6443"]


def test_an_external_load_balancer_in_a_network_makes_it_that_of_kubernetes() -> None:
    found = derived({**EXTERNAL, f"{K}.endpoint_port": 9443})
    assert config(found)["endpoint"] == {"address": "10.30.0.10", "port": 9443, "load_balancer": "external"}
    assert config(found)["node"]["address"] == "10.30.0.21"


def test_an_external_load_balancer_may_have_a_name_alone() -> None:
    found = derived(BY_NAME)
    assert config(found)["endpoint"] == {"name": NAME, "port": 6443, "load_balancer": "external"}
    assert NAME not in found.hostvars["node2"]["host_base_config"]["hosts"]
    assert "names" not in found.hostvars["provisioner"]["provisioner_config"]
    assert found.all_vars["groundup_cloud"]["endpoint"] == f"https://{NAME}:6443"
    others = [item["name"] for item in found.hostvars["provisioner"]["drawing_config"]["others"]]
    assert others == ["provisioner"], "a picture shows addresses in networks"


def test_control_planes_accept_connections_of_an_external_load_balancer() -> None:
    found = derived({**OUTSIDE, "firewall": {"open": ["tcp/9100"]}})
    opened = {name: found.hostvars[name]["host_base_config"]["firewall"]["open"] for name in ("node1", "node2")}
    assert opened == {"node1": ["tcp/9100", "tcp/6443"], "node2": ["tcp/9100"]}
    assert derived({}).hostvars["node1"]["host_base_config"]["firewall"]["open"] == []


def test_a_bundle_for_an_external_load_balancer_has_no_haproxy() -> None:
    def packages(changes: dict[str, Any]) -> set[str]:
        needs = derived(changes).all_vars["groundup_needs"]["kubernetes"]
        return {need for need in needs if need in ("apt:haproxy", "apt:keepalived")}

    assert packages({}) == {"apt:haproxy", "apt:keepalived"}
    assert packages(OUTSIDE) == set()


NO_NETWORK = (
    "kubernetes.network: is missing: the external load balancer is in none of the networks; name the network that "
    "machines use for Kubernetes"
)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({K: {}}, "kubernetes.endpoint: is missing; give its address: a free one of the machines' network"),
    "a name that control planes would serve": (
        {K: {"endpoint_name": NAME}},
        f"kubernetes.endpoint: is missing: a control plane needs an address to serve {NAME}; give a free address of",
    ),
    "external without address and name": (
        {K: {"load_balancer": "external", "network": "cluster"}},
        "kubernetes.endpoint: is missing; give the address of the load balancer, or its name as endpoint_name",
    ),
    "external, and no network": (
        {**EXTERNAL, f"{K}.endpoint": "203.0.113.7"},
        NO_NETWORK,
    ),
    "external by name, and no network": (
        {**EXTERNAL, **NAMED, f"{K}.endpoint": REMOVED},
        NO_NETWORK,
    ),
    "unknown network": (
        {f"{K}.network": "clutser"},
        "kubernetes.network: clutser is not a network; did you mean cluster?",
    ),
    "network without a subnet": (
        {**OUTSIDE, f"{K}.network": "tenants"},
        "kubernetes.network: tenants has no subnet, so machines can't have an address in it; give another network",
    ),
    "own endpoint in another network": (
        {f"{K}.network": "management"},
        "kubernetes.network: management does not contain 10.30.0.10, the endpoint that control planes serve in this ",
    ),
    "a machine outside of the named network": (
        {**OUTSIDE, "machines.node2.networks": ["management"]},
        "machines.node2.networks: lack cluster, kubernetes.network; add cluster",
    ),
    "name of a machine": (
        {f"{K}.endpoint_name": "node1.rack.internal"},
        "kubernetes.endpoint_name: node1.rack.internal is the name of machines.node1; give the endpoint a name",
    ),
    "name of the provisioner": (
        {f"{K}.endpoint_name": "provisioner.rack.internal"},
        "kubernetes.endpoint_name: provisioner.rack.internal is the name of the provisioner; give the endpoint a name",
    ),
    "a name that the provisioner would have to know": (
        {**BY_NAME, f"{K}.endpoint_name": "api.rack.internal"},
        "kubernetes.endpoint_name: api.rack.internal is in rack.internal, for which the provisioner answers, and it ",
    ),
    "no DNS name": (
        {f"{K}.endpoint_name": "api_1"},
        "kubernetes.endpoint_name: api_1 is not a valid DNS name",
    ),
    "another word": (
        {f"{K}.load_balancer": "extern"},
        "kubernetes.load_balancer: extern is not one of control_planes, external (did you mean external?); choose one",
    ),
    "external in the range of pods": (
        {**OUTSIDE, f"{K}.endpoint": "10.64.1.1"},
        "kubernetes.endpoint: 10.64.1.1 is in 10.64.0.0/14 of kubernetes.pods; give another address, or move",
    ),
    "external at the address of a machine": (
        {**EXTERNAL, f"{K}.endpoint": "10.30.0.22"},
        "machines.node2: 10.30.0.22 (its address in networks.cluster) is already the address of kubernetes.endpoint",
    ),
    "external with a hosted control plane": (
        {**HOSTED, **EXTERNAL},
        "kubernetes.load_balancer: external is given together with lab.control_plane: hosted, where the API server ",
    ),
    "a name with a hosted control plane": (
        {**HOSTED, **NAMED},
        f"kubernetes.endpoint_name: {NAME} is given together with lab.control_plane: hosted, where the API server ",
    ),
}


@pytest.mark.parametrize(("changes", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(ModelError) as caught:
        load(model(changes))
    [found] = [str(problem) for problem in caught.value.errors]
    assert found.startswith(expected)


def test_a_name_in_the_domain_is_taken_where_others_resolve_it() -> None:
    changes = {**BY_NAME, f"{K}.endpoint_name": "api.rack.internal", "dns": {"servers": ["10.20.0.53"]}}
    assert config(derived(changes))["endpoint"]["name"] == "api.rack.internal"


def test_an_external_load_balancer_may_use_the_ports_of_control_planes() -> None:
    assert config(derived({**OUTSIDE, f"{K}.endpoint_port": 2379}))["endpoint"]["port"] == 2379
