# SPDX-License-Identifier: GPL-3.0-or-later
"""`source: upstream` against a double of the publishers' web servers and a real docker-registry."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time
import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import (
    fetch,
    image_storage,
    index,
    progress,
    relock,
    web,
)
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import (
    BundleError,
    DigestMismatch,
    Unresolved,
)
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.image import digest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import ensure, make, plan
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request

pytestmark = pytest.mark.services

TOOL = bytes(range(256)) * 4096
BINARY = b"#!/bin/sh\n" * 1000
Serve = t.Callable[[Path], t.ContextManager[str]]
IMAGE = "images.example/team/app:1"


def hexa(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(f"bin/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


ARCHIVE = packed(first=BINARY, second=b"2")


def publish_image(root: Path) -> str:
    """An image as publishers make them: an index over two platforms, layers compressed. Gives the index's digest."""
    shelf, children = image_storage.Registry(root), []
    for architecture in ("arm64", "amd64"):
        blob = gzip.compress(architecture.encode() * 1000, mtime=0)
        settings = json.dumps({"architecture": architecture, "os": "linux"}).encode()
        for part in (blob, settings):
            shelf.put_blob("team/app", digest(part), part)
        parts = {"config": settings, "layer": blob}
        entry = {kind: {"mediaType": f"x/{kind}", "digest": digest(d), "size": len(d)} for kind, d in parts.items()}
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": image_storage.MANIFEST,
                "config": entry["config"],
                "layers": [entry["layer"]],
            }
        ).encode()
        shelf.put_manifest("team/app", digest(manifest), manifest, None)
        platform = {"os": "linux", "architecture": architecture}
        kind = {"mediaType": image_storage.MANIFEST, "size": len(manifest)}
        children.append({**kind, "digest": digest(manifest), "platform": platform})
    whole = json.dumps({"schemaVersion": 2, "mediaType": image_storage.INDEX, "manifests": children}).encode()
    shelf.put_manifest("team/app", digest(whole), whole, "1")
    return digest(whole)


@dataclass
class World:
    """A lock, and what it names, published."""

    web: t.Any  # conftest.Publisher
    images: Path
    request: Request

    def make(self) -> index.Index:
        return make(self.request)

    def path(self, name: str) -> Path:
        return self.request.target / str(index.read(self.request.target)["files"][name]["path"])

    def file(self, name: str) -> bytes:
        return self.path(name).read_bytes()


def lock(image: str | None, tool: str | None) -> dict[str, t.Any]:
    names = ("builds", "files", "layers", "images")
    return {
        **{name: {} for name in names},
        "version": 1,
        "platform": "linux/amd64",
        "kubernetes": "1.0.0",
        "go": "1.26.8",
        "debian": {"suite": "trixie"},
        "local_images": [],
        "downloads": {
            "tool": {"version": "1", "url": "https://files.example/tool", "sha256": tool},
            "archive": {"version": "2", "url": "https://files.example/archive.tgz", "sha256": hexa(ARCHIVE)},
        },
        "upstream_files": {
            "tool": {"download": "tool"},
            "first": {"download": "archive", "member": "bin/first"},
            "plugins": {"download": "archive", "tar": True},
        },
        "upstream_images": {IMAGE: image},
    }


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, web: t.Any, serve: Serve) -> t.Iterator[World]:
    monkeypatch.setattr(fetch.Fetcher.__init__, "__defaults__", (lambda _seconds: None,))
    image = publish_image(tmp_path / "published")
    with serve(tmp_path / "published") as images:
        web.content = {"/tool": TOOL, "/archive.tgz": ARCHIVE}
        mirrors = {"https://files.example": web.url, "https://images.example": images}
        request = Request(
            lock(image, hexa(TOOL)), tmp_path, "upstream", tmp_path / "cache", tmp_path / "bundle", 1, mirrors
        )
        yield World(web, tmp_path / "published", request)


def changed(request: Request, value: dict[str, t.Any]) -> Request:
    return Request(value, request.sources, "upstream", request.cache, request.directory, 1, request.mirrors)


def test_everything_comes_as_published_and_is_not_fetched_twice(world: World) -> None:
    assert plan(world.request).missing == ["tool", "first", "plugins", IMAGE]
    held = world.make()
    assert (world.file("tool"), world.file("first")) == (TOOL, BINARY)
    with tarfile.open(world.path("plugins"), mode="r:") as plain:
        assert plain.getnames() == ["bin/first", "bin/second"]
    assert held["images"][IMAGE]["digest"] == world.request.lock["upstream_images"][IMAGE]
    assert plan(world.request).missing == []
    requests = len(world.web.asked)
    world.make()
    assert len(world.web.asked) == requests


