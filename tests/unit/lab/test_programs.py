# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs and files of the distribution, with the paths of different releases."""

from __future__ import annotations

import ast
import pathlib

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.lab import programs
from ansible_collections.groundup.cloud.plugins.module_utils.lab.lifecycle import PARTS

MODULE = pathlib.Path(__file__).parents[3] / "plugins/modules/virtual_rack.py"
OLD, NEW = "/usr/lib/ipxe/qemu/efi-virtio.rom", "/usr/share/qemu/efi-virtio.rom"


@pytest.mark.parametrize(
    ("absent", "missing"),
    [([], []), ([OLD], []), ([NEW], []), ([OLD, NEW], [f"{NEW} or {OLD}"]), ([programs.PYTHON], [programs.PYTHON])],
    ids=["all installed", "Debian 13", "Debian 12", "no iPXE", "no Python"],
)
def test_a_file_is_missing_if_no_path_exists(
    absent: list[str], missing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs.shutil, "which", lambda name, path: name)
    monkeypatch.setattr(programs.os.path, "exists", lambda path: path not in absent)
    assert programs.missing_programs() == missing


def test_the_module_takes_all_parts_in_the_order_of_their_start() -> None:
    assigned = [node for node in ast.parse(MODULE.read_text()).body if isinstance(node, ast.Assign)]
    values = {ast.unparse(node.targets[0]): node.value for node in assigned}
    assert list(PARTS) == ast.literal_eval(values["PARTS"])
    options = yaml.safe_load(ast.literal_eval(values["DOCUMENTATION"]))["options"]["parts"]
    assert options["choices"] == options["default"] == list(PARTS)
