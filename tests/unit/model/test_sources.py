# SPDX-License-Identifier: GPL-3.0-or-later
"""What people wrote: numbers that YAML reads otherwise, values and names in messages, and the origin of defaults."""

from __future__ import annotations

import pathlib

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError

ROOT = pathlib.Path(__file__).resolve().parents[3]
HEAD = (
    "plugin: groundup.cloud.cloud\nname: rack\nnetworks:\n  provision: {vlan: 10, subnet: 10.10.0.0/24, native: true}\n"
)
NODE = 'machines:\n  node1: {nics: {nic0: {mac: "52:54:00:00:01:00", port: leaf1/Ethernet1}}}\n'


def errors(directory: pathlib.Path, text: str) -> list[str]:
    (directory / "cloud.yml").write_text(text, encoding="utf-8")
    try:
        load(directory)
    except ModelError as error:
        return [str(problem) for problem in error.errors]
    return []


def decimals(text: str) -> list[yaml.ScalarNode]:
    """The decimal numbers of a file."""
    found, todo = [], [yaml.compose(text, Loader=yaml.SafeLoader)]
    while todo:
        node = todo.pop()
        if isinstance(node, yaml.MappingNode):
            todo += [value for _key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            todo += node.value
        elif node.tag.endswith(":int"):
            found.append(node)
    return found


@pytest.mark.parametrize("source", ["inventories/lab", "tests/golden/models/mlag", "tests/golden/models/pair"])
def test_no_number_of_a_model_may_begin_with_a_zero(tmp_path: pathlib.Path, source: str) -> None:
    path = next(item for item in (ROOT / f"{source}/cloud.yml", ROOT / f"{source}.cloud.yml") if item.exists())
    text = path.read_text()
    numbers = decimals(text)
    assert len(numbers) > 5
    for node in numbers:
        start, end = node.start_mark, node.end_mark
        found = errors(tmp_path, f"{text[: start.index]}0{text[start.index : end.index]}{text[end.index :]}")
        assert len(found) == 1, (node.value, found)
        assert found[0].startswith(f"cloud.yml:{start.line + 1}: ")
        assert f": 0{node.value} begins with a zero, so YAML " in found[0]
        assert found[0].endswith(f"; write {node.value}")


NUMBERS = {
    "octal": ("vlan: 0100", "vlan: 0100 begins with a zero, so YAML reads it as 64; write 100"),
    "no octal digits": ("vlan: 0099", "vlan: 0099 begins with a zero, so YAML takes such numbers as octal; write 99"),
    "hexadecimal": ("vlan: 0x1f", "vlan: 0x1f is read by YAML as 31; write the number in decimal"),
    "binary": ("vlan: 0b11", "vlan: 0b11 is read by YAML as 3; write the number in decimal"),
    "base 60": ("vlan: 1:30", "vlan: 1:30 is read by YAML as 90; write the number in decimal"),
    "underscores": ("vlan: 1_00", "vlan: 1_00 is read by YAML as 100; write the number in decimal"),
    "quoted": ('vlan: "0100"', ""),
    "a range": ("vlans: 0100-0110", ""),
}


@pytest.mark.parametrize(("text", "expected"), NUMBERS.values(), ids=NUMBERS)
def test_numbers_that_yaml_reads_otherwise(tmp_path: pathlib.Path, text: str, expected: str) -> None:
    found = errors(tmp_path, f"{HEAD}  n2: {{{text}}}\n{NODE.replace(', port: leaf1/Ethernet1', '')}")
    assert found == ([f"cloud.yml:5: networks.n2.{expected}"] if expected else [])


def test_numbers_in_lists_defaults_and_merged_mappings(tmp_path: pathlib.Path) -> None:
    text = (
        f"{HEAD}x-mtu: &mtu {{mtu: 03000}}\ndefaults: {{machine: {{location: {{height: 02}}}}}}\n"
        "switches: {leaf1: {platform: unmanaged, address: 10.10.0.9, vlans: [010, 20-030], <<: *mtu}}\n"
    )
    assert [problem.split(": ", 1)[1] for problem in errors(tmp_path, text + NODE)] == [
        "defaults.machine.location.height: 02 begins with a zero, so YAML reads it as 2; write 2",
        "switches.leaf1.mtu: 03000 begins with a zero, so YAML reads it as 1536; write 3000",
        "switches.leaf1.vlans[0]: 010 begins with a zero, so YAML reads it as 8; write 10",
    ]


def test_texts_of_digits_may_begin_with_zeros(tmp_path: pathlib.Path) -> None:
    node = NODE.replace("{nics", '{storage_disks: [{serial: 00987}], labels: {a: "010"}, nics').replace(
        ", port: leaf1/Ethernet1", ""
    )
    assert errors(tmp_path, HEAD + node) == []


VALUES = {
    "MAC": (
        "nics: {nic0: {mac: 52:54:00:00:01:03}}",
        "nics.nic0.mac: 52:54:00:00:01:03 is not a string; give six bytes in quotes",
    ),
    "octal serial": ("root_disk: {serial: 0777}", "root_disk.serial: 0777 is not a string"),
    "date": ("root_disk: {serial: 2026-01-02}", "root_disk.serial: 2026-01-02 is not a string"),
    "float": ("identity: {serial: 1.50}", "identity.serial: 1.50 is not a string"),
    "yes": ("labels: {a: yes}", "labels.a: yes is not a string"),
    "name": ("labels: {010: a}", "labels.010: 010 is not a string"),
    "unknown key": ("1:30: a", "1:30: is an unknown key"),
    "word": ("firmware: on", "firmware: on is not one of uefi, bios"),
    "list": ("networks: 010", "networks: 010 is not a list; write [010]"),
    "mapping": ("bmc: 1_0", "bmc: 1_0 is not a mapping"),
}


@pytest.mark.parametrize(("text", "expected"), VALUES.values(), ids=VALUES)
def test_values_are_shown_as_they_were_written(tmp_path: pathlib.Path, text: str, expected: str) -> None:
    nics = "" if text.startswith("nics") else ', nics: {nic0: {mac: "52:54:00:00:01:00"}}'
    found = errors(tmp_path, f"{HEAD}machines:\n  node1: {{{text}{nics}}}\n")
    assert [problem for problem in found if problem.startswith(f"cloud.yml:6: machines.node1.{expected}")], found


def test_a_secret_is_not_shown_as_it_was_written(tmp_path: pathlib.Path) -> None:
    found = errors(tmp_path, HEAD + NODE.replace("{nics", "{bmc: {address: 10.9.0.1, password: 0123456}, nics"))
    assert not [problem for problem in found if "0123456" in problem or "42798" in problem], found
    assert [problem for problem in found if "bmc.password: (hidden) is not a string" in problem]


def test_the_origin_of_a_value_is_named_with_its_line(tmp_path: pathlib.Path) -> None:
    node = NODE.replace("nics: {", 'nics: {nic1: {mac: "52:54:00:00:01:01"}, ')
    text = (
        f"{HEAD}defaults:\n  machine: {{bond: {{members: [nic1, nic9]}}}}\n"
        f"switches: {{leaf1: {{platform: unmanaged, address: 10.10.0.1, ports: [Ethernet1-8]}}}}\n{node}"
    )
    provisioner = "cloud.yml:1: provisioner.addresses.provision (the default): 10.10.0.1 is already the address of "
    member = (
        "cloud.yml:6: machines.node1.bond.members[1] (from defaults.machine.bond.members): nic9 is not a NIC of node1; "
    )
    assert errors(tmp_path, text) == [
        f"{provisioner}switches.leaf1.address; give another address",
        f"{member}did you mean nic1?",
    ]
