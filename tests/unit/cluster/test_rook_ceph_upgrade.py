# SPDX-License-Identifier: GPL-3.0-or-later
"""Upgrades of Rook and Ceph: which version may follow which, the steps that are left, and their order with health."""

from __future__ import annotations

import itertools
import types
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import rook_ceph_upgrade, rook_ceph_versions
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_osds import LABEL, OURS
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_upgrade import Part, Seen, Wanted
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline
from checks.clock import SkippingClock

Params = dict[str, t.Any]
ROOK, CEPH = "docker.io/rook/ceph:v{}", "quay.io/ceph/ceph:v{}"
WANTED = Wanted("v1.20.6", CEPH.format("20.2.4"))
DAEMONS = ("rook-ceph-mon-a", "rook-ceph-osd-0")
KEYS = {"keys": {"daemons": 2}}


def ceph_cluster(image: str = "20.2.4", **status: t.Any) -> Params:
    ceph = {"health": "HEALTH_OK", "lastChecked": "1", **status}
    return {
        "metadata": {"name": "rook-ceph", "namespace": "rook-ceph"},
        "spec": {"cephVersion": {"image": CEPH.format(image)}},
        "status": {"ceph": ceph},
    }


def seen(rook: str = "1.20.6", ceph: str = "20.2.4", *, image: str = "", operator: str = "") -> Seen:
    """What runs: versions of daemons, and the image and the operator where they are others already."""
    labels = {Part.ROOK: f"v{rook}", Part.CEPH: f"{ceph}-0"}
    return Seen(ROOK.format(operator or rook), ceph_cluster(image or ceph), dict.fromkeys(DAEMONS, labels))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v1.20.6", (1, 20, 6)),
        ("quay.io/ceph/ceph:v20.2.4-20260818", (20, 2, 4)),
        ("registry.example.net:5000/ceph/ceph:v19.2.6@sha256:" + "0" * 64, (19, 2, 6)),
        ("20.2.4-0", (20, 2, 4)),
        ("v1.20.6-12.g0123abc", (1, 20, 6)),
        ("docker.io/rook/ceph:master", None),
        ("registry.example.net:5000/ceph/ceph", None),
        ("", None),
    ],
)
def test_versions_are_read_from_tags_and_labels(text: str, expected: t.Any) -> None:
    assert rook_ceph_versions.numbers(text) == expected


