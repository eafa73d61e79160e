# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads that resume, retry, and are kept only if their bytes are those that were wanted."""

from __future__ import annotations

import hashlib
import http.client
import time
import typing as t
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from .content import CHUNK, sha256_file
from .errors import BundleError, DigestMismatch

ATTEMPTS = 6
TIMEOUT = 60.0  # seconds without a byte
PASSING = {408, 425, 429, 500, 502, 503, 504}  # HTTP states that may be over in a moment

Sleep = Callable[[float], None]
Headers = dict[str, str]


class Passing(Exception):
    """A fault that may be over in a moment."""


def pause(attempt: int) -> float:
    """Seconds before attempt number *attempt* + 1: 1, 2, 4 … 30."""
    return float(min(2**attempt, 30))


def retry(what: str, action: Callable[[], t.Any], sleep: Sleep) -> t.Any:
    """Call *action* until it works, at most ``ATTEMPTS`` times.

    :raises BundleError: with the last fault when it never did.
    """
    for attempt in range(ATTEMPTS):
        try:
            return action()
        except Passing as fault:
            last = fault
            if attempt + 1 < ATTEMPTS:
                sleep(pause(attempt))
    raise BundleError(
        f"{what}: {last} (tried {ATTEMPTS} times); look at the network or name a mirror, then start again: "
        "it goes on from here"
    )


def request(url: str, headers: Headers | None = None) -> t.Any:
    """Open *url*; TLS is verified against the system's CAs. *headers* don't follow a redirect to another host.

    :raises Passing: for what may be over in a moment.
    :raises urllib.error.HTTPError: for an answer that will stay the same.
    """
    asked = urllib.request.Request(url)
    for name, value in (headers or {}).items():
        if name == "Authorization":
            asked.add_unredirected_header(name, value)
        else:
            asked.add_header(name, value)
    try:
        return urllib.request.urlopen(asked, timeout=TIMEOUT)
    except urllib.error.HTTPError as answer:
        if answer.code in PASSING:
            raise Passing(f"{url} answered {answer.code} {answer.reason}") from answer
        raise
    except (OSError, http.client.HTTPException) as fault:
        raise Passing(f"{url}: {fault}") from fault


def read(stream: t.Any, size: int) -> bytes:
    """Read from an answer; a line that breaks is a passing fault."""
    try:
        return t.cast("bytes", stream.read(size))
    except (OSError, http.client.HTTPException) as fault:
        raise Passing(f"the transfer broke: {fault}") from fault


class Fetcher:
    """Fetches bytes by digest into ``directory``; parts stay there until they are whole."""

    def __init__(self, directory: Path, sleep: Sleep = time.sleep) -> None:
        self.directory = directory
        self.sleep = sleep

    def get(self, what: str, urls: list[str], sha256: str, headers: Headers | None = None) -> Path:
        """The file with this digest, from the first of *urls* that has it.

        :raises DigestMismatch: if what came has another digest.
        :raises BundleError: if no URL gave it.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        faults: list[str] = []
        for url in urls:
            try:
                return self._from(what, url, sha256, headers or {})
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
        part = self.directory / f"unpinned-{hashlib.sha256(url.encode()).hexdigest()}.part"
        part.unlink(missing_ok=True)  # nothing tells whether an old part belongs to today's file
        try:
            retry(what, lambda: self._append(url, part, {}), self.sleep)
        except urllib.error.HTTPError as refusal:
            raise BundleError(f"{what} can't be had: {url} answered {refusal.code}; correct the URL") from refusal
        return part

    def _from(self, what: str, url: str, sha256: str, headers: Headers) -> Path:
        part = self.directory / f"{sha256}.part"
        resumed = part.exists() and part.stat().st_size > 0
        retry(what, lambda: self._append(url, part, headers), self.sleep)
        got = sha256_file(part)
        if got != sha256 and resumed:  # the part may have been another file's beginning: once more, from the start
            part.unlink()
            retry(what, lambda: self._append(url, part, headers), self.sleep)
            got = sha256_file(part)
        if got != sha256:
            part.unlink()
            raise DigestMismatch(what, url, sha256, got)
        whole = self.directory / sha256
        part.replace(whole)
        return whole

    def _append(self, url: str, part: Path, headers: Headers) -> None:
        have = part.stat().st_size if part.exists() else 0
        ranged = {**headers, "Range": f"bytes={have}-"} if have else headers
        try:
            answer = request(url, ranged)
        except urllib.error.HTTPError as refusal:
            if refusal.code == 416:  # nothing is left: the part is whole, or wrong; its digest will tell
                return
            raise
        with answer, part.open("ab" if answer.status == 206 else "wb") as out:
            left = answer.headers.get("Content-Length")
            got = 0
            while block := read(answer, CHUNK):
                out.write(block)
                got += len(block)
        if left is not None and got != int(left):
            raise Passing(f"{url} broke off after {got} of {left} bytes")


def small(what: str, url: str, headers: Headers, sleep: Sleep, limit: int = 8 << 20) -> bytes:
    """A short document.

    :raises BundleError: if it can't be had or is longer than *limit* bytes.
    """

    def once() -> bytes:
        with request(url, headers) as answer:
            return read(answer, limit + 1)

    data = t.cast("bytes", retry(what, once, sleep))
    if len(data) > limit:
        raise BundleError(f"{what}: {url} is longer than {limit} bytes; that is no manifest")
    return data


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
