# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity, as far as it works without reaching beyond package indexes (tools/sanity names the rest)."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.beside("tools/sanity", minutes=20)
def test_sanity(succeeds: Callable[[], None]) -> None:
    succeeds()
