# SPDX-License-Identifier: GPL-3.0-or-later
"""Hardware profiles: which key of a machine is whose, and what is refused of them."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.lab import twin_file
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import LabError
from ansible_collections.groundup.cloud.plugins.module_utils.lab.twin import Materials, twin
from ansible_collections.groundup.cloud.plugins.module_utils.model import inherit
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError
from ansible_collections.groundup.cloud.plugins.module_utils.model.sources import Origins
from ansible_collections.groundup.cloud.plugins.module_utils.model.types import Machine
from unit.lab.models import MATERIALS, real_rack

from .base import REMOVED, model

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs/profiles.md"
N1, N2 = "machines.node1", "machines.node2"
GPU = {"bond": {"lacp_rate": "slow"}, "labels": {"example.net/gpu": "a100"}, "host": {"kernel_arguments": ["iommu=pt"]}}


def node2(changes: dict[str, Any]) -> Machine:
    return load(model(changes)).machines["node2"]


def errors(changes: dict[str, Any]) -> list[str]:
    with pytest.raises(ModelError) as caught:
        load(model(changes))
    return [str(problem) for problem in caught.value.errors]


def test_a_machine_has_the_keys_of_its_profile() -> None:
    machines = load(model({"profiles": {"gpu": GPU}, f"{N2}.profile": "gpu"})).machines
    assert machines["node2"].host.kernel_arguments == ("iommu=pt",)
    assert str(machines["node2"].bond.lacp_rate) == "slow"
    assert machines["node1"].host.kernel_arguments == () and str(machines["node1"].bond.lacp_rate) == "fast"


def test_own_keys_come_before_the_profile_and_this_before_the_defaults() -> None:
    machine = node2(
        {
            "defaults": {
                "machine": {"labels": {"a": "defaults", "b": "defaults", "c": "defaults"}, "firmware": "bios"}
            },
            "profiles": {"gpu": {"labels": {"b": "profile", "c": "profile"}, "networks": ["cluster"]}},
            f"{N2}.profile": "gpu",
            f"{N2}.labels": {"c": "own"},
        }
    )
    assert machine.labels == {"a": "defaults", "b": "profile", "c": "own"}
    assert machine.networks == ("management", "cluster") and str(machine.firmware) == "bios"


def test_null_removes_a_key_of_a_profile_and_in_a_profile_one_of_the_defaults() -> None:
    changes = {
        "defaults": {"machine": {"labels": {"a": "defaults"}, "firmware": "bios"}},
        "profiles": {"gpu": {"labels": {"b": "profile"}, "firmware": None}},
        f"{N2}.profile": "gpu",
        f"{N2}.labels": None,
    }
    machine = node2(changes)
    assert machine.labels == {} and str(machine.firmware) == "uefi"


def test_the_defaults_may_name_the_profile_and_a_machine_another_one_or_none() -> None:
    changes = {"defaults": {"machine": {"profile": "gpu"}}, "profiles": {"gpu": GPU, "plain": {"labels": {"a": "b"}}}}
    assert node2(changes).labels == GPU["labels"]
    assert node2({**changes, f"{N2}.profile": "plain"}).labels == {"a": "b"}
    assert node2({**changes, f"{N2}.profile": None, f"{N1}.profile": "plain"}).labels == {}


NESTED = "is the profile of a profile, and a machine takes keys from one profile; write its keys here"
REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown, with nothing that follows from it": (
        {"profiles": {"gpu": {"root_disk": {"serial": "R"}}}, f"{N1}.profile": "gpu", f"{N2}.profile": "gpus",
         f"{N2}.root_disk": REMOVED},
        [f"{N2}.profile: gpus is not one of profiles; did you mean gpu?"],
    ),
    "unknown, and there are none": (
        {f"{N2}.profile": "gpu"},
        [f"{N2}.profile: gpu is not one of profiles; the model defines none"],
    ),
    "unknown, from defaults": (
        {"profiles": {"gpu": {}}, f"{N1}.profile": "gpu", "defaults": {"machine": {"profile": "cpu"}}},
        [f"{N2}.profile (from defaults.machine.profile): cpu is not one of profiles; did you mean gpu?"],
    ),
    "no mapping of profiles": (
        {"profiles": ["gpu"]},
        ["profiles: a list is not a mapping; give names, and the keys of a machine for each"],
    ),
    "no mapping of keys": (
        {"profiles": {"gpu": 7}, f"{N1}.profile": "gpu", f"{N2}.profile": "gpu"},
        ["profiles.gpu: 7 is not a mapping; give keys of a machine"],
    ),
    "a profile in a profile": (
        {"profiles": {"a": {}, "b": {"profile": "a"}}, f"{N1}.profile": "a", f"{N2}.profile": "b"},
        [f"profiles.b.profile: {NESTED}"],
    ),
    "wrong keys and values, once for all machines": (
        {"profiles": {"gpu": {"firmwear": "bios", "firmware": "efi"}}, f"{N1}.profile": "gpu", f"{N2}.profile": "gpu"},
        ["profiles.gpu.firmware: efi is not one of uefi, bios (did you mean uefi?); choose one of them",
         "profiles.gpu.firmwear: is an unknown key; did you mean firmware?"],
    ),
    "a value that does not fit a machine": (
        {"profiles": {"gpu": {"bond": {"members": ["nic0", "nic7"]}}}, f"{N1}.profile": "gpu"},
        [f"{N1}.bond.members[1] (from profiles.gpu.bond.members): nic7 is not a NIC of node1; did you mean nic1?"],
    ),
    "a value of the defaults beside a profile": (
        {"profiles": {"gpu": GPU}, f"{N1}.profile": "gpu", "defaults": {"machine": {"bond": {"members": ["nic7"]}}}},
        [f"{N1}.bond.members[0] (from defaults.machine.bond.members): nic7 is not a NIC of node1; did you mean nic1?",
         f"{N2}.bond.members[0] (from defaults.machine.bond.members): nic7 is not a NIC of node2; did you mean nic1?"],
    ),
    "a misspelt section": ({"profile": {}}, ["profile: is an unknown key; did you mean profiles?"]),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(changes: dict[str, Any], expected: list[str]) -> None:
    assert sorted(errors(changes)) == sorted(expected)


@pytest.mark.parametrize("name", ["Gpu Node", 7, ""])
def test_names_of_profiles_are_labels(name: Any) -> None:
    assert any(text.startswith("profiles.") for text in errors({"profiles": {name: {}}}))


def test_the_origin_of_a_value_is_the_nearest_that_sets_it() -> None:
    base = {"boot_nic": "nic1", "bond": {"mode": "802.3ad", "mtu": 9000}, "firmware": "bios"}
    data = {
        "defaults": {"machine": base},
        "profiles": {"gpu": {"boot_nic": None, "bond": {"mtu": 1500}}},
        "machines": {"a": {"profile": "gpu", "bond": {"mode": None}}, "b": {"bond": None, "firmware": "uefi"}},
    }
    origins = Origins(data, {"machines": "machine"})
    keys = ("boot_nic", "bond.mtu", "bond.mode", "firmware", "os")
    assert {name: [origins.of(f"machines.{name}.{key}") for key in keys] for name in "ab"} == {
        "a": [
            "the default",
            "from profiles.gpu.bond.mtu",
            "the default",
            "from defaults.machine.firmware",
            "the default",
        ],
        "b": ["from defaults.machine.boot_nic", "the default", "the default", "", "the default"],
    }


def test_a_profile_may_be_empty() -> None:
    machine = node2({"profiles": {"gpu": None, "cpu": {}}, f"{N2}.profile": "gpu", f"{N1}.profile": "cpu"})
    assert machine.profile == "gpu" and machine.labels == {}


def test_a_profile_that_no_machine_has_is_a_warning() -> None:
    loaded = load_all(model({"profiles": {"gpu": GPU, "cpu": {}}, f"{N2}.profile": "gpu"}))
    assert [str(warning) for warning in loaded.warnings] == [
        "profiles.cpu: is the profile of no machine; name it as profile of machines, or remove it"
    ]


def test_a_password_in_clear_text_in_a_profile_is_a_warning() -> None:
    changes = {
        "profiles": {"gpu": {"bmc": {"password": "secret"}}},
        f"{N2}.profile": "gpu",
        f"{N2}.bmc": {"address": "10.20.0.102"},
    }
    assert [str(warning).partition(";")[0] for warning in load_all(model(changes)).warnings] == [
        "profiles.gpu.bmc.password: (hidden) is in clear text for everyone who can read the file"
    ]


def test_profiles_of_a_split_model(tmp_path: pathlib.Path) -> None:
    head = {"plugin": "groundup.cloud.cloud", **model({f"{N1}.profile": "gpu"})}
    (tmp_path / "cloud.yml").write_text(yaml.safe_dump(head))
    part = tmp_path / "profiles.cloud.yml"
    part.write_text("plugin: groundup.cloud.cloud\nprofiles:\n  gpu:\n    bond: {lacp_rate: slow}\n")
    assert str(load(tmp_path).machines["node1"].bond.lacp_rate) == "slow"
    part.write_text("plugin: groundup.cloud.cloud\nprofiles:\n  gpu:\n    boot_nic: nic7\n")
    with pytest.raises(ModelError) as caught:
        load(tmp_path)
    place = "profiles.cloud.yml:4: machines.node1.boot_nic (from profiles.gpu.boot_nic): nic7 is not a NIC of node1"
    assert str(caught.value.errors[0]).startswith(place)


def test_the_twin_has_the_keys_of_profiles_in_its_machines() -> None:
    data = real_rack()
    data["profiles"] = {"large": {"lab": {"memory": 4096}, "labels": {"a": "b"}}}
    data["machines"]["node1"]["profile"] = "large"
    found, _notes = twin(data, MATERIALS)
    assert "profiles" not in found and "profile" not in found["machines"]["node1"]
    assert found["machines"]["node1"]["labels"] == {"a": "b"}
    assert [found["machines"][name]["lab"]["memory"] for name in ("node1", "node2")] == [4096, 512]
    assert inherit.of_valid(found).profiles == {}


def test_the_address_of_a_bmc_in_a_profile_is_read_for_the_twin(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(twin_file, "materials", lambda where, found: Materials(where, str(found), "key", "/key"))
    monkeypatch.setattr(twin_file, "of_lab", lambda _lab, _wanted: "kvm")
    data = model(
        {
            "plugin": "groundup.cloud.cloud",
            "profiles": {"one": {"bmc": {"address": "10.20.0.102", "password": "{{ vault_bmc }}"}}},
            f"{N2}.profile": "one",
            f"{N2}.bmc": REMOVED,
        }
    )
    source = tmp_path / "cloud.yml"
    source.write_text(yaml.safe_dump(data))
    files, _where = twin_file.write_twin(str(source), str(tmp_path / "twins"), "t")
    assert files.model["machines"]["node2"]["bmc"]["password"] == "{'node1': '10.20.0.101', 'node2': '10.20.0.102'}"
    data["profiles"]["one"]["bmc"]["address"] = "bmc2.example.net"
    source.write_text(yaml.safe_dump(data))
    with pytest.raises(LabError, match=r"machines\.node2\.bmc\.address: bmc2\.example\.net is not an IP address"):
        twin_file.write_twin(str(source), str(tmp_path / "twins"), "t")


def test_the_example_of_the_documentation_is_a_model_without_warnings() -> None:
    [text] = [part for part in PAGE.read_text().split("```yaml\n")[1:] if part.startswith("plugin:")]
    loaded = load_all(yaml.safe_load(text.partition("```")[0]))
    assert [str(warning) for warning in loaded.warnings] == []
    machines = loaded.cloud.machines
    assert {len(machines[f"store{number}"].storage_disks) for number in (4, 5)} == {12}
    assert {len(machine.bond.members) for machine in machines.values()} == {4, 0}
    assert machines["gpu8"].host.kernel_modules == ("vfio-pci",)
    host = derive(loaded.cloud, "/state").hostvars["gpu8"]["host_base_config"]
    assert "hugepages=64" in host["kernel_arguments"]
