# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of Kube-OVN's databases, and its removal, on a double of an API server."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import catalog, kube_ovn_removal, kube_ovn_tls
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.kube_ovn_removal import Removal
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.x509 import validity
from ansible_collections.groundup.cloud.plugins.module_utils.objects.engine import Engine
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.manifests import of_objects
from ansible_collections.groundup.cloud.plugins.module_utils.objects.transport import JSON, MERGE
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.deadline import Deadline
from checks.clock import SkippingClock
from unit.cluster.test_kube_ovn import CRDS, PLURALS, given, variables  # noqa: F401  a fixture
from unit.objects.double import Json, Server, resource

DAY = 86400


class Cluster(Server):
    """A double that takes merge patches as well, and whose controller may go on for some reads of its pods."""

    def __init__(self, *objects: Json) -> None:
        super().__init__()
        self.left = 2
        kinds = {"Node": "nodes", "Namespace": "namespaces", "Pod": "pods", "Lease": "leases"}
        self.groups["x"] = {"v1": [resource(kind, plural, namespaced=False) for kind, plural in kinds.items()]}
        for crd in CRDS:
            names = crd["spec"]["names"]
            found = self.groups.setdefault("kubeovn.io", {"v1": []})
            found["v1"].append(resource(names["kind"], names["plural"], namespaced=False))
        for one in objects:
            self.objects[place(one)] = one

    def call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, content: str = JSON,
        accept: str = JSON,
    ) -> Json:  # fmt: skip
        if path == kube_ovn_removal.PODS:
            self.calls.append((method, path, False))
            self.left -= kube_ovn_removal.CONTROLLER not in self.objects
            pods = [{"metadata": {"name": "kube-ovn-controller-x"}, "spec": {"nodeName": "node1"}}] if self.left else []
            return {"kind": "PodList", "items": pods, "metadata": {}}
        if content == MERGE:
            self.calls.append((method, path, False))
            metadata = self.objects[path]["metadata"]
            for name, value in body["metadata"].items():
                if value is None:
                    del metadata[name]
                else:
                    metadata[name] = {k: v for k, v in metadata[name].items() if k not in value}
            return self.objects[path]
        if method == "DELETE" and "preconditions" not in body:
            self.calls.append((method, path, False))
            return self.objects.pop(path)
        return super().call(method, path, query, body, content, accept)


def place(one: Json) -> str:
    if plural := PLURALS.get(one["kind"]):
        return f"/apis/kubeovn.io/v1/{plural}/{one['metadata']['name']}"
    return f"/api/v1/{one['kind'].lower()}s/{one['metadata']['name']}"


def item(kind: str, name: str, **metadata: Any) -> Json:
    version = "kubeovn.io/v1" if kind in PLURALS else "v1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "uid": name, **metadata}}


def engine(cluster: Server, *, check: bool = False) -> Engine:
    return Engine(cluster, Deadline(30, SkippingClock()), 2, check=check)


def living() -> Cluster:
    finalizers = ["kubeovn.io/kube-ovn-controller"]
    notes = {"ovn.kubernetes.io/ip_address": "100.64.0.2", "other.example.net/x": "1"}
    cluster = Cluster(
        item("Vpc", "ovn-cluster", finalizers=finalizers),
        item("Subnet", "join", finalizers=finalizers),
        item("Subnet", "ovn-default"),
        item("IP", "web.shop", finalizers=finalizers),
        item("Node", "node1", annotations=notes),
        item("Namespace", "shop"),
    )
    cluster.objects[kube_ovn_removal.CONTROLLER] = {"kind": "Deployment", "metadata": {"name": "x", "uid": "u"}}
    cluster.objects[kube_ovn_removal.LEASE] = {"kind": "Lease", "metadata": {"name": "x", "uid": "u"}}
    return cluster


def test_finalizers_are_removed_once_the_controller_has_stopped_and_annotations_at_the_end() -> None:
    cluster = living()
    removal = Removal(engine(cluster), of_objects(CRDS, "test"))
    assert removal.steps == [
        "remove finalizers of Subnet join",
        "remove finalizers of Vpc ovn-cluster",
        "remove finalizers of IP web.shop",
        "remove annotations of Kube-OVN from Node node1",
        "remove Lease kube-system/kube-ovn-controller",
    ]
    assert not cluster.writes(), "reading changes nothing"
    removal.before()
    calls = [(method, path) for method, path, __ in cluster.calls if method != "GET" or path == kube_ovn_removal.PODS]
    assert calls[0] == ("DELETE", kube_ovn_removal.CONTROLLER)
    assert calls[1] == calls[2] == ("GET", kube_ovn_removal.PODS), "it waits for the controller's pods"
    assert {method for method, __ in calls[3:]} == {"PATCH"}
    assert not any("finalizers" in one["metadata"] for one in cluster.objects.values())
    removal.after()
    assert cluster.objects["/api/v1/nodes/node1"]["metadata"]["annotations"] == {"other.example.net/x": "1"}
    assert kube_ovn_removal.LEASE not in cluster.objects
    assert Removal(engine(cluster), of_objects(CRDS, "test")).steps == []


