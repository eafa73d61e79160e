# SPDX-License-Identifier: GPL-3.0-or-later
"""Real labs: create, inspect, repair, crash and remove them."""

from __future__ import annotations

import json
import os
import pathlib
import signal
from collections.abc import Callable

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.lab import accelerator, saved
from ansible_collections.groundup.cloud.plugins.module_utils.lab.emulators import default_directory
from ansible_collections.groundup.cloud.plugins.module_utils.lab.hypervisor import virsh
from ansible_collections.groundup.cloud.plugins.module_utils.lab.made_from import made_from
from ansible_collections.groundup.cloud.plugins.module_utils.lab.names import Places
from ansible_collections.groundup.cloud.plugins.module_utils.lab.run import load_rack, save_rack
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import (
    LabError,
    command_lines,
    inside,
    run,
)
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from checks.traces import traces as left_behind
from services.lab import faults
from services.lab.conftest import Lab, model

pytestmark = pytest.mark.services
ROOT = pathlib.Path(__file__).resolve().parents[3]


def traces(lab: Lab) -> list[str]:
    """What exists of a lab on this host: processes, interfaces, namespaces, mounts, sockets, files."""
    return left_behind(lab.places.name, (lab.places.run, lab.places.state, lab.directory))


def tags(places: Places) -> dict[str, str]:
    """VLAN mode and trunks of every port."""
    columns = "--columns=name,vlan_mode,trunks"
    answer = run(["ovs-vsctl", f"--db={places.database}", "--format=json", columns, "list", "port"])
    return {row[0]: f"{row[1]}{row[2]}" for row in json.loads(answer)["data"]}


def test_up_creates_all_parts_and_is_idempotent(lab: Callable[..., Lab]) -> None:
    small = lab()
    assert len(small.up()) >= 9
    assert small.missing() == {}
    assert small.up() == []
    mode = os.stat(f"{small.directory}/cloud.yml").st_mode & 0o777
    assert mode == 0o600
    assert "not-this-one" not in pathlib.Path(f"{small.directory}/cloud.yml").read_text()


def test_new_machines_are_off_and_have_blank_disks_with_serials(lab: Callable[..., Lab]) -> None:
    small = lab()
    small.up("network", "switches", "hypervisor", "machines")
    assert virsh(small.places, "domstate", "node1").strip() == "shut off"
    assert "<serial>SMALL-OSD</serial>" in virsh(small.places, "dumpxml", "node1")
    for name in ("root.raw", "storage1.raw"):
        state = os.stat(f"{small.places.machine('node1')}/{name}")
        assert (state.st_size, state.st_blocks) == (1 << 30, 0)


def test_new_switch_ports_carry_no_vlan(lab: Callable[..., Lab]) -> None:
    small = lab()
    small.up("network", "switches")
    ports = tags(small.places)
    assert {ports[name] for name in ("node1-nic0", "node1-nic1", "ctl-provision", "ctl-storage")} == {"trunk4095"}


def test_the_controllers_namespace_has_no_route_to_the_outside(lab: Callable[..., Lab]) -> None:
    small = lab()
    small.up("network")
    routes = run(["ip", "-n", small.places.ctl, "route", "show", "default"])
    links = json.loads(run(["ip", "-n", small.places.ctl, "-json", "link"]))
    assert routes == ""
    assert {link["ifname"] for link in links} == {"lo", "oob0", "provision", "storage"}
    assert {link["ifname"]: link["mtu"] for link in links}["storage"] == 9000


def test_redfish_powers_the_machine_on_and_ipmi_reports_it(lab: Callable[..., Lab]) -> None:
    small = lab()
    small.up()
    twin = yaml.safe_load(pathlib.Path(f"{small.directory}/cloud.yml").read_text())["machines"]["node1"]
    system = f"https://10.20.0.101/redfish/v1/Systems/{twin['identity']['uuid']}"
    curl = inside(small.places.ctl, "curl", "-sS", "--config", "-")
    account = f'user = "admin:{twin["bmc"]["password"]}"\ncacert = "{small.places.lab}/keys/ca.crt"\n'
    action = f'url = "{system}/Actions/ComputerSystem.Reset"\nheader = "Content-Type: application/json"\n'
    assert json.loads(run(curl, text=f'{account}url = "{system}"\n'))["PowerState"] == "Off"
    run(curl, text=f'{account}{action}data = "{{\\"ResetType\\": \\"On\\"}}"\nfail\n')
    assert virsh(small.places, "domstate", "node1").strip() == "running"
    word = f"{small.places.lab}/keys/bmc_password"
    ipmi = ["ipmitool", "-I", "lanplus", "-C", "3", "-H", "10.20.0.101", "-U", "admin", "-f", word]
    assert "is on" in run(inside(small.places.ctl, *ipmi, "power", "status"))
    faults.power_cut(small.places, "node1")
    assert "is off" in run(inside(small.places.ctl, *ipmi, "power", "status"))


