# SPDX-License-Identifier: GPL-3.0-or-later
"""A raw image by URL and sha256: downloaded once with resume, verified whole, then described by chunks like our own."""

from __future__ import annotations

import hashlib
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from ..errors import CloudError
from . import manifest

_TRIES = 4
_BLOCK = 1024 * 1024


class FetchError(CloudError):
    """The image can't be had from there, or is another one than named."""


def image(name: str, url: str, sha256: str, cache: str, sleep: Callable[[float], None] = time.sleep) -> str:
    """Directory `cache`/sha256-… with `os.raw` and `manifest.json`. Raises FetchError; nothing unverified stays."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise FetchError(f"images.{name}.sha256: {sha256!r} is not the sha256 of an image (64 hex digits)")
    place = os.path.join(cache, f"sha256-{sha256}")
    described = os.path.join(place, "manifest.json")
    if os.path.exists(described):
        return place
    os.makedirs(place, exist_ok=True)
    part, raw = os.path.join(place, "os.raw.part"), os.path.join(place, "os.raw")
    if not os.path.exists(raw):
        _download(name, url, part, sleep)
        os.replace(part, raw)
    found = manifest.digest(raw)
    if found["sha256"] != sha256:
        os.unlink(raw)
        raise FetchError(f"images.{name}: {url} has sha256 {found['sha256']}, the model says {sha256}; deleted")
    manifest.write_json(described, {"name": name, "url": url, **found})
    return place


def _download(name: str, url: str, part: str, sleep: Callable[[float], None]) -> None:
    for attempt in range(1, _TRIES + 1):
        try:
            _resume(url, part)
            return
        except (OSError, urllib.error.URLError) as error:
            if isinstance(error, urllib.error.HTTPError) and error.code < 500 and error.code not in (408, 429):
                raise FetchError(f"images.{name}: {url}: {error}") from error
            if attempt == _TRIES:
                raise FetchError(f"images.{name}: {url}: {error} ({_TRIES} tries); what came is kept") from error
            sleep(2.0**attempt)


def _resume(url: str, part: str) -> None:
    have = os.path.getsize(part) if os.path.exists(part) else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing after what we have: complete, or rubbish that the digest will find
            return
        raise
    with answer, open(part, "ab" if answer.status == 206 else "wb") as out:
        want = int(answer.headers.get("Content-Length") or -1)
        got = 0
        while block := answer.read(_BLOCK):
            out.write(block)
            got += len(block)
        if want >= 0 and got < want:
            raise OSError(f"the connection ended after {got} of {want} bytes")


def sha256_of(path: str) -> str:
    """Hex sha256 of a file."""
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
