# SPDX-License-Identifier: GPL-3.0-or-later
"""What Rook would do with the disk of an OSD that goes. A double of the API server has the CephCluster."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.layout import Device, Layout
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.osd_names import Identity
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.osd_plan import Action, Daemon, Seen, Step, Wanted
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.runner import CephError, NoAnswer
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_facts import ANNOTATION as DISKS
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_osds import (
    ANNOTATION,
    LABEL,
    RookDaemons,
)
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import Refused, Unreachable

Json = dict[str, t.Any]
WWN = "/dev/disk/by-id/wwn-0x5002538e40a1b2c3"


class Double:
    """A double of an API server with one CephCluster and one Deployment."""

    server = "double"

    def __init__(self, storage: Json, **metadata: t.Any) -> None:
        self.cluster: Json | None = {
            "metadata": {"name": "rook-ceph", "resourceVersion": "7", **metadata},
            "spec": {"storage": storage},
        }
        self.labels = {"ceph-osd-id": "4", "app": "rook-ceph-osd"}
        self.calls: list[tuple[str, str, t.Any]] = []
        self.warnings: list[str] = []
        self.error: Exception | None = None

    def call(
        self, method: str, path: str, query: t.Any = None, body: t.Any = None, *more: t.Any, **else_: t.Any
    ) -> Json:
        if self.error:
            raise self.error
        if method != "GET":
            self.calls.append((method, path.rpartition("/namespaces/")[2], body))
            return {}
        if path.endswith("deployments"):
            item = {"metadata": {"name": "rook-ceph-osd-4", "labels": self.labels}, "spec": {"replicas": 1}}
            return {"kind": "DeploymentList", "apiVersion": "apps/v1", "items": [item]}
        if self.cluster is None:
            raise Refused("not found", 404)
        return self.cluster


def node(*devices: str, **more: t.Any) -> Json:
    return {"nodes": [{"name": "n4", "devices": [{"name": name} for name in devices], **more}]}


def recorded(**disks: str) -> Json:
    return {DISKS: json.dumps({"n4": {f"serial {serial}": name for serial, name in disks.items()}})}


MINE = Identity("n4", ("SAMSUNG_MZ7_S45",))
SEEN = Seen(Layout({number: Device(number, {"host": f"n{min(number, 4)}"}) for number in (0, 1, 4, 5)}), managed=True)


def refused(double: Double, mine: Identity = MINE, state: str = "removed") -> str:
    daemons = RookDaemons(double, "rook-ceph", "rook-ceph")
    daemons.read()
    return "; ".join(daemons.refusals(Wanted(state, (4,)), SEEN, {4: mine}))


@pytest.mark.parametrize(
    ("double", "mine", "words"),
    [
        (Double(node()), MINE, ""),
        (Double(node(WWN), annotations=recorded(S45=WWN)), MINE, "osd.4: the CephCluster still lists its disk, /dev/"),
        (Double(node(WWN), annotations=recorded(S99=WWN)), MINE, ""),
        (Double(node("/dev/disk/by-id/ata-SAMSUNG_MZ7_S45")), MINE, "still lists its disk"),
        (Double(node(WWN)), MINE, ""),  # another disk of the same machine stays, which it can be
        (Double(node(WWN, "sdc")), MINE, "lists 2 disks of n4, which would have 1 OSDs, and it can't be told whether"),
        (Double(node(WWN, "sdc"), annotations=recorded(S1=WWN, S2="sdc")), MINE, ""),
        (Double(node(WWN, "sdc"), annotations=recorded(S1=WWN, S2="sdc")), Identity("n4"), "it can't be told whether"),
        (Double({"useAllDevices": True}), MINE, "Rook takes each disk that it finds"),
        (Double(node(deviceFilter="^sd")), MINE, "Rook takes each disk that it finds"),
        (Double(node(), labels={LABEL: "true"}), MINE, f"somebody else has set its label {LABEL}"),
        (Double(node(), labels={LABEL: "groundup.cloud"}), MINE, ""),
    ],
)  # fmt: skip
def test_whether_rook_would_take_the_disk_again(double: Double, mine: Identity, words: str) -> None:
    found = refused(double, mine)
    assert words in found and bool(found) == bool(words)
    assert refused(double, mine, "out") == "" and refused(double, mine, "in") == ""


def test_osds_on_claims_are_refused() -> None:
    double = Double(node())
    double.labels["ceph.rook.io/pvc"] = "set1-data-0"
    assert "osd.4: it is on a PersistentVolumeClaim" in refused(double)


def test_what_is_read_and_done() -> None:
    double = Double(node())
    daemons = RookDaemons(double, "rook-ceph", "rook-ceph")
    assert daemons.read() == ({4: Daemon("rook-ceph-osd-4", True)}, {})
    for action in (Action.STOP, Action.START, Action.FORGET, Action.HOLD):
        daemons.act(Step(action, 4), {4: MINE})
    place = "rook-ceph/deployments/rook-ceph-osd-4"
    assert [call[:2] for call in double.calls] == [
        ("PATCH", f"{place}/scale"),
        ("PATCH", f"{place}/scale"),
        ("DELETE", place),
        ("PATCH", "rook-ceph/cephclusters/rook-ceph"),
    ]
    assert [call[2]["spec"]["replicas"] for call in double.calls[:2]] == [0, 1]
    held = double.calls[-1][2]["metadata"]
    assert held["labels"] == {LABEL: "groundup.cloud"} and held["resourceVersion"] == "7"
    assert json.loads(held["annotations"][ANNOTATION]) == {"osd.4": {"host": "n4", "disks": ["SAMSUNG_MZ7_S45"]}}


def test_rook_is_let_go_with_the_last_disk() -> None:
    text = json.dumps({"osd.4": {"host": "n4", "disks": []}, "osd.7": {"host": "n1", "disks": ["M_S7"]}})
    double = Double(node(), annotations={ANNOTATION: text}, labels={LABEL: "groundup.cloud"})
    daemons = RookDaemons(double, "rook-ceph", "rook-ceph")
    assert daemons.read()[1] == {4: Identity("n4"), 7: Identity("n1", ("M_S7",))}
    daemons.act(Step(Action.RELEASE, 4), {})
    assert double.calls[-1][2]["metadata"]["labels"] == {LABEL: "groundup.cloud"}, "osd.7 is to be erased"
    del double.cluster["metadata"]["annotations"][ANNOTATION]  # type: ignore[index]
    double.cluster["metadata"]["annotations"] = {ANNOTATION: json.dumps({"osd.4": {}})}  # type: ignore[index]
    daemons.act(Step(Action.RELEASE, 4), {})
    assert double.calls[-1][2]["metadata"]["labels"] == {LABEL: None}
    assert double.calls[-1][2]["metadata"]["annotations"] == {ANNOTATION: None}


def test_errors() -> None:
    double = Double(node())
    daemons = RookDaemons(double, "rook-ceph", "other")
    double.cluster = None
    with pytest.raises(CephError, match=r"there is no CephCluster rook-ceph/other; correct rook\.namespace"):
        daemons.read()
    for error, passing in ((Unreachable("x"), True), (Refused("x", 409), True), (Refused("x", 403), False)):
        double.error = error
        with pytest.raises(CephError) as found:
            daemons.read()
        assert isinstance(found.value, NoAnswer) is passing
    double = Double(node(), annotations={ANNOTATION: "[1"})
    with pytest.raises(CephError, match=f"its annotation {ANNOTATION} is not what this module writes"):
        RookDaemons(double, "rook-ceph", "rook-ceph").read()
