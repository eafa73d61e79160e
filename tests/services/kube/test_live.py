# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration judged by the real kubeadm; join credentials, nodes and members at a real API server and etcd."""

from __future__ import annotations

import datetime
import json
import os
import socket
import ssl
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import (
    api_certificate,
    api_names,
    certificates,
    config,
    etcd,
    identity,
    immutable,
    join_credentials,
    kubelet_node,
    nodes,
    observe,
    paths,
    probe,
    renewal,
    yaml,
)
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import (
    Api,
    Https,
    Kubeconfig,
    Refused,
    connect,
    tls,
)
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError, KubeRefusedError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline

from .conftest import Live, configuration, given, kubeadm

pytestmark = pytest.mark.services

TOKEN, KEY = "abcdef.0123456789abcdef", "0" * 64
THREE = {"control_planes": {f"node{i}": f"10.30.0.2{i}" for i in (1, 2, 3)}}
SECRETS = "/api/v1/namespaces/default/secrets"


@pytest.mark.parametrize("changes", [{}, {"timings": "default"}, THREE, {"encryption": False, "audit": False}])
def test_kubeadm_takes_every_document(programs: Path, tmp_path: Path, changes: dict[str, t.Any]) -> None:
    settings, known = parse(given() | changes), tmp_path / "discovery.yaml"
    known.write_text(yaml.dump(config.discovery("https://127.0.0.1:8443", "LS0t")))
    documents = {
        "init": [config.init(settings, TOKEN, ["Swap"]), *config.cluster(settings)],
        "join": [config.join(settings, str(known), TOKEN, KEY)],
        "upload": config.upload_certs(settings, KEY),
    }
    for name, docs in documents.items():
        (tmp_path / name).write_text(yaml.documents(docs))
        assert "ok" in kubeadm(programs, "config", "validate", "--config", tmp_path / name)


def status(live: Live, token: str) -> tuple[int, str]:
    """Status and message that the API gives the bearer of a token."""
    url = f"{live.kubeconfig.server}/api/v1/nodes"
    words = ["curl", "-sS", "--cacert", live.path(paths.CA), "-H", f"Authorization: Bearer {token}", url]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    return answer["code"], answer["message"]


def test_join_credentials_admit_until_they_are_withdrawn(live: Live) -> None:
    system, paper = System(str(live.root)), join_credentials.JoinCredentials("tickt1.0123456789abcdef", KEY)
    join_credentials.issue(live.settings, live.api(), system, paper, certificates=False)
    join_credentials.issue(
        live.settings, live.api(), system, paper, certificates=False
    )  # a second run finds the first one's
    code, message = status(live, paper.token)
    assert code == 403 and "system:bootstrap:tickt1" in message  # known, and without kubeadm's roles here of no use
    assert join_credentials.withdraw(live.api(), paper) is True
    assert join_credentials.withdraw(live.api(), paper) is False
    end = time.monotonic() + 40  # the API server remembers a token that was good for ten seconds
    while status(live, paper.token)[0] != 401:
        assert time.monotonic() < end
        time.sleep(1)


def test_labels_and_taints_come_and_go(live: Live) -> None:
    api = live.api()
    api.create("/api/v1/nodes", {"metadata": {"name": "node9", "labels": {"others": "mine"}}})
    taint = {"key": "dedicated", "value": "storage", "effect": "NoSchedule"}
    for labels, taints in (({"rack": "r1"}, [taint]), ({"rack": "r2", "row": "3"}, []), ({}, [])):
        wanted = {"node9": {"labels": labels, "taints": taints}}
        found = observe.cluster(api, "x")["nodes"]
        assert nodes.plan(wanted, found)
        nodes.apply(api, wanted, found, Deadline(60))
        have = observe.cluster(api, "x")["nodes"]
        assert nodes.plan(wanted, have) == {}
        assert {k: v for k, v in have["node9"]["labels"].items() if k in ("rack", "row", "others")} == labels | {
            "others": "mine"
        }
        assert [item for item in have["node9"]["taints"] if item["key"] == "dedicated"] == taints
    assert api.delete("/api/v1/nodes/node9")


