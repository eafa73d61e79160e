# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bundle holds and lacks."""

from __future__ import annotations

import json
import re
import shutil
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import image_storage, index
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.content import Artefact
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.image import digest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import made_last

ROOT = Path(__file__).resolve().parents[3]
#: What makes a bundle, as plan.yml and site.yml name it.
COMMAND = "ansible-playbook -i MODEL groundup.cloud.bundle"


def binary(sha256: str, links: list[str] | None = None) -> dict[str, t.Any]:
    return {"sha256": sha256, "size": 1, "mode": "0755", "kind": "binary", "links": links or []}


SOURCE: index.Index = {
    "lock": "abc",
    "source": "source",
    "files": {
        "kubernetes": binary("k", ["kubelet", "kubeadm", "kubectl"]),
        "ctr": binary("c"),
        "cni-plugins": {**binary("p"), "mode": "0644", "kind": "tar"},
    },
    "images": {"registry.k8s.io/pause:3.10.2": {"digest": "sha256:1", "size": 1}},
    "packages": {"runc": {"version": "1", "sha256": "r", "size": 1, "path": "apt/runc.deb"}},
}
UPSTREAM: index.Index = {**SOURCE, "files": {"kubelet": binary("l"), "kubeadm": binary("a")}, "packages": {}}

DOCUMENTS = {
    "manifests": {"calico": {"version": "3", "sha256": "m", "size": 1, "path": "files/sha256/m"}},
    "charts": {"cilium": {"version": "1", "sha256": "h", "size": 1, "path": "files/sha256/h"}},
}
HELD: index.Index = {**SOURCE, **DOCUMENTS}

MISSING = {
    "a manifest and a chart": (HELD, ["manifest:calico", "chart:cilium"], []),
    "a manifest is no chart": (HELD, ["chart:calico", "calico"], ["chart:calico", "calico"]),
    "an index from before there were documents": (SOURCE, ["manifest:calico"], ["manifest:calico"]),
    "nothing is needed": (SOURCE, [], []),
    "all is there": (SOURCE, ["kubelet", "ctr", "cni-plugins", "registry.k8s.io/pause:3.10.2", "apt:runc"], []),
    "another tag is another image": (SOURCE, ["registry.k8s.io/pause:3.9"], ["registry.k8s.io/pause:3.9"]),
    "a package is no program": (SOURCE, ["runc", "apt:ctr"], ["runc", "apt:ctr"]),
    "in the given order": (UPSTREAM, ["kubectl", "kubelet", "ctr"], ["kubectl", "ctr"]),
    "a tar is no program but a file": (SOURCE, ["cni-plugins"], []),
}


@pytest.mark.parametrize(("held", "needs", "expected"), MISSING.values(), ids=MISSING)
def test_missing(held: index.Index, needs: list[str], expected: list[str]) -> None:
    assert index.missing(held, needs) == expected


def test_registries_are_those_of_the_images() -> None:
    images = ("registry.k8s.io/pause:3.10.2", "quay.io:443/ceph/ceph:v20", "registry.k8s.io/coredns/coredns:v1.14.2")
    held = {**SOURCE, "images": {key: {"digest": "sha256:1", "size": 1} for key in images}}
    assert index.registries(held) == ["quay.io:443", "registry.k8s.io"]


def test_registries_of_the_lock_come_before_those_of_the_images() -> None:
    assert index.registries({**SOURCE, "registries": ["ghcr.io", "registry.k8s.io"]}) == ["ghcr.io", "registry.k8s.io"]


def test_documents_are_found_by_path_and_by_url(tmp_path: Path) -> None:
    found = index.located(tmp_path, HELD, "charts")
    assert found == {"cilium": {"version": "1", "sha256": "h", "size": 1, "path": f"{tmp_path}/files/sha256/h"}}
    assert index.located(tmp_path, SOURCE, "charts") == {}
    files = {name: {**file, "path": f"files/sha256/{file['sha256']}"} for name, file in SOURCE["files"].items()}
    by_url = index.addressed({**HELD, "files": files}, "http://p/bundle/")
    assert by_url["manifest:calico"] == {"url": "http://p/bundle/files/sha256/m", "sha256": "m"}
    assert by_url["ctr"] == {"url": "http://p/bundle/files/sha256/c", "sha256": "c"}


def test_layers_are_refused_all_at_once_by_name() -> None:
    with pytest.raises(BundleError) as refusal:
        index.refuse(
            SOURCE, {"kubernetes": ["kubelet"], "storage": ["rook:1"], "virtual machines": ["virt:1", "cdi:1"]}
        )
    assert "storage: the bundle (source, lock abc) lacks rook:1;" in str(refusal.value)
    assert "virtual machines: the bundle (source, lock abc) lacks virt:1, cdi:1;" in str(refusal.value)
    assert "kubernetes:" not in str(refusal.value)
    commands = re.findall("`(ansible-playbook [^`]+)`", str(refusal.value).splitlines()[0])
    assert commands == [COMMAND, f"{COMMAND} -e bundle_action=lock"], "one makes it, one finds digests that are null"


