# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading images by the program skopeo: from registries, OCI layouts, archives and directories."""

from __future__ import annotations

import errno
import re
import shutil
import subprocess
import tempfile
import time
import typing as t
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..download.errors import DownloadError, TemporaryError
from ..download.web import retry
from .compile import TIED
from .errors import BundleError, DigestMismatch

Note = Callable[[str], None]  # gets a text that says how far a copy is
Sleep = Callable[[float], None]

SILENCE = 300.0  # seconds without a byte until a copy is given up; skopeo itself waits for ever
LOOK = 0.5  # seconds between two looks at how far a copy is
MIB = 1 << 20
MESSAGE = re.compile(r'level=fatal msg="((?:[^"\\]|\\.)*)"')

#: What skopeo says of faults that may soon be over. It waits by itself as Retry-After says, a few times.
TEMPORARY = re.compile(
    r"unexpected EOF|connection reset|broken pipe|i/o timeout|TLS handshake timeout|context deadline exceeded|"
    r"status(?: code from registry)?:? 5\d\d|connection refused|temporary failure in name resolution|"
    r"server misbehaving",
    re.IGNORECASE,
)
#: What skopeo says of a layer and of a configuration of another digest.
MISMATCHES = (
    re.compile(r"expected sha256:(?P<wanted>[0-9a-f]{64}), got sha256:(?P<got>[0-9a-f]{64})"),
    re.compile(r"sha256:(?P<got>[0-9a-f]{64}) does not match expected sha256:(?P<wanted>[0-9a-f]{64})"),
)
#: What skopeo says of other faults, and the remedy; the first that fits is given.
REMEDIES: tuple[tuple[str, str], ...] = (
    (r"proxyconnect|Proxy Authentication Required", "correct https_proxy, or name the host in no_proxy"),
    (r"x509|certificate", "name the file of its CA in ca_file, SSL_CERT_FILE or REQUESTS_CA_BUNDLE"),
    (r"permission denied", "let this user read it"),
    (r"toomanyrequests|too many requests|\b429\b", "wait, log in as auth_file says, or name a mirror"),
    (
        r"unauthorized|authentication required|denied|forbidden|\b40[13]\b|unable to retrieve auth token",
        "log in with `skopeo login HOST`, or name the file with the login in auth_file",
    ),
    (r"unknown|not found|\b404\b", "correct the lock, or name a mirror that has it"),
    (r"HTTP response to HTTPS client", "it has no TLS; name it in mirrors with http:// if that is meant"),
    (r"policy|rejected", "correct /etc/containers/policy.json, which decides what skopeo may copy"),
    (r"no such file|more than one image|no image found|does not exist", "correct the place of the image"),
)
OTHERWISE = "check the network, http_proxy, https_proxy and no_proxy, or name a mirror, and run again"


@dataclass(frozen=True)
class Place:
    """Where an image is, as skopeo writes it: ``docker://host/name@sha256:…``, ``oci:/srv/images/app`` and so on.

    ``plain`` is for registries that are named with http://.
    """

    name: str
    plain: bool = False

    @property
    def remote(self) -> bool:
        return self.name.startswith("docker://")

    def at(self, digest: str) -> Place:
        """The image of the same repository with this digest; a place that is no registry has one image only."""
        if not self.remote:
            return self
        base, __, last = self.name.partition("@")[0].rpartition("/")
        return Place(f"{base}/{last.partition(':')[0]}@{digest}", self.plain)


