# SPDX-License-Identifier: GPL-3.0-or-later
"""What proofs and pages give to KubeVirt and CDI has the keys of upstream's kinds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.prove import virtual_machines_objects as objects
from ansible_collections.groundup.cloud.plugins.module_utils.prove.virtual_machines_wanted import (
    Image,
    VirtualMachines,
)

from .crds import wrong

ROOT = Path(__file__).resolve().parents[3]
WANTED = VirtualMachines("1.9.0", "1.66.0", ("n1",), bridge=True)
MACHINE = objects.virtual_machine("ns", WANTED, Image("debian-13", "10Gi", "rook-ceph-block"))
PAGES = ("first_virtual_machine", "coming_from_vsphere", "virtual_machines")
EXAMPLE = ROOT / "docs/examples/first_vm.yml"
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
Json = dict[str, Any]


def objects_in(value: Any) -> Iterator[Json]:
    """Objects of kinds of KubeVirt and CDI anywhere in a document."""
    if isinstance(value, list):
        for one in value:
            yield from objects_in(one)
    elif isinstance(value, dict):
        if "kubevirt.io/" in str(value.get("apiVersion", "")):
            yield value
        for one in value.values():
            yield from objects_in(one)


def objects_of(path: Path) -> list[Json]:
    text = path.read_text()
    blocks = BLOCK.findall(text) if path.suffix == ".md" else [text]
    return [one for block in blocks for document in yaml.safe_load_all(block) for one in objects_in(document)]


@pytest.mark.parametrize(
    "body",
    [
        MACHINE,
        objects.migration("ns"),
        objects.snapshot("ns"),
        objects.restore("ns", "restored"),
        objects.clone("ns", "cloned"),
    ],
    ids=lambda body: str(body["kind"]),
)
def test_objects_of_proofs(body: Json) -> None:
    assert wrong(body) == []


@pytest.mark.parametrize("path", [*(ROOT / f"docs/{name}.md" for name in PAGES), EXAMPLE], ids=lambda path: path.stem)
def test_objects_of_pages(path: Path) -> None:
    found = objects_of(path)
    assert found and [text for one in found for text in wrong(one)] == []


def test_the_page_shows_what_its_playbook_makes() -> None:
    """Of each kind the same specification; user data and keys differ."""
    (shown,), (made,) = objects_of(ROOT / "docs/first_virtual_machine.md"), objects_of(EXAMPLE)
    assert shown == made


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"runStrategy": 1}, "VirtualMachine.spec.runStrategy: is no string"),
        ({"strategy": "Always"}, "VirtualMachine.spec.strategy: is no key of it"),
        ({"template": {"spec": {}}}, "VirtualMachine.spec.template.spec.domain: is missing"),
    ],
)
def test_what_is_no_virtual_machine_is_found(change: Json, text: str) -> None:
    assert wrong({**MACHINE, "spec": {**MACHINE["spec"], **change}}) == [text]
