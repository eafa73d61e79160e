# SPDX-License-Identifier: GPL-3.0-or-later
"""The script for objects in busybox's shell, against a double of an object store that verifies each signature."""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import bucket_pod

BUSYBOX = shutil.which("busybox")
pytestmark = pytest.mark.skipif(BUSYBOX is None, reason="busybox is not installed here")
#: The example of AWS' documentation of Amazon S3, Authenticating Requests.
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Store(BaseHTTPRequestHandler):
    """A double of an object store with one bucket. `fault`: what it does wrong."""

    objects: dict[str, bytes]
    fault: str
    most: int
    seen: list[str]

    def handle_all(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(f"{self.command} {self.headers.get('Authorization', 'unsigned')[:16]}")
        if not self._is_signed(body) and self.fault != "open":
            self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif self.command == "PUT" and len(body) > self.most:
            self._answer(403, b"<Error><Code>QuotaExceeded</Code></Error>")
        elif self.command == "PUT":
            self.objects[self.path] = body[: 1000 if self.fault == "short" else None]
            self._answer(507 if self.fault == "full" else 200)
        elif self.command == "DELETE":
            del self.objects[self.path]
            self._answer(204)
        else:
            self._answer(200, self.objects[self.path])

    do_GET = do_PUT = do_DELETE = handle_all  # noqa: N815

    def _is_signed(self, body: bytes) -> bool:
        given, digest = self.headers.get("Authorization", ""), hashlib.sha256(body).hexdigest()
        when, host = self.headers["x-amz-date"], self.headers["Host"]
        names = "host;x-amz-content-sha256;x-amz-date"
        lines = [self.command, self.path, "", f"host:{host}", f"x-amz-content-sha256:{digest}", f"x-amz-date:{when}"]
        request = "\n".join([*lines, "", names, digest])
        scope = f"{when[:8]}/us-east-1/s3/aws4_request"
        made = f"AWS4{SECRET}".encode()
        for part in scope.split("/"):
            made = mac(made, part)
        wanted = "\n".join(["AWS4-HMAC-SHA256", when, scope, hashlib.sha256(request.encode()).hexdigest()])
        signature = mac(made, wanted).hex()
        return given == f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, Signature={signature}"

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def store() -> Iterator[HTTPServer]:
    Store.objects, Store.fault, Store.seen, Store.most = {}, "", [], 1 << 30
    server = HTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def shell(script: str, directory: Path, **env: str) -> subprocess.CompletedProcess[str]:
    (directory / "bin").mkdir(exist_ok=True)
    for applet in ("sh", "xxd", "tr", "sha256sum", "cut", "date", "wc", "cat", "nc", "sed", "head", "yes", "cmp"):
        if not (directory / "bin" / applet).exists():
            os.symlink(str(BUSYBOX), directory / "bin" / applet)
    script = script.replace("/tmp/", f"{directory}/")
    argv = [str(BUSYBOX), "sh", "-c", script]
    env = {"PATH": str(directory / "bin"), "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, **env}
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=600, check=False)


def run(server: HTTPServer, directory: Path, **more: str) -> tuple[int, str]:
    env = {"BUCKET_HOST": "127.0.0.1", "BUCKET_PORT": str(server.server_port), "BUCKET_NAME": "b-1", "WORD": "x y"}
    env |= more
    done = shell(bucket_pod.SCRIPT, directory, **env)
    assert done.stderr == ""
    return done.returncode, done.stdout.strip()


def test_an_object_is_put_got_and_deleted_by_signed_requests(store: HTTPServer, tmp_path: Path) -> None:
    assert run(store, tmp_path) == (0, "good")
    signed = "AWS4-HMAC-SHA256"
    assert Store.seen == [f"PUT {signed}", f"GET {signed}", "GET unsigned", f"DELETE {signed}"]
    assert Store.objects == {}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("full", "the object was not put: 507"),
        ("short", "what was got is not what was put: 1000 bytes"),
        ("open", "without the key, the answer is: 200"),
    ],
)
def test_what_does_not_work_fails_the_pod(store: HTTPServer, tmp_path: Path, fault: str, words: str) -> None:
    Store.fault = fault
    status, said = run(store, tmp_path)
    assert status == 1 and words in said


def test_an_object_beyond_the_quota_is_refused(store: HTTPServer, tmp_path: Path) -> None:
    Store.most = bucket_pod.MOST
    assert run(store, tmp_path, TOO_MUCH="yes") == (0, "good") and Store.objects == {}
    Store.most = 1 << 30
    status, said = run(store, tmp_path, TOO_MUCH="yes")
    assert status == 1 and said.startswith("beyond the quota, the answer is: 200")


def test_a_store_that_does_not_answer_fails_the_pod(tmp_path: Path) -> None:
    env = {"BUCKET_HOST": "127.0.0.1", "BUCKET_PORT": "1", "BUCKET_NAME": "b", "WORD": "x"}
    done = shell(bucket_pod.SCRIPT, tmp_path, **env)
    assert done.returncode == 1 and "the object was not put: no connection to 127.0.0.1:1" in done.stdout


@pytest.mark.parametrize("length", [1, 63, 64, 65, 200])
def test_the_code_of_a_message_is_that_of_rfc_2104(length: int, tmp_path: Path) -> None:
    functions = bucket_pod.SCRIPT.partition("signed()")[0]
    key, text = "k" * length, "some text"
    done = shell(f'{functions}\nprintf %s "$TEXT" | mac "$(printf %s "$KEY" | hex)"', tmp_path, KEY=key, TEXT=text)
    assert done.stdout.strip() == mac(key.encode(), text).hex()


def test_the_signature_of_the_documentation_is_computed(tmp_path: Path) -> None:
    """Signing key and text of the example for GET of the documentation."""
    functions = bucket_pod.SCRIPT.partition("signed()")[0]
    parts = "20130524 us-east-1 s3 aws4_request"
    digest = "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972"
    text = f"AWS4-HMAC-SHA256\\n20130524T000000Z\\n20130524/us-east-1/s3/aws4_request\\n{digest}"
    script = f"""{functions}
made=$(printf %s "AWS4$AWS_SECRET_ACCESS_KEY" | hex)
for part in {parts}; do made=$(printf %s "$part" | mac "$made"); done
printf '{text}' | mac "$made" """
    done = shell(script, tmp_path)
    assert done.stdout.strip() == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
