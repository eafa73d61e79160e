# SPDX-License-Identifier: GPL-3.0-or-later
"""NetBox by HTTP: pages, tokens, and what goes wrong. The double is in this process."""

from __future__ import annotations

import hashlib
import pathlib
import ssl
import subprocess
import typing as t
from collections.abc import Iterator

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.sources import netbox, netbox_client
from ansible_collections.groundup.cloud.plugins.module_utils.sources.errors import SourceError
from ansible_collections.groundup.cloud.plugins.module_utils.sources.netbox_client import NetBox
from services.netbox.netbox_double import TOKEN, NetBoxDouble
from services.netbox.netbox_racks import Site

from .conftest import Params


@pytest.fixture
def double(site: Site) -> Iterator[NetBoxDouble]:
    served = NetBoxDouble(site.tables)
    yield served
    served.close()


def client(double: NetBoxDouble, token: str = TOKEN, seconds: float = 10) -> NetBox:
    return NetBox(double.start(), token, seconds=seconds, sleep=lambda _seconds: None)


def refusal(read: NetBox, path: str = "dcim/devices", query: t.Any = None) -> str:
    with pytest.raises(SourceError) as caught:
        read.all(path, query or {})
    read.close()
    return str(caught.value)


def test_the_same_model_as_without_http(double: NetBoxDouble, params: Params) -> None:
    """In pages of three objects, whose links name a host that is not NetBox's."""
    expected = netbox.run(params, True, double)["model"]
    double.max_page = 3
    found = netbox.run({**params, "url": double.start(), "token": TOKEN}, True)
    assert found["model"] == expected
    assert {query["limit"][0] for _path, query in double.requests} == {"200"}
    assert len([path for path, _query in double.requests if path == "dcim/interfaces"]) > 10


def test_every_object_is_read_once_in_order(double: NetBoxDouble) -> None:
    double.max_page, double.shuffled = 7, True
    read = client(double)
    ids = [item["id"] for item in read.all("dcim/interfaces", {})]
    read.close()
    assert ids == sorted({item["id"] for item in double.tables["dcim/interfaces"]})


def test_many_ids_are_asked_for_in_parts(double: NetBoxDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netbox_client, "CHUNK", 2)
    ids = [item["id"] for item in double.tables["dcim/devices"]]
    read = client(double)
    assert [item["id"] for item in read.of("dcim/devices", "id", ids)] == ids
    read.close()
    assert all(len(query["id"]) <= 2 for _path, query in double.requests)


@pytest.mark.parametrize(("token", "header"), [(TOKEN, f"Token {TOKEN}"), ("nbt_key.secret", "Bearer nbt_key.secret")])
def test_tokens_of_both_versions(double: NetBoxDouble, token: str, header: str) -> None:
    double.token = token
    read = client(double, token)
    assert read.all("dcim/racks", {})
    read.close()
    assert set(double.headers) == {header}


def test_a_refused_token_is_sent_once(double: NetBoxDouble) -> None:
    text = refusal(client(double, "wrong-token-7"))
    assert "it refuses access (HTTP 403)" in text and "Invalid v1 token" in text and "another token" in text
    assert "wrong-token-7" not in text and len(double.requests) == 1


@pytest.mark.parametrize(
    ("status", "expected", "requests"),
    [
        (401, "it refused the token (HTTP 401)", 1),
        (403, "it refuses access (HTTP 403)", 1),
        (500, "HTTP 500", 1),
        (404, "HTTP 404", 1),
        (302, "HTTP 302", 1),
        (503, "HTTP 503", netbox_client.TRIES),
    ],
)
def test_answers_that_are_errors(double: NetBoxDouble, status: int, expected: str, requests: int) -> None:
    double.answers["dcim/devices"] = [status] * 5
    text = refusal(client(double))
    assert expected in text and "/api/dcim/devices/: " in text and ";" in text
    assert len(double.requests) == requests


def test_an_overloaded_netbox_is_asked_again(double: NetBoxDouble) -> None:
    double.answers["dcim/devices"] = [503, 502]
    read = client(double)
    assert len(read.all("dcim/devices", {})) == len(double.tables["dcim/devices"])
    read.close()


def test_a_site_that_netbox_does_not_know(double: NetBoxDouble) -> None:
    text = refusal(client(double), query={"site": ["dc7"]})
    assert "it does not know a filter's value" in text and "dc7 is not one of the available choices" in text


def test_a_page_that_never_comes(double: NetBoxDouble) -> None:
    double.stalls, double.max_page = "dcim/devices", 3
    text = refusal(client(double, seconds=0.3))
    assert "timed out" in text and "check url, timeout" in text


@pytest.mark.parametrize("body", ["<html>", "[]", '{"results": [{"name": "x"}]}', '{"results": 3}'])
def test_answers_that_are_no_pages(double: NetBoxDouble, body: str) -> None:
    double.raw["dcim/devices"] = body
    assert "give the address of NetBox itself" in refusal(client(double))


def test_pages_that_have_no_end(double: NetBoxDouble) -> None:
    double.raw["dcim/devices"] = '{"count": 9, "next": "http://x/", "results": []}'
    assert "the page after 0 objects is empty and names another one" in refusal(client(double))


def test_an_object_that_is_deleted_meanwhile(double: NetBoxDouble) -> None:
    """The second page begins one object later, so that one was never read."""
    double.shrinks, double.max_page = "dcim/devices", 3
    assert "the list changed while it was read; run it again" in refusal(client(double))


def test_an_empty_token() -> None:
    with pytest.raises(SourceError, match="token: is empty; give it by NETBOX_TOKEN"):
        NetBox("https://netbox.example.net", " ")


def test_nobody_listens() -> None:
    assert "check url" in refusal(NetBox("http://127.0.0.1:9", TOKEN))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://netbox.example.net", "http would show the token to the network"),
        ("netbox.example.net", "is no address"),
        ("https://me:pass-9@netbox.example.net", "is no address"),
    ],
)
def test_addresses_that_are_refused(url: str, expected: str) -> None:
    with pytest.raises(SourceError) as caught:
        NetBox(url, TOKEN)
    assert expected in str(caught.value) and "pass-9" not in str(caught.value)


def test_the_path_of_the_api_may_be_in_the_address() -> None:
    assert NetBox("https://example.net/netbox/api/", TOKEN).url == "https://example.net/netbox"


def test_the_certificate_is_verified_before_the_token_is_sent(double: NetBoxDouble, tmp_path: pathlib.Path) -> None:
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=netbox"
    made = [*words.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    certificate = tmp_path / "cert.pem"
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()
    url = double.start(str(certificate), str(tmp_path / "key.pem"))
    for tls in ({"fingerprint": fingerprint}, {"ca_file": str(certificate)}):
        read = NetBox(url, TOKEN, tls)
        assert read.all("dcim/racks", {})
        read.close()
    double.requests.clear()
    for tls in ({"fingerprint": "0" * 64}, {}):
        text = refusal(NetBox(url, TOKEN, tls))
        assert "its certificate was refused" in text and "the token was not sent" in text and "tls.fingerprint" in text
    assert double.requests == []


def test_a_ca_file_that_is_missing_and_a_fingerprint_that_is_none(tmp_path: pathlib.Path) -> None:
    text = refusal(NetBox("https://127.0.0.1:9", TOKEN, {"ca_file": str(tmp_path / "no.pem")}))
    assert f"tls.ca_file: there is no file {tmp_path}/no.pem; correct it" in text
    assert "tls.fingerprint: a SHA-256 fingerprint" in refusal(
        NetBox("https://127.0.0.1:9", TOKEN, {"fingerprint": "ab"})
    )
