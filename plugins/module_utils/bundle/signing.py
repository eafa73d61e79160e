# SPDX-License-Identifier: GPL-3.0-or-later
"""The signature of the bundle's apt repository, so that machines may fetch it over a plain line.

Each repository gets a key of its own that signs once and is thrown away. Machines learn the public half from whoever
configures them (``bundle.json``), over ssh.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .errors import BundleError

RELEASE = """Origin: groundup.cloud
Label: groundup.cloud bundle
Suite: bundle
Codename: bundle
Date: {date}
Architectures: {architecture} all
SHA256:
 {sha256} {size} Packages
"""
AR_HEADER = slice(8, 68)  # of the first member of an ar archive, behind its magic


def packed_at(deb: Path) -> int:
    """When a .deb was packed, in seconds since 1970 (the time in its first ar header)."""
    with deb.open("rb") as stream:
        header = stream.read(68)[AR_HEADER]
    return int(header[16:28])


def release(packages: bytes, architecture: str, when: int) -> str:
    """The Release file of a flat repository whose index is *packages*.

    *when* is the time of the newest package rather than now: apt refuses what is dated in its future, and machines
    whose clock is still wrong have to install chrony from here.
    """
    date = datetime.datetime.fromtimestamp(when, datetime.UTC).strftime("%a, %d %b %Y %H:%M:%S UTC")
    digest = hashlib.sha256(packages).hexdigest()
    return RELEASE.format(date=date, architecture=architecture, sha256=digest, size=len(packages))


def sign(text: str, when: int) -> tuple[bytes, str]:
    """*text* signed in clear (what apt calls InRelease) with a new key, and that key, armoured; both dated *when*.

    :raises BundleError: without gpg, or with its words when it fails.
    """
    if not (shutil.which("gpg") and shutil.which("gpg-agent")):
        raise BundleError("no `gpg` and `gpg-agent` on PATH; the role groundup.cloud.bundle installs them")
    home = tempfile.mkdtemp(prefix="groundup-")  # short: gpg-agent's socket lies in it
    try:
        gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--faked-system-time", f"{when}!"]
        key = ["--pinentry-mode", "loopback", "--passphrase", "", "--quick-generate-key"]
        _run([*gpg, *key, "groundup.cloud bundle", "ed25519", "sign", "never"])
        signed = _run([*gpg, "--digest-algo", "SHA512", "--clearsign"], text)
        return signed, _run([*gpg, "--armor", "--export"]).decode()
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, capture_output=True)
        _remove(home)


def _remove(home: str) -> None:
    """Remove the directory. gpg-agent, as it ends, removes its sockets from it, perhaps after they were listed here."""
    while os.path.exists(home):
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(home)


def _run(words: list[str], text: str = "") -> bytes:
    done = subprocess.run(words, input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        raise BundleError(f"{' '.join(words[-3:])} ended with {done.returncode}: {done.stderr.decode().strip()}")
    return done.stdout


def inline(armoured: str) -> str:
    """A key as the value of ``Signed-By`` in a .sources file: continued lines, a dot for an empty one."""
    return "".join(f"\n {line or '.'}" for line in armoured.strip().splitlines())
