# SPDX-License-Identifier: GPL-3.0-or-later
"""Filling in the digests that a lock lacks, so that people can compare them and commit them."""

from __future__ import annotations

import copy
import hashlib
import re
import typing as t
import urllib.error
from pathlib import Path

from . import pull
from .content import sha256_file
from .fetch import agree, small
from .lock import parse, unpinned
from .upstream import Origin

Filled = dict[str, t.Any]  # {"name", "digest", "confirmed": URL of the publisher's own statement, or None}
SIDECARS = (".sha256", ".sha256sum")
HEX = re.compile(rb"\b[0-9a-f]{64}\b")


def relock(value: dict[str, t.Any], mirrors: dict[str, str], directory: Path) -> tuple[dict[str, t.Any], list[Filled]]:
    """The lock with every digest filled in, and what was filled in.

    A digest is that of the bytes which came; ``confirmed`` names the publisher's checksum file that agrees, or is None.

    :raises BundleError: for what can't be had, and where the publisher's checksum file says something else.
    """
    lock, filled, new = parse(value), list[Filled](), copy.deepcopy(value)
    origin = Origin(mirrors, directory)
    for entry in unpinned(lock):
        section, _, name = entry.partition(".")
        if section == "downloads":
            found = _download(origin, name, origin.url(lock.downloads[name].url))
            new["downloads"][name]["sha256"] = found["digest"]
        else:
            found = _image(origin, name)
            new["upstream_images"][name] = found["digest"]
        filled.append(found)
    return new, filled


def _download(origin: Origin, name: str, url: str) -> Filled:
    path = origin.fetcher.get_any(name, url)
    digest = sha256_file(path)
    path.unlink()
    for suffix in SIDECARS:
        try:
            stated = HEX.findall(small(name, url + suffix, {}, origin.fetcher.sleep, limit=1 << 16))
        except urllib.error.HTTPError:
            continue
        if stated:
            agree(name, url + suffix, stated[0].decode(), digest)
            return {"name": name, "digest": digest, "confirmed": url + suffix}
    return {"name": name, "digest": digest, "confirmed": None}


def _image(origin: Origin, reference: str) -> Filled:
    base, repository, tag = pull.locate(reference)
    source = pull.Source(origin.url(base), repository, origin.fetcher)
    source.sign_in()
    digest = hashlib.sha256(source.manifest(reference, tag)).hexdigest()
    return {"name": reference, "digest": f"sha256:{digest}", "confirmed": None}
