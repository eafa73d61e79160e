# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of one's own as objects: its manifests as they are, and what is refused before the API is reached."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import catalog, network_custom
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.objects.protected import Consent

from .test_layers import daemon_set, written

IMAGE = "docker.io/antrea/agent:v2"
CRD = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "a.b"}}


def agent(image: str = IMAGE) -> dict[str, Any]:
    return daemon_set("agent", {"name": "agent", "image": image})


def names(params: dict[str, Any]) -> list[str]:
    return [one.name for one in network_custom.render(params)]


def test_files_directories_and_digests_are_read_together_and_nothing_is_changed(tmp_path: Path) -> None:
    directory = tmp_path / "network"
    directory.mkdir()
    (directory / "b.yaml").write_text(yaml.safe_dump(CRD))
    (directory / "README.md").write_text("not YAML: [")
    (tmp_path / "a.yml").write_text(yaml.safe_dump(agent()))
    other = written(tmp_path / "c.yml", [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}])
    manifests = [{"path": str(tmp_path / "a.yml")}, {"path": str(directory)}, {"name": "c", **other}]
    found = network_custom.render({"manifests": manifests, "images": [IMAGE]})
    assert [one.name for one in found] == ["agent", "a.b", "c"] and found[0].body == agent()


def test_all_of_it_is_one_set_and_is_removed_by_that_set_alone() -> None:
    layer = catalog.LAYERS["network_custom"]
    consent = Consent("Namespace", "antrea")
    absent = layer.request({"manifests": []}, present=False, consents=[consent])
    assert absent.apply_set and absent.apply_set.name == "groundup-network-custom"
    assert (list(absent.definitions), tuple(absent.remove_data)) == ([], (consent,))


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("agent", "docker.io/library/agent:latest"),
        ("antrea/agent:v2", IMAGE),
        ("docker.io/antrea/agent:v2@sha256:ab", IMAGE),
        ("registry.example:5000/agent", "registry.example:5000/agent:latest"),
        ("localhost/agent:1", "localhost/agent:1"),
    ],
)
def test_images_are_named_as_a_container_runtime_reads_them(image: str, name: str) -> None:
    assert network_custom.normal(image) == name


def test_images_of_pods_of_any_kind_are_found() -> None:
    job = {"spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"image": "a"}], "image": "x"}}}}}}
    both = {"spec": {"initContainers": [{"image": "b"}], "containers": [{"image": "c"}, {"name": "d"}]}}
    assert list(network_custom.images_of({"x": [job, both]})) == ["a", "b", "c"]


def wrong(tmp_path: Path) -> dict[str, tuple[dict[str, Any], str]]:
    file, empty, chart = tmp_path / "a.yml", tmp_path / "empty", tmp_path / "chart"
    for directory in (empty, chart, empty / "templates"):
        directory.mkdir()
    (empty / "values.txt").write_text("")
    (chart / "Chart.yaml").write_text("name: x")
    file.write_text(yaml.safe_dump(agent("antrea/agent:v3")))
    binary, broken = tmp_path / "b.yml", tmp_path / "c.yml"
    binary.write_bytes(b"\xff\xfe\x00")
    broken.write_text("a: [")
    one = {"path": str(file)}
    return {
        "nothing": ({"manifests": []}, "manifests is empty"),
        "no source": ({"manifests": [{"name": "x"}]}, r"manifests\[0\]: needs sha256 and either path or url"),
        "a URL without a digest": ({"manifests": [{"url": "https://x/y.yml"}]}, r"manifests\[0\]: needs sha256"),
        "a missing file": (
            {"manifests": [one, {"path": "/nowhere/x"}]},
            r"manifests\[1\].path: /nowhere/x: No such file",
        ),
        "another file": ({"manifests": [{**one, "sha256": "a" * 64}]}, "wanted is a{64}; nothing was applied"),
        "no YAML": ({"manifests": [{"path": str(empty)}]}, r"empty: there is no file \*.yaml, \*.yml or \*.json"),
        "broken YAML": ({"manifests": [{"path": str(broken)}]}, r"manifests\[0\].path: .*c.yml"),
        "no text": ({"manifests": [{"path": str(binary)}]}, "is not a text in UTF-8"),
        "no text, with a digest": ({"manifests": [written_binary(binary)]}, "is not a text in UTF-8"),
        "a chart": ({"manifests": [{"path": str(chart)}]}, "is a Helm chart.*helm template NAME CHART"),
        "an archive": ({"manifests": [{"url": "https://x/cilium-1.tgz", "sha256": "a" * 64}]}, "is a Helm chart"),
        "an image that is not named": (
            {"manifests": [one], "images": [IMAGE]},
            r"images lacks images of the manifests.*docker.io/antrea/agent:v3 of DaemonSet agent \(.*a.yml",
        ),
        "no image is named": ({"manifests": [one], "images": []}, "images lacks images of the manifests"),
    }


def written_binary(path: Path) -> dict[str, Any]:
    return {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for params, message in wrong(tmp_path).values():
        with pytest.raises(ClusterLayerError, match=f"network_custom_config.*{message}"):
            names(params)


def test_any_image_is_accepted_where_none_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(yaml.safe_dump(agent("anything")))
    assert names({"manifests": [{"path": str(tmp_path / "a.yml")}]}) == ["agent"]
