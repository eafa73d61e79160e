# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle that was made elsewhere and carried here, as into a place without an internet: by the real role."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import index
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import make
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request, cache_root

from .conftest import ROLE
from .test_source import LOCK

pytestmark = pytest.mark.services

ROOT = Path(__file__).parents[3]
PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  roles: [groundup.cloud.bundle]
  post_tasks:
    - ansible.builtin.copy: {dest: "{{ facts }}", content: "{{ [bundle_path, bundle_index] | to_json }}"}
      changed_when: false
"""


class Place(t.NamedTuple):
    """A machine without Go, GnuPG and a network: a directory, and what was asked of the tools that it lacks."""

    path: Path
    asked: Path

    def play(self, **bundle: t.Any) -> subprocess.CompletedProcess[str]:
        (self.path / "play.yml").write_text(PLAY)
        python = {"ansible_python_interpreter": sys.executable}
        variables = json.dumps({**python, "bundle_config": bundle, "facts": str(self.path / "facts")})
        paths = {"PATH": f"{self.path}/bin:{os.environ['PATH']}", "XDG_CACHE_HOME": str(self.path / "cache")}
        words = [ROOT / ".venv/bin/ansible-playbook", "-i", "localhost,", self.path / "play.yml", "-e", variables]
        environment = {**os.environ, **paths, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0"}
        return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "bin").mkdir()
    # Asked for its version, Go neither answers (0) nor is it absent (2): so the role ends there, and installs nothing.
    for name in ("go", "gpg-agent", "apt-get"):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\necho {name} >> {tmp_path}/asked\nexit 1\n")
        (tmp_path / "bin" / name).chmod(0o755)
    return Place(tmp_path, tmp_path / "asked")


@pytest.fixture
def carried(tmp_path: Path) -> Path:
    """A copy of a small compiled bundle, without what only its making needs."""
    lock = tmp_path / "lock.yml"
    lock.write_text(json.dumps(LOCK))
    make(Request(LOCK, ROLE / "source", "source", cache_root(), tmp_path / "made"))
    return Path(
        shutil.copytree(tmp_path / "made", tmp_path / "carried", ignore=shutil.ignore_patterns(".work", ".making"))
    )


def test_a_whole_bundle_is_taken_without_tools_or_a_network(place: Place, carried: Path) -> None:
    played = place.play(dir=str(carried), lock=str(place.path / "lock.yml"))
    assert played.returncode == 0, played.stdout + played.stderr
    assert "changed=0" in played.stdout
    assert json.loads((place.path / "facts").read_text()) == [str(carried), index.read(carried)]
    assert not place.asked.exists()


def test_a_bundle_that_lost_a_file_on_the_way_is_not_taken_for_whole(place: Place, carried: Path) -> None:
    next(carried.glob("files/sha256/*")).unlink()
    played = place.play(dir=str(carried), lock=str(place.path / "lock.yml"))
    assert played.returncode != 0
    assert place.asked.read_text().split()[0] == "go"
