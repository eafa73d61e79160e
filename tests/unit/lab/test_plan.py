# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of a rack, and the configuration of libvirt and of the BMC emulators."""

from __future__ import annotations

import pathlib
import xml.etree.ElementTree as ET

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.lab.bmc_files import files
from ansible_collections.groundup.cloud.plugins.module_utils.lab.domain import domain_xml
from ansible_collections.groundup.cloud.plugins.module_utils.lab.names import INTERFACE_LIMIT, short
from ansible_collections.groundup.cloud.plugins.module_utils.lab.plan import Rack, rack
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import LabError
from ansible_collections.groundup.cloud.plugins.module_utils.lab.twin import twin
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from unit.lab.models import MATERIALS, PLACES, real_rack

MODELS = pathlib.Path(__file__).parents[2] / "golden/models"


@pytest.fixture(name="plan")
def _plan() -> Rack:
    return rack(twin(real_rack(), MATERIALS)[0], PLACES)


@pytest.mark.parametrize(("name", "expected"), [
    ("node1-nic0", "node1-nic0"), ("fifteen-letters", "fifteen-letters"), ("sixteen-letters-", "sixteen-l-60f9a"),
])  # fmt: skip
def test_names_are_shortened_to_the_limit(name: str, expected: str) -> None:
    assert len(short(name)) <= INTERFACE_LIMIT
    assert short(name)[:9] == expected[:9]
    assert (short(name) == name) == (len(name) <= INTERFACE_LIMIT)


def test_shortened_names_with_equal_beginnings_differ() -> None:
    assert short("a-very-long-machine-nic0") != short("a-very-long-machine-nic1")


def test_switches_have_the_cabled_ports(plan: Rack) -> None:
    single = plan.bridges[1]
    found = {f"{port.bridge}/{port.name}": (port.interface, port.patch) for port in plan.ports}
    assert found == {
        "leaf1-leaf2/ctl-provision": ("ctl-provision", None),
        "leaf1-leaf2/ctl-management": ("ctl-management", None),
        "leaf1-leaf2/ctl-storage": ("ctl-storage", None),
        f"leaf1-leaf2/to-{single}": (f"leaf1-leaf2>{single}", f"{single}>leaf1-leaf2"),
        f"{single}/to-leaf1-leaf2": (f"{single}>leaf1-leaf2", f"leaf1-leaf2>{single}"),
        "leaf1-leaf2/leaf1.Ethernet1": ("node1-nic0", None),
        "leaf1-leaf2/leaf2.Ethernet1": ("node1-nic1", None),
        f"{single}/swp1": ("node2-nic0", None),
    }


def test_cables_have_the_networks_mtu_and_the_gateways_address(plan: Rack) -> None:
    found = {cable.network: (cable.mtu, cable.addresses) for cable in plan.cables}
    assert found == {
        "provision": (1500, ("10.10.0.7/24",)),
        "management": (1500, ("10.20.0.2/24", "10.20.0.1/24")),
        "storage": (9000, ("10.40.0.1/24",)),
    }
    assert plan.mtu == 9216


def test_bmc_ports_follow_the_protocol(plan: Rack) -> None:
    assert [(bmc.machine, bmc.redfish_port, bmc.ipmi_port) for bmc in plan.bmcs] == [
        ("node1", 443, 623), ("node2", 443, 623)]  # fmt: skip


def test_domain_of_a_uefi_machine_has_no_option_rom(plan: Rack) -> None:
    domain = ET.fromstring(domain_xml(plan.machines[0], "tcg"))
    assert domain.get("type") == "qemu"
    assert domain.findtext("os/loader") == "/usr/share/OVMF/OVMF_CODE_4M.fd"
    assert [disk.findtext("serial") for disk in domain.iter("disk")] == ["E-THAN-20-CHARACTERS", "OSD-1", None]
    assert domain.findtext("devices/disk[3]/wwn") == "5000c500a1b2c3d4"
    assert [nic.get("dev") for nic in domain.findall("devices/interface/target")] == ["node1-nic0", "node1-nic1"]
    assert {rom.get("enabled") for rom in domain.findall("devices/interface/rom")} == {"no"}
    assert domain.findtext("memory") == "512"
    hidden = [feature.get("name") for feature in domain.findall("cpu/feature[@policy='disable']")]
    assert "svm" in hidden, "KubeVirt would take the emulated /dev/kvm for hardware"
    assert domain.findtext("sysinfo[@type='smbios']/system/entry[@name='uuid']") == domain.findtext("uuid")


