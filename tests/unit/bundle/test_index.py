# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bundle holds and lacks."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import index
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError


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

MISSING = {
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


def test_layers_are_refused_all_at_once_by_name() -> None:
    with pytest.raises(BundleError) as refusal:
        index.refuse(
            SOURCE, {"kubernetes": ["kubelet"], "storage": ["rook:1"], "virtual machines": ["virt:1", "cdi:1"]}
        )
    assert "storage: the bundle (source, lock abc) lacks rook:1;" in str(refusal.value)
    assert "virtual machines: the bundle (source, lock abc) lacks virt:1, cdi:1;" in str(refusal.value)
    assert "kubernetes:" not in str(refusal.value)


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
