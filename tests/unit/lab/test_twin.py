# SPDX-License-Identifier: GPL-3.0-or-later
"""The twin of a model: what changes, what is unchanged, and the notes about what it can't reproduce."""

from __future__ import annotations

import copy
import pathlib
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.lab.names import INTERFACE_LIMIT
from ansible_collections.groundup.cloud.plugins.module_utils.lab.plan import rack
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import LabError
from ansible_collections.groundup.cloud.plugins.module_utils.lab.twin import twin
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from unit.lab.models import MATERIALS, real_rack
from unit.model.base import model as valid

MODELS = pathlib.Path(__file__).parents[2] / "golden/models"


@pytest.fixture(name="result")
def _result() -> tuple[dict[str, Any], list[str]]:
    return twin(real_rack(), MATERIALS)


def test_the_original_model_is_not_changed() -> None:
    original = real_rack()
    before = copy.deepcopy(original)
    twin(original, MATERIALS)
    assert original == before


def test_an_mlag_pair_becomes_one_bridge_with_all_cables(result: tuple[dict[str, Any], list[str]]) -> None:
    model, notes = result
    nics = model["machines"]["node1"]["nics"]
    assert [nics[name]["port"] for name in ("nic0", "nic1")] == [
        "leaf1-leaf2/leaf1.Ethernet1", "leaf1-leaf2/leaf2.Ethernet1"]  # fmt: skip
    assert any("leaf1 and leaf2 are one bridge" in note for note in notes)


def test_every_switch_is_a_bridge_of_the_lab(result: tuple[dict[str, Any], list[str]]) -> None:
    switches = result[0]["switches"]
    assert len(switches) == 2
    for name, switch in switches.items():
        assert len(name) <= INTERFACE_LIMIT
        assert (switch["platform"], switch["database"]) == ("openvswitch", "unix:/run/groundup/t/ovs/db.sock")
        assert not {"address", "password", "mlag", "ports"} & set(switch)


def test_switches_are_connected_and_the_controller_has_a_port_per_network(
    result: tuple[dict[str, Any], list[str]],
) -> None:
    pair, single = result[0]["switches"]
    uplinks = result[0]["switches"][pair]["uplinks"]
    assert list(uplinks) == ["ctl-provision", "ctl-management", "ctl-storage", f"to-{single}"]
    assert uplinks["ctl-storage"] == {"networks": ["storage"], "mode": "access", "description": "controller"}
    assert result[0]["switches"][single]["uplinks"][f"to-{pair}"]["networks"] == ["all"]


def test_no_secret_of_the_real_cloud_enters_the_twin(result: tuple[dict[str, Any], list[str]]) -> None:
    text = repr(result)
    assert not [word for word in ("real-secret", "vault_user", "bmc-ca.pem") if word in text]
    assert result[0]["machines"]["node1"]["bmc"] == {
        "address": "10.20.0.101", "password": "made-here", "tls": {"fingerprint": "aa" * 32}}  # fmt: skip


def test_defaults_are_merged_into_objects(result: tuple[dict[str, Any], list[str]]) -> None:
    model, _notes = result
    assert "defaults" not in model
    assert model["networks"]["storage"]["mtu"] == 9000
    assert model["machines"]["node2"]["lab"] == {"memory": 512, "cpus": 2}


def test_serials_are_cut_to_the_virtio_limit(result: tuple[dict[str, Any], list[str]]) -> None:
    node1 = result[0]["machines"]["node1"]
    assert node1["root_disk"] == {"serial": "E-THAN-20-CHARACTERS"}
    assert node1["storage_disks"] == [{"serial": "OSD-1"}, {"wwn": "0x5000C500A1B2C3D4"}]


def test_identity_is_a_stable_uuid(result: tuple[dict[str, Any], list[str]]) -> None:
    machines, again = result[0]["machines"], twin(real_rack(), MATERIALS)[0]["machines"]
    assert machines["node1"]["identity"] == {"uuid": "11111111-2222-4333-8444-555555555555"}
    assert machines["node2"]["identity"] == again["node2"]["identity"]


def test_the_provisioner_is_the_controller(result: tuple[dict[str, Any], list[str]]) -> None:
    assert result[0]["provisioner"] == {
        "host": "localhost",
        "addresses": {"provision": "10.10.0.7", "management": "10.20.0.2", "storage": "10.40.0.1"},
        "service_manager": "processes",
        "state_dir": "/state/t/provisioner",
    }


