# SPDX-License-Identifier: GPL-3.0-or-later
"""The golden trees in tests/golden: what follows from all models is what was committed (see the README there).

Of the two large models only some hosts are shown; SHOWN in tests/golden/write.py names them.
"""

from __future__ import annotations

import difflib
import importlib.util
import pathlib
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.model import inherit
from ansible_collections.groundup.cloud.plugins.module_utils.model.fields import Shape, keys_of
from ansible_collections.groundup.cloud.plugins.module_utils.model.schema import is_record
from ansible_collections.groundup.cloud.plugins.module_utils.model.types import Cloud

ROOT = pathlib.Path(__file__).resolve().parents[3]
MOST_LINES = 60


def writer() -> Any:
    spec = importlib.util.spec_from_file_location("golden_write", ROOT / "tests/golden/write.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WRITE = writer()


@pytest.mark.parametrize("name", sorted(WRITE.MODELS))
def test_what_follows_from_a_model_is_what_was_committed(name: str) -> None:
    wanted = WRITE.tree(name)
    base = WRITE.TREES / name
    have = {str(path.relative_to(base)): path.read_text() for path in base.rglob("*") if path.is_file()}
    lines: list[str] = []
    for path in sorted(wanted.keys() | have.keys()):
        before, after = have.get(path, "").splitlines(), wanted.get(path, "").splitlines()
        lines += difflib.unified_diff(before, after, f"committed {path}", f"derived {path}", lineterm="", n=1)
    shown = "\n".join(lines[:MOST_LINES])
    remedy = f"if that is meant, run `python tests/golden/write.py {name}` and commit the difference"
    assert wanted == have, f"{name}: {len(lines)} lines differ; {remedy}:\n{shown}"


@pytest.mark.parametrize("name", WRITE.DOCUMENTED)
def test_pictures_in_the_documents_show_the_models(name: str) -> None:
    drawn = (WRITE.PICTURES / f"{name}.svg").read_text()
    assert drawn == WRITE.picture(name), f"run `python tests/golden/write.py {name}`"


def used(cls: type, value: Any, where: str = "") -> set[str]:
    """Paths of the keys of a class that a value sets, the names of things replaced by NAME."""
    found: set[str] = set()
    for key, spec in keys_of(cls).items():
        if not isinstance(value, dict) or value.get(key) is None or spec.shape is Shape.KEY:
            continue
        path, inner = f"{where}.{key}".strip("."), value[key]
        found.add(path)
        if is_record(spec.kind):
            items = (
                list(inner.values()) if spec.shape is Shape.NAMED else inner if spec.shape is Shape.MANY else [inner]
            )
            suffix = {Shape.NAMED: ".NAME", Shape.MANY: "[]"}.get(spec.shape, "")
            for item in items:
                found |= used(spec.kind, item, path + suffix)
    return found


def every(cls: type, where: str = "") -> set[str]:
    """Paths of all keys of a class; a key that is refused until a later release is in no model."""
    found: set[str] = set()
    for key, spec in keys_of(cls).items():
        if spec.shape is Shape.KEY or spec.since:
            continue
        path = f"{where}.{key}".strip(".")
        found.add(path)
        if is_record(spec.kind):
            suffix = {Shape.NAMED: ".NAME", Shape.MANY: "[]"}.get(spec.shape, "")
            found |= every(spec.kind, path + suffix)
    return found


def inheriting(data: dict[str, Any]) -> dict[str, Any]:
    """The model with what its objects inherit in every one of them."""
    return data | inherit.sections(data, inherit.of_valid(data))


def test_the_models_use_every_key() -> None:
    """So that a change of what follows from any key shows in a tree."""
    found: set[str] = set()
    for path in WRITE.MODELS.values():
        found |= used(Cloud, inheriting(yaml.safe_load(path.read_text())))
    missing = sorted(every(Cloud) - found)
    assert not missing, f"no model in tests/golden uses {', '.join(missing)}; add the key to one of them"
