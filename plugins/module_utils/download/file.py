# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads of files by digest: resumed after an interruption, and verified before use."""

from __future__ import annotations

import errno
import hashlib
import os
import time
import typing as t
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import DigestError, DownloadError, NoSpaceError, RefusedError, TemporaryError
from .web import Headers, Open, Sleep, read, request, retry

CHUNK = 1 << 20
REMEDY = "check the network and the server, then run again; the download continues where it stopped"

Progress = Callable[[int, int | None], None]  # bytes received so far, and in total if the server reports it


def silent(_have: int, _total: int | None) -> None:
    """A progress callback that does nothing."""


@dataclass
class Part:
    """The beginning of a file. A file beside it names its sender, so that a server can tell whether it is still valid.

    One process at a time may use a part.
    """

    path: Path
    joined: bool = False  # whether it was joined from several answers, which may be of different files

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def _sender(self) -> Path:
        return self.path.with_name(f"{self.path.name}.from")

    def headers(self, url: str) -> Headers:
        """Headers to request the rest from *url*: Range and, if it sent the beginning, If-Range (RFC 9110 §13.1.5)."""
        if not self.size:
            return {}
        noted = self._sender.read_text(errors="replace") if self._sender.exists() else ""
        sender, __, validator = noted.partition("\n")
        known = sender == url and validator.isascii() and validator.isprintable()
        condition = {"If-Range": validator} if known and validator else {}
        return {"Range": f"bytes={self.size}-", **condition}

    def take(self, url: str, answer: t.Any, progress: Progress) -> None:
        """Write an answer: the rest behind what is there, or the whole from the start.

        :raises TemporaryError: if the answer is not the requested range, or breaks off.
        :raises DownloadError: if it can't be written.
        """
        have = self.size if answer.status == 206 else 0
        if have and not str(answer.headers.get("Content-Range") or f"bytes {have}-").startswith(f"bytes {have}-"):
            self.drop()
            raise TemporaryError(f"{url} sent {answer.headers['Content-Range']}, not the rest from {have} on")
        self.joined = self.joined or have > 0
        left = answer.headers.get("Content-Length")
        total = have + int(left) if left else None
        with writing(url, self.path):
            if not have:  # a joined part keeps the sender of its beginning
                self._sender.write_text(f"{url}\n{_validator(answer)}")
            out = self.path.open("ab" if have else "wb")
        got = 0
        try:
            while block := read(answer, CHUNK):
                with writing(url, self.path):
                    append(out, block)
                got += len(block)
                progress(have + got, total)
        finally:
            with writing(url, self.path):
                out.close()
        if left is not None and got != int(left):
            raise TemporaryError(f"{url} broke off after {got} of {left} bytes")

    def drop(self) -> None:
        """Delete the part."""
        self.path.unlink(missing_ok=True)
        self._sender.unlink(missing_ok=True)
        self.joined = False

    def forget_sender(self) -> None:
        """Delete the file that names the sender; a complete part needs none."""
        self._sender.unlink(missing_ok=True)

    def move(self, whole: Path) -> Path:
        """Rename the part to its final name, under which it counts as complete."""
        self.forget_sender()
        return self.path.replace(whole)


def append(out: t.BinaryIO, block: bytes) -> None:
    """Write a block and flush it, so that a full disk is noticed at once."""
    out.write(block)
    out.flush()


@contextmanager
def writing(url: str, path: Path) -> Iterator[None]:
    """Raise faults of the disk as errors that are not retried.

    :raises NoSpaceError: for a full disk or quota.
    :raises DownloadError: for any other fault.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpaceError(url, path, error) from error
        raise DownloadError(f"{url}: {path} can't be written ({error}); correct this and run again") from error


def _validator(answer: t.Any) -> str:
    """The value for If-Range: a strong ETag, else a date."""
    tag = str(answer.headers.get("ETag") or "")
    return tag if tag.startswith('"') else str(answer.headers.get("Last-Modified") or "")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _transfer(what: str, url: str, part: Part, progress: Progress, sleep: Sleep, open_url: Open, remedy: str) -> None:
    """Download *url* into *part* without verifying it."""

    def once() -> None:
        try:
            answer = open_url(url, part.headers(url))
        except urllib.error.HTTPError as refusal:
            refusal.close()
            if refusal.code == 416 and part.size:  # the part is complete or wrong; its digest will show
                return
            raise RefusedError(what, url, refusal.code, str(refusal.reason)) from refusal
        with answer:
            part.take(url, answer, progress)

    retry(what, once, remedy=remedy, sleep=sleep, have=lambda: part.size)


def download(
    what: str,
    url: str,
    sha256: str,
    part: Part,
    *,
    progress: Progress = silent,
    sleep: Sleep = time.sleep,
    open_url: Open = request,
    remedy: str = REMEDY,
) -> None:
    """Complete *part* from *url*. When this returns, the part holds the bytes with this digest, on the disk.

    :raises DigestError: if the file has another digest; the part is deleted.
    :raises RefusedError: if the server does not have the file or refuses it.
    :raises NoSpaceError: if the disk is full; the part stays.
    :raises DownloadError: for all other errors that no further attempt would correct.
    """
    part.path.parent.mkdir(parents=True, exist_ok=True)
    part.joined = part.size > 0
    _transfer(what, url, part, progress, sleep, open_url, remedy)
    got = _sha256(part.path)
    if got != sha256 and part.joined:  # its pieces may be of different files: once more, from the start
        part.drop()
        _transfer(what, url, part, progress, sleep, open_url, remedy)
        got = _sha256(part.path)
    if got != sha256:
        part.drop()
        raise DigestError(what, url, sha256, got)
    part.forget_sender()
    with writing(url, part.path), part.path.open("rb") as stream:
        os.fsync(stream.fileno())


def download_any(what: str, url: str, part: Part, *, sleep: Sleep = time.sleep, remedy: str = REMEDY) -> None:
    """Bring what *url* has into *part*, whatever it is; only to find out a digest, never for use.

    :raises DownloadError: as `download`.
    """
    part.path.parent.mkdir(parents=True, exist_ok=True)
    part.drop()  # nothing tells whether an old part belongs to today's file
    _transfer(what, url, part, silent, sleep, request, remedy)
    part.forget_sender()