@pytest.mark.parametrize("place", [
    "switches.leaf1.platform", "switches.leaf1.uplinks.Ethernet48", "switches.leaf1.mlag",
    "switches.a-switch-with-a-long-name", "machines.node1.identity.serial", "machines.node1: disk",
    "machines.node2.bmc.ipmi.cipher", "machines.node2.bmc.switch_port", "provisioner.host", "ntp.servers",
    "networks.*.gateway",
])  # fmt: skip
def test_differences_to_the_model_are_noted(result: tuple[dict[str, Any], list[str]], place: str) -> None:
    assert [note for note in result[1] if note.startswith(place)]


def test_the_twin_is_a_valid_model(result: tuple[dict[str, Any], list[str]]) -> None:
    cloud = load(result[0])
    assert cloud.name == "t"
    assert cloud.kubernetes is not None


def test_a_twin_of_a_twin_has_the_same_hardware(result: tuple[dict[str, Any], list[str]]) -> None:
    again, _notes = twin(result[0], MATERIALS)
    assert again["machines"] == result[0]["machines"]
    assert list(again["switches"]) == list(result[0]["switches"])


def test_a_hosted_control_plane_takes_the_role_from_machines() -> None:
    model = real_rack()
    model["lab"] = {**(model.get("lab") or {}), "control_plane": "hosted"}
    names = list(model["machines"])
    model["machines"][names[0]]["roles"] = ["control_plane"]
    model["machines"][names[1]]["roles"] = ["control_plane", "compute"]
    found, notes = twin(model, MATERIALS)
    assert names[0] not in found["machines"] and found["machines"][names[1]]["roles"] == ["compute"]
    assert found["lab"]["control_plane"] == "hosted"
    assert any(f"machines.{names[0]}: has no twin" in note for note in notes)
    assert any(f"machines.{names[1]}: is a worker" in note for note in notes)


def test_a_machine_without_a_size_gets_one_by_what_it_carries() -> None:
    model = real_rack()
    del model["defaults"]["machine"]["lab"]
    machines, notes = twin(model, MATERIALS, "tcg")[0]["machines"], twin(model, MATERIALS, "tcg")[1]
    assert machines["node1"]["lab"] == {"memory": 2560, "cpus": 2}, "kubeadm refuses a control plane of 1,536 MiB"
    assert machines["node2"]["lab"] == {"memory": 1536, "cpus": 1}
    assert any("kubernetes.timings: is slow" in note for note in notes)
    assert twin(model, MATERIALS, "kvm")[0]["machines"]["node2"]["lab"] == {"memory": 1536, "cpus": 2}


def test_emulated_machines_get_images_and_timings_that_suit_them() -> None:
    model = real_rack()
    model["images"] = {"debian-13": None, "own": {"source": "url", "url": "https://example.net/x", "sha256": "0" * 64}}
    found = twin(model, MATERIALS, "tcg")[0]
    assert found["images"]["debian-13"] == {"profile": "emulated"} and "profile" not in found["images"]["own"]
    assert found["kubernetes"]["timings"] == "slow" and "virtualization" not in found
    model["virtualization"] = {"enabled": True}
    assert twin(model, MATERIALS, "tcg")[0]["virtualization"] == {"enabled": True, "emulation": True}
    assert twin(model, MATERIALS, "kvm")[0]["virtualization"] == {"enabled": True}
    real = twin(model, MATERIALS, "kvm")[0]
    assert real["images"] == model["images"] and "timings" not in real["kubernetes"]
    assert twin(real_rack(), MATERIALS, "tcg")[0]["images"] == {"debian-13": {"profile": "emulated"}}
    model["images"] = {"debian-13": {"non_free_firmware": True}}
    assert twin(model, MATERIALS, "tcg")[0]["images"] == {"debian-13": {"profile": "emulated"}}


@pytest.mark.parametrize(
    ("access", "user", "noted"),
    [
        ({}, "root", False),
        ({"user": "ops", "public_keys": ["ssh-ed25519 AAAA real"]}, "ops", False),
        ({"user": "{{ me }}"}, "root", True),
    ],
)
def test_the_account_is_that_of_the_model_with_the_labs_keys(access: dict[str, Any], user: str, noted: bool) -> None:
    model, notes = twin({**real_rack(), "access": access}, MATERIALS)
    assert model["access"] == {
        "user": user,
        "public_keys": [MATERIALS.public_key],
        "private_key_file": MATERIALS.private_key_file,
    }
    assert any(note.startswith("access.user: is root") for note in notes) is noted


