# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of one's own on a real API server: upstream's own flannel, as the role applies, changes and removes it."""

from __future__ import annotations

import copy
import json
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import cache_root
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import catalog
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.others import OtherNetwork
from ansible_collections.groundup.cloud.plugins.module_utils.errors import CloudError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.errors import ObjectsError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.protected import Consent
from services.objects.conftest import Objects, manifest

pytestmark = pytest.mark.services

MODULE = "github.com/flannel-io/flannel"
SOURCES = Path(__file__).resolve().parents[3] / "roles/bundle/files/source/flannel"
DAEMON_SET = "/apis/apps/v1/namespaces/kube-flannel/daemonsets/kube-flannel-ds"
ACCOUNT = "/api/v1/namespaces/kube-flannel/serviceaccounts/flannel"
IMAGES = ["ghcr.io/flannel-io/flannel:v0.28.10", "ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel3"]
ROLE = "network_custom"
KNOWN_AS = ["flannel"]
Documents = list[dict[str, t.Any]]


@pytest.fixture(scope="module")
def upstream() -> Documents:
    """flannel's own manifest: from a bundle that was made here, else from its Go module in Go's cache."""
    for path in sorted(cache_root().glob("*/bundle.json")):
        if entry := json.loads(path.read_text()).get("manifests", {}).get("flannel"):
            return documents(path.parent / entry["path"])
    command = ["go", "list", "-m", "-mod=mod", "-f", "{{.Dir}}", MODULE]
    try:
        done = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"flannel's manifest is in no bundle of this host, and Go does not have its module: {error}")
    return documents(Path(done.stdout.strip(), "Documentation/kube-flannel.yml"))


def documents(path: Path) -> Documents:
    if not path.is_file():
        pytest.skip(f"flannel's manifest is not at {path}; make the bundle with manifest:flannel among its needs")
    return [one for one in yaml.safe_load_all(path.read_text()) if one]


class Network:
    """The role's action, on a directory of manifests."""

    def __init__(self, directory: Path, kubeconfig: str) -> None:
        self.directory, self.kubeconfig = directory, kubeconfig

    def write(self, objects: Documents) -> None:
        self.directory.mkdir(exist_ok=True)
        (self.directory / "network.yml").write_text(yaml.safe_dump_all(objects))

    def __call__(self, check: bool = False, present: bool = True, **more: t.Any) -> dict[str, t.Any]:
        """Plan, or apply without waiting for controllers, of which there are none."""
        layer, access = catalog.LAYERS[ROLE], {"kubeconfig": self.kubeconfig}
        config = {"manifests": [{"path": str(self.directory)}], "images": more.pop("images", IMAGES)}
        config["known_as"] = more.pop("known_as", KNOWN_AS)
        return layer.perform(config, access, present=present, timeout=300.0, check=check, wait=False, **more)

    def probe(self) -> list[str]:
        layers = [{"name": "network", "role": f"groundup.cloud.{ROLE}", "input": "network_custom_config"}]
        inputs = {"network_custom_config": {"manifests": [{"path": str(self.directory)}], "images": IMAGES}}
        inputs["network_custom_config"]["known_as"] = KNOWN_AS
        return catalog.probe(layers, inputs, {"kubeconfig": self.kubeconfig})["steps"]["network"]


@pytest.fixture(scope="module")
def network(kubeconfig: str, tmp_path_factory: pytest.TempPathFactory) -> Network:
    return Network(tmp_path_factory.mktemp("own") / "network", kubeconfig)


def test_upstreams_own_manifest_is_applied_and_applied_again(
    network: Network, upstream: Documents, objects: Objects
) -> None:
    network.write(upstream)
    planned = network(check=True)
    created = [step for step in planned["steps"] if step.startswith("create DaemonSet kube-flannel/kube-flannel-ds")]
    assert planned["changed"] and created
    assert len(network()["steps"]) == len(planned["steps"]) == len(upstream) + 1, "the objects and the set"
    assert objects.get(DAEMON_SET)["spec"]["template"]["spec"]["containers"][0]["image"] == IMAGES[0]
    again = network()
    assert (again["changed"], again["steps"]) == (False, [])


