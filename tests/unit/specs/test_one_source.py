# SPDX-License-Identifier: GPL-3.0-or-later
"""An argument has its rules in one place: the argument spec of the role that takes it.

Modules that take the same input, or a part of it, have their typed options from tools/specs.py.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pathlib
import pkgutil
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.groundup.cloud.plugins.module_utils import specs
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.arguments import CIPHERS, PORTS
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.instance_types import LINUX
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.vm_images_input import NAMESPACE
from ansible_collections.groundup.cloud.plugins.module_utils.machines.arguments import DEPLOY
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.enums import BmcProtocol, Firmware
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import mistakes
from ansible_collections.groundup.cloud.plugins.module_utils.specs.machine import CONFIG
from ansible_collections.groundup.cloud.plugins.module_utils.specs.prove_cluster import CLUSTER

from .test_secrets import MODULES, options_of

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROLES = sorted(path.parent.parent.name for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"))
GOLDEN = sorted((ROOT / "tests/golden/models").iterdir())
Option = dict[str, Any]
#: Options of modules that have the names of a role's suboptions and mean something else.
OTHERS = {
    ("bmc_boot", "identity"): "has MAC addresses as well",
    ("bmc_info", "identity"): "has MAC addresses as well",
    ("bmc_power", "identity"): "has MAC addresses as well",
    ("node_fence", "identity"): "has MAC addresses as well",
    ("disk_info", "disks"): "any disks",
    ("disk_wipe", "disks"): "any disks",
    ("kubernetes_objects", "apply_set"): "the parent of an ApplySet",
    ("kubernetes_objects", "remove_data"): "objects of any layer",
    ("network_custom", "remove_data"): "objects of any layer",
    ("rook_ceph", "remove_data"): "objects of any layer",
    ("vm_images", "remove_data"): "objects of any layer",
}


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("specs_tool", ROOT / "tools/specs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["specs_tool"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def spec_of(role: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text())
    return found["argument_specs"]  # type: ignore[no-any-return]


def inner(
    options: dict[str, Option], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], dict[str, Option]]]:
    """The suboptions of all options that have some, with the path of the option."""
    for name, option in options.items():
        if option.get("options"):
            yield (*path, name), option["options"]
            yield from inner(option["options"], (*path, name))


def test_generated_options_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert tool().main(["--check"]) == 0, capsys.readouterr().out


def test_every_file_of_options_is_generated() -> None:
    tool_ = tool()
    by_hand = {"check", "entries", "mappings"}
    assert {module.name for module in pkgutil.iter_modules(specs.__path__)} - by_hand == set(tool_.FILES)


@functools.cache
def of_roles() -> set[frozenset[str]]:
    """The names of suboptions of each option of a role that has several."""
    entries = [entry for role in ROLES for entry in spec_of(role).values()]
    return {
        frozenset(options) for entry in entries for __, options in inner(entry.get("options") or {}) if len(options) > 1
    }


@functools.cache
def generated() -> set[int]:
    """Identities of all mappings of suboptions in generated files."""
    found: set[int] = set()
    for name in tool().FILES:
        for constant, value in vars(importlib.import_module(f"{specs.__name__}.{name}")).items():
            if constant.isupper():
                options = {constant: value} if isinstance(value.get("type"), str) else value
                found |= {id(held) for __, held in inner(options)}
    return found


def by_hand(module: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Options of a module that have the suboptions of a role's option and do not come from its argument spec."""
    return {
        path[-1]
        for path, options in inner(options_of(module, monkeypatch))
        if frozenset(options) in of_roles() and id(options) not in generated()
    }


@pytest.mark.parametrize("module", MODULES)
def test_no_module_writes_a_part_of_a_role_s_input_by_hand(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    others = {name for kind, name in OTHERS if kind == module}
    found = by_hand(module, monkeypatch)
    assert found == others, f"{module}: {found ^ others}; take these options from specs (tools/specs.py)"


@pytest.mark.parametrize(
    ("role", "variable"),
    [("machine", "machine_config"), ("prove", "prove_config"), ("provisioner", "provisioner_config")],
)
@pytest.mark.parametrize("model", GOLDEN, ids=lambda path: path.name)
def test_what_a_model_gives_is_what_the_role_takes(model: pathlib.Path, role: str, variable: str) -> None:
    """By Ansible's own check, which an entry point of a role makes of its arguments."""
    options = {variable: spec_of(role)["main"]["options"][variable]}
    for host, variables in derive(load(model)).hostvars.items():
        if variable in variables:
            value = {**variables[variable], "bundle_dir": "/x"} if role == "provisioner" else variables[variable]
            found = ArgumentSpecValidator(options).validate({variable: value})
            assert not found.error_messages, host


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"root_disk": {}}, "machine.root_disk: one of serial, wwn is required"),
        ({"root_disk": {"serial": "a", "mirror": {}}}, "machine.root_disk.mirror: one of serial, wwn is required"),
        ({"storage_disks": [{}]}, "machine.storage_disks[0]: one of serial, wwn is required"),
        (
            {"bmc": {"tls": {"ca_file": "/a", "fingerprint": "b"}}},
            "machine.bmc.tls: ca_file and fingerprint exclude each other; remove all but one",
        ),
    ],
)
def test_rules_about_several_options_are_everywhere(change: dict[str, Any], message: str) -> None:
    """The role, the module and the library refuse the same."""
    machine: dict[str, Any] = {
        "name": "a",
        "cloud": "b",
        "macs": [],
        "root_disk": {"serial": "c"},
        "bmc": {"protocol": "redfish", "address": "d", "username": "e", "password": "f"},
    }
    assert mistakes("machine", CONFIG, machine) == ""
    wrong = {**machine, **change, "bmc": {**machine["bmc"], **change.get("bmc", {})}}
    assert mistakes("machine", CONFIG, wrong) == message
    role = {"machine_config": spec_of("machine")["main"]["options"]["machine_config"]}
    assert ArgumentSpecValidator(role).validate({"machine_config": wrong}).error_messages
    module = {"machine": DEPLOY["machine"]}
    assert ArgumentSpecValidator(module).validate({"machine": wrong}).error_messages
    assert not ArgumentSpecValidator(module).validate({"machine": machine}).error_messages


def test_the_model_knows_the_same_words() -> None:
    options = CONFIG["options"]
    assert {str(word) for word in Firmware} == set(options["firmware"]["choices"])
    protocols = options["bmc"]["options"]["protocol"]["choices"]
    assert {str(word) for word in BmcProtocol} == set(protocols) == set(PORTS)
    assert set(CIPHERS) == set(options["bmc"]["options"]["ipmi"]["options"]["cipher"]["choices"])
    machines = CLUSTER["virtual_machines"]["options"]
    assert machines["images"]["options"]["preference"]["default"] == LINUX
    assert machines["images_namespace"]["default"] == NAMESPACE
