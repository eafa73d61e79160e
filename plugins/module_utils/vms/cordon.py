# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mark by which a node that was cordoned here is told from one that somebody else has cordoned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..conditions.fields import Item, at

#: Annotation of a node that was cordoned here; its value says when.
MARK = "groundup.cloud/cordoned"


def is_cordoned(node: Item) -> bool:
    """Whether the scheduler leaves the node out."""
    return bool(at(node, "spec", "unschedulable"))


def is_marked(node: Item) -> bool:
    """Whether the node bears the mark."""
    return MARK in (at(node, "metadata", "annotations") or {})


def is_ours(node: Item) -> bool:
    """Whether it is cordoned, and was cordoned here."""
    return is_cordoned(node) and is_marked(node)


def cordon(node: Item, now: str) -> dict[str, Any]:
    """The merge patch that cordons a node; empty where it is cordoned, by whomever.

    A mark that was left on a node that somebody has uncordoned is renewed. The patch has the node's resource version,
    so that it is refused if somebody else cordons the node meanwhile.
    """
    return {} if is_cordoned(node) else _patch(node, True, now)


def uncordon(node: Item) -> dict[str, Any]:
    """The merge patch that uncordons a node; empty where nothing was cordoned here. A mark without effect goes too."""
    if not is_marked(node):
        return {}
    return _patch(node, None, None) if is_cordoned(node) else _patch(node, None, None, spec=False)


def _patch(node: Item, unschedulable: bool | None, mark: str | None, *, spec: bool = True) -> dict[str, Any]:
    meta = {"resourceVersion": at(node, "metadata", "resourceVersion"), "annotations": {MARK: mark}}
    return {"metadata": meta, **({"spec": {"unschedulable": unschedulable}} if spec else {})}


def described(node: Mapping[str, Any], patch: Mapping[str, Any]) -> tuple[str, str]:
    """Both sides of the change for a diff."""
    marked = at(node, "metadata", "annotations", MARK)
    before = {"unschedulable": is_cordoned(node), MARK: marked}
    after = {
        "unschedulable": bool(at(patch, "spec", "unschedulable")) if "spec" in patch else is_cordoned(node),
        MARK: patch["metadata"]["annotations"][MARK],
    }
    return _lines(before), _lines(after)


def _lines(values: Mapping[str, Any]) -> str:
    return "".join(f"{key}: {str(value).lower() if value is not None else 'none'}\n" for key, value in values.items())
