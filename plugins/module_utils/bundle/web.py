# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking servers: TLS verified, what may be over in a moment asked again, what will stay as it is told at once."""

from __future__ import annotations

import http.client
import ssl
import typing as t
import urllib.error
import urllib.request
from collections.abc import Callable

from .errors import BundleError

ATTEMPTS = 6
TIMEOUT = 60.0  # seconds without a byte
LONGEST = 60.0  # seconds that a server may ask us to wait; a longer wish is not granted
PASSING = {408, 425, 429, 500, 502, 503, 504}  # HTTP states that may be over in a moment
AGENT = "groundup.cloud"  # some publishers turn away what calls itself after a library

Sleep = Callable[[float], None]
Headers = dict[str, str]
Ask = Callable[[str, Headers], t.Any]  # opens a URL, as `request` does


class Passing(Exception):
    """A fault that may be over in a moment; ``after`` is the pause in seconds that the server asked for."""

    def __init__(self, text: str, after: float = 0.0) -> None:
        super().__init__(text)
        self.after = after


def pause(attempt: int) -> float:
    """Seconds after *attempt* + 1 attempts in vain: 1, 2, 4 … 30."""
    return float(min(2**attempt, 30))


def retry(what: str, action: Callable[[], t.Any], sleep: Sleep, have: Callable[[], int] = lambda: 0) -> t.Any:
    """Call *action* until it works, or until ``ATTEMPTS`` in a row brought nothing; *have* says how much is there.

    :raises BundleError: with the last fault when it never did.
    """
    attempt = 0
    while True:
        before = have()
        try:
            return action()
        except Passing as fault:
            attempt = 0 if have() > before else attempt + 1
            if attempt == ATTEMPTS:
                last = fault
                break
            sleep(max(pause(max(attempt - 1, 0)), min(fault.after, LONGEST)))
    raise BundleError(
        f"{what}: {last} (tried {ATTEMPTS} times in vain); look at the network or name a mirror, then start again: "
        "it goes on from here"
    )


class _Redirect(urllib.request.HTTPRedirectHandler):
    """Follows redirects; a token goes along on the same server only, and nothing leaves TLS."""

    def redirect_request(
        self, req: urllib.request.Request, fp: t.Any, code: int, msg: str, headers: t.Any, newurl: str
    ) -> urllib.request.Request | None:
        follow = super().redirect_request(req, fp, code, msg, headers, newurl)
        if follow is None:
            return None
        if req.type == "https" and follow.type != "https":
            raise BundleError(f"{req.full_url} leads to {newurl}, which has no TLS; name a mirror that has")
        if (req.type, req.host) == (follow.type, follow.host):
            follow.unredirected_hdrs.update(req.unredirected_hdrs)
        return follow


def request(url: str, headers: Headers | None = None) -> t.Any:
    """Open *url*; TLS is verified against the system's CAs. An Authorization doesn't follow to another server.

    :raises Passing: for what may be over in a moment.
    :raises urllib.error.HTTPError: for an answer that will stay the same.
    :raises BundleError: for what is no URL, and for servers whose certificate can't be verified.
    """
    try:
        asked = urllib.request.Request(url, headers={"User-Agent": AGENT})
        for name, value in (headers or {}).items():
            add = asked.add_unredirected_header if name == "Authorization" else asked.add_header
            add(name, value)
        return urllib.request.build_opener(_Redirect).open(asked, timeout=TIMEOUT)
    except urllib.error.HTTPError as answer:
        if answer.code in PASSING:
            raise Passing(f"{url} answered {answer.code} {answer.reason}", _after(answer)) from answer
        raise
    except (http.client.InvalidURL, ValueError) as fault:
        raise BundleError(f"{url!r} is no URL that can be asked ({fault}); correct it") from fault
    except (OSError, http.client.HTTPException) as fault:
        if isinstance(getattr(fault, "reason", fault), ssl.SSLCertVerificationError):
            raise BundleError(
                f"{url}: its certificate can't be verified ({fault}). Make its CA known to the system, or in the file "
                "that SSL_CERT_FILE names, or name another mirror"
            ) from fault
        raise Passing(f"{url}: {fault}") from fault


def _after(answer: urllib.error.HTTPError) -> float:
    wish = answer.headers.get("Retry-After", "")  # a date is as good as no wish: whose clock would count?
    return float(wish) if wish.isdecimal() else 0.0


def read(stream: t.Any, size: int) -> bytes:
    """Read from an answer; a line that breaks is a passing fault."""
    try:
        return t.cast("bytes", stream.read(size))
    except (OSError, http.client.HTTPException) as fault:
        raise Passing(f"the transfer broke: {fault}") from fault


def small(what: str, url: str, headers: Headers, sleep: Sleep, limit: int = 8 << 20, ask: Ask = request) -> bytes:
    """A short document.

    :raises BundleError: if it can't be had or is longer than *limit* bytes.
    :raises urllib.error.HTTPError: for an answer that will stay the same.
    """

    def once() -> bytes:
        with ask(url, headers) as answer:
            data = read(answer, limit + 1)
            wanted = answer.headers.get("Content-Length")
        if wanted is not None and len(data) < min(int(wanted), limit):
            raise Passing(f"{url} broke off after {len(data)} of {wanted} bytes")
        return data

    data = t.cast("bytes", retry(what, once, sleep))
    if len(data) > limit:
        raise BundleError(f"{what}: {url} is longer than {limit} bytes; that is no manifest")
    return data
