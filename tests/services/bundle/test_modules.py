# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests out of Go modules, and programs without some of their packages, by the real Go and a proxy of files."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
import typing as t
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import index
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.compile import environment
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import make, plan
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request, cache_root

pytestmark = pytest.mark.services

MODULE, VERSION, GO = "example.test/app", "v1.2.3", "1.26.8"
IMAGE = "images.example/app:1"
OBJECTS = "kind: List\nitems: []\n"
FILES = {
    "go.mod": f"module {MODULE}\n\ngo 1.26.0\n",
    "main.go": f'package main\n\nimport (\n\t"{MODULE}/names"\n\n\t_ "{MODULE}/pkg/c"\n\t_ "{MODULE}/pkg/plain"\n)\n\n'
    "func main() {\n\tfor _, name := range names.All {\n\t\tprintln(name)\n\t}\n}\n",
    "names/names.go": "package names\n\nvar All []string\n",
    "pkg/c/c.go": f'package c\n\nimport "C"\n\nimport "{MODULE}/names"\n\n'
    'func init() { names.All = append(names.All, "c") }\n',
    "pkg/c/c_linux.go": "package c\n\nvar _ = missing // without C, as where a program needs a C compiler\n",
    "pkg/c/c.h": "int c;\n",
    "pkg/plain/plain.go": f'package plain\n\nimport "{MODULE}/names"\n\n'
    'func init() { names.All = append(names.All, "plain") }\n',
    "deploy/objects.yml": OBJECTS,
    "charts/app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.2.3\n",
    "charts/app/templates/a.yaml": "kind: A\n",
}


def proxy(root: Path) -> str:
    """A module proxy of files that serves MODULE."""
    directory = root / "proxy" / MODULE / "@v"
    directory.mkdir(parents=True)
    (directory / "list").write_text(f"{VERSION}\n")
    (directory / f"{VERSION}.info").write_text(json.dumps({"Version": VERSION}))
    (directory / f"{VERSION}.mod").write_text(FILES["go.mod"])
    with zipfile.ZipFile(directory / f"{VERSION}.zip", "w") as archive:
        for name, text in FILES.items():
            archive.writestr(f"{MODULE}@{VERSION}/{name}", text)
    return f"file://{root}/proxy"


def lock(**manifest: t.Any) -> dict[str, t.Any]:
    source = {"build": "app", "module": MODULE, "path": "deploy/objects.yml"}
    build = {"version": "1.2.3", "packages": ["tool"], "left_out": {MODULE: ["pkg/c"]}}
    objects = {"version": "1", "url": "https://files.example/objects.yml", "sha256": None, "source": source}
    return {
        "version": 1,
        "platform": "linux/amd64",
        "kubernetes": "1.0.0",
        "go": GO,
        "debian": {"suite": "trixie"},
        "builds": {"app": build},
        "files": {"app": {"build": "app", "program": "app"}},
        "layers": {"app": {"programs": {"app": "app/app"}}},
        "images": {IMAGE: {"layers": ["app"], "command": ["/app"]}},
        "local_images": [],
        "downloads": {},
        "upstream_files": {},
        "upstream_images": {},
        "manifests": {"objects": {**objects, **manifest}},
    }


@pytest.fixture
def request_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Request:
    """A request whose Go module requires MODULE, which only the proxy of files has."""
    monkeypatch.setenv("GOPROXY", proxy(tmp_path))
    monkeypatch.setenv("GOSUMDB", "off")
    source, cache = tmp_path / "source", tmp_path / "cache"
    (source / "app").mkdir(parents=True)
    cache.mkdir()
    (cache_root() / "gocache").mkdir(parents=True, exist_ok=True)
    (cache / "gocache").symlink_to(cache_root() / "gocache")  # the standard library is compiled there
    text = f"module example.test/build\n\ngo 1.26.0\n\nrequire {MODULE} {VERSION}\n\ntool {MODULE}\n"
    (source / "app/go.mod").write_text(text)
    settings = {**environment(cache, GO, "amd64"), "GOFLAGS": "-mod=mod"}
    words = ["go", "mod", "download", MODULE]
    subprocess.run(words, cwd=source / "app", env=settings, check=True)
    return Request(lock(), source, "source", cache, tmp_path / "bundle")


def changed(request: Request, **manifest: t.Any) -> Request:
    return replace(request, lock=lock(**manifest))


def taken(path: str = "deploy/objects.yml", module: str | None = MODULE) -> dict[str, t.Any]:
    return {"build": "app", "module": module, "path": path}


def test_a_manifest_comes_out_of_the_archive_of_a_module(request_: Request) -> None:
    assert plan(request_).missing == ["app", IMAGE, "manifest:objects"]
    held = make(request_)
    assert plan(request_).missing == []
    entry = index.located(request_.target, held, "manifests")["objects"]
    assert Path(entry["path"]).read_text() == OBJECTS and entry["version"] == "1"
    assert make(request_) == held
    sha256 = hashlib.sha256(OBJECTS.encode()).hexdigest()
    assert make(changed(request_, sha256=sha256))["manifests"] == held["manifests"], "the lock agrees"


