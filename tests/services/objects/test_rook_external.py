# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer rook_ceph for a Ceph cluster that others run, on a real API server whose CRDs judge.

No operator runs: that it has found the monitors is written by the test.
"""

from __future__ import annotations

import base64
import copy
import json
import typing as t

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import catalog
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_layer import CLUSTER, ENDPOINTS
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.objects import rook
from services.objects.conftest import controller, finalize_namespaces
from services.objects.rook import Params
from services.objects.rook_server import CEPH, CLASSES, ENTRY, MERGE, SPACE, Applied, snapshots
from unit.cluster.exports import FSID, key, lines, objects

pytestmark = pytest.mark.services
SECRETS = f"/api/v1/namespaces/{SPACE}/secrets"
OTHER = "99999999-2222-4333-8444-555555555555"


def config(**keys: t.Any) -> Params:
    """Blocks and files of a cluster that others run."""
    return {
        "cloud": "rack1",
        "external": {"fsid": FSID},
        "pools": [
            {"name": "vms", "pool": "replicated_2g", "default": True, "map_options": ["rxbounce"]},
            {
                "name": "archive",
                "pool": "archive.metadata",
                "data_pool": "archive.data",
                "reclaim": "retain",
                "map_options": [],
            },
        ],
        "filesystems": [{"name": "files", "filesystem": "cephfs", "data_pool": "cephfs.data"}],
        **keys,
    }


class External(Applied):
    """The layer's action with an export."""

    def act(self, params: Params, export: t.Any = None, **more: t.Any) -> Params:
        given = {**copy.deepcopy(params), **self.upstream, "secrets": {"export": export or lines()}}
        options = {"present": True, "wait": False, "timeout": 120, "check": False, **more}
        return catalog.LAYERS["rook_ceph"].perform(given, self.access, **options)

    def secret(self, name: str) -> dict[str, str]:
        data = self.get(f"{SECRETS}/{name}")["data"]
        return {one: base64.b64decode(value).decode() for one, value in data.items()}


@pytest.fixture(scope="module")
def applied(kubeconfig: str, api: Https) -> External:
    one = External(kubeconfig, api)
    one.join(rook.node("n1"), rook.node("n2"))
    snapshots(one)
    return one


def test_it_is_applied_and_applied_again_by_either_format(applied: External) -> None:
    planned = applied.act(config(), check=True)
    assert planned["changed"] and not applied.exists(f"/api/v1/namespaces/{SPACE}")
    first = applied.act(config())
    assert f"create CephCluster {SPACE}/rook-ceph" in first["steps"]
    assert key() not in json.dumps([planned, first]), "what is shown has no key"
    for export in (lines(), objects(), json.loads(objects())):
        again = applied.act(config(), export)
        assert (again["changed"], again["steps"], again["warnings"]) == (False, [], [])


def test_the_comparison_takes_the_keys_from_their_variable(applied: External) -> None:
    entry = [{**ENTRY[0], "secrets": "rook_ceph_secrets"}]
    inputs = {"rook_ceph_config": {**config(), **applied.upstream}}
    found = catalog.probe(entry, inputs, applied.access, {"rook_ceph_secrets": {"export": lines()}})
    assert found["steps"]["storage"] and all(step.startswith("wait for ") for step in found["steps"]["storage"])
    missing = catalog.probe(entry, inputs, applied.access, {})["steps"]["storage"]
    assert "rook_ceph_secrets.export: is missing" in missing[0]


def test_rook_gets_a_cluster_without_daemons_and_classes_of_pools_of_others(applied: External) -> None:
    spec = applied.get(CLUSTER)["spec"]
    assert spec["external"] == {"enable": True}
    assert not {"mon", "storage", "cephVersion"} & {name for name, value in spec.items() if value}
    assert applied.secret("rook-ceph-mon")["fsid"] == FSID
    assert applied.secret("rook-csi-rbd-node") == {"userID": "csi-rbd-node", "userKey": key()}
    assert applied.get(f"{SECRETS}/rook-csi-rbd-node")["type"] == "kubernetes.io/rook"
    for path in ("cephblockpools/vms", "cephblockpools/replicated_2g", "cephfilesystems/files"):
        assert not applied.exists(f"{CEPH}/{path}")
    archive = applied.get(f"{CLASSES}/rook-ceph-archive")
    assert archive["provisioner"] == "rook-ceph.rbd.csi.ceph.com" and archive["reclaimPolicy"] == "Retain"
    assert archive["parameters"]["dataPool"] == "archive.data"
    assert applied.get(f"{CLASSES}/rook-ceph-files")["parameters"]["fsName"] == "cephfs"
    assert applied.exists(f"/apis/csi.ceph.io/v1/namespaces/{SPACE}/drivers/rook-ceph.cephfs.csi.ceph.com")
    snapshot = applied.get("/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses/rook-ceph-file")
    assert snapshot["driver"] == "rook-ceph.cephfs.csi.ceph.com"


def test_monitors_that_rook_has_found_stay_and_a_new_key_is_a_change(applied: External) -> None:
    found = "node1=10.0.210.83:3300,node2=10.0.210.84:3300"
    applied.api.call("PATCH", ENDPOINTS, body={"data": {"data": found}}, content=MERGE)
    assert not applied.act(config())["changed"]
    assert applied.get(ENDPOINTS)["data"]["data"] == found
    rotated = applied.act(config(), lines(CEPHX_KEY_GENERATION="1"))
    assert f"change Secret {SPACE}/rook-csi-rbd-node" in rotated["steps"]
    assert applied.secret("rook-csi-rbd-node")["userID"] == "csi-rbd-node.1"
    assert applied.get(ENDPOINTS)["data"]["data"] == found
    moved = applied.act(config(), lines(ROOK_EXTERNAL_CEPH_MON_DATA="node9=10.0.210.99:3300"))
    assert any(step.startswith(f"change ConfigMap {SPACE}/rook-ceph-mon-endpoints") for step in moved["steps"])
    assert applied.get(ENDPOINTS)["data"]["data"] == "node9=10.0.210.99:3300"
    applied.act(config())


def test_another_cluster_is_refused_and_so_is_one_s_own(applied: External) -> None:
    with pytest.raises(ClusterLayerError, match=f"is of the Ceph cluster {OTHER}, not of {FSID}"):
        applied.act(config(), lines(ROOK_EXTERNAL_FSID=OTHER))
    with pytest.raises(ClusterLayerError, match=f"{OTHER} is not {FSID}, whose volumes this cluster has"):
        applied.act(config(external={"fsid": OTHER}), lines(ROOK_EXTERNAL_FSID=OTHER))
    with pytest.raises(ClusterLayerError, match="the Ceph cluster is external, and can't become one of its own"):
        applied(rook.config())


def test_keys_that_a_kernel_can_t_use_are_refused(applied: External) -> None:
    with pytest.raises(ClusterLayerError, match=r"aes256k, with which kernels before 7\.0 mount none: n1 .*, n2"):
        applied.act(config(), lines(2))


def test_it_is_removed_without_a_consent_since_what_is_stored_stays(applied: External) -> None:
    with controller(lambda: finalize_namespaces(applied.api), 0.1):
        removed = applied.act(config(), present=False, timeout=300)
    assert removed["changed"]
    assert not [step for step in removed["steps"] if "delete what Ceph has" in step]
    assert not applied.exists(f"/api/v1/namespaces/{SPACE}") and not applied.exists(f"{CLASSES}/rook-ceph-vms")
