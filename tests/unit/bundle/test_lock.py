# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lock may say, and how its faults are told."""

from __future__ import annotations

import copy
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError, NotPinned
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.lock import parse, unpinned
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import checked, wanted
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.selection import selected
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import (
    cdi,
    kubevirt,
    kubevirt_features,
    load_balancer,
    network_cilium,
    rook_ceph,
)

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "roles/bundle/files/source"
RELEASE: dict[str, t.Any] = yaml.safe_load((ROOT / "roles/bundle/files/lock.yml").read_text())
SHIPPED = selected(RELEASE, [])  # without what only some clouds need
HEX = "0123456789abcdef" * 4


def changed(**sections: t.Any) -> dict[str, t.Any]:
    lock = copy.deepcopy(SHIPPED)
    for name, value in sections.items():
        lock[name] = {**lock[name], **value} if isinstance(value, dict) else value
    return lock


def charts(rendered: dict[str, t.Any]) -> dict[str, t.Any]:
    return {**SHIPPED, "charts": {"x": {"version": "1", "url": "u", "sha256": HEX, "rendered": rendered}}}


FAULTS = {
    "unknown top key": ({**SHIPPED, "imagess": {}}, "lock: (top).imagess is unknown"),
    "unknown key": (changed(builds={"etcd": {"version": "1", "tag": []}}), "lock: builds.etcd.tag is unknown"),
    "missing key": (changed(builds={"etcd": {"tags": []}}), "lock: builds.etcd.version is missing"),
    "missing section": ({k: v for k, v in SHIPPED.items() if k != "layers"}, "lock: layers must be a mapping of names"),
    "wrong version": (changed(version=2), "lock: version 2 is unknown"),
    "dangling build": (changed(files={"x": {"build": "nothing"}}), "files.x.build names 'nothing'"),
    "dangling layer": (
        changed(images={"a.b/c:1": {"layers": ["nothing"], "entrypoint": []}}),
        "images.a.b/c:1.layers names 'nothing'",
    ),
    "dangling program": (changed(layers={"x": {"programs": {"a": "nothing/a"}}}), "which no build makes"),
    "dangling download": (changed(upstream_files={"x": {"download": "nothing"}}), "which is none of downloads"),
    "dangling local image": (changed(local_images=["a.b/c:1"]), "local_images names 'a.b/c:1'"),
    "malformed sha256": (
        changed(downloads={"x": {"version": "1", "url": "u", "sha256": "12"}}),
        "downloads.x.sha256 '12' is not 64 hex digits",
    ),
    "malformed digest": (changed(upstream_images={"a.b/c:1": "sha256:12"}), "upstream_images.a.b/c:1: 'sha256:12'"),
    "unknown key of a manifest": (
        {**SHIPPED, "manifests": {"x": {"version": "1", "url": "u", "sha256": None, "file": "y"}}},
        "lock: manifests.x.file is unknown",
    ),
    "malformed sha256 of a manifest": (
        {**SHIPPED, "manifests": {"x": {"version": "1", "url": "u", "sha256": "12"}}},
        "manifests.x.sha256 '12' is not 64 hex digits",
    ),
    "malformed sha256 of a chart": (
        {**SHIPPED, "charts": {"x": {"version": "1", "url": "u", "sha256": 12}}},
        "charts.x.sha256 12 is not 64 hex digits",
    ),
    "a chart of an unknown build": (
        {
            **SHIPPED,
            "charts": {"x": {"version": "1", "url": "u", "sha256": HEX, "source": {"build": "b", "path": "p"}}},
        },
        "charts.x.source.build names 'b', which is none of builds",
    ),
    "charts that are no mapping": ({**SHIPPED, "charts": ["x"]}, "lock: charts must be a mapping of names"),
    "unknown format": (
        changed(compression={"format": "gzip"}),
        "compression.format is 'gzip'; write one of none, zstd",
    ),
    "level out of range": (changed(compression={"level": 22}), "compression.level is 22; write a number from 1 to 19"),
    "unknown key of compression": (changed(compression={"threads": 2}), "lock: compression.threads is unknown"),
    "unknown format of a layer": (changed(layers={"x": {"compression": "xz"}}), "layers.x.compression is 'xz'"),
    "only_new is no boolean": (changed(layers={"x": {"only_new": "base"}}), "layers.x.only_new is 'base'; write true"),
    "only_new at the bottom": (
        changed(layers={"x": {"only_new": True}}, images={"a.b/c:1": {"layers": ["x"], "entrypoint": []}}),
        "images.a.b/c:1.layers begins with 'x', whose only_new has no lower layer",
    ),
    "a package in both lists": (
        changed(layers={"x": {"packages": ["a"], "packages_without_dependencies": ["a"]}}),
        "layers.x has a with and without dependencies",
    ),
    "packages that are no list": (
        changed(layers={"x": {"packages_without_dependencies": "a"}}),
        "layers.x.packages_without_dependencies must be a list of package names",
    ),
    "a layer that is no mapping": (changed(layers={"x": []}), "lock: layers.x must be a mapping, not []"),
    "sources of no build": (
        changed(layers={"x": {"sources": {"opt": {"build": "nothing"}}}}),
        "layers.x.sources.opt.build names 'nothing', which is none of builds",
    ),
    "unknown key of sources": (
        changed(layers={"x": {"sources": {"opt": {"build": "pause", "executable": []}}}}),
        "lock: layers.x.sources.opt.executable is unknown",
    ),
    "a mode that YAML reads as a number": (
        changed(layers={"x": {"sources": {"opt": {"build": "pause", "mode": 0o644}}}}),
        "layers.x.sources.opt.mode is 420; write it as octal digits in quotes",
    ),
    "a pattern that is no list": (
        changed(layers={"x": {"sources": {"opt": {"build": "pause", "exec": "*.sh"}}}}),
        "layers.x.sources.opt.exec must be a list of patterns",
    ),
    "rendering without a namespace": (charts({"app": {}}), "lock: charts.x.rendered.app.namespace is missing"),
    "rendering without helm": (
        {**charts({"app": {"namespace": "n"}}), "builds": {k: v for k, v in SHIPPED["builds"].items() if k != "helm"}},
        "needs the build 'helm'; add it to builds",
    ),
    "values that are no mapping": (
        charts({"app": {"namespace": "n", "values": []}}),
        "charts.x.rendered.app.values must be a mapping",
    ),
    "what to do with a hook": (
        charts({"app": {"namespace": "n", "hooks": {"t.yaml": "run"}}}),
        "charts.x.rendered.app.hooks.t.yaml is 'run'; write keep or drop",
    ),
    "hooks that are no mapping": (charts({"app": {"namespace": "n", "hooks": ["t.yaml"]}}), "write keep or drop"),
    "api_versions that are no list": (
        charts({"app": {"namespace": "n", "api_versions": "v1"}}),
        "charts.x.rendered.app.api_versions must be a list",
    ),
    "a rendering with a manifest's name": (
        {**charts({"app": {"namespace": "n"}}), "manifests": {"app": {"version": "1", "url": "u", "sha256": None}}},
        "charts.x.rendered.app has the name of another manifest",
    ),
    "a manifest of no build": (
        {
            **SHIPPED,
            "manifests": {"x": {"version": "1", "url": "u", "sha256": None, "source": {"build": "y", "path": "z"}}},
        },
        "manifests.x.source.build names 'y', which is none of builds",
    ),
    "a manifest of a module without a path": (
        {**SHIPPED, "manifests": {"x": {"version": "1", "url": "u", "sha256": None, "source": {"build": "pause"}}}},
        "lock: manifests.x.source.path is missing",
    ),
    "packages left out of no module": (
        changed(builds={"x": {"version": "1", "left_out": ["pkg/c"]}}),
        "builds.x.left_out is ['pkg/c']; write lists of directories by their module",
    ),
    "packages left out that are no list": (
        changed(builds={"x": {"version": "1", "left_out": {"m.example/m": "pkg/c"}}}),
        "builds.x.left_out is {'m.example/m': 'pkg/c'}; write lists of directories by their module",
    ),
    "image without tag": (changed(upstream_images={"a.b/c": None}), "image 'a.b/c' has no tag"),
}


