# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers: what only an upper one adds, compression, files of Go modules."""

from __future__ import annotations

import json
import subprocess
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import contents, image, image_storage, sources, zstd
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.build import BuildContext
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.content import Store, sha256_file
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.entries import SourceTree
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.layer import Entry, Tree
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.lock import parse
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.progress import Progress

IMAGE = "images.example/app:1"
LOCK: dict[str, t.Any] = {
    "version": 1,
    "platform": "linux/amd64",
    "kubernetes": "1.0.0",
    "go": "1.26.8",
    "debian": {"suite": "trixie"},
    "builds": {"app": {"version": "1"}},
    "files": {},
    "layers": {
        "base": {"files": {"etc/a": "a", "etc/b": "b"}, "directories": {"tmp": "1777"}, "links": {"bin": "usr/bin"}},
        "app": {
            "files": {"etc/a": "a", "etc/b": "other", "tmp/c": "c"},
            "links": {"bin": "usr/bin"},
            "only_new": True,
        },
    },
    "images": {IMAGE: {"layers": ["base", "app"], "entrypoint": ["/app"]}},
    "local_images": [],
    "downloads": {},
    "upstream_files": {},
    "upstream_images": {},
}


def context(root: Path, **sections: t.Any) -> BuildContext:
    lock = parse({**LOCK, **sections})
    store = Store(root / "store", root / "stamps")
    return BuildContext(lock, lock.debian, root / "source", root / "cache", root, store, Progress([]))


def blobs(root: Path, **sections: t.Any) -> tuple[BuildContext, list[image_storage.Blob]]:
    made = context(root, **sections)
    return made, image.layers(made, [IMAGE], {})[IMAGE]


def members(made: BuildContext, blob: image_storage.Blob) -> list[str]:
    path = made.store.path(blob.artefact["sha256"])
    return subprocess.run(["tar", "-tf", path], capture_output=True, text=True, check=True).stdout.split()


def test_an_upper_layer_leaves_out_what_the_lower_ones_hold(tmp_path: Path) -> None:
    made, (base, app) = blobs(tmp_path)
    assert members(made, base) == ["bin", "etc/", "etc/a", "etc/b", "tmp/"]
    assert members(made, app) == ["etc/", "etc/b", "tmp/", "tmp/c"]
    listing = subprocess.run(
        ["tar", "-tvf", made.store.path(app.artefact["sha256"])], capture_output=True, text=True, check=True
    ).stdout
    assert "drwxrwxrwt" in listing, "a directory above a new file has the mode of the lower layer"


LOWER: contents.Contents = {"d": ["directory", 0o700], "d/x": ["file", 0o644, "1"], "l": ["link", "d"]}
STACKS: dict[str, tuple[contents.Contents, contents.Contents]] = {
    "an upper file replaces": ({"d/x": ["file", 0o755, "1"]}, {**LOWER, "d/x": ["file", 0o755, "1"]}),
    "a link hides a directory's files": ({"d": ["link", "e"]}, {"d": ["link", "e"], "l": ["link", "d"]}),
    "a directory changes its mode": ({"d": ["directory", 0o755]}, {**LOWER, "d": ["directory", 0o755]}),
}


@pytest.mark.parametrize(("upper", "expected"), STACKS.values(), ids=STACKS)
def test_stacked(upper: contents.Contents, expected: contents.Contents) -> None:
    assert contents.stacked([LOWER, upper]) == expected


CHANGES: dict[str, Entry] = {
    "content": Entry(mode=0o644, data=b"other"),
    "mode": Entry(mode=0o600, data=b"a"),
    "kind": Entry(target="a"),
}


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_what_differs_from_the_lower_layer_stays(changed: Entry) -> None:
    lower: Tree = {"a": Entry(mode=0o644, data=b"a")}
    assert contents.only_new(lower, contents.listed(lower)) == {}
    assert contents.only_new({"a": changed}, contents.listed(lower)) == {"a": changed}


