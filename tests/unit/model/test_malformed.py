# SPDX-License-Identifier: GPL-3.0-or-later
"""No value, wherever it stands, makes the model raise anything but ModelError, or loads in silence as nonsense."""

from __future__ import annotations

import copy
import datetime
import pathlib
import random
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError
from ansible_collections.groundup.cloud.plugins.module_utils.model.scalars import Sealed

from .base import model

EXAMPLE = pathlib.Path(__file__).resolve().parent / "data/design_example.yml"

VALUES: list[Any] = [
    None, True, 0, -1, 1.5, float("nan"), 10**30, "", "\x00", "a\nb", "ä" * 300, "x", "::", "/", "10.0.0.1",
    "0.0.0.0/0", "::/0", "fe80::1%eth0", "9-1", "4094-4095", "{{ x }}", "leaf1/", "leaf1/Ethernet1", [], {}, [None],
    [[]], [{}], {"": {}}, {None: None}, {1: 2}, {"a": None}, {"a": {"a": {}}}, ["x", "x"], datetime.date(2026, 1, 1),
    b"bytes", Sealed("v"), (1, 2), {"networks", "x"},
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a model in which a value stands."""
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


def survives(data: Any) -> None:
    try:
        derive(load(data))
    except ModelError as error:
        said = error.errors
    else:
        return
    assert said
    assert all(problem.path and problem.message and "\n" not in str(problem) for problem in said)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_any_value_in_any_place(value: Any) -> None:
    source = yaml.safe_load(EXAMPLE.read_text())
    for path in places(source):
        data = copy.deepcopy(source)
        put(data, path, value)
        survives(data)


def test_many_values_at_once() -> None:
    dice = random.Random(20261123)
    source = model(
        {"defaults": {"machine": {"bond": {"mode": "802.3ad"}, "labels": {"a": "b"}}, "network": {"mtu": 1500}}}
    )
    spots = list(places(source))
    for _ in range(400):
        data = copy.deepcopy(source)
        for path in dice.sample(spots, dice.randint(2, 6)):
            try:
                put(data, path, dice.choice(VALUES))
            except (KeyError, TypeError, IndexError, AttributeError):
                continue  # an earlier value took this place away
        survives(data)


@pytest.mark.parametrize("value", [*VALUES, {"name": "x"}], ids=repr)
def test_any_value_as_the_whole_model(value: Any) -> None:
    if isinstance(value, dict):
        survives(value)


def test_a_value_that_holds_itself() -> None:
    knot: dict[str, Any] = {}
    knot["bond"] = knot["nics"] = knot
    data = model()
    data["defaults"] = {"machine": knot}
    data["machines"]["node1"] = knot
    survives(data)
