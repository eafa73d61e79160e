# SPDX-License-Identifier: GPL-3.0-or-later
"""`source: source` with the real Go and a lock of one small program: resuming, noticing, mending."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import typing as t
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import index
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.guard import exclusive
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import make, plan
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request, cache_root

pytestmark = pytest.mark.services

ROOT = Path(__file__).parents[3]
IMAGE = "images.example/pause:1"
LOCK: dict[str, t.Any] = {
    "version": 1,
    "platform": "linux/amd64",
    "kubernetes": "1.0.0",
    "go": "1.26.8",
    "debian": {"suite": "trixie"},
    "builds": {"pause": {"version": "1"}},
    "files": {"pause": {"build": "pause", "program": "pause"}, "all": {"build": "pause", "tar": ["pause"]}},
    "layers": {"pause": {"programs": {"pause": "pause/pause"}}},
    "images": {IMAGE: {"layers": ["pause"], "entrypoint": ["/pause"]}},
    "local_images": [],
    "downloads": {},
    "upstream_files": {},
    "upstream_images": {},
}


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    """A request with its own copy of the sources, and Go's usual cache."""
    shutil.copytree(ROOT / "roles/bundle/files/source/pause", tmp_path / "source/pause")
    return Request(LOCK, tmp_path / "source", "source", cache_root(), tmp_path / "bundle")


def lines_of(request: Request) -> list[str]:
    said: list[str] = []
    make(request, said.append)
    return said


def test_it_is_made_once_and_equal_input_gives_equal_bytes(request_: Request, tmp_path: Path) -> None:
    assert plan(request_).missing == ["pause", "all", IMAGE]
    said = lines_of(request_)
    assert said[0].startswith("[ 1/3  43%] compile pause 1: ")
    assert plan(request_).missing == []
    again = lines_of(request_)
    assert [line.split(": ")[1] for line in again[:3]] == ["already there"] * 3
    elsewhere = replace(request_, directory=tmp_path / "elsewhere")
    assert make(elsewhere) == index.read(request_.target)


def test_the_program_runs_and_ends_on_sigterm(request_: Request) -> None:
    make(request_)
    path = request_.target / index.read(request_.target)["files"]["pause"]["path"]
    program = shutil.copy(path, request_.target / "run")
    Path(program).chmod(0o755)
    process = subprocess.Popen([program])
    time.sleep(0.3)
    assert process.poll() is None
    process.terminate()
    assert process.wait(5) == 0


def damage_file(target: Path, held: index.Index) -> None:
    path = target / held["files"]["pause"]["path"]
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def lose_file(target: Path, held: index.Index) -> None:
    (target / held["files"]["all"]["path"]).unlink()


def lose_tag(target: Path, _held: index.Index) -> None:
    next(target.glob("registry/**/tags/1/current/link")).unlink()


def lose_blobs(target: Path, _held: index.Index) -> None:
    shutil.rmtree(target / "registry/docker/registry/v2/blobs")


@pytest.mark.parametrize(
    ("harm", "missing"),
    [(damage_file, ["pause"]), (lose_file, ["all"]), (lose_tag, [IMAGE]), (lose_blobs, [IMAGE])],
)
def test_harm_is_named_and_mended(
    request_: Request, harm: Callable[[Path, index.Index], None], missing: list[str]
) -> None:
    whole = make(request_)
    harm(request_.target, whole)
    assert plan(request_).missing == missing
    assert make(request_) == whole
    assert plan(request_).missing == []


def test_changed_sources_are_another_bundle(request_: Request) -> None:
    first = make(request_)
    main = request_.sources / "pause/main.go"
    main.write_text(main.read_text() + "\nvar _ = 1\n")
    assert plan(request_).missing == ["pause", "all", IMAGE]
    assert make(request_)["lock"] != first["lock"]


def test_a_bundle_links_what_another_one_of_the_cache_holds(request_: Request, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    for name in ("gocache", "gomod"):
        (tmp_path / "cache" / name).symlink_to(cache_root() / name)
    first = replace(request_, cache=tmp_path / "cache", directory=None)
    other = replace(first, lock={**LOCK, "kubernetes": "1.0.1"})
    path = make(first)["files"]["pause"]["path"]
    assert [line.split(": ")[1] for line in lines_of(other)[:3]] == ["already there"] * 3
    assert (other.target / path).samefile(first.target / path) and other.target != first.target
    shutil.rmtree(first.target)
    assert plan(other).missing == [], "each outlives the other"

    given = replace(other, directory=tmp_path / "cache/given")
    assert lines_of(given)[0].startswith("[ 1/3  43%] compile pause 1: "), (
        "what lies beside a directory of a user's choice"
    )


def test_a_program_that_does_not_compile_says_why(request_: Request) -> None:
    main = request_.sources / "pause/main.go"
    main.write_text(main.read_text() + "\nbroken\n")
    with pytest.raises(BundleError, match=r"go build in .*pause ended with 1:[\s\S]*main\.go:\d+:1: syntax error"):
        make(request_)


def test_two_do_not_make_one_bundle(request_: Request) -> None:
    with exclusive(request_.target), pytest.raises(BundleError, match="is being made by another process"):
        make(request_)


CHILD = """
import json, sys, time
from pathlib import Path
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import make, image
image.assemble = lambda *a: time.sleep(600)   # so that there is a moment to be killed in
lock, sources, cache, target = json.loads(sys.argv[1])
make.make(make.Request(lock, Path(sources), "source", Path(cache), Path(target)), lambda line: print(line, flush=True))
"""


def test_a_killed_run_goes_on_where_it_was(request_: Request) -> None:
    arguments = json.dumps([LOCK, str(request_.sources), str(request_.cache), str(request_.target)])
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".ansible/collections")}
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, arguments], stdout=subprocess.PIPE, text=True, env=environment
    ) as child:
        for line in t.cast("t.IO[str]", child.stdout):
            if line.startswith("[ 3/3 "):
                break
        child.send_signal(signal.SIGKILL)
    assert not (request_.target / "bundle.json").exists()
    assert plan(request_).missing == ["pause", "all", IMAGE]
    said = lines_of(request_)
    assert [line.split(": ")[1] for line in said[:3]] == ["already there"] * 3
    assert plan(request_).missing == []