def test_the_probe_waits_for_its_workloads_and_shows_a_change_by_hand(
    network: Network, upstream: Documents, objects: Objects
) -> None:
    (waiting,) = network.probe()
    assert waiting.startswith("wait for DaemonSet kube-flannel/kube-flannel-ds")
    before = objects.get(DAEMON_SET)
    labels = {"metadata": {"labels": {"tier": "other"}}}
    query = {"fieldManager": "kubectl-edit"}
    objects.api.call("PATCH", DAEMON_SET, query, labels, "application/merge-patch+json")
    (mended,) = network.probe()
    assert mended.startswith("change DaemonSet kube-flannel/kube-flannel-ds (.metadata.labels.tier was changed by hand")
    assert network()["changed"]
    assert objects.get(DAEMON_SET)["metadata"]["labels"]["tier"] == before["metadata"]["labels"]["tier"]


def test_a_changed_manifest_changes_the_object_and_a_dropped_one_removes_it(
    network: Network, upstream: Documents, objects: Objects
) -> None:
    changed = [one for one in copy.deepcopy(upstream) if one["kind"] not in ("ClusterRoleBinding", "Namespace")]
    next(one for one in changed if one["kind"] == "ConfigMap")["data"]["net-conf.json"] = "{}"
    network.write(changed)
    done = network()
    for begin in ("remove ClusterRoleBinding flannel", "change ConfigMap kube-flannel/kube-flannel-cfg"):
        assert [step for step in done["steps"] if step.startswith(begin)], done["steps"]
    assert objects.get("/api/v1/namespaces/kube-flannel")["metadata"]["name"] == "kube-flannel", "it holds something"
    network.write(upstream)
    assert network()["changed"]


@pytest.mark.parametrize(
    ("more", "images", "message"),
    [
        (
            [{"apiVersion": "nsx.vmware.com/v1", "kind": "Tier1", "metadata": {"name": "x"}}],
            IMAGES,
            "there is no kind Tier1 in nsx.vmware.com/v1",
        ),
        ([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-flannel"}}], IMAGES, "is defined twice"),
        ([], IMAGES[:1], f"images lacks images of the manifests.*{IMAGES[1]}"),
    ],
    ids=["an unknown kind", "an object twice", "an image that is not named"],
)
def test_what_cannot_be_applied_is_refused_before_anything_is_changed(
    network: Network, upstream: Documents, objects: Objects, more: Documents, images: list[str], message: str
) -> None:
    before = objects.get(ACCOUNT)["metadata"]["resourceVersion"]
    network.write([*upstream, *more])
    with pytest.raises(CloudError, match=message):
        network(images=images)
    assert objects.get(ACCOUNT)["metadata"]["resourceVersion"] == before
    network.write(upstream)


def test_another_network_is_refused_in_both_directions(
    network: Network, upstream: Documents, objects: Objects, tmp_path: Path
) -> None:
    """The set of this network stands in the way of others; a DaemonSet of another network in its own way."""
    with pytest.raises(CloudError, match=r"DaemonSet kube-flannel-ds, which is that of flannel; write known_as"):
        network(known_as=[])
    file = tmp_path / "flannel.yml"
    file.write_text(yaml.safe_dump_all(upstream))
    params = {"manifest": manifest(file), "pods": "10.64.0.0/14", "mtu": 1450}
    access = {"kubeconfig": network.kubeconfig}
    flannel = catalog.LAYERS["network_flannel"]
    with pytest.raises(
        OtherNetwork, match=r"there is the network custom \(.*groundup-network-custom\), and flannel is"
    ):
        flannel.perform(params, access, present=True, timeout=60, check=False)
    entry = {"name": "network", "role": "network_flannel", "input": "network_flannel_config"}
    probed = catalog.probe([entry], {"network_flannel_config": params}, access)
    assert probed["refused"] and probed["steps"]["network"] == [f"refused: {probed['refused'][0]}"]
    daemon = next(one for one in upstream if one["kind"] == "DaemonSet")
    cilium = {**daemon, "metadata": {"name": "cilium", "namespace": "kube-system"}}
    objects([cilium])
    with pytest.raises(OtherNetwork, match=r"there is the network cilium \(DaemonSet kube-system/cilium\)"):
        network(check=True)
    objects([cilium], state="absent")
    assert network()["changed"] is False


def test_it_is_removed_by_consent_without_its_manifests(network: Network, objects: Objects) -> None:
    (network.directory / "network.yml").unlink()
    with pytest.raises(ObjectsError, match=r"Namespace kube-flannel: everything in it is removed with it"):
        network(present=False)
    consent = Consent("Namespace", "kube-flannel")
    planned = network(check=True, present=False, consents=[consent])
    assert [step for step in planned["steps"] if step.startswith("remove DaemonSet kube-flannel/kube-flannel-ds")]
    assert objects.get(DAEMON_SET)
