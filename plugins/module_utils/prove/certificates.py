# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates of a cluster's node that can expire: those of kubeadm and of the kubelet."""

from __future__ import annotations

import base64
import re
import ssl
import subprocess
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from ..report.proofs import ProofError

KUBERNETES = Path("/etc/kubernetes")
KUBELET = Path("/var/lib/kubelet/pki/kubelet-client-current.pem")
DAYS_LEFT = 30
_INLINE = re.compile(r"client-certificate-data:\s*(\S+)")


def certificates_valid() -> str:
    """Name the certificate that expires first and its remaining days.

    :raises ProofError: it expires within DAYS_LEFT days, or there are no certificates.
    """
    left = {name: _days_left(name, pem) for name, pem in certificates()}
    if not left:
        raise ProofError(f"there are no certificates in {KUBERNETES / 'pki'}")
    name = min(left, key=left.__getitem__)
    if left[name] <= DAYS_LEFT:
        raise ProofError(f"{name} has {left[name]} days left; renew with kubeadm certs renew all")
    return f"{len(left)} certificates, the first to expire is {name} in {left[name]} days"


def certificates(kubernetes: Path = KUBERNETES, kubelet: Path = KUBELET) -> Iterator[tuple[str, str]]:
    """(name, PEM) of every certificate: files of kubeadm and kubelet, and client certificates inside of kubeconfigs."""
    files: Iterable[Path] = [*kubernetes.glob("pki/*.crt"), *kubernetes.glob("pki/etcd/*.crt"), kubelet]
    yield from ((path.name, path.read_text()) for path in sorted(files) if path.is_file())
    for path in sorted(kubernetes.glob("*.conf")):
        for data in _INLINE.findall(path.read_text()):
            yield path.name, base64.b64decode(data).decode()


def _days_left(name: str, pem: str) -> int:
    done = subprocess.run(
        ["openssl", "x509", "-noout", "-enddate"], input=pem, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ProofError(f"{name}: {done.stderr.strip()}")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(done.stdout.strip().partition("=")[2]), UTC)
    return (ends - datetime.now(UTC)).days
