# SPDX-License-Identifier: GPL-3.0-or-later
"""A role whose input lacks something says what is missing, by Ansible's own check of arguments.

A template that reads a missing key fails before that check, and then the message names neither role nor remedy.
"""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROLES = sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir())
TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
#: Keys that tasks read only where another variable says that they are there.
GUARDED = {"switch.mlag_peer": "__switch_waits"}
each_role = pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)


def read(role: str, text: str) -> list[str]:
    """Keys of the role's input, with dots, that templates read without a default."""
    pattern = rf"(?<![\w.]){role}_config\.([a-z_]+(?:\.[a-z_]+)*)(?!\s*\|\s*d(?:efault)?\()(?![\w.])"
    return re.findall(pattern, text)


def required(options: dict[str, Any], path: list[str]) -> bool:
    """Whether an argument spec requires this key, and each mapping that it is in."""
    option = options.get(path[0]) or {}
    inner = option.get("options") or {}
    return bool(option.get("required")) and (len(path) == 1 or required(inner, path[1:]))


@each_role
def test_defaults_of_a_role_can_be_evaluated_without_its_input(role: pathlib.Path) -> None:
    """Ansible evaluates those of argument specs before it checks any argument."""
    for name in ("defaults/main.yml", "meta/argument_specs.yml"):
        file = role / name
        templates = TEMPLATE.findall(file.read_text()) if file.exists() else []
        assert not read(role.name, "\n".join(templates)), file


@each_role
def test_a_key_that_tasks_read_is_required_or_has_a_default(role: pathlib.Path) -> None:
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]
    for file in sorted((role / "tasks").glob("*.yml")):
        text = file.read_text()
        config = (specs.get(file.stem) or specs["main"])["options"].get(f"{role.name}_config") or {}
        for key in read(role.name, text):
            guarded = GUARDED.get(f"{role.name}.{key}", "no guard") in text
            assert guarded or required(config.get("options") or {}, key.split(".")), f"{file}: {key}"


def test_keys_without_a_default_are_found() -> None:
    text = (
        "{{ a_config.b }} {{ a_config.c.d | default('') }} {{ a_config.e | d(1) }} {{ a_config.f.g in x }} ba_config.h"
    )
    assert read("a", text) == ["b", "f.g"]
    spec = {
        "b": {"required": True, "options": {"c": {"required": True}, "d": {}}},
        "e": {"options": {"f": {"required": True}}},
    }
    assert [required(spec, path.split(".")) for path in ("b", "b.c", "b.d", "e.f", "g")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def entries(items: Any) -> Iterator[tuple[str, str]]:
    """Roles of this collection that tasks include, with the file that they name."""
    for item in items if isinstance(items, list) else []:
        for action in ("ansible.builtin.include_role", "ansible.builtin.import_role"):
            included = item.get(action) or {}
            if re.fullmatch(r"groundup\.cloud\.\w+", str(included.get("name"))):
                yield included["name"].rpartition(".")[2], str(included.get("tasks_from", "main"))
        for key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            yield from entries(item.get(key))


BOOKS = sorted(
    path for top in ("playbooks", "roles", "molecule", "docs/examples") for path in (ROOT / top).rglob("*.yml")
)


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_entry_point_is_named_so_that_its_arguments_are_checked(path: pathlib.Path) -> None:
    """Ansible finds the argument spec by the text of `tasks_from`: with `.yml` it finds none, and checks nothing."""
    for role, file in entries(next(iter(yaml.safe_load_all(path.read_text())), None)):
        specs = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text())["argument_specs"]
        assert file not in {f"{entry}.yml" for entry in specs}, f"{role}: write tasks_from: {file.removesuffix('.yml')}"