def test_domain_of_a_bios_machine_boots_with_the_ipxe_rom(plan: Rack) -> None:
    domain = ET.fromstring(domain_xml(plan.machines[1], "kvm"))
    assert (domain.get("type"), domain.find("cpu").get("mode")) == ("kvm", "host-passthrough")  # type: ignore[union-attr]
    assert domain.find("os/nvram") is None
    assert {rom.get("enabled") for rom in domain.findall("devices/interface/rom")} == {"yes"}


def test_every_virtio_nic_has_a_speed_and_no_offload(plan: Rack) -> None:
    text = domain_xml(plan.machines[0], "tcg")
    assert text.count('name="speed"') == text.count('name="duplex"') == 2
    assert text.count('csum="off"') == 4


def test_emulator_files_name_the_machine_without_the_password(plan: Rack) -> None:
    found = files(plan)
    sushy = found["/state/t/lab/bmc/node1/sushy.conf"]
    settings: dict[str, object] = {}
    exec(sushy, settings)
    assert settings["SUSHY_EMULATOR_ALLOWED_INSTANCES"] == ["11111111-2222-4333-8444-555555555555"]
    assert "made-here" not in sushy
    assert "password = made-here" in found["/state/t/lab/bmc/ipmi/node1/config"]


def test_racks_of_their_own_are_joined_by_a_router() -> None:
    """The controller is in rack r1; the router has a leg in each part, and relays DHCP from the other racks to it."""
    data = yaml.safe_load((MODELS / "racks.cloud.yml").read_text())
    model, notes = twin(data, MATERIALS)
    assert (
        "networks.*.racks (cluster, provision, storage): a namespace of this host is the router between racks" in notes
    )
    plan = rack(model, MATERIALS.places)
    addresses = {cable.network: cable.addresses for cable in plan.cables}
    assert addresses["provision"] == ("10.10.1.2/24",), "the router of the rack is not the controller"
    legs = {leg.interface: leg for leg in plan.legs}
    assert legs["provision-r1"].relay_to is None and legs["provision-r1"].via is None
    assert (legs["provision-r2"].relay_to, legs["provision-r2"].via) == ("10.10.1.2", "10.10.1.1")
    assert (legs["cluster-r2"].relay_to, legs["cluster-r2"].address) == (None, "10.30.2.1/24")
    trunk = model["switches"]["leaf1"]["uplinks"]["to-leaf2"]["networks"]
    assert trunk == ["management"], "the others end at the router"
    views = derive(load(model)).hostvars["leaf2"]["switch_config"]["ports"]
    assert {port["name"]: port["vlans"] for port in views if port["name"].startswith("rtr-")} == {
        "rtr-provision-r2": [10], "rtr-cluster-r2": [32], "rtr-storage-r2": [42],
    }  # fmt: skip


def test_a_rack_without_a_switch_has_no_place_for_the_router() -> None:
    data = yaml.safe_load((MODELS / "racks.cloud.yml").read_text())
    del data["switches"]["leaf2"]["location"]
    with pytest.raises(LabError, match=r"networks\.provision\.racks\.r2: no switch stands in this rack"):
        twin(data, MATERIALS)


def test_a_root_on_two_disks_is_two_disks_of_the_twin() -> None:
    model = real_rack()
    model["machines"]["node2"]["root_disk"] = [{"serial": "ROOT-2A"}, {"serial": "ANOTHER-SERIAL-OF-MORE-THAN-20"}]
    machine = next(item for item in rack(twin(model, MATERIALS)[0], PLACES).machines if item.name == "node2")
    assert [(disk.file.rpartition("/")[2], disk.serial) for disk in machine.disks] == [
        ("root.raw", "ROOT-2A"),
        ("root2.raw", "ERIAL-OF-MORE-THAN-20"[-20:]),
    ]
    assert len({disk.size for disk in machine.disks}) == 1


def test_the_controller_has_ipv4_only_in_networks_of_two_ip_versions() -> None:
    model = yaml.safe_load((MODELS / "dual.cloud.yml").read_text())
    del model["machines"]["node3"]  # which has no BMC
    data = twin(model, MATERIALS)[0]
    load(data)
    cables = {cable.network: cable.addresses for cable in rack(data, PLACES).cables}
    assert cables["cluster"] == ("10.30.0.2/24", "10.30.0.1/24")
    assert cables["backup"] == ()
