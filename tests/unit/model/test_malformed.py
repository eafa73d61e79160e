# SPDX-License-Identifier: GPL-3.0-or-later
"""No value in any place makes the model raise another exception than ModelError, or is accepted in the wrong type."""

from __future__ import annotations

import copy
import datetime
import pathlib
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError, show
from ansible_collections.groundup.cloud.plugins.module_utils.model.scalars import Sealed

from .base import model

EXAMPLE = pathlib.Path(__file__).resolve().parent / "data/design_example.yml"

VALUES: list[Any] = [
    None, True, 0, -1, 1.5, float("nan"), float("inf"), 10**30, 16**5000, {16**5000: 16**5000},
    "", "\x00", "a\nb", "ä" * 300, "x", "::", "/", "10.0.0.1",
    "0.0.0.0/0", "::/0", "fe80::1%eth0", "9-1", "4094-4095", "{{ x }}", "leaf1/", "leaf1/Ethernet1", [], {}, [None],
    [[]], [{}], {"": {}}, {None: None}, {1: 2}, {"a": None}, {"a": {"a": {}}}, ["x", "x"], datetime.date(2026, 1, 1),
    b"bytes", Sealed("v"), (1, 2), {"networks", "x"},
]  # fmt: skip


def short(value: Any) -> str:
    """A name for a test case; Python refuses to print integers with thousands of digits."""
    return show(value) if isinstance(value, int) else "huge key" if 16**5000 in _keys(value) else repr(value)


def _keys(value: Any) -> list[Any]:
    return list(value) if isinstance(value, dict) else []


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value of a model."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def put(data: Any, path: tuple[Any, ...], value: Any) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value


def assert_handled(data: Any) -> None:
    try:
        derive(load(data))
    except ModelError as error:
        problems = error.errors
    else:
        return
    assert problems
    assert all(problem.path and problem.message and "\n" not in str(problem) for problem in problems)


@pytest.mark.parametrize("value", VALUES, ids=short)
def test_any_value_in_any_place_is_handled(value: Any) -> None:
    source = yaml.safe_load(EXAMPLE.read_text())
    for path in places(source):
        data = copy.deepcopy(source)
        put(data, path, value)
        assert_handled(data)


def test_many_wrong_values_are_handled() -> None:
    dice = random.Random(20261123)
    source = model(
        {"defaults": {"machine": {"bond": {"mode": "802.3ad"}, "labels": {"a": "b"}}, "network": {"mtu": 1500}}}
    )
    spots = list(places(source))
    for __ in range(400):
        data = copy.deepcopy(source)
        for path in dice.sample(spots, dice.randint(2, 6)):
            try:
                put(data, path, dice.choice(VALUES))
            except (KeyError, TypeError, IndexError, AttributeError):
                continue  # an earlier value replaced the parent of this place
        assert_handled(data)


@pytest.mark.parametrize("value", [*VALUES, {"name": "x"}], ids=short)
def test_any_value_as_the_whole_model_is_handled(value: Any) -> None:
    if isinstance(value, dict):
        assert_handled(value)


def test_a_recursive_value_is_an_error() -> None:
    knot: dict[str, Any] = {}
    knot["bond"] = knot["nics"] = knot
    data = model()
    data["defaults"] = {"machine": knot}
    data["machines"]["node1"] = knot
    assert_handled(data)


# Editing mistakes: a line deleted, duplicated, moved or indented, a word replaced, a character inserted.
WORDS = [
    "null", "~", "[]", "{}", "- ", "? ", ": ", "&a ", "*a ", "<<: *a", "!vault |", "!!binary x", "\t", "#", "'", '"',
    "|", ">", "%", "@", "0x1f", "1e999", "2026-13-45", "1_000", "0o17", "-.inf", "9" * 400, "ä\u202e\U0001f525",
    "\ufeff", "\x85", "\x07", "10.10.0.0/24", "leaf1", "yes", "12:30:45", "--- ", "...",
]  # fmt: skip


def damaged(dice: random.Random, text: str) -> str:
    lines = text.splitlines()
    for __ in range(dice.randint(1, 4)):
        at = dice.randrange(len(lines))
        line = lines[at]
        match dice.randrange(7):
            case 0:
                lines.insert(at, lines[dice.randrange(len(lines))])
            case 1 if len(lines) > 1:
                del lines[at]
            case 2:
                lines[at] = " " * dice.randint(0, 9) + line.strip()
            case 3:
                spot = dice.randrange(len(line) + 1)
                lines[at] = line[:spot] + dice.choice(WORDS) + line[spot:]
            case 4:
                key = line.partition(":")[0]
                lines[at] = f"{key}: {dice.choice(WORDS)}"
            case 5:
                words = re.split(r"(\W+)", line)
                words[dice.randrange(len(words))] = dice.choice(WORDS)
                lines[at] = "".join(words)
            case _:
                start = dice.randrange(len(line) + 1)
                lines[at] = line[:start] + line[start + dice.randint(1, 5) :]
    return "\n".join(lines)


def test_editing_mistakes_are_errors_with_their_line(tmp_path: pathlib.Path) -> None:
    dice = random.Random(20261125)
    file, text = tmp_path / "cloud.yml", EXAMPLE.read_text()
    refused = 0
    for __ in range(500):
        file.write_text(damaged(dice, text), encoding="utf-8")
        try:
            derive(load(file))
        except ModelError as error:
            refused += 1
            for problem in error.errors:
                assert re.match(r"cloud\.yml(:[0-9]+)?: \S", str(problem)), problem
                assert re.match(r"cloud\.yml:[0-9]+$", problem.place) or "is not valid YAML" in problem.message, problem
                assert problem.remedy
    assert refused > 300
