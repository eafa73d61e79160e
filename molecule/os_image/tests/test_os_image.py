# SPDX-License-Identifier: GPL-3.0-or-later
"""An image by URL is verified and described; another one under the same name is refused. Builds are tried elsewhere:
the machine of these scenarios has no way to a package mirror, and is itself such a build."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

CACHE = "/var/cache/groundup-images"


def test_the_image_is_described_by_chunks(host: Any) -> None:
    place = host.check_output(f"ls -d {CACHE}/sha256-*")
    found = json.loads(host.file(f"{place}/manifest.json").content_string)
    assert (found["size"], len(found["chunks"])) == (20 << 20, 2)
    assert host.file(f"{place}/os.raw").size == found["size"]


def test_another_image_is_refused_and_not_kept(host: Any, refusal: Callable[..., str]) -> None:
    images = {"images": {"other": {"url": "file:///srv/custom.raw", "sha256": "0" * 64}}, "cache_dir": CACHE}
    assert "the model says 000" in refusal("groundup.cloud.os_image", images)
    assert not host.file(f"{CACHE}/sha256-{'0' * 64}/os.raw").exists
