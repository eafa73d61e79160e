# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster of others at a real API server: who may join machines to it, by which token, and what stays as it is."""

from __future__ import annotations

import base64
import dataclasses
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.kube import (
    config,
    existing,
    join_credentials,
    nodes,
    paths,
    yaml,
)
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Kubeconfig, Refused
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError, KubeRefusedError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import Settings, parse
from ansible_collections.groundup.cloud.plugins.module_utils.prove.cluster import NODES, Expected, cluster_proofs

from .conftest import Live, given
from .test_live import status

pytestmark = pytest.mark.services

TOKEN, KEY = "jolnt1.0123456789abcdef", "0" * 64
SECRETS = "/api/v1/namespaces/kube-system/secrets"
MAPS = "/api/v1/namespaces/kube-system/configmaps"
RBAC = "/apis/rbac.authorization.k8s.io/v1"


def port(live: Live) -> int:
    return int(live.kubeconfig.server.rpartition(":")[2])


def joined(live: Live, **changes: t.Any) -> Settings:
    """The settings of the host that acts on the cluster."""
    values = given(port(live)) | {
        "endpoint": {"address": "127.0.0.1", "port": port(live), "load_balancer": "external"},
        "node": {"name": "cluster", "address": "127.0.0.1", "control_plane": True},
        "control_planes": {"cluster": "127.0.0.1"},
        "kubeconfig": str(live.path(paths.ADMIN_CONF)),
    }
    return parse(values | changes)


@pytest.fixture(scope="module", autouse=True)
def stored(live: Live) -> None:
    """What kubeadm stores in a cluster that it makes."""
    text = yaml.dump(config.cluster_configuration(live.settings))
    for name, data in (("kubeadm-config", {"ClusterConfiguration": text}), ("kubelet-config", {"kubelet": ""})):
        live.api().create(MAPS, {"metadata": {"name": name}, "data": data})


def test_a_token_admits_until_it_is_withdrawn_and_what_others_made_stays(live: Live) -> None:
    settings, api = joined(live), live.api()
    theirs = {"metadata": {"name": "bootstrap-token-others"}, "type": "bootstrap.kubernetes.io/token"}
    api.create(SECRETS, theirs)
    owner = {"apiVersion": "v1", "kind": "Secret", "name": "bootstrap-token-others"}
    owner["uid"] = api.get(f"{SECRETS}/bootstrap-token-others")["metadata"]["uid"]
    api.create(SECRETS, {"metadata": {"name": "kubeadm-certs", "ownerReferences": [owner]}})
    params = {"token": TOKEN, "certificate_key": KEY, "stale_members": [], "certificates": False, "state": "present"}
    issued = join_credentials.perform(settings, params, False)
    assert issued["discovery"]["server"] == f"https://127.0.0.1:{port(live)}"
    assert base64.b64decode(issued["discovery"]["ca"]).decode() == live.path(paths.CA).read_text()
    made = api.get(f"{SECRETS}/bootstrap-token-jolnt1")
    assert made["type"] == "bootstrap.kubernetes.io/token"
    code, message = status(live, TOKEN)
    assert code == 403 and "system:bootstrap:jolnt1" in message  # known, and allowed by kubeadm's own roles alone
    gone = join_credentials.perform(settings, params | {"state": "absent"}, False)
    assert gone["changed"] is True and api.get(f"{SECRETS}/bootstrap-token-jolnt1") is None
    assert join_credentials.perform(settings, params | {"state": "absent"}, False)["changed"] is False
    for name in ("kubeadm-certs", "bootstrap-token-others"):
        assert api.delete(f"{SECRETS}/{name}"), "those who run the cluster made it"
    end = time.monotonic() + 40  # the API server remembers a token that was good for ten seconds
    while status(live, TOKEN)[0] != 401:
        assert time.monotonic() < end
        time.sleep(1)


def test_the_cluster_is_seen_with_all_rights_and_its_nodes(live: Live) -> None:
    api = live.api()
    api.create("/api/v1/nodes", {"metadata": {"name": "theirs"}})
    found = existing.perform(joined(live), {"config": {}}, True)["observation"]
    assert found["cluster"]["version"].startswith("v1.36.") and "theirs" in found["cluster"]["nodes"]
    assert found["hosted"] and found["existing"] and not found["joined"]
    assert api.delete("/api/v1/nodes/theirs")


