# SPDX-License-Identifier: GPL-3.0-or-later
"""Images of one's own that stand in for images of the lock: out of a layout, an archive, a registry."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import digests, fetch, image_storage, index, relock
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError, NotPinned, Unresolved
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.image import digest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import faults, make
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request

pytestmark = pytest.mark.services

IMAGE = "images.example/team/app:1"
LAYER = b"a patched build " * 5000
CONFIG = {
    "architecture": "amd64",
    "os": "linux",
    "rootfs": {"type": "layers", "diff_ids": [digest(LAYER)]},
    "history": [{"created_by": "us"}],
}
LOCK: dict[str, t.Any] = {
    **{name: {} for name in ("builds", "files", "downloads", "upstream_files")},
    "version": 1,
    "platform": "linux/amd64",
    "kubernetes": "1.0.0",
    "go": "1.26.8",
    "debian": {"suite": "trixie"},
    "layers": {"root": {"files": {"etc/release": "ours"}}},
    "images": {IMAGE: {"layers": ["root"], "entrypoint": ["/none"]}},
    "local_images": [],
    "upstream_images": {IMAGE: None},
}


def publish(root: Path, layer: bytes = LAYER) -> str:
    """An image in a registry's storage; gives its digest."""
    shelf, config = image_storage.Registry(root), json.dumps(CONFIG).encode()
    for part in (layer, config):
        shelf.put_blob("own/app", digest(part), part)
    parts = {"config": (image_storage.CONFIG, config), "layer": (image_storage.LAYER, layer)}
    entries = {name: {"mediaType": kind, "digest": digest(d), "size": len(d)} for name, (kind, d) in parts.items()}
    kinds = {"schemaVersion": 2, "mediaType": image_storage.MANIFEST}
    manifest = json.dumps({**kinds, "config": entries["config"], "layers": [entries["layer"]]}).encode()
    shelf.put_manifest("own/app", digest(manifest), manifest, "1")
    return digest(manifest)


@pytest.fixture
def own(tmp_path: Path, serve: t.Callable[[Path], t.ContextManager[str]]) -> t.Iterator[dict[str, str]]:
    """The same image at several places: {kind: place}."""
    publish(tmp_path / "published")
    with serve(tmp_path / "published") as url:
        registry = f"docker://{url.removeprefix('http://')}/own/app:1"
        places = {"oci": f"oci:{tmp_path}/layout", "oci-archive": f"oci-archive:{tmp_path}/app.tar"}
        places |= {"dir": f"dir:{tmp_path}/directory", "docker-archive": f"docker-archive:{tmp_path}/docker.tar"}
        for place in places.values():
            words = ["skopeo", "copy", "-q", "--src-tls-verify=false", registry, place]
            subprocess.run(words, check=True)
        yield {**places, "docker": registry}


def request(tmp_path: Path, lock: dict[str, t.Any], origin: str = "upstream") -> Request:
    return Request(lock, tmp_path / "sources", origin, tmp_path / "cache", tmp_path / "bundle", 1)


def resolved(tmp_path: Path, place: str, url: str = "") -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """The lock with the image's digest, and what is recorded of it."""
    found = relock.resolve(
        {
            "lock": LOCK,
            "images": {IMAGE: place},
            "digests": {},
            "mirrors": {f"https://{url}": f"http://{url}"} if url else {},
            "ca_file": None,
            "auth_file": None,
            "needs": {},
            "source": "source",
            "additions": {},
        },
        tmp_path / "cache",
    )
    return digests.applied(LOCK, found["digests"], {IMAGE: place}), found["digests"]


