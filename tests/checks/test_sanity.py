# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity, as far as it works without reaching beyond package indexes (tools/sanity names the rest)."""

from __future__ import annotations

from checks.commands import command


def test_sanity() -> None:
    command("sanity", "tools/sanity", minutes=20)
