# SPDX-License-Identifier: GPL-3.0-or-later
"""The typed option `config` of modules: fresh, and of one meaning with the untyped input that the probe is given."""

from __future__ import annotations

import importlib
import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.groundup.cloud.plugins.module_utils.draw.scene import Scene
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import SwitchConfig
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse as kubernetes
from ansible_collections.groundup.cloud.plugins.module_utils.layers import (
    container_runtime,
    host_base,
    host_network,
    network_basic,
)
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.shell import given

ROOT = pathlib.Path(__file__).resolve().parents[3]
FILES = {
    name: {"url": "https://10.10.0.1/x", "sha256": "0" * 64} for name in (*container_runtime.BINARIES, "cni-plugins")
}
NODES = {"node": "node1", "nodes": {"node1": {"pod_cidr": "10.64.0.0/24", "address": "10.30.0.21"}}}
#: role -> what its modules make of the input
READ: dict[str, Callable[[dict[str, Any]], Any]] = {
    "container_runtime": container_runtime.render,
    "drawing": Scene.of,
    "host_base": host_base.render,
    "host_network": host_network.render,
    "kubernetes": kubernetes,
    "network_basic": lambda params: network_basic.render(params | NODES),
    "switch": SwitchConfig.from_vars,
}
#: What plays put in place of the references to facts.
FACTS: dict[str, dict[str, Any]] = {
    "container_runtime": {"files": FILES},
    "host_base": {"registry_ca": ""},
    "kubernetes": {"files": FILES},
}


#: Roles that a model does not have.
ABSENT = {("lab", "network_basic")}


def config(role: str) -> dict[str, Any]:
    package = "ansible_collections.groundup.cloud.plugins.module_utils.specs"
    spec: dict[str, Any] = importlib.import_module(f"{package}.{role}").CONFIG
    return spec


def typed(role: str, value: dict[str, Any]) -> dict[str, Any]:
    """The input as a module gets it from Ansible and hands it on."""
    result = ArgumentSpecValidator({"config": config(role)}).validate({"config": value})
    assert not result.error_messages, result.error_messages
    found: dict[str, Any] = given(result.validated_parameters["config"])
    return found


@pytest.mark.parametrize("role", READ)
@pytest.mark.parametrize("model", ["lab", "lab_ha", "example"])
def test_typed_and_untyped_input_mean_the_same(model: str, role: str) -> None:
    seen = 0
    for variables in derive(load(ROOT / "inventories" / model)).hostvars.values():
        value = variables.get(f"{role}_config")
        if value is None:
            continue
        value = {**value, **FACTS.get(role, {})}
        if role == "container_runtime":
            value["registry"] = {**value["registry"], "mirrors": ["registry.k8s.io"]}
        assert READ[role](typed(role, value)) == READ[role](value)
        seen += 1
    assert seen or model == "example" or (model, role) in ABSENT


@pytest.mark.parametrize(
    ("role", "value", "message"),
    [
        ("switch", {"lags": [{"lacp": {"mode": "Active"}}]}, "active, passive, on, got: Active"),
        ("switch", {"confirm": {"peer": ["10.0.0.1"]}}, "confirm.peer"),
        ("host_network", {"bond": {"members": [{"nmae": "nic0"}]}}, "nmae"),
        ("kubernetes", {"node": {"taints": [{"key": "gpu", "effect": "never"}]}}, "NoExecute, got: never"),
        ("host_base", {"journal": {"size": "1G"}}, "journal.size"),
    ],
)
def test_a_mistyped_key_or_value_of_a_nested_option_is_refused(role: str, value: dict[str, Any], message: str) -> None:
    errors = ArgumentSpecValidator({"config": config(role)}).validate({"config": value}).error_messages
    assert any(message in error for error in errors), errors


def test_options_that_were_not_given_are_left_out_at_any_depth() -> None:
    value = {"a": None, "b": {"c": None, "d": 0}, "e": [{"f": None, "g": ""}, None], "h": False}
    assert given(value) == {"b": {"d": 0}, "e": [{"g": ""}, None], "h": False}


def test_generated_specs_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools/specs.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
