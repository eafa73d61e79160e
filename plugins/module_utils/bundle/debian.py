# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages with their dependencies, from a signed archive, without touching this system's own apt."""

from __future__ import annotations

import os
import subprocess
import typing as t
from contextlib import contextmanager
from pathlib import Path

from .compile import TIED
from .errors import BundleError
from .lock import Debian

SOURCES = """deb [signed-by={keyring}] {mirror} {suite} main
deb [signed-by={keyring}] {mirror} {suite}-updates main
deb [signed-by={keyring}] {security} {suite}-security main
"""


def options(root: Path, architecture: str) -> list[str]:
    """apt's options for a separate configuration below *root*, where nothing is installed."""
    pairs = {
        "Dir::Etc::sourcelist": root / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::Etc::preferences": "-",
        "Dir::Etc::preferencesparts": "-",
        "Dir::State": root / "state",
        "Dir::State::status": root / "state/status",
        "Dir::Cache": root / "cache",
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
        "Acquire::Languages": "none",
        "Acquire::Retries": "5",
        "Debug::NoLocking": "true",
    }
    if cas := os.environ.get("SSL_CERT_FILE"):  # apt does not look there by itself
        pairs["Acquire::https::CAInfo"] = cas
    return [part for key, value in pairs.items() for part in ("-o", f"{key}={value}")]


def prepare(root: Path, debian: Debian) -> None:
    """Create the directories and files of the separate apt configuration."""
    for name in ("state/lists/partial", "cache/archives/partial", "empty/partial"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "state/status").touch()
    (root / "sources.list").write_text(
        SOURCES.format(keyring=debian.keyring, mirror=debian.mirror, suite=debian.suite, security=debian.security)
    )


def _apt(root: Path, architecture: str, *words: str, directory: Path | None = None) -> str:
    done = subprocess.run(
        [*TIED, "apt-get", *options(root, architecture), *words],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
    )
    if done.returncode:
        raise BundleError(
            f"apt-get {' '.join(words[:3])} … ended with {done.returncode}:\n{done.stderr.strip()[-2000:]}"
        )
    return done.stdout


def fetch(root: Path, debian: Debian, architecture: str, packages: list[str]) -> list[Path]:
    """The .deb files of *packages* and all they depend on; apt verifies them by the archive's signature.

    :raises BundleError: with apt's words when a package is unknown or the archive can't be reached.
    """
    prepare(root, debian)
    _apt(root, architecture, "update", "-q", "-o", "APT::Update::Error-Mode=any")
    # apt doesn't list what its cache holds already, so it is run with an empty one.
    nothing = ("-o", f"Dir::Cache::archives={root / 'empty'}")
    listing = _apt(root, architecture, "install", "-q", "--print-uris", "--yes", *nothing, *packages)
    _apt(root, architecture, "install", "-q", "--download-only", "--yes", *packages)
    names = listed(listing)
    if lost := [package for package in packages if not any(name.startswith(f"{package}_") for name in names)]:
        raise BundleError(f"apt gave no file for {', '.join(lost)}; name a package that {debian.suite} really has")
    return sorted(root / "cache/archives" / name for name in names)


def fetch_alone(root: Path, debian: Debian, architecture: str, packages: list[str]) -> list[Path]:
    """The .deb files of *packages* without what they depend on; apt verifies them by the archive's signature.

    :raises BundleError: with apt's words when a package is unknown or the archive can't be reached.
    """
    prepare(root, debian)
    _apt(root, architecture, "update", "-q", "-o", "APT::Update::Error-Mode=any")
    target = root / "alone"
    target.mkdir(exist_ok=True)
    names = listed(_apt(root, architecture, "download", "-q", "--print-uris", *packages))
    _apt(root, architecture, "download", "-q", *packages, directory=target)
    return sorted(target / name for name in names)


def listed(text: str) -> list[str]:
    """File names out of ``apt-get --print-uris``: lines of ``'URI' file size hash``."""
    return [line.split()[1] for line in text.splitlines() if line.startswith("'")]


def fields(deb: Path) -> dict[str, str]:
    """The control fields of a .deb, by name.

    :raises BundleError: if it can't be read.
    """
    shown = subprocess.run(["dpkg-deb", "--field", str(deb)], capture_output=True, text=True, check=False)
    if shown.returncode:
        raise BundleError(f"dpkg-deb can't read {deb}: {shown.stderr.strip()}; delete it and run again")
    found: dict[str, str] = {}
    name = ""
    for line in shown.stdout.splitlines():
        if line[:1].isspace():
            found[name] += "\n" + line
        else:
            name, __, value = line.partition(": ")
            found[name] = value
    return found


@contextmanager
def members(deb: Path) -> t.Iterator[t.IO[bytes]]:
    """The files of a .deb as a tar stream.

    :raises BundleError: if the .deb can't be unpacked.
    """
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as process:
        stream = t.cast("t.IO[bytes]", process.stdout)
        yield stream
        while stream.read(1 << 20):  # what tar left unread is padding
            pass
    if process.returncode:
        raise BundleError(f"dpkg-deb can't unpack {deb}; delete it and run again")
