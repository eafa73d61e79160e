# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node has for life is not changed: its name, its address, its endpoint, and the networks of its cluster."""

from __future__ import annotations

import json
import typing as t
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.kube import (
    config,
    identity,
    immutable,
    kubelet_files,
    paths,
    probe,
    x509,
    yaml,
)
from ansible_collections.groundup.cloud.plugins.module_utils.kube.api import Refused
from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError, KubeRefusedError
from ansible_collections.groundup.cloud.plugins.module_utils.kube.settings import parse
from ansible_collections.groundup.cloud.plugins.module_utils.layers import catalog, kubernetes_host
from cryptography import x509 as cx509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Given = dict[str, t.Any]
WORKER = {"name": "node4", "address": "10.30.0.24", "control_plane": False}


def certificate(*subject: tuple[cx509.ObjectIdentifier, str]) -> str:
    """A certificate of this subject, by an authority of another name."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    names = [cx509.Name([cx509.NameAttribute(*one) for one in who]) for who in (subject, CA)]
    made = cx509.CertificateBuilder(names[1], names[0], key.public_key(), cx509.random_serial_number())
    signed = made.not_valid_before(now).not_valid_after(now + timedelta(days=365)).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


CA = ((NameOID.COMMON_NAME, "kubernetes"),)
NODES = (NameOID.ORGANIZATION_NAME, "system:nodes")


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ([NODES, (NameOID.COMMON_NAME, "system:node:node4")], "system:node:node4"),
        ([(NameOID.COMMON_NAME, "ü" * 32)], "ü" * 32),
        ([NODES], ""),
        ([], ""),
    ],
    ids=["of a kubelet", "long", "none", "no subject"],
)
def test_the_common_name_is_that_of_the_subject(subject: list[tuple[cx509.ObjectIdentifier, str]], name: str) -> None:
    assert x509.common_name("kubelet.pem", certificate(*subject)) == name


@pytest.fixture
def node4(worker: Given, tmp_path: t.Any) -> System:
    """The worker node4, as kubeadm left it."""
    system = catalog.Bare(str(tmp_path))
    system.write(paths.KUBELET_CONF, b"    server: https://10.30.0.10:8443\n")
    system.write(identity.FLAGS, b'KUBELET_KUBEADM_ARGS="--node-ip=10.30.0.24 --pod-infra-container-image=x"\n')
    system.write(identity.CERTIFICATE, certificate(NODES, (NameOID.COMMON_NAME, "system:node:node4")).encode())
    kubelet_files.record(system)
    system.write(paths.ATTEMPT, json.dumps({"kind": "join", "done": True}).encode())
    return system


OTHERS: dict[str, tuple[Given, str]] = {
    "address": (
        {"node": WORKER | {"address": "10.30.0.99"}},
        r"^node4: the address of its node is 10\.30\.0\.24, and the model wants 10\.30\.0\.99; .* kubernetes_reset",
    ),
    "name": (
        {"node": WORKER | {"name": "node5"}},
        r"^node5: this machine is the node node4 of its cluster, and the model calls it node5; .*--limit node5",
    ),
    "endpoint": (
        {"endpoint": {"address": "10.30.0.11", "interface": "x"}},
        r"it reaches the API at https://10\.30\.0\.10:8443, and the model wants https://10\.30\.0\.11:8443",
    ),
    "port of the endpoint": (
        {"endpoint": {"address": "10.30.0.10", "interface": "x", "port": 9443}},
        r"and the model wants https://10\.30\.0\.10:9443",
    ),
}


@pytest.mark.parametrize(("changes", "text"), OTHERS.values(), ids=OTHERS)
def test_a_worker_does_not_become_another_node(worker: Given, node4: System, changes: Given, text: str) -> None:
    """By the plan, by the module that would change it first, and by the comparison of all layers of a machine."""
    params = worker | changes
    for act in (kubernetes_host.assess, lambda *given: kubernetes_host.prepare(given[0], check=False, system=given[1])):
        with pytest.raises(KubeRefusedError, match=text):
            act(params, node4)
    layer = {"name": "kubernetes", "role": "groundup.cloud.kubernetes", "input": "kubernetes_config"}
    found = catalog.probe([layer], {"kubernetes_config": params}, system=node4)  # type: ignore[list-item]
    assert len(found["refused"]) == 1
    identity.refuse_changes(parse(worker), node4)


def test_another_name_of_a_control_plane_is_refused_as_well(given: Given, node4: System) -> None:
    with pytest.raises(KubeRefusedError, match="is the node node4 of its cluster, and the model calls it node1"):
        identity.refuse_changes(parse(given), node4)


def test_with_consent_a_machine_that_was_removed_may_join_as_another_node(
    worker: Given, node4: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "as_kubelet", lambda _system: Cluster(None, known=False))
    params = worker | {"node": WORKER | {"name": "node5", "address": "10.30.0.99"}}
    assert "join node5" in map(str, kubernetes_host.assess(params, node4, reset=True).steps)
    layer = {"name": "kubernetes", "role": "groundup.cloud.kubernetes", "input": "kubernetes_config"}
    found = catalog.probe([layer], {"kubernetes_config": params}, system=node4, reset=True)  # type: ignore[list-item]
    assert found["refused"] == []


def test_a_file_changed_by_hand_says_nothing_of_the_address(worker: Given, node4: System) -> None:
    node4.write(identity.FLAGS, b'KUBELET_KUBEADM_ARGS="--node-ip=10.30.0.99"\n')
    identity.refuse_changes(parse(worker), node4)
    node4.path(paths.KUBELET_RECORD).unlink()  # of a machine that joined by hand, there is no record
    with pytest.raises(KubeRefusedError, match=r"the address of its node is 10\.30\.0\.99"):
        identity.refuse_changes(parse(worker), node4)


def test_a_machine_that_is_no_node_may_have_any_identity(worker: Given, node4: System) -> None:
    settings = parse(worker | {"node": WORKER | {"address": "10.30.0.99"}})
    node4.write(paths.ATTEMPT, json.dumps({"kind": "join", "done": False}).encode())
    identity.refuse_changes(settings, node4)  # which the join that goes on may still bring
    node4.write(paths.ATTEMPT, json.dumps({"kind": "join", "done": True}).encode())
    node4.path(paths.KUBELET_CONF).unlink()
    identity.refuse_changes(settings, node4)


def test_a_certificate_of_the_kubelet_that_cannot_be_read_is_named(worker: Given, node4: System) -> None:
    node4.write(identity.CERTIFICATE, b"")
    with pytest.raises(KubeError, match=r"kubelet-client-current\.pem: holds no certificate"):
        identity.refuse_changes(parse(worker), node4)


class Cluster:
    """A double of the API: the worker's Node, and the configuration that kubeadm stored."""

    def __init__(self, stored: t.Any, *, known: bool = True) -> None:
        self.stored, self.known = stored, known

    def get(self, path: str) -> t.Any:
        if path == "/version":
            return {"gitVersion": "v1.36.3"}
        if path != immutable.STORED:
            node = {"metadata": {"name": "node4"}, "status": {"nodeInfo": {"kubeletVersion": "v1.36.3"}}}
            return node if self.known else None
        if isinstance(self.stored, Exception):
            raise self.stored
        return self.stored


