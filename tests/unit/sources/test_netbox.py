# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that are made from NetBox: of three racks whole, and of what is missing or contradicts itself in them."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.model import load
from ansible_collections.groundup.cloud.plugins.module_utils.sources import netbox
from ansible_collections.groundup.cloud.plugins.module_utils.sources.errors import SourceError
from services.netbox.netbox_double import NetBoxDouble
from services.netbox.netbox_racks import Site, brief, choice

from .conftest import Params

#: What a person writes beside the part that NetBox makes.
HEAD = {
    "plugin": "groundup.cloud.cloud",
    "name": "rack1",
    "defaults": {"machine": {"bmc": {"username": "admin"}}},
    "access": {
        "public_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleEx ops"]
    },
    "provisioner": {"addresses": {"provision": "10.10.0.2"}},
    "kubernetes": {"endpoint": "10.30.0.10", "pods": "10.64.0.0/14", "services": "10.96.0.0/16"},
    "network": {"provider": "basic"},
    "storage": {"provider": "none"},
    "virtualization": {"enabled": False},
}


def made(site: Site, params: Params, check: bool = True) -> t.Any:
    return netbox.run(params, check, NetBoxDouble(site.tables))


def machine(site: Site, params: Params, name: str) -> t.Any:
    return made(site, params)["model"]["machines"][name]


def refused(site: Site, params: Params) -> str:
    with pytest.raises(SourceError) as caught:
        made(site, params)
    return str(caught.value)


def comments(text: str, name: str) -> list[str]:
    """Comments below the name of an object."""
    lines = text.splitlines()
    start = lines.index(f"  {name}:") + 1
    found = []
    while lines[start].startswith("    # "):
        found.append(lines[start].removeprefix("    # "))
        start += 1
    return found


def loaded(directory: pathlib.Path, site: Site, params: Params) -> t.Any:
    (directory / "cloud.yml").write_text(yaml.safe_dump(HEAD))
    made(site, {**params, "dest": str(directory / "netbox.cloud.yml")}, check=False)
    return load.load_all(directory)


def test_two_racks_are_a_model_without_errors(site: Site, params: Params, tmp_path: pathlib.Path) -> None:
    params["machines"] = {"roles": ["hypervisor"]}
    found = loaded(tmp_path, site, params)
    assert [str(warning) for warning in found.warnings] == []
    cloud = found.cloud
    assert sorted(cloud.machines) == ["dc1-r07-srv-04", "dc1-r07-srv-05", "node1", "node2", "node3"]
    node = cloud.machines["node1"]
    assert [str(role) for role in node.roles] == ["control_plane", "compute", "storage"]
    assert [str(nic.port) for nic in node.nics.values()] == ["leaf1/Ethernet1", "leaf2/Ethernet1"]
    assert node.bond.members == ("nic0", "nic1") and node.networks == ("management", "cluster", "storage")
    assert (node.location.rack, node.location.unit, node.location.height) == ("R1", 10, 2)
    assert node.identity and node.identity.serial == "CZJ0000001"
    assert [disk.serial or disk.wwn for disk in node.storage_disks] == ["FLASH1A", "0x5000c500a1b2c3d1"]
    assert cloud.switches["leaf1"].mlag_peer == "leaf2" and cloud.switches["leaf2"].mlag_peer == "leaf1"
    assert cloud.switches["leaf1"].uplinks["Ethernet8"].networks == ("all",)
    assert cloud.networks["provision"].native and cloud.networks["storage"].mtu == 9000
    assert str(cloud.networks["management"].gateway) == "10.20.0.1"
    assert str(cloud.networks["tenants"].vlans) == "100-199"


def test_three_racks_are_a_model_without_errors(site: Site, params: Params, tmp_path: pathlib.Path) -> None:
    found = loaded(tmp_path, site, params)
    assert len(found.cloud.machines) == 7


def test_a_rack_numbered_downwards(site: Site, params: Params) -> None:
    model = made(site, params)["model"]
    assert model["switches"]["TOR_07"]["location"] == {"rack": "DC1-R07", "unit": 48}
    assert model["machines"]["dc1-r07-srv-04"]["location"] == {"rack": "DC1-R07", "unit": 41}


