# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines with the same UUID in their firmware, between which libvirt migrates nothing."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import kubevirt_hosts
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError

Params = dict[str, Any]
SAME, OTHER = "03000200-0400-0500-0006-000700080009", "4c4c4544-0050-5a10-804a-b1c04f334e32"
COMPUTE = {"groundup.cloud/compute": "true"}


class Server:
    """An API server with nodes: name -> UUID; those whose name begins with m run no virtual machines."""

    server, warnings = "https://x", list[str]()

    def __init__(self, **nodes: str | None) -> None:
        self.nodes = [
            {"metadata": {"name": name, "labels": {} if name.startswith("m") else COMPUTE},
             "status": {"nodeInfo": {"systemUUID": uuid}} if uuid is not None else {}}
            for name, uuid in nodes.items()
        ]  # fmt: skip

    def call(self, method: str, path: str, *_: Any, **__: Any) -> Params:
        assert (method, path) == ("GET", kubevirt_hosts.NODES)
        return {"kind": "NodeList", "items": self.nodes, "metadata": {}}


TWINS = Server(n3=SAME, n1=SAME.upper(), n2=OTHER)
PARAMS = {"node_labels": COMPUTE, "eviction": "live_migrate"}


def test_they_are_refused_by_name_before_there_is_kubevirt() -> None:
    with pytest.raises(
        ClusterLayerError, match=f"kubevirt: n1, n3 have the same UUID in their firmware, {SAME}, so no"
    ):
        kubevirt_hosts.refuse_twins(TWINS, PARAMS, None)  # type: ignore[arg-type]


def test_a_cloud_that_runs_virtual_machines_is_warned_alone() -> None:
    kubevirt_hosts.refuse_twins(TWINS, PARAMS, {"metadata": {}})  # type: ignore[arg-type]
    (text,) = kubevirt_hosts.warnings(TWINS, PARAMS)  # type: ignore[arg-type]
    assert text.startswith("n1, n3 have the same UUID") and "let one of them run no virtual machines" in text


@pytest.mark.parametrize(
    ("server", "params"),
    [
        (Server(n1=SAME, n2=OTHER), PARAMS),
        (Server(n1=SAME, m1=SAME), PARAMS),
        (Server(n1="", n2="", n3=None, n4=None, n5="x", n6="x"), PARAMS),
        (TWINS, {**PARAMS, "eviction": "none"}),
    ],
)
def test_others_are_not_refused(server: Server, params: Params) -> None:
    assert kubevirt_hosts.warnings(server, params) == []  # type: ignore[arg-type]
    kubevirt_hosts.refuse_twins(server, params, None)  # type: ignore[arg-type]


def test_it_counts_where_the_input_does_not_say_what_a_drain_does() -> None:
    assert len(kubevirt_hosts.warnings(TWINS, {})) == 1  # type: ignore[arg-type]
