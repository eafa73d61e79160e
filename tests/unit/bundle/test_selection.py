# SPDX-License-Identifier: GPL-3.0-or-later
"""Optional parts of a lock: made when a cloud needs them, and without effect when none does."""

from __future__ import annotations

import copy
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError, NotPinned
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.lock import parse
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import checked, wanted
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request, named
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.selection import selected

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "roles/bundle/files/source"
SHIPPED: dict[str, t.Any] = yaml.safe_load((ROOT / "roles/bundle/files/lock.yml").read_text())
HEX = "0123456789abcdef" * 4
IMAGE = "images.example/extra:1"
FLANNEL = [
    "ghcr.io/flannel-io/flannel:v0.28.10",
    "ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel3",
    "manifest:flannel",
]


def plain() -> dict[str, t.Any]:
    """The release without its own optional parts."""
    return selected(SHIPPED, [])


def extended(**sections: t.Any) -> dict[str, t.Any]:
    """A lock with an optional artefact of each kind, whose builds, layers and downloads nothing else uses."""
    lock = copy.deepcopy(plain())
    download = {"version": "1", "url": "u", "sha256": HEX}
    more: dict[str, dict[str, t.Any]] = {
        "builds": {"extra": {"version": "1"}, "server": {"version": "1"}},
        "files": {"extra": {"build": "extra", "program": "extra", "links": ["extra-one", "extra-two"]}},
        "layers": {"server": {"programs": {"server": "server/server"}}},
        "images": {IMAGE: {"layers": ["base", "server"], "entrypoint": ["/server"]}},
        "downloads": {"extra": {**download, "sha256": None}},
        "upstream_files": {"extra": {"download": "extra"}},
        "upstream_images": {IMAGE: None},
        "manifests": {"extra": {**download, "source": {"build": "extra", "path": "extra.yml"}}},
        "charts": {"extra": {**download, "rendered": {"rendered": {"namespace": "n"}}}},
    }
    for name, entries in more.items():
        lock[name] = {**(lock.get(name) or {}), **entries}
    lock["debian"]["packages"] = [*lock["debian"]["packages"], "extra"]
    lock["optional"] = ["extra", IMAGE, "manifest:extra", "chart:extra", "apt:extra"]
    return {**lock, **sections}


@pytest.mark.parametrize("origin", ["source", "upstream"])
def test_what_nothing_needs_is_not_there_and_does_not_rename_the_bundle(tmp_path: Path, origin: str) -> None:
    without, with_parts = (Request(lock, SOURCES, origin, tmp_path) for lock in (plain(), extended()))
    assert with_parts.lock_id == without.lock_id
    lock = parse(with_parts.selected)
    assert wanted(lock, origin) == wanted(parse(plain()), origin)
    assert not {"extra", "server"} & {*lock.builds, *lock.layers, *lock.downloads}
    assert lock.registries == parse(plain()).registries, "machines get no mirror of a registry that they don't use"


NEEDS = {
    "a file": ("extra", {"extra"}),
    "a program of a file": ("extra-two", {"extra"}),
    "an image": (IMAGE, {"server"}),
    "a manifest": ("manifest:extra", {"extra"}),
    "a chart": ("chart:extra", set()),
    "a manifest out of a chart": ("manifest:rendered", set()),
    "a package": ("apt:extra", set()),
}


@pytest.mark.parametrize(("need", "builds"), NEEDS.values(), ids=NEEDS)
def test_a_need_brings_its_artefact_with_what_that_is_made_of(tmp_path: Path, need: str, builds: set[str]) -> None:
    bare, asked = (Request(extended(), SOURCES, "source", tmp_path, needs=frozenset(n)) for n in ((), (need,)))
    assert asked.lock_id != bare.lock_id
    lock = parse(asked.selected)
    assert set(lock.builds) - set(parse(bare.selected).builds) == builds
    held = {*wanted(lock, "source"), *(link for file in lock.files.values() for link in file.links)}
    new = held - set(wanted(parse(plain()), "source"))
    assert need in new
    assert not ({"extra", IMAGE, "apt:extra", "chart:extra"} & new) - {need, "extra", "chart:extra"}


def test_a_name_that_is_not_optional_changes_nothing(tmp_path: Path) -> None:
    needs = frozenset({"kubelet", "registry.k8s.io/pause:3.10.2", "manifest:of-another-lock"})
    requests = [Request(extended(), SOURCES, "source", tmp_path, needs=n) for n in (frozenset[str](), needs)]
    assert requests[0].lock_id == requests[1].lock_id


def test_upstream_needs_digests_only_of_what_is_needed(tmp_path: Path) -> None:
    lock = extended(upstream_images={**dict.fromkeys(plain()["upstream_images"], f"sha256:{HEX}"), IMAGE: None})
    lock["downloads"]["containerd"] = {**lock["downloads"]["containerd"], "sha256": HEX}
    checked(Request(lock, SOURCES, "upstream", tmp_path))
    with pytest.raises(NotPinned, match=re.escape(f"upstream_images.{IMAGE}")):
        checked(Request(lock, SOURCES, "upstream", tmp_path, needs=frozenset({IMAGE})))


