# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the controller that a model names are looked for before anything is changed."""

from __future__ import annotations

import pathlib

import yaml

from .conftest import ROOT, Run


def model(directory: pathlib.Path) -> pathlib.Path:
    """A rack whose network is applied from a directory beside its model."""
    cloud = yaml.safe_load((ROOT / "inventories/lab/cloud.yml").read_text())
    own = {"manifests": {"own": {"path": "network"}, "more": {"path": "more.yml"}}}
    cloud["network"] = {"provider": "custom", "custom": own}
    path = directory / "rack.cloud.yml"
    path.write_text(yaml.safe_dump(cloud))
    return path


def test_a_manifest_that_is_missing_beside_the_model_ends_the_run_at_once(
    play: Run, stubs: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    beside = tmp_path / "rack"
    (beside / "network").mkdir(parents=True)
    done = play("site", model=model(beside), collections=stubs)
    assert done.returncode, done.stdout
    text = " ".join((done.stdout + done.stderr).split())
    assert f"{beside}/more.yml: no such file or directory on the controller" in text, text
    assert "ROLE" not in done.stdout and f"{beside}/network:" not in text
    (beside / "more.yml").touch()
    again = play("plan", model=model(beside), collections=stubs)
    assert again.returncode == 0 and "no such file" not in again.stdout + again.stderr, again.stdout + again.stderr
