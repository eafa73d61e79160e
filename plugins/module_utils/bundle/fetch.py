# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads that resume, retry, and are kept only if their bytes are those that were wanted."""

from __future__ import annotations

import hashlib
import time
import typing as t
import urllib.error
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .content import CHUNK, sha256_file, write_atomic
from .errors import BundleError, DigestMismatch
from .web import Ask, Headers, Passing, Sleep, read, request, retry

Note = Callable[[str], None]  # is told how far a download is
MIB = 1 << 20


def quiet(_text: str) -> None:
    """Told how far a download is, and says nothing."""


@dataclass
class Part:
    """The beginning of a file. Beside it lies who sent it, so that a server can tell whether it still has that file."""

    path: Path
    joined: bool = False  # whether it was put together from several answers, which may be of different files

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def _sender(self) -> Path:
        return self.path.with_name(f"{self.path.name}.from")

    def wish(self, url: str) -> Headers:
        """The headers that ask *url* for the rest: Range and, if it sent the beginning, If-Range (RFC 9110 §13.1.5)."""
        if not self.size:
            return {}
        noted = self._sender.read_text(errors="replace") if self._sender.exists() else ""
        sender, __, validator = noted.partition("\n")
        known = sender == url and validator.isascii() and validator.isprintable()
        condition = {"If-Range": validator} if known and validator else {}
        return {"Range": f"bytes={self.size}-", **condition}

    def take(self, url: str, answer: t.Any, note: Note) -> None:
        """Write an answer: the rest behind what is there, or the whole from the start.

        :raises Passing: if the answer is not what was asked for, or breaks off.
        """
        have = self.size if answer.status == 206 else 0
        if have and not str(answer.headers.get("Content-Range") or f"bytes {have}-").startswith(f"bytes {have}-"):
            self.drop()
            raise Passing(f"{url} sent {answer.headers['Content-Range']} where the rest from {have} on was asked for")
        self.joined = self.joined or have > 0
        if not have:  # of what is joined, the sender of the beginning is remembered
            write_atomic(self._sender, f"{url}\n{_validator(answer)}".encode())
        left = answer.headers.get("Content-Length")
        total = f" of {(have + int(left)) / MIB:.1f}" if left else ""
        got = 0
        with self.path.open("ab" if have else "wb") as out:
            while block := read(answer, CHUNK):
                out.write(block)
                got += len(block)
                note(f"{(have + got) / MIB:.1f}{total} MiB")
        if left is not None and got != int(left):
            raise Passing(f"{url} broke off after {got} of {left} bytes")

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)
        self._sender.unlink(missing_ok=True)
        self.joined = False

    def finish(self, whole: Path) -> Path:
        """Give the file its own name; from then on it counts as there."""
        self._sender.unlink(missing_ok=True)
        return self.path.replace(whole)


def _validator(answer: t.Any) -> str:
    """What If-Range may hold: a strong ETag, else a date."""
    tag = str(answer.headers.get("ETag") or "")
    return tag if tag.startswith('"') else str(answer.headers.get("Last-Modified") or "")


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
        self.directory.mkdir(parents=True, exist_ok=True)
        faults: list[str] = []
        for url in urls:
            try:
                return self._from(what, url, sha256, note, ask)
            except (BundleError, urllib.error.HTTPError) as fault:
                if isinstance(fault, DigestMismatch) and url == urls[-1]:
                    raise
                faults.append(f"{url}: {fault}" if isinstance(fault, urllib.error.HTTPError) else str(fault))
        raise BundleError(f"{what} can't be had: {'; '.join(faults)}. Correct the URL in the lock or name a mirror")

    def get_any(self, what: str, url: str) -> Path:
        """The file at *url*, whatever it holds; only for finding out a digest, never for use.

        :raises BundleError: if it can't be had.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        part = Part(self.directory / f"unpinned-{hashlib.sha256(url.encode()).hexdigest()}.part")
        part.drop()  # nothing tells whether an old part belongs to today's file
        try:
            retry(what, lambda: self._more(part, url, quiet, request), self.sleep, lambda: part.size)
        except urllib.error.HTTPError as refusal:
            raise BundleError(f"{what} can't be had: {url} answered {refusal.code}; correct the URL") from refusal
        return part.finish(part.path.with_suffix(""))

    def _from(self, what: str, url: str, sha256: str, note: Note, ask: Ask) -> Path:
        part = Part(self.directory / f"{sha256}.part")
        part.joined = part.size > 0
        retry(what, lambda: self._more(part, url, note, ask), self.sleep, lambda: part.size)
        got = sha256_file(part.path)
        if got != sha256 and part.joined:  # its pieces may be of different files: once more, from the start
            part.drop()
            retry(what, lambda: self._more(part, url, note, ask), self.sleep, lambda: part.size)
            got = sha256_file(part.path)
        if got != sha256:
            part.drop()
            raise DigestMismatch(what, url, sha256, got)
        return part.finish(self.directory / sha256)

    @staticmethod
    def _more(part: Part, url: str, note: Note, ask: Ask) -> None:
        try:
            answer = ask(url, part.wish(url))
        except urllib.error.HTTPError as refusal:
            if refusal.code == 416 and part.size:  # nothing is left: the part is whole, or wrong; its digest will tell
                refusal.close()
                return
            raise
        with answer:
            part.take(url, answer, note)


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
