# SPDX-License-Identifier: GPL-3.0-or-later
"""The key that signs a bundle's packages leaves nothing behind, whatever gpg-agent does as it ends."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import signing


def test_a_socket_that_the_agent_removes_first_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "S.gpg-agent.extra").touch()
    remove: Any = shutil.rmtree
    calls = []

    def agent_first(path: str) -> None:
        calls.append(path)
        if len(calls) == 1:
            raise FileNotFoundError(2, "No such file or directory", "S.gpg-agent.extra")
        remove(path)

    monkeypatch.setattr(shutil, "rmtree", agent_first)
    signing._remove(str(home))
    assert len(calls) == 2 and not home.exists()
    signing._remove(str(home))
    assert len(calls) == 2, "nothing is there"


def test_another_error_is_not_swallowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "rmtree", refuse)
    with pytest.raises(PermissionError):
        signing._remove(str(tmp_path))