@dataclass(frozen=True)
class Skopeo:
    """The program, with the logins of ``auth_file`` (by default those of skopeo and Docker in their usual places)."""

    platform: str
    auth_file: str | None = None
    sleep: Sleep = time.sleep

    def raw(self, what: str, place: Place) -> bytes:
        """The bytes of a manifest or index.

        :raises BundleError: if it can't be had, with the place and the remedy.
        """
        words = ["inspect", "--raw", *self._options(place, ""), place.name]
        return self._retried(what, place, lambda: self._run(what, place, words, None))

    def copy(self, what: str, place: Place, target: Path, note: Note, size: int | None = None) -> None:
        """Copy the image for the platform into the directory *target*: manifest.json, and each blob by its digest.

        :raises BundleError: if it can't be had; then *target* does not exist.
        """
        words = ["copy", "--preserve-digests", *self._options(place, "src-"), place.name, f"dir:{target}"]
        follow = _Follow(target, note, size)

        def once() -> bytes:
            shutil.rmtree(target, ignore_errors=True)
            follow.restart()
            return self._run(what, place, words, follow)

        try:
            self._retried(what, place, once)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)  # nothing of an unfinished copy stays
            raise

    def _options(self, place: Place, prefix: str) -> list[str]:
        login = [f"--{prefix}authfile", str(Path(self.auth_file).expanduser())] if self.auth_file else []
        return [*(login if place.remote else []), *([f"--{prefix}tls-verify=false"] if place.plain else [])]

    def _retried(self, what: str, place: Place, once: Callable[[], bytes]) -> bytes:
        try:
            return t.cast("bytes", retry(f"{what} from {place.name}", once, remedy=OTHERWISE, sleep=self.sleep))
        except DownloadError as fault:
            raise BundleError(str(fault)) from fault

    def _run(self, what: str, place: Place, words: list[str], follow: _Follow | None) -> bytes:
        if self.auth_file and not Path(self.auth_file).expanduser().is_file():
            raise BundleError(f"auth_file: {self.auth_file} does not exist; write it with `skopeo login --authfile`")
        system, __, architecture = self.platform.partition("/")
        chosen = ["--override-os", system, "--override-arch", architecture]
        near = follow.target.parent if follow else None  # archives are unpacked there; /tmp may be small
        with tempfile.TemporaryDirectory(prefix="groundup-", dir=near) as scratch:
            command = [*TIED, "skopeo", "--tmpdir", scratch, *chosen, *words]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                while True:
                    try:
                        out, err = process.communicate(timeout=LOOK if follow else SILENCE)
                        break
                    except subprocess.TimeoutExpired:
                        if not follow or follow.silent():
                            process.kill()
                            process.communicate()
                            raise TemporaryError(f"nothing came for {SILENCE:.0f} s") from None
        if process.returncode:
            raise _fault(what, place, err.decode(errors="replace"))
        return out


class _Follow:
    """How far a copy is, by the sizes of what is in its directory."""

    def __init__(self, target: Path, note: Note, total: int | None) -> None:
        self.target, self._note, self._total = target, note, total
        self.restart()

    def restart(self) -> None:
        self._have, self._since = 0, time.monotonic()

    def silent(self) -> bool:
        """Report how far the copy is; gives whether nothing came for too long."""
        have = sum(path.stat().st_size for path in _files(self.target))
        if have != self._have:
            self._have, self._since = have, time.monotonic()
            self._note(f"{have / MIB:.1f}{f' of {self._total / MIB:.1f}' if self._total else ''} MiB")
        return time.monotonic() - self._since > SILENCE


def _files(directory: Path) -> list[Path]:
    """The files of a directory that another program is writing; it renames some meanwhile."""
    return [path for path in directory.glob("*") if path.is_file()] if directory.is_dir() else []


def check() -> None:
    """Refuse early when the program is absent.

    :raises BundleError: with the package that has it.
    """
    if shutil.which("skopeo") is None:
        raise BundleError(
            "no `skopeo` on PATH, which copies images; the role groundup.cloud.bundle installs it, or install the "
            "package skopeo"
        )


def _fault(what: str, place: Place, text: str) -> Exception:
    """The error for what skopeo wrote before it failed."""
    found = MESSAGE.findall(text)
    said = found[-1].replace('\\"', '"') if found else (text.strip().splitlines() or ["it said nothing"])[-1]
    if "no space left on device" in said or "disk quota exceeded" in said:
        return OSError(errno.ENOSPC, said)
    if wrong := next((match for pattern in MISMATCHES if (match := pattern.search(said))), None):
        return DigestMismatch(f"{what} blob sha256:{wrong['wanted'][:12]}", place.name, wrong["wanted"], wrong["got"])
    refused = next((remedy for pattern, remedy in REMEDIES if re.search(pattern, said, re.IGNORECASE)), None)
    if TEMPORARY.search(said) and not (refused and refused.startswith("correct https_proxy")):
        return TemporaryError(said)
    return BundleError(f"{what} can't be had from {place.name}: {said}; {refused or OTHERWISE}")