def test_a_bundle_that_was_never_made_is_refused_with_both_commands(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no bundle was made for the cloud rack1") as refusal:
        made_last({"dir": None, "cache_dir": str(tmp_path), "cloud": "rack1"})
    assert f"`{COMMAND}`" in str(refusal.value) and f"`{COMMAND} -e bundle_action=lock`" in str(refusal.value)


@pytest.mark.parametrize("book", ["plan", "site"])
def test_what_plan_and_site_say_of_a_bundle_is_said_by_the_same_task(book: str) -> None:
    """`tasks/bundle.yml` calls bundle_info, which refuses by the texts above."""
    assert "tasks/bundle.yml" in (ROOT / f"playbooks/{book}.yml").read_text()
    assert "groundup.cloud.bundle_info:" in (ROOT / "playbooks/tasks/bundle.yml").read_text()


@pytest.mark.parametrize("names", ["kubelet", {"kubelet": 1}, [1], None])
def test_a_need_that_is_not_a_list_of_names_is_refused(names: t.Any) -> None:
    with pytest.raises(BundleError, match=re.escape(f"needs.kubernetes must be a list of names, not {names!r}")):
        index.refuse(SOURCE, {"kubernetes": names})


def lay(directory: Path) -> index.Index:
    """A bundle of one file, one package and one image, with its bytes. Gives its index."""
    shelf, layer, settings = image_storage.Registry(directory / "registry"), b"layer", b"{}"
    for part in (layer, settings):
        shelf.put_blob("r.io/a", digest(part), part)
    artefact: Artefact = {"sha256": digest(layer).removeprefix("sha256:"), "size": len(layer)}
    manifest = image_storage.manifest(settings, digest(settings), [image_storage.Blob.plain(artefact)])
    shelf.put_manifest("r.io/a", digest(manifest), manifest, "1")
    files = {
        "kubernetes": "files/sha256/k",
        "runc": "apt/runc.deb",
        "index": "apt/Packages",
        "manifest": "files/sha256/m",
    }
    for path in files.values():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(b"!")
    return {
        **SOURCE,
        "files": {"kubernetes": {**binary("k", ["kubelet", "kubeadm"]), "path": files["kubernetes"]}},
        "packages": {"runc": {"size": 1, "path": files["runc"]}},
        "apt": {"indices": {"apt/Packages": {"size": 1, "path": files["index"]}}},
        "manifests": {"calico": {"size": 1, "path": files["manifest"]}},
        "images": {"r.io/a:1": {"digest": digest(manifest), "size": 1}},
    }


LOSSES: dict[str, tuple[str, bytes | None, str]] = {
    "a file": ("files/sha256/k", None, "kubernetes"),
    "the end of a file": ("files/sha256/k", b"", "kubernetes"),
    "the packages' index": ("apt/Packages", b"", "apt/Packages"),
    "a manifest": ("files/sha256/m", None, "manifest:calico"),
    "a package": ("apt/runc.deb", None, "apt:runc"),
    "a tag": ("registry/**/tags/1/current/link", None, "r.io/a:1"),
    "a blob": (f"registry/**/{digest(b'layer').removeprefix('sha256:')}/data", None, "r.io/a:1"),
    "the end of a blob": (f"registry/**/{digest(b'layer').removeprefix('sha256:')}/data", b"lay", "r.io/a:1"),
}


def test_a_bundle_serves_from_wherever_it_was_copied_to(tmp_path: Path) -> None:
    held = lay(tmp_path / "made")
    shutil.copytree(tmp_path / "made", tmp_path / "carried")
    index.whole(tmp_path / "carried", held)


@pytest.mark.parametrize(("pattern", "left", "need"), LOSSES.values(), ids=LOSSES)
def test_a_copy_that_broke_off_is_refused_by_name(tmp_path: Path, pattern: str, left: bytes | None, need: str) -> None:
    held = lay(tmp_path)
    path = next(tmp_path.glob(pattern))
    if left is None:
        path.unlink()
    else:
        path.write_bytes(left)
    expected = f"{tmp_path} lists {need}, but the files are not there whole; copy all of the bundle"
    with pytest.raises(BundleError, match=re.escape(expected)):
        index.whole(tmp_path, held)


INSTALL = {
    "one file for several programs": (SOURCE, ["kubelet", "kubectl"], [("kubernetes", "k", ["kubelet", "kubectl"])]),
    "a file of its own": (UPSTREAM, ["kubelet", "kubeadm"], [("kubelet", "l", []), ("kubeadm", "a", [])]),
    "a tar": (SOURCE, ["cni-plugins"], [("cni-plugins", "p", [])]),
}


@pytest.mark.parametrize(("held", "wanted", "expected"), INSTALL.values(), ids=INSTALL)
def test_install(held: index.Index, wanted: list[str], expected: list[tuple[str, str, list[str]]]) -> None:
    assert [(f["name"], f["sha256"], f["links"]) for f in index.install(held, wanted)] == expected


def test_a_bundle_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"bundle\.json does not exist; make the bundle with"):
        index.read(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": {}}', '{"files": {}, "images": {}}'])
def test_half_an_index_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "bundle.json").write_text(text)
    with pytest.raises(BundleError, match="make the bundle again"):
        index.read(tmp_path)


def test_read(tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_text(json.dumps(SOURCE))
    assert index.read(tmp_path) == SOURCE


def test_a_bundle_of_another_lock_is_refused_with_the_command() -> None:
    index.require_lock(Path("/bundle"), SOURCE, None)
    index.require_lock(Path("/bundle"), SOURCE, "abc")
    with pytest.raises(BundleError, match=r"made from the lock abc, and .* are def now; make it again with `a"):
        index.require_lock(Path("/bundle"), SOURCE, "def")