def test_a_controller_that_does_not_stop_is_named() -> None:
    cluster = living()
    cluster.left = 1000
    with pytest.raises(ObjectsError, match="Pod kube-ovn-controller-x on node1: it still runs"):
        Removal(engine(cluster), of_objects(CRDS, "test")).before()
    assert cluster.objects["/apis/kubeovn.io/v1/subnets/join"]["metadata"]["finalizers"], "nothing is forced"


def test_objects_of_users_are_not_lost_by_a_removal() -> None:
    cluster = living()
    for one in [item("Subnet", "tenant"), *(item("Vpc", f"vpc{n}") for n in range(9))]:
        cluster.objects[place(one)] = one
    with pytest.raises(ObjectsError, match=r"would be lost with their kinds: Subnet tenant, Vpc vpc0, .* and 2 more;"):
        Removal(engine(cluster), of_objects(CRDS, "test"))
    assert not cluster.writes()


@pytest.mark.parametrize(
    ("name", "has", "message"),
    [
        (
            "ovn-default",
            "10.16.0.0/16",
            r"config\.pods: 10\.64\.0\.0/14 is not 10\.16\.0\.0/16, which the cluster has for",
        ),
        ("join", "100.65.0.0/16", r"config\.join: 100\.64\.0\.0/16 is not 100\.65\.0\.0/16, .* write 100\.65\.0\.0/16"),
    ],
)
def test_ranges_that_kube_ovn_would_not_change_are_refused(given: Json, name: str, has: str, message: str) -> None:  # noqa: F811
    cluster = Cluster(item("Subnet", name) | {"spec": {"cidrBlock": has}})
    with pytest.raises(ClusterLayerError, match=message):
        catalog.LAYERS["network_kube_ovn"].steps(engine(cluster, check=True), given)
    assert not cluster.writes()


def test_kinds_go_with_the_layer(given: Json) -> None:  # noqa: F811
    layer = catalog.LAYERS["network_kube_ovn"]
    assert not layer.request(given).remove_data
    consents = layer.request(given, present=False).remove_data
    assert {(one.kind, one.name) for one in consents} == {
        ("CustomResourceDefinition", one["metadata"]["name"]) for one in CRDS
    }


def secret(data: Mapping[str, str]) -> Json:
    encoded = {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "kube-ovn-tls"}, "data": encoded}


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return kube_ovn_tls.made()


def test_a_certificate_is_one_that_its_ca_has_signed(made: dict[str, str], tmp_path: Path) -> None:
    for name, text in made.items():
        (tmp_path / name).write_text(text)
    words = ["openssl", "verify", "-CAfile", "cacert", "-purpose", "sslserver", "cert"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "BEGIN PRIVATE KEY" in made["key"]


def test_certificates_are_made_once_and_again_before_they_end(
    made: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster()
    monkeypatch.setattr(kube_ovn_tls, "made", lambda: {"cacert": "new", "cert": "new", "key": "new"})
    assert kube_ovn_tls.certificates(engine(cluster)) == {"cacert": "new", "cert": "new", "key": "new"}
    assert kube_ovn_tls.certificates(engine(cluster, check=True)) == kube_ovn_tls.PLANNED
    cluster.objects[kube_ovn_tls.PATH] = secret(made)
    assert kube_ovn_tls.certificates(engine(cluster)) == made
    ends = validity("x", made["cert"]).ends
    assert kube_ovn_tls.certificates(engine(cluster), ends - 61 * DAY) == made
    assert kube_ovn_tls.certificates(engine(cluster), ends - 59 * DAY)["cert"] == "new"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"cacert": "a", "cert": "b"}, "Secret kube-system/kube-ovn-tls has not the keys cacert, cert, key with texts"),
        ({"cacert": "a", "cert": "b", "key": "c"}, "kube-ovn-tls, cert: holds no certificate in PEM; correct it, or"),
    ],
)
def test_a_secret_with_something_else_is_refused(data: dict[str, str], message: str) -> None:
    cluster = Cluster()
    cluster.objects[kube_ovn_tls.PATH] = secret(data)
    with pytest.raises(ClusterLayerError, match=message):
        kube_ovn_tls.certificates(engine(cluster))


def test_openssl_that_is_missing_or_too_old_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterLayerError, match="need the program openssl; install OpenSSL 3 on the host"):
        kube_ovn_tls.made()
    (tmp_path / "openssl").write_text("#!/bin/sh\necho unknown option -CA >&2\nexit 1\n")
    (tmp_path / "openssl").chmod(0o755)
    with pytest.raises(
        ClusterLayerError, match="could not make the certificates of OVN's databases: unknown option -CA"
    ):
        kube_ovn_tls.made()
