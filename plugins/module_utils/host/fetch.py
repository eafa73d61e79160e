# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads of a host layer: those of the package ``download``, with the errors of a layer."""

from __future__ import annotations

import time
from pathlib import Path

from ..download.errors import DigestError, DownloadError, NoSpaceError, RefusedError
from ..download.file import Part, download
from .state import HostError

REMEDY = "is the provisioner's file server up, and does its bundle hold this file?"


def fetch(url: str, sha256: str, part: Path) -> None:
    """Bring the bytes behind ``url`` into ``part``; what an interrupted attempt left there is continued.

    HostError when it can't be had, and when the whole has another digest (``part`` is removed then). A full disk gets
    the space of ``part`` back, because the machine runs on it.
    """
    wanted = Part(part)
    try:
        download("file", url, sha256, wanted, sleep=time.sleep, remedy=REMEDY)
    except DigestError as error:
        raise HostError(
            f"{url}: sha256 is {error.got}, wanted {sha256}; nothing was installed. Build the bundle again"
        ) from error
    except NoSpaceError as error:
        wanted.drop()
        raise HostError(str(error)) from error
    except RefusedError as error:
        raise HostError(f"{url}: HTTP {error.code} {error.reason}; {REMEDY}") from error
    except DownloadError as error:
        raise HostError(str(error)) from error
