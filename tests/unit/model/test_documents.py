# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a model: lines in messages, duplicate keys, models split over a directory."""

from __future__ import annotations

import pathlib

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.model.documents import is_model, model_of
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

HEAD = (
    "plugin: groundup.cloud.cloud\nname: rack\nnetworks:\n  provision: {vlan: 10, subnet: 10.10.0.0/24, native: true}\n"
)
NODE = 'nics: {{nic0: {{mac: "52:54:00:00:0{0}:00"}}}}, storage_disks: [{{serial: R{0}}}]'
PART = "plugin: groundup.cloud.cloud\nmachines:\n"


def node(number: int) -> str:
    return f"  node{number}: {{{NODE.format(number)}}}\n"


def write(directory: pathlib.Path, files: dict[str, str]) -> pathlib.Path:
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def errors(source: pathlib.Path) -> list[str]:
    with pytest.raises(ModelError) as caught:
        load(source)
    return [str(problem) for problem in caught.value.errors]


def test_a_directory_is_one_model(tmp_path: pathlib.Path) -> None:
    files = {"cloud.yml": HEAD, "a.cloud.yml": PART + node(1), "b.cloud.yml": PART + node(2), "other.yml": "no: model"}
    assert list(load(write(tmp_path, files)).machines) == ["node1", "node2"]


def test_a_key_in_two_files_is_an_error(tmp_path: pathlib.Path) -> None:
    files = {"a.cloud.yml": PART + node(1), "b.cloud.yml": PART + node(1), "cloud.yml": HEAD + "name2: x\n"}
    assert errors(write(tmp_path, files)) == [
        "a.cloud.yml:3: machines.node1: is defined in a.cloud.yml and in b.cloud.yml; keep one of them",
        "cloud.yml:5: name2: is an unknown key; did you mean name?",
    ]


def test_a_duplicate_key_is_an_error(tmp_path: pathlib.Path) -> None:
    found = errors(write(tmp_path, {"cloud.yml": HEAD + "machines:\n" + node(1) + node(2) + node(1)}) / "cloud.yml")
    assert found == ["cloud.yml:8: machines.node1: is defined twice; keep one of them"]


def test_a_problem_has_the_line_of_its_key_or_of_the_enclosing_key(tmp_path: pathlib.Path) -> None:
    text = HEAD + 'machines:\n  node1:\n    nics:\n      nic0:\n        mac: "x"\n    storage_disks:\n      - {}\n'
    assert [problem.split(": ")[0] for problem in errors(write(tmp_path, {"cloud.yml": text}))] == [
        "cloud.yml:9",
        "cloud.yml:11",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", "cloud.yml:2: is not valid YAML: while parsing a flow node "),
        (
            "a: 1\n  b: 2\n",
            "cloud.yml:2: is not valid YAML: mapping values are not allowed in this context; correct this line or ",
        ),
        (
            "a:\n\tb: 2\n",
            "cloud.yml:2: is not valid YAML: while scanning for the next token found character that cannot ",
        ),
        (
            "a: !secret b\n",
            "cloud.yml:1: is not valid YAML: could not determine a constructor for the tag '!secret'; correct ",
        ),
        (
            "a: {[]: 1}\n",
            "cloud.yml:1: is not valid YAML: while constructing a mapping found unhashable key; correct this line ",
        ),
        ("- a\n", "cloud.yml:1: a list is not a model; "),
        ("", "cloud.yml:1: null is not a model; "),
        # libyaml has a limit of its own.
        (
            "[" * 100_000,
            ("cloud.yml:1: is not valid YAML: while increasing flow level", "cloud.yml: is nested too deeply; "),
        ),
        ("name: r\na: &a [*a]\n", "cloud.yml:2: a: is an unknown key"),
        ("name: 2026-99-99\n", "cloud.yml: is not valid YAML: "),
    ],
)
def test_invalid_files_are_reported_with_name_and_line(
    tmp_path: pathlib.Path, text: str, expected: str | tuple[str, ...]
) -> None:
    assert errors(write(tmp_path, {"cloud.yml": text}) / "cloud.yml")[0].startswith(expected)