@pytest.mark.parametrize("kind", ["oci", "oci-archive", "docker-archive", "dir", "docker"])
@pytest.mark.parametrize("origin", ["upstream", "source"])
def test_an_image_of_one_s_own_stands_in_for_one_of_the_lock(
    own: dict[str, str], tmp_path: Path, kind: str, origin: str
) -> None:
    (tmp_path / "sources").mkdir()
    place = own[kind]
    host = place.removeprefix("docker://").partition("/")[0] if kind == "docker" else ""
    refused = request(tmp_path, digests.applied(LOCK, {}, {IMAGE: place}), origin)
    with pytest.raises(NotPinned, match=rf"no digest for own_images\.{IMAGE};"):
        make(refused)
    lock, recorded = resolved(tmp_path, place, host)
    assert recorded == {"own_images": {IMAGE: {"place": place, "digest": lock["own_images"][IMAGE]["digest"]}}}
    wanted = replace(request(tmp_path, lock, origin), mirrors={f"https://{host}": f"http://{host}"} if host else {})
    held = make(wanted)
    assert index.own_images(held) == {IMAGE: place}
    shelf = image_storage.Registry(tmp_path / "bundle/registry")
    assert shelf.digest(IMAGE) == recorded["own_images"][IMAGE]["digest"] and not faults(tmp_path / "bundle", held)
    manifest = json.loads(shelf.blob(held["images"][IMAGE]["digest"]).read_bytes())
    layer = shelf.blob(manifest["layers"][0]["digest"]).read_bytes()
    assert (gzip.decompress(layer) if layer[:2] == b"\x1f\x8b" else layer) == LAYER


def test_an_image_that_was_built_again_is_refused_until_its_digest_is_recorded(
    own: dict[str, str], tmp_path: Path
) -> None:
    lock, __ = resolved(tmp_path, own["dir"])
    directory = Path(own["dir"].removeprefix("dir:"))
    manifest = directory / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    with pytest.raises(
        BundleError, match=rf"{IMAGE}: dir:.* has changed since its digest was recorded .*bundle_action=lock"
    ):
        make(request(tmp_path, lock))
    assert not (tmp_path / "bundle/bundle.json").exists()
    make(request(tmp_path, resolved(tmp_path, own["dir"])[0]))


def test_its_digest_is_recorded_although_a_publisher_cannot_be_reached(
    own: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The publisher's place is a port at which nobody listens."""
    monkeypatch.setattr(fetch.Fetcher.__init__, "__defaults__", (lambda _seconds: None,))
    other = "images.example/team/other:1"
    lock = {**LOCK, "upstream_images": {IMAGE: None, other: None}}
    parameters: dict[str, t.Any] = {"lock": lock, "images": {IMAGE: own["oci"]}, "digests": {}, "additions": {}}
    parameters |= {"mirrors": {"https://images.example": "http://127.0.0.1:1"}, "needs": {}, "source": "upstream"}
    parameters |= {"ca_file": None, "auth_file": None}

    def missed(**changes: t.Any) -> dict[str, t.Any]:
        with pytest.raises(Unresolved, match=rf"upstream_images\.{other}: .*connection refused") as error:
            relock.resolve({**parameters, **changes}, tmp_path / "cache")
        assert f"upstream_images.{other}" in [one["name"] for one in error.value.details["missing"]]
        return error.value.details

    first = missed()
    (recorded,) = first["digests"]["own_images"].values()
    assert recorded["place"] == own["oci"] and recorded["digest"].startswith("sha256:")
    assert [found["name"] for found in first["filled"]] == [IMAGE]
    assert set(first["digests"]) == {"own_images"}, "nothing is recorded of what was not found"
    assert missed(digests=first["digests"])["digests"] == first["digests"], "the next run finds the same"
    shutil.rmtree(own["oci"].removeprefix("oci:"))
    gone = missed(digests=first["digests"])
    assert gone["digests"] == first["digests"], "the digest of an image that is away stays, since it is no other image"
    assert {one["name"] for one in gone["missing"]} == {f"own_images.{IMAGE}", f"upstream_images.{other}"}


def test_a_place_without_an_image_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=rf"{IMAGE} can't be had from oci:{tmp_path}/none: .*; correct the place"):
        resolved(tmp_path, f"oci:{tmp_path}/none")
