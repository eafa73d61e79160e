# SPDX-License-Identifier: GPL-3.0-or-later
"""The object that asks for an image, and what is refused before anything is made."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.vms import image, upload
from ansible_collections.groundup.cloud.plugins.module_utils.vms.errors import VmError

Json = dict[str, t.Any]
GIVEN: Json = {
    "namespace": "s",
    "name": "d",
    "url": "https://x.example.net/d.qcow2",
    "sha256": "ab" * 32,
    "size": "1Gi",
}


def test_the_object_names_the_digest() -> None:
    found = image.body({**GIVEN, "storage_class": "fast"}, "")
    assert found["spec"] == {
        "source": {"http": {"url": GIVEN["url"], "checksum": f"sha256:{'ab' * 32}"}},
        "storage": {"resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "fast"},
    }
    sent = image.body({**GIVEN, "url": None, "path": "/x"}, "cd")
    assert sent["spec"]["source"] == {"upload": {}}
    assert sent["metadata"]["annotations"] == {image.AT_ONCE: "true", image.DIGEST: "cd"}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"url": None}, "it needs url, registry or path; keep one of them"),
        ({"path": "/x"}, "it needs url, registry or path; keep one of them"),
        ({"pull_method": "node"}, "pull_method: is for images of registries alone"),
        ({"url": "ftp://x/y"}, "url: ftp://x/y is no URL of a file"),
        ({"sha256": None}, "sha256: is missing; give the digest"),
        ({"sha256": "AB"}, "sha256: AB is no digest"),
        ({"size": None}, "size: is missing and is no size of a disk"),
        ({"size": "0Gi"}, "size: 0Gi is no size of a disk; give one such as 10Gi"),
    ],
)
def test_what_is_refused(change: Json, text: str) -> None:
    (found,) = image.refusals({**GIVEN, **change})
    assert found.startswith(text)


IMAGE: Json = {**GIVEN, "url": None, "sha256": None, "registry": f"docker://r.example.net:5000/a/b@sha256:{'ab' * 32}"}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"url": "https://x/y", "sha256": None}, "it needs url, registry or path; keep one of them"),
        ({"path": "/x"}, "it needs url, registry or path; keep one of them"),
        ({"registry": "r.example.net/a/b"}, "registry: r.example.net/a/b is no image of a registry; write docker://"),
        ({"registry": "oci-archive:///srv/x"}, "registry: oci-archive:///srv/x is no image of a registry"),
        ({"registry": "docker://r/b:44"}, "registry: docker://r/b:44 has no digest, so that another run could import"),
        ({"registry": "docker://r/b@sha256:ab"}, "registry: docker://r/b@sha256:ab has no digest"),
        ({"registry": f"docker://b@sha256:{'ab' * 32}"}, "registry: docker://b@sha256:abab"),
        ({"registry": f"docker://r/b:44@sha256:{'ab' * 32}"}, "registry: docker://r/b:44@sha256:abab"),
        ({"sha256": "ab" * 32}, "sha256: is the digest of a file; that of an image is in registry"),
    ],
)
def test_what_is_refused_of_registries(change: Json, text: str) -> None:
    found = image.refusals({**IMAGE, **change})
    assert found[0].startswith(text) and image.refusals(IMAGE) == []


@pytest.mark.parametrize(("given", "asked"), [(None, "pod"), ("pod", "pod"), ("node", "node")])
def test_the_object_names_the_image_of_a_registry_and_who_pulls_it(given: str | None, asked: str) -> None:
    found = image.body({**IMAGE, "pull_method": given}, "")
    assert found["spec"]["source"] == {"registry": {"url": IMAGE["registry"], "pullMethod": asked}}


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(VmError, match="No such file or directory; correct it, or put the file there"):
        upload.digest(str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("status", "done", "failed"),
    [
        ({"phase": "Succeeded"}, True, False),
        ({"phase": "ImportInProgress", "progress": "3%"}, False, False),
        ({"phase": "Failed"}, False, True),
    ],
)
def test_what_the_status_says(status: Json, done: bool, failed: bool) -> None:
    verdict = image.judge({"kind": "DataVolume", "metadata": {"name": "d", "namespace": "s"}, "status": status})
    assert (verdict.done, verdict.failed) == (done, failed)