def test_a_taint_that_others_set_after_the_node_was_read_stays(live: Live) -> None:
    api = live.api()
    api.create("/api/v1/nodes", {"metadata": {"name": "node8"}})
    found = observe.cluster(api, "x")["nodes"]
    fenced = {"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"}
    taint = {"key": "dedicated", "value": "storage", "effect": "NoSchedule"}
    now = api.get("/api/v1/nodes/node8")["spec"].get("taints") or []
    api.patch("/api/v1/nodes/node8", {"spec": {"taints": [*now, fenced]}})
    nodes.apply(api, {"node8": {"taints": [taint]}}, found, Deadline(60))
    keys = {item["key"] for item in observe.cluster(api, "x")["nodes"]["node8"]["taints"]}
    assert {"node.kubernetes.io/out-of-service", "dedicated"} <= keys
    assert api.delete("/api/v1/nodes/node8")


def test_etcd_names_its_members(live: Live) -> None:
    members = etcd.members(etcd.connect(live.root, live.etcd))
    assert [(member["name"], member["learner"]) for member in members] == [("node1", False)]
    assert members[0]["peer"].startswith("http://127.0.0.1:")


def as_kubelet(live: Live) -> tuple[Kubeconfig, Path]:
    """The credentials of node1's kubelet, where the kubelet has them, and its certificate and key."""
    file = live.path(paths.KUBELET_CONF)
    file.write_text(file.read_text().replace("https://10.30.0.21:6443", live.kubeconfig.server))
    mine = Kubeconfig.read(file)
    pem = live.path(identity.CERTIFICATE)
    pem.parent.mkdir(parents=True, exist_ok=True)
    pem.write_text(f"{mine.certificate}\n{mine.key}")
    return mine, pem