@pytest.mark.parametrize(("given", "expected"), FAULTS.values(), ids=FAULTS)
def test_faults_are_named(given: dict[str, t.Any], expected: str) -> None:
    with pytest.raises(BundleError, match=re.escape(expected)):
        parse(given)


def test_builds_that_nothing_needs_are_not_compiled() -> None:
    lock = parse(charts({"app": {"namespace": "n"}}))
    assert set(lock.builds) - set(lock.compiled) == {"helm"}, "helm is compiled when a chart is rendered"
    assert "manifest:app" in wanted(lock, "source") and "manifest:app" in wanted(lock, "upstream")


def test_all_dangling_names_are_reported_at_once() -> None:
    with pytest.raises(BundleError, match=r"files\.x.*layers\.y"):
        parse(changed(files={"x": {"build": "nothing"}}, layers={"y": {"programs": {"a": "nothing/a"}}}))


def test_upstream_without_digests_is_refused_by_name_and_says_what_helps(tmp_path: Path) -> None:
    holes = changed(upstream_images={"registry.k8s.io/pause:3.10.2": None})
    holes["downloads"]["kubelet"] = {**holes["downloads"]["kubelet"], "sha256": None}
    with pytest.raises(NotPinned) as refusal:
        checked(Request(holes, SOURCES, "upstream", tmp_path))
    text = str(refusal.value)
    assert "downloads.kubelet" in text
    assert "upstream_images.registry.k8s.io/pause:3.10.2" in text
    assert "kubeadm" not in text
    assert "bundle_action=lock" in text


