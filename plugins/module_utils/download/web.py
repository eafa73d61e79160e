# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP requests: verified TLS, proxies of the environment, credentials of .netrc, retries after temporary faults.

Proxies are those of http_proxy, https_proxy and no_proxy; CAs those of the system, SSL_CERT_FILE, REQUESTS_CA_BUNDLE
and of a file that the caller names.
"""

from __future__ import annotations

import base64
import http.client
import netrc
import os
import re
import ssl
import time
import typing as t
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

from . import trust
from .errors import DownloadError, TemporaryError

ATTEMPTS = 6
SILENCE = 60.0  # seconds without a byte until an attempt is given up
LONGEST = 60.0  # seconds; a longer Retry-After is not followed
TEMPORARY = {408, 425, 429, 500, 502, 503, 504}  # HTTP states worth another attempt; all others are final
TUNNEL = re.compile(r"Tunnel connection failed: (4\d\d .*)")  # what urllib says when a proxy refuses for good
AGENT = "groundup.cloud"  # some publishers refuse the names of HTTP libraries

Sleep = Callable[[float], None]
Headers = dict[str, str]
Open = Callable[[str, Headers], t.Any]  # opens a URL, as `request` does


def pause(attempt: int) -> float:
    """Seconds after *attempt* + 1 failed attempts: 1, 2, 4 … 30."""
    return float(min(2**attempt, 30))


def retry(
    what: str,
    action: Callable[[], t.Any],
    *,
    remedy: str,
    sleep: Sleep = time.sleep,
    have: Callable[[], int] = lambda: 0,
) -> t.Any:
    """Call *action* until it succeeds, or until ``ATTEMPTS`` in a row brought nothing; *have* gives the bytes present.

    :raises DownloadError: with the last fault when it never did.
    """
    attempt = 0
    while True:
        before = have()
        try:
            return action()
        except TemporaryError as fault:
            attempt = 0 if have() > before else attempt + 1
            if attempt == ATTEMPTS:
                raise DownloadError(f"{what}: {fault} (failed {ATTEMPTS} times); {remedy}") from fault
            sleep(max(pause(max(attempt - 1, 0)), min(fault.after, LONGEST)))


class _Redirect(urllib.request.HTTPRedirectHandler):
    """Follows redirects; credentials are sent to the same server only, and no redirect may leave TLS."""

    def redirect_request(
        self, req: urllib.request.Request, fp: t.Any, code: int, msg: str, headers: t.Any, newurl: str
    ) -> urllib.request.Request | None:
        follow = super().redirect_request(req, fp, code, msg, headers, newurl)
        if follow is None:
            return None
        if req.type == "https" and follow.type != "https":
            raise DownloadError(f"{req.full_url} leads to {newurl}, which has no TLS; name a mirror that has")
        if (req.type, req.host) == (follow.type, follow.host):
            follow.unredirected_hdrs.update(req.unredirected_hdrs)
        return follow


def request(url: str, headers: Headers | None = None, *, ca_file: str | None = None, silence: float = SILENCE) -> t.Any:
    """Open *url*. TLS is verified against the CAs of `trust.context`, those of *ca_file* among them.

    :raises TemporaryError: for faults that may pass.
    :raises urllib.error.HTTPError: for an answer that stays the same.
    :raises DownloadError: for an invalid URL, and for servers whose certificate can't be verified.
    """
    try:
        wanted = urllib.request.Request(url, headers={"User-Agent": AGENT})
        for name, value in {**credentials(url), **(headers or {})}.items():
            add = wanted.add_unredirected_header if name == "Authorization" else wanted.add_header
            add(name, value)
        handlers: list[t.Any] = [_Redirect()]
        if wanted.type == "https":
            handlers.append(urllib.request.HTTPSHandler(context=_trust(url, ca_file)))
        return urllib.request.build_opener(*handlers).open(wanted, timeout=silence)
    except urllib.error.HTTPError as answer:
        if answer.code in TEMPORARY:
            raise TemporaryError(f"{url} answered {answer.code} {answer.reason}", _after(answer)) from answer
        raise
    except (http.client.InvalidURL, ValueError) as fault:
        raise DownloadError(f"{url!r} is not a valid URL ({fault}); correct it") from fault
    except (OSError, http.client.HTTPException) as fault:
        if isinstance(getattr(fault, "reason", fault), ssl.SSLCertVerificationError):
            raise DownloadError(
                f"{url}: its certificate can't be verified ({fault}). Make its CA known to the system, or in the file "
                "that SSL_CERT_FILE, REQUESTS_CA_BUNDLE or the option ca_file names, or name another mirror"
            ) from fault
        if refused := TUNNEL.search(str(fault)):
            raise DownloadError(
                f"{url}: the proxy {_proxy(url)} refuses the connection: {refused[1]}; correct https_proxy, with its "
                "user and password if it wants them, or name the host in no_proxy"
            ) from fault
        raise TemporaryError(f"{url}: {str(fault) or type(fault).__name__}") from fault


def _trust(url: str, ca_file: str | None) -> ssl.SSLContext:
    try:
        return trust.context(ca_file)
    except DownloadError as fault:
        raise DownloadError(f"{url}: {fault}") from fault


def _proxy(url: str) -> str:
    """The proxy for *url*, without its user and password."""
    proxy = urllib.request.getproxies().get(urllib.parse.urlsplit(url).scheme, "")
    return proxy.rpartition("@")[2].removeprefix("http://")


def credentials(url: str) -> Headers:
    """The Authorization header that .netrc (or the file that NETRC names) has for the host of *url*, if any.

    The file's `default` entry is not used: it would send credentials to every server.

    :raises DownloadError: for a file that can't be read.
    """
    path = Path(os.environ.get("NETRC") or Path("~/.netrc").expanduser())
    if not path.is_file():
        return {}
    try:
        entry = netrc.netrc(str(path)).hosts.get(urllib.parse.urlsplit(url).hostname or "")
    except (netrc.NetrcParseError, OSError) as fault:
        raise DownloadError(f"{url}: {path} can't be read ({fault}); correct or remove it") from fault
    if entry is None:
        return {}
    pair = f"{entry[0]}:{entry[2]}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _after(answer: urllib.error.HTTPError) -> float:
    wish = answer.headers.get("Retry-After", "")  # a date is ignored: the clocks may differ
    return float(wish) if wish.isdecimal() else 0.0


def read(stream: t.Any, size: int) -> bytes:
    """Read from an answer; a connection that breaks is a temporary fault."""
    try:
        return t.cast("bytes", stream.read(size))
    except (OSError, http.client.HTTPException) as fault:
        raise TemporaryError(f"the transfer broke: {fault}") from fault


def document(
    what: str,
    url: str,
    headers: Headers,
    *,
    remedy: str,
    sleep: Sleep = time.sleep,
    limit: int = 8 << 20,
    open_url: Open = request,
) -> bytes:
    """A short document, in memory.

    :raises DownloadError: if it can't be fetched or is longer than *limit* bytes.
    :raises urllib.error.HTTPError: for an answer that stays the same.
    """

    def once() -> bytes:
        with open_url(url, headers) as answer:
            data = read(answer, limit + 1)
            wanted = answer.headers.get("Content-Length")
        if wanted is not None and len(data) < min(int(wanted), limit):
            raise TemporaryError(f"{url} broke off after {len(data)} of {wanted} bytes")
        return data

    data = t.cast("bytes", retry(what, once, remedy=remedy, sleep=sleep))
    if len(data) > limit:
        raise DownloadError(f"{what}: {url} is longer than {limit} bytes, so it is no manifest; correct the URL")
    return data
