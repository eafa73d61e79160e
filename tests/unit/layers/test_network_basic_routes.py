# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes to the pods of nodes on the host of a hosted control plane."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.layers.network_basic_routes import perform

NODES = {
    "node1": {"pod_cidr": "10.64.0.0/24", "address": "10.30.0.21"},
    "node2": {"pod_cidr": "10.64.1.0/24", "address": "10.30.0.22"},
    "node3": {"pod_cidr": "", "address": "10.30.0.23"},
}


class FakeHost(System):
    """A host with one wrong and one outdated route, which records what is set."""

    def __init__(self) -> None:
        super().__init__()
        self.routes = {"10.64.1.0/24": "10.30.0.99", "10.64.7.0/24": "10.30.0.27"}

    def run(self, argv: t.Sequence[str], **_kwargs: t.Any) -> str:
        if argv[1] == "-json":
            return json.dumps([{"dst": to, "gateway": via} for to, via in self.routes.items()])
        if argv[2] == "replace":
            self.routes[argv[3]] = argv[5]
        else:
            del self.routes[argv[3]]
        return ""


def test_routes_follow_the_nodes() -> None:
    host = FakeHost()
    steps = ["route 10.64.0.0/24 via 10.30.0.21", "route 10.64.1.0/24 via 10.30.0.22", "remove route 10.64.7.0/24"]
    assert perform(NODES, True, host)["steps"] == steps
    assert len(host.routes) == 2 and host.routes["10.64.1.0/24"] == "10.30.0.99", "check mode changes nothing"
    assert perform(NODES, False, host)["steps"] == steps
    assert host.routes == {"10.64.0.0/24": "10.30.0.21", "10.64.1.0/24": "10.30.0.22"}
    assert not perform(NODES, False, host)["changed"]
