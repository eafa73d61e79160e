# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates of a node, and which of them kubeadm has to renew."""

from __future__ import annotations

import base64
import json
import re
import time
import typing as t
from pathlib import Path

from . import paths
from .settings import Settings
from .x509 import validity

AUTHORITIES = ("ca.crt", "front-proxy-ca.crt")
#: certificates that kubeadm renews (GetDefaultCertList in cmd/kubeadm/app/phases/certs, 1.36)
LEAVES = (
    "pki/apiserver.crt",
    "pki/apiserver-kubelet-client.crt",
    "pki/apiserver-etcd-client.crt",
    "pki/front-proxy-client.crt",
    "pki/etcd/server.crt",
    "pki/etcd/peer.crt",
    "pki/etcd/healthcheck-client.crt",
)
#: kubeconfigs whose client certificate kubeadm renews; the kubelet renews its own (``rotateCertificates``)
KUBECONFIGS = ("admin.conf", "super-admin.conf", "controller-manager.conf", "scheduler.conf")
INLINE = re.compile(r"client-certificate-data:\s*(\S+)")


def of_directory(kubernetes: Path) -> t.Iterator[tuple[str, str]]:
    """(name, PEM) of every certificate in a directory ``/etc/kubernetes``: files, and those inside of kubeconfigs.

    Names are relative to the directory.
    """
    files = [*kubernetes.glob("pki/*.crt"), *kubernetes.glob("pki/etcd/*.crt")]
    for path in sorted(files):
        yield str(path.relative_to(kubernetes)), path.read_text()
    for path in sorted(kubernetes.glob("*.conf")):
        for data in INLINE.findall(path.read_text()):
            yield path.name, base64.b64decode(data).decode()


def renewable(kubernetes: Path) -> t.Iterator[tuple[str, str]]:
    """Those of them that ``kubeadm certs renew all`` renews: of no authority, and of no kubelet."""
    yield from ((name, pem) for name, pem in of_directory(kubernetes) if name in (*LEAVES, *KUBECONFIGS))


def expiring(root: Path, days: int, now: float) -> dict[str, int]:
    """Days left by name, of the certificates of a control plane that kubeadm renews and that end within ``days``."""
    kubernetes = root / paths.KUBERNETES.lstrip("/")
    left = {name: validity(name, pem).days_left(now) for name, pem in renewable(kubernetes)}
    return {name: count for name, count in left.items() if count < days}


def due(settings: Settings, root: Path, now: float | None = None) -> dict[str, int]:
    """Days left by name of the certificates that have to be renewed here; also where a renewal was interrupted before
    the servers had taken the new ones."""
    if not settings.node.control_plane or not (root / paths.ADMIN_CONF.lstrip("/")).exists():
        return {}
    found = expiring(root, settings.renew_days, time.time() if now is None else now)
    record = root / paths.RENEWAL.lstrip("/")
    if not found and record.exists():
        return t.cast("dict[str, int]", json.loads(record.read_text()))
    return found
