# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of callbacks share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.callback import progress, steps


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines that callbacks print."""
    lines: list[str] = []
    for callback in (progress, steps):
        init = callback.CallbackModule.__init__

        def quiet(self: Any, init: Any = init) -> None:
            init(self)
            self._display = SimpleNamespace(
                display=lambda text, **__: lines.append(text), warning=lambda text: lines.append(f"warning {text}")
            )

        monkeypatch.setattr(callback.CallbackModule, "__init__", quiet)
    return lines
