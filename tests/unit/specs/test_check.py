# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes in inputs that Ansible does not check: each is a sentence with the place and the remedy."""

from __future__ import annotations

import copy
import importlib
import itertools
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.errors import CloudError
from ansible_collections.groundup.cloud.plugins.module_utils.layers.catalog import ASSESS, INPUTS, Bare, probe
from ansible_collections.groundup.cloud.plugins.module_utils.layers.host_network import network_files
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.report.write import report_of
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import InputError, checked, filled, mistakes
from ansible_collections.groundup.cloud.plugins.module_utils.specs.mappings import VALUES

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROLES = (*INPUTS, "drawing", "provisioner", "switch")
FILE = {"url": "https://10.10.0.1/x", "sha256": "0" * 64}


def config(role: str) -> dict[str, Any]:
    package = "ansible_collections.groundup.cloud.plugins.module_utils.specs"
    spec: dict[str, Any] = importlib.import_module(f"{package}.{role}").CONFIG
    return spec


def inputs(model: str, role: str) -> Iterator[dict[str, Any]]:
    """The inputs of a role that a model gives, with what plays put in place of references to facts."""
    for variables in derive(load(ROOT / "inventories" / model)).hostvars.values():
        value = variables.get(f"{role}_config")
        if value is None:
            continue
        found = copy.deepcopy(value)
        found |= {"files": {"containerd": FILE, "kubeadm": FILE}} if "files" in found else {}
        found |= {key: [] for key in ("remove", "remove_leftovers") if key in found}
        if role == "container_runtime":
            found["registry"]["mirrors"] = ["registry.k8s.io"]
        yield found


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("model", ["lab", "lab_ha", "lab_hosted", "lab_cloud", "example"])
def test_the_inputs_of_a_model_have_no_mistake(model: str, role: str) -> None:
    assert [mistakes(role, config(role), value) for value in inputs(model, role)].count("") == len(
        list(inputs(model, role))
    )