def robot(live: Live, tmp_path: Path, *rules: dict[str, t.Any]) -> Path:
    """The kubeconfig of a new service account that has these rights in the whole cluster."""
    api, name = live.api(), tmp_path.name.replace("_", "-")[-40:].strip("-").lower()
    accounts = "/api/v1/namespaces/default/serviceaccounts"
    api.create(accounts, {"metadata": {"name": name}})
    api.create(f"{RBAC}/clusterroles", {"metadata": {"name": name}, "rules": list(rules)})
    subject = {"kind": "ServiceAccount", "name": name, "namespace": "default"}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    binding = {"metadata": {"name": name}, "subjects": [subject], "roleRef": reference}
    api.create(f"{RBAC}/clusterrolebindings", binding)
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    token = api.create(f"{accounts}/{name}/token", request)["status"]["token"]
    return written(live, tmp_path, token)


def written(live: Live, tmp_path: Path, token: str) -> Path:
    """A kubeconfig with a token."""
    ca = base64.b64encode(live.path(paths.CA).read_bytes()).decode()
    known = config.discovery(live.kubeconfig.server, ca)
    known["users"] = [{"name": "nobody", "user": {"token": token}}]
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.dump(known))
    return file


def rule(resource: str, *verbs: str) -> dict[str, t.Any]:
    return {"apiGroups": [""], "resources": [resource], "verbs": list(verbs)}


ENOUGH = (rule("secrets", "create", "patch", "delete"), rule("configmaps", "get"), rule("nodes", "list", "patch"))


def test_the_documented_rights_are_enough(live: Live, tmp_path: Path) -> None:
    settings = joined(live, kubeconfig=str(robot(live, tmp_path, *ENOUGH)))
    live.api().create("/api/v1/nodes", {"metadata": {"name": "ours"}})
    existing.examine(settings)
    params = {"token": TOKEN, "certificate_key": KEY, "stale_members": [], "certificates": False, "state": "present"}
    join_credentials.perform(settings, params, False)
    join_credentials.perform(settings, params, False)  # a second run finds the first one's
    assert join_credentials.perform(settings, params | {"state": "absent"}, False)["changed"]
    labelled = {"nodes": {"ours": {"labels": {"rack": "r1"}}}, "timeout": 30}
    assert nodes.perform(settings, labelled, False)["steps"] == ["label node ours"]
    assert nodes.perform(settings, labelled, False)["steps"] == []
    assert live.api().delete("/api/v1/nodes/ours")


def test_missing_rights_are_all_named(live: Live, tmp_path: Path) -> None:
    file = robot(live, tmp_path, rule("configmaps", "get"), rule("nodes", "list"))
    with pytest.raises(KubeRefusedError) as error:
        existing.examine(joined(live, kubeconfig=str(file)))
    wanted = "its user may not create secrets in kube-system; may not patch secrets in kube-system; may not delete"
    assert wanted in str(error.value) and "may not patch nodes. A token" in str(error.value)
    assert "list nodes" not in str(error.value) and "get configmaps" not in str(error.value)


def test_a_login_that_the_api_does_not_know_is_told(live: Live, tmp_path: Path) -> None:
    file = written(live, tmp_path, "eyJhbGciOiJSUzI1NiJ9.e30.AAAA")
    with pytest.raises(KubeError, match="does not accept its token, which has expired or is of another cluster"):
        existing.examine(joined(live, kubeconfig=str(file)))


def test_a_kubeconfig_with_the_ca_of_another_cluster_is_told(live: Live, tmp_path: Path) -> None:
    other = tmp_path / "other"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run([*words, "-subj", "/CN=other", "-keyout", str(other), "-out", f"{other}.crt"], check=True)
    admin = live.path(paths.ADMIN_CONF).read_text()
    ours = base64.b64encode(live.path(paths.CA).read_bytes()).decode()
    theirs = base64.b64encode(Path(f"{other}.crt").read_bytes()).decode()
    file = tmp_path / "kubeconfig"
    file.write_text(admin.replace(ours, theirs))
    assert theirs in file.read_text()
    with pytest.raises(KubeError, match="the CA of the kubeconfig is not that of https://127"):
        existing.examine(joined(live, kubeconfig=str(file)))
    login = dataclasses.replace(live.kubeconfig, ca=Path(f"{other}.crt").read_text(), server="https://elsewhere:6443")
    with pytest.raises(
        KubeRefusedError, match=r"^kubernetes.endpoint: the CA of .* own server is https://elsewhere:6443"
    ):
        existing.refuse_authority(joined(live), login)