def test_only_missing_parts_are_started(lab: Callable[..., Lab]) -> None:
    small = lab()
    small.up()
    before = command_lines(small.places.rack)
    killed = [pid for pid, words in command_lines(small.places.bmc).items() if any("sushy" in word for word in words)]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    run(["ip", "-n", small.places.rack, "link", "delete", "node1-nic1"])
    assert small.missing() == {"network": ["node1-nic1"], "bmcs": ["redfish/node1"]}
    assert small.up() == ["network: node1-nic1", "bmcs: redfish/node1"]
    assert command_lines(small.places.rack) == before


def test_a_crashed_lab_is_restarted_with_its_switch_configuration(lab: Callable[..., Lab]) -> None:
    small = lab()
    small.up()
    virsh(small.places, "start", "node1")
    run(
        [
            "ovs-vsctl",
            f"--db={small.places.database}",
            "set",
            "port",
            "ctl-storage",
            "vlan_mode=access",
            "trunks=[]",
            "tag=40",
        ]
    )
    assert faults.crash(small.places) >= 6
    assert small.up()
    assert small.missing() == {}
    assert tags(small.places)["ctl-storage"].startswith("access")


def test_two_labs_run_side_by_side_and_are_removed_completely(lab: Callable[..., Lab]) -> None:
    one, other = lab("a"), lab("b")
    one.up()
    other.up()
    virsh(one.places, "start", "node1")
    virsh(other.places, "start", "node1")
    faults.crash(one.places)
    assert one.down()["changed"]
    assert traces(one) == []
    assert other.missing() == {}
    assert virsh(other.places, "domstate", "node1").strip() == "running"
    assert other.down()["processes"] >= 7
    assert traces(other) == []
    assert not other.down()["changed"]


def test_a_lab_killed_during_its_creation_is_removed_completely(lab: Callable[..., Lab]) -> None:
    small = lab()
    small.up("network", "switches", "hypervisor")
    faults.crash(small.places)
    run(["ip", "netns", "delete", small.places.bmc])
    small.down()
    assert traces(small) == []


def test_a_lab_with_lost_namespace_names_is_removed_by_its_paths(lab: Callable[..., Lab]) -> None:
    small = lab()
    small.up("network", "switches", "hypervisor")
    for name in small.places.namespaces:
        run(["umount", f"/run/netns/{name}"])
    assert small.down()["processes"] == 3
    assert traces(small) == []


def test_the_state_directory_of_a_real_cloud_is_refused(lab: Callable[..., Lab]) -> None:
    small = lab()
    real = pathlib.Path(small.places.state)
    real.mkdir(parents=True)
    (real / "kubeconfig").write_text("precious")
    with pytest.raises(LabError, match="not a virtual rack"):
        small.up("network")
    small.down()
    assert (real / "kubeconfig").read_text() == "precious"


def test_swap_exchanges_two_cables(lab: Callable[..., Lab]) -> None:
    small = lab()
    small.up("network", "switches")
    faults.swap(small.places, "node1/nic0", "node1/nic1")
    ask = ["ovs-vsctl", f"--db={small.places.database}", "get", "interface"]
    found = [run([*ask, name, "external_ids:groundup-port"]).strip() for name in ("node1-nic0", "node1-nic1")]
    assert found == ["Ethernet2", "Ethernet1"]


def test_a_guest_boots_with_tcg() -> None:
    """TCG works on every host, so this tests the boot sector itself."""
    assert accelerator.boots_with("tcg")


def test_no_guest_boots_with_an_unknown_accelerator() -> None:
    assert not accelerator.boots_with("no-such-accelerator")


