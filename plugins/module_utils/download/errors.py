# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a download ended; each text says what was wanted, from which URL, what happened and the remedy."""

from __future__ import annotations

from pathlib import Path

from ..errors import CloudError

LOGIN = "give the credentials in .netrc"


class DownloadError(CloudError):
    """A download that failed for good; users of this package turn it into an error of their own."""


class DigestError(DownloadError):
    """The received bytes have another digest than the wanted one. They were deleted."""

    def __init__(self, what: str, url: str, wanted: str, got: str) -> None:
        super().__init__(f"{what}: {url} gave sha256 {got}, wanted is {wanted}; deleted. Correct the URL or the sha256")
        self.what, self.url, self.wanted, self.got = what, url, wanted, got


class RefusedError(DownloadError):
    """The server's answer is an HTTP error that stays the same however often it is asked."""

    def __init__(self, what: str, url: str, code: int, reason: str) -> None:
        remedies = {401: LOGIN, 403: LOGIN, 407: "give the proxy's user and password in http_proxy"}
        remedy = remedies.get(code, "correct the URL")
        super().__init__(f"{what}: {url}: HTTP Error {code}: {reason}; {remedy}")
        self.url, self.code, self.reason = url, code, reason


class NoSpaceError(DownloadError):
    """The disk or the quota is full. The received part is kept."""

    def __init__(self, url: str, path: Path, error: OSError) -> None:
        super().__init__(f"{url}: no space left for it in {path.parent} ({error.strerror}); free some and run again")
        self.error = error


class TemporaryError(Exception):
    """A fault that may soon be over; ``after`` is the pause in seconds from the server's Retry-After.

    It is no `DownloadError`: the retry catches it, and it does not leave this package.
    """

    def __init__(self, text: str, after: float = 0.0) -> None:
        super().__init__(text)
        self.after = after