def test_two_bays_of_a_chassis_share_its_unit(site: Site, params: Params) -> None:
    model = made(site, params)["model"]
    places = [model["machines"][name]["location"] for name in ("node6", "node7")]
    assert places == [{"rack": "R3", "unit": 5, "side": "left"}, {"rack": "R3", "unit": 5, "side": "right"}]


def test_bays_whose_place_is_unknown(site: Site, params: Params) -> None:
    site.b.bay(site.find("dcim/devices", name="twin1"), "Node 3", None)
    result = made(site, params)
    assert result["model"]["machines"]["node6"]["location"] == {"rack": "R3"}
    assert "location: it is in Node 1 of twin1, units 5 to 5; give its unit" in comments(result["text"], "node6")


def test_several_links(site: Site, params: Params) -> None:
    found = machine(site, params, "node6")
    assert found["links"] == {
        "bond0": {
            "bond": {"name": "bond0", "mode": "802.3ad", "members": ["ens0", "ens1"], "mtu": 9000},
            "native": "cluster",
            "networks": ["cluster"],
        },
        "bond1": {
            "bond": {"name": "bond1", "mode": "active-backup", "members": ["ens2", "ens3"], "mtu": 9000},
            "native": "storage",
            "networks": ["storage"],
        },
        "eno1": {"nic": "eno1", "networks": ["provision"]},
    }
    assert "bond" not in found and "networks" not in found


def test_a_path_through_a_patch_panel_ends_at_the_switch(site: Site, params: Params) -> None:
    nics = machine(site, params, "dc1-r07-srv-04")["nics"]
    assert nics == {"ens1f0np0": {"mac": "52:54:00:00:04:00", "port": "TOR_07/Ethernet4"}}


def test_a_path_that_ends_in_a_patch_panel(site: Site, params: Params) -> None:
    port = site.port("DC1_R07-SRV_04", "ens1f0np0")
    port.update(connected_endpoints=None, connected_endpoints_type=None)
    result = made(site, params)
    assert "port" not in result["model"]["machines"]["dc1-r07-srv-04"]["nics"]["ens1f0np0"]
    text = "nics.ens1f0np0.port: NetBox's cable ends at patch7 Port 4, and its path leads no further"
    assert text in comments(result["text"], "dc1-r07-srv-04")


@pytest.mark.parametrize(
    ("change", "comment"),
    [
        ({"cable": None, "connected_endpoints": None, "link_peers": []}, "NetBox has no cable"),
        (
            {"connected_endpoints_reachable": False},
            "NetBox's cable to leaf1/Ethernet1 is not connected yet",
        ),
    ],
)
def test_a_cable_that_is_missing_or_planned(site: Site, params: Params, change: Params, comment: str) -> None:
    site.port("node1", "eth0").update(change)
    assert f"nics.nic0.port: {comment}" in comments(made(site, params)["text"], "node1")


def test_a_cable_to_a_device_that_is_no_switch_of_the_model(site: Site, params: Params) -> None:
    params["switches"]["tags"] = ["dc"]
    site.find("dcim/devices", name="leaf2")["tags"] = site.b.tags("dc")
    text = made(site, params)["text"]
    expected = (
        "nics.nic0.port: NetBox has it cabled to leaf1 Ethernet1, which is no port of the switches that were read"
    )
    assert expected in comments(text, "node1")


def test_several_ends_of_one_cable(site: Site, params: Params) -> None:
    port = site.port("node1", "eth0")
    port["connected_endpoints"] = port["connected_endpoints"] * 2
    expected = "nics.nic0.port: NetBox has several ends of its cable: leaf1 Ethernet1, leaf1 Ethernet1"
    assert expected in comments(made(site, params)["text"], "node1")


def test_a_lag_without_members(site: Site, params: Params) -> None:
    site.b.port(site.find("dcim/devices", name="node1"), "bond9", kind="lag")
    assert "machines.node1: NetBox has the LAG bond9 without members; left out" in made(site, params)["doubts"]


def test_a_nic_without_a_mac_address(site: Site, params: Params) -> None:
    site.port("node1", "eth1").update(mac_address=None, primary_mac_address=None, mac_addresses=[])
    site.b.port(site.find("dcim/devices", name="node1"), "eth2")
    result = made(site, params)
    assert result["model"]["machines"]["node1"]["nics"]["nic1"] == {"port": "leaf2/Ethernet1"}
    assert "machines.node1: nics.nic1.mac: NetBox has no MAC address, or none is primary" in result["doubts"]
    assert "NetBox has neither MAC address nor cable of eth2; left out" in comments(result["text"], "node1")


