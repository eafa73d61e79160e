# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and addresses in the certificate of a control plane's API server: those that it should have, and has.

A renewal by kubeadm takes them over from the old certificate, so other names need another certificate.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path

from . import config, paths, x509
from .settings import Settings

CERTIFICATE = "/etc/kubernetes/pki/apiserver.crt"
KEY = "/etc/kubernetes/pki/apiserver.key"
#: How the certificate is named among what differs on a control plane.
PART = "names of the API's certificate"


def wanted(settings: Settings) -> frozenset[str]:
    """All of them: what kubeadm gives to every one (GetAPIServerAltNames in cmd/kubeadm/app/util/pkiutil, 1.36), and
    the further ones of the configuration."""
    service = ipaddress.ip_network(settings.services.split(",")[0])[1]  # kubeadm takes the first range
    inside = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", f"kubernetes.default.svc.{settings.domain}")
    own = (settings.node.name, settings.node.address, *settings.endpoint.names)
    return frozenset((*inside, str(service), *own, *config.alternative_names(settings)))


def difference(settings: Settings, pem: str) -> str:
    """What a certificate lacks, and what it has that is not wanted, as text; empty where nothing differs."""
    have, want = x509.names(CERTIFICATE, pem), wanted(settings)
    texts = [f"lacks {', '.join(sorted(want - have))}"] if want - have else []
    texts += [f"has {', '.join(sorted(have - want))}, no longer wanted"] if have - want else []
    return "; ".join(texts)


def pending(settings: Settings, root: Path) -> str:
    """Why the certificate of this control plane has to be made again, or its server to take it; empty where neither
    is so. One whose making was interrupted is made again. A machine that has not joined is not judged."""
    path = root / CERTIFICATE.lstrip("/")
    joined = (root / paths.MANIFEST_RECORD.lstrip("/")).exists()
    if not (settings.node.control_plane and joined and path.is_file()):
        return ""
    if (root / paths.API_CERTIFICATE.lstrip("/")).exists():
        return "a new one was made, and the API server has not taken it yet"
    return difference(settings, path.read_text())


def stale(settings: Settings, root: Path) -> list[str]:
    """The name of this part where it differs."""
    return [PART] if pending(settings, root) else []