PUBLISHER_ONLY = "images.example/only:1"


def test_an_image_without_a_recipe_is_pulled_by_its_digest_for_both_origins(tmp_path: Path) -> None:
    def with_digest(digest: str | None) -> dict[str, t.Any]:
        return changed(upstream_images={PUBLISHER_ONLY: digest})

    assert PUBLISHER_ONLY in wanted(parse(with_digest(None)), "source")
    with pytest.raises(NotPinned, match=re.escape(f"upstream_images.{PUBLISHER_ONLY}")) as refusal:
        checked(Request(with_digest(None), SOURCES, "source", tmp_path))
    assert "kube-proxy" not in str(refusal.value), "images with a recipe are made"
    pinned = [Request(with_digest(f"sha256:{x * 64}"), SOURCES, "source", tmp_path) for x in "ab"]
    assert checked(pinned[0]).pulled_images("source") == [PUBLISHER_ONLY]
    assert pinned[0].lock_id != pinned[1].lock_id, "its bytes are in the bundle"
    own = {**with_digest(None), "own_images": {PUBLISHER_ONLY: {"place": "oci:/srv/only", "digest": f"sha256:{HEX}"}}}
    assert checked(Request(own, SOURCES, "source", tmp_path)).pulled_images("source") == []


def test_a_chart_of_a_module_needs_a_digest_for_upstream_only(tmp_path: Path) -> None:
    source = {"build": "pause", "path": "chart"}
    lock = {**SHIPPED, "charts": {"x": {"version": "1", "url": "u", "sha256": None, "source": source}}}
    assert "chart:x" in wanted(checked(Request(lock, SOURCES, "source", tmp_path)), "source")
    assert "charts.x" in unpinned(parse(lock), "upstream")


def test_source_needs_no_published_digests(tmp_path: Path) -> None:
    assert "kubernetes" in wanted(checked(Request(SHIPPED, SOURCES, "source", tmp_path)), "source")


DOCUMENTS = {
    "manifests": {"calico": {"version": "3", "url": "u", "sha256": None}},
    "charts": {"cilium": {"version": "1", "url": "u", "sha256": HEX}},
}


@pytest.mark.parametrize("origin", ["source", "upstream"])
def test_documents_without_digests_are_refused_by_name_for_both_origins(tmp_path: Path, origin: str) -> None:
    with pytest.raises(NotPinned, match=r"manifests\.calico") as refusal:
        checked(Request({**SHIPPED, **DOCUMENTS}, SOURCES, origin, tmp_path))
    assert "charts.cilium" not in str(refusal.value)


@pytest.mark.parametrize("origin", ["source", "upstream"])
def test_documents_are_wanted_by_the_names_that_needs_use(origin: str) -> None:
    assert {"manifest:calico", "chart:cilium"} <= set(wanted(parse({**SHIPPED, **DOCUMENTS}), origin))


@pytest.mark.parametrize("origin", ["source", "upstream"])
@pytest.mark.parametrize("empty", [{}, None])
def test_empty_sections_of_documents_rename_no_bundle(tmp_path: Path, origin: str, empty: t.Any) -> None:
    def name(lock: dict[str, t.Any]) -> str:
        return Request(lock, SOURCES, origin, tmp_path).lock_id

    plain = {key: value for key, value in SHIPPED.items() if key not in DOCUMENTS}
    with_empty = {**plain, "manifests": empty, "charts": empty}
    parse(with_empty)
    assert name(with_empty) == name(plain) != name({**plain, "charts": DOCUMENTS["charts"]})