REFUSED: dict[str, tuple[Seen, str]] = {
    "a skipped Rook": (
        seen("1.18.9"),
        "from Rook 1.18.9 to 1.20.6 a minor version is left out, and Rook is upgraded one at a time; take 1.19 before",
    ),
    "a newer Rook": (seen("1.21.0"), "Rook 1.21.0 runs, and there is no way back to 1.20.6"),
    "a newer patch of Rook": (seen("1.20.7"), "Rook 1.20.7 runs, and there is no way back to 1.20.6"),
    "a built Rook": (seen(operator="master"), "rook/ceph:vmaster is no release of Rook, so nobody can tell"),
    "a newer Ceph": (seen(ceph="20.3.0"), "Ceph 20.3.0 runs, and there is no way back to 20.2.4"),
    "an old Ceph": (seen(ceph="18.2.7"), "Ceph 18.2.7 is older than 19.2.0, the oldest that this Rook runs"),
    "a very old Ceph": (seen(ceph="17.2.0"), "from Ceph 17.2.0 to 20.2.4 more than 2 releases are left behind"),
    "daemons behind their image": (seen(ceph="18.2.7", image="20.2.4"), "Ceph 18.2.7 is older than 19.2.0"),
    "a built Ceph": (seen(image="main"), "ceph/ceph:vmain is no release of Ceph, so nobody can tell"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_t_follow_is_refused_with_the_reason(name: str) -> None:
    found, message = REFUSED[name]
    with pytest.raises(ClusterLayerError) as error:
        rook_ceph_upgrade.refuse(found, WANTED, KEYS)
    assert message in str(error.value)


def test_what_may_follow_is_not_refused() -> None:
    for found in (Seen(), seen(), seen("1.19.6", "19.2.6"), seen("1.20.0", "20.2.1"), Seen(ROOK.format("1.20.5"))):
        rook_ceph_upgrade.refuse(found, WANTED, KEYS)


def test_a_ceph_that_wants_new_keys_of_its_daemons_needs_their_rotation() -> None:
    for old in ("19.2.5", "20.2.2"):
        with pytest.raises(
            ClusterLayerError, match=r"CVE-2025-30156\); write keys: {daemons: 2}, and the upgrade does"
        ):
            rook_ceph_upgrade.refuse(seen(ceph=old), WANTED, {"keys": None})
        rook_ceph_upgrade.refuse(seen(ceph=old), WANTED, KEYS)
    rook_ceph_upgrade.refuse(seen("1.20.5"), WANTED, {})
    rook_ceph_upgrade.refuse(seen(ceph="19.2.6"), WANTED, {})


STEPS: dict[str, tuple[Seen, list[str]]] = {
    "nothing runs": (Seen(), []),
    "an operator alone": (Seen(ROOK.format("1.20.5")), []),
    "all new": (seen(), []),
    "a patch of Rook": (seen("1.20.5"), ["upgrade Rook from 1.20.5 to 1.20.6"]),
    "both": (
        seen("1.19.6", "19.2.6"), ["upgrade Rook from 1.19.6 to 1.20.6", "upgrade Ceph from 19.2.6 to 20.2.4"],
    ),
    "interrupted in Rook": (
        seen("1.20.5", "20.2.2", operator="1.20.6"),
        ["go on to upgrade Rook from 1.20.5 to 1.20.6", "upgrade Ceph from 20.2.2 to 20.2.4"],
    ),
    "interrupted between": (seen(ceph="20.2.2"), ["upgrade Ceph from 20.2.2 to 20.2.4"]),
    "interrupted in Ceph": (seen(ceph="20.2.2", image="20.2.4"), ["go on to upgrade Ceph from 20.2.2 to 20.2.4"]),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_the_steps_that_are_left_follow_from_what_runs(name: str) -> None:
    found, expected = STEPS[name]
    assert list(map(str, rook_ceph_upgrade.plan(found, WANTED))) == expected


def test_a_daemon_that_lags_is_named() -> None:
    found = seen()
    mixed = {**found.daemons, "rook-ceph-osd-0": {Part.ROOK: "v1.20.5", Part.CEPH: "20.2.4-0"}}
    (row,) = rook_ceph_upgrade.lagging(Seen(found.operator, found.cluster, mixed), Part.ROOK, "v1.20.6")
    assert str(row) == "Deployment rook-ceph/rook-ceph-osd-0: its rook-version is v1.20.5, not yet 1.20.6"


def test_health_is_judged_by_the_rule_of_ceph_health() -> None:
    details = {"PG_DEGRADED": {"severity": "HEALTH_WARN", "message": "1 pg undersized"}}
    (row,) = rook_ceph_upgrade.unhealthy(ceph_cluster(details=details))
    assert str(row) == "PG_DEGRADED: 1 pg undersized"
    silent = ceph_cluster(details=details)
    silent["spec"]["healthCheck"] = {"muteHealthWarning": {"PG_DEGRADED": {"policy": "mute"}}}
    assert rook_ceph_upgrade.unhealthy(silent) == ()
    fading = {"AUTH_INSECURE_ROTATING_SERVICE_KEY_TYPE": {"severity": "HEALTH_WARN", "message": "x"}}
    assert rook_ceph_upgrade.unhealthy(ceph_cluster(details=fading)) == (), "it ends by itself"
    assert "has not read its health yet" in str(rook_ceph_upgrade.unhealthy({"status": {}})[0])


class Live:
    """A cluster whose operator brings all daemons to the image and to itself some reads after both have changed."""

    server, warnings = "https://x", list[str]()

    def __init__(self, rook: str, ceph: str, *, operator: str = "", slow: int = 2, **status: t.Any) -> None:
        self.cluster, self.operator = ceph_cluster(ceph, **status), operator or rook
        self.versions = {Part.ROOK: rook, Part.CEPH: ceph}
        self.slow, self.left, self.reads = slow, slow, itertools.count(2)
        self.applied: list[tuple[str, Params]] = []
        self.after_rook: list[str] = []
        self.refused = ""

    def call(self, method: str, path: str, *rest: t.Any, **more: t.Any) -> Params:
        assert method == "GET", "only the layer writes"
        if path.endswith("/deployments"):
            self._reconcile()
            labels = {Part.ROOK: f"v{self.versions[Part.ROOK]}", Part.CEPH: f"{self.versions[Part.CEPH]}-0",
                      "rook_cluster": "rook-ceph"}  # fmt: skip
            items = [{"metadata": {"name": name, "labels": dict(labels)}} for name in DAEMONS]
            pod = {"spec": {"containers": [{"image": ROOK.format(self.operator)}]}}
            operator = {"metadata": {"name": "rook-ceph-operator"}, "spec": {"template": pod}}
            return {"kind": "DeploymentList", "items": [*items, operator], "metadata": {}}
        ceph = self.cluster["status"]["ceph"]
        ceph["lastChecked"] = str(next(self.reads))
        if self.applied and self.after_rook:
            ceph["details"] = {self.after_rook.pop(0): {"severity": "HEALTH_WARN", "message": "x"}}
        elif self.applied:
            ceph["details"] = {}
        return self.cluster

    def _reconcile(self) -> None:
        image = self.cluster["spec"]["cephVersion"]["image"].rpartition(":v")[2]
        due = {Part.ROOK: self.operator, Part.CEPH: image}
        if due == self.versions:
            self.left = self.slow
        elif self.left:
            self.left -= 1
        else:
            self.versions = due

    def once(self, params: Params) -> Params:
        """The layer's application of its objects."""
        image = params.get("ceph_image") or WANTED.ceph
        self.operator = "1.20.6"
        self.cluster["spec"]["cephVersion"]["image"] = image
        self.applied.append((image.rpartition(":v")[2], params.get("keys") or {}))
        return {"changed": True, "steps": [f"change CephCluster to {image}"], "diff": [{}], "warnings": ["w"]}

    def whole(self) -> None:
        """What the layer makes of the whole input."""
        if self.refused:
            raise ClusterLayerError(self.refused)

    def bring(self, *, wait: bool = True, check: bool = False, timeout: float = 600) -> Params:
        deadline = Deadline(timeout, SkippingClock())
        engine: t.Any = types.SimpleNamespace(transport=self, check=check, deadline=deadline)
        return rook_ceph_upgrade.bring(engine, dict(KEYS), WANTED, self.once, self.whole, wait=wait)


def test_rook_comes_first_and_keys_wait_for_the_ceph_that_makes_the_new_type() -> None:
    live = Live("1.20.5", "20.2.2")
    live.after_rook = ["OSD_DOWN", "PG_DEGRADED"]
    result = live.bring()
    assert live.applied == [("20.2.2", {}), ("20.2.4", {"daemons": 2})]
    assert live.versions == {Part.ROOK: "1.20.6", Part.CEPH: "20.2.4"} and live.after_rook == []
    assert result["steps"][:2] == ["upgrade Rook from 1.20.5 to 1.20.6", "upgrade Ceph from 20.2.2 to 20.2.4"]
    assert result["changed"] and len(result["diff"]) == 2 and result["warnings"] == ["w"]


def test_a_ceph_that_is_not_healthy_is_left_as_it_is() -> None:
    live = Live("1.20.5", "20.2.2", details={"OSD_DOWN": {"severity": "HEALTH_WARN", "message": "1 osds down"}})
    with pytest.raises(ClusterLayerError, match=r"nothing was changed, since Ceph has to be healthy to upgrade Rook.*"
                                                r"OSD_DOWN: 1 osds down"):  # fmt: skip
        live.bring()
    assert live.applied == []


def test_between_both_health_is_waited_for_until_the_deadline() -> None:
    live = Live("1.20.5", "20.2.2")
    live.after_rook = ["PG_DEGRADED"] * 1000
    with pytest.raises(ObjectsError, match=r"Ceph to be healthy between Rook's upgrade and its own; .*PG_DEGRADED: x"):
        live.bring()
    assert [image for image, __ in live.applied] == ["20.2.2"], "Ceph stays"


def test_an_interrupted_upgrade_is_taken_up_though_a_daemon_is_down() -> None:
    down = {"OSD_DOWN": {"severity": "HEALTH_WARN", "message": "1 osds down"}}
    live = Live("1.20.5", "20.2.2", operator="1.20.6", details=down)
    result = live.bring()
    assert [image for image, __ in live.applied] == ["20.2.2", "20.2.4"]
    assert result["steps"][0] == "go on to upgrade Rook from 1.20.5 to 1.20.6"


def test_daemons_that_never_come_are_named_at_the_deadline() -> None:
    live = Live("1.20.5", "20.2.4", slow=10**6)
    with pytest.raises(ObjectsError, match=r"Rook to upgrade Rook.*rook-ceph-mon-a: its rook-version is v1\.20\.5"):
        live.bring()


def test_without_waiting_only_the_first_step_is_taken_and_check_mode_takes_none() -> None:
    live = Live("1.20.5", "20.2.2")
    result = live.bring(wait=False)
    assert [image for image, __ in live.applied] == ["20.2.2"]
    assert result["warnings"][-1] == "it is still to be done: upgrade Ceph from 20.2.2 to 20.2.4; run again, and wait"
    planned = Live("1.20.5", "20.2.2").bring(check=True)
    assert planned["steps"][:2] == ["upgrade Rook from 1.20.5 to 1.20.6", "upgrade Ceph from 20.2.2 to 20.2.4"]


def test_a_cluster_that_rook_leaves_alone_is_not_upgraded() -> None:
    live = Live("1.20.5", "20.2.2")
    live.cluster["metadata"]["labels"] = {LABEL: OURS}
    with pytest.raises(ClusterLayerError, match="nothing was changed, since Rook would not carry it out"):
        live.bring()
    assert live.applied == []


def test_what_the_last_step_would_refuse_is_refused_before_the_first() -> None:
    live = Live("1.20.5", "20.2.2")
    live.refused = "no such node"
    with pytest.raises(ClusterLayerError, match="no such node"):
        live.bring()
    assert live.applied == []


def test_without_an_upgrade_all_is_applied_at_once() -> None:
    live = Live("1.20.6", "20.2.4")
    assert live.bring()["steps"] == [f"change CephCluster to {WANTED.ceph}"] and len(live.applied) == 1
