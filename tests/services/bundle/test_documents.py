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
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import make, plan
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request, cache_root

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


TEMPLATES = {
    "templates/config.yaml": b"kind: ConfigMap\nmetadata: {name: app}\ndata: {size: {{ .Values.size | quote }}}\n",
    "templates/hook.yaml": b"kind: Job\nmetadata:\n  name: app\n  annotations: {helm.sh/hook: pre-install}\n",
    "crds/x.yaml": b"kind: CustomResourceDefinition\nmetadata: {name: x}\n",
    "values.yaml": b"size: 1\n",
}


def rendered(request: Request, web: t.Any, how: dict[str, t.Any], **templates: bytes) -> Request:
    """A request whose chart has templates, rendered to the manifest `small` by the real helm."""
    chart = archive(**{"Chart.yaml": b"apiVersion: v2\nname: app\nversion: 1.0.0\n", **TEMPLATES, **templates})
    web.content["/app.tgz"] = chart
    value = lock(OBJECTS, chart)
    value["builds"]["helm"] = {"version": "3.21.4", "packages": ["tool"]}
    value["charts"]["app"]["rendered"] = {"small": {"namespace": "app", **how}}
    shutil.copytree(ROOT / "roles/bundle/files/source/helm", request.sources / "helm", dirs_exist_ok=True)
    return changed(request, value)


def test_a_chart_is_rendered_by_helm_and_kept_beside_it(request_: Request, web: t.Any) -> None:
    hooks = {"app/templates/hook.yaml": "drop"}
    first = rendered(request_, web, {"values": {"size": 3}, "hooks": hooks})
    assert "manifest:small" in plan(first).missing
    held = make(first)
    entry = index.located(first.target, held, "manifests")["small"]
    text = Path(entry["path"]).read_text()
    assert 'data: {size: "3"}' in text and "CustomResourceDefinition" in text and "kind: Job" not in text
    assert (entry["version"], entry["chart"]) == ("1", "app")
    assert index.missing(held, ["manifest:small", "chart:app"]) == []
    assert make(first) == held
    second = rendered(request_, web, {"values": {"size": 4}, "hooks": {"app/templates/hook.yaml": "keep"}})
    other = make(second)["manifests"]["small"]
    assert (other["values"], other["sha256"]) != (entry["values"], entry["sha256"])
    assert "kind: Job" in (second.target / other["path"]).read_text()
    with pytest.raises(BundleError, match=r"small has hooks of Helm in app/templates/hook\.yaml"):
        make(rendered(request_, web, {}))
    random = {"templates/secret.yaml": b"kind: Secret\nmetadata: {name: {{ randAlpha 9 }}}\n"}
    with pytest.raises(BundleError, match="small is rendered differently each time"):
        make(rendered(request_, web, {"hooks": hooks}, **random))
    fails = {"templates/fails.yaml": b'{{ fail "give a size" }}'}
    with pytest.raises(BundleError, match=r"helm could not render small[\s\S]*give a size"):
        make(rendered(request_, web, {"hooks": hooks}, **fails))
