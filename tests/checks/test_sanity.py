# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity, as far as it works without reaching beyond package indexes (tools/sanity names the rest)."""

from __future__ import annotations

from concurrent.futures import Future

import pytest
from checks.commands import command


def sanity() -> None:
    command("sanity", "tools/sanity", minutes=20)


@pytest.mark.beside(run=sanity)
def test_sanity(beside: Future[object]) -> None:
    beside.result()
