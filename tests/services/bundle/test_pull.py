# SPDX-License-Identifier: GPL-3.0-or-later
"""Images by skopeo out of a real docker-registry that speaks TLS and wants tokens or logins, as public ones do."""

from __future__ import annotations

import base64
import http.server
import json
import subprocess
import threading
import time
import typing as t
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import image_storage, pull, skopeo
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError, DigestMismatch
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.image import digest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import make
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.relock import relock
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.request import Request
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.skopeo import Place, Skopeo
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.upstream import Origin
from ansible_collections.groundup.cloud.plugins.module_utils.download import trust
from checks.tunnels import Tunnels, tunnels

from .conftest import registry as serve
from .test_fetch import over_tls

pytestmark = pytest.mark.services

NAME = "k8s/team/app"
AMD64 = b"layer amd64" * 1000
# user:secret, as htpasswd -B writes it
LOGIN = "user:$2b$05$Q0onXO8f8NFEr05J11OD.uI7wDnkuezKBtwpOTa94/nPESqPqEi3W"
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
    openssl(
        "req", "-x509", *made, "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:images.example"
    )
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
    """A registry behind TLS and tokens: one image in it, how it is read, and how long the retries slept."""

    image: str
    place: Place
    program: Skopeo
    tokens: Tokens
    scratch: Path
    slept: list[float]

    def read(self, wanted: str | None = None, platform: str = "linux/amd64") -> pull.Pulled:
        program = Skopeo(platform, self.program.auth_file, self.slept.append)
        return read(program, self.place, wanted or self.image, self.scratch)


def read(program: Skopeo, place: Place, wanted: str, scratch: Path) -> pull.Pulled:
    return pull.read(program, place, "app", wanted, scratch, lambda _blob: False, lambda _note: None)


@pytest.fixture
def world(tmp_path: Path, keys: Path, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("SSL_CERT_FILE", str(keys / "certificate"))
    image = publish(tmp_path / "published", ["linux/arm64", "linux/amd64"])
    realm = f"http://127.0.0.1:{tokens.server_port}/token"
    wants = {"realm": realm, "service": "images", "issuer": "tokens", "rootcertbundle": str(keys / "certificate")}
    tls = (keys / "certificate", keys / "key")
    with serve(tmp_path / "published", tmp_path, tls, auth={"token": wants}) as url:
        origin = Origin({"https://images.example": f"{url}/k8s"}, tmp_path / "parts")
        place = origin.place("images.example/team/app:1")
        yield World(image, place, origin.skopeo("linux/amd64"), tokens, tmp_path / "scratch", [])


def test_an_image_comes_for_one_platform_out_of_its_index_with_a_token(world: World) -> None:
    pulled = world.read()
    index, manifest = (json.loads(data) for data in pulled.manifests.values())
    assert next(iter(pulled.manifests)) == world.image and len(index["manifests"]) == 3
    assert list(pulled.blobs) == [manifest["config"]["digest"], manifest["layers"][0]["digest"]]
    config, layer = (pulled.blob("app", blob) for blob in pulled.blobs)
    assert json.loads(config.read_bytes()) == {"architecture": "amd64"}
    assert layer.read_bytes() == AMD64
    assert {(asked["scope"], asked["service"]) for asked in world.tokens.asked} == {
        (f"repository:{NAME}:pull", "images")
    }


def test_blobs_that_are_there_are_not_copied_again(world: World) -> None:
    pulled = pull.read(
        world.program, world.place, "app", world.image, world.scratch, lambda _blob: True, lambda _note: None
    )
    assert len(pulled.manifests) == 2 and not world.scratch.exists()


def test_a_platform_that_is_not_there_is_named(world: World) -> None:
    with pytest.raises(BundleError, match="app has no image for linux/riscv64; choose another"):
        world.read(platform="linux/riscv64")


def test_an_image_that_is_not_there_is_named(world: World) -> None:
    missing = Place(world.place.name.removesuffix(":1") + ":2")
    with pytest.raises(
        BundleError, match=rf"app can't be had from docker://.*/{NAME}:2: .*unknown.*; correct the lock"
    ):
        world.program.raw("app", missing)


@pytest.mark.parametrize("answer", [b'{"token": "made.up.token"}', b"{}", b"<html>", b"[]"])
def test_a_token_that_is_none_is_said_to_be_none(world: World, answer: bytes) -> None:
    world.tokens.answer = answer
    with pytest.raises(BundleError, match=r"app (from|can't be had from) docker://.*; .*"):
        world.read()


@pytest.fixture
def guarded(tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Place]]:
    """An image in a registry that wants a login; gives its digest and place."""
    monkeypatch.setenv("SSL_CERT_FILE", str(keys / "certificate"))
    image = publish(tmp_path / "published", ["linux/amd64"])
    (tmp_path / "users").write_text(LOGIN)
    basic = {"htpasswd": {"realm": "people", "path": str(tmp_path / "users")}}
    with serve(tmp_path / "published", tmp_path, (keys / "certificate", keys / "key"), auth=basic) as url:
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "none.json"))  # docker-registry would read it too
        yield image, Place(f"docker://{url.removeprefix('https://')}/{NAME}:1")


