# SPDX-License-Identifier: GPL-3.0-or-later
"""`bundle.yml` with a model: from digests that nobody recorded, by the command of the error, to what site.yml finds."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import index

from .test_own_images import IMAGE, publish

pytestmark = pytest.mark.services

ROOT = Path(__file__).parents[3]
TOOL = b"a tool that was published\n"
OTHER = "images.example/team/other:1"
VALIDATE = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.import_tasks: {path}
      run_once: true
"""


@dataclass
class Site:
    """A model beside its group_vars, and the cache of the user who runs the playbooks."""

    directory: Path
    cache: Path

    @property
    def model(self) -> Path:
        return self.directory / "cloud.yml"

    def change(self, **keys: t.Any) -> None:
        """Change keys of the model's `bundle`."""
        model = yaml.safe_load(self.model.read_text())
        model["bundle"] |= keys
        self.model.write_text(yaml.safe_dump(model))

    def play(self, *words: str) -> tuple[int, str]:
        """The exit status of an Ansible command and what it printed, without the breaks of lines."""
        settings = {"XDG_CACHE_HOME": str(self.cache), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "COLUMNS": "9999"}
        settings |= {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, env={**os.environ, **settings}, cwd=ROOT
        )
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    def bundle(self, *words: str) -> tuple[int, str]:
        return self.play("ansible-playbook", "-i", str(self.model), "groundup.cloud.bundle", *words)

    def validate(self, *before: str) -> tuple[int, str]:
        """What plan.yml and site.yml do first, after the playbooks *before* in the same run."""
        book = self.directory / "bundle.yml"
        book.write_text(VALIDATE.format(path=ROOT / "playbooks/tasks/bundle.yml"))
        return self.play("ansible-playbook", "-i", str(self.model), *before, str(book))


@pytest.fixture
def site(tmp_path: Path, web: t.Any, serve: t.Callable[[Path], t.ContextManager[str]]) -> t.Iterator[Site]:
    lock: dict[str, t.Any] = {
        **{name: {} for name in ("builds", "files", "layers", "images")},
        "version": 1,
        "platform": "linux/amd64",
        "kubernetes": "1.0.0",
        "go": "1.26.8",
        "debian": {"suite": "trixie"},
        "local_images": [],
        "downloads": {"tool": {"version": "1", "url": "https://files.example/tool", "sha256": None}},
        "upstream_files": {"tool": {"download": "tool"}},
        "upstream_images": {IMAGE: None, OTHER: None},
    }
    (tmp_path / "lock.yml").write_text(json.dumps(lock))
    web.content["/tool"] = TOOL
    publish(tmp_path / "published")
    with serve(tmp_path / "published") as images:
        model = yaml.safe_load((ROOT / "inventories/lab/cloud.yml").read_text())
        mirrors = {"https://files.example": web.url, "https://images.example/team": f"{images}/own"}
        model["bundle"] = {"source": "upstream", "lock": str(tmp_path / "lock.yml"), "mirrors": mirrors}
        words = [
            "skopeo",
            "copy",
            "-q",
            "--src-tls-verify=false",
            f"docker://{images.removeprefix('http://')}/own/app:1",
        ]
        subprocess.run([*words, f"oci:{tmp_path}/layout"], check=True)
        model["bundle"]["images"] = {OTHER: f"oci:{tmp_path}/layout"}
        (tmp_path / "site").mkdir()
        (tmp_path / "site/cloud.yml").write_text(yaml.safe_dump(model))
        yield Site(tmp_path / "site", tmp_path / "cache")


