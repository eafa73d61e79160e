# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of object stores: given ones, or made once for a store and found in its Secret ever after.

A gateway of Ceph has one certificate, which has to be valid for the name of its Service, since Rook and claims of
buckets use that (Rook's documentation 1.20, Object-Storage-RGW, Enable TLS). The Secret's chain has the CA at its end,
by which Rook verifies the gateway. Clients find the CA in a ConfigMap.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ..kube import x509
from ..kube.errors import KubeError
from ..objects.engine import Engine
from ..objects.live import get
from ..objects.transport import Json
from . import own_ca
from .rook_ceph_input import NAMESPACE, ROLE, STORES, items
from .upstream import ClusterLayerError, refuse

Params = Mapping[str, Any]
#: The key beside the input with what is used: store -> its certificates.
CERTIFICATES = "certificates"
#: The key of the secrets with keys of given certificates, by store.
KEYS = "keys"
#: Days for which a certificate is made, and before whose end another one is.
DAYS, RENEW = 3650, 60
ANNOTATION = "groundup.cloud/certificate"
CA = "ca.crt"
_CHAIN, _KEY = "tls.crt", "tls.key"
_PLANNED = own_ca.Signed("made by the run", "made by the run", "made by the run")
_MARK = "-----BEGIN CERTIFICATE-----"


def service(store: str) -> str:
    """The name of the Service of a store, which Rook makes, with its namespace."""
    return f"rook-ceph-rgw-{store}.{NAMESPACE}.svc"


def secret_name(store: str) -> str:
    """The Secret with the certificate of a store."""
    return f"rook-ceph-rgw-{store}-tls"


def ca_name(store: str) -> str:
    """The ConfigMap with the CA of a store."""
    return f"rook-ceph-rgw-{store}-ca"


def digest(found: own_ca.Signed) -> dict[str, str]:
    """An annotation that changes with the certificate."""
    return {ANNOTATION: hashlib.sha256(found.certificate.encode()).hexdigest()[:16]}


def certificates(engine: Engine, params: Params, keys: Mapping[str, Any]) -> dict[str, own_ca.Signed]:
    """The certificates of all stores that have TLS; where one is to be made and nothing may be changed, words for it.

    :param keys: store -> key of a given certificate.
    :raises ClusterLayerError: a given certificate can't be used, or none can be made.
    """
    stores = {str(one["name"]): one for one in items(params, STORES) if one.get("tls")}
    refuse(
        f"{ROLE}_secrets.{KEYS}: {name} is no object store with a certificate of its own; remove it"
        for name in keys
        if not (stores.get(name) or {}).get("tls", {}).get("certificate")
    )
    now = time.time()
    given = {name: store["tls"] for name, store in stores.items() if store["tls"].get("certificate")}
    refuse(text for name, tls in given.items() for text in _wrong(name, tls, keys.get(name), now))
    return {
        name: own_ca.Signed(str(given[name]["ca"]), str(given[name]["certificate"]), str(keys[name]))
        if name in given
        else _own(engine, name, _names(name, store["tls"]), now)
        for name, store in stores.items()
    }


def _names(name: str, tls: Params) -> list[str]:
    short = service(name)
    return list(dict.fromkeys([short, short.removesuffix(".svc"), *map(str, tls.get("names") or ())]))


def _wrong(name: str, tls: Params, key: Any, now: float) -> Iterator[str]:
    """What is wrong with a given certificate."""
    place = f"{ROLE}_config.{STORES}: {name}: tls"
    if not key or "PRIVATE KEY-----" not in str(key):
        yield f"{place}: {ROLE}_secrets.{KEYS}.{name} has no key in PEM for the certificate; give it"
    if _MARK not in str(tls.get("ca") or ""):
        yield f"{place}.ca: is no certificate in PEM; give that of the CA, by which Rook and clients verify"
    try:
        names, ends = x509.names(place, tls["certificate"]), x509.validity(place, tls["certificate"])
    except KubeError as error:
        yield str(error)
        return
    if ends.days_left(now) < 1:
        yield f"{place}.certificate: has ended; give a new one"
    missing = [one for one in (service(name), *map(str, tls.get("names") or ())) if not _covers(names, one)]
    if missing:
        yield (
            f"{place}.certificate: is not for {', '.join(missing)}, but for {', '.join(sorted(names)) or 'no name'}; "
            "let it be signed for these too"
        )


def _covers(names: frozenset[str], wanted: str) -> bool:
    """Whether one of the names is the wanted one, or stands for it with * as its first part (RFC 6125, 6.4.3)."""
    return wanted in names or f"*.{wanted.partition('.')[2]}" in names


def _own(engine: Engine, name: str, names: list[str], now: float) -> own_ca.Signed:
    """The certificate that the store has, or a new one where it ends, or lacks a name."""
    live = get(engine.transport, f"/api/v1/namespaces/{NAMESPACE}/secrets/{secret_name(name)}")
    if live is not None and (held := _held(live, name, names, now)):
        return held
    if engine.check:
        return _PLANNED
    wanted = [f"subjectAltName={','.join(f'DNS:{one}' for one in names)}", "extendedKeyUsage=serverAuth"]
    # A common name has at most 64 characters (RFC 5280, ub-common-name), and nobody looks at it.
    what = "the certificates of object stores"
    return own_ca.signed(what, f"{ROLE}-{name}"[:64], f"rgw-{name}"[:64], DAYS, wanted)


def _held(live: Json, name: str, names: list[str], now: float) -> own_ca.Signed | None:
    place = f"Secret {NAMESPACE}/{secret_name(name)}"
    try:
        chain, key = (base64.b64decode(live["data"][one]).decode() for one in (_CHAIN, _KEY))
        certificate, mark, ca = chain.rpartition(_MARK)
        known, ends = x509.names(place, certificate), x509.validity(place, certificate)
    except (KeyError, ValueError, KubeError) as error:
        raise ClusterLayerError(
            f"{place}: is no certificate with its CA ({error}); remove it, so that a new one is made"
        ) from error
    if ends.days_left(now) < RENEW or not set(names) <= known:
        return None
    return own_ca.Signed(mark + ca, certificate, key)


def render(params: Params) -> Iterator[Json]:
    """The Secrets and ConfigMaps of stores that have TLS."""
    found: Mapping[str, own_ca.Signed] = params.get(CERTIFICATES) or {}
    for name, one in found.items():
        chain = one.certificate.rstrip() + "\n"
        if one.ca.strip() not in chain:
            chain += one.ca.rstrip() + "\n"
        metadata = {"name": secret_name(name), "namespace": NAMESPACE}
        values = {_CHAIN: chain, _KEY: one.key}
        yield {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata,
               "stringData": values}  # fmt: skip
        metadata = {"name": ca_name(name), "namespace": NAMESPACE}
        yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {CA: one.ca.rstrip() + "\n"}}
