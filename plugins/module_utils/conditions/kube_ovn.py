# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule for provider networks of Kube-OVN, which have a condition Ready for each node (pkg/apis/kubeovn/v1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..waiting.missing import Row
from .fields import Item, Rule, at, lacking

GROUP = "kubeovn.io"


def provider_network(item: Item, _now: datetime) -> Row | None:
    """Which node has no switch of the network, with the reason of its daemon."""
    waiting = at(item, "status", "notReadyNodes") or []
    if waiting:
        entries = at(item, "status", "conditions") or []
        told: Item = next((one for one in entries if one.get("node") == waiting[0] and one.get("status") != "True"), {})
        why = str(told.get("message") or told.get("reason") or "no reason is given")
        more = f"; and {len(waiting) - 1} more nodes" if len(waiting) > 1 else ""
        return lacking(item, f"{waiting[0]} has no switch of it: {why}{more}")
    return None if at(item, "status", "readyNodes") else lacking(item, "no node has a switch of it yet")


RULES: Mapping[tuple[str, str], Rule] = {(GROUP, "ProviderNetwork"): provider_network}