def test_configured_switches_are_connected_by_a_trunk(lab: Callable[..., Lab]) -> None:
    switches = {
        "leaf1": {"platform": "unmanaged", "address": "10.10.0.5"},
        "leaf2": {"platform": "unmanaged", "address": "10.10.0.6"},
    }
    small = lab(switches=switches)
    small.up("network", "switches")
    ask = ["ovs-vsctl", f"--db={small.places.database}"]
    assert run([*ask, "list-ports", "leaf2"]).split() == ["leaf2>leaf1"]
    assert run([*ask, "get", "interface", "leaf1>leaf2", "error", "external_ids:groundup-port"]).split() == [
        "[]",
        "to-leaf2",
    ]
    assert int(run([*ask, "get", "interface", "leaf1>leaf2", "ofport"])) > 0


def test_the_example_of_a_real_rack_has_a_twin_that_can_be_deployed(lab: Callable[..., Lab]) -> None:
    """Its model has neither sizes nor timings nor images for virtual machines; the twin gives them."""
    example = lab(**yaml.safe_load((ROOT / "inventories/example/cloud.yml").read_text()))
    example.up()
    assert example.missing() == {}
    cloud = load(pathlib.Path(f"{example.directory}/cloud.yml"))  # raises ModelError unless it is a whole model
    sizes = [(machine.lab.memory, machine.lab.cpus) for machine in cloud.machines.values()]
    assert sizes == [*[(2560, 2)] * 3, *[(1536, 1)] * 2], "three control planes and two workers"
    assert cloud.kubernetes and str(cloud.kubernetes.timings) == "slow"
    assert "<memory unit='KiB'>2621440</memory>" in virsh(example.places, "dumpxml", "node1")


def test_a_rack_that_is_too_large_for_the_host_is_refused_before_anything_starts(lab: Callable[..., Lab]) -> None:
    machines = model()["machines"]
    machines["node1"]["lab"]["memory"] = 1 << 22
    large = lab("large", machines=machines)
    with pytest.raises(LabError, match=r"node1 4194304\), and this host has \d+ MiB left"):
        large.up()
    assert not [found for found in traces(large) if "process" in found or "namespace" in found]


def test_a_rack_is_saved_and_loaded_as_it_ran(lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine has no operating system, so nothing answers on it; QEMU's own run state shows that it runs on."""
    small = lab()
    small.wanted["venv"] = default_directory()
    monkeypatch.setenv("XDG_CACHE_HOME", str(pathlib.Path(small.wanted["directory"]).parent / "cache"))
    small.up("network", "switches", "hypervisor", "machines", "bmcs")
    virsh(small.places, "start", "node1")
    run(["ip", "-n", small.places.ctl, "address", "add", "10.10.0.77/32", "dev", "provision"])
    assert save_rack(small.wanted, check=False)["done"] == ["saved node1"]
    assert virsh(small.places, "domstate", "node1").strip() == "running", "saving leaves the rack as it was"
    with pytest.raises(LabError, match="this rack exists; remove it first"):
        load_rack(small.wanted, stale=False, check=False)
    small.down()
    assert traces(small) == []
    assert load_rack(small.wanted, stale=False, check=False)["done"] == ["loaded node1"]
    assert virsh(small.places, "domstate", "node1").strip() == "running"
    assert "10.10.0.77/32" in run(["ip", "-n", small.places.ctl, "address", "show"])
    assert {part: items for part, items in small.missing().items() if items} == {}


def test_a_stale_rack_is_refused(lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch) -> None:
    small = lab()
    monkeypatch.setenv("XDG_CACHE_HOME", str(pathlib.Path(small.wanted["directory"]).parent / "cache"))
    with pytest.raises(LabError, match="no rack is saved there"):
        load_rack(small.wanted, stale=False, check=False)
    with pytest.raises(LabError, match="does not run"):
        save_rack(small.wanted, check=False)
    small.down()
    directory = pathlib.Path(saved.place(small.places))
    (directory / "state").mkdir(parents=True)
    manifest = {"key": {**made_from(small.wanted["model"], small.places.name), "bundle": "another"}, "running": []}
    (directory / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(LabError, match=r"was made from another bundle; create it anew"):
        load_rack(small.wanted, stale=False, check=False)
    assert traces(small) == []
