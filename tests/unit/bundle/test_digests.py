# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded digests and images of one's own: what they fill in, what they contradict, and what a bundle says of them."""

from __future__ import annotations

import copy
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import digests, index
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError, NotPinned
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.lock import parse, unpinned
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import checked, wanted
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import (
    Request,
    cloud_link,
    lock_id,
    made_last,
    point,
)
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.selection import selected

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "roles/bundle/files/source"
RELEASE: dict[str, t.Any] = yaml.safe_load((ROOT / "roles/bundle/files/lock.yml").read_text())
SHIPPED = selected(RELEASE, [])  # without what only some clouds need
HEX, OTHER = "0123456789abcdef" * 4, "f" * 64
URL = SHIPPED["downloads"]["containerd"]["url"]
PROXY = "registry.k8s.io/kube-proxy:v1.36.3"
PLACE = "oci:/srv/images/kube-proxy"
RECORDED = {"downloads": {"containerd": {"url": URL, "sha256": HEX}}, "upstream_images": {PROXY: f"sha256:{HEX}"}}
OWN = {"own_images": {PROXY: {"place": PLACE, "digest": f"sha256:{HEX}"}}}


def request(lock: dict[str, t.Any], origin: str, cache: Path, **more: t.Any) -> Request:
    return Request(lock, SOURCES, origin, cache, **more)


def test_recorded_digests_fill_in_what_the_lock_lacks_and_nothing_else() -> None:
    lock = digests.applied(SHIPPED, RECORDED, {})
    assert lock["downloads"]["containerd"]["sha256"] == HEX and lock["upstream_images"][PROXY] == f"sha256:{HEX}"
    assert unpinned(parse(lock)) == []
    assert digests.recorded(SHIPPED, lock) == RECORDED
    assert digests.applied(SHIPPED, {}, {}) == SHIPPED


def test_recorded_digests_do_not_rename_a_bundle_that_needs_none(tmp_path: Path) -> None:
    lock = digests.applied(SHIPPED, RECORDED, {})
    assert request(lock, "source", tmp_path).lock_id == request(SHIPPED, "source", tmp_path).lock_id
    assert request(lock, "upstream", tmp_path).lock_id != request(SHIPPED, "upstream", tmp_path).lock_id


def test_a_digest_of_another_url_or_release_fills_nothing() -> None:
    old = {"downloads": {"containerd": {"url": f"{URL}.old", "sha256": HEX}}, "upstream_images": {"a.b/c:1": HEX}}
    assert digests.applied(SHIPPED, old, {}) == SHIPPED


CONTRADICTIONS = {
    "a file": {"downloads": {"kubelet": {"url": SHIPPED["downloads"]["kubelet"]["url"], "sha256": HEX}}},
    "an image": {"upstream_images": {"registry.k8s.io/pause:3.10.2": f"sha256:{OTHER}"}},
}


