# SPDX-License-Identifier: GPL-3.0-or-later
"""Filling in the digests that a lock lacks, so that people can compare them and commit them."""

from __future__ import annotations

import copy
import hashlib
import re
import tempfile
import typing as t
import urllib.error
from pathlib import Path

from . import pull
from .content import sha256_file
from .fetch import agree
from .lock import DOCUMENTS, parse, unpinned
from .upstream import Origin
from .web import small

Filled = dict[str, t.Any]  # {"name", "digest", "confirmed": URL of the publisher's own statement, or None}


def relock(value: dict[str, t.Any], mirrors: dict[str, str], directory: Path) -> tuple[dict[str, t.Any], list[Filled]]:
    """The lock with every digest filled in, and what was filled in.

    A digest is that of the bytes which came; ``confirmed`` names the publisher's checksum file that agrees, or is None.

    :raises BundleError: for what can't be had, and where the publisher's checksum file says something else.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lock-", dir=directory) as own:  # others may resolve a lock too
        return _filled(value, Origin(mirrors, Path(own)))


def _filled(value: dict[str, t.Any], origin: Origin) -> tuple[dict[str, t.Any], list[Filled]]:
    lock, filled, new = parse(value), list[Filled](), copy.deepcopy(value)
    for entry in unpinned(lock):
        section, __, name = entry.partition(".")
        if section in ("downloads", *DOCUMENTS):
            found = _download(origin, name, origin.url(getattr(lock, section)[name].url))
            new[section][name]["sha256"] = found["digest"]
        else:
            found = _image(origin, name)
            new["upstream_images"][name] = found["digest"]
        filled.append(found)
    return new, filled


def _download(origin: Origin, name: str, url: str) -> Filled:
    path = origin.fetcher.get_any(name, url)
    digest = sha256_file(path)
    path.unlink()
    for where, pattern in statements(url):
        try:
            text = small(name, where, {}, origin.fetcher.sleep, limit=1 << 20).decode(errors="replace")
        except urllib.error.HTTPError:
            continue  # the publisher has no such file, so it confirms nothing
        if line := pattern.search(text):
            agree(name, where, line[1], digest)
            return {"name": name, "digest": digest, "confirmed": where}
    return {"name": name, "digest": digest, "confirmed": None}


def statements(url: str) -> list[tuple[str, re.Pattern[str]]]:
    """Where publishers state the digest of a file, and how it is found there: [(URL, pattern with the digest)].

    A file of its own beside it, whose first digest is meant, or one for the whole release, with a line for each file.
    """
    directory, __, file = url.rpartition("/")
    first = re.compile(r"\b([0-9a-f]{64})\b")
    line = re.compile(rf"^([0-9a-f]{{64}})[ *]+{re.escape(file)}$", re.MULTILINE)
    return [(f"{url}.sha256", first), (f"{url}.sha256sum", first), (f"{directory}/SHA256SUMS", line)]


def _image(origin: Origin, reference: str) -> Filled:
    base, name, tag = pull.locate(reference)
    source = pull.Source(*origin.repository(base, name), origin.fetcher)
    digest = hashlib.sha256(source.manifest(reference, tag)).hexdigest()
    return {"name": reference, "digest": f"sha256:{digest}", "confirmed": None}