def test_a_manifest_of_the_build_s_own_module_is_taken_too(request_: Request) -> None:
    (request_.sources / "app/own.yml").write_text(OBJECTS)
    assert make(changed(request_, source=taken("own.yml", None)))["manifests"]["objects"]["size"] == len(OBJECTS)


def with_chart(request: Request, path: str) -> Request:
    chart = {"version": "1.2.3", "url": "https://files.example/app.tgz", "sha256": None, "source": taken(path)}
    return replace(request, lock={**lock(), "charts": {"app": chart}})


def test_a_chart_is_packed_from_a_directory_of_a_module_the_same_each_time(request_: Request) -> None:
    wanted = with_chart(request_, "charts/app")
    assert plan(wanted).missing == ["app", IMAGE, "manifest:objects", "chart:app"]
    entry = index.located(wanted.target, make(wanted), "charts")["app"]
    with tarfile.open(entry["path"], "r:gz") as archive:
        assert {m.name for m in archive if m.isfile()} == {"app/Chart.yaml", "app/templates/a.yaml"}
        assert {(m.mtime, m.uid, m.uname) for m in archive} == {(0, 0, "")}
    shutil.rmtree(wanted.target)
    assert make(wanted)["charts"]["app"]["sha256"] == entry["sha256"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("charts/no", r"charts\.app\.source: the module has no directory 'charts/no'"),
        ("deploy", r"chart:app: deploy of example\.test/app holds no <chart>/Chart\.yaml"),
    ],
)
def test_what_is_no_chart_of_a_module_is_refused(request_: Request, path: str, says: str) -> None:
    with pytest.raises(BundleError, match=says):
        make(with_chart(request_, path))


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ({"source": taken("deploy/no.yml")}, r"manifests\.objects\.source: the module has no file 'deploy/no\.yml'"),
        ({"source": taken("deploy")}, "the module has no file 'deploy'; correct `path`"),
        ({"source": taken("../objects.yml")}, "leaves its root"),
        ({"source": taken(module="example.test/other")}, r"go gave no files of the module example\.test/other"),
        (
            {"sha256": "0" * 64},
            rf"deploy/objects\.yml of {MODULE} has the sha256 [0-9a-f]{{64}}, the lock says 0{{64}}",
        ),
    ],
)
def test_what_can_t_be_taken_from_a_module_is_refused(request_: Request, manifest: dict[str, t.Any], says: str) -> None:
    with pytest.raises(BundleError, match=says):
        make(changed(request_, **manifest))
    assert not (request_.target / "bundle.json").exists()


def test_an_archive_that_go_sum_does_not_pin_is_refused(request_: Request) -> None:
    (request_.sources / "app/go.sum").write_text("")
    with pytest.raises(BundleError, match=r"go\.sum has no sum of example\.test/app v1\.2\.3"):
        make(request_)


def test_upstream_takes_a_manifest_by_its_url_and_needs_its_digest(request_: Request) -> None:
    upstream = replace(request_, origin="upstream")
    with pytest.raises(BundleError, match=r"no digest for manifests\.objects"):
        plan(upstream)


def test_a_package_that_is_left_out_registers_nothing(request_: Request, tmp_path: Path) -> None:
    made = make(request_)
    (file,) = index.install(made, ["app"])
    program = tmp_path / "app"
    program.write_bytes((request_.target / "files/sha256" / file["sha256"]).read_bytes())
    program.chmod(0o755)
    assert subprocess.run([program], capture_output=True, text=True, check=True).stderr.split() == ["plain"]
    again = make(replace(request_, directory=tmp_path / "again"))
    assert again["files"] == made["files"], "equal input gives equal bytes in another directory"


def test_the_command_of_an_image_is_what_args_replace(request_: Request) -> None:
    manifest = json.loads(_blob(request_, make(request_)["images"][IMAGE]["digest"]))
    config = json.loads(_blob(request_, manifest["config"]["digest"]))["config"]
    assert (config["Cmd"], config["Entrypoint"]) == (["/app"], [])


def _blob(request: Request, digest: str) -> bytes:
    hexa = digest.removeprefix("sha256:")
    return (request.target / f"registry/docker/registry/v2/blobs/sha256/{hexa[:2]}/{hexa}/data").read_bytes()


@pytest.mark.parametrize("directory", ["pkg/nothing", "deploy"])
def test_a_directory_without_a_package_can_t_be_left_out(request_: Request, directory: str) -> None:
    value = lock()
    value["builds"]["app"]["left_out"] = {MODULE: [directory]}
    with pytest.raises(BundleError, match=f"left_out.{MODULE}: the module has no package in '{directory}'"):
        make(replace(request_, lock=value))


def test_without_left_out_the_build_fails_with_go_s_own_words(request_: Request) -> None:
    value = lock()
    del value["builds"]["app"]["left_out"]
    with pytest.raises(BundleError, match=r"(?s)go build in .*undefined: missing"):
        make(replace(request_, lock=value))