def test_a_registry_that_wants_a_login_is_named_with_the_remedy(guarded: tuple[str, Place], tmp_path: Path) -> None:
    with pytest.raises(
        BundleError, match=r"app can't be had from docker://.*log in with `skopeo login HOST`.*auth_file"
    ):
        read(Skopeo("linux/amd64"), guarded[1], guarded[0], tmp_path / "scratch")


def test_a_login_comes_from_the_auth_file(guarded: tuple[str, Place], tmp_path: Path) -> None:
    image, place = guarded
    host = place.name.removeprefix("docker://").partition("/")[0]
    login = {"auth": base64.b64encode(b"user:secret").decode()}
    (tmp_path / "auth.json").write_text(json.dumps({"auths": {host: login}}))
    pulled = read(Skopeo("linux/amd64", str(tmp_path / "auth.json")), place, image, tmp_path / "scratch")
    assert [pulled.blob("app", blob).stat().st_size for blob in pulled.blobs][1] == len(AMD64)
    with pytest.raises(BundleError, match=r"auth_file: .*other\.json does not exist; write it with `skopeo login"):
        read(Skopeo("linux/amd64", str(tmp_path / "other.json")), place, image, tmp_path / "scratch")


def test_a_private_ca_is_an_error_with_a_remedy_until_it_is_named(
    world: World, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("SSL_CERT_FILE", trust.VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(
        BundleError, match=r"x509: .*; name the file of its CA in ca_file, SSL_CERT_FILE or REQUESTS_CA"
    ):
        world.read()
    with trust.for_programs(tmp_path / "trust", str(keys / "certificate")):
        assert len(world.read().manifests) == 2
    monkeypatch.setenv(trust.VARIABLE, str(keys / "certificate"))
    with trust.for_programs(tmp_path / "trust"):
        assert len(world.read().manifests) == 2


@pytest.fixture
def proxy(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tunnels]:
    with tunnels(int(world.place.name.split(":")[2].partition("/")[0])) as server:
        for variable in ("https_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(variable, f"http://127.0.0.1:{server.server_port}")
        for variable in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(variable, "other.example")
        yield server


def test_images_come_through_the_proxy_of_the_environment(world: World, proxy: Tunnels) -> None:
    moved = world._replace(place=Place(f"docker://images.example/{NAME}:1"))
    assert len(moved.read().manifests) == 2
    assert {host for host, __ in proxy.asked} == {"images.example:443"}


def test_a_proxy_that_refuses_is_named(world: World, proxy: Tunnels) -> None:
    proxy.refuses = 407
    moved = world._replace(place=Place(f"docker://images.example/{NAME}:1"))
    with pytest.raises(
        BundleError, match=r"app can't be had from docker://images\.example.*; correct https_proxy, or name"
    ):
        moved.read()


@pytest.fixture
def faulty(web: t.Any, tmp_path: Path) -> tuple[t.Any, str, str, Place]:
    """The double of a web server with an image in it, its digest, its layer's path, and its place."""
    config, layer = b'{"architecture": "amd64", "os": "linux"}', AMD64 * 100
    kinds = {"config": (config, image_storage.CONFIG), "layer": (layer, image_storage.LAYER)}
    parts = {n: {"mediaType": kind, "digest": digest(d), "size": len(d)} for n, (d, kind) in kinds.items()}
    whole = {"schemaVersion": 2, "mediaType": image_storage.MANIFEST}
    manifest = json.dumps({**whole, "config": parts["config"], "layers": [parts["layer"]]}).encode()
    base = f"/v2/{NAME}"
    web.content = {"/v2/": b"{}", f"{base}/manifests/{digest(manifest)}": manifest}
    web.content |= {f"{base}/blobs/{digest(data)}": data for data in (config, layer)}
    web.kinds = {f"{base}/manifests/{digest(manifest)}": image_storage.MANIFEST}
    place = Place(f"docker://{web.url.removeprefix('http://')}/{NAME}:1", plain=True)
    return web, digest(manifest), f"{base}/blobs/{digest(layer)}", place


def test_an_interrupted_blob_is_copied_again(faulty: tuple[t.Any, str, str, Place], tmp_path: Path) -> None:
    web, image, layer, place = faulty
    slept: list[float] = []
    web.faults[layer] = ["cut", 503]
    pulled = read(Skopeo("linux/amd64", sleep=slept.append), place, image, tmp_path / "scratch")
    assert all(pulled.blob("app", blob).exists() for blob in pulled.blobs)
    assert slept and len([path for path, __ in web.asked if path == layer]) >= 3


def test_a_registry_that_stays_broken_is_named_and_nothing_is_kept(
    faulty: tuple[t.Any, str, str, Place], tmp_path: Path
) -> None:
    web, image, layer, place = faulty
    web.faults[layer] = ["cut"] * 100
    with pytest.raises(BundleError, match=r"app from docker://.*EOF.*\(failed 6 times\); check the network"):
        read(Skopeo("linux/amd64", sleep=lambda _s: None), place, image, tmp_path / "scratch")
    assert not (tmp_path / "scratch").exists()


def test_a_registry_s_wish_for_a_pause_is_granted(faulty: tuple[t.Any, str, str, Place], tmp_path: Path) -> None:
    web, image, layer, place = faulty
    web.faults[layer], web.wish = [429], "1"
    began = time.monotonic()
    read(Skopeo("linux/amd64"), place, image, tmp_path / "scratch")
    assert time.monotonic() - began >= 1


def test_a_blob_of_another_digest_is_refused_and_not_kept(
    faulty: tuple[t.Any, str, str, Place], tmp_path: Path
) -> None:
    web, image, layer, place = faulty
    web.content[layer] = web.content[layer][:-1] + b"!"
    with pytest.raises(
        DigestMismatch, match=r"app blob sha256:\w+: docker://.* gave sha256:.*the lock wants .*refused"
    ):
        read(Skopeo("linux/amd64"), place, image, tmp_path / "scratch")
    assert not (tmp_path / "scratch").exists()


def test_a_manifest_of_another_digest_is_refused(faulty: tuple[t.Any, str, str, Place], tmp_path: Path) -> None:
    web, image, __, place = faulty
    path = f"/v2/{NAME}/manifests/{image}"
    web.content[path] = web.content[path].replace(b"schemaVersion", b"schemaVersion ", 1)
    with pytest.raises((DigestMismatch, BundleError), match=r"app.* (gave|refused)"):
        read(Skopeo("linux/amd64"), place, image, tmp_path / "scratch")


def test_a_registry_without_a_word_is_given_up(
    faulty: tuple[t.Any, str, str, Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web, image, layer, place = faulty
    monkeypatch.setattr(skopeo, "SILENCE", 2.0)
    web.faults[layer] = ["stall"]
    pulled = read(Skopeo("linux/amd64", sleep=lambda _s: None), place, image, tmp_path / "scratch")
    assert all(pulled.blob("app", blob).exists() for blob in pulled.blobs)


def test_a_machine_without_skopeo_is_told_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(BundleError, match=r"no `skopeo` on PATH.*install the package skopeo"):
        skopeo.check()


def test_a_site_s_own_servers_give_a_bundle_by_its_ca_login_and_mirrors(
    guarded: tuple[str, Place], web: t.Any, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files over TLS, images from a registry that wants a login, both with private CAs: resolved, then made."""
    monkeypatch.delenv("SSL_CERT_FILE")
    host = guarded[1].name.removeprefix("docker://").partition("/")[0]
    login = {"auth": base64.b64encode(b"user:secret").decode()}
    (tmp_path / "auth.json").write_text(json.dumps({"auths": {host: login}}))
    web.content["/tool"] = b"a tool"
    lock: dict[str, t.Any] = {
        **{name: {} for name in ("builds", "files", "layers", "images")},
        "version": 1,
        "platform": "linux/amd64",
        "kubernetes": "1.0.0",
        "go": "1.26.8",
        "local_images": [],
        "debian": {"suite": "trixie"},
        "downloads": {"tool": {"version": "1", "url": "https://files.example/tool", "sha256": None}},
        "upstream_files": {"tool": {"download": "tool"}},
        "upstream_images": {"images.example/team/app:1": None},
    }
    with over_tls(web, tmp_path) as files:
        (tmp_path / "own.pem").write_text((tmp_path / "certificate").read_text() + (keys / "certificate").read_text())
        mirrors = {"https://files.example": files, "https://images.example": f"https://{host}/k8s"}
        access = {"ca_file": str(tmp_path / "own.pem"), "auth_file": str(tmp_path / "auth.json")}
        with pytest.raises(BundleError, match=r"(?s)tool: .*certificate can't be verified.*\n.*x509"):
            relock(lock, mirrors, tmp_path / "cache")
        found, __ = relock(lock, mirrors, tmp_path / "cache", **access)
        request = Request(found, tmp_path, "upstream", tmp_path / "cache", tmp_path / "bundle", 1, mirrors, **access)
        held = make(request)
    assert held["images"]["images.example/team/app:1"]["digest"] == guarded[0]
    assert (tmp_path / "bundle" / held["files"]["tool"]["path"]).read_bytes() == b"a tool"
