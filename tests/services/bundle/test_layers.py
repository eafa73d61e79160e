# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers at work: zstd in the bundle's own containerd, Debian packages alone, files of a Go module."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import (
    debian,
    image_storage,
    index,
    signing,
    sources,
)
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.lock import Debian
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import make
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request, cache_root
from services.processes import daemon

from .test_run import CONTAINERD, HOSTS, until
from .test_source import LOCK as SMALL

pytestmark = pytest.mark.services

Serve = t.Callable[[Path], t.ContextManager[str]]
SOURCES = Path(__file__).parents[3] / "roles/bundle/files/source"
IMAGE = "images.example/app:1"
LOCK: dict[str, t.Any] = SMALL | {
    "debian": {"suite": "test"},
    "files": {},
    "layers": {
        "base": {"directories": {"tmp": "1777"}, "files": {"etc/name": "base\n"}},
        "pause": {
            "programs": {"pause": "pause/pause"},
            "sources": {"usr/src": {"build": "pause", "include": ["*.go", "go.mod"], "exec": ["*.go"]}},
        },
        "top": {"files": {"etc/name": "base\n", "tmp/new": "new\n"}, "only_new": True},
    },
    "images": {IMAGE: {"layers": ["base", "pause", "top"], "entrypoint": ["/pause"]}},
}


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    shutil.copytree(SOURCES / "pause", tmp_path / "source/pause")
    return Request(LOCK, tmp_path / "source", "source", cache_root(), tmp_path / "plain")


def compressed(request: Request, directory: str) -> Request:
    lock = {**request.lock, "compression": {"format": "zstd", "level": 9}}
    return replace(request, lock=lock, directory=request.sources.parent / directory)


def test_compressed_layers_are_reproducible_and_smaller(request_: Request) -> None:
    plain = make(request_)["images"][IMAGE]
    packed = [make(compressed(request_, name))["images"][IMAGE] for name in ("one", "two")]
    assert packed[0] == packed[1] != plain
    assert packed[0]["size"] < plain["size"] / 2


