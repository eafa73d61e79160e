# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes by name: the store and its stamps, layers, the registry's storage."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import image_storage, layer
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.content import (
    Artefact,
    Store,
    publish,
    relative,
    sha256_file,
    write_atomic,
)
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.image import digest


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "files", tmp_path / "stamps")


def added(store: Store, data: bytes) -> Artefact:
    path = store.root.parent / "new"
    path.write_bytes(data)
    return store.add(path)


def test_a_stamp_holds_as_long_as_key_and_bytes_do(store: Store) -> None:
    made = {"a": added(store, b"a"), "b": added(store, b"b")}
    store.stamp("step", "key", made)
    assert store.stamped("step", "key")
    assert store.stamped("step", "other key") is None
    assert store.stamped("other step", "key") is None


@pytest.mark.parametrize("spoil", [Path.unlink, lambda p: p.write_bytes(b"c"), lambda p: p.write_bytes(b"")])
def test_a_stamp_is_void_when_bytes_are_gone_or_changed(store: Store, spoil: object) -> None:
    made = {"a": added(store, b"a")}
    store.stamp("step", "key", made)
    spoil(store.path(made["a"]["sha256"]))  # type: ignore[operator]
    assert store.stamped("step", "key") is None


def test_a_torn_stamp_is_none(store: Store) -> None:
    store.stamp("step", "key", {})
    (store.stamps / "step.json").write_text('{"key": "k')
    assert store.stamped("step", "key") is None


@pytest.fixture
def beside(store: Store) -> Store:
    """The store of another bundle, which may link to that of the first."""
    return Store(store.root.parent / "second/files", store.root.parent / "second/stamps", [store])


def test_what_another_bundle_holds_is_linked(store: Store, beside: Store) -> None:
    made = {"a": added(store, b"a"), "b": added(store, b"b")}
    store.stamp("step", "key", made, {"fact": 1})
    assert beside.stamped("step", "key") is None
    assert beside.linked("step", "other key") is None and beside.linked("other step", "key") is None
    assert beside.linked("step", "key") == beside.stamped("step", "key") == store.stamped("step", "key")
    assert beside.path(made["a"]["sha256"]).samefile(store.path(made["a"]["sha256"]))


@pytest.mark.parametrize("spoil", [Path.unlink, lambda p: p.write_bytes(b"c")])
def test_damaged_files_of_another_bundle_are_not_linked(store: Store, beside: Store, spoil: object) -> None:
    made = {"a": added(store, b"a"), "b": added(store, b"b")}
    store.stamp("step", "key", made)
    spoil(store.path(made["b"]["sha256"]))  # type: ignore[operator]
    assert beside.linked("step", "key") is None and beside.stamped("step", "key") is None


def test_a_bundle_that_is_removed_meanwhile_is_as_good_as_none(
    store: Store, beside: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {"a": added(store, b"a")}
    store.stamp("step", "key", made)
    monkeypatch.setattr(Store, "has", lambda *_: True)  # its file was there when it was read
    store.path(made["a"]["sha256"]).unlink()
    assert beside.linked("step", "key") is None
    assert not beside.stamps.exists(), "nothing is stamped that is not there"


def test_writing_leaves_no_parts(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a/b", b"x", 0o600)
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b"]
    assert (tmp_path / "a/b").stat().st_mode & 0o777 == 0o600


def test_publishing_replaces_by_a_link_and_leaves_no_parts(tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"new")
    target = tmp_path / "public/file"
    for __ in range(2):
        publish(tmp_path / "new", target)
        assert target.samefile(tmp_path / "new")
    (tmp_path / "newer").write_bytes(b"newer")
    publish(tmp_path / "newer", target)
    assert target.read_bytes() == b"newer"
    assert [path.name for path in target.parent.iterdir()] == ["file"]


@pytest.mark.parametrize(("given", "expected"), [("./usr/bin/x", "usr/bin/x"), ("/a//b/", "a/b"), ("a/./b", "a/b")])
def test_relative(given: str, expected: str) -> None:
    assert relative(given, "t") == expected


@pytest.mark.parametrize("given", ["../x", "a/../../x", "", "/", "."])
def test_paths_that_leave_their_root_are_refused(given: str) -> None:
    with pytest.raises(BundleError, match="leaves its root"):
        relative(given, "t")


def tree(order: list[str]) -> layer.Tree:
    whole = {
        "usr/bin/sh": layer.Entry(target="busybox"),
        "usr/bin/busybox": layer.Entry(mode=0o755, data=b"#!"),
        "tmp": layer.Entry(mode=0o1777),
        "bin": layer.Entry(target="usr/bin"),
    }
    return {name: whole[name] for name in order}


def test_a_layer_depends_on_its_content_alone(tmp_path: Path) -> None:
    names = ["usr/bin/sh", "usr/bin/busybox", "tmp", "bin"]
    layer.write_tar(tree(names), tmp_path / "1")
    layer.write_tar(tree(names[::-1]), tmp_path / "2")
    assert sha256_file(tmp_path / "1") == sha256_file(tmp_path / "2")
    with tarfile.open(tmp_path / "1", "r:") as tar:  # r: refuses anything compressed
        seen = {m.name: (m.mode, m.type, m.linkname, m.mtime, m.uid) for m in tar}
    assert list(seen) == ["bin", "tmp", "usr", "usr/bin", "usr/bin/busybox", "usr/bin/sh"]
    assert seen["tmp"] == (0o1777, tarfile.DIRTYPE, "", 0, 0)
    assert seen["usr/bin/sh"] == (0o777, tarfile.SYMTYPE, "busybox", 0, 0)


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="bin/x would be written through bin"):
        layer.write_tar({"bin": layer.Entry(target="usr/bin"), "bin/x": layer.Entry(data=b"")}, tmp_path / "1")


def archive(*members: tuple[str, bytes, str]) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, kind, target in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mode = kind, target, 0o755
            info.size = 1 if kind == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(b"x"))
    out.seek(0)
    return out


