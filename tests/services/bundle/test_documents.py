# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests and charts of a bundle, from a double of a publisher's web server."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import index, relock
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import Request, cache_root, make, plan

pytestmark = pytest.mark.services

ROOT = Path(__file__).parents[3]
IMAGE = "images.example/pause:1"
OBJECTS = b"kind: List\nitems: []\n"
NAMES = ["manifest:objects", "chart:app"]


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(f"app/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


CHART = archive(**{"Chart.yaml": b"name: app\n"})


def document(name: str, data: bytes | None) -> dict[str, t.Any]:
    sha256 = None if data is None else hashlib.sha256(data).hexdigest()
    return {"version": "1", "url": f"https://files.example/{name}", "sha256": sha256}


def lock(manifest: bytes | None, chart: bytes | None) -> dict[str, t.Any]:
    return {
        "version": 1,
        "platform": "linux/amd64",
        "kubernetes": "1.0.0",
        "go": "1.26.8",
        "debian": {"suite": "trixie"},
        "builds": {"pause": {"version": "1"}},
        "files": {"pause": {"build": "pause", "program": "pause"}},
        "layers": {"pause": {"programs": {"pause": "pause/pause"}}},
        "images": {IMAGE: {"layers": ["pause"], "entrypoint": ["/pause"]}},
        "local_images": [],
        "downloads": {},
        "upstream_files": {},
        "upstream_images": {},
        "manifests": {"objects": document("objects.yml", manifest)},
        "charts": {"app": document("app.tgz", chart)},
    }


@pytest.fixture
def request_(tmp_path: Path, web: t.Any) -> Request:
    web.content = {"/objects.yml": OBJECTS, "/app.tgz": CHART}
    shutil.copytree(ROOT / "roles/bundle/files/source/pause", tmp_path / "source/pause")
    mirrors = {"https://files.example": web.url}
    return Request(
        lock(OBJECTS, CHART), tmp_path / "source", "source", cache_root(), tmp_path / "bundle", mirrors=mirrors
    )


def changed(request: Request, value: dict[str, t.Any]) -> Request:
    return Request(value, request.sources, "source", request.cache, request.directory, mirrors=request.mirrors)


def test_documents_are_fetched_once_listed_and_verified(request_: Request, web: t.Any) -> None:
    assert plan(request_).missing == ["pause", IMAGE, *NAMES]
    held = make(request_)
    assert plan(request_).missing == [] and held["registries"] == ["images.example"]
    assert index.missing(held, NAMES) == []
    index.whole(request_.target, held)
    for section, name, data in (("manifests", "objects", OBJECTS), ("charts", "app", CHART)):
        entry = index.located(request_.target, held, section)[name]
        assert Path(entry["path"]).read_bytes() == data
        assert (entry["version"], entry["size"]) == ("1", len(data))
    requests = len(web.asked)
    make(request_)
    assert len(web.asked) == requests


def test_a_lost_document_is_named_and_fetched_again(request_: Request) -> None:
    held = make(request_)
    path = request_.target / held["charts"]["app"]["path"]
    path.write_bytes(b"damaged")
    assert plan(request_).missing == ["chart:app"]
    with pytest.raises(BundleError, match="lists chart:app, but the files are not there whole"):
        index.whole(request_.target, held)
    path.unlink()
    assert make(request_) == held and path.read_bytes() == CHART


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"no archive", r"app\.tgz is no \.tgz archive"), (archive(readme=b""), r"app\.tgz holds no <chart>/Chart\.yaml")],
)
def test_what_helm_could_not_read_is_refused(request_: Request, web: t.Any, data: bytes, says: str) -> None:
    web.content["/app.tgz"] = data
    with pytest.raises(BundleError, match=f"chart:app: .*{says}"):
        make(changed(request_, lock(OBJECTS, data)))
    assert not (request_.target / "bundle.json").exists()


def test_digests_of_documents_can_be_looked_up(request_: Request, web: t.Any) -> None:
    holes = changed(request_, lock(None, None))
    with pytest.raises(BundleError, match=r"no digest for manifests\.objects, charts\.app"):
        make(holes)
    assert web.asked == []
    found, filled = relock.relock(holes.lock, holes.mirrors, request_.target / "downloads")
    assert found == request_.lock
    assert [entry["name"] for entry in filled] == ["objects", "app"]