def test_an_image_of_one_s_own_is_needed_because_its_user_named_it(tmp_path: Path) -> None:
    lock = extended(own_images={IMAGE: {"place": "oci:/x", "digest": f"sha256:{HEX}"}})
    request = Request(lock, SOURCES, "source", tmp_path)
    assert list(checked(request).own_images) == [IMAGE]


def test_faults_of_parts_that_nothing_needs_are_told_too(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=re.escape(f"images.{IMAGE}.layers names 'nothing'")):
        checked(Request(extended(images={IMAGE: {"layers": ["nothing"]}}), SOURCES, "source", tmp_path))


FAULTS = {
    "an unknown name": (
        ["manifest:extre"],
        "optional names manifest:extre, which the lock does not have; did you mean",
    ),
    "no list": ("extra", "optional must be a list of names as layers need them, not 'extra'"),
    "a rendered manifest": (["manifest:rendered"], "optional names manifest:rendered, which is rendered from a chart"),
}


@pytest.mark.parametrize(("optional", "says"), FAULTS.values(), ids=FAULTS)
def test_faults_of_optional_are_named(optional: t.Any, says: str) -> None:
    with pytest.raises(BundleError, match=re.escape(says)):
        parse(extended(optional=optional))


def test_needs_of_another_form_are_refused() -> None:
    assert named({"network": ["a", "b"], "load_balancer": ["b"]}) == {"a", "b"}
    with pytest.raises(BundleError, match=re.escape("needs.network must be a list of names, not 'a'")):
        named({"network": "a"})


def test_the_release_makes_flannel_only_for_clouds_that_need_it(tmp_path: Path) -> None:
    basic = Request(SHIPPED, SOURCES, "source", tmp_path)
    light = Request(SHIPPED, SOURCES, "source", tmp_path, needs=frozenset(FLANNEL))
    lock = parse(light.selected)
    assert set(lock.builds) - set(parse(basic.selected).builds) == {"flannel", "flannel-cni-plugin"}
    assert set(FLANNEL) == set(wanted(lock, "source")) - set(wanted(parse(basic.selected), "source"))
    assert set(wanted(lock, "upstream")) >= set(FLANNEL), "both origins give the same names"


def test_kube_ovn_s_image_chart_and_module_are_held_only_for_clouds_that_need_them(tmp_path: Path) -> None:
    need = "docker.io/kubeovn/kube-ovn:v1.16.2"
    basic = parse(Request(SHIPPED, SOURCES, "source", tmp_path).selected)
    found = Request(SHIPPED, SOURCES, "source", tmp_path, needs=frozenset({need, "manifest:kube-ovn"}))
    lock = parse(found.selected)
    assert set(lock.builds) - set(basic.builds) == {"kube-ovn"}
    assert set(wanted(lock, "source")) - set(wanted(basic, "source")) == {need, "chart:kube-ovn", "manifest:kube-ovn"}


def test_every_chart_of_the_release_comes_from_a_pinned_module() -> None:
    for name, chart in parse(SHIPPED).charts.items():
        assert chart.source, name
        sums = (SOURCES / chart.source.build / "go.sum").read_text()
        assert f"{chart.source.module} v{chart.version} h1:" in sums


def test_every_optional_manifest_of_the_release_is_pinned_for_both_origins() -> None:
    lock = parse(SHIPPED)
    # what no Go module has is downloaded with both origins
    no_module = ("calico", "multus-dynamic-networks", "kubevirt", "kubevirt-1.8", "cdi")
    pinned = {name: manifest for name, manifest in lock.manifests.items() if name not in no_module}
    assert lock.manifests["multus-dynamic-networks"].sha256
    assert all(manifest.source and manifest.sha256 for manifest in pinned.values())
    for name, manifest in pinned.items():
        assert manifest.source
        sums = (SOURCES / manifest.source.build / "go.sum").read_text()
        assert f"{manifest.source.module} v{manifest.version.partition('-')[0]}" in sums, name


@pytest.mark.parametrize("origin", ["source", "upstream"])
def test_what_only_its_publisher_has_is_refused_until_its_digest_is_recorded(tmp_path: Path, origin: str) -> None:
    images = [f"quay.io/calico/{name}:v3.32.2" for name in ("cni", "kube-controllers", "node")]
    request = Request(SHIPPED, SOURCES, origin, tmp_path, needs=frozenset(["manifest:calico", *images]))
    with pytest.raises(NotPinned, match=r"manifests\.calico.*bundle_action=lock") as error:
        checked(request)
    assert all(image in str(error.value) for image in images)


def test_images_that_only_their_publisher_has_may_be_ones_of_one_s_own(tmp_path: Path) -> None:
    node = "quay.io/calico/node:v3.32.2"
    own = {**SHIPPED, "own_images": {node: {"place": "oci:/srv/images/node", "digest": f"sha256:{HEX}"}}}
    own["manifests"] = {**SHIPPED["manifests"], "calico": {**SHIPPED["manifests"]["calico"], "sha256": HEX}}
    lock = checked(Request(own, SOURCES, "source", tmp_path, needs=frozenset(["manifest:calico", node])))
    assert list(lock.own_images) == [node] and list(lock.manifests) == ["calico"]
