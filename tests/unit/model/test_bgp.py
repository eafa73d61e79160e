# SPDX-License-Identifier: GPL-3.0-or-later
"""BGP of the model: what contradicts itself is refused, and both ends of a session follow from the same keys."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.catalog import INPUTS
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import Derived, derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import mistakes

from .base import REMOVED, model

TOR = {"address": "10.30.0.201", "as_number": 64601}
Changes = dict[str, Any]


def bgp(require: list[str] | None = None, **keys: Any) -> Changes:
    return {"network": {"provider": "calico", "require": require or [], "bgp": keys}}


def peers(**more: Any) -> Changes:
    return bgp(peers={"tor1": {**TOR, **more}})


def derived(changes: Changes) -> Derived:
    return derive(load(model(changes)), "/state")


WRONG: dict[str, tuple[Changes, str]] = {
    "an address elsewhere": (
        peers(address="10.20.0.11"),
        "network.bgp.peers.tor1.address: 10.20.0.11 is outside 10.30.0.0/24 of networks.cluster, in which nodes have the addresses of their sessions; give the router's address in that network",
    ),
    "the address of a node": (
        peers(address="10.30.0.21"),
        "network.bgp.peers.tor1.address: 10.30.0.21 is already the address of machines.node1; give the address of the router",
    ),
    "the endpoint": (
        peers(address="10.30.0.10"),
        "network.bgp.peers.tor1.address: 10.30.0.10 is already the address of kubernetes.endpoint; give the address of the router",
    ),
    "the broadcast address": (
        peers(address="10.30.0.255"),
        "network.bgp.peers.tor1.address: 10.30.0.255 is the network or broadcast address of 10.30.0.0/24; give another address of it",
    ),
    "two peers with one address": (
        bgp(peers={"tor1": TOR, "tor2": TOR}),
        "network.bgp.peers.tor2.address: 10.30.0.201 is already the address of network.bgp.peers.tor1.address; give the address of the router",
    ),
    "an AS number that is reserved": (
        peers(as_number=23456),
        "network.bgp.peers.tor1.as_number: 23456 is a reserved AS number (RFC 6793, RFC 7300); give a whole number from 1 to 4294967294 that is not reserved",
    ),
    "an AS number with a dot": (
        bgp(as_number="1.10"),
        "network.bgp.as_number: 1.10 is not an AS number; give a whole number from 1 to 4294967294",
    ),
    "a rack that does not exist": (
        peers(racks=["r7"]),
        "network.bgp.peers.tor1.racks[0]: r7 is the rack of no machine; choose from: r1",
    ),
    "a label that hides the rack": (
        {**peers(racks=["r1"]), "machines.node2.labels": {"topology.kubernetes.io/zone": "other"}},
        "machines.node2.labels: other (the label topology.kubernetes.io/zone) hides the rack r1, by which network.bgp.peers.tor1 finds its nodes; remove the label",
    ),
    "no mesh and no peer": (
        bgp(mesh=False),
        "network.bgp.mesh: false leaves machines.node1 and 1 more without a session, so that it learns no routes to pods; give a peer for its rack, or write true",
    ),
    "no mesh and a rack without a peer": (
        {**bgp(mesh=False, peers={"tor1": {**TOR, "racks": ["r1"]}}), "machines.node2.location": {"rack": "r2"}},
        "network.bgp.mesh: false leaves machines.node2 without a session, so that it learns no routes to pods; give a peer for its rack, or write true",
    ),
    "services in the network of nodes": (
        bgp(load_balancers=["10.30.0.128/25"]),
        "network.bgp.load_balancers[0]: 10.30.0.128/25 overlaps 10.30.0.0/24 of networks.cluster.subnet; give another subnet",
    ),
    "services in services": (
        bgp(load_balancers=["10.96.7.0/24"]),
        "network.bgp.load_balancers[0]: 10.96.7.0/24 overlaps 10.96.0.0/16 of kubernetes.services (the default); give another subnet",
    ),
    "services twice": (
        bgp(load_balancers=["10.99.0.0/24", "10.99.0.0/25"]),
        "network.bgp.load_balancers[1]: 10.99.0.0/25 overlaps 10.99.0.0/24 of network.bgp.load_balancers[0]; give another subnet",
    ),
    "services of IPv6": (
        bgp(load_balancers=["fd00:99::/64"]),
        "network.bgp.load_balancers[0]: fd00:99::/64 is not IPv4; give a subnet of IPv4",
    ),
    "a filter of IPv6": (
        peers(accept=["fd00::/8"]),
        "network.bgp.peers.tor1.accept[0]: fd00::/8 is not IPv4; give a subnet of IPv4",
    ),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_what_contradicts_itself_is_refused_with_the_way_out(changes: Changes, message: str) -> None:
    with pytest.raises(ModelError) as error:
        load(model(changes))
    assert [str(problem) for problem in error.value.errors] == [message]


@pytest.mark.parametrize("number", [1, 64512, 65536, 4200000000, "4294967294"])
def test_as_numbers_of_two_and_of_four_bytes_are_taken(number: Any) -> None:
    config = derived(bgp(as_number=number)).hostvars["cluster"]["network_calico_config"]
    assert config["bgp"]["as_number"] == int(number)


def test_the_gateway_and_a_switch_may_be_peers() -> None:
    changes = {"networks.cluster.gateway": "10.30.0.201", "networks.management.gateway": "10.20.0.1", **peers()}
    assert derived(changes).hostvars["cluster"]["network_calico_config"]["bgp"]["peers"][0]["address"] == "10.30.0.201"


def test_a_password_in_clear_text_is_a_warning_and_a_template_is_none() -> None:
    def warned(password: str) -> list[str]:
        found = [str(problem) for problem in load_all(model(peers(password=password))).warnings]
        return [text for text in found if "network.bgp.peers.tor1.password" in text]

    assert len(warned("throw-away")) == 1 and "throw-away" not in warned("throw-away")[0]
    assert warned("{{ vault_tor1 }}") == []


def test_passwords_are_no_part_of_the_input() -> None:
    changes = bgp(peers={"tor1": {**TOR, "password": "{{ vault_tor1 }}"}, "tor2": {**TOR, "address": "10.30.0.202"}})
    found = derived(changes).hostvars["cluster"]
    assert [peer["name"] for peer in found["network_calico_config"]["bgp"]["peers"]] == ["tor1", "tor2"]
    assert found["network_calico_passwords"] == {"tor1": "{{ vault_tor1 }}"}
    assert "vault" not in str(found["network_calico_config"])
    (network,) = [layer for layer in found["groundup_layers"] if layer["name"] == "network"]
    assert network["secrets"] == "network_calico_passwords"
    assert derived(bgp()).hostvars["cluster"]["network_calico_passwords"] == {}


def test_the_role_s_input_is_one_that_it_takes() -> None:
    changes = bgp(mesh=False, services=True, load_balancers=["10.99.0.0/24"], peers={"tor1": {**TOR, "racks": ["r1"]}})
    config = derived(changes).hostvars["cluster"]["network_calico_config"]
    assert mistakes("network_calico", INPUTS["network_calico"], {**config, "manifest": {"sha256": "0"}}) == ""
    assert config["bgp"]["services"] == ["10.96.0.0/16"] and config["bgp"]["peers"][0]["zones"] == ["r1"]
    assert config["mtu"] == 1500, "there is no tunnel"


@pytest.mark.parametrize("mesh", [True, False])
def test_routes_of_other_nodes_keep_their_next_hop(mesh: bool) -> None:
    """By the mesh each node knows the routes of all, and a peer must not send all traffic to any of them."""
    (peer,) = derived(bgp(mesh=mesh, peers={"tor1": TOR})).hostvars["cluster"]["network_calico_config"]["bgp"]["peers"]
    assert peer.get("keep_next_hop", False) is mesh


def test_machines_without_a_default_route_have_one_to_the_router_of_pods() -> None:
    def routes(**more: Any) -> list[Any]:
        config = derived({**peers(), **more}).hostvars["node1"]["host_network_config"]
        return [route for one in config["addresses"] if one["network"] == "cluster" for route in one["routes"]]

    assert routes() == [], "the gateway of management"
    assert routes(**{"networks.management.gateway": REMOVED}) == [{"to": "169.254.1.1/32"}]


def test_an_overlay_takes_its_bytes_and_has_no_bgp() -> None:
    config = derived({"network": {"provider": "calico", "encapsulation": "vxlan"}}).hostvars["cluster"]
    found = config["network_calico_config"]
    assert (found["encapsulation"], found["mtu"], found["nat"]) == ("vxlan", 1450, True)
    assert "bgp" not in found and "groundup_by_hand" not in config


@pytest.mark.parametrize(("mode", "wanted"), [(None, "nftables"), ("iptables", "iptables")])
def test_calico_uses_what_kube_proxy_uses(mode: str | None, wanted: str) -> None:
    changes = {"network": {"provider": "calico"}, **({"kubernetes.proxy_mode": mode} if mode else {})}
    assert derived(changes).hostvars["cluster"]["network_calico_config"]["proxy_mode"] == wanted


@pytest.mark.parametrize(
    ("changes", "translated"),
    [(bgp(), True), (peers(), False), (bgp(require=["connections_kept"]), False), (bgp(require=["policy_pods"]), True)],
)
def test_addresses_of_pods_are_translated_where_no_router_knows_them(changes: Changes, translated: bool) -> None:
    assert derived(changes).hostvars["cluster"]["network_calico_config"]["nat"] is translated


def test_the_other_end_of_each_session_is_a_table_for_people() -> None:
    tor1 = {**TOR, "racks": ["r1"], "password": "{{ vault_tor1 }}", "accept": ["0.0.0.0/0"]}
    tor2 = {"address": "10.30.0.202", "as_number": 64512, "announce": ["10.64.0.0/14"]}
    changes = {
        **bgp(mesh=False, services=True, load_balancers=["10.99.0.0/24"], peers={"tor1": tor1, "tor2": tor2}),
        "machines.node2.location": {"rack": "r2"},
    }
    result = derived(changes)
    lines = result.hostvars["cluster"]["groundup_by_hand"]
    assert lines == [
        "tor1, 10.30.0.201: BGP to be configured by hand",
        "  own AS           64601",
        "  AS of neighbors  64512              eBGP",
        "  family           IPv4 unicast       with graceful restart (RFC 4724)",
        "  password         TCP MD5            that of network.bgp.peers.tor1",
        "  neighbor         10.30.0.21         node1",
        "  take             10.64.0.0/14       pods, with prefixes up to /32",
        "  take             10.96.0.0/16       services, with prefixes up to /32",
        "  take             10.99.0.0/24       services of type LoadBalancer, with prefixes up to /32",
        "  announce         0.0.0.0/0          with longer prefixes",
        "  pass on          neighbors' routes  to all others and to other routers, although their AS is in the path",
        "",
        "tor2, 10.30.0.202: BGP to be configured by hand",
        "  own AS           64512",
        "  AS of neighbors  64512              iBGP",
        "  family           IPv4 unicast       with graceful restart (RFC 4724)",
        "  neighbor         10.30.0.21         node1",
        "  neighbor         10.30.0.22         node2",
        "  take             10.64.0.0/14       as the model limits them, with prefixes up to /32",
        "  announce         any route          such as a default route",
        "  pass on          neighbors' routes  to all others and to other routers, as route reflector (RFC 4456)",
    ]
    drawn = result.hostvars["provisioner"]["drawing_config"]["by_hand"]
    assert drawn[-len(lines) :] == lines, "by_hand.txt has it, after the tables of unmanaged switches"


def test_without_peers_nobody_has_to_configure_bgp() -> None:
    assert "groundup_by_hand" not in derived(bgp()).hostvars["cluster"]
