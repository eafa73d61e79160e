# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of object stores: made once and kept, made anew in time, and given ones that are judged."""

from __future__ import annotations

import base64
import time
import types
import typing as t
from functools import cache

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import (
    own_ca,
    rook_ceph_classes,
    rook_ceph_input,
    rook_ceph_tls,
)
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError
from ansible_collections.groundup.cloud.plugins.module_utils.kube import x509

Params = dict[str, t.Any]
NAME = "rook-ceph-rgw-s3.rook-ceph.svc"
MORE = "s3.example.net"
DAY = 86400


class Engine:
    """A double of the engine: an API server that has one Secret or none."""

    def __init__(self, live: Params | None = None, *, check: bool = False) -> None:
        self.check = check
        self.transport = types.SimpleNamespace(find=lambda _path: live)


@pytest.fixture(autouse=True)
def _reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rook_ceph_tls, "get", lambda transport, path: transport.find(path))


def config(**tls: t.Any) -> Params:
    return {"object_stores": [{"name": "s3", "tls": {"names": [MORE], **tls}}, {"name": "plain", "tls": None}]}


def of(engine: Engine, params: Params, keys: Params | None = None) -> own_ca.Signed:
    found = rook_ceph_tls.certificates(engine, params, keys or {})  # type: ignore[arg-type]
    assert set(found) == {"s3"}
    return found["s3"]


@cache
def made() -> own_ca.Signed:
    return of(Engine(), config())


@cache
def given(*names: str, days: int = 9) -> own_ca.Signed:
    return own_ca.signed("x", "ca", "x", days, [f"subjectAltName={','.join(f'DNS:{name}' for name in names)}"])


def stored(found: own_ca.Signed) -> Params:
    """The Secret as the API server has it."""
    secret = next(one for one in rook_ceph_tls.render({"certificates": {"s3": found}}) if one["kind"] == "Secret")
    return {"data": {key: base64.b64encode(text.encode()).decode() for key, text in secret["stringData"].items()}}


def test_a_certificate_is_made_once_for_all_names_and_kept() -> None:
    assert x509.names("x", made().certificate) == {NAME, "rook-ceph-rgw-s3.rook-ceph", MORE}
    kept = of(Engine(stored(made())), config())
    assert kept.certificate.strip() == made().certificate.strip() and kept.key == made().key
    assert stored(kept) == stored(made()), "a run that changes nothing writes the same"


def test_another_one_is_made_for_another_name_and_before_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    other = of(Engine(stored(made())), config(names=["other.example.net"]))
    assert "other.example.net" in x509.names("x", other.certificate) and other.ca != made().ca
    ends = x509.validity("x", made().certificate).ends
    monkeypatch.setattr(rook_ceph_tls.time, "time", lambda: ends - 61 * DAY)
    assert of(Engine(stored(made())), config()).key == made().key
    monkeypatch.setattr(rook_ceph_tls.time, "time", lambda: ends - 59 * DAY)
    assert of(Engine(stored(made())), config()).key != made().key


def test_where_nothing_may_change_none_is_made() -> None:
    assert of(Engine(check=True), config()).key == "made by the run"


def test_a_given_certificate_is_used_with_its_key() -> None:
    one = given(NAME, f"*.{MORE.partition('.')[2]}")
    found = of(Engine(), config(certificate=one.certificate, ca=one.ca), {"s3": one.key})
    assert found == one
    secret, ca = rook_ceph_tls.render({"certificates": {"s3": found}})
    assert secret["stringData"]["tls.crt"] == one.certificate + one.ca and ca["data"] == {"ca.crt": one.ca}
    chain = of(Engine(), config(certificate=one.certificate + one.ca, ca=one.ca), {"s3": one.key})
    assert next(rook_ceph_tls.render({"certificates": {"s3": chain}}))["stringData"]["tls.crt"].count("BEGIN") == 2