def test_the_only_mac_address_is_taken_and_one_of_two_is_not(site: Site, params: Params) -> None:
    one, two = {"id": 1, "mac_address": "02:00:00:00:00:01"}, {"id": 2, "mac_address": "02:00:00:00:00:02"}
    site.port("node1", "eth0").update(mac_address=None, primary_mac_address=None, mac_addresses=[one])
    site.port("node1", "eth1").update(mac_address=None, primary_mac_address=None, mac_addresses=[one, two])
    nics = machine(site, params, "node1")["nics"]
    assert nics["nic0"]["mac"] == "02:00:00:00:00:01" and "mac" not in nics["nic1"]


def test_a_device_without_a_rack(site: Site, params: Params) -> None:
    site.find("dcim/devices", name="node1").update(rack=None, position=None)
    result = made(site, params)
    assert "location" not in result["model"]["machines"]["node1"]
    assert "location: NetBox has no rack of it" in comments(result["text"], "node1")


def test_a_device_at_half_a_unit(site: Site, params: Params) -> None:
    site.find("dcim/devices", name="node1").update(position=10.5)
    result = made(site, params)
    assert result["model"]["machines"]["node1"]["location"] == {"rack": "R1"}
    assert "location: NetBox has no whole unit of it in the rack" in comments(result["text"], "node1")


def test_racks_of_two_sites_with_one_name(site: Site, params: Params) -> None:
    other = site.b.rack("R1", "dc2")
    site.find("dcim/devices", name="node3").update(rack=brief(other))
    machines = made(site, params)["model"]["machines"]
    assert [machines[name]["location"]["rack"] for name in ("node1", "node3")] == ["dc1-R1", "dc2-R1"]


def test_a_vlan_that_two_networks_have(site: Site, params: Params) -> None:
    site.b.prefix("10.90.0.0/24", site.b.vlan(30, "backup"), tags=("cloud",))
    text = refused(site, params)
    assert (
        "networks.backup: prefix 10.90.0.0/24 in VLAN 30 (backup) and network cluster (10.30.0.0/24) have one VLAN"
        in text
    )
    assert "choose fewer prefixes" in text


def test_two_subnets_of_one_vlan(site: Site, params: Params) -> None:
    site.b.prefix("fd00:30::/64", site.vlans["cluster"], tags=("cloud",))
    result = made(site, params)
    assert result["model"]["networks"]["cluster"]["subnet"] == "10.30.0.0/24"
    assert any("NetBox has fd00:30::/64 in this VLAN as well" in text for text in result["doubts"])


def test_a_prefix_without_a_vlan_is_left_out(site: Site, params: Params) -> None:
    site.b.prefix("10.99.0.0/24", None, tags=("cloud",))
    text = "prefix 10.99.0.0/24: left out, since NetBox has no VLAN of it; assign one there"
    assert text in made(site, params)["doubts"]


def test_names_that_differ_in_capitals(site: Site, params: Params) -> None:
    site.b.device("Node1", "hypervisor", site="dc1")
    site.b.device("LEAF1", "leaf", site="dc2")
    text = refused(site, params)
    assert "machines.node1: node1 of site dc1 and Node1 of site dc1 would have one name; rename one in NetBox" in text
    assert "switches.LEAF1: leaf1 of site dc1 and LEAF1 of site dc2 would have one name" in text


def test_a_device_without_a_name(site: Site, params: Params) -> None:
    device = site.b.device(None, "hypervisor")
    expected = f"machines: device {device['id']}: has no name in NetBox; give it a name there"
    assert expected in refused(site, params)


def test_a_machine_with_the_name_of_a_switch(site: Site, params: Params) -> None:
    site.b.device("Leaf1", "hypervisor")
    assert "machines.leaf1: is the name of a switch as well; rename one in NetBox" in refused(site, params)