def test_a_compressed_layer_unpacks_to_the_plain_one(tmp_path: Path) -> None:
    __, plain = blobs(tmp_path / "plain")
    made, packed = blobs(tmp_path / "packed", compression={"format": "zstd", "level": 3})
    assert [blob.diff_id for blob in packed] == [blob.diff_id for blob in plain]
    assert {blob.media_type for blob in packed} == {"application/vnd.oci.image.layer.v1.tar+zstd"}
    for blob, tar in zip(packed, plain, strict=True):
        path = made.store.path(blob.artefact["sha256"])
        unpacked = subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout
        assert image.digest(unpacked) == tar.diff_id
    config = json.loads(image_storage.config("amd64", packed, [], []))
    assert config["rootfs"]["diff_ids"] == [blob.diff_id for blob in plain]
    manifest = json.loads(image_storage.manifest(b"{}", "sha256:c", packed))
    assert [part["mediaType"] for part in manifest["layers"]] == [image_storage.ZSTD_LAYER] * 2


def test_equal_input_gives_equal_compressed_layers(tmp_path: Path) -> None:
    settings = {"format": "zstd", "level": 3}
    assert blobs(tmp_path / "1", compression=settings)[1] == blobs(tmp_path / "2", compression=settings)[1]


def test_one_layer_may_stay_plain(tmp_path: Path) -> None:
    layers = {**LOCK["layers"], "app": {**LOCK["layers"]["app"], "compression": "none"}}
    __, found = blobs(tmp_path, compression={"format": "zstd"}, layers=layers)
    assert [blob.media_type for blob in found] == [image_storage.ZSTD_LAYER, image_storage.LAYER]


def test_only_what_changed_is_made_again(tmp_path: Path) -> None:
    layers = {**LOCK["layers"], "base": {**LOCK["layers"]["base"], "compression": "zstd"}}
    said: list[str] = []
    for value in (LOCK["layers"], layers):
        made = replace(context(tmp_path, layers=value), progress=Progress(["layer", "layer"], emit=said.append))
        image.layers(made, [IMAGE], {})
    assert [line.split("] ")[1].split(": ")[1] == "already there" for line in said] == [False, False, False, True]


def test_without_zstd_the_error_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BundleError, match=r"no `zstd` on PATH.*groundup\.cloud\.bundle installs it"):
        zstd.compress(tmp_path / "a", tmp_path / "b", 3)


def test_what_zstd_refuses_is_told(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"zstd could not compress .*absent \(status 1\)"):
        zstd.compress(tmp_path / "absent", tmp_path / "b", 3)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    for name in ("bpf/a.c", "bpf/lib/a.h", "bpf/run.sh", "bpf/test/x.c", "README"):
        (tmp_path / "module" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "module" / name).write_text(name)
    return tmp_path / "module"


def test_files_of_a_module_are_placed_with_modes(module: Path) -> None:
    wanted = SourceTree("app", path="bpf", include=["*.[ch]", "*.sh"], exclude=["test/*"], exec=["*.sh"])
    found = {name: entry.mode for name, entry in sources.tree(module, wanted, "var/lib/bpf", "t").items()}
    assert found == {"var/lib/bpf/a.c": 0o644, "var/lib/bpf/lib/a.h": 0o644, "var/lib/bpf/run.sh": 0o755}


def test_executable_is_who_may_read(module: Path) -> None:
    found = sources.tree(module, SourceTree("app", path="bpf", exec=["run.sh"], mode="0640"), "x", "t")
    assert (found["x/run.sh"].mode, found["x/a.c"].mode) == (0o750, 0o640)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (SourceTree("app", path="nothing"), r"t: the module has no directory 'nothing'; correct `path`"),
        (SourceTree("app", exec=["*.py"]), r"t: the pattern '\*\.py' matches no file"),
        (SourceTree("app", path="../x"), "leaves its root"),
    ],
)
def test_what_a_module_lacks_is_told(module: Path, wanted: SourceTree, says: str) -> None:
    with pytest.raises(BundleError, match=says):
        sources.tree(module, wanted, "x", "t")


def test_sources_change_the_layer(tmp_path: Path) -> None:
    (tmp_path / "source/app").mkdir(parents=True)
    digests = []
    for text in ("one", "two"):
        (tmp_path / "source/app/run.sh").write_text(text)
        layers = {"base": {"sources": {"opt": {"build": "app", "exec": ["*.sh"]}}}}
        images = {IMAGE: {"layers": ["base"], "entrypoint": []}}
        made, (blob,) = blobs(tmp_path, layers=layers, images=images)
        assert members(made, blob) == ["opt/", "opt/run.sh"]
        digests.append(sha256_file(made.store.path(blob.artefact["sha256"])))
    assert digests[0] != digests[1]
