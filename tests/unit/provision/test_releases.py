# SPDX-License-Identifier: GPL-3.0-or-later
"""Two bundles served as one: what the merged directory holds, and how it is switched."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.image_storage import Blob, Registry, manifest
from ansible_collections.groundup.cloud.plugins.module_utils.provision import releases, services
from ansible_collections.groundup.cloud.plugins.module_utils.provision.settings import (
    ProvisionerError,
    Settings,
    settings_from,
)
from ansible_collections.groundup.cloud.plugins.module_utils.provision.steps import Plan

APP = "images.example/app:1"


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def make_bundle(directory: Path, release: str, references: tuple[str, ...] = (APP,)) -> dict[str, Any]:
    """A small bundle whose bytes name their release. Gives its index."""
    storage, layer, configuration = Registry(directory / "registry"), release.encode(), b"{}"
    data = manifest(
        configuration, digest(configuration), [Blob.plain({"sha256": digest(layer)[7:], "size": len(layer)})]
    )
    for reference in references:
        repository, __, tag = reference.rpartition(":")
        for part in (layer, configuration):
            storage.put_blob(repository, digest(part), part)
        storage.put_manifest(repository, digest(data), data, tag)
    path = f"files/sha256/{digest(layer)[7:]}"
    (directory / path).parent.mkdir(parents=True, exist_ok=True)
    (directory / path).write_bytes(layer)
    (directory / "files/sha256/left").write_bytes(b"of an earlier lock, named by no index")
    file = {"kind": "binary", "mode": "0755", "links": [], "version": "1", "path": path, "size": len(layer)}
    held = {
        "lock": release,
        "source": "upstream",
        "files": {"tool": {**file, "sha256": digest(layer)[7:]}},
        "images": {reference: {"digest": digest(data), "size": 1} for reference in references},
        "packages": {},
        "apt": {},
    }
    (directory / "bundle.json").write_text(json.dumps(held))
    return held


def settings(home: Path, *names: str) -> Settings:
    first, *more = [str(home / name) for name in names]
    bare = Settings("t", str(home / "state"), "lo", "127.0.0.1", "127.0.0.0/8", first, (), more_bundle_dirs=(*more,))
    (home / "state").mkdir(exist_ok=True)
    return bare


def apply(wanted: Settings) -> list[str]:
    plan = Plan()
    releases.require(plan, wanted)
    releases.tidy(plan, wanted)
    plan.apply()
    return [str(step) for step in plan.steps]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    make_bundle(tmp_path / "new", "new")
    make_bundle(tmp_path / "old", "old", (APP, "images.example/gone:2"))
    return tmp_path


def test_the_union_is_served_and_the_current_release_has_the_tag(home: Path) -> None:
    wanted = settings(home, "new", "old")
    assert apply(wanted) == [f"serve the bundles {home}/new, {home}/old"]
    served, merged = Path(wanted.served_dir), Registry(Path(wanted.served_dir) / "registry")
    held = {name: json.loads((home / name / "bundle.json").read_text()) for name in ("new", "old")}
    assert json.loads((served / "bundle.json").read_text())["lock"] == "new"
    for name in ("new", "old"):
        assert (served / held[name]["files"]["tool"]["path"]).read_bytes() == name.encode()
        image = held[name]["images"][APP]["digest"]
        assert not merged.blobs(image, {})
        revision = f"repositories/images.example/app/_manifests/revisions/sha256/{image[7:]}/link"
        assert (merged.base / revision).read_text() == image
    assert merged.digest(APP) == held["new"]["images"][APP]["digest"]
    assert merged.digest("images.example/gone:2") == held["old"]["images"][APP]["digest"]
    assert not (served / "files/sha256/left").exists()


def test_the_second_run_does_nothing_and_check_writes_nothing(home: Path) -> None:
    plan, wanted = Plan(), settings(home, "new", "old")
    releases.require(plan, wanted)
    assert plan.changed and not (home / "state/bundles").exists()
    apply(wanted)
    assert apply(wanted) == []


def test_another_pair_replaces_the_first_and_a_single_bundle_removes_it(home: Path) -> None:
    apply(settings(home, "new", "old"))
    make_bundle(home / "newer", "newer")
    wanted = settings(home, "newer", "new")
    apply(wanted)
    serving = os.readlink(wanted.merged_dir)
    assert sorted(path.name for path in (home / "state/bundles").iterdir()) == sorted([serving, "serving"])
    assert Registry(Path(wanted.served_dir) / "registry").digest("images.example/gone:2") is None
    single = settings(home, "newer")
    assert single.served_dir == str(home / "newer")
    assert len(apply(single)) == 1 and not (home / "state/bundles").exists()
    assert apply(single) == []


def test_a_run_that_was_killed_before_the_switch_is_completed(home: Path) -> None:
    wanted = settings(home, "new", "old")
    name = releases.view(wanted.bundle_dirs).digest()
    (home / f"state/bundles/.{name}.part/half").mkdir(parents=True)
    apply(wanted)
    assert sorted(path.name for path in (home / "state/bundles").iterdir()) == sorted([name, "serving"])


@pytest.mark.parametrize("lost", ["bundle.json", "registry", "files"])
def test_a_bundle_that_is_not_whole_is_named_and_nothing_is_switched(home: Path, lost: str) -> None:
    path = home / "old" / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(ProvisionerError, match=rf"provisioner\.bundle_dirs: {home}/old"):
        apply(settings(home, "new", "old"))
    assert not (home / "state/bundles").exists()


INPUT = {"state_dir": "/x", "network": {"address": "127.0.0.1", "subnet": "127.0.0.0/8", "interface": "lo"}}


@pytest.mark.parametrize(
    ("given", "served"),
    [
        ({"bundle_dir": "/new"}, ("/new",)),
        ({"bundle_dirs": ["/new", "/old"]}, ("/new", "/old")),
        ({"bundle_dir": "/new/", "bundle_dirs": ["/new", "/old", "/new"]}, ("/new", "/old")),
        ({"bundle_dir": "/new", "bundle_dirs": []}, ("/new",)),
    ],
)
def test_the_current_release_comes_first(given: dict[str, Any], served: tuple[str, ...]) -> None:
    assert settings_from({**INPUT, **given}).bundle_dirs == served


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"bundle_dir": "/other", "bundle_dirs": ["/new", "/old"]}, "begins with /new, but bundle_dir is /other"),
        ({"bundle_dirs": []}, "provisioner: bundle_dir missing"),
    ],
)
def test_bundles_that_are_unclear_are_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ProvisionerError, match=says):
        settings_from({**INPUT, **given})


def test_both_servers_read_the_merged_directory_and_a_new_release_restarts_neither(home: Path) -> None:
    one, two = settings(home, "new", "old"), settings(home, "old", "new")
    for make in (services.nginx, services.registry):
        assert one.merged_dir in make(one).files[0].content
        assert make(one).digest() == make(two).digest()
        assert str(home / "new") in make(settings(home, "new")).files[0].content
