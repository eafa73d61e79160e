# SPDX-License-Identifier: GPL-3.0-or-later
"""A provisioner with a full disk: it reports that, and still serves the files of before completely."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import File
from ansible_collections.groundup.cloud.plugins.module_utils.provision import build, ca, files, manifest
from ansible_collections.groundup.cloud.plugins.module_utils.provision.settings import ProvisionerError
from ansible_collections.groundup.cloud.plugins.module_utils.provision.steps import Plan

pytestmark = [pytest.mark.services, pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a tmpfs")]
PAGE, SIZE = 4096, 2 * 1024 * 1024


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


def fill(place: Path, left: int) -> Path:
    """Fill the file system except for `left` pages."""
    filler = place / "filler"
    free = os.statvfs(place).f_bavail - left
    filler.write_bytes(bytes(free * PAGE))
    return filler


@pytest.mark.parametrize("left", range(7))
def test_a_full_disk_leaves_no_incomplete_ca(small: Path, left: int) -> None:
    filler = fill(small, left)
    message = "no error: there was room"
    try:
        ca.make(str(small / "ca"), "rack", ["10.0.0.1"])
    except (ProvisionerError, OSError) as error:
        message = str(error)
    assert re.search("No space left|make room" if left < 4 else ".", message)
    filler.unlink()
    ca.make(str(small / "ca"), "rack", ["10.0.0.1"])
    assert ca.missing(str(small / "ca"), ["10.0.0.1"]) == []
    command = ["openssl", "verify", "-CAfile", small / "ca/ca.crt", small / "ca/registry.crt"]
    subprocess.run(command, check=True, capture_output=True)


def place(home: Path, name: str, pages: int) -> str:
    directory = home / name
    directory.mkdir()
    (directory / "os.raw").write_bytes(os.urandom(pages * PAGE))
    found = manifest.digest(str(directory / "os.raw"), chunk=PAGE)
    manifest.write_json(str(directory / "manifest.json"), found)
    return str(directory)


@pytest.mark.parametrize("left", [0, 10, 59, 60, 61])
def test_an_image_is_published_completely_or_not_at_all(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    """The disk is filled after the check for free space."""
    monkeypatch.setattr(build, "require_space", lambda *_arguments: None)
    images = small / "images"
    build.publish("os", place(tmp_path, "old", 50), str(images))
    new = place(tmp_path, "new", 60)
    filler = fill(small, left)
    with pytest.raises(OSError, match="No space left"):
        build.publish("os", new, str(images))
    served = manifest.digest(str(images / "os.raw"), chunk=PAGE)
    assert (images / "os.json").read_text() == (tmp_path / "old/manifest.json").read_text()
    assert served["sha256"] == manifest.digest(str(tmp_path / "old/os.raw"))["sha256"]
    assert not [path for path in images.iterdir() if path.suffix == ".tmp" and path.stat().st_size % PAGE]
    filler.unlink()
    assert build.publish("os", new, str(images))
    assert (
        manifest.digest(str(images / "os.raw"), chunk=PAGE)["chunks"]
        == manifest.digest(new + "/os.raw", PAGE)["chunks"]
    )


def test_a_step_on_a_full_disk_reports_step_path_and_remedy(small: Path) -> None:
    fill(small, 0)
    plan = Plan()
    file = File(str(small / "nginx.conf"), "x" * PAGE)
    assert files.require(plan, [file])
    with pytest.raises(ProvisionerError, match=rf"^file {small}/nginx.conf: .*No space left.*; make room there"):
        plan.apply()
    assert not (small / "nginx.conf").exists()


def test_too_little_space_is_refused_before_anything_is_written(small: Path, net: Any) -> None:
    result = net.run(state_dir=str(small), images={"debian-13": {"source": "build"}})
    assert "MiB free, 300 MiB needed to publish the image debian-13" in result["error"]
    assert list(small.iterdir()) == [] and net.processes() == []