def test_an_endpoint_that_the_certificate_does_not_name_is_told(live: Live) -> None:
    endpoint = {"name": "localhost", "port": port(live), "load_balancer": "external"}
    with pytest.raises(KubeRefusedError, match=r"the certificate of https://localhost:.* is not valid for that name"):
        existing.examine(joined(live, endpoint=endpoint))


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"version": "1.37.0"}, "1.37.0 is newer than the API server, which is 1.36"),
        ({"version": "1.32.0"}, "1.32.0 is more than 3 minor versions older"),
        ({"pods": "10.244.0.0/16"}, "podSubnet is 10.64.0.0/14, wanted 10.244.0.0/16"),
        ({"domain": "office.local"}, "dnsDomain is cluster.local, wanted office.local"),
    ],
)
def test_a_model_that_does_not_fit_the_cluster_is_refused(live: Live, changes: dict[str, t.Any], wanted: str) -> None:
    with pytest.raises(KubeRefusedError, match=wanted):
        existing.examine(joined(live, **changes))


def test_an_older_kubelet_may_join(live: Live) -> None:
    existing.examine(joined(live, version="1.33.0"))


def test_a_cluster_that_kubeadm_did_not_make_is_refused(live: Live) -> None:
    held = live.api().get(f"{MAPS}/kubelet-config")
    live.api().delete(f"{MAPS}/kubelet-config")
    try:
        with pytest.raises(
            KubeRefusedError, match=r"has no ConfigMap kubelet-config in kube-system.*not made by kubeadm"
        ):
            existing.examine(joined(live))
    finally:
        live.api().create(MAPS, {"metadata": {"name": "kubelet-config"}, "data": held["data"]})


def test_an_api_that_does_not_answer_is_told(live: Live, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(live.path(paths.ADMIN_CONF).read_text().replace(f":{port(live)}", ":1"))
    with pytest.raises(KubeError, match=r"the API at https://127\.0\.0\.1:1 does not answer"):
        existing.examine(joined(live, kubeconfig=str(file)))


def ready(live: Live, name: str, version: str) -> None:
    """A node as its kubelet reports it, written by hand."""
    api = live.api()
    api.create("/api/v1/nodes", {"metadata": {"name": name}})
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    condition = {"type": "Ready", "status": "True", "lastHeartbeatTime": now, "reason": "", "message": ""}
    status = {"conditions": [condition], "nodeInfo": {"kubeletVersion": version}}
    api.patch(f"/api/v1/nodes/{name}/status", {"status": status}, "strategic")
    api.patch(f"/api/v1/nodes/{name}", {"spec": {"taints": None}})


def test_proofs_are_of_our_nodes_alone_and_pods_are_not_ours(live: Live) -> None:
    ready(live, "ours", "v1.35.1")
    ready(live, "theirs", "v1.34.0")
    wanted = Expected("x:1", "1.35.1", ("ours",), "cluster.local", "image", layers={"kubernetes": None}, existing=True)
    found = cluster_proofs(live.api(), wanted)
    assert [proof.ok for proof in found[:2]] == [True, True], [proof.evidence for proof in found]
    assert found[1].name == NODES and found[1].evidence == "1 nodes are Ready at v1.35.1: ours"
    assert found[2:] and {(proof.ok, proof.promised, proof.evidence) for proof in found[2:]} == {
        (None, False, "not ours")
    }
    assert "kubernetes" in {proof.layer for proof in found[2:]}
    other = cluster_proofs(live.api(), dataclasses.replace(wanted, version="1.34.0", nodes=("ours", "lost")))
    assert other[1].ok is False and other[1].evidence == "lost is not a node; ours runs v1.35.1"
    for name in ("ours", "theirs"):
        live.api().delete(f"/api/v1/nodes/{name}")


def test_a_bootstrap_token_alone_is_no_login_for_this(live: Live, tmp_path: Path) -> None:
    paper = join_credentials.JoinCredentials(TOKEN, KEY)
    join_credentials.perform(
        joined(live),
        {"token": TOKEN, "certificate_key": KEY, "stale_members": [], "certificates": False, "state": "present"},
        False,
    )
    try:
        with pytest.raises(KubeRefusedError, match="may not create secrets in kube-system"):
            existing.examine(joined(live, kubeconfig=str(written(live, tmp_path, TOKEN))))
        login = Kubeconfig.read(live.path(paths.ADMIN_CONF))
        with pytest.raises(Refused):
            dataclasses.replace(login, certificate="", key="", token=TOKEN).https().call("GET", SECRETS)
    finally:
        join_credentials.withdraw(live.api(), paper, certificates=False)