def test_a_package_s_members_are_taken_without_what_is_excluded(tmp_path: Path) -> None:
    made: layer.Tree = {}
    stream = archive(
        ("./", tarfile.DIRTYPE, ""),
        ("./usr/share/doc/x", tarfile.REGTYPE, ""),
        ("./usr/share/docs", tarfile.REGTYPE, ""),
        ("./usr/bin/a", tarfile.REGTYPE, ""),
        ("./usr/bin/b", tarfile.LNKTYPE, "./usr/bin/a"),
        ("./usr/bin/c", tarfile.SYMTYPE, "a"),
    )
    layer.add_tar(made, stream, ["usr/share/doc"], tmp_path / "s")
    assert set(made) == {"usr/share/docs", "usr/bin/a", "usr/bin/b", "usr/bin/c"}
    assert made["usr/bin/b"] == made["usr/bin/a"]
    assert made["usr/bin/c"].target == "a"


def test_members_of_one_name_in_one_package_keep_their_own_bytes(tmp_path: Path) -> None:
    made: layer.Tree = {"a/x": layer.Entry(data=b"an earlier package's")}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in (("a/x", b"1"), ("b/x", b"2")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    out.seek(0)
    layer.add_tar(made, out, [], tmp_path)
    assert [path.read_bytes() for name in ("a/x", "b/x") if (path := made[name].path)] == [b"1", b"2"]


@pytest.mark.parametrize("member", [("../x", tarfile.REGTYPE, ""), ("dev/null", tarfile.CHRTYPE, "")])
def test_a_package_s_bad_members_are_refused(tmp_path: Path, member: tuple[str, bytes, str]) -> None:
    with pytest.raises(BundleError):
        layer.add_tar({}, archive(member), [], tmp_path)


@pytest.fixture
def held(store: Store, tmp_path: Path) -> tuple[image_storage.Registry, str, Artefact]:
    """A registry with one image of one layer: (registry, digest of the image, the layer)."""
    shelf, part = image_storage.Registry(tmp_path / "registry"), added(store, b"layer")
    shelf.put_blob("r.io/a", f"sha256:{part['sha256']}", store.path(part["sha256"]))
    configuration = image_storage.config("amd64", [image_storage.Blob.plain(part)], ["/a"], [])
    shelf.put_blob("r.io/a", digest(configuration), configuration)
    manifest = image_storage.manifest(configuration, digest(configuration), [image_storage.Blob.plain(part)])
    shelf.put_manifest("r.io/a", digest(manifest), manifest, "1")
    return shelf, digest(manifest), part


def test_a_registry_knows_what_it_holds(held: tuple[image_storage.Registry, str, Artefact]) -> None:
    shelf, image, part = held
    assert shelf.digest("r.io/a:1") == image
    assert shelf.digest("r.io/a:2") is None
    assert shelf.faults("r.io/a:1", image, {}) == []
    assert shelf.size(image) > part["size"]


def test_a_registry_names_damaged_and_lost_blobs(held: tuple[image_storage.Registry, str, Artefact]) -> None:
    shelf, image, part = held
    blob = shelf.blob(f"sha256:{part['sha256']}")
    for spoil in (lambda: blob.write_bytes(b"other"), blob.unlink):
        spoil()
        assert shelf.faults("r.io/a:1", image, {}) == [f"r.io/a:1: sha256:{part['sha256']} is missing or damaged"]
    shelf.blob(image).unlink()
    assert shelf.faults("r.io/a:1", image, {}) == [f"r.io/a:1: {image} is missing or damaged"]


def test_a_tag_moved_by_hand_is_noticed(held: tuple[image_storage.Registry, str, Artefact]) -> None:
    shelf, image, _part = held
    assert shelf.faults("r.io/a:1", "sha256:other", {}) == ["r.io/a:1: tag is not sha256:other"]
    assert image
