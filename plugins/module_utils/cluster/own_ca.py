# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CA that signs one certificate, made by openssl on the host where a role runs.

The key of the CA is deleted as soon as it has signed, so nobody can sign another one: a new certificate has a new CA.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .upstream import ClusterLayerError

_REMEDY = "install OpenSSL 3 on the host where the role runs"


@dataclass(frozen=True)
class Signed:
    """A CA, the certificate that it signed, and that one's key, each in PEM."""

    ca: str
    certificate: str
    key: str


def signed(what: str, ca: str, name: str, days: int, extensions: Sequence[str]) -> Signed:
    """Return a new CA, and what it signs.

    :param what: what it is for, in messages.
    :param ca: common name of the CA; ``name``: that of the certificate.
    :param days: for which both are valid.
    :param extensions: of the certificate, as openssl has them: ``subjectAltName=DNS:a``.
    :raises ClusterLayerError: openssl is missing, or refuses.
    """
    ends = ("-x509", "-newkey", "rsa:3072", "-nodes", "-days", str(days))
    more = [word for one in extensions for word in ("-addext", one)]
    with tempfile.TemporaryDirectory(prefix="groundup-ca-") as directory:
        at = Path(directory)
        _openssl(
            at,
            what,
            *("req", *ends, "-subj", f"/CN={ca}", "-keyout", "ca.key", "-out", "ca"),
            *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"),
        )
        _openssl(
            at,
            what,
            *("req", *ends, "-subj", f"/CN={name}", "-keyout", "key", "-out", "cert", "-CA", "ca", "-CAkey", "ca.key"),
            *("-addext", "basicConstraints=critical,CA:FALSE", *more),
        )
        return Signed(*((at / file).read_text() for file in ("ca", "cert", "key")))


def _openssl(directory: Path, what: str, *words: str) -> None:
    try:
        done = subprocess.run(
            ["openssl", *words], cwd=directory, capture_output=True, text=True, check=False, umask=0o077
        )
    except FileNotFoundError as error:
        raise ClusterLayerError(f"{what} need the program openssl; {_REMEDY}") from error
    if done.returncode:
        raise ClusterLayerError(f"openssl could not make {what}: {done.stderr}; {_REMEDY}")