NETWORKS: dict[str, tuple[Given, str]] = {
    "pods": ({"pods": "10.128.0.0/14"}, r"podSubnet is 10\.64\.0\.0/14, wanted 10\.128\.0\.0/14"),
    "services": ({"services": "10.97.0.0/16"}, r"serviceSubnet is 10\.96\.0\.0/16, wanted 10\.97\.0\.0/16"),
    "domain": ({"domain": "other.local"}, r"dnsDomain is cluster\.local, wanted other\.local"),
}


@pytest.mark.parametrize(("changes", "text"), NETWORKS.values(), ids=NETWORKS)
def test_networks_of_the_cluster_are_not_changed_on_a_worker_alone(
    worker: Given, node4: System, monkeypatch: pytest.MonkeyPatch, changes: Given, text: str
) -> None:
    stored = {"data": {"ClusterConfiguration": yaml.documents([config.cluster_configuration(parse(worker))])}}
    monkeypatch.setattr(probe, "as_kubelet", lambda _system: Cluster(stored))
    with pytest.raises(KubeRefusedError, match=f"node4: the cluster has other settings, .*{text}; set the model back"):
        probe.membership(parse(worker | changes), node4)
    assert [step.action for step in probe.membership(parse(worker), node4)] == ["ready"]


@pytest.mark.parametrize("stored", [None, {"data": {}}, Refused(403, "no")], ids=["none", "empty", "no right"])
def test_a_cluster_that_does_not_tell_its_networks_is_left_to_its_control_planes(
    worker: Given, node4: System, monkeypatch: pytest.MonkeyPatch, stored: t.Any
) -> None:
    monkeypatch.setattr(probe, "as_kubelet", lambda _system: Cluster(stored))
    assert [str(step) for step in probe.membership(parse(worker | {"pods": "10.128.0.0/14"}), node4)] == ["ready node4"]
