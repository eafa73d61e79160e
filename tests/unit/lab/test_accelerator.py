# SPDX-License-Identifier: GPL-3.0-or-later
"""The choice of an accelerator: by booting a guest, and only if the processor supports virtualization."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.lab import accelerator
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import LabError


def test_the_probe_is_a_boot_sector() -> None:
    sector = accelerator.boot_sector()
    assert len(sector) == 512
    assert sector.endswith(b"\x55\xaa")


@pytest.mark.parametrize(("wanted", "virtualizes", "node", "boots", "expected"), [
    ("tcg", True, True, True, "tcg"),
    ("auto", True, True, True, "kvm"),
    ("auto", True, True, False, "tcg"),
    ("auto", True, False, True, "tcg"),
    ("auto", False, True, True, "tcg"),
    ("kvm", True, True, True, "kvm"),
])  # fmt: skip
def test_auto_chooses_kvm_only_if_a_guest_boots(
    monkeypatch: pytest.MonkeyPatch, wanted: str, virtualizes: bool, node: bool, boots: bool, expected: str
) -> None:
    _machine(monkeypatch, virtualizes, node, boots)
    assert accelerator.choose(wanted) == expected


def test_kvm_that_does_not_boot_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _machine(monkeypatch, virtualizes=True, node=True, boots=False)
    with pytest.raises(LabError, match="no guest boots with it"):
        accelerator.choose("kvm")


def test_an_unknown_accelerator_is_refused() -> None:
    with pytest.raises(LabError, match="choose one of auto, kvm, tcg"):
        accelerator.choose("hax")


def _machine(monkeypatch: pytest.MonkeyPatch, virtualizes: bool, node: bool, boots: bool) -> None:
    monkeypatch.setattr(accelerator, "processor_virtualizes", lambda: virtualizes)
    monkeypatch.setattr(accelerator.os.path, "exists", lambda _path: node)
    monkeypatch.setattr(accelerator, "boots_with", lambda _name: boots)
