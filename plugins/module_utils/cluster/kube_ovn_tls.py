# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of OVN's databases: made once for a cluster, and found in its Secret ever after.

Servers and clients have the same certificate, as in Kube-OVN's chart, and accept only what its CA has signed. The key
of the CA is deleted as soon as it has signed, so nobody can sign another one: new certificates have a new CA.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping

from ..kube.errors import KubeError
from ..kube.x509 import validity
from ..objects.engine import Engine
from ..objects.live import get
from ..objects.manifests import Definition
from . import own_ca
from .upstream import ClusterLayerError

NAMESPACE, NAME = "kube-system", "kube-ovn-tls"
PATH = f"/api/v1/namespaces/{NAMESPACE}/secrets/{NAME}"
#: Keys of the Secret that all may read, and all of them.
PUBLIC = ("cacert", "cert")
KEYS = (*PUBLIC, "key")
#: What stands for certificates that a run would make.
PLANNED = dict.fromkeys(KEYS, "made by the run")
#: Days for which certificates are valid, as in Kube-OVN's chart, and before whose end they are made anew.
DAYS, RENEW = 3650, 60


def certificates(engine: Engine, now: float | None = None) -> dict[str, str]:
    """The certificates of the cluster, or new ones; without the wish to change anything, words that stand for those.

    :raises ClusterLayerError: the Secret has something else, or openssl can't make them.
    """
    found = get(engine.transport, PATH)
    if found is not None:
        held = _held(found.get("data") or {})
        ends = _days_left(held["cert"], time.time() if now is None else now)
        if ends >= RENEW:
            return held
    return PLANNED if engine.check else made()


def secret(found: Mapping[str, str]) -> Definition:
    """The Secret with certificates."""
    data = {key: base64.b64encode(found[key].encode()).decode() for key in KEYS}
    metadata = {"name": NAME, "namespace": NAMESPACE}
    return Definition({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}, "certificates")


def _held(data: Mapping[str, str]) -> dict[str, str]:
    try:
        return {key: base64.b64decode(data[key]).decode() for key in KEYS}
    except (KeyError, ValueError) as error:
        raise ClusterLayerError(
            f"Secret {NAMESPACE}/{NAME} has not the keys {', '.join(KEYS)} with texts ({error!r}); correct it, or "
            "remove it so that new certificates are made"
        ) from error


def _days_left(certificate: str, now: float) -> int:
    try:
        return validity(f"Secret {NAMESPACE}/{NAME}, cert", certificate).days_left(now)
    except KubeError as error:
        raise ClusterLayerError(
            f"{error}; correct it, or remove the Secret so that new certificates are made"
        ) from error


def made() -> dict[str, str]:
    """A new CA, and the certificate that it signs; the CA's key is deleted."""
    found = own_ca.signed(
        "the certificates of OVN's databases", "ovn-ca", "ovn", DAYS, ["extendedKeyUsage=serverAuth,clientAuth"]
    )
    return {"cacert": found.ca, "cert": found.certificate, "key": found.key}
