# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads into the directory of a bundle: several URLs per file, this package's errors, and progress as text."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from ..download.file import Part, Progress, download, download_any
from .errors import BundleError, DigestMismatch
from .web import REMEDY, Ask, Sleep, bundle_errors, request

Note = Callable[[str], None]  # gets a text that says how far a download is
MIB = 1 << 20


def quiet(_text: str) -> None:
    """The callback for callers that show no progress."""


def as_text(note: Note) -> Progress:
    """A progress callback that gives *note* a text such as ``0.5 of 1.0 MiB``."""

    def progress(have: int, total: int | None) -> None:
        note(f"{have / MIB:.1f}{f' of {total / MIB:.1f}' if total else ''} MiB")

    return progress


class Fetcher:
    """Fetches bytes by digest into ``directory``; parts stay there until they are whole.

    One process at a time may use a directory.
    """

    def __init__(self, directory: Path, sleep: Sleep = time.sleep) -> None:
        self.directory = directory
        self.sleep = sleep

    def get(self, what: str, urls: list[str], sha256: str, note: Note = quiet, ask: Ask = request) -> Path:
        """The file with this digest, from the first of *urls* that has it.

        :raises DigestMismatch: if what came last has another digest.
        :raises BundleError: if no URL gave it.
        """
        part, faults = Part(self.directory / f"{sha256}.part"), list[str]()
        progress = as_text(note)
        for url in urls:
            try:
                with bundle_errors():
                    download(what, url, sha256, part, progress=progress, sleep=self.sleep, open_url=ask, remedy=REMEDY)
                return part.move(self.directory / sha256)
            except BundleError as fault:
                if isinstance(fault, DigestMismatch) and url == urls[-1]:
                    raise
                faults.append(str(fault))
        raise BundleError(f"{what} can't be had: {'; '.join(faults)}. Correct the URL in the lock or name a mirror")

    def get_any(self, what: str, url: str) -> Path:
        """The file at *url*, whatever it holds; only for finding out a digest, never for use.

        :raises BundleError: if it can't be had.
        """
        part = Part(self.directory / f"unpinned-{hashlib.sha256(url.encode()).hexdigest()}.part")
        with bundle_errors():
            download_any(what, url, part, sleep=self.sleep, remedy=REMEDY)
        return part.move(part.path.with_suffix(""))


def agree(what: str, where: str, stated: str, got: str) -> None:
    """Refuse bytes that their publisher's own checksum file does not know.

    :raises DigestMismatch: if it states another digest.
    """
    if stated != got:
        raise DigestMismatch(what, where, stated, got)


def check(what: str, where: str, data: bytes, digest: str) -> bytes:
    """*data*, if its digest (``sha256:<hex>``) is the wanted one.

    :raises DigestMismatch: if not.
    """
    got = hashlib.sha256(data).hexdigest()
    if f"sha256:{got}" != digest:
        raise DigestMismatch(what, where, digest.removeprefix("sha256:"), got)
    return data
