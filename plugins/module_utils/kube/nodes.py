# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give nodes the labels and taints that the model wants (see `node_patch`)."""

from __future__ import annotations

import typing as t

from ..host.system import System
from ..plan.base import Change, Changes
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing
from ..waiting.wait import TimedOut, wait
from .access import admin, has_login
from .api import Api, Refused, Unreachable
from .errors import KubeError
from .node_patch import Wanted, patch, plan, sides
from .observe import node
from .ready import await_nodes, live
from .settings import Settings

#: HTTP status of a change to a revision of an object that is no longer the last one.
CONFLICT = 409


def apply(api: Api, wanted: Wanted, found: t.Mapping[str, t.Mapping[str, t.Any]], deadline: Deadline) -> None:
    """Send one request per node that differs, repeated while the API does not answer, or while others change the node.

    A merge patch replaces all taints, also those that the node controller or fencing has set since the node was read.
    So it carries the node's ``resourceVersion``: the API server refuses it then (409), and the node is read again.

    :raises KubeError: the API refused a patch, or did not take it until the deadline.
    """
    for name, want in sorted(wanted.items()):
        if name not in found:
            continue
        attempt = _Attempt(api, name, want, found[name])
        try:
            wait(attempt.send, deadline, what=f"the API to take the labels and taints of {name}")
        except TimedOut as error:
            raise KubeError(str(error)) from error


class _Attempt:
    """The change of one node, compared anew with the node where somebody else was faster."""

    def __init__(self, api: Api, name: str, want: t.Mapping[str, t.Any], have: t.Mapping[str, t.Any]) -> None:
        self.api, self.path, self.want = api, f"/api/v1/nodes/{name}", want
        self.have: t.Mapping[str, t.Any] | None = have

    def send(self) -> bool | Missing:
        """Whether nothing is left to do, or what the wait is for."""
        try:
            if self.have is None:
                self.have = self._read()
            body = patch(self.want, self.have)
            if body:
                self.api.patch(self.path, _guarded(body, self.have["revision"]))
        except Unreachable as error:
            return Missing.of("the API", str(error))
        except Refused as error:
            if error.status != CONFLICT:
                raise
            self.have = None
            return Missing.of(self.path, str(error))
        return True

    def _read(self) -> dict[str, t.Any]:
        item = self.api.get(self.path)
        if item is None:
            raise KubeError(f"{self.path} was removed meanwhile; run again, so that its machine joins anew")
        return node(item)


def _guarded(body: t.Mapping[str, t.Any], revision: str) -> dict[str, t.Any]:
    """The patch; with taints in it, the API server takes it for this revision of the node only."""
    if "spec" not in body:
        return dict(body)
    return {**body, "metadata": {**body.get("metadata", {}), "resourceVersion": revision}}


def perform(settings: Settings, params: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """The module kubernetes_node_settings: set labels and taints once the nodes are registered.

    Check mode does not wait for nodes, and compares those that exist.
    """
    if check and not has_login(settings, System(settings.root)):
        steps = [f"label node {name}" for name in params["nodes"]]
        return {"changed": True, "patches": {}, "nodes": {}, "steps": steps}
    api, deadline = admin(settings, System(settings.root)), Deadline(params["timeout"])
    found = (
        live(api)
        if check
        else await_nodes(api, list(params["nodes"]), deadline, ready=False, ranges=not settings.existing)
    )
    patches = plan(params["nodes"], found)
    if not check:
        apply(api, params["nodes"], found, deadline)
    changes = Changes(tuple(Change(f"label node {name}", *sides(found[name], body)) for name, body in patches.items()))
    return {**changes.result(), "patches": patches, "nodes": found}
