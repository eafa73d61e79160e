# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: lines in messages, keys given twice, models split over a directory."""

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
NODE = 'nics: {{nic0: {{mac: "52:54:00:00:0{0}:00"}}}}, root_disk: {{serial: R{0}}}'
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


def test_what_two_files_define_is_an_error(tmp_path: pathlib.Path) -> None:
    files = {"a.cloud.yml": PART + node(1), "b.cloud.yml": PART + node(1), "cloud.yml": HEAD + "name2: x\n"}
    assert errors(write(tmp_path, files)) == [
        "a.cloud.yml:3: machines.node1: is in a.cloud.yml and in b.cloud.yml; keep one of them",
        "cloud.yml:5: name2: is an unknown key; did you mean name?",
    ]


def test_a_key_given_twice_is_an_error(tmp_path: pathlib.Path) -> None:
    found = errors(write(tmp_path, {"cloud.yml": HEAD + "machines:\n" + node(1) + node(2) + node(1)}) / "cloud.yml")
    assert found == ["cloud.yml:8: machines.node1: is there twice; keep one of them"]


def test_the_line_is_that_of_the_key_or_of_what_encloses_it(tmp_path: pathlib.Path) -> None:
    text = HEAD + 'machines:\n  node1:\n    nics:\n      nic0:\n        mac: "x"\n    storage_disks:\n      - {}\n'
    assert [problem.split(": ")[0] for problem in errors(write(tmp_path, {"cloud.yml": text}))] == [
        "cloud.yml:9",
        "cloud.yml:11",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", "cloud.yml:2: is no YAML: while parsing a flow node "),
        (
            "a: 1\n  b: 2\n",
            "cloud.yml:2: is no YAML: mapping values are not allowed in this context; mend the line or ",
        ),
        ("a:\n\tb: 2\n", "cloud.yml:2: is no YAML: while scanning for the next token found character that cannot "),
        ("a: !secret b\n", "cloud.yml:1: is no YAML: could not determine a constructor for the tag '!secret'; mend "),
        ("a: {[]: 1}\n", "cloud.yml:1: is no YAML: while constructing a mapping found unhashable key; mend the line "),
        ("- a\n", "cloud.yml:1: a list is no model; "),
        ("", "cloud.yml:1: null is no model; "),
        # libyaml has a limit of its own.
        ("[" * 100_000, ("cloud.yml:1: is no YAML: while increasing flow level", "cloud.yml: is nested too deeply; ")),
        ("name: r\na: &a [*a]\n", "cloud.yml:2: a: is an unknown key"),
        ("name: 2026-99-99\n", "cloud.yml: is no YAML: "),
    ],
)
def test_broken_files_are_named(tmp_path: pathlib.Path, text: str, expected: str | tuple[str, ...]) -> None:
    assert errors(write(tmp_path, {"cloud.yml": text}) / "cloud.yml")[0].startswith(expected)


def test_errors_come_in_the_order_of_the_lines(tmp_path: pathlib.Path) -> None:
    """A person mends a file from top to bottom; what check found an error doesn't interest them."""
    text = HEAD + "machines:\n" + node(1) + "  node2: {roels: []}\nnetwork: {provider: x}\ndomain: 7\n"
    found = errors(write(tmp_path, {"cloud.yml": text, "a.cloud.yml": PART + "  node3: {os: arch}\n"}))
    assert [message.split(": ")[0] for message in found] == [
        "a.cloud.yml:3", "a.cloud.yml:3", *["cloud.yml:7"] * 2, "cloud.yml:8", "cloud.yml:9",
    ]  # fmt: skip


def test_files_that_cannot_be_read_are_named(tmp_path: pathlib.Path) -> None:
    assert "can't be read" in errors(tmp_path / "cloud.yml")[0]
    assert "holds no model" in errors(tmp_path)[0]
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
    "a head and parts": (
        ["cloud.yml"],
        ["a.cloud.yml"],
        {"cloud.yml": ["cloud.yml", "a.cloud.yml"], "a.cloud.yml": []},
    ),
    "two clouds beside each other": (
        ["a.cloud.yml", "b.cloud.yml"],
        [],
        {"a.cloud.yml": ["a.cloud.yml"], "b.cloud.yml": ["b.cloud.yml"]},
    ),
}


@pytest.mark.parametrize(("heads", "parts", "expected"), SPLITS.values(), ids=SPLITS)
def test_which_files_belong_to_a_model(
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
def test_which_files_named_like_a_model_are_one(text: str, expected: bool) -> None:
    assert is_model(yaml.safe_load(text)) is expected


@pytest.mark.parametrize(
    ("heads", "words"), [(["a.cloud.yml", "b.cloud.yml"], "may belong to any of"), ([], "has a name")]
)
def test_parts_without_a_clear_head_are_an_error(tmp_path: pathlib.Path, heads: list[str], words: str) -> None:
    write(tmp_path, {**dict.fromkeys(heads, HEAD), "part.cloud.yml": PART, "part2.cloud.yml": PART})
    with pytest.raises(ModelError, match=words):
        model_of(tmp_path / "part.cloud.yml", lambda file: yaml.safe_load(file.read_text()))