def test_errors_come_in_the_order_of_the_lines(tmp_path: pathlib.Path) -> None:
    """The order of the checks does not matter: a file is corrected from top to bottom."""
    text = HEAD + "machines:\n" + node(1) + "  node2: {roels: []}\nnetwork: {provider: x}\ndomain: 7\n"
    found = errors(write(tmp_path, {"cloud.yml": text, "a.cloud.yml": PART + "  node3: {os: arch}\n"}))
    assert [message.split(": ")[0] for message in found] == [
        "a.cloud.yml:3", "a.cloud.yml:3", *["cloud.yml:7"] * 2, "cloud.yml:8", "cloud.yml:9",
    ]  # fmt: skip


def test_unreadable_files_are_reported_with_their_path(tmp_path: pathlib.Path) -> None:
    assert "can't be read" in errors(tmp_path / "cloud.yml")[0]
    assert "contains no model" in errors(tmp_path)[0]
    (tmp_path / "cloud.yml").write_bytes(b"\xff\xfe\x00")
    assert "can't be read" in errors(tmp_path)[0]


def test_encrypted_values_stay_sealed(tmp_path: pathlib.Path) -> None:
    secret = "    bmc: {address: 10.20.0.9, password: !vault '$ANSIBLE_VAULT;1.1;AES256'}\n"
    text = (
        HEAD
        + "machines:\n  node1:\n"
        + secret
        + '    nics: {nic0: {mac: "52:54:00:00:01:00"}}\n    root_disk: {serial: R}\n'
    )
    machine = load(write(tmp_path, {"cloud.yml": text})).machines["node1"]
    assert machine.bmc is not None and machine.bmc.password == "$ANSIBLE_VAULT;1.1;AES256"


SPLITS = {
    "one file": (["cloud.yml"], [], {"cloud.yml": ["cloud.yml"]}),
    "a main file and parts": (
        ["cloud.yml"],
        ["a.cloud.yml"],
        {"cloud.yml": ["cloud.yml", "a.cloud.yml"], "a.cloud.yml": []},
    ),
    "two clouds in one directory": (
        ["a.cloud.yml", "b.cloud.yml"],
        [],
        {"a.cloud.yml": ["a.cloud.yml"], "b.cloud.yml": ["b.cloud.yml"]},
    ),
}


@pytest.mark.parametrize(("heads", "parts", "expected"), SPLITS.values(), ids=SPLITS)
def test_model_of_returns_the_files_of_a_model(
    tmp_path: pathlib.Path, heads: list[str], parts: list[str], expected: dict[str, list[str]]
) -> None:
    write(tmp_path, {**dict.fromkeys(heads, HEAD), **dict.fromkeys(parts, PART)})
    for name, files in expected.items():
        found = model_of(tmp_path / name, lambda file: yaml.safe_load(file.read_text()))
        assert [file.name for file in found] == files


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plugin: groundup.cloud.cloud\n", True),
        ("plugin: groundup.cloud.clod\n", True),
        ("plugin: amazon.aws.aws_ec2\n", False),
        ("name: rack\nmachnies: {}\n", True),
        ("machines: {node1: {}}\n", True),
        ("all: {hosts: {a: }}\n", False),
        ("{}", False),
        ("- a\n", True),
        ("", True),
    ],
)
def test_is_model_excludes_other_inventories(text: str, expected: bool) -> None:
    assert is_model(yaml.safe_load(text)) is expected


@pytest.mark.parametrize(
    ("heads", "words"), [(["a.cloud.yml", "b.cloud.yml"], "could belong to any of"), ([], "has a name")]
)
def test_parts_without_exactly_one_main_file_are_an_error(tmp_path: pathlib.Path, heads: list[str], words: str) -> None:
    write(tmp_path, {**dict.fromkeys(heads, HEAD), "part.cloud.yml": PART, "part2.cloud.yml": PART})
    with pytest.raises(ModelError, match=words):
        model_of(tmp_path / "part.cloud.yml", lambda file: yaml.safe_load(file.read_text()))
