# SPDX-License-Identifier: GPL-3.0-or-later
"""Images out of a real docker-registry that speaks TLS and wants tokens, as public registries do."""

from __future__ import annotations

import base64
import http.server
import json
import os
import shutil
import subprocess
import threading
import time
import typing as t
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import image_storage, pull
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.fetch import Fetcher
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.image import digest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.upstream import Origin

from .conftest import registry as serve

pytestmark = pytest.mark.services

NAME = "k8s/team/app"
LEEWAY = 60  # seconds that docker-registry takes a token longer than it says


def openssl(*words: str | Path, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *map(str, words)], input=data, check=True, capture_output=True).stdout


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Tokens(http.server.ThreadingHTTPServer):
    """Gives tokens as distribution's docs/spec/auth/token.md has them; ``lives`` says for how many seconds."""

    daemon_threads = True

    def __init__(self, keys: Path) -> None:
        super().__init__(("127.0.0.1", 0), Token)
        self.keys = keys
        self.lives = 300.0
        self.answer: bytes | None = None  # instead of a token
        self.asked: list[dict[str, str]] = []

    def token(self, scope: str) -> str:
        kind, name, actions = scope.split(":")
        certificate = openssl("x509", "-in", self.keys / "certificate", "-outform", "DER")
        head = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(certificate).decode()]}
        now = time.time()
        body = {
            "iss": "tokens",
            "aud": "images",
            "sub": "",
            "jti": str(len(self.asked)),
            "iat": int(now),
            "nbf": int(now - 5),
            "exp": int(now + self.lives - LEEWAY),
            "access": [{"type": kind, "name": name, "actions": actions.split(",")}],
        }
        text = f"{encoded(json.dumps(head).encode())}.{encoded(json.dumps(body).encode())}"
        return f"{text}.{encoded(openssl('dgst', '-sha256', '-sign', self.keys / 'key', data=text.encode()))}"


