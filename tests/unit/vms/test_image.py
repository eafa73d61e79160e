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
        ({"url": None}, "it needs either url or path; keep one of them"),
        ({"path": "/x"}, "it needs either url or path; keep one of them"),
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
