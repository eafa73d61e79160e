# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Download by digest: resumed where it stopped, never put in place before its sha256 is right."""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from pathlib import Path

from .state import HostError

TRIES = 5
SILENCE = 60.0  # seconds without a byte until a try is given up


def fetch(url: str, sha256: str, part: Path, *, pause: float = 1.0) -> None:
    """Bring the bytes behind ``url`` into ``part``; what a broken try left there is continued.

    HostError after ``TRIES`` failures, and when the whole has another digest (``part`` is removed then).
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    reason = ""
    for number in range(TRIES):
        if number:
            time.sleep(pause * 2 ** (number - 1))
        try:
            have = transfer(url, part)
        except urllib.error.HTTPError as error:
            reason = f"HTTP {error.code} {error.reason}"
            if error.code == 416:
                part.unlink()
            elif error.code in (401, 403, 404, 410):
                break
            continue
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                part.unlink(missing_ok=True)
                raise HostError(f"{url}: no space left for it in {part.parent}; free some and run again") from error
            reason = str(error) or type(error).__name__
            continue
        if have == sha256:
            return
        part.unlink()
        raise HostError(f"{url}: sha256 is {have}, wanted {sha256}; nothing was installed. Build the bundle again")
    raise HostError(f"{url}: {reason}; is the provisioner's file server up, and does its bundle hold this file?")


def transfer(url: str, part: Path) -> str:
    """One try. Hex sha256 of all that is in ``part`` afterwards."""
    digest = hashlib.sha256()
    start = 0
    if part.exists():
        start = part.stat().st_size
        with part.open("rb") as stream:
            while piece := stream.read(1 << 20):
                digest.update(piece)
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    with urllib.request.urlopen(request, timeout=SILENCE) as answer:
        if start and answer.status != 206:  # the server doesn't resume: from the beginning
            digest, start = hashlib.sha256(), 0
        with part.open("ab" if start else "wb") as stream:
            expected = answer.length
            received = 0
            while piece := answer.read(1 << 18):
                stream.write(piece)
                digest.update(piece)
                received += len(piece)
            stream.flush()
            os.fsync(stream.fileno())
    if expected is not None and received < expected:
        raise OSError(f"the connection broke after {received} of {expected} bytes")
    return digest.hexdigest()
