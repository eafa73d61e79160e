# SPDX-License-Identifier: GPL-3.0-or-later
"""Where published things are looked for, with and without mirrors."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.pull import locate
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
    "a path before the API": (
        {"https://registry.k8s.io": "https://m.example/api/docker/k8s/v2"},
        IMAGE,
        ("https://m.example/api/docker/k8s", "coredns/coredns"),
    ),
    "paths before both": (
        {"https://registry.k8s.io": "https://m.example/api/v2/k8s"},
        IMAGE,
        ("https://m.example/api", "k8s/coredns/coredns"),
    ),
    "of one repository": (
        {"https://registry.k8s.io": "https://m.example/k8s", "https://registry.k8s.io/coredns": "https://dns.example"},
        IMAGE,
        ("https://dns.example", "coredns"),
    ),
    "a repository named v2": ({}, "quay.io/team/v2/app:1", ("https://quay.io", "team/v2/app")),
    "Docker's own": ({}, "docker.io/busybox:1", ("https://registry-1.docker.io", "library/busybox")),
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
