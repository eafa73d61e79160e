# SPDX-License-Identifier: GPL-3.0-or-later
"""Which release of a network can follow which, by images of the cluster's workloads."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import (
    catalog,
    network_calico,
    network_cilium,
    network_kube_ovn,
)
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.release import Release, ReleaseRefused
from ansible_collections.groundup.cloud.plugins.module_utils.objects.manifests import of_objects
from unit.objects.double import Json, Server

KUBE_OVN, CALICO, CILIUM = network_kube_ovn.RELEASE, network_calico.RELEASE, network_cilium.RELEASE
REPOSITORIES = {
    KUBE_OVN: "docker.io/kubeovn/kube-ovn",
    CALICO: "mirror.example:5000/quay/calico/node",
    CILIUM: "quay.io/cilium/cilium",
}
RUNS = {"observedGeneration": 1, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}


def workload(image: str, name: str, kind: str = "DaemonSet", **status: Any) -> Json:
    template = {"spec": {"containers": [{"name": "sidecar", "image": "other/sidecar:v9.9.9"}, {"image": image}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "kube-system", "generation": 1},
        "spec": {"template": template},
        "status": status,
    }


def of(release: Release, tag: str, **status: Any) -> Json:
    return workload(f"{REPOSITORIES[release]}:{tag}", release.daemon_set, **status)


def step(release: Release, has: str, wanted: str) -> None:
    server = Server()
    server.objects[f"/apis/apps/v1/namespaces/kube-system/daemonsets/{release.daemon_set}"] = of(release, has)
    release.refuse_step(server, of_objects([of(release, wanted)], "test"))  # type: ignore[arg-type]
    assert not server.writes()


@pytest.mark.parametrize(
    ("release", "has", "wanted"),
    [
        (KUBE_OVN, "v1.16.2", "v1.16.2"),
        (KUBE_OVN, "v1.15.9", "v1.16.2"),
        (KUBE_OVN, "v1.16.4", "v1.16.2"),
        (KUBE_OVN, "v1.15.9@sha256:" + 64 * "a", "v1.16.2"),
        (CALICO, "v3.30.1", "v3.32.2"),
        (CILIUM, "v1.19.4", "v1.20.2"),
        (CILIUM, "v1.21.0", "v1.20.2"),
        (KUBE_OVN, "ours", "v1.16.2"),
    ],
    ids=["same", "next", "patch back", "digest", "two", "next of Cilium", "one back", "no version"],
)
def test_releases_that_follow(release: Release, has: str, wanted: str) -> None:
    step(release, has, wanted)


@pytest.mark.parametrize(
    ("release", "has", "wanted", "message"),
    [
        (KUBE_OVN, "v1.14.4", "v1.16.2", r"cluster has v1\.14\.4: an upgrade goes one minor .* has 1\.15 before"),
        (KUBE_OVN, "v1.17.0", "v1.16.2", "is older than v1.17.0, which the cluster has, and there is no way back"),
        (CALICO, "v3.29.0", "v3.32.2", "an upgrade advances 2 minor versions .* that has 3.31 before"),
        (CILIUM, "v1.18.9", "v1.20.2", "one minor version at a time .* that has 1.19 before"),
        (CILIUM, "v1.22.0", "v1.20.2", "at most 1 minor version back .* of this collection that has v1.22.0"),
        (CILIUM, "v2.0.0", "v1.20.2", "no known way from one major version to another"),
    ],
)  # fmt: skip
def test_releases_that_do_not(release: Release, has: str, wanted: str, message: str) -> None:
    with pytest.raises(ReleaseRefused, match=message):
        step(release, has, wanted)


def test_a_cluster_without_the_network_takes_any() -> None:
    KUBE_OVN.refuse_step(Server(), of_objects([of(KUBE_OVN, "v1.16.2")], "test"))  # type: ignore[arg-type]


def test_a_minor_version_is_left_only_while_everything_runs() -> None:
    central = workload(f"{REPOSITORIES[KUBE_OVN]}:v1.15.9", "ovn-central", "Deployment")
    wanted = of(KUBE_OVN, "v1.16.2")
    pairs = [(of(KUBE_OVN, "v1.15.9", **RUNS), wanted), (central, wanted | {"kind": "Deployment"})]
    KUBE_OVN.refuse_unready(pairs[:1])
    with pytest.raises(ReleaseRefused) as refused:
        KUBE_OVN.refuse_unready(pairs)
    text = str(refused.value)
    assert text.startswith("Kube-OVN is not upgraded from v1.15.9 to v1.16.2 while it does not run as it should: ")
    assert "Deployment kube-system/ovn-central" in text and "kube-ovn-cni" not in text
    assert "with the release of this collection that has v1.15.9" in text


@pytest.mark.parametrize(
    ("has", "other"), [("v1.16.1", "v1.16.1"), ("v1.15.9", "v1.16.2"), ("ours", "ours")],
    ids=["a repair within a minor version", "an upgrade that a killed run began", "no version"],
)  # fmt: skip
def test_what_is_made_although_something_does_not_run(has: str, other: str) -> None:
    wanted = of(KUBE_OVN, "v1.16.2")
    central = workload(f"{REPOSITORIES[KUBE_OVN]}:{other}", "ovn-central", "Deployment")
    KUBE_OVN.refuse_unready([(of(KUBE_OVN, has), wanted), (central, wanted | {"kind": "Deployment"})])


def test_each_network_whose_upstream_rules_it_is_judged() -> None:
    judged = {name: layer.release.name for name, layer in catalog.LAYERS.items() if layer.release}
    assert judged == {"network_kube_ovn": "Kube-OVN", "network_calico": "Calico", "network_cilium": "Cilium"}


@pytest.mark.parametrize("module", [network_kube_ovn, network_calico, network_cilium])
def test_its_version_is_told_by_its_own_image(module: Any) -> None:
    images = [module.IMAGE] if module is network_kube_ovn else module.IMAGES
    found = {module.RELEASE.of(workload(image, "x")) for image in images}
    assert module.VERSION in found
