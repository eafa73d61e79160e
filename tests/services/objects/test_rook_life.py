# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a Ceph cluster by Rook on a real API server: rules for Prometheus, rotation of keys, and upgrades.

No operator runs. What it would report, and the Deployments that it would make, are written by the tests.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import rook_ceph_cluster
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_layer import CLUSTER
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.rook_ceph_stopped import REPLICAS
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import Refused
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import Https
from services.objects import rook
from services.objects.conftest import Objects, directory
from services.objects.rook import Params
from services.objects.rook_server import CEPH, DEPLOYMENTS, MERGE, SPACE, Applied, snapshots

pytestmark = pytest.mark.services
RULES = f"/apis/monitoring.coreos.com/v1/namespaces/{SPACE}/prometheusrules"
OPERATOR, TOOLBOX = (f"{DEPLOYMENTS.format(space=SPACE)}/rook-ceph-{name}" for name in ("operator", "tools"))
KEYS = {"daemons": 2, "volumes": 2}


@pytest.fixture(scope="module")
def applied(kubeconfig: str, api: Https) -> Applied:
    one = Applied(kubeconfig, api)
    one.join(*(rook.node(f"n{number}") for number in range(1, 4)))
    snapshots(one)
    return one


def report(applied: Applied, **status: Params) -> None:
    """What Rook writes into the status of its CephCluster."""
    applied.api.call("PATCH", f"{CLUSTER}/status", body={"status": status}, content=MERGE)


def daemon(applied: Applied, rook_version: str, ceph_version: str) -> None:
    """The Deployment of an OSD as Rook makes it, or the labels that it gets later."""
    name, app = "rook-ceph-osd-0", {"app": "rook-ceph-osd"}
    labels = {**app, "rook_cluster": SPACE, "rook-version": rook_version, "ceph-version": ceph_version}
    path = DEPLOYMENTS.format(space=SPACE)
    if applied.exists(f"{path}/{name}"):
        applied.api.call("PATCH", f"{path}/{name}", body={"metadata": {"labels": labels}}, content=MERGE)
        return
    template = {"metadata": {"labels": app}, "spec": {"containers": [{"name": "x", "image": "x"}]}}
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels},
            "spec": {"selector": {"matchLabels": app}, "template": template}}  # fmt: skip
    applied.api.call("POST", path, body=body)


def image(applied: Applied) -> str:
    found: str = applied.get(CLUSTER)["spec"]["cephVersion"]["image"]
    return found


def operator(applied: Applied) -> str:
    found: str = applied.get(OPERATOR)["spec"]["template"]["spec"]["containers"][0]["image"]
    return found


def toolbox(applied: Applied) -> str:
    found: str = applied.get(TOOLBOX)["spec"]["template"]["spec"]["containers"][0]["image"]
    return found


