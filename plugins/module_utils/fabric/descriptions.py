# SPDX-License-Identifier: GPL-3.0-or-later
"""What descriptions of ports and aggregations tell, as the model writes them."""

from __future__ import annotations


def machine_in(description: str) -> str:
    """The part that stays where a port becomes one of a bond: ``node1`` of ``node1.nic0``, and of
    ``node1_storage.bond1``, as an aggregation of a machine with several is described."""
    return description.partition(".")[0].partition("_")[0]