@pytest.mark.parametrize("found", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_lock_and_recorded_digests_that_contradict_each_other_are_refused(found: dict[str, t.Any]) -> None:
    with pytest.raises(
        BundleError, match=r"the lock has the digest .*, bundle_digests has .* for the same; one of them"
    ):
        digests.applied(SHIPPED, found, {})


@pytest.mark.parametrize(
    "found", [{"images": {}}, {"downloads": {"containerd": HEX}}, {"upstream_images": {PROXY: {"digest": HEX}}}]
)
def test_a_file_of_digests_with_another_shape_is_refused(found: dict[str, t.Any]) -> None:
    with pytest.raises(BundleError, match=r"bundle_digests\..*; .*by bundle_action=lock|again by bundle_action=lock"):
        digests.applied(SHIPPED, found, {})


def test_an_image_of_one_s_own_needs_its_digest_and_not_its_publisher_s(tmp_path: Path) -> None:
    with pytest.raises(NotPinned, match=rf"no digest for own_images\.{PROXY};"):
        checked(request(digests.applied(SHIPPED, {}, {PROXY: PLACE}), "source", tmp_path))
    lock = digests.applied(SHIPPED, OWN, {PROXY: PLACE})
    assert unpinned(parse(lock)) == ["downloads.containerd"]
    assert wanted(parse(lock), "source") == wanted(parse(SHIPPED), "source")
    assert PROXY not in parse(lock).made_images("source") and PROXY not in parse(lock).pulled_images("upstream")
    assert request(lock, "source", tmp_path).lock_id != request(SHIPPED, "source", tmp_path).lock_id


def test_a_digest_of_another_place_is_not_taken_for_an_image_of_one_s_own() -> None:
    lock = digests.applied(SHIPPED, OWN, {PROXY: "oci:/srv/images/other"})
    assert lock["own_images"][PROXY]["digest"] is None


@pytest.mark.parametrize(
    ("name", "place", "says"),
    [
        ("registry.k8s.io/kube-proxi:v1.36.3", PLACE, f"stands in for no image of the lock; did you mean {PROXY}"),
        ("a.b/c:1", PLACE, "stands in for no image of the lock; it has groundup.cloud/probe:1, "),
        (PROXY, "/srv/images/kube-proxy", "write it as one of docker://…, oci:…"),
    ],
)
def test_an_image_of_one_s_own_for_nothing_is_refused(name: str, place: str, says: str) -> None:
    with pytest.raises(BundleError) as refusal:
        parse(digests.applied(SHIPPED, {}, {name: place}))
    assert f"images.{name}" in str(refusal.value) and says in str(refusal.value)


def test_what_was_not_found_is_not_recorded_and_a_digest_of_one_s_own_stays() -> None:
    before, places = digests.applied(SHIPPED, {}, {}), {"a": "oci:/a", "b": "oci:/b", "c": "oci:/c"}
    start = digests.applied(before, {}, places)
    start["own_images"]["a"]["digest"] = f"sha256:{HEX}"
    known = {"own_images": {name: {"place": place, "digest": f"sha256:{OTHER}"} for name, place in places.items()}}
    known["own_images"]["c"]["place"] = "oci:/elsewhere"
    assert digests.recorded(before, start)["own_images"] == {"a": {"place": "oci:/a", "digest": f"sha256:{HEX}"}}
    kept = digests.kept(start, known)["own_images"]
    assert [kept[name]["digest"] for name in places] == [f"sha256:{HEX}", f"sha256:{OTHER}", None]
    assert digests.kept(before, known) == before, "without images of one's own there is nothing to keep"


def test_the_error_about_missing_digests_names_the_command_of_this_run(tmp_path: Path) -> None:
    command = "ansible-playbook -i cloud.yml groundup.cloud.bundle -e bundle_action=lock"
    with pytest.raises(NotPinned, match=f"Run `{command}`, which resolves all of them at their publishers"):
        checked(request(SHIPPED, "upstream", tmp_path, lock_command=command))


def test_a_host_without_the_go_modules_says_where_to_compile(tmp_path: Path) -> None:
    with pytest.raises(
        BundleError, match=r"none is not on this host; `source: source` compiles on the controller only"
    ):
        checked(Request(copy.deepcopy(SHIPPED), tmp_path / "none", "source", tmp_path))


def test_a_bundle_is_found_by_its_cloud_and_not_by_another_s(tmp_path: Path) -> None:
    made = request(SHIPPED, "source", tmp_path, cloud="rack1")
    for link in made.links:
        point(link, made.target)
    made.target.mkdir()
    named = {"dir": None, "cache_dir": str(tmp_path)}
    assert (
        made_last({**named, "cloud": "rack1"}).resolve() == made.target == made_last({**named, "cloud": None}).resolve()
    )
    assert made_last({**named, "cloud": "rack2", "dir": "/srv/bundle"}) == Path("/srv/bundle")
    assert request(SHIPPED, "source", tmp_path, cloud="rack1", directory=tmp_path / "own").links == []
    with pytest.raises(BundleError, match=r"no bundle was made for the cloud rack2 .*make it with `ansible-playbook"):
        made_last({**named, "cloud": "rack2"})
    made.target.rmdir()
    with pytest.raises(BundleError, match="no bundle was made for the cloud rack1"):
        made_last({**named, "cloud": "rack1"})
    assert cloud_link(tmp_path, "rack1").is_symlink()


def test_a_bundle_that_was_made_in_another_way_is_refused() -> None:
    held = {"source": "source", "images": {PROXY: {"digest": "x"}, "a.b/c:1": {"digest": "y", "place": PLACE}}}
    index.require_origin(Path("/srv/b"), held, "source", {"a.b/c:1": PLACE})
    index.require_origin(Path("/srv/b"), held, None, None)
    with pytest.raises(
        BundleError, match=r"/srv/b was made with `source: source`, wanted is `source: upstream`; make it"
    ):
        index.require_origin(Path("/srv/b"), held, "upstream", None)
    with pytest.raises(BundleError, match=rf"/srv/b has {PROXY} from its publisher or its source, wanted is .*oci:/x"):
        index.require_origin(Path("/srv/b"), held, "source", {"a.b/c:1": PLACE, PROXY: "oci:/x"})
    with pytest.raises(BundleError, match=rf"has a\.b/c:1 from {PLACE}, wanted is the one from its publisher"):
        index.require_origin(Path("/srv/b"), held, "source", {})


@pytest.mark.parametrize("origin", ["source", "upstream"])
def test_what_a_bundle_is_named_by_can_be_told_without_making_it(tmp_path: Path, origin: str) -> None:
    lock = {**SHIPPED, "upstream_images": {**SHIPPED["upstream_images"], PROXY: None}}
    given = {"images": {PROXY: PLACE}, "digests": RECORDED | OWN}
    parameters = {"lock": lock, "sources": str(SOURCES), "source": origin, "dir": None, "cache_dir": str(tmp_path)}
    parameters |= {
        "jobs": 1,
        "mirrors": {},
        "progress_file": None,
        "ca_file": None,
        "auth_file": None,
        "cloud": "c",
        "additions": {},
    }
    wanted_id = Request.of({**parameters, **given, "lock_command": None, "needs": {}}).lock_id
    assert lock_id(lock, given["digests"], given["images"], SOURCES, origin) == wanted_id
    release = {**RELEASE, "upstream_images": {**RELEASE["upstream_images"], PROXY: None}}
    for needs in ({}, {"load_balancer": ["manifest:metallb"]}):
        more = {**parameters, **given, "lock": release, "lock_command": None, "needs": needs}
        assert lock_id(release, given["digests"], given["images"], SOURCES, origin, needs) == Request.of(more).lock_id
    (tmp_path / "main.go").write_text("package main")
    others = {
        "lock": lock_id({**lock, "kubernetes": "1.36.4"}, given["digests"], given["images"], SOURCES, origin),
        "own image": lock_id(lock, RECORDED, given["images"], SOURCES, origin),
        "digests": lock_id(lock, OWN, given["images"], SOURCES, origin),
        "sources": lock_id(lock, given["digests"], given["images"], tmp_path, origin),
    }
    same = {"sources"} if origin == "upstream" else {"digests"}
    assert {what for what, found in others.items() if found == wanted_id} == same
    with pytest.raises(BundleError):
        lock_id({"builds": 7}, {}, {}, SOURCES, origin)
