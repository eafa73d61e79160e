# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP requests of the bundle: those of the package ``download``, with this package's errors."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from contextlib import contextmanager

from ..download import web
from ..download.errors import DigestError, DownloadError, NoSpaceError
from ..download.web import ATTEMPTS, LONGEST, Headers, Sleep
from ..download.web import Open as Ask
from .errors import BundleError, DigestMismatch

__all__ = ["ATTEMPTS", "LONGEST", "REMEDY", "Ask", "Headers", "Sleep", "bundle_errors", "request", "small"]

REMEDY = "look at the network or name a mirror, then run again, which continues from here"


@contextmanager
def bundle_errors() -> Iterator[None]:
    """Turn the errors of ``download`` into those of a bundle; a full disk stays an OSError, which `guard` explains.

    :raises BundleError: for what failed for good.
    """
    try:
        yield
    except DigestError as fault:
        raise DigestMismatch(fault.what, fault.url, fault.wanted, fault.got) from fault
    except NoSpaceError as fault:
        raise fault.error from fault
    except DownloadError as fault:
        raise BundleError(str(fault)) from fault


def request(url: str, headers: Headers | None = None) -> t.Any:
    """Open *url*; see ``download.web.request``.

    :raises TemporaryError: for what may soon be over.
    :raises urllib.error.HTTPError: for an answer that stays the same.
    :raises BundleError: for what is no URL, and for servers whose certificate can't be verified.
    """
    with bundle_errors():
        return web.request(url, headers)


def small(what: str, url: str, headers: Headers, sleep: Sleep, limit: int = 8 << 20, ask: Ask = request) -> bytes:
    """A short document.

    :raises BundleError: if it can't be had or is longer than *limit* bytes.
    :raises urllib.error.HTTPError: for an answer that stays the same.
    """
    with bundle_errors():
        return web.document(what, url, headers, remedy=REMEDY, sleep=sleep, limit=limit, open_url=ask)
