# SPDX-License-Identifier: GPL-3.0-or-later
"""The program for objects by TLS, against a double of an object store with a certificate that openssl has signed."""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import cache
from http.server import HTTPServer
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import own_ca
from ansible_collections.groundup.cloud.plugins.module_utils.prove import bucket_pod, bucket_tls_pod

from .test_bucket_pod import KEY, SECRET, Store


@cache
def signed(name: str) -> own_ca.Signed:
    return own_ca.signed("x", "ca", "x", 2, [f"subjectAltName={name}"])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[HTTPServer]:
    Store.objects, Store.fault, Store.seen, Store.most = {}, "", [], 1 << 30
    one = signed("IP:127.0.0.1")
    (tmp_path / "pem").write_text(one.certificate + one.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    server = HTTPServer(("127.0.0.1", 0), Store)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def run(port: int, ca: str, **more: str) -> tuple[int, str]:
    env = {"BUCKET_HOST": "127.0.0.1", "BUCKET_PORT": str(port), "BUCKET_NAME": "b-1", "WORD": "x y", "CA": ca,
           "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, **more}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", bucket_tls_pod.PROGRAM],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.strip()


def test_an_object_is_put_got_and_deleted_by_verified_tls(store: HTTPServer) -> None:
    assert run(store.server_port, signed("IP:127.0.0.1").ca) == (0, "good")
    assert [one.partition(" ")[0] for one in Store.seen] == ["PUT", "GET", "GET", "DELETE"] and Store.objects == {}


def test_a_certificate_of_another_ca_is_refused_before_anything_is_sent(store: HTTPServer) -> None:
    status, said = run(store.server_port, signed("DNS:other").ca)
    assert status == 1 and said.startswith("the certificate of 127.0.0.1 is not what its CA signed: ")
    assert Store.seen == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("full", "the object was not put: 507"),
        ("short", "what was got is not what was put: 200: 1000 bytes"),
        ("open", "without the key, the answer is: 200"),
    ],
)
def test_what_does_not_work_fails_the_pod(store: HTTPServer, fault: str, words: str) -> None:
    Store.fault = fault
    status, said = run(store.server_port, signed("IP:127.0.0.1").ca)
    assert status == 1 and words in said


def test_an_object_beyond_the_quota_is_refused(store: HTTPServer) -> None:
    ca = signed("IP:127.0.0.1").ca
    Store.most = bucket_pod.MOST
    assert run(store.server_port, ca, TOO_MUCH="yes") == (0, "good") and Store.objects == {}
    Store.most = 1 << 30
    status, said = run(store.server_port, ca, TOO_MUCH="yes")
    assert status == 1 and said.startswith("beyond the quota, the answer is: 200")


def test_a_store_that_does_not_answer_fails_the_pod() -> None:
    status, said = run(1, signed("IP:127.0.0.1").ca)
    assert status == 1 and said.startswith("no connection to 127.0.0.1:1")
