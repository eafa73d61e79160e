# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema and the reference page: up to date, complete, and consistent with the parser."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import jsonschema
import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.model import check_preflight, layers_page, mtu_page
from ansible_collections.groundup.cloud.plugins.module_utils.model.fields import Shape, keys_of
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.reference import page
from ansible_collections.groundup.cloud.plugins.module_utils.model.schema import classes, is_record, schema
from ansible_collections.groundup.cloud.plugins.module_utils.model.types import Cloud
from ansible_collections.groundup.cloud.plugins.module_utils.promises import page as promises_page

from .base import model

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
MODELS = [
    ROOT / "inventories/lab/cloud.yml",
    ROOT / "inventories/lab_ha/cloud.yml",
    ROOT / "inventories/example/cloud.yml",
    HERE / "data/design_example.yml",
]


def refusals(data: Any) -> list[str]:
    checker = jsonschema.Draft202012Validator(schema())
    return [error.message for error in checker.iter_errors(data)]


def test_generated_files_are_up_to_date() -> None:
    remedy = "run tools/model_docs.py"
    assert json.loads((ROOT / "docs/schema/cloud.schema.json").read_text()) == schema(), remedy
    assert (ROOT / "docs/reference/model.md").read_text() == page(), remedy
    assert (ROOT / "docs/reference/promises.md").read_text() == promises_page.page(), remedy
    assert (ROOT / "docs/reference/preflight.md").read_text() == check_preflight.page(), remedy
    example = load(ROOT / "inventories/example")
    assert (ROOT / "docs/reference/layers.md").read_text() == layers_page.page(example), remedy
    assert (ROOT / "docs/reference/mtu.md").read_text() == mtu_page.page(example), remedy


def test_each_class_of_the_model_has_a_name_of_its_own() -> None:
    """Definitions of the schema are called after classes, so one of two with the same name would be lost."""
    seen: dict[str, type] = {}
    for cls in classes({Cloud}):
        assert seen.setdefault(cls.__name__, cls) is cls


def test_the_schema_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.parent.name)
def test_models_match_the_schema(path: pathlib.Path) -> None:
    assert refusals(yaml.safe_load(path.read_text())) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"machine": {}},
        {"machines.node1.roels": []},
        {"machines.node1.firmware": "efi"},
        {"machines.node1.nics.nic0.mac": 41135040061},
        {"machines.Node_1": {}},
        {"networks.cluster.vlan": 4095},
        {"networks.cluster.subnet": "10.0.0.0"},
        {"kubernetes": {}},
        {"defaults": {"machine": {"fimware": "bios"}}},
        {"profiles": {"gpu": {"fimware": "bios"}}},
        {"profiles": {"gpu": {"profile": "cpu"}}},
        {"profiles": {"Gpu_1": {}}},
        {"tenants": {"acme": {}}},
        {"machines.node1.deploy": {"via": ["http"]}},
        {"switches.leaf1.mlag": "no switch"},
        {"machines.node1.bmc.address": "no host"},
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_parser_refuses(changes: dict[str, Any]) -> None:
    assert refusals({"plugin": "groundup.cloud.cloud"} | model()) == []
    assert refusals({"plugin": "groundup.cloud.cloud"} | model(changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"x-common": {"anything": [1, 2]}},
        {"profiles": {"gpu": {"firmware": "bios"}}, "machines.node1.profile": "gpu"},
        {"switches.LEAF_1": {"platform": "unmanaged", "address": "10.20.0.13"}},
        {"machines.node2.bmc.address": "node2-bmc.example.net"},
        {"machines.node2.location": {"rack": "DC1_R07", "unit": 3, "side": "left"}},
    ],
    ids=str,
)
def test_the_schema_takes_what_the_parser_takes(changes: dict[str, Any]) -> None:
    assert refusals({"plugin": "groundup.cloud.cloud"} | model(changes)) == []
    assert load(model(changes))


@pytest.mark.parametrize(
    "path",
    [
        "machines.node1.firmware",
        "machines.node1.bond",
        "machines.node1.networks",
        "networks.cluster.vlan",
        "networks",
        "kubernetes.endpoint",
        "machines.node1.root_disk",
    ],
)
def test_templates_are_allowed_for_every_key(path: str) -> None:
    assert refusals({"plugin": "groundup.cloud.cloud"} | model({path: "{{ something }}"})) == []
    assert refusals({"plugin": "groundup.cloud.cloud"} | model({path: "something"}))


def records(cls: type, seen: set[type]) -> set[type]:
    if cls not in seen:
        seen.add(cls)
        for spec in keys_of(cls).values():
            if is_record(spec.kind):
                records(spec.kind, seen)
    return seen


@pytest.mark.parametrize("cls", sorted(records(Cloud, set()), key=str))
def test_every_key_has_a_description(cls: type) -> None:
    text = page()
    assert cls.__doc__
    assert "(" not in cls.__doc__.split("\n")[0][:1]
    for name, spec in keys_of(cls).items():
        assert spec.doc.endswith("."), f"{cls.__name__}.{name}: a sentence ends with a full stop"
        assert spec.shape is Shape.KEY or f"| `{name}` |" in text
