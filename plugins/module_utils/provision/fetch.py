# SPDX-License-Identifier: GPL-3.0-or-later
"""A raw image by URL and sha256: downloaded once with resume, verified whole, then described by chunks like our own."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..download.errors import DigestError, DownloadError
from ..download.file import Part, download
from ..download.web import request
from ..errors import CloudError
from . import manifest

_OTHER = "images.{}: {} has sha256 {}, the model says {}; deleted. Correct the URL or the sha256 in the model"


class FetchError(CloudError):
    """The image can't be had from there, or is another one than named."""


def image(
    name: str,
    url: str,
    sha256: str,
    cache: str,
    sleep: Callable[[float], None] = time.sleep,
    *,
    ca_file: str | None = None,
) -> str:
    """Directory `cache`/sha256-… with `os.raw` and `manifest.json`. Raises FetchError; nothing unverified stays."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise FetchError(f"images.{name}.sha256: {sha256!r} is not the sha256 of an image (64 hex digits)")
    place = os.path.join(cache, f"sha256-{sha256}")
    described = os.path.join(place, "manifest.json")
    if os.path.exists(described):
        return place
    os.makedirs(place, exist_ok=True)
    part, raw = Part(Path(place, "os.raw.part")), os.path.join(place, "os.raw")
    if not os.path.exists(raw):
        try:
            download(f"images.{name}", url, sha256, part, sleep=sleep, open_url=partial(request, ca_file=ca_file))
        except DigestError as error:
            raise FetchError(_OTHER.format(name, url, error.got, sha256)) from error
        except DownloadError as error:
            raise FetchError(str(error)) from error
        part.move(Path(raw))
    found = manifest.digest(raw)
    if found["sha256"] != sha256:
        os.unlink(raw)
        raise FetchError(_OTHER.format(name, url, found["sha256"], sha256))
    manifest.write_json(described, {"name": name, "url": url, **found})
    return place