def test_the_bundle_serves_the_image_by_its_published_digest(world: World, serve: Serve) -> None:
    held = world.make()
    with serve(world.request.target / "registry") as url:
        kinds = {"Accept": f"{image_storage.INDEX}, {image_storage.MANIFEST}"}
        whole = web.small("t", f"{url}/v2/images.example/team/app/manifests/1", kinds, lambda _s: None)
        assert digest(whole) == held["images"][IMAGE]["digest"]
        child = next(m["digest"] for m in json.loads(whole)["manifests"] if m["platform"]["architecture"] == "amd64")
        manifest = web.small("t", f"{url}/v2/images.example/team/app/manifests/{child}", kinds, lambda _s: None)
        blob = json.loads(manifest)["layers"][0]["digest"]
        layer = web.small("t", f"{url}/v2/images.example/team/app/blobs/{blob}", {}, lambda _s: None)
        assert gzip.decompress(layer) == b"amd64" * 1000


def test_a_corrupted_file_is_refused_by_name_and_not_kept(world: World) -> None:
    world.web.content["/tool"] = TOOL[:-1] + b"!"
    with pytest.raises(
        DigestMismatch, match=rf"tool: .*/tool gave sha256:.*the lock wants sha256:{hexa(TOOL)}; refused"
    ):
        world.make()
    assert not (world.request.target / "bundle.json").exists()
    assert not list((world.request.target / ".work/downloads").iterdir())
    world.web.content["/tool"] = TOOL
    assert world.make()["files"]["tool"]["sha256"] == hexa(TOOL)


def test_a_broken_transfer_goes_on_where_it_stopped(world: World) -> None:
    world.web.faults["/tool"] = ["cut", "cut"]
    world.make()
    half, threequarters = len(TOOL) // 2, len(TOOL) * 3 // 4
    ranges = [wanted for path, wanted in world.web.asked if path == "/tool"]
    assert ranges == [None, f"bytes={half}-", f"bytes={threequarters}-"]


def test_a_part_of_a_killed_run_is_gone_on_from(world: World) -> None:
    (world.request.target / ".work/downloads").mkdir(parents=True)
    (world.request.target / ".work/downloads" / f"{hexa(TOOL)}.part").write_bytes(TOOL[:1000])
    world.make()
    assert ("/tool", "bytes=1000-") in world.web.asked
    assert world.file("tool") == TOOL


@pytest.mark.parametrize("part", [b"x" * 1000, TOOL + b"x"], ids=["of another file", "too long"])
def test_a_part_that_is_wrong_is_thrown_away(world: World, part: bytes) -> None:
    (world.request.target / ".work/downloads").mkdir(parents=True)
    (world.request.target / ".work/downloads" / f"{hexa(TOOL)}.part").write_bytes(part)
    world.make()
    assert world.file("tool") == TOOL


def test_a_server_that_is_busy_is_asked_again(world: World) -> None:
    world.web.faults["/tool"] = [503, 429, 502]
    world.make()
    assert world.file("tool") == TOOL


def test_a_server_that_stays_busy_is_named(world: World) -> None:
    world.web.faults["/tool"] = [503] * 100
    with pytest.raises(BundleError, match=r"tool: .*answered 503.*failed 6 times.*name a mirror"):
        world.make()


def test_a_missing_file_is_named_at_once(world: World) -> None:
    del world.web.content["/tool"]
    with pytest.raises(BundleError, match=r"tool can't be had: .*/tool: HTTP Error 404"):
        world.make()
    assert len([path for path, __ in world.web.asked if path == "/tool"]) == 1


def test_a_mirror_in_the_lock_helps_out(world: World) -> None:
    value = world.request.lock
    value["downloads"]["tool"]["mirrors"] = ["https://files.example/second/tool"]
    world.web.content["/second/tool"] = world.web.content.pop("/tool")
    make(changed(world.request, value))
    assert world.file("tool") == TOOL


@pytest.mark.parametrize("which", ["config", "layers"])
def test_a_changed_blob_of_an_image_is_refused(world: World, which: str) -> None:
    whole = json.loads(
        image_storage.Registry(world.images).blob(world.request.lock["upstream_images"][IMAGE]).read_bytes()
    )
    manifest = json.loads(image_storage.Registry(world.images).blob(whole["manifests"][1]["digest"]).read_bytes())
    blob = manifest["config"] if which == "config" else manifest["layers"][0]
    path = image_storage.Registry(world.images).blob(blob["digest"])
    path.write_bytes(b"!" + path.read_bytes()[1:])
    with pytest.raises(DigestMismatch, match=f"{IMAGE} blob"):
        world.make()


def test_an_image_by_another_digest_is_not_there(world: World) -> None:
    value = {**world.request.lock, "upstream_images": {IMAGE: f"sha256:{'0' * 64}"}}
    with pytest.raises(BundleError, match=rf"{IMAGE} can't be had from .*: manifest unknown"):
        make(changed(world.request, value))