def test_a_node_is_seen_by_its_machine_before_and_after_a_restart_of_its_kubelet(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a kubelet reports is written by hand; its machine reads it with the credentials of the kubelet."""
    worker = parse(
        given() | {"node": given()["node"] | {"control_plane": False}, "control_planes": {"node2": "10.0.0.2"}}
    )
    system, api, began = System(str(live.root)), live.api(), time.clock_gettime(time.CLOCK_BOOTTIME)
    as_kubelet(live)

    def report(after: float, **conditions: str) -> None:
        moment = datetime.datetime.fromtimestamp(time.time() + after, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        found = [{"type": kind, "status": value, "lastHeartbeatTime": moment, "lastTransitionTime": moment,
                  "reason": "Kubelet", "message": "says so"} for kind, value in conditions.items()]  # fmt: skip
        api.patch("/api/v1/nodes/node1/status", {"status": {"conditions": found}})

    assert kubelet_node.ready(worker, system) is None, "there is no Node"
    api.create("/api/v1/nodes", {"metadata": {"name": "node1"}})
    assert kubelet_node.ready(worker, system) is None
    report(-60, Ready="True", MemoryPressure="False")
    before = kubelet_node.ready(worker, system)
    assert before and before["metadata"]["name"] == "node1"
    monkeypatch.setattr(kubelet_node, "started", lambda *_words: began)
    monkeypatch.setattr(kubelet_node.kubelet_check, "LIMIT", {"slow": 1.0})
    with pytest.raises(KubeError, match="its restarted kubelet has not reported yet"):
        kubelet_node.await_ready(worker, system, before)
    report(1, Ready="True", MemoryPressure="True")
    with pytest.raises(KubeError, match=r"it reports MemoryPressure \(Kubelet: says so\)"):
        kubelet_node.await_ready(worker, system, before)
    report(1, Ready="True", MemoryPressure="False")
    kubelet_node.await_ready(worker, system, before, seconds=1)
    file = live.path(paths.KUBELET_CONF)
    text = file.read_text()
    file.write_text(text.replace(live.kubeconfig.server, "https://127.0.0.1:1"))
    with pytest.raises(KubeError, match="the API does not tell whether its node is ready"):
        kubelet_node.ready(worker, system)
    file.write_text(text)
    api.delete("/api/v1/nodes/node1")


def test_a_kubelets_credentials_are_enough_for_the_probe(live: Live) -> None:
    system = System(str(live.root))
    mine, pem = as_kubelet(live)
    assert [step.action for step in probe.membership(live.settings, system)] == ["join"]  # the cluster doesn't know it
    api = live.api()
    api.create("/api/v1/nodes", {"metadata": {"name": "node1"}})
    assert [step.action for step in probe.membership(live.settings, system)] == ["ready", "label"]
    wanted = {"node1": {"labels": {"rack": "r1"}, "taints": []}}
    nodes.apply(api, wanted, observe.cluster(api, "x")["nodes"], Deadline(60))
    assert [step.action for step in probe.membership(live.settings, system)] == ["ready"]
    with pytest.raises(Refused, match="403"):
        Api(Https(mine.server, tls(mine.ca, pem.read_text(), ""))).get("/api/v1/nodes/another")
    api.delete("/api/v1/nodes/node1")


def test_a_kubelet_may_read_which_networks_its_cluster_has(live: Live, programs: Path) -> None:
    as_kubelet(live)
    login = live.path("etc/kubernetes/admin.conf")
    upload = ("init", "phase", "upload-config", "kubeadm", "--kubeconfig", login)
    file = live.root / "kubeadm.yaml"
    file.write_text(configuration(live.settings, live.path("etc/kubernetes/pki")))
    kubeadm(programs, *upload, "--config", file)
    api = probe.as_kubelet(System(str(live.root)))
    immutable.refuse_other_cluster(live.settings, api)
    others = given(live.settings.endpoint.port) | {"pods": "10.128.0.0/14", "services": "10.97.0.0/16"}
    with pytest.raises(KubeRefusedError, match=r"podSubnet is 10\.64\.0\.0/14, wanted .*; serviceSubnet is 10\.96"):
        immutable.refuse_other_cluster(parse(others), api)


def test_secrets_are_encrypted_and_the_audit_log_is_discreet(live: Live) -> None:
    api = live.api()
    body = {"metadata": {"name": "seen"}, "stringData": {"word": "hunter2swordfish"}}
    api.create(SECRETS, body)
    assert api.get(f"{SECRETS}/seen")["metadata"]["name"] == "seen"
    assert subprocess.run(["grep", "-rqa", "hunter2swordfish", live.root / "etcd"], check=False).returncode == 1
    assert subprocess.run(["grep", "-rqa", "k8s:enc:secretbox", live.root / "etcd"], check=False).returncode == 0
    events = [json.loads(line) for line in (live.root / "var/log/audit.log").read_text().splitlines()]
    mine = [event for event in events if event.get("objectRef", {}).get("name") == "seen"]
    assert {event["verb"] for event in mine} >= {"create", "get"}
    assert "hunter2swordfish" not in (live.root / "var/log/audit.log").read_text()
    assert not [event for event in events if event.get("objectRef", {}).get("resource") == "leases"]


def test_a_watch_on_secrets_is_audited_whoever_watches(live: Live) -> None:
    """Other requests of kubelets are not; this one is refused by their role, and logged nevertheless."""
    file = live.path(paths.KUBELET_CONF)
    file.write_text(file.read_text().replace("https://10.30.0.21:6443", live.kubeconfig.server))
    mine = Kubeconfig.read(file)
    client = mine.https()
    for path in (f"{SECRETS}?watch=1&timeoutSeconds=1", "/api/v1/pods?watch=1&timeoutSeconds=1"):
        with pytest.raises(Refused, match="403"):
            client.text("GET", path)
    end = time.monotonic() + 20
    while not (found := [event for event in audited(live) if event["verb"] == "watch"]):
        assert time.monotonic() < end
        time.sleep(0.5)
    assert {event["objectRef"]["resource"] for event in found if "system:node:" in event["user"]["username"]} == {
        "secrets"
    }


def audited(live: Live) -> list[dict[str, t.Any]]:
    """The events of the audit log so far."""
    return [json.loads(line) for line in (live.root / "var/log/audit.log").read_text().splitlines()]


@pytest.mark.skipif(os.geteuid() != 0, reason="kubeadm changes its root, which only root may")
def test_kubeadm_renews_the_certificates_and_the_api_takes_them(live: Live, programs: Path) -> None:
    """As for a hosted control plane, whose files are below a root. Authorities and the kubelet's credentials stay."""
    settings, system = parse(given() | {"root": str(live.root)}), System(str(live.root))
    system.write(paths.KUBEADM, (programs / "kubernetes").read_bytes(), mode=0o755)
    kubernetes = live.path(paths.KUBERNETES)
    before = dict(certificates.of_directory(kubernetes))
    later = time.time() + 300 * 86400
    due = certificates.due(settings, live.root, later)
    assert {"pki/apiserver.crt", "pki/etcd/server.crt", "admin.conf"} <= set(due) and set(due.values()) == {64}
    renewal.write(settings, system, due)
    after = dict(certificates.of_directory(kubernetes))
    changed = {name for name in before if before[name] != after[name]}
    assert changed == set(due)
    assert certificates.due(settings, live.root) == due, "until the servers have them"
    live.path(paths.RENEWAL).unlink()
    assert certificates.due(settings, live.root) == {}
    assert {oct(path.stat().st_mode & 0o777) for path in kubernetes.rglob("*.key")} == {"0o600"}
    assert connect(Kubeconfig.read(live.path(paths.ADMIN_CONF)), live.kubeconfig.server).get("/version")


@pytest.mark.skipif(os.geteuid() != 0, reason="kubeadm changes its root, which only root may")
def test_kubeadm_makes_a_certificate_with_other_names_and_the_api_takes_it(live: Live, programs: Path) -> None:
    """As for a hosted control plane. The names of kubeadm's own certificate are those that are computed here."""
    pem = live.path(api_names.CERTIFICATE).read_text()
    assert api_names.difference(live.settings, pem) == ""
    more = {"root": str(live.root), "api_names": ["k8s.example.net", "*.example.net", "203.0.113.7", "fd00::7"]}
    settings, system = parse(given(live.settings.endpoint.port) | more), System(str(live.root))
    assert api_names.difference(settings, pem) == "lacks *.example.net, 203.0.113.7, fd00::7, k8s.example.net"
    system.write(paths.KUBEADM, (programs / "kubernetes").read_bytes(), mode=0o755)
    api_certificate.remake(settings, system)
    made = live.path(api_names.CERTIFICATE).read_text()
    assert made != pem and api_names.difference(settings, made) == ""
    assert not live.path(api_certificate.SCRATCH).exists()
    assert live.path(api_names.KEY).stat().st_mode & 0o777 == 0o600
    context = ssl.create_default_context(cadata=live.kubeconfig.ca)
    end = time.monotonic() + 120
    while not served(context, live.settings.endpoint.port):
        assert time.monotonic() < end, "the API server reads its certificate again within a minute"
        time.sleep(1)
    api_certificate.remake(parse(given(live.settings.endpoint.port) | {"root": str(live.root)}), system)
    assert api_names.difference(live.settings, live.path(api_names.CERTIFICATE).read_text()) == "", "taken out again"


def served(context: ssl.SSLContext, port: int) -> bool:
    """Whether the API's certificate is valid for a further name."""
    try:
        with socket.create_connection(("127.0.0.1", port)) as plain:
            context.wrap_socket(plain, server_hostname="k8s.example.net").close()
    except ssl.SSLCertVerificationError:
        return False
    return True
