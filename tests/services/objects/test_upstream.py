# SPDX-License-Identifier: GPL-3.0-or-later
"""Every object of the projects that a cluster is made of, on a real API server: applied, and applied again."""

from __future__ import annotations

import re
import time
import typing as t
from pathlib import Path

import pytest
from services.objects.conftest import Objects, directory

pytestmark = pytest.mark.services

#: Directories in the order in which they are applied.
ORDER = (
    "prometheus-operator", "gateway-api", "network-policy-api", "external-snapshotter", "csi-addons", "cert-manager",
    "kube-ovn", "multus-cni", "multus-dynamic-networks-controller", "metallb", "rook", "cdi", "kubevirt-v1.9.0",
    "application-aware-quota", "node-healthcheck-operator", "self-node-remediation", "fence-agents-remediation",
    "node-maintenance-operator", "descheduler", "cloudnative-pg", "velero",
)  # fmt: skip
#: What the API server refuses, by file: upstream's placeholders, ports that are named twice, and alternatives.
REFUSED = {
    "cleanup-job.yaml": "<node-hostname>",
    "object-multisite-pull-realm-test.yaml": "<endpoint>",
    "object-multisite-pull-realm.yaml": "<endpoint>",
}
#: Files that replace other files of their directory: their objects differ in fields that can't be changed.
ALTERNATIVES = {
    "csi/cephfs/storageclass.yaml", "csi/rbd/storageclass-test.yaml", "csi/rbd/storageclass.yaml", "kube-ovn-v2.yaml",
}  # fmt: skip
NAMESPACES = ("rook-ceph-external", "cdi", "kubevirt", "aaq", "csi-addons-system")


def files(path: Path) -> list[Path]:
    """CRDs, then namespaces and operators, then all else."""
    found = [file for kind in ("crds", "manifests") for file in sorted((path / kind).rglob("*.y*ml"))]
    found = [file for file in found if str(file.relative_to(path)).removeprefix("manifests/") not in ALTERNATIVES]
    early = re.compile(r"crds|common\.yaml|namespace|operator\.yaml|setup|rbac")
    return sorted(found, key=lambda file: ("/crds/" not in str(file), not early.search(file.name)))


@pytest.fixture(scope="module", autouse=True)
def _accounts(objects: Objects) -> None:
    """What a controller would make: the account `default` of each namespace that has pods, and some namespaces."""
    spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in NAMESPACES]
    accounts = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
        for name in ("default", *NAMESPACES)
    ]
    objects([*spaces, *accounts])


@pytest.fixture(autouse=True)
def _without_webhooks(objects: Objects) -> t.Iterator[None]:
    """No pod answers for a webhook here, so its configuration is removed when it was applied twice."""
    yield
    for kind in ("validating", "mutating"):
        objects.api.call("DELETE", f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations")


@pytest.mark.parametrize("name", ORDER)
def test_upstream_is_applied_and_applied_again(objects: Objects, name: str) -> None:
    path, began, applied, refused = directory(name), time.monotonic(), 0, {}
    for file in files(path):
        try:
            first = objects(src=[str(file)])
        except Exception as error:
            refused[file.name] = str(error)
            continue
        applied += len(first["objects"])
        again = objects(src=[str(file)])
        assert (again["changed"], again["steps"]) == (False, []), file
    print(f"{path.name}: {applied} objects in {time.monotonic() - began:.1f} s, {refused}")
    unexpected = {file: text for file, text in refused.items() if REFUSED.get(file, "\0") not in text}
    assert not unexpected
    assert applied or not files(path)
