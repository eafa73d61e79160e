# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines with several links: what is refused, and what both ends of their cables get."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from ipaddress import ip_interface
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

from .base import REMOVED, model

GOLDEN = Path(__file__).parents[2] / "golden/models/links.cloud.yml"
N1 = "machines.node1"
NICS = {
    f"nic{index}": {"mac": f"52:54:00:00:01:0{index}", "port": f"leaf{1 + index % 2}/Ethernet{1 + index // 2 * 3}"}
    for index in range(4)
}
MAIN = {"bond": {"members": ["nic0", "nic1"]}, "networks": ["management", "cluster"]}
BOOT = {"nic": "nic2", "networks": ["provision"]}


def with_links(links: Any, **more: Any) -> dict[str, Any]:
    """The difference to the base model: node1 has four NICs and these links."""
    return {
        f"{N1}.nics": NICS,
        f"{N1}.networks": REMOVED,
        f"{N1}.links": links,
        **{f"{N1}.{key}": value for key, value in more.items()},
    }


CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "two links": (with_links({"main": MAIN, "boot": BOOT}), []),
    "bond beside links": (
        with_links({"main": MAIN, "boot": BOOT}, bond={"mode": "active-backup"}),
        [f"{N1}.bond: is given together with links; write it as a link, or remove links"],
    ),
    "neither bond nor NIC": (
        with_links({"main": MAIN, "boot": {"networks": ["provision"]}}),
        [f"{N1}.links.boot: has neither bond nor nic; give nic: nic0, or bond: {{members: [nic0, nic1, nic2, nic3]}}"],
    ),
    "bond and NIC": (
        with_links({"main": {**MAIN, "nic": "nic3"}, "boot": BOOT}),
        [f"{N1}.links.main: has a bond and a nic; keep one of them"],
    ),
    "mode none": (
        with_links({"main": {**MAIN, "bond": {"mode": "none", "members": ["nic0"]}}, "boot": BOOT}),
        [f"{N1}.links.main.bond.mode: none is no bond; write nic: NAME instead of bond"],
    ),
    "bond without members": (
        with_links({"main": {**MAIN, "bond": {}}, "boot": BOOT}),
        [f"{N1}.links.main.bond.members: is missing; list NICs: nic0, nic1, nic2, nic3"],
    ),
    "unknown NIC": (
        with_links({"main": MAIN, "boot": {"nic": "nic7", "networks": ["provision"]}}),
        [f"{N1}.links.boot.nic: nic7 is not a NIC of node1; did you mean nic3?"],
    ),
    "NIC in two links": (
        with_links({"main": MAIN, "boot": {"nic": "nic1", "networks": ["provision"]}}, boot_nic="nic1"),
        [f"{N1}.links.boot.nic: nic1 is already in {N1}.links.main.bond.members[1]; name each NIC in one link"],
    ),
    "unknown network": (
        with_links(
            {
                "main": {**MAIN, "networks": ["management", "cluster", "storge"]},
                "boot": BOOT,
            }
        ),
        [f"{N1}.links.main.networks[2]: storge is not a network; choose from: cluster, management, provision, tenants"],
    ),
    "network on two links": (
        with_links({"main": MAIN, "boot": {"nic": "nic2", "networks": ["provision", "cluster"]}}),
        [
            f"{N1}.links.boot.networks[1]: cluster is already on {N1}.links.main.networks[1]; name each network on one link"
        ],
    ),
    "two links without networks": (
        with_links({"main": {"bond": {"members": ["nic0", "nic1"]}}, "boot": {"nic": "nic2"}}),
        [
            f"{N1}.links.boot.networks: is missing, as it is on main: only one link has the networks that no other names; name the networks of one of them",
            f"{N1}.links.boot: carries no network; name its networks, or remove the link",
        ],
    ),
    "network on no link": (
        with_links({"main": {**MAIN, "networks": ["management"]}, "boot": BOOT}, networks=["management", "cluster"]),
        [f"{N1}.networks[1]: cluster is on no link; name it on a link, or remove it here"],
    ),
    "native network of another link": (
        with_links({"main": {**MAIN, "native": "provision"}, "boot": BOOT}),
        [f"{N1}.links.main.native: provision is not on this link; choose from: cluster, management, tenants"],
    ),
    "native range": (
        with_links({"main": {**MAIN, "native": "tenants"}, "boot": BOOT}),
        [f"{N1}.links.main.native: tenants has several VLANs; name a network with one vlan"],
    ),
    "native network beside the one that boots": (
        with_links(
            {"main": {"bond": {"members": ["nic0", "nic1"]}, "native": "cluster"}}, networks=["management", "cluster"]
        ),
        [
            f"{N1}.links.main.native: cluster is not provision, which machines boot over, untagged; remove native, or put provision on another link"
        ],
    ),
    "boot NIC on another link": (
        with_links({"main": MAIN, "boot": BOOT}, boot_nic="nic0"),
        [
            f"{N1}.boot_nic: nic0 is not on the link boot, which carries the provision network; choose one of nic2, or name provision on the link of nic0"
        ],
    ),
    "boot NIC on no link": (
        with_links({"main": MAIN, "boot": BOOT}, boot_nic="nic3"),
        [
            f"{N1}.boot_nic: nic3 is not on the link boot, which carries the provision network; choose one of nic2, or name provision on the link of nic3",
            f"{N1}.boot_nic: nic3 is on no link; choose one of nic0, nic1, nic2, or add a link: {{nic: nic3}}",
        ],
    ),
    "two bonds of one name": (
        with_links({"main": MAIN, "boot": {"bond": {"members": ["nic2", "nic3"]}, "networks": ["provision"]}}),
        [
            f"{N1}.links.boot.bond.name (the default): bond0 is already the name of {N1}.links.main.bond; give name: bond1, or another one"
        ],
    ),
    "bond named as a NIC": (
        with_links({"main": {**MAIN, "bond": {"name": "nic3", "members": ["nic0", "nic1"]}}, "boot": BOOT}),
        [f"{N1}.links.main.bond.name: nic3 is also the name of a NIC; give the bond a name of its own"],
    ),
    "balance-alb below VLANs of VMs": (
        with_links({"main": {**MAIN, "bond": {"mode": "balance-alb", "members": ["nic0", "nic1"]}}, "boot": BOOT}),
        [
            (
                f"{N1}.links.main.bond.mode: balance-alb carries networks.tenants, and sends their frames with other source addresses than their own; "
                "write mode: active-backup, 802.3ad or balance-xor"
            )
        ],
    ),
    "balance-xor boots": (
        with_links({"main": {"bond": {"mode": "balance-xor", "members": ["nic0", "nic1"]}}}),
        [
            (
                f"{N1}.links.main.bond.mode: balance-xor has the NIC that boots, alone, while the switch sends to any port of the aggregation; "
                "write mode: 802.3ad, or boot by a NIC in a link of its own"
            )
        ],
    ),
    "balance-xor over switches without MLAG": (
        {
            **with_links(
                {"main": {**MAIN, "bond": {"mode": "balance-xor", "members": ["nic0", "nic1"]}}, "boot": BOOT}
            ),
            "machines.node2.bond": {"mode": "active-backup"},
            "switches.leaf1.mlag": REMOVED,
            "switches.leaf2.mlag": REMOVED,
        },
        [
            f"{N1}.links.main.bond: spans leaf1, leaf2, which are not an MLAG pair; declare mlag on both, cable it to one switch, or write mode: active-backup"
        ],
    ),
    "settings that a mode does not have": (
        with_links(
            {
                "main": {
                    **MAIN,
                    "bond": {
                        "mode": "active-backup",
                        "members": ["nic0", "nic1"],
                        "lacp_rate": "slow",
                        "hash_policy": "layer2",
                    },
                },
                "boot": BOOT,
            }
        ),
        [
            f"{N1}.links.main.bond.lacp_rate: slow has no effect with mode: active-backup; remove it",
            f"{N1}.links.main.bond.hash_policy: layer2 has no effect with mode: active-backup; remove it",
        ],
    ),
    "bond's MTU below a network's": (
        {
            **with_links({"main": {**MAIN, "bond": {"members": ["nic0", "nic1"], "mtu": 1500}}, "boot": BOOT}),
            "networks.cluster.mtu": 9000,
        },
        [
            f"{N1}.links.main.bond.mtu: 1500 is less than the 9000 of networks.cluster.mtu; raise the lower value or reduce the higher one"
        ],
    ),
    "numbers whose MLAG identifiers meet": (
        {
            **with_links(
                {
                    "main": MAIN,
                    "second": {"bond": {"name": "bond1", "members": ["nic2", "nic3"]}, "networks": ["provision"]},
                }
            ),
            "machines.node2.number": 1001,
            "networks.provision.subnet": "10.10.0.0/16",
            "networks.management.subnet": "10.20.0.0/16",
            "networks.cluster.subnet": "10.30.0.0/16",
        },
        [
            "machines.node2.number: 1001 is already the MLAG identifier of machines.node1.links.second.bond; give numbers below 1000 to machines with several bonds"
        ],
    ),
    "BMC on a NIC that forwards nothing while the machine is off": (
        with_links(
            {"main": MAIN, "boot": BOOT},
            bmc={"address": "10.20.0.101", "password": "{{ v }}", "switch_port": "leaf1/Ethernet1"},
        ),
        [
            (
                f"{N1}.bmc.switch_port: leaf1/Ethernet1 is the port of nic0, and while the machine is off only none of its ports forwards; "
                "let the BMC share the NIC that the machine boots from, or write bond: {mode: active-backup}"
            )
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_links_are_checked(name: str) -> None:
    changes, expected = CASES[name]
    try:
        load(model(changes))
        found: list[str] = []
    except ModelError as error:
        found = [str(problem) for problem in error.errors]
    assert found == expected


def test_defaults_of_links_are_merged_and_null_removes_one() -> None:
    defaults = {"machine": {"links": {"main": {"nic": "nic0"}, "boot": {"nic": "nic1", "networks": ["provision"]}}}}
    cloud = load(model({"defaults": defaults, "machines.node2.links": {"boot": None}}))
    assert list(cloud.machines["node1"].links) == ["main", "boot"]
    assert list(cloud.machines["node2"].links) == ["main"]


def hosts() -> dict[str, Any]:
    return derive(load(yaml.safe_load(GOLDEN.read_text()))).hostvars


def test_each_network_is_on_its_link_at_both_ends() -> None:
    found = hosts()
    for name in ("node1", "node2", "node3", "node4"):
        config = found[name]["host_network_config"]
        nics = {link["name"]: link.get("bond", {}).get("members") or [link["nic"]] for link in config["links"]}
        for address in config["addresses"]:
            vlan = address["vlan"]
            for nic in nics[address["link"]]:
                switch, _slash, port = nic["port"].partition("/")
                end = next(
                    item
                    for item in (*found[switch]["switch_config"]["ports"], *found[switch]["switch_config"]["lags"])
                    if port in item.get("members", [item["name"]])
                )
                if end.get("mode") == "routed":
                    near, far = ip_interface(address["address"]), [ip_interface(text) for text in end["addresses"]]
                    assert [one.network == near.network and one != near for one in far].count(True) == 1
                    continue
                assert (vlan in end["vlans"] and vlan != end["native"]) if vlan else end["native"] is not None, (
                    name,
                    address,
                )


def test_aggregations_of_a_machine_have_names_and_identifiers_of_their_own() -> None:
    lags = {lag["name"]: lag for lag in hosts()["leaf1"]["switch_config"]["lags"]}
    assert {name: lag["mlag"] for name, lag in lags.items()} == {
        "node1": 1,
        "node1_storage": 1001,
        "node2_storage": None,
        "node4_storage": None,
    }
    assert lags["node1_storage"]["lacp"]["fallback"] is False
    assert lags["node2_storage"]["lacp"] == {"mode": "on"}
    assert lags["node2_storage"]["vlans"] == [40, 60, *range(100, 110)]


def test_the_machine_boots_by_the_nic_of_the_provision_network() -> None:
    found = hosts()
    assert found["node1"]["machine_config"]["boot_mac"] == "52:54:00:06:01:04"
    port = next(port for port in found["leaf1"]["switch_config"]["ports"] if port["name"] == "Ethernet6")
    assert (port["native"], port["vlans"]) == (10, [10, 20]), "with the VLAN of the BMC that shares it"


def test_warnings_name_nics_that_no_link_uses() -> None:
    found = load_all(model(with_links({"main": MAIN, "boot": BOOT}))).warnings
    assert any(f"{N1}.nics.nic3: has a cable, and nothing uses it" in str(warning) for warning in found)


def test_a_route_table_of_a_network_keeps_its_gateway_from_being_the_default_route() -> None:
    changes = {
        "networks.cluster.gateway": "10.30.0.1",
        "networks.cluster.table": 30,
        "networks.management.gateway": REMOVED,
    }
    loaded = load_all(model(changes))
    addresses = derive(loaded.cloud).hostvars["node1"]["host_network_config"]["addresses"]
    found = {item["network"]: (item["gateway"], item.get("table")) for item in addresses}
    assert found == {"provision": (None, None), "management": (None, None), "cluster": ("10.30.0.1", 30)}
    assert not any("gateways" in str(warning) for warning in loaded.warnings)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"networks.cluster.table": 30}, "networks.cluster.table: 30 needs a gateway, the default route of the table; give networks.cluster.gateway, or remove it"),
        ({"networks.management.table": 254}, "networks.management.table: 254 is a table of the kernel; give another number, such as the VLAN's"),
        (
            {"networks.management.table": 30, "networks.cluster.table": 30, "networks.cluster.gateway": "10.30.0.1"},
            "networks.cluster.table: 30 is already the route table of networks.management; give another number",
        ),
    ],
)  # fmt: skip
def test_route_tables_are_checked(changes: dict[str, Any], error: str) -> None:
    with pytest.raises(ModelError) as caught:
        load(model(changes))
    assert [str(problem) for problem in caught.value.errors] == [error]


def test_links_of_a_machine_that_exists_may_be_networkmanagers() -> None:
    existing = {f"{N1}.{key}": REMOVED for key in ("bmc", "root_disk")} | {f"{N1}.network_backend": "networkmanager"}
    hosts = derive(load(model(existing))).hostvars
    assert hosts["node1"]["host_network_config"]["backend"] == "networkmanager"
    assert hosts["node2"]["host_network_config"]["backend"] == "networkd"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, "networkmanager is not on a machine that is deployed, which has systemd-networkd; remove it"),
        (
            {
                **{f"{N1}.{key}": REMOVED for key in ("bmc", "root_disk", "nics")},
                f"{N1}.interfaces": {"provision": "ens3", "management": "ens3", "cluster": "ens4"},
            },
            "networkmanager has no effect: its network is left as it is; remove it, or give its nics",
        ),
    ],
)
def test_networkmanager_is_for_machines_whose_links_are_configured(changes: dict[str, Any], error: str) -> None:
    with pytest.raises(ModelError) as caught:
        load(model({f"{N1}.network_backend": "networkmanager", **changes}))
    assert [str(problem) for problem in caught.value.errors] == [f"{N1}.network_backend: {error}"]
