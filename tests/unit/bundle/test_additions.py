# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bundle holds beyond its lock: manifests and images that a model names."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.filter.bundle_lock_id import bundle_lock_id
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.additions import added
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError, NotPinned
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.lock import parse
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import checked, wanted
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request

from .test_selection import HEX, SHIPPED, SOURCES

AGENT = "images.example/agent:2.1"
#: An image of the lock that its bundle holds only where it is needed.
KNOWN = "ghcr.io/flannel-io/flannel:v0.28.10"
PART = {"url": "https://example.net/network.yml", "sha256": HEX}
ADDITIONS: dict[str, t.Any] = {"manifests": {"network": PART}, "images": [AGENT, KNOWN]}
ORIGINS = pytest.mark.parametrize("origin", ["source", "upstream"])


def request(tmp_path: Path, origin: str, **more: t.Any) -> Request:
    needs = {"network": ["manifest:network", AGENT, KNOWN]}
    given = {"digests": {"upstream_images": {AGENT: f"sha256:{HEX}"}}, "needs": needs, "additions": ADDITIONS, **more}
    rest: dict[str, t.Any] = dict.fromkeys(("dir", "progress_file", "cache_dir", "ca_file", "auth_file", "cloud"))
    return Request.of(
        {
            "lock": SHIPPED,
            "sources": str(SOURCES),
            "source": origin,
            "jobs": 1,
            "mirrors": {},
            "images": {},
            "lock_command": None,
            **rest,
            "cache_dir": str(tmp_path),
            **given,
        }
    )


def test_source_copies_images_that_nothing_makes_and_downloads_manifests(tmp_path: Path) -> None:
    lock = checked(request(tmp_path, "source"))
    assert lock.pulled_images("source") == [AGENT] and KNOWN in lock.made_images("source")
    assert {AGENT, KNOWN, "manifest:network"} < set(wanted(lock, "source"))
    assert "images.example" in lock.registries


@ORIGINS
def test_they_rename_the_bundle_and_so_do_their_digests(tmp_path: Path, origin: str) -> None:
    plain = request(tmp_path, origin, additions={}, needs={}).lock_id
    with_them = request(tmp_path, origin).lock_id
    other = request(tmp_path, origin, digests={"upstream_images": {AGENT: f"sha256:{HEX[::-1]}"}}).lock_id
    assert len({plain, with_them, other}) == 3
    empty = request(tmp_path, origin, additions={"manifests": {}, "images": []}, needs={}).lock_id
    assert empty == plain


def test_the_filter_names_the_bundle_that_the_module_makes(tmp_path: Path) -> None:
    made = request(tmp_path, "source")
    bundle = {"source": "source", "additions": ADDITIONS}
    digests = {"upstream_images": {AGENT: f"sha256:{HEX}"}}
    assert bundle_lock_id(bundle, digests, {"network": sorted(made.needs)}) == made.lock_id


@ORIGINS
def test_an_image_without_a_recorded_digest_is_refused_by_name(tmp_path: Path, origin: str) -> None:
    with pytest.raises(NotPinned, match=rf"upstream_images\.{AGENT}.*bundle_action=lock"):
        checked(request(tmp_path, origin, digests={}))


def test_an_image_of_ones_own_may_stand_in_for_one(tmp_path: Path) -> None:
    own = {"place": "oci:/srv/agent", "digest": f"sha256:{HEX}"}
    digests = {"own_images": {AGENT: own}}
    lock = checked(request(tmp_path, "source", images={AGENT: own["place"]}, digests=digests))
    assert lock.pulled_images("source") == [] and list(lock.own_images) == [AGENT]


@pytest.mark.parametrize(
    ("additions", "message"),
    [
        ({"charts": {}}, "additions.charts is unknown; known are manifests, images"),
        ({"manifests": []}, None),
        ({"manifests": ["x"]}, "additions.manifests must be a mapping"),
        ({"images": {AGENT: None}}, "additions.images must be a list"),
        ({"images": [1]}, "additions.images must be a list of texts"),
        ({"manifests": {"flannel": PART}}, "additions.manifests.flannel has the name of a manifest of the lock"),
        ({"manifests": {"network": {"url": "u"}}}, "additions.manifests.network must have url and sha256"),
    ],
)
def test_additions_of_another_form_are_refused(additions: t.Any, message: str | None) -> None:
    if message is None:
        assert parse(added(SHIPPED, additions)) == parse(SHIPPED)
        return
    with pytest.raises(BundleError, match=message):
        added(SHIPPED, additions)