@pytest.mark.skipif(os.geteuid() != 0, reason="containerd needs root to unpack layers")
def test_containerd_unpacks_zstd_layers_to_the_same_files(
    request_: Request, programs: Path, serve: Serve, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text(CONTAINERD.format(tmp_path))
    path = {"PATH": f"{programs}:{os.environ['PATH']}"}
    log, ctr = tmp_path / "log", [programs / "ctr", "-a", tmp_path / "containerd.sock"]
    (tmp_path / "hosts/images.example").mkdir(parents=True)
    found: list[dict[str, tuple[int, str]]] = []
    with daemon(log, programs / "containerd", "-c", tmp_path / "config.toml", env=path):
        until([*ctr, "version"], 30, log)
        for request in (request_, compressed(request_, "packed")):
            make(request)
            with serve(request.target / "registry") as url:
                hosts = tmp_path / "hosts/images.example/hosts.toml"
                hosts.write_text(HOSTS.format(url=url, host="images.example"))
                # A namespace of its own: containerd unpacks nothing whose diff ids a namespace has already.
                pull = ["-n", request.target.name, "images", "pull", "--local", "--snapshotter", "native"]
                until([*ctr, *pull, "--hosts-dir", tmp_path / "hosts", IMAGE], 20, log)
            found.append(unpacked(tmp_path / "root"))
            count = len(list((tmp_path / "root/io.containerd.snapshotter.v1.native/snapshots").iterdir()))
            assert count == 3 * len(found), "each pull unpacks three layers"
    assert found[0] == found[1]
    modes = {name: oct(mode & 0o7777) for name, (mode, __) in found[1].items()}
    assert {name: modes[name] for name in ("tmp", "tmp/new", "usr/src/main.go", "usr/src/go.mod")} == {
        "tmp": "0o1777",
        "tmp/new": "0o644",
        "usr/src/main.go": "0o755",
        "usr/src/go.mod": "0o644",
    }


def unpacked(root: Path) -> dict[str, tuple[int, str]]:
    """Mode and digest of each file of the snapshot that containerd made last: {path: (mode, sha256)}.

    The snapshotter `native` copies what lies below, so its last directory is the whole image.
    """
    snapshots = root / "io.containerd.snapshotter.v1.native/snapshots"
    last = max(snapshots.iterdir(), key=lambda path: int(path.name))
    return {
        str(path.relative_to(last)): (
            path.stat().st_mode,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in last.rglob("*")
    }


def test_the_shipped_images_unpack_to_the_digests_of_their_configuration(bundle: Path) -> None:
    shelf, held = image_storage.Registry(bundle / "registry"), index.read(bundle)["images"]
    for reference in ("registry.k8s.io/kube-proxy:v1.36.3", "registry.k8s.io/pause:3.10.2"):
        manifest = json.loads(shelf.blob(held[reference]["digest"]).read_bytes())
        config = json.loads(shelf.blob(manifest["config"]["digest"]).read_bytes())
        for part, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
            assert part["mediaType"] == image_storage.ZSTD_LAYER
            tar = subprocess.run(["zstd", "-dc", shelf.blob(part["digest"])], capture_output=True, check=True).stdout
            assert f"sha256:{hashlib.sha256(tar).hexdigest()}" == diff_id


def deb(root: Path, name: str, depends: str) -> bytes:
    tree = root / name
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr/lib").mkdir(parents=True)
    (tree / f"usr/lib/{name}").write_text(name)
    control = f"Package: {name}\nVersion: 1\nArchitecture: amd64\nMaintainer: Test <t@t.example>\nDescription: t\n"
    (tree / "DEBIAN/control").write_text(control + (f"Depends: {depends}\n" if depends else ""))
    subprocess.run(
        ["dpkg-deb", "-b", "--root-owner-group", tree, root / f"{name}.deb"], check=True, capture_output=True
    )
    return (root / f"{name}.deb").read_bytes()


@pytest.fixture
def archive(web: t.Any, tmp_path: Path) -> Debian:
    """A signed archive of the double: `compiler` depends on `library`, and that on `base`."""
    depends = {"compiler": "library", "library": "base", "base": ""}
    debs = {name: deb(tmp_path / "debs", name, needs) for name, needs in depends.items()}
    paragraphs = []
    for name, data in debs.items():
        web.content[f"/debian/pool/{name}_1_amd64.deb"] = data
        control = f"Package: {name}\nVersion: 1\nArchitecture: amd64\n"
        control += f"Depends: {depends[name]}\n" if depends[name] else ""
        place = f"Filename: pool/{name}_1_amd64.deb\nSize: {len(data)}\n"
        paragraphs.append(f"{control}{place}SHA256: {hashlib.sha256(data).hexdigest()}\n")
    when = int(time.time()) - 86400
    date = time.strftime("%a, %d %b %Y %H:%M:%S UTC", time.gmtime(when))
    packages, key = "\n".join(paragraphs).encode(), tmp_path / "key.asc"
    keys: list[str] = []
    for suite, listing in (("test", packages), ("test-updates", b""), ("test-security", b"")):
        sums = f" {hashlib.sha256(listing).hexdigest()} {len(listing)} main/binary-amd64/Packages\n"
        head = f"Suite: {suite}\nCodename: {suite}\nDate: {date}\nArchitectures: amd64\nComponents: main\nSHA256:\n"
        signed, public = signing.sign(head + sums, when)
        keys.append(public)
        web.content[f"/debian/dists/{suite}/InRelease"] = signed
        web.content[f"/debian/dists/{suite}/main/binary-amd64/Packages"] = listing
    key.write_text("".join(keys))
    return Debian("test", f"{web.url}/debian", f"{web.url}/debian", str(key))


def test_a_package_without_its_dependencies_leaves_them_out(archive: Debian, request_: Request) -> None:
    for key, expected in (
        ("packages", ["usr/lib/base", "usr/lib/compiler", "usr/lib/library"]),
        ("packages_without_dependencies", ["usr/lib/compiler"]),
    ):
        settings = {"suite": "test", "mirror": archive.mirror, "security": archive.security, "keyring": archive.keyring}
        layers = {"tools": {key: ["compiler"]}}
        images = {IMAGE: {"layers": ["tools"], "entrypoint": []}}
        lock = {**LOCK, "builds": {}, "debian": settings, "layers": layers, "images": images}
        held = make(replace(request_, lock=lock))
        shelf = image_storage.Registry(request_.target / "registry")
        (part,) = json.loads(shelf.blob(held["images"][IMAGE]["digest"]).read_bytes())["layers"]
        listing = subprocess.run(
            ["tar", "-tf", shelf.blob(part["digest"])], capture_output=True, text=True, check=True
        ).stdout.split()
        assert [name for name in listing if not name.endswith("/")] == expected


def test_an_unknown_package_is_named(archive: Debian, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="Unable to locate package nothing"):
        debian.fetch_alone(tmp_path / "apt", archive, "amd64", ["nothing"])


def test_files_of_a_required_module_come_from_its_pinned_archive(tmp_path: Path) -> None:
    scratch, go = tmp_path / "scratch", LOCK["go"]
    root = sources.module_directory(SOURCES / "cni", CNI, cache_root(), scratch, go, "amd64")
    wanted = sources.SourceTree("cni", CNI, "plugins", include=["linux_only.txt"], mode="0640")
    assert [entry.mode for entry in sources.tree(root, wanted, "x", "t").values()] == [0o640]


def test_a_module_that_is_not_required_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        BundleError, match=r"go gave no files of the module example\.com/nothing .*its go\.mod requires"
    ):
        sources.module_directory(
            SOURCES / "cni", "example.com/nothing", cache_root(), tmp_path / "scratch", LOCK["go"], "amd64"
        )


CNI = "github.com/containernetworking/plugins"