def wrong() -> dict[str, tuple[Params, Params, str]]:
    good, other = given(NAME, MORE), given("x.example.net")
    both = {"certificate": good.certificate, "ca": good.ca}
    return {
        "no key": (config(**both), {}, "rook_ceph_secrets.keys.s3 has no key in PEM for the certificate"),
        "no CA": (config(certificate=good.certificate), {"s3": good.key}, "s3: tls.ca: is no certificate in PEM"),
        "no certificate": (config(certificate="x", ca=good.ca), {"s3": good.key}, "s3: tls: "),
        "another name": (
            config(certificate=other.certificate, ca=other.ca), {"s3": other.key},
            f"tls.certificate: is not for {NAME}, {MORE}, but for x.example.net; let it be signed for these too",
        ),
        "a key of nobody": (config(), {"s3": good.key}, "keys: s3 is no object store with a certificate of its own"),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["no key", "no CA", "no certificate", "another name", "a key of nobody"])
def test_a_given_certificate_that_can_t_be_used_is_refused(name: str) -> None:
    params, keys, message = wrong()[name]
    with pytest.raises(ClusterLayerError) as error:
        of(Engine(), params, keys)
    assert message in str(error.value) and "PRIVATE KEY" not in str(error.value)


def test_a_given_certificate_that_has_ended_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    one = given(NAME, MORE)
    later = time.time() + 10 * DAY
    monkeypatch.setattr(rook_ceph_tls.time, "time", lambda: later)
    with pytest.raises(ClusterLayerError, match="has ended; give a new one"):
        of(Engine(), config(certificate=one.certificate, ca=one.ca), {"s3": one.key})


def test_a_secret_that_is_no_certificate_is_named() -> None:
    with pytest.raises(
        ClusterLayerError, match=r"Secret rook-ceph/rook-ceph-rgw-s3-tls: is no certificate with its CA"
    ):
        of(Engine({"data": {"tls.crt": "eA==", "tls.key": "eA=="}}), config())


def test_gateways_have_the_port_of_tls_alone_and_restart_with_another_certificate() -> None:
    params = {**config(), "nodes": [{}, {}, {}], "certificates": {"s3": made()}}
    stores = {one["metadata"]["name"]: one["spec"]["gateway"] for one in rook_ceph_classes.render(params)
              if one["kind"] == "CephObjectStore"}  # fmt: skip
    gateway = stores["s3"]
    assert (gateway["securePort"], gateway["sslCertificateRef"]) == (443, "rook-ceph-rgw-s3-tls")
    assert "port" not in gateway and gateway["annotations"] == rook_ceph_tls.digest(made())
    assert rook_ceph_tls.digest(made()) != rook_ceph_tls.digest(given(NAME))
    assert stores["plain"]["port"] == 80 and "securePort" not in stores["plain"]


def test_users_of_a_store_have_quotas() -> None:
    users = [{"name": "acme", "max_size": "100Gi", "max_objects": 5, "max_buckets": None}, {"name": "all"}]
    params = {"object_stores": [{"name": "s3", "users": users}], "nodes": [{}]}
    found = {one["metadata"]["name"]: one["spec"] for one in rook_ceph_classes.render(params)
             if one["kind"] == "CephObjectStoreUser"}  # fmt: skip
    assert found["s3-acme"]["quotas"] == {"maxSize": "100Gi", "maxObjects": 5} and found["s3-acme"]["store"] == "s3"
    assert "quotas" not in found["s3-all"]


@pytest.mark.parametrize(
    ("users", "message"),
    [
        ([{"name": "A"}], "users: A is no name"),
        ([{"name": "a", "max_size": "much"}], "users: a: max_size much is no size; give one such as 100Gi"),
        ([{"name": "a", "max_buckets": 0}], "users: a: a quota below 1 lets it store nothing"),
        ([{"name": "a"}, {"name": "a"}], "users: a is s3-a to Rook, as in rook_ceph_config.object_stores: s3"),
    ],
)
def test_a_wrong_user_is_refused(users: list[Params], message: str) -> None:
    nodes = [{"node": f"n{number}", "disks": [{"id": {"serial": f"S{number}"}}]} for number in range(3)]
    params = {"nodes": nodes, "public_networks": ["10.40.0.0/24"], "object_stores": [{"name": "s3", "users": users}]}
    with pytest.raises(ClusterLayerError) as error:
        rook_ceph_input.check(params)
    assert message in str(error.value)
