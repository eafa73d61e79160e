# SPDX-License-Identifier: GPL-3.0-or-later
"""Where published things are looked for, with and without mirrors."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.pull import locate
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.skopeo import Place
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.upstream import Origin

IMAGE = "registry.k8s.io/coredns/coredns:v1"
REPOSITORIES = {
    "none": ({}, IMAGE, ("https://registry.k8s.io", "coredns/coredns")),
    "of another registry": (
        {"https://quay.io": "https://m.example"},
        IMAGE,
        ("https://registry.k8s.io", "coredns/coredns"),
    ),
    "a host": (
        {"https://registry.k8s.io": "https://m.example:5000"},
        IMAGE,
        ("https://m.example:5000", "coredns/coredns"),
    ),
    "a path before names": (
        {"https://registry.k8s.io": "https://m.example/k8s/"},
        IMAGE,
        ("https://m.example", "k8s/coredns/coredns"),
    ),
    "of one repository": (
        {"https://registry.k8s.io": "https://m.example/k8s", "https://registry.k8s.io/coredns": "https://dns.example"},
        IMAGE,
        ("https://dns.example", "coredns"),
    ),
    "a repository named v2": ({}, "quay.io/team/v2/app:1", ("https://quay.io", "team/v2/app")),
    "Docker's own": ({}, "docker.io/busybox:1", ("https://registry-1.docker.io", "library/busybox")),
    "of Docker's own, by its name": (
        {"https://docker.io": "https://m.example/hub"},
        "docker.io/busybox:1",
        ("https://m.example", "hub/library/busybox"),
    ),
}


@pytest.mark.parametrize(("mirrors", "reference", "expected"), REPOSITORIES.values(), ids=REPOSITORIES)
def test_mirrors_of_repositories(
    tmp_path: Path, mirrors: dict[str, str], reference: str, expected: tuple[str, str]
) -> None:
    base, name, _tag = locate(reference)
    assert Origin(mirrors, tmp_path).repository(base, name) == expected


def test_a_mirror_that_is_not_a_url_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"mirrors: 'm\.example' is no URL; write it as https://host"):
        Origin({"https://registry.k8s.io": "m.example"}, tmp_path).repository("https://registry.k8s.io", "pause")


def test_mirrors_of_files(tmp_path: Path) -> None:
    origin = Origin({"https://a.example": "https://m.example/a", "https://a.example/x": "https://x.example"}, tmp_path)
    assert origin.url("https://a.example/x/file") == "https://x.example/file"
    assert origin.url("https://a.example/y/file") == "https://m.example/a/y/file"
    assert origin.url("https://b.example/file") == "https://b.example/file"


PLACES = {
    "a publisher": ({}, "registry.k8s.io/pause:3", "docker://registry.k8s.io/pause:3", False),
    "Docker's own": ({}, "docker.io/busybox:1", "docker://docker.io/library/busybox:1", False),
    "a mirror without TLS": (
        {"https://registry.k8s.io": "http://m.example:5000/k8s"},
        "registry.k8s.io/pause:3",
        "docker://m.example:5000/k8s/pause:3",
        True,
    ),
}


@pytest.mark.parametrize(("mirrors", "reference", "name", "plain"), PLACES.values(), ids=PLACES)
def test_where_skopeo_finds_an_image(
    tmp_path: Path, mirrors: dict[str, str], reference: str, name: str, plain: bool
) -> None:
    assert Origin(mirrors, tmp_path).place(reference) == Place(name, plain)


def test_where_skopeo_finds_an_image_of_one_s_own(tmp_path: Path) -> None:
    origin = Origin({"https://own.example:5000": "http://own.example:5000"}, tmp_path)
    assert origin.own("oci:/srv/images/app") == Place("oci:/srv/images/app")
    assert origin.own("docker://own.example:5000/team/app:2") == Place("docker://own.example:5000/team/app:2", True)
    assert origin.own("docker://own.example:5000/team/app:2").at("sha256:1").name == (
        "docker://own.example:5000/team/app@sha256:1"
    )
    assert origin.own("docker://other.example/app@sha256:2").name == "docker://other.example/app@sha256:2"


@pytest.mark.parametrize("mirror", ["https://m.example/api/docker/k8s/v2", "https://m.example/api/v2/k8s"])
def test_a_mirror_with_its_api_below_a_path_is_refused(tmp_path: Path, mirror: str) -> None:
    with pytest.raises(BundleError, match=r"registry's API \(/v2\) below a path.*name the mirror as https://HOST/PATH"):
        Origin({"https://registry.k8s.io": mirror}, tmp_path).place(IMAGE)
