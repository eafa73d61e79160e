# SPDX-License-Identifier: GPL-3.0-or-later
"""The CAs that downloads trust: those of the system, and those of files that users name in the usual places.

Python and OpenSSL, Go's programs and skopeo read SSL_CERT_FILE by themselves. REQUESTS_CA_BUNDLE, which companies set
for Python's programs, and a file that is given by an option are added to it here.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import DownloadError

VARIABLE = "REQUESTS_CA_BUNDLE"
DEBIAN = Path("/etc/ssl/certs/ca-certificates.crt")  # OpenSSL's default file does not exist there


def added(ca_file: str | None = None) -> list[tuple[str, Path]]:
    """The files or directories with further CAs, each with the place where the user named it."""
    named = [("ca_file", ca_file), (VARIABLE, os.environ.get(VARIABLE))]
    return [(where, Path(value).expanduser()) for where, value in named if value]


def context(ca_file: str | None = None) -> ssl.SSLContext:
    """A context that verifies servers against the system's CAs (or SSL_CERT_FILE's) and the added ones.

    :raises DownloadError: for a file of CAs that can't be read.
    """
    made = ssl.create_default_context()
    for where, path in added(ca_file):
        try:
            made.load_verify_locations(**{"capath" if path.is_dir() else "cafile": str(path)})
        except OSError as fault:
            raise _unreadable(where, path, fault) from fault
    return made


@contextmanager
def for_programs(directory: Path, ca_file: str | None = None) -> Iterator[None]:
    """Let SSL_CERT_FILE name a file with all CAs in *directory*, for the programs that are started meanwhile.

    Without added CAs nothing is changed.

    :raises DownloadError: for a file of CAs that can't be read.
    """
    if not added(ca_file):
        yield
        return
    before = os.environ.get("SSL_CERT_FILE")
    texts = [path.read_text() for path in _system(before)]
    texts += [_text(where, path) for where, path in added(ca_file)]
    directory.mkdir(parents=True, exist_ok=True)
    joined = directory / "trusted.pem"
    joined.write_text("\n".join(texts))
    os.environ["SSL_CERT_FILE"] = str(joined)
    try:
        yield
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before


def _system(named: str | None) -> list[Path]:
    """The file of CAs that holds without the added ones, if there is one."""
    candidates = [Path(named)] if named else [Path(ssl.get_default_verify_paths().cafile or DEBIAN), DEBIAN]
    return [path for path in candidates if path.is_file()][:1]


def _text(where: str, path: Path) -> str:
    try:
        files = sorted(path.glob("*")) if path.is_dir() else [path]
        text = "\n".join(file.read_text() for file in files if file.is_file())
    except (OSError, UnicodeDecodeError) as fault:
        raise _unreadable(where, path, fault) from fault
    if "-----BEGIN" not in text:
        raise _unreadable(where, path, "it holds no certificate in PEM format")
    return text


def _unreadable(where: str, path: Path, reason: object) -> DownloadError:
    return DownloadError(f"{where}: the CA file {path} can't be read ({reason}); correct its name")
