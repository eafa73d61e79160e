# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes on which a layer's pods run, as inputs of roles name them and as pods are placed on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Params = Mapping[str, Any]
Json = dict[str, Any]


def placement(params: Params) -> Json:
    """The selector and the tolerations of pods on these nodes.

    :param params: ``node_labels`` and ``tolerations``, of which each is a taint.
    """
    found = tolerations(params)
    labels = {"kubernetes.io/os": "linux", **(params.get("node_labels") or {})}
    return {"nodeSelector": labels, **({"tolerations": found} if found else {})}


def tolerations(params: Params) -> list[Json]:
    """The tolerations of the taints."""
    return [
        {
            "key": str(taint["key"]),
            **({"operator": "Equal", "value": str(taint["value"])} if taint.get("value") else {"operator": "Exists"}),
            "effect": str(taint["effect"]),
        }
        for taint in params.get("tolerations") or ()
    ]