def older(tmp_path: Path) -> Params:
    """The manifests of a release before: those of this one, with the operator of another version."""
    found = rook.upstream()
    text = Path(found["manifests"][-1]["path"]).read_text().replace("rook/ceph:v1.20.6", "rook/ceph:v1.20.5")
    path = tmp_path / "operator.yaml"
    path.write_text(text)
    found["manifests"][-1] = {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    return found


def test_an_upgrade_takes_rook_first_then_ceph_and_goes_on_where_it_ended(
    applied: Applied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = applied.upstream
    with monkeypatch.context() as old:
        old.setattr(rook_ceph_cluster, "CEPH_IMAGE", "quay.io/ceph/ceph:v20.2.2")
        applied.upstream = older(tmp_path)
        applied(rook.config())
    applied.upstream = new
    daemon(applied, "v1.20.5", "20.2.2-0")
    report(applied, ceph={"health": "HEALTH_WARN", "details": {"OSD_DOWN": {"message": "1", "severity": "x"}}})
    assert (operator(applied)[-7:], image(applied)[-7:]) == ("v1.20.5", "v20.2.2")

    config = rook.config(keys={"daemons": 2})
    with pytest.raises(ClusterLayerError, match=r"write keys: {daemons: 2}"):
        applied(rook.config())
    assert "write keys: {daemons: 2}" in applied.probe(rook.config())[0]
    with pytest.raises(ClusterLayerError, match=r"nothing was changed, since Ceph has to be healthy.*OSD_DOWN: 1"):
        applied(config)
    assert operator(applied).endswith("v1.20.5")

    report(applied, ceph={"health": "HEALTH_OK", "details": {"OSD_DOWN": None}})
    steps = ["upgrade Rook from 1.20.5 to 1.20.6", "upgrade Ceph from 20.2.2 to 20.2.4"]
    assert applied.probe(config)[:2] == steps and applied(config, check=True)["steps"][:2] == steps
    first = applied(config)
    assert f"change Deployment {SPACE}/rook-ceph-operator" in first["steps"] and "run again" in first["warnings"][-1]
    assert (operator(applied)[-7:], image(applied)[-7:]) == ("v1.20.6", "v20.2.2")
    assert "daemon" not in applied.get(CLUSTER)["spec"]["security"]["cephx"], "keys wait for the new Ceph"

    again = applied(config)
    assert not again["changed"] and again["steps"] == [f"go on to {steps[0]}"] and image(applied).endswith("v20.2.2")
    daemon(applied, "v1.20.6", "20.2.2-0")
    assert applied.probe(config)[0] == steps[1]
    assert toolbox(applied).endswith("v20.2.2")
    changes = [f"change Deployment {SPACE}/rook-ceph-tools", f"change CephCluster {SPACE}/rook-ceph"]
    assert applied(config)["steps"] == [steps[1], *changes]
    assert toolbox(applied).endswith("v20.2.4")
    spec = applied.get(CLUSTER)["spec"]
    assert (
        spec["cephVersion"]["image"].endswith("v20.2.4") and spec["security"]["cephx"]["daemon"]["keyGeneration"] == 2
    )
    assert applied(config)["steps"] == [f"go on to {steps[1]}"]
    daemon(applied, "v1.20.6", "20.2.4-0")
    done = applied(config)
    assert not done["changed"] and done["steps"] == []


def test_keys_are_rotated_waited_for_and_never_go_back(applied: Applied) -> None:
    config = rook.config(keys=KEYS)
    assert applied(config)["steps"] == [f"change CephCluster {SPACE}/rook-ceph"]
    cephx = applied.get(CLUSTER)["spec"]["security"]["cephx"]
    assert cephx["csi"]["keepPriorKeyCountMax"] == 1 and cephx["csi"]["keyType"] == "aes"
    new = {"keyGeneration": 2, "keyCephVersion": "20.2.4-0"}
    report(applied, cephx={"mon": new, "mgr": new, "osd": {**new, "keyGeneration": 1}, "csi": new})
    waits = [text for text in applied.probe(config) if "keys of" in text]
    assert waits == ["wait for keys of osd of CephCluster rook-ceph/rook-ceph: they are of generation 1, not yet of 2"]
    report(applied, cephx={"osd": new})
    assert not [text for text in applied.probe(config) if "keys of" in text]
    for keys, said in (({"daemons": 2}, "volumes: none is below 2"), ({"daemons": 1, "volumes": 2}, "1 is below 2")):
        with pytest.raises(ClusterLayerError, match=said):
            applied(rook.config(keys=keys))
    lower = {"spec": {"security": {"cephx": {"daemon": {"keyGeneration": 1}}}}}
    with pytest.raises(Refused, match="keyGeneration cannot be decreased"):
        applied.api.call("PATCH", CLUSTER, body=lower, content=MERGE)


def test_nodes_with_new_kernels_get_the_new_type_of_keys_with_a_rotation_only(applied: Applied) -> None:
    applied.join(*(rook.node(f"n{number}", kernel="7.0.3") for number in range(1, 4)))
    assert not applied(rook.config(keys=KEYS))["changed"]
    applied(rook.config(keys={**KEYS, "volumes": 3}))
    csi = applied.get(CLUSTER)["spec"]["security"]["cephx"]["csi"]
    assert csi["keyType"] == "aes256k" and csi["keyGeneration"] == 3
    assert not applied(rook.config(keys={**KEYS, "volumes": 3}))["changed"]


def test_prometheus_gets_rules_once_the_cluster_has_their_kinds(applied: Applied, objects: Objects) -> None:
    keys = {**KEYS, "volumes": 3}
    with pytest.raises(ClusterLayerError, match="the cluster has no ServiceMonitor and no PrometheusRule"):
        applied(rook.config(keys=keys, prometheus={"enabled": True}))
    assert applied.get(CLUSTER)["spec"]["monitoring"] == {"enabled": False}
    crds = directory("prometheus-operator-") / "crds"
    objects(src=[str(crds / f"monitoring.coreos.com_{name}.yaml") for name in ("prometheusrules", "servicemonitors")])
    first = applied(rook.config(keys=keys, prometheus={"labels": {"release": "prometheus"}}))
    assert f"create PrometheusRule {SPACE}/groundup-ceph" in first["steps"]
    (rule,) = applied.get(RULES)["items"]
    assert rule["metadata"]["labels"]["release"] == "prometheus" and len(rule["spec"]["groups"][0]["rules"]) > 10
    spec = applied.get(CLUSTER)["spec"]
    assert spec["monitoring"]["enabled"] is True and spec["labels"]["exporter"] == {"release": "prometheus"}
    assert not applied(rook.config(keys=keys, prometheus={"labels": {"release": "prometheus"}}))["changed"]
    left = applied(rook.config(keys=keys, prometheus={"enabled": False}))
    assert any(text.startswith(f"remove PrometheusRule {SPACE}/groundup-ceph ") for text in left["steps"])
    assert not applied.get(RULES)["items"]
    assert applied.exists(f"{CEPH}/cephclusters/rook-ceph")


def test_the_toolbox_goes_and_comes_and_one_of_somebody_else_is_left(applied: Applied) -> None:
    keys = {**KEYS, "volumes": 3}
    config, without = (rook.config(keys=keys, prometheus={"enabled": False}, toolbox=one) for one in (True, False))
    assert not applied(config)["changed"]
    gone = applied(without)
    assert [text for text in gone["steps"] if text.startswith(f"remove Deployment {SPACE}/rook-ceph-tools ")]
    assert not applied.exists(TOOLBOX) and not applied(without)["changed"]

    theirs = yaml.safe_load((directory("rook-v") / "manifests/toolbox.yaml").read_text())
    applied.api.call("POST", TOOLBOX.rpartition("/")[0], body=theirs)
    left = applied(config)
    assert not left["changed"] and "is that of somebody else, so it was left as it is" in left["warnings"][-1]
    assert not any("rook-ceph-tools" in text for text in applied.probe(config))
    assert applied(without)["warnings"] == [] and applied.exists(TOOLBOX)

    applied.api.call("DELETE", TOOLBOX)
    assert applied(config)["steps"] == [f"create Deployment {SPACE}/rook-ceph-tools"]
    assert any(text.startswith(f"wait for Deployment {SPACE}/rook-ceph-tools") for text in applied.probe(config))


def test_a_ceph_that_was_stopped_is_left_alone_and_its_operator_is_no_conflict_later(applied: Applied) -> None:
    keys, prometheus = {**KEYS, "volumes": 3}, {"enabled": False}
    config = rook.config(keys=keys, prometheus=prometheus)
    stopped = {"metadata": {"annotations": {REPLICAS: "1"}}, "spec": {"replicas": 0}}
    applied.api.call("PATCH", OPERATOR, body=stopped, content=MERGE)
    for present in (True, False):
        with pytest.raises(ClusterLayerError, match="nothing was changed, since all of Ceph was stopped"):
            applied(config, present=present, remove_cloud="rack1")
    assert "all of Ceph was stopped" in applied.probe(config)[0]
    started = {"metadata": {"annotations": {REPLICAS: None}}, "spec": {"replicas": 1}}
    applied.api.call("PATCH", OPERATOR, body=started, content=MERGE)
    assert not applied(config)["changed"]