def test_what_kubelets_reserve_of_larger_machines_is_left_out() -> None:
    cloud = real_rack()
    cloud["kubernetes"]["kubelet"] = {"maxPods": 9, "systemReserved": {"memory": "64Gi"}}
    cloud["machines"]["node1"]["kubelet"] = {"reservedSystemCPUs": "0-15"}
    cloud["machines"]["node1"]["host"] = {"kernel_arguments": ["hugepages=64"], "packages": ["lldpd"]}
    made, notes = twin(cloud, MATERIALS)
    assert made["kubernetes"]["kubelet"] == {"maxPods": 9} and made["machines"]["node1"]["kubelet"] == {}
    assert made["machines"]["node1"]["host"] == {"packages": ["lldpd"]}
    assert {note.partition(": ")[0] for note in notes} >= {
        "machines.node1.host.kernel_arguments",
        "kubernetes.kubelet.systemReserved",
        "machines.node1.kubelet.reservedSystemCPUs",
    }


def test_the_nic_that_boots_is_the_first_of_the_domain() -> None:
    """libvirt boots by the first NIC of a domain, whatever the order of the model is."""
    cloud = yaml.safe_load((MODELS / "links.cloud.yml").read_text())
    model, _notes = twin(cloud, MATERIALS)
    assert model["machines"]["node1"]["boot_nic"] == "nic4"
    assert "boot_nic" not in model["machines"]["node3"], "it is the first one already"
    machines = {machine.name: machine for machine in rack(model, MATERIALS.places).machines}
    assert machines["node1"].nics[0].mac == "52:54:00:06:01:04" and len(machines["node1"].nics) == 5
    assert machines["node3"].nics[0].mac == "52:54:00:06:03:00"


def behind(kubernetes: dict[str, Any], changes: dict[str, Any] | None = None) -> tuple[dict[str, Any], list[str]]:
    given = {"load_balancer": "external", "network": "cluster", **kubernetes}
    return twin(valid({"kubernetes": given, **(changes or {})}), MATERIALS)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"endpoint": "10.30.0.10"}, {"endpoint": "10.30.0.10"}),
        ({"endpoint": "203.0.113.7", "endpoint_port": 6443}, {"endpoint": "10.30.0.19"}),
        (
            {"endpoint_name": "api.example.net", "endpoint_port": 9443},
            {"endpoint": "10.30.0.19", "endpoint_name": "api.example.net", "endpoint_port": 9443},
        ),
    ],
)
def test_control_planes_of_a_twin_serve_the_endpoint_of_an_external_load_balancer(
    given: dict[str, Any], wanted: dict[str, Any]
) -> None:
    found, notes = behind(given)
    assert found["kubernetes"] == {"network": "cluster", **wanted}
    assert load(found).kubernetes
    note = f"kubernetes.load_balancer: the lab has none; control planes serve the endpoint, {wanted['endpoint']}"
    assert note in notes


def test_the_endpoint_of_a_twin_is_an_address_that_nobody_has() -> None:
    outside = {"endpoint": "203.0.113.7"}
    few = {"networks.cluster.first": 3, "networks.cluster.gateway": "10.30.0.2"}
    assert behind(outside, few)[0]["kubernetes"]["endpoint"] == "10.30.0.254"
    few |= {"networks.cluster.subnet": "10.30.0.0/29", "machines.node1.addresses": {"cluster": "10.30.0.6"}}
    assert behind(outside, few)[0]["kubernetes"]["endpoint"] == "10.30.0.4"
    few |= {"switches.leaf1.address": "10.30.0.3", "switches.leaf2.address": "10.30.0.4"}
    with pytest.raises(LabError, match=r"networks\.cluster: has no free address for the endpoint of the twin"):
        behind(outside, few)


def test_a_twin_with_a_hosted_control_plane_has_no_name_of_the_endpoint() -> None:
    model = real_rack()
    model["kubernetes"]["endpoint_name"] = "api.example.net"
    model["lab"] = {"control_plane": "hosted"}
    found, notes = twin(model, MATERIALS)
    assert "endpoint_name" not in found["kubernetes"]
    assert any(note.startswith("kubernetes.endpoint_name: is left out") for note in notes)