def test_damage_is_found_and_mended(world: World) -> None:
    held = world.make()
    target = world.request.target
    (target / held["files"]["first"]["path"]).unlink()
    whole = image_storage.Registry(target / "registry").blob(held["images"][IMAGE]["digest"])
    whole.write_bytes(whole.read_bytes() + b" ")
    assert plan(world.request).missing == ["first", IMAGE]
    world.make()
    assert plan(world.request).missing == []
    assert world.file("first") == BINARY


@pytest.mark.parametrize("torn", ["", "{", "[]", '{"files": {"a": 1}, "images": {"b": 1}}'])
def test_a_torn_index_is_made_again(world: World, torn: str) -> None:
    held = world.make()
    (world.request.target / "bundle.json").write_text(torn)
    requests = len(world.web.asked)
    assert ensure(world.request, check=True)["missing"] == ["tool", "first", "plugins", IMAGE]
    assert ensure(world.request, check=False)["bundle"] == held
    assert len(world.web.asked) == requests


def test_an_archive_that_is_none_is_named(world: World) -> None:
    value, junk = world.request.lock, b"no archive"
    world.web.content["/archive.tgz"] = junk
    value["downloads"]["archive"]["sha256"] = hexa(junk)
    with pytest.raises(BundleError, match=r"first: https://files\.example/archive\.tgz is no archive to unpack"):
        make(changed(world.request, value))


def test_downloads_and_caches_may_be_on_different_file_systems(world: World, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    (disk := tmp_path / "disk").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(disk)], check=True)
    try:
        made = make(replace(world.request, directory=disk / "bundle"))
        assert set(made["files"]) == {"tool", "first", "plugins"}
        assert not [path for path in disk.rglob("*") if path.name.endswith(".part")]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_progress_says_what_how_many_how_long_and_how_far(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "BEAT", 0.05)
    world.web.faults["/tool"] = ["cut", lambda: time.sleep(0.3)]
    said: list[str] = []
    make(world.request, said.append)
    part = r"\[ 0/6 +\d+%\] download tool 1 … \d s, 0\.5 of 1\.0 MiB"
    assert [line for line in said if re.fullmatch(part, line)]
    steps = [re.fullmatch(r"\[ (\d)/6 +\d+%\] (.*): (\d+\.\d s|already there)", line) for line in said]
    done = [(int(step[1]), step[2]) for step in steps if step]
    names = ["download tool 1", "download archive 2", "file tool", "unpack first", "unpack plugins", f"image {IMAGE}"]
    assert done == list(enumerate(names, 1))


CHILD = """
import json, sys
from pathlib import Path
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import make
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request
lock, cache, target, mirrors = json.loads(sys.argv[1])
make(Request(lock, Path(cache), "upstream", Path(cache), Path(target), 1, mirrors))
"""


def test_a_run_killed_in_the_middle_of_a_file_goes_on_in_it(world: World) -> None:
    request, data = world.request, TOOL * 5
    request.lock["downloads"]["tool"]["sha256"] = hexa(data)
    world.web.content["/tool"], world.web.faults["/tool"] = data, ["stall"]
    arguments = json.dumps([request.lock, str(request.cache), str(request.target), request.mirrors])
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / ".ansible/collections")}
    part, end = request.target / f".work/downloads/{hexa(data)}.part", time.monotonic() + 30
    with subprocess.Popen([sys.executable, "-c", CHILD, arguments], env=environment) as child:
        while not part.exists() or part.stat().st_size < 2 * len(TOOL):
            assert child.poll() is None and time.monotonic() < end
            time.sleep(0.05)
        child.kill()
    assert not (request.target / "bundle.json").exists() and not (request.target / "files").exists()
    world.make()
    assert world.file("tool") == data
    assert ("/tool", f"bytes={2 * len(TOOL)}-") in world.web.asked


def test_an_artefact_without_a_digest_is_refused_and_can_be_resolved(world: World) -> None:
    holes = changed(world.request, lock(None, None))
    with pytest.raises(BundleError, match=f"no digest for downloads.tool, upstream_images.{IMAGE}"):
        make(holes)
    assert world.web.asked == []
    world.web.content["/tool.sha256"] = f"{hexa(TOOL)}  tool\n".encode()
    found, filled = relock.relock(holes.lock, holes.mirrors, holes.cache / "downloads")
    assert found == world.request.lock
    assert [(f["name"], f["confirmed"] is not None) for f in filled] == [("tool", True), (IMAGE, False)]
    make(changed(world.request, found))
    assert world.file("tool") == TOOL


def test_a_publisher_who_contradicts_himself_is_not_believed(world: World) -> None:
    world.web.content["/tool.sha256"] = b"0" * 64
    with pytest.raises(Unresolved, match=rf"downloads\.tool: tool: .*/tool\.sha256 gave .*{'0' * 64}") as error:
        relock.relock(lock(None, None), world.request.mirrors, world.request.target / ".work/downloads")
    assert error.value.lock["downloads"]["tool"]["sha256"] is None, "its digest is not recorded"
    assert [found["name"] for found in error.value.filled] == [IMAGE], "those of others are"