def test_numbers_that_two_names_end_with(site: Site, params: Params) -> None:
    """Both take the one by which the plan gives them their addresses; without addresses nothing is guessed."""
    rack = site.find("dcim/racks", name="R1")
    for name, address in (("db-01", "10.30.0.71/24"), ("web-01", "10.30.0.72/24")):
        device = site.b.device(name, "hypervisor", rack=rack)
        site.b.address(address, site.b.port(device, "eno1", "02:00:00:00:01:" + address[8:10]))
    site.b.device("mail-01", "hypervisor", rack=rack)
    result = made(site, params)
    machines = result["model"]["machines"]
    assert (machines["db-01"]["number"], machines["web-01"]["number"]) == (51, 52)
    assert "addresses" not in machines["db-01"] and "number" not in machines["mail-01"]
    assert any(text.startswith("machines.mail-01: number: ") for text in result["doubts"])


def test_numbers_never_change(site: Site, params: Params, tmp_path: pathlib.Path) -> None:
    """A new machine whose name ends with the number of another gets another one."""
    params["dest"] = str(tmp_path / "netbox.cloud.yml")
    before = made(site, params, check=False)["model"]["machines"]
    site.b.device("aaa-1", "hypervisor")
    after = made(site, params, check=False)["model"]["machines"]
    assert {name: after[name]["number"] for name in before} == {name: before[name]["number"] for name in before}
    assert "number" not in after["aaa-1"]


def test_addresses_that_differ_from_the_plan(site: Site, params: Params) -> None:
    assert machine(site, params, "dc1-r07-srv-04")["addresses"] == {"cluster": "10.30.0.54"}
    assert "addresses" not in machine(site, params, "node1")


def test_a_number_and_an_offset_that_a_person_gives(site: Site, params: Params, tmp_path: pathlib.Path) -> None:
    """The plan follows from them in the first run already, so that the second one changes nothing."""
    more = tmp_path / "more.yml"
    more.write_text("machines: {dc1-r07-srv-04: {number: 44}}\nnetworks: {cluster: {first: 10}}\n")
    params |= {"additions": str(more), "dest": str(tmp_path / "netbox.cloud.yml")}
    machines = made(site, params, check=False)["model"]["machines"]
    assert machines["dc1-r07-srv-04"]["number"] == 44 and "addresses" not in machines["dc1-r07-srv-04"]
    assert machines["node1"]["addresses"] == {"cluster": "10.30.0.21"}
    assert not made(site, params, check=False)["changed"]


def test_vlans_of_a_bridge_over_the_bond(site: Site, params: Params) -> None:
    bond, device = site.port("node1", "bond0"), site.find("dcim/devices", name="node1")
    bridge = site.b.port(device, "br0", kind="bridge", untagged=site.vlans["MGMT"])
    site.b.port(device, "br0.40", kind="virtual", parent=bridge, untagged=site.vlans["storage"])
    bond.update(mode=None, untagged_vlan=None, tagged_vlans=[], bridge=brief(bridge))
    site.tables["dcim/interfaces"] = [port for port in site.tables["dcim/interfaces"] if port["name"] != "bond0.30"]
    assert machine(site, params, "node1")["networks"] == ["management", "storage"]


def test_addresses_of_other_objects_with_the_same_id(site: Site, params: Params) -> None:
    item = site.find("ipam/ip-addresses", address="10.30.0.54/24")
    item["assigned_object_type"] = "ipam.fhrpgroup"
    assert "addresses" not in machine(site, params, "dc1-r07-srv-04")


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("open-vswitch", "switches.leaf1: database: NetBox has no OVSDB of it"),
        ("arista-eos", "switches.leaf1: address: NetBox has no primary address of it"),
    ],
)
def test_what_a_platform_needs_to_log_in(site: Site, params: Params, platform: str, expected: str) -> None:
    leaf = site.find("dcim/devices", name="leaf1")
    leaf.update(primary_ip=None, primary_ip4=None, platform={"id": 1, "slug": platform})
    del params["switch_username"], params["switch_password"]
    result = made(site, params)
    assert expected in result["doubts"]
    assert (
        "username: NetBox has no account; give it here or in defaults.switch" in comments(result["text"], "leaf1")
    ) == (platform == "arista-eos")
    assert not {"username", "password"} & set(result["model"]["switches"]["leaf1"])


def test_ports_that_no_switch_names_so(site: Site, params: Params) -> None:
    site.port("leaf1", "Ethernet1")["name"] = "Ethernet 1"
    site.port("node1", "eth0")["connected_endpoints"][0]["name"] = "Ethernet 1"
    result = made(site, params)
    assert "switches.leaf1: ports: no switch names ports so, left out: Ethernet 1" in result["doubts"]
    assert result["model"]["machines"]["node1"]["nics"]["nic0"] == {"mac": "52:54:00:00:01:00"}


