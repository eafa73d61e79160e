# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bundle on the machine is good for, and what the module does about changes made by hand."""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Callable
from typing import Any

import yaml

LOCK = yaml.safe_load((pathlib.Path(__file__).parent.parent / "vars/lock.yml").read_text())
SHA256 = LOCK["downloads"]["tool"]["sha256"]
FILE = f"/srv/bundle/files/sha256/{SHA256}"
WANTED = {
    "lock": LOCK,
    "sources": "/nowhere",
    "source": "upstream",
    "dir": "/srv/bundle",
    "cache_dir": "/var/cache/bundle",
    "mirrors": {"https://files.example.net": "http://127.0.0.1:8099"},
}


def make(host: Any, check: bool = False) -> dict[str, Any]:
    result: dict[str, Any] = host.ansible("groundup.cloud.bundle", json.dumps(WANTED), check=check, become=False)
    return result


def info(host: Any, **wanted: Any) -> dict[str, Any]:
    words = json.dumps({"dir": "/srv/bundle", **wanted})
    result: dict[str, Any] = host.ansible("groundup.cloud.bundle_info", words, check=False, become=False)
    return result


def digest(host: Any, path: str) -> str:
    return str(host.check_output(f"sha256sum {path}")).split()[0]


def test_what_was_published_is_there_by_its_content(host: Any) -> None:
    assert digest(host, FILE) == SHA256 == hashlib.sha256(b"published\n").hexdigest()


def test_the_index_names_files_and_images(host: Any) -> None:
    found = info(host, programs=["tool"])
    assert [(f["name"], f["sha256"]) for f in found["install"]] == [("tool", SHA256)]
    assert list(found["bundle"]["images"]) == ["example.net/root:1"]


def test_a_layer_without_its_artefacts_is_refused_by_name(refusal: Callable[..., str]) -> None:
    needs = {"storage": ["tool", "example.net/rook:1"]}
    said = refusal("groundup.cloud.bundle_info", {"dir": "/srv/bundle", "needs": needs})
    assert "storage: the bundle (upstream" in said and "lacks example.net/rook:1;" in said


def test_damage_is_seen_in_check_mode_and_mended(host: Any) -> None:
    host.check_output(f"echo other > {FILE}")
    assert make(host, check=True)["missing"] == ["tool"]
    assert digest(host, FILE) != SHA256
    assert make(host)["changed"] is True
    assert digest(host, FILE) == SHA256
    assert make(host)["changed"] is False


def test_another_file_under_the_name_is_refused(host: Any, refusal: Callable[..., str]) -> None:
    host.check_output(f"rm {FILE} /srv/bundle/.work/store/{SHA256}; echo changed > /srv/published/tool")
    assert f"the lock wants sha256:{SHA256}; refused" in refusal("groundup.cloud.bundle", WANTED)
    host.check_output(f"! test -e {FILE}; echo published > /srv/published/tool")
    assert make(host)["changed"] is True
