# SPDX-License-Identifier: GPL-3.0-or-later
"""All of Ceph stopped and started: the order, what prevents it, and what a run finds that another one has begun."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.runner import CephError, NoAnswer
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import rook_ceph_power, rook_ceph_stopped
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError, Refused
from ansible_collections.groundup.cloud.plugins.module_utils.prove.ceph_pod import Recorded
from checks.clock import SkippingClock
from unit.prove.ceph_answers import answers

Params = dict[str, t.Any]
DEPLOYMENTS, OPERATOR = "/apis/apps/v1/namespaces/rook-ceph/deployments", "rook-ceph-operator"
#: Deployments with their labels `app` and replicas, in an order that is none.
RUNNING = {
    "rook-ceph-mon-a": ("rook-ceph-mon", 1), "rook-ceph-osd-0": ("rook-ceph-osd", 1), OPERATOR: ("", 1),
    "rook-ceph-exporter-n1": ("rook-ceph-exporter", 1), "rook-ceph-rgw-objects-a": ("rook-ceph-rgw", 2),
    "rook-ceph-mgr-a": ("rook-ceph-mgr", 1), "rook-ceph-mds-files-a": ("rook-ceph-mds", 1),
    "rook-ceph-osd-1": ("rook-ceph-osd", 0), "rook-ceph-tools": ("rook-ceph-tools", 1),
}  # fmt: skip
STOPPING = [
    OPERATOR, "rook-ceph-rgw-objects-a", "rook-ceph-mds-files-a", "rook-ceph-exporter-n1", "rook-ceph-osd-0",
    "rook-ceph-mgr-a", "rook-ceph-mon-a",
]  # fmt: skip


class World(Recorded):
    """An API server whose Deployments are followed by their pods at once, and the Ceph that they run."""

    server, warnings = "https://x", list[str]()

    def __init__(self) -> None:
        super().__init__(answers())
        self.objects = {name: self._deployment(name, *given) for name, given in RUNNING.items()}
        self.attached: list[Params] = []
        self.done: list[str] = []
        self.fail_at = self.hanging = self.unready = ""

    @staticmethod
    def _deployment(name: str, app: str, replicas: int) -> Params:
        labels = {"app": app, **({"rook_cluster": "rook-ceph"} if app not in ("", "rook-ceph-tools") else {})}
        return {"metadata": {"name": name, "labels": labels, "annotations": {}}, "spec": {"replicas": replicas}}

    @property
    def flags(self) -> list[str]:
        found: list[str] = self._answers["osd", "dump"]["flags_set"]  # type: ignore[index]
        return found

    def call(self, method: str, path: str, query: t.Any = None, body: t.Any = None, **_: t.Any) -> Params:
        if method == "PATCH":
            return self._patch(path.rpartition("/")[2], body)
        if path == DEPLOYMENTS:
            for name, item in self.objects.items():
                item["status"] = {"readyReplicas": 0 if name == self.unready else item["spec"]["replicas"]}
            return {"kind": "DeploymentList", "items": list(self.objects.values()), "metadata": {}}
        if path.startswith(DEPLOYMENTS):
            return self.objects[path.rpartition("/")[2]]
        if path.endswith("/pods"):
            hangs = bool(self.hanging) and f"app={self.hanging}" == query["labelSelector"]
            return {"kind": "PodList", "items": [{"metadata": {"name": "hangs"}}] if hangs else [], "metadata": {}}
        assert path.endswith("/volumeattachments")
        return {"kind": "VolumeAttachmentList", "items": self.attached, "metadata": {}}

    def _patch(self, name: str, body: Params) -> Params:
        if name == self.fail_at:
            raise Refused(500, "the run is killed")
        item = self.objects[name]
        item["spec"]["replicas"] = body["spec"]["replicas"]
        marks = item["metadata"]["annotations"] | body["metadata"]["annotations"]
        item["metadata"]["annotations"] = {key: value for key, value in marks.items() if value is not None}
        self.done.append(f"{name}={body['spec']['replicas']}")
        return item

    def read_all(self, *commands: t.Any) -> list[t.Any]:
        if not self.objects["rook-ceph-mon-a"]["spec"]["replicas"]:
            raise NoAnswer("no monitor answers")
        return super().read_all(*commands)

    def act(self, *words: str) -> None:
        if not self.objects["rook-ceph-mon-a"]["spec"]["replicas"]:
            raise NoAnswer("no monitor answers")
        self.done.append(" ".join(words))
        left = {*self.flags} - {words[-1]}
        self.flags[:] = sorted(left | {words[-1]} if words[1] == "set" else left)

    def run(self, state: str, *, check: bool = False) -> Params:
        clock = SkippingClock()
        return rook_ceph_power.perform({"state": state, "timeout": 60}, check, self, self, clock)  # type: ignore[arg-type]


def test_everything_stops_in_order_and_starts_the_other_way_round() -> None:
    world = World()
    stopped = world.run("stopped")
    assert stopped["steps"] == [f"stop Deployment rook-ceph/{name}" for name in STOPPING]
    assert world.done == [f"{OPERATOR}=0", "osd set noout", *(f"{name}=0" for name in STOPPING[1:])]
    assert not world.run("stopped")["changed"]
    world.done.clear()
    started = world.run("running")
    assert started["steps"] == [f"start Deployment rook-ceph/{name}" for name in reversed(STOPPING)]
    numbers = {"rook-ceph-rgw-objects-a": 2}
    assert world.done == [
        *(f"{name}={numbers.get(name, 1)}" for name in reversed(STOPPING[1:])), "osd unset noout", f"{OPERATOR}=1",
    ]  # fmt: skip
    assert world.objects["rook-ceph-osd-1"]["spec"]["replicas"] == 0, "somebody else has stopped it"
    assert not world.run("running")["changed"] and world.flags == []
    assert all(not one["metadata"]["annotations"] for one in world.objects.values())


@pytest.mark.parametrize("name", STOPPING)
def test_a_run_that_is_killed_is_taken_up(name: str) -> None:
    world = World()
    world.fail_at = name
    with pytest.raises(Refused):
        world.run("stopped")
    world.fail_at = ""
    world.run("stopped")
    assert not any(world.objects[one]["spec"]["replicas"] for one in STOPPING) and world.flags == ["noout"]
    world.fail_at = name
    with pytest.raises(Refused):
        world.run("running")
    world.fail_at = ""
    world.run("running")
    assert {one: world.objects[one]["spec"]["replicas"] for one in RUNNING} == {
        one: replicas for one, (__, replicas) in RUNNING.items()
    }
    assert world.flags == []


def test_a_stop_that_has_begun_can_be_undone() -> None:
    world = World()
    world.fail_at = "rook-ceph-osd-0"
    with pytest.raises(Refused):
        world.run("stopped")
    world.fail_at = ""
    world.run("running")
    assert world.objects[OPERATOR]["spec"]["replicas"] == 1 and world.flags == []


def test_a_flag_of_others_stays() -> None:
    world = World()
    world.flags.append("noout")
    world.run("stopped")
    world.run("running")
    assert world.flags == ["noout"] and "osd set noout" not in world.done


def attachment(attacher: str) -> Params:
    return {"spec": {"attacher": attacher, "nodeName": "n2", "source": {"persistentVolumeName": "pvc-7"}}}


@pytest.mark.parametrize("check", [True, False])
def test_volumes_in_use_and_a_ceph_that_is_not_healthy_prevent_a_stop(check: bool) -> None:
    world = World()
    world.attached = [attachment("csi.example.net"), attachment("rook-ceph.rbd.csi.ceph.com")]
    with pytest.raises(ClusterLayerError, match="volumes are in use, and their users would hang: pvc-7 on n2; stop"):
        world.run("stopped", check=check)
    world.attached.pop()
    unclean = {"num_pgs": 2, "pgs_by_state": [{"state_name": "active+undersized", "count": 2}]}
    world._answers["status",]["pgmap"] |= unclean  # type: ignore[index]
    with pytest.raises(ClusterLayerError, match=r"Ceph has to be healthy before: 2 of 2 PGs: active\+undersized"):
        world.run("stopped", check=check)
    assert world.done == []


def test_without_rook_there_is_nothing_to_stop() -> None:
    world = World()
    del world.objects[OPERATOR]
    with pytest.raises(ClusterLayerError, match="there is no Deployment rook-ceph/rook-ceph-operator, so Rook runs no"):
        world.run("stopped")


def test_check_mode_says_what_it_would_do() -> None:
    world = World()
    assert world.run("stopped", check=True)["changed"] and world.done == []
    world.run("stopped")
    world.done.clear()
    assert world.run("running", check=True)["steps"][0] == "start Deployment rook-ceph/rook-ceph-mon-a"
    assert world.done == []


def test_what_does_not_end_or_start_is_named_and_the_next_group_waits() -> None:
    world = World()
    world.hanging = "rook-ceph-osd"
    with pytest.raises(ObjectsError, match="for pods of rook-ceph-osd to end; still missing: Pod hangs: it still runs"):
        world.run("stopped")
    assert world.objects["rook-ceph-mgr-a"]["spec"]["replicas"] == 1
    world.hanging = ""
    world.run("stopped")
    world.unready = "rook-ceph-osd-0"
    with pytest.raises(ObjectsError, match=r"rook-ceph-osd to be ready; .*rook-ceph-osd-0: 0 of 1 pods are ready"):
        world.run("running")
    assert world.objects["rook-ceph-mds-files-a"]["spec"]["replicas"] == 0
    world.unready = ""
    world._answers["health", "detail"]["checks"] = {  # type: ignore[index]
        "OSD_DOWN": {"severity": "HEALTH_WARN", "summary": {"message": "1 osds down", "count": 1}, "detail": []}
    }
    with pytest.raises(ObjectsError, match="for Ceph to be healthy; still missing: OSD_DOWN: 1 osds down"):
        world.run("running")
    assert world.objects[OPERATOR]["spec"]["replicas"] == 0


def test_a_run_of_the_role_is_refused_meanwhile() -> None:
    world: t.Any = World()
    rook_ceph_stopped.refuse(world)
    world.run("stopped")
    with pytest.raises(ClusterLayerError, match="all of Ceph was stopped; start it in order with the playbook"):
        rook_ceph_stopped.refuse(world)
    world.run("running")
    rook_ceph_stopped.refuse(world)


def test_ceph_that_can_t_be_asked_is_an_error_before_anything_is_stopped() -> None:
    class Broken(World):
        def read_all(self, *commands: t.Any) -> list[t.Any]:
            raise CephError("kubectl: not found")

    world = Broken()
    with pytest.raises(CephError, match="kubectl: not found"):
        world.run("stopped")
    assert world.done == []