def test_shared_addresses_are_not_a_machine_s_own(site: Site, params: Params) -> None:
    site.b.address("10.30.0.10/24", site.port("node1", "bond0.30"), role="vip")
    assert "addresses" not in machine(site, params, "node1")


def test_the_untagged_network_is_the_provision_network_unless_named(site: Site, params: Params) -> None:
    assert made(site, {**params, "native": "cluster"})["model"]["networks"]["cluster"]["native"] is True
    assert "native: pxe is no network that was read" in refused(site, {**params, "native": "pxe"})
    for port in site.tables["dcim/interfaces"]:
        port["untagged_vlan"] = None
    assert any(text.startswith("networks: native: NetBox does not tell") for text in made(site, params)["doubts"])


def test_several_routers_of_a_network(site: Site, params: Params) -> None:
    site.b.address("10.20.0.2/24", role="anycast")
    result = made(site, params)
    assert "gateway" not in result["model"]["networks"]["management"]
    assert any("several addresses of routers: 10.20.0.1, 10.20.0.2" in text for text in result["doubts"])


def test_routers_by_a_tag_or_a_field(site: Site, params: Params) -> None:
    site.b.address("10.30.0.254/24", tags=site.b.tags("gw"))
    site.find("ipam/prefixes", prefix="10.40.0.0/24")["custom_fields"]["router"] = "10.40.0.1"
    params |= {"gateway_tag": "gw", "fields": {**params["fields"], "gateway": "router"}}
    networks = made(site, params)["model"]["networks"]
    gateways = {name: values["gateway"] for name, values in networks.items() if "gateway" in values}
    assert gateways == {"cluster": "10.30.0.254", "storage": "10.40.0.1"}


def test_a_group_with_all_vlans_and_one_that_is_missing(site: Site, params: Params) -> None:
    site.b.group("everything", (1, 4094))
    text = refused(site, {**params, "vlan_groups": {"guests": "everything", "others": "absent"}})
    assert "vlan_groups.guests: the VLAN group everything has the ids of all VLANs" in text
    assert "vlan_groups.others: NetBox has no VLAN group absent" in text


def test_members_of_a_virtual_chassis_are_one_switch(site: Site, params: Params) -> None:
    leaves = [site.find("dcim/devices", name=name) for name in ("leaf1", "leaf2")]
    for position, leaf in enumerate(leaves, 1):
        chassis = {"id": 5, "name": "stack", "master": brief(leaves[0]), "member_count": 2}
        leaf.update(virtual_chassis=chassis, vc_position=position)
    for port in site.tables["dcim/interfaces"]:
        if port["device"]["id"] == leaves[1]["id"]:
            port["name"] = port["name"].replace("Ethernet", "Ethernet2/")
    for port in site.tables["dcim/interfaces"]:
        for end in port["connected_endpoints"] or ():
            if end["device"]["id"] == leaves[1]["id"]:
                end["name"] = end["name"].replace("Ethernet", "Ethernet2/")
    model = made(site, params)["model"]
    assert sorted(model["switches"]) == ["TOR_07", "leaf1", "leaf3"] and "mlag" not in model["switches"]["leaf1"]
    assert model["machines"]["node1"]["nics"]["nic1"]["port"] == "leaf1/Ethernet2/1"
    assert model["switches"]["leaf1"]["ports"] == ["Ethernet1-8", "Ethernet2/1-8"]


def test_lags_that_end_at_different_pairs(site: Site, params: Params) -> None:
    site.b.cable(site.port("node3", "eth1"), site.port("leaf3", "swp3"))
    result = made(site, params)
    assert not any("mlag" in switch for switch in result["model"]["switches"].values())
    assert any("mlag: 2 LAGs of machines end at leaf1 and leaf2, and others" in text for text in result["doubts"])


def test_a_pair_of_a_custom_field(site: Site, params: Params) -> None:
    site.find("dcim/devices", name="leaf1")["custom_fields"] = {"peer": {"id": 1, "name": "leaf2"}}
    site.find("dcim/devices", name="leaf2")["custom_fields"] = {"peer": "leaf1"}
    params["fields"]["mlag"] = "peer"
    assert made(site, params)["model"]["switches"]["leaf2"]["mlag"] == "leaf1"
    site.find("dcim/devices", name="leaf2")["custom_fields"] = {"peer": "leaf9"}
    assert "switches.leaf2.mlag: leaf9 is no switch that was read; correct the field peer" in refused(site, params)