def test_the_error_s_command_makes_the_default_work_and_site_finds_what_was_made(site: Site) -> None:
    status, said = site.bundle()
    assert status and f"no digest for downloads.tool, upstream_images.{IMAGE}, own_images.{OTHER};" in said
    command = re.search(r"Run `([^`]+)`, which resolves all of them", said)
    assert command, said
    checked, said = site.bundle("--check")
    assert checked == 0 and f"no digest for downloads.tool, upstream_images.{IMAGE}, own_images.{OTHER};" in said
    unmade, said = site.validate()
    assert unmade and "no bundle was made for the cloud" in said

    status, said = site.play(*shlex.split(command[1]))
    assert status == 0, said
    file = site.directory / "group_vars/provisioners/bundle_digests.yml"
    digests = yaml.safe_load(file.read_text())["bundle_digests"]
    assert digests["downloads"]["tool"] == {
        "url": "https://files.example/tool",
        "sha256": hashlib.sha256(TOOL).hexdigest(),
    }
    assert set(digests["upstream_images"]) == {IMAGE} and set(digests["own_images"]) == {OTHER}

    status, said = site.bundle()
    assert status == 0 and "oci:" in said, said  # it shows which images are one's own
    name = yaml.safe_load(site.model.read_text())["name"]
    made = (site.cache / "groundup/bundle/clouds" / name).resolve()
    held = index.read(made)
    assert set(held["images"]) == {IMAGE, OTHER} and list(index.own_images(held)) == [OTHER]
    __, said = site.validate("groundup.cloud.bundle")
    assert "changed=0" in said and not re.search("changed=[1-9]", said)
    assert f"the bundle (upstream, lock {held['lock']}) lacks" in said  # it looked there; the cloud needs more

    recorded = file.read_text()
    file.write_text(recorded.replace(hashlib.sha256(TOOL).hexdigest(), "f" * 64))
    __, said = site.validate()
    assert f"was made from the lock {held['lock']}, and the lock and the recorded digests are" in said
    assert "make it again with `ansible-playbook -i MODEL groundup.cloud.bundle`" in said
    file.write_text(recorded)
    site.change(source="source")
    __, said = site.validate()
    assert "was made with `source: upstream`, wanted is `source: source`; make it again" in said
    site.change(source="upstream", images={})
    __, said = site.validate()
    assert f"has {OTHER} from oci:" in said and "wanted is the one from its publisher" in said


def test_a_key_of_the_model_is_not_replaced_in_silence(site: Site) -> None:
    status, said = site.bundle("-e", '{"bundle_config": {"jobs": 4}}')
    assert status and "replaces source, dir, lock, mirrors, images of the model's `bundle`" in said


def test_the_directory_of_the_model_is_where_the_bundle_is_made_and_looked_for(site: Site, tmp_path: Path) -> None:
    site.change(dir=str(tmp_path / "own"))
    assert site.bundle("-e", "bundle_action=lock")[0] == 0
    __, said = site.validate("groundup.cloud.bundle")
    held = index.read(tmp_path / "own")
    assert f"the bundle (upstream, lock {held['lock']}) lacks" in said


def test_all_that_no_publisher_gives_is_named_at_once_and_the_rest_is_recorded(site: Site, web: t.Any) -> None:
    file = site.directory / "group_vars/provisioners/bundle_digests.yml"
    del web.content["/tool"]
    site.change(images={})
    status, said = site.bundle("-e", "bundle_action=lock")
    assert status and "/tool: HTTP Error 404" in said and f"{OTHER} can't be had from docker://" in said
    assert f"2 digests could not be resolved; those that could are in {file}." in said
    recorded = file.read_text()
    assert set(yaml.safe_load(recorded)["bundle_digests"]) == {"upstream_images"}
    status, said = site.bundle("-e", "bundle_action=lock")
    assert status and "changed=0" in said and file.read_text() == recorded
    web.content["/tool"] = TOOL
    site.change(images={OTHER: f"oci:{site.directory.parent}/layout"})
    assert site.bundle("-e", "bundle_action=lock")[0] == 0
    assert set(yaml.safe_load(file.read_text())["bundle_digests"]) == {"downloads", "upstream_images", "own_images"}


def test_nothing_is_written_where_nothing_is_found(site: Site, web: t.Any) -> None:
    del web.content["/tool"]
    mirrors = yaml.safe_load(site.model.read_text())["bundle"]["mirrors"]
    site.change(images={}, mirrors={prefix: url.replace("/own", "/nobody") for prefix, url in mirrors.items()})
    status, said = site.bundle("-e", "bundle_action=lock")
    assert status and "3 digests could not be resolved. Run this again" in said
    assert not (site.directory / "group_vars").exists()
