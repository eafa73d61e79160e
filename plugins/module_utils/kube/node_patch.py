# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between labels and taints of nodes and those of the model. Those that others set stay."""

from __future__ import annotations

import json
import typing as t

from .observe import MANAGED

Wanted = t.Mapping[str, t.Mapping[str, t.Any]]


def plan(wanted: Wanted, nodes: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, dict[str, t.Any]]:
    """Merge patches by node, for those that differ.

    ``wanted``: {node: {labels?: {}, taints?: [{key, value?, effect}]}}. ``nodes``: {node: {labels, taints, managed}}.
    An annotation records which labels and taints were set here, so that one that leaves the model is removed.
    """
    patches = {name: patch(want, nodes[name]) for name, want in sorted(wanted.items()) if name in nodes}
    return {name: found for name, found in patches.items() if found}


def patch(want: t.Mapping[str, t.Any], have: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The merge patch of one node; empty when nothing differs."""
    before = json.loads(have["managed"] or "{}")
    labels = {str(key): str(value) for key, value in (want.get("labels") or {}).items()}
    taints = sorted((dict(taint) for taint in want.get("taints") or ()), key=_name)
    owned = {"labels": sorted(labels), "taints": [_name(taint) for taint in taints]}
    gone = {key: None for key in before.get("labels", ()) if key not in labels and key in have["labels"]}
    set_labels = {key: value for key, value in labels.items() if have["labels"].get(key) != value}
    names = {*owned["taints"], *before.get("taints", ())}
    foreign = [taint for taint in have["taints"] if _name(taint) not in names]
    result: dict[str, t.Any] = {}
    if set_labels or gone:
        result["metadata"] = {"labels": set_labels | gone}
    if _sorted(have["taints"]) != _sorted(foreign + taints):
        result["spec"] = {"taints": foreign + taints}
    if owned != before and (owned["labels"] or owned["taints"] or before):
        result.setdefault("metadata", {})["annotations"] = {MANAGED: json.dumps(owned, sort_keys=True)}
    return result


def sides(have: t.Mapping[str, t.Any], body: t.Mapping[str, t.Any]) -> tuple[str, str]:
    """Labels and taints as they are, and the patch, as the two sides of a diff."""
    before = json.dumps({key: have[key] for key in ("labels", "taints")}, indent=1, sort_keys=True)
    return f"{before}\n", f"{json.dumps(body, indent=1, sort_keys=True)}\n"


def _name(taint: t.Mapping[str, str]) -> str:
    return f"{taint['key']}:{taint['effect']}"


def _sorted(taints: t.Iterable[t.Mapping[str, str]]) -> list[t.Any]:
    """Taints for comparison, without the time at which somebody set one (``timeAdded``)."""
    return sorted(({k: v for k, v in taint.items() if v and k != "timeAdded"} for taint in taints), key=_name)