def aggregated(site: Site) -> None:
    """Two ports of leaf1 are one link to the router, with its own untagged VLAN."""
    leaf, router = site.find("dcim/devices", name="leaf1"), site.find("dcim/devices", name="core1")
    lag = site.b.port(leaf, "Port-Channel1", "02:00:00:00:00:01", "lag", untagged=site.vlans["MGMT"], mode="tagged")
    lag["tagged_vlans"] = [brief(site.vlans["cluster"]), brief(site.vlans["PXE"])]
    site.b.cable(site.port("leaf1", "Ethernet7"), site.b.port(router, "xe-0/0/9"))
    for name in ("Ethernet7", "Ethernet8"):
        site.port("leaf1", name).update(lag=brief(lag), mode=None, description="")


def test_an_uplink_of_two_ports(site: Site, params: Params) -> None:
    aggregated(site)
    result = made(site, params)
    assert result["model"]["switches"]["leaf1"]["uplinks"] == {
        "Port-Channel1": {
            "members": ["Ethernet7", "Ethernet8"],
            "networks": ["provision", "management", "cluster"],
            "mode": "trunk",
            "native": "management",
            "description": "core1",
        }
    }
    assert not any("single port" in text for text in result["doubts"])


def test_links_between_switches(site: Site, params: Params) -> None:
    """The link of a pair is no uplink; that to another switch is one at both ends."""
    site.b.cable(site.port("leaf1", "Ethernet7"), site.port("leaf2", "Ethernet7"))
    site.port("leaf1", "Ethernet7")["mode"] = choice("tagged-all")
    site.b.cable(site.port("leaf2", "Ethernet6"), site.port("leaf3", "swp6"))
    for port in (site.port("leaf2", "Ethernet6"), site.port("leaf3", "swp6")):
        port.update(mode=choice("access"), untagged_vlan=brief(site.vlans["storage"]))
    result = made(site, params)
    switches = result["model"]["switches"]
    assert list(switches["leaf1"]["uplinks"]) == ["Ethernet8"]
    assert "mlag: the link to leaf2 is at Ethernet7" in comments(result["text"], "leaf1")
    assert switches["leaf2"]["uplinks"]["Ethernet6"] == {"networks": ["storage"], "description": "leaf3"}
    assert switches["leaf3"]["uplinks"]["swp6"] == {"networks": ["storage"], "description": "leaf2"}


def test_an_uplink_without_vlans_is_left_out(site: Site, params: Params) -> None:
    site.port("leaf1", "Ethernet8").update(mode=None)
    result = made(site, params)
    assert "uplinks" not in result["model"]["switches"]["leaf1"]
    expected = "uplinks.Ethernet8: NetBox has a cable, and no VLAN of the networks that were read; left out"
    assert expected in comments(result["text"], "leaf1")


def test_vlans_of_the_switch_s_ports_that_differ(site: Site, params: Params) -> None:
    site.port("node1", "bond0").update(mode=None, untagged_vlan=None, tagged_vlans=[])
    site.tables["dcim/interfaces"] = [port for port in site.tables["dcim/interfaces"] if port["name"] != "bond0.30"]
    site.port("leaf1", "Ethernet1").update(mode=choice("access"), untagged_vlan=brief(site.vlans["cluster"]))
    site.port("leaf2", "Ethernet1").update(mode=choice("access"), untagged_vlan=brief(site.vlans["storage"]))
    result = made(site, params)
    assert result["model"]["machines"]["node1"]["networks"] == ["cluster", "storage"]
    assert any("different VLANs on the switch ports of bond0" in text for text in result["doubts"])


def test_a_machine_without_vlans_anywhere(site: Site, params: Params) -> None:
    site.port("TOR_07", "Ethernet4").update(mode=None, untagged_vlan=None, tagged_vlans=[])
    site.tables["ipam/ip-addresses"] = [
        item for item in site.tables["ipam/ip-addresses"] if item["address"] != "10.30.0.54/24"
    ]
    result = made(site, params)
    assert "networks" not in result["model"]["machines"]["dc1-r07-srv-04"]
    assert any(text.startswith("machines.dc1-r07-srv-04: networks: ") for text in result["doubts"])


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"bmc": {"password": "secret-9"}}, "groundup.bmc: is not taken from a config context; write only"),
        ({"root_disks": []}, "groundup.root_disks: is not taken from a config context; did you mean root_disk?"),
        ("text", "config context groundup: is not a mapping"),
    ],
)
def test_config_contexts_with_other_keys(site: Site, params: Params, context: t.Any, expected: str) -> None:
    site.find("dcim/devices", name="node6")["config_context"] = {"groundup": context}
    text = refused(site, params)
    assert expected in text and "secret-9" not in text


