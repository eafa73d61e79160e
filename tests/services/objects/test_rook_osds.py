# SPDX-License-Identifier: GPL-3.0-or-later
"""ceph_osd where Rook runs the OSDs: a real Ceph, and a real API server with upstream's kinds.

Doubles: no Rook, no controller and no kubelet run. The Deployments of OSDs are written by the test, and what a kubelet
does when one is scaled is done to the real daemon of the OSD.
"""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.osd import perform
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.osd_plan import Action, Step
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.runner import Ceph, CephError
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_layer import CLUSTER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_osds import LABEL, RookDaemons
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.ceph.conftest import Cluster, raised
from services.objects import rook
from services.objects.rook import Params
from services.objects.test_rook_ceph import Applied, snapshots

pytestmark = pytest.mark.services
DEPLOYMENTS = "/apis/apps/v1/namespaces/rook-ceph/deployments"


def config(machines: int) -> Params:
    """Machines node0, node1 … with a disk each."""
    nodes = [{"node": f"node{number}", "disks": [rook.disk(f"d{number}")]} for number in range(machines)]
    return {**rook.config(), "nodes": nodes}


def deployment(number: int) -> Params:
    """The Deployment of an OSD, with the labels that Rook gives it."""
    labels = {"app": "rook-ceph-osd", "ceph-osd-id": str(number)}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "osd", "image": "x"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": f"rook-ceph-osd-{number}", "labels": labels}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


class Killed(Exception):
    """The run was killed."""


class Changes:
    """Changes, by `ceph` or by the API, after which a run is killed."""

    def __init__(self, left: int) -> None:
        self.left = left

    def count(self) -> None:
        if not self.left:
            raise Killed
        self.left -= 1


class Double(RookDaemons):
    """Rook's daemons with a double of the kubelet, which starts and stops the OSD as its Deployment says."""

    def __init__(self, api: Https, cluster: Cluster, changes: Changes) -> None:
        super().__init__(api, "rook-ceph", "rook-ceph")
        self.api, self.cluster, self.changes = api, cluster, changes

    def act(self, step: Step, known: t.Any) -> None:
        self.changes.count()
        super().act(step, known)
        if step.action in (Action.STOP, Action.START):
            name = f"osd.{step.osd}"
            wanted = self.api.call("GET", f"{DEPLOYMENTS}/rook-ceph-osd-{step.osd}")["spec"]["replicas"]
            if not wanted and name in self.cluster.daemons:
                self.cluster.kill(name)
            elif wanted and name not in self.cluster.daemons:
                self.cluster.start("osd", str(step.osd))


class Counted(Ceph):
    """`ceph` in such a run."""

    def __init__(self, command: list[str], changes: Changes) -> None:
        super().__init__(command)
        self.changes = changes

    def act(self, *words: str) -> None:
        self.changes.count()
        super().act(*words)


class Tried(t.NamedTuple):
    cluster: Cluster
    applied: Applied
    api: Https


@pytest.fixture(scope="module")
def tried(kubeconfig: str, api: Https, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Tried]:
    with raised(tmp_path_factory.mktemp("ceph"), osds=4) as cluster:
        applied = Applied(kubeconfig, api)
        applied.join(*(rook.node(f"node{number}") for number in range(4)))
        snapshots(applied)
        applied(config(4))
        for number in range(4):
            api.call("POST", DEPLOYMENTS, body=deployment(number))
        yield Tried(cluster, applied, api)


def osd(tried: Tried, state: str, number: int, left: int = 1000, **more: t.Any) -> Params:
    """One run, which is killed after so many changes."""
    changes = Changes(left)
    ceph, daemons = Counted(tried.cluster.command, changes), Double(tried.api, tried.cluster, changes)
    standard = {"osds": [{"id": number}], "state": state, "consent": [f"node{number}"], "lost": [], "erased": False}
    return perform({**standard, "timeout": 240, **more}, False, ceph, daemons)


def states(tried: Tried) -> dict[int, str]:
    return {one["osd"]: f"{one['up']}{one['in']}" for one in tried.cluster.ask("osd", "dump")["osds"]}


def label(tried: Tried) -> str | None:
    found: str | None = (tried.applied.get(CLUSTER)["metadata"].get("labels") or {}).get(LABEL)
    return found


def test_an_osd_whose_disk_is_still_listed_is_refused(tried: Tried) -> None:
    with pytest.raises(CephError, match=r"osd\.3: the CephCluster lists 1 disks of node3, .* run the role rook_ceph"):
        osd(tried, "removed", 3)
    with pytest.raises(CephError, match=r"Rook 1\.20 gives a new disk the lowest free id"):
        osd(tried, "destroyed", 3)
    assert states(tried)[3] == "11" and label(tried) is None


def test_one_that_is_stopped_is_taken_back(tried: Tried) -> None:
    tried.applied(config(3))  # the model has the machine's disk no more
    with pytest.raises(Killed):
        osd(tried, "removed", 3, left=3)  # marked out, Rook held, stopped
    tried.cluster.until(lambda: states(tried)[3] == "00")
    assert label(tried) == "groundup.cloud"
    found = osd(tried, "in", 3)
    assert found["steps"][0] == "osd.3: start its daemon" and "osd.3: mark in" in found["steps"]
    assert states(tried)[3] == "11" and label(tried) is None and found["held"] == []


def test_one_is_removed_by_runs_that_are_killed_after_each_step(tried: Tried) -> None:
    killed = 0
    while True:
        try:
            found = osd(tried, "removed", 3, left=1)
            break
        except Killed:
            killed += 1
    assert killed == 4, "out, held, stopped, purged; the run that removes the Deployment ends"
    assert found["steps"] == ["osd.3: remove its Deployment"]
    assert 3 not in states(tried) and found["osds"][0]["state"] == "none"
    assert not tried.applied.exists(f"{DEPLOYMENTS}/rook-ceph-osd-3")
    assert label(tried) == "groundup.cloud" and found["held"] == ["osd.3"]
    assert found["warnings"] == [
        "Rook looks after nothing until the disks of osd.3 are erased or pulled; then run again with erased"
    ]


def test_rook_is_held_until_the_disk_is_erased(tried: Tried) -> None:
    tried.applied(config(3))
    assert label(tried) == "groundup.cloud", "another run of the role changes nothing of it"
    assert not osd(tried, "removed", 3)["changed"]
    found = osd(tried, "removed", 3, erased=True)
    assert found["steps"] == ["osd.3: let Rook look after the cluster again"] and label(tried) is None
    assert not osd(tried, "removed", 3, erased=True)["changed"]
