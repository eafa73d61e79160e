# SPDX-License-Identifier: GPL-3.0-or-later
"""Filling in the digests that a lock lacks, so that people can compare them and commit them."""

from __future__ import annotations

import copy
import re
import tempfile
import typing as t
import urllib.error
from collections.abc import Iterable
from pathlib import Path

from ..download import trust
from . import digests, pull, skopeo
from .additions import added
from .content import sha256_file
from .errors import BundleError, Unresolved
from .fetch import agree
from .lock import DOCUMENTS, Lock, parse, unpinned
from .request import named
from .selection import selected
from .upstream import Origin
from .web import bundle_errors, small

Filled = dict[str, t.Any]  # {"name", "digest", "confirmed": URL of the publisher's own statement, or None}


def relock(
    value: dict[str, t.Any],
    mirrors: dict[str, str],
    directory: Path,
    *,
    ca_file: str | None = None,
    auth_file: str | None = None,
    needs: Iterable[str] = (),
    source: str = "upstream",
) -> tuple[dict[str, t.Any], list[Filled]]:
    """The lock with every digest filled in, and what was filled in; of optional artefacts those that *needs* names.

    With *source* "source" only what such a bundle downloads is filled in: what it compiles has no publisher's digest.

    A digest is that of the bytes which came; ``confirmed`` names the publisher's checksum file that agrees, or is None.

    :raises Unresolved: all that can't be had, or whose publisher's checksum file says something else.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="lock-", dir=directory) as own,  # others may resolve a lock too
        bundle_errors(),
        trust.for_programs(Path(own) / "trust", ca_file),
    ):
        return _filled(value, Origin(mirrors, Path(own), auth_file), needs, source)


def resolve(parameters: dict[str, t.Any], cache: Path) -> dict[str, t.Any]:
    """What the module ``bundle_lock`` gives: ``lock``, ``digests``, ``filled`` and ``missing``.

    The recorded digests of published artefacts stay. Those of images of one's own are found again, because their owner
    may have built them again; where such an image can't be had now, the digest that was recorded of it stays as well.

    :raises Unresolved: what could not be found, with all of the above as its details.
    """
    lock, places = added(parameters["lock"], parameters["additions"]), parameters["images"]
    before = {name: section for name, section in parameters["digests"].items() if name != digests.OWN}
    start = digests.applied(lock, before, places)
    access = {"ca_file": parameters["ca_file"], "auth_file": parameters["auth_file"]}
    needs = named(parameters["needs"])
    try:
        new, filled = relock(
            start, parameters["mirrors"], cache / "downloads", **access, needs=needs, source=parameters["source"]
        )
    except Unresolved as fault:
        new = digests.kept(fault.lock, parameters["digests"])
        found = {"lock": new, "filled": fault.filled, "digests": digests.recorded(lock, new)}
        fault.details = {**found, "missing": fault.missing}
        raise
    return {"changed": False, "lock": new, "filled": filled, "digests": digests.recorded(lock, new), "missing": []}


def _filled(
    value: dict[str, t.Any], origin: Origin, needs: Iterable[str], source: str
) -> tuple[dict[str, t.Any], list[Filled]]:
    parse(value)
    lock, filled, new = parse(selected(value, needs)), list[Filled](), copy.deepcopy(value)
    missing: list[dict[str, str]] = []
    for entry in unpinned(lock, source):
        section, __, name = entry.partition(".")
        try:
            with bundle_errors():
                filled.append(found := _found(lock, origin, section, name))
        except BundleError as fault:
            missing.append({"name": entry, "reason": str(fault)})
            continue
        if section in ("downloads", *DOCUMENTS):
            new[section][name]["sha256"] = found["digest"]
        elif section == digests.OWN:
            new[section][name]["digest"] = found["digest"]
        else:
            new[section][name] = found["digest"]
    if missing:
        raise Unresolved(new, filled, missing)
    return new, filled


def _found(lock: Lock, origin: Origin, section: str, name: str) -> Filled:
    if section in ("downloads", *DOCUMENTS):
        return _download(origin, name, origin.url(getattr(lock, section)[name].url))
    skopeo.check()
    place = origin.own(lock.own_images[name].place) if section == digests.OWN else origin.place(name)
    digest = pull.digest_of(origin.skopeo(lock.platform).raw(name, place))
    return {"name": name, "digest": digest, "confirmed": None}


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