def test_texts_that_ansible_would_evaluate(site: Site, params: Params) -> None:
    site.port("leaf1", "Ethernet8")["description"] = "{{ lookup('pipe', 'id') }}"
    site.find("dcim/devices", name="node6")["config_context"]["groundup"]["labels"] = {"a": "{% if x %}"}
    text = refused(site, params)
    assert "switches.leaf1.uplinks.Ethernet8.description: has the mark of a template" in text
    assert "machines.node6.labels.a: has the mark of a template" in text


def test_two_root_disks_are_a_mirror_and_three_are_refused(site: Site, params: Params) -> None:
    fields = site.find("dcim/devices", name="node1")["custom_fields"]
    fields["root_disk"] = "A1, A2"
    assert machine(site, params, "node1")["root_disk"] == [{"serial": "A1"}, {"serial": "A2"}]
    fields["root_disk"] = "A1, A2, A3"
    expected = "machines.node1.root_disk: the field root_disk has 3 disks; leave one there, or two for a mirror"
    assert expected in refused(site, params)


def test_disks_in_json(site: Site, params: Params) -> None:
    fields = site.find("dcim/devices", name="node1")["custom_fields"]
    fields.update(root_disk={"wwn": "naa.5000", "size": 3}, osds=[{"serial": "A", "device_class": "ssd"}, "B"])
    found = machine(site, params, "node1")
    assert found["root_disk"] == {"wwn": "naa.5000"}
    assert found["storage_disks"] == [{"serial": "A", "device_class": "ssd"}, {"serial": "B"}]


def test_a_machine_without_a_disk(site: Site, params: Params) -> None:
    site.find("dcim/devices", name="node1")["custom_fields"] = {}
    assert "machines.node1: root_disk: NetBox has no disk of it; give serial or wwn" in made(site, params)["doubts"]


def test_a_management_controller_in_no_network(site: Site, params: Params) -> None:
    address = site.b.address("192.0.2.7/24", site.port("node1", "iDRAC"))
    site.find("dcim/devices", name="node1")["oob_ip"] = brief(address)
    result = made(site, params)
    assert result["model"]["machines"]["node1"]["bmc"] == {"address": "192.0.2.7", "password": "{{ vault_bmc }}"}
    expected = "bmc.switch_port: leaf1/Ethernet4 is its port, and no network has 192.0.2.7"
    assert expected in comments(result["text"], "node1")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"machines": {"status": ["active"]}}, "machines: would take all of NetBox; give sites, tags or roles"),
        ({"networks": {}}, "networks: would take all of NetBox"),
        ({"machine_roles": {"x": ["computer"]}}, "machine_roles.x: computer is not known; write one of control_plane"),
        ({"platforms": {"ios": "ios"}}, "platforms.ios: ios is not known; write one of openvswitch, eos"),
        ({"fields": {"rootdisk": "x"}}, "fields: rootdisk is not known; write one of bond_mode"),
        ({"bmc_password": "p4ss-word!"}, "bmc_password: is no name of a variable"),
    ],
)
def test_options_that_are_refused(site: Site, params: Params, change: Params, expected: str) -> None:
    assert expected in refused(site, {**params, **change})


def test_the_order_of_netbox_s_lists_does_not_matter(site: Site, params: Params) -> None:
    double = NetBoxDouble(site.tables)
    text = netbox.run(params, True, double)["text"]
    for items in double.tables.values():
        items.reverse()
    assert netbox.run(params, True, double)["text"] == text


def test_a_field_that_netbox_does_not_give(site: Site, params: Params) -> None:
    for port in site.tables["dcim/interfaces"]:
        del port["type"]
    text = refused(site, params)
    assert "NetBox gives no field type; give a token that may see it, and NetBox 4.2 or later" in text
    assert "more" in text and len(text.splitlines()) < 20