@pytest.mark.parametrize(
    ("role", "value", "message"),
    [
        ("switch", {"confirm": {"peer": ["a"]}}, "switch.confirm.peer: no such setting; did you mean peers?"),
        ("switch", {"lags": [{"lacp": {"mode": "Active"}}]}, "mode: 'Active' is not known; did you mean active?"),
        ("switch", {"vlans": {"storage": 40}}, "switch.vlans: {'storage': 40} is not a list"),
        ("switch", {"vlans": ["storage"]}, "switch.vlans[0]: 'storage' is not a mapping"),
        ("switch", {"vlans": [{"id": "ten", "name": "x"}]}, "switch.vlans[0].id: 'ten' is not a whole number"),
        ("switch", {"vlans": [{"name": "x"}]}, "switch.vlans[0].id: is required"),
        ("switch", {"vlans": [None]}, "switch.vlans[0]: it is empty"),
        ("host_network", {"peers": {"storage": "10.0.0.1"}}, "host_network.peers.storage: '10.0.0.1' is not a list"),
        ("host_network", {"peers": {"storage": None}}, "host_network.peers.storage: it is empty"),
        ("host_network", {"peers": ["10.0.0.1"]}, "host_network.peers: ['10.0.0.1'] is not a mapping"),
        (
            "container_runtime",
            {"files": {"ctr": {"url": "x", "sha265": "y"}}},
            "ctr.sha265: no such setting; did",
        ),
        ("kubernetes", {"files": {"kubeadm": "https://x"}}, "kubernetes.files.kubeadm: 'https://x' is not a mapping"),
        ("kubernetes", {"node": {"labels": {"zone": ["a"]}}}, "kubernetes.node.labels.zone: ['a'] is not a text"),
        (
            "drawing",
            {"machines": [{"cables": {"nic0": {"switch": "a", "prot": "1"}}}]},
            "prot: no such setting",
        ),
        ("provisioner", {"images": {"debian-13": "build"}}, "provisioner.images.debian-13: 'build' is not a mapping"),
        ("host_base", {"swap": "perhaps"}, "host_base.swap: 'perhaps' is not true or false"),
        ("host_base", {"hosts": {"a": {}}}, "host_base.hosts.a: {} is not a text"),
        ("host_base", {"qqq": 1}, "host_base.qqq: no such setting; known are packages"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(role: str, value: dict[str, Any], message: str) -> None:
    assert message in mistakes(role, config(role), value)
    with pytest.raises(InputError, match=r"no such setting|is not|is required|is empty"):
        checked(role, config(role), value)


def test_what_ansible_converts_is_no_mistake() -> None:
    value = {"swap": "no", "clock_limit": "5", "limits": {"nofile": 1048576}, "ntp_servers": None}
    assert mistakes("host_base", config("host_base"), value) == ""
    assert checked("host_base", config("host_base"), value) == {
        "swap": False,
        "clock_limit": 5.0,
        "limits": {"nofile": "1048576"},
        "ntp_servers": None,
    }


def test_every_mapping_with_free_names_is_described() -> None:
    def free(option: dict[str, Any], path: str) -> Iterator[str]:
        if option.get("type") == "dict" and "options" not in option:
            yield path
        for name, inner in (option.get("options") or {}).items():
            yield from free(inner, f"{path}.{name}")

    assert {path for role in ROLES for path in free(config(role), role)} == set(VALUES)
    assert set(INPUTS) == set(ASSESS)


def test_the_network_of_a_machine_that_is_deployed_is_checked() -> None:
    with pytest.raises(InputError, match=r"host_network.peers: \['a'\] is not a mapping"):
        network_files({**next(inputs("lab_ha", "host_network")), "peers": ["a"]})


def test_the_drawing_of_a_report_is_checked() -> None:
    report = {"cloud": "a", "started": 0.0, "proofs": [], "set_aside": {}, "drawing": {"title": "a", "networks": []}}
    with pytest.raises(InputError, match=r"drawing.switches: is required; drawing.machines: is required"):
        report_of(report)


def broken(value: Any) -> Iterator[Any]:
    """The input with each of its settings replaced by something of another kind, one at a time."""
    for key in list(value) if isinstance(value, dict) else range(min(1, len(value))) if isinstance(value, list) else ():
        for other in ("some words", {"qq": 1}, ["qq"], None, 7):
            yield (value | {key: other}) if isinstance(value, dict) else [other, *value[1:]]
        if isinstance(value, dict):
            yield {name: item for name, item in value.items() if name != key}
            yield {f"{name}q" if name == key else name: item for name, item in value.items()}
        for inner in broken(value[key]):
            yield (value | {key: inner}) if isinstance(value, dict) else [inner, *value[1:]]


@pytest.mark.parametrize("role", INPUTS)
def test_the_probe_survives_every_wrong_input(role: str, tmp_path: pathlib.Path) -> None:
    """No KeyError, no `__init__() missing`: a layer that is wrong says so, and the others are compared."""
    layers = [{"name": role, "role": f"groundup.cloud.{role}", "input": "wrong"}]
    tried = 0
    for value in broken(next(itertools.chain(inputs("lab_ha", role), inputs("lab", role)))):
        try:
            found = probe(layers, {"wrong": value}, system=Bare(str(tmp_path)))
        except CloudError as error:
            pytest.fail(f"the probe ends with {error}")
        assert not [step for step in found["steps"][role] if "__init__" in step]
        tried += 1
    assert tried > 10


def test_defaults_are_filled_in_at_any_depth() -> None:
    item = {"type": "dict", "options": {"name": {"type": "str"}, "zones": {"type": "list", "default": []}}}
    inner = {
        "on": {"type": "bool", "default": True},
        "items": {**item, "type": "list", "elements": "dict", "default": []},
    }
    config = {
        "type": "dict",
        "options": {"size": {"type": "int", "default": 7}, "bgp": {"type": "dict", "default": {}, "options": inner}},
    }
    assert filled(config, {}) == {"size": 7, "bgp": {"on": True, "items": []}}
    given = {"size": None, "bgp": {"on": False, "items": [{"name": "a"}, {"name": "b", "zones": ["r1"]}]}}
    assert filled(config, given) == {
        "size": 7,
        "bgp": {"on": False, "items": [{"name": "a", "zones": []}, {"name": "b", "zones": ["r1"]}]},
    }
    assert filled({"type": "dict"}, {"free": 1}) == {"free": 1}
