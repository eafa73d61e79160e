# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a part of a model: written, compared, kept from being lost, and added to."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.sources import names, netbox, text
from ansible_collections.groundup.cloud.plugins.module_utils.sources.errors import SourceError
from services.netbox.netbox_double import NetBoxDouble
from services.netbox.netbox_racks import Site

from .conftest import Params


def made(site: Site, params: Params, check: bool = False) -> t.Any:
    return netbox.run(params, check, NetBoxDouble(site.tables))


@pytest.fixture
def dest(params: Params, tmp_path: pathlib.Path) -> pathlib.Path:
    params["dest"] = str(tmp_path / "rack1" / "netbox.cloud.yml")
    return tmp_path / "rack1" / "netbox.cloud.yml"


def test_check_mode_shows_what_the_run_writes(site: Site, params: Params, dest: pathlib.Path) -> None:
    planned = made(site, params, check=True)
    assert planned["changed"] and not dest.exists()
    done = made(site, params)
    assert done["diff"] == planned["diff"] and dest.read_text() == done["diff"][0]["after"]
    assert yaml.safe_load(dest.read_text()) == done["model"]
    again = made(site, params)
    assert not again["changed"] and again["diff"] == []


def test_a_change_in_netbox_is_a_small_difference(site: Site, params: Params, dest: pathlib.Path) -> None:
    made(site, params)
    site.find("dcim/devices", name="node1")["serial"] = "CZJ0000009"
    done = made(site, params)
    before, after = (done["diff"][0][side].splitlines() for side in ("before", "after"))
    changed = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    assert len(changed) == 2  # the digest of the content, and the serial number
    assert changed[1] == ("    identity: {serial: CZJ0000001}", "    identity: {serial: CZJ0000009}")


def test_a_file_that_was_changed_by_hand_is_kept(site: Site, params: Params, dest: pathlib.Path) -> None:
    made(site, params)
    own = dest.read_text().replace("serial: CZJ0000001", "serial: MINE")
    dest.write_text(own)
    with pytest.raises(SourceError, match=r"was changed by hand, or was not made here; move your changes into"):
        made(site, params)
    assert dest.read_text() == own
    assert made(site, {**params, "overwrite": True})["changed"] and "MINE" not in dest.read_text()


def test_a_file_of_somebody_else_is_kept(site: Site, params: Params, dest: pathlib.Path) -> None:
    dest.parent.mkdir()
    dest.write_text("plugin: groundup.cloud.cloud\n")
    with pytest.raises(SourceError, match="was not made here"):
        made(site, params)


def test_the_name_of_the_file(site: Site, params: Params, tmp_path: pathlib.Path) -> None:
    with pytest.raises(SourceError, match=r"is not named as a part of a model; name it model\.cloud\.yml"):
        made(site, {**params, "dest": str(tmp_path / "model.yml")})


def test_additions_are_merged_and_settle_comments(site: Site, params: Params, tmp_path: pathlib.Path) -> None:
    site.find("dcim/devices", name="node1")["custom_fields"] = {}
    site.port("node1", "eth1").update(mac_address=None, primary_mac_address=None, mac_addresses=[])
    file = tmp_path / "netbox.additions.yml"
    more = {
        "machines": {
            "node1": {
                "root_disk": {"serial": "OWN"},
                "nics": {"nic1": {"mac": "02:00:00:00:00:01"}},
                "identity": None,
                "bmc": {"password": "{{ vault_other }}"},
            }
        },
        "networks": {"cluster": {"mtu": 9000}},
    }
    file.write_text(yaml.safe_dump(more))
    before, done = made(site, params), made(site, {**params, "additions": str(file)})
    node = done["model"]["machines"]["node1"]
    assert node["root_disk"] == {"serial": "OWN"} and "identity" not in node
    assert node["bmc"] == {"address": "10.20.0.101", "password": "{{ vault_other }}", "switch_port": "leaf1/Ethernet4"}
    assert node["nics"]["nic1"] == {"port": "leaf2/Ethernet1", "mac": "02:00:00:00:00:01"}
    assert done["model"]["networks"]["cluster"]["mtu"] == 9000
    gone = set(before["doubts"]) - set(done["doubts"])
    assert {item.partition(": N")[0] for item in gone} == {"machines.node1: root_disk", "machines.node1: nics.nic1.mac"}
    assert "root_disk: NetBox" not in done["text"].partition("  node2:")[0].partition("  node1:")[2]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("machines: {node9: {os: x}}", "machines.node9: is not in what was read; did you mean node"),
        ("kubernetes: {}", "kubernetes: cannot be added to; add to objects of networks, switches, machines"),
        ("machines: {node1: x}", "machines.node1: is not a mapping"),
        ("- x", "is not a mapping; give networks, switches or machines by name"),
        ("a: [", "is no YAML: "),
        ("machines: {node1: {bmc: {password: !vault x}}}", "secrets are written as templates, and not by !vault"),
    ],
)
def test_additions_that_are_refused(
    site: Site, params: Params, tmp_path: pathlib.Path, content: str, expected: str
) -> None:
    file = tmp_path / "netbox.additions.yml"
    file.write_text(content)
    with pytest.raises(SourceError) as caught:
        made(site, {**params, "additions": str(file)})
    assert expected in str(caught.value) and str(file) in str(caught.value)


def test_additions_that_would_be_read_twice_or_are_missing(site: Site, params: Params, tmp_path: pathlib.Path) -> None:
    with pytest.raises(SourceError, match="is named as a part of the model"):
        made(site, {**params, "additions": str(tmp_path / "more.cloud.yml")})
    with pytest.raises(SourceError, match="does not exist; create it"):
        made(site, {**params, "additions": str(tmp_path / "more.yml")})


@pytest.mark.parametrize(
    "value",
    [
        "yes",
        "No",
        "1.30",
        "0x1f",
        "52:54:00:00:01:03",
        "2024-10-01",
        "12",
        "",
        "a: b",
        "ü",
        "#",
        "~",
        "null",
        "1e3",
        "a\nb",
    ],
)
def test_texts_that_yaml_could_read_otherwise(value: str) -> None:
    assert yaml.safe_load(f"a: {text.flow(value)}") == {"a": value}
    assert yaml.safe_load(text.flow({value: [value, 1, True, None]})) == {value: [value, 1, True, None]}


def test_names() -> None:
    assert names.host_name("DC1_R07.Node 1.") == "dc1-r07.node-1" and names.device_name(" Rack 7/A ") == "Rack-7-A"
    assert names.link_name("eth3", {}, "nic") == "nic3" and names.link_name("Port 1", {}, "nic") == "port-1"
    assert names.link_name("a-very-long-name-of-a-port", {"nic0"}, "nic") == "nic1"
    assert names.link_name("lo", (), "nic") == names.link_name("7", (), "nic") == "nic0"
    assert names.ranges(["p10", "p2", "p1", "p3", "x", "q1", "q2"]) == ["p1-3", "p10", "q1", "q2", "x"]
    assert names.ranges(["Ethernet01", "Ethernet02", "Ethernet03"]) == ["Ethernet01", "Ethernet02", "Ethernet03"]
