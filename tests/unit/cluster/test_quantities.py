# SPDX-License-Identifier: GPL-3.0-or-later
"""Quantities as Kubernetes writes them."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.quantities import canonical


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2048Mi", "2Gi"),
        ("1024Ki", "1Mi"),
        ("1536Mi", "1536Mi"),
        ("4096Gi", "4Ti"),
        ("1000M", "1G"),
        ("1500M", "1500M"),
        ("3000", "3k"),
        ("1073741824", "1073741824"),
        ("1024Ei", "1024Ei"),
        ("007Mi", "7Mi"),
        ("0Mi", "0"),
        ("500Mi", "500Mi"),
    ],
)
def test_a_quantity_gets_its_largest_suffix(given: str, expected: str) -> None:
    assert canonical(given) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize("given", ["", "1.5Gi", "-1Mi", "1e3", "Mi", "1K", "1mi"])
def test_what_is_no_whole_quantity_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="is no whole quantity"):
        canonical(given)