def test_registries_are_those_of_all_references() -> None:
    lock = parse({**SHIPPED, "upstream_images": {"quay.io:443/ceph/ceph:v20": None}})
    assert lock.registries == sorted({"quay.io:443", *(name.partition("/")[0] for name in SHIPPED["images"])})


def test_only_what_is_used_has_to_be_pinned() -> None:
    lock = parse(changed(downloads={"spare": {"version": "1", "url": "u", "sha256": None}}))
    assert "downloads.spare" not in unpinned(lock)


def test_a_digest_that_was_looked_up_renames_the_downloaded_bundle_only(tmp_path: Path) -> None:
    found = changed(upstream_images={"registry.k8s.io/kube-proxy:v1.36.3": f"sha256:{HEX}"})
    found["downloads"]["containerd"] = {**found["downloads"]["containerd"], "sha256": HEX}
    assert unpinned(parse(found)) == []

    def name(lock: dict[str, t.Any], origin: str) -> str:
        return Request(lock, SOURCES, origin, tmp_path).lock_id

    assert name(found, "source") == name(SHIPPED, "source")
    assert name(found, "upstream") != name(SHIPPED, "upstream")


#: Images that have no recipe here.
PUBLISHED = {
    "docker.io/kubeovn/kube-ovn:v1.16.2",
    load_balancer.FRR_IMAGE,
    "ghcr.io/k8snetworkplumbingwg/multus-dynamic-networks-controller:v0.3.7",
    *(f"quay.io/calico/{name}:v3.32.2" for name in ("cni", "kube-controllers", "node")),
    *network_cilium.IMAGES,
    *rook_ceph.IMAGES,
    *(
        image
        for version in kubevirt_features.VERSIONS
        for image in kubevirt.images(version, kubevirt_features.OWN_IMAGE)
    ),
    *cdi.IMAGES,
}


def test_both_ways_give_every_program_and_image_that_the_other_gives() -> None:
    lock = parse(RELEASE)
    compiled = {program for name, file in lock.files.items() for program in file.links or [name]}
    assert compiled == set(lock.upstream_files)
    assert {*lock.images, *PUBLISHED} == {*lock.upstream_images, *lock.local_images}
    assert set(lock.pulled_images("source")) == PUBLISHED


def test_every_build_has_a_module_that_pins_what_the_lock_says() -> None:
    pinned = {
        "kubernetes": "k8s.io/kubernetes",
        "etcd": "go.etcd.io/etcd/server/v3",
        "coredns": "github.com/coredns/coredns",
        "containerd": "github.com/containerd/containerd/v2",
        "cni": "github.com/containernetworking/plugins",
        "helm": "helm.sh/helm/v3",
        "cilium": "github.com/cilium/cilium",
        "flannel": "github.com/flannel-io/flannel",
        "flannel-cni-plugin": "github.com/containernetworking/plugins",
        "kube-network-policies": "sigs.k8s.io/kube-network-policies",
        "kube-ovn": "github.com/kubeovn/kube-ovn",
        "metallb": "go.universe.tf/metallb",
        "multus": "gopkg.in/k8snetworkplumbingwg/multus-cni.v4",
        "rook": "github.com/rook/rook",
        "snapshot-controller": "github.com/kubernetes-csi/external-snapshotter/v8",
    }
    for name, build in parse(RELEASE).builds.items():
        module = (SOURCES / name / "go.mod").read_text()
        if name in pinned:
            assert f"{pinned[name]} v{build.version}" in module
            assert (SOURCES / name / "go.sum").exists()


def test_the_bundle_s_name_follows_lock_sources_and_origin(tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text("package main")
    first = Request(SHIPPED, tmp_path, "source", tmp_path)
    names = {first.lock_id, Request(SHIPPED, tmp_path, "upstream", tmp_path).lock_id}
    names.add(Request(changed(go="1.26.9"), tmp_path, "source", tmp_path).lock_id)
    assert Request(copy.deepcopy(SHIPPED), tmp_path, "source", tmp_path / "elsewhere").lock_id == first.lock_id
    (tmp_path / "main.go").write_text("package main // changed")
    names.add(Request(SHIPPED, tmp_path, "source", tmp_path).lock_id)
    assert len(names) == 4
