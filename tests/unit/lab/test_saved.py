# SPDX-License-Identifier: GPL-3.0-or-later
"""Saved racks: what they are made from, their manifest, and whose clocks are set."""

from __future__ import annotations

import json
import pathlib
import time
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import made_last
from ansible_collections.groundup.cloud.plugins.module_utils.lab import made_from as origin
from ansible_collections.groundup.cloud.plugins.module_utils.lab.made_from import made_from, tree
from ansible_collections.groundup.cloud.plugins.module_utils.lab.names import Places
from ansible_collections.groundup.cloud.plugins.module_utils.lab.saved import (
    Manifest,
    differing,
    known_hosts,
    login,
    restore_state,
    set_clock,
)
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import LabError
from unit.lab.models import real_rack

KEY = {"model": "1", "collection": "2"}


@pytest.fixture(name="where")
def _where(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Places("t", str(tmp_path / "state/t"), str(tmp_path / "run/t"))


def stored(tmp_path: pathlib.Path, **manifest: Any) -> pathlib.Path:
    directory = tmp_path / "cache/groundup/racks/t"
    (directory / "state/lab").mkdir(parents=True)
    (directory / "state/lab/disk").write_text("data")
    (directory / "manifest.json").write_text(json.dumps({"key": KEY, "running": ["node1"], **manifest}))
    return directory


def test_a_saved_state_is_put_where_a_lab_has_it(tmp_path: pathlib.Path, where: Places) -> None:
    stored(tmp_path, routes=[["10.64.0.0/24", "10.30.0.21"]])
    manifest = restore_state(where, KEY, stale=False)
    assert (pathlib.Path(where.lab) / "disk").read_text() == "data"
    assert manifest == Manifest(KEY, ["node1"], [], [["10.64.0.0/24", "10.30.0.21"]])
    with pytest.raises(LabError, match="this rack exists"):
        restore_state(where, KEY, stale=False)


def test_a_stale_rack_is_taken_with_consent_only(tmp_path: pathlib.Path, where: Places) -> None:
    stored(tmp_path)
    with pytest.raises(LabError, match="made from another collection, model; create it anew"):
        restore_state(where, {"model": "3", "collection": "4"}, stale=False)
    assert not pathlib.Path(where.state).exists()
    assert restore_state(where, {"model": "3", "collection": "4"}, stale=True).running == ["node1"]


@pytest.mark.parametrize("text", ["", "{}", '{"key": {}, "running": [], "more": 1}'])
def test_a_broken_manifest_is_named(tmp_path: pathlib.Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(LabError, match=r"manifest.json: .*; remove this directory and save again"):
        Manifest.read(str(tmp_path))


def test_a_part_of_the_key_that_is_new_or_gone_differs() -> None:
    assert differing({"a": "1", "b": "2"}, {"a": "1", "c": "3"}) == ["b", "c"]


def test_clocks_are_set_on_machines_that_were_deployed(where: Places) -> None:
    assert known_hosts(where) == []
    pathlib.Path(where.state).mkdir(parents=True)
    lines = [
        "node1,node1.example.net,10.20.0.21 ssh-ed25519 AAAA",
        "node2,10.20.0.22 ssh-ed25519 AAAA",
        "10.20.0.21 x y",
    ]
    (pathlib.Path(where.state) / "known_hosts").write_text("\n".join(lines) + "\n")
    assert known_hosts(where) == ["10.20.0.21", "10.20.0.22"]


@pytest.mark.parametrize(
    ("user", "end"),
    [("root", ["root@10.20.0.21", "echo ready"]), ("ops", ["ops@10.20.0.21", "sudo -n sh -c 'echo ready"])],
)
def test_clocks_are_set_by_the_account_of_the_model(where: Places, user: str, end: list[str]) -> None:
    account, command = login(where, user, "10.20.0.21", "/key")[-2:]
    assert account == end[0] and command.startswith(end[1]) and "date -s @$now" in command


def test_the_time_is_sent_after_a_slow_login(tmp_path: pathlib.Path) -> None:
    given = tmp_path / "given"
    assert set_clock(["sh", "-c", f"sleep 1; echo ready && read -r now && echo $now > {given}"])
    assert abs(float(given.read_text()) - time.time()) < 0.5


@pytest.mark.parametrize("script", ["exit 255", "echo ready; exit 1", "echo ready; read -r now; exit 1"])
def test_a_clock_that_could_not_be_set_is_said(script: str) -> None:
    assert not set_clock(["sh", "-c", script])


def test_the_key_changes_with_all_that_a_rack_is_made_from(
    tmp_path: pathlib.Path, where: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origin, "run", lambda _command: "QEMU emulator version 10\nCopyright\n")
    monkeypatch.setattr(origin, "COLLECTION", tmp_path / "collection")
    code = tmp_path / "collection/plugins/a.py"
    code.parent.mkdir(parents=True)
    code.write_text("1")
    model = tmp_path / "cloud.yml"
    model.write_text(yaml.safe_dump(real_rack()))
    before = made_from(str(model), "t")
    assert before["QEMU"] == "QEMU emulator version 10"
    code.write_text("2")
    assert differing(before, made_from(str(model), "t")) == ["collection"]
    model.write_text(yaml.safe_dump({**real_rack(), "domain": "other.example.net"}))
    (tmp_path / "cache/groundup/bundle/clouds").mkdir(parents=True)
    (tmp_path / "cache/groundup/bundle/clouds/t").symlink_to(tmp_path / "bundle-2")
    assert differing(before, made_from(str(model), "t")) == ["bundle", "collection", "model"]


def test_a_rack_is_of_the_bundle_of_its_own_cloud(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As site.yml takes it: a bundle that was made for another cloud changes nothing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    links = tmp_path / "groundup/bundle"
    (links / "clouds").mkdir(parents=True)
    none = origin.bundle({}, "t")
    (links / "current").symlink_to(tmp_path / "other")
    (links / "clouds/other").symlink_to(tmp_path / "other")
    assert origin.bundle({}, "t") == none
    (links / "clouds/t").symlink_to(tmp_path / "own")
    assert origin.bundle({}, "t") == str(tmp_path / "own") != none
    assert origin.bundle({"dir": "/srv/bundle"}, "t") == "/srv/bundle"
    parameters = {"cache_dir": None, "cloud": "t", "dir": None}
    (tmp_path / "own").mkdir()
    assert str(made_last(parameters).resolve()) == origin.bundle({}, "t")


def test_compiled_files_are_no_part_of_the_code(tmp_path: pathlib.Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins/a.py").write_text("1")
    before = tree(tmp_path)
    (tmp_path / "plugins/a.pyc").write_text("x")
    assert tree(tmp_path) == before