class Token(http.server.BaseHTTPRequestHandler):
    server: Tokens

    def do_GET(self) -> None:
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        self.server.asked.append(asked)
        answer = self.server.answer or json.dumps({"token": self.server.token(asked["scope"])}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: t.Any) -> None:
        """Keep the tests' output quiet."""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a key, and a certificate of it for 127.0.0.1 that is its own CA."""
    root = tmp_path_factory.mktemp("keys")
    made = ["-newkey", "rsa:2048", "-nodes", "-keyout", root / "key", "-out", root / "certificate", "-days", "2"]
    openssl("req", "-x509", *made, "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    return root


@pytest.fixture
def tokens(keys: Path) -> Iterator[Tokens]:
    with Tokens(keys) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def publish(root: Path, platforms: t.Sequence[str]) -> str:
    """An image for several platforms, with an attestation between them as builders put it there. Gives its digest."""
    shelf, children = image_storage.Registry(root), []
    for platform in (*platforms[:1], "unknown/unknown", *platforms[1:]):
        system, architecture = platform.split("/")
        layer, settings = f"layer {architecture}".encode() * 1000, json.dumps({"architecture": architecture}).encode()
        for part in (layer, settings):
            shelf.put_blob(NAME, digest(part), part)
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": image_storage.MANIFEST,
                "config": {"mediaType": image_storage.CONFIG, "digest": digest(settings), "size": len(settings)},
                "layers": [{"mediaType": image_storage.LAYER, "digest": digest(layer), "size": len(layer)}],
            }
        ).encode()
        shelf.put_manifest(NAME, digest(manifest), manifest, None)
        child = {"mediaType": image_storage.MANIFEST, "digest": digest(manifest), "size": len(manifest)}
        children.append(child | {"platform": {"os": system, "architecture": architecture}})
    index = json.dumps({"schemaVersion": 2, "mediaType": image_storage.INDEX, "manifests": children}).encode()
    shelf.put_manifest(NAME, digest(index), index, "1")
    return digest(index)


class World(t.NamedTuple):
    """A registry behind TLS and tokens: one image in it, and how it is read."""

    image: str
    source: pull.Source
    tokens: Tokens


@pytest.fixture
def world(tmp_path: Path, keys: Path, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("SSL_CERT_FILE", str(keys / "certificate"))
    image = publish(tmp_path / "published", ["linux/arm64", "linux/amd64"])
    realm = f"http://127.0.0.1:{tokens.server_port}/token"
    wants = {"realm": realm, "service": "images", "issuer": "tokens", "rootcertbundle": str(keys / "certificate")}
    tls = (keys / "certificate", keys / "key")
    with serve(tmp_path / "published", tmp_path, tls, auth={"token": wants}) as url:
        origin = Origin({"https://images.example": f"{url}/k8s"}, tmp_path / "parts")
        base, name, _tag = pull.locate("images.example/team/app:1")
        yield World(image, pull.Source(*origin.repository(base, name), Fetcher(tmp_path / "parts")), tokens)


def test_an_image_comes_for_one_platform_out_of_its_index_with_one_token(world: World) -> None:
    pulled = pull.read(world.source, "app", world.image, "linux/amd64")
    index, manifest = (json.loads(data) for data in pulled.manifests.values())
    assert next(iter(pulled.manifests)) == world.image and len(index["manifests"]) == 3
    assert list(pulled.blobs) == [manifest["config"]["digest"], manifest["layers"][0]["digest"]]
    config, layer = (world.source.blob("app", blob) for blob in pulled.blobs)
    assert json.loads(config.read_bytes()) == {"architecture": "amd64"}
    assert layer.read_bytes() == b"layer amd64" * 1000
    assert world.tokens.asked == [{"scope": f"repository:{NAME}:pull", "service": "images"}]


def test_a_token_that_ran_out_is_renewed(world: World) -> None:
    world.tokens.lives = 2.0
    pulled = pull.read(world.source, "app", world.image, "linux/amd64")
    time.sleep(3.0)
    for blob in pulled.blobs:
        world.source.blob("app", blob)
    assert len(world.tokens.asked) == 2


def test_a_platform_that_is_not_there_is_named(world: World) -> None:
    with pytest.raises(BundleError, match="app has no image for linux/riscv64; choose another"):
        pull.read(world.source, "app", world.image, "linux/riscv64")


def test_an_image_that_is_not_there_is_named(world: World) -> None:
    with pytest.raises(BundleError, match=rf"app can't be had: https://.*/v2/{NAME}/manifests/2 answered 404"):
        world.source.manifest("app", "2")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b'{"token": "made.up.token"}', "wants more than an anonymous token"),
        (b"{}", "gave no token"),
        (b"<html>", "gave no token"),
        (b"[]", "gave no token"),
    ],
)
def test_a_token_that_is_none_is_said_to_be_none(world: World, answer: bytes, says: str) -> None:
    world.tokens.answer = answer
    with pytest.raises(BundleError, match=says):
        world.source.manifest("app", "1")


def test_a_registry_that_wants_a_password_is_named(tmp_path: Path) -> None:
    publish(tmp_path / "published", ["linux/amd64"])
    (tmp_path / "users").write_text("")
    basic = {"htpasswd": {"realm": "people", "path": str(tmp_path / "users")}}
    with serve(tmp_path / "published", tmp_path, auth=basic) as url:
        source = pull.Source(url, NAME, Fetcher(tmp_path / "parts"))
        with pytest.raises(BundleError, match=rf"{url} wants 'Basic realm=\"people\"'; only anonymous registries"):
            source.manifest("app", "1")


@pytest.mark.skipif(not shutil.which("skopeo"), reason="a second opinion needs skopeo")
def test_another_client_takes_the_same_image(world: World, tmp_path: Path) -> None:
    words = ["skopeo", "inspect", "--raw", f"docker://{world.source.base.removeprefix('https://')}/{NAME}:1"]
    raw = subprocess.run(words, check=True, capture_output=True, env=dict(os.environ)).stdout
    assert digest(raw) == world.image
