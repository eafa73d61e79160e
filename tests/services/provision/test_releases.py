# SPDX-License-Identifier: GPL-3.0-or-later
"""Two small releases, made here, served at a time by a real nginx and a real docker-registry."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.image_storage import (
    MANIFEST,
    Blob,
    Registry,
    manifest,
)
from ansible_collections.groundup.cloud.plugins.module_utils.provision import (
    ca,
    files,
    provisioner,
    releases,
    services,
    steps,
)
from ansible_collections.groundup.cloud.plugins.module_utils.provision.settings import Settings

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(
        os.geteuid() != 0 or not all(shutil.which(name) for name in ("nginx", "docker-registry", "openssl")),
        reason="needs root, nginx, docker-registry and openssl",
    ),
]
REPOSITORY = "images.example/app"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_bundle(directory: Path, release: str) -> str:
    """A bundle of one file and one image with the same tag in each release. Gives the image's digest."""
    storage, layer, configuration = Registry(directory / "registry"), release.encode() * 1000, b"{}"
    data = manifest(
        configuration, f"sha256:{sha256(configuration)}", [Blob.plain({"sha256": sha256(layer), "size": len(layer)})]
    )
    for part in (layer, configuration):
        storage.put_blob(REPOSITORY, f"sha256:{sha256(part)}", part)
    digest = f"sha256:{sha256(data)}"
    storage.put_manifest(REPOSITORY, digest, data, "1")
    file = {"sha256": sha256(layer), "size": len(layer), "path": f"files/sha256/{sha256(layer)}", "kind": "binary"}
    (directory / file["path"]).parent.mkdir(parents=True)  # type: ignore[operator]
    (directory / file["path"]).write_bytes(layer)  # type: ignore[operator]
    held = {"lock": release, "source": "upstream", "files": {"tool": file}}
    held["images"] = {f"{REPOSITORY}:1": {"digest": digest, "size": 1}}
    (directory / "bundle.json").write_text(json.dumps(held))
    return digest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def apply(settings: Settings) -> None:
    plan = steps.Plan()
    releases.require(plan, settings)
    plan.apply()


class World:
    """The directories of the releases, their images' digests, and the servers' settings."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.digests = {name: make_bundle(home / name, name) for name in ("first", "second", "third")}
        bare = Settings("t", f"{home}/state", "lo", "127.0.0.1", "127.0.0.0/8", f"{home}/second", ())
        ports = {"http_port": free_port(), "registry_port": free_port()}
        self.settings = replace(bare, **ports, service_user="www-data", more_bundle_dirs=(f"{home}/first",))

    def get(self, url: str) -> bytes:
        context = ssl.create_default_context(cafile=self.settings.path("ca", "ca.crt"))
        request = urllib.request.Request(url, headers={"Accept": MANIFEST})
        end = time.monotonic() + 20
        while True:
            try:
                secure = context if url.startswith("https:") else None
                with urllib.request.urlopen(request, timeout=10, context=secure) as answer:
                    return bytes(answer.read())
            except urllib.error.HTTPError:
                raise
            except urllib.error.URLError:
                assert time.monotonic() < end, f"{url} is not served"
                time.sleep(0.1)

    def manifest(self, reference: str) -> bytes:
        port = self.settings.registry_port
        return self.get(f"https://127.0.0.1:{port}/v2/{REPOSITORY}/manifests/{reference}")

    def blob(self, digest: str) -> bytes:
        return self.get(f"https://127.0.0.1:{self.settings.registry_port}/v2/{REPOSITORY}/blobs/{digest}")

    def file(self, release: str) -> bytes:
        name = sha256(release.encode() * 1000)
        return self.get(f"{self.settings.base_url}/bundle/files/sha256/{name}")


@pytest.fixture
def world() -> Iterator[World]:
    home = Path(tempfile.mkdtemp(prefix="groundup-releases-"))  # tmp_path is closed to nginx's user
    home.chmod(0o755)
    found, running = World(home), []
    try:
        plan = steps.Plan()
        files.require(plan, directories=provisioner.directories(found.settings))
        plan.apply()
        ca.make(found.settings.path("ca"), "t", ["127.0.0.1"])
        apply(found.settings)
        for service in (services.nginx(found.settings), services.registry(found.settings)):
            plan = steps.Plan()
            files.require(plan, service.files)
            plan.apply()
            with open(f"{home}/{service.name}.log", "wb") as log:
                running.append(subprocess.Popen(service.argv, stdout=log, stderr=log))
        yield found
    finally:
        for process in running:
            process.terminate()
            process.wait(10)
        shutil.rmtree(home)


def pullable(world: World, release: str) -> bool:
    """Whether an image can be pulled by its digest, with all its blobs, and the release's file be fetched."""
    try:
        data = world.manifest(world.digests[release])
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return False
        raise
    assert f"sha256:{sha256(data)}" == world.digests[release]
    for part in (json.loads(data)["config"], *json.loads(data)["layers"]):
        assert f"sha256:{sha256(world.blob(part['digest']))}" == part["digest"]
    return world.file(release) == release.encode() * 1000


def test_both_releases_are_served_and_the_next_pair_replaces_them_without_a_restart(world: World) -> None:
    assert [pullable(world, name) for name in ("first", "second", "third")] == [True, True, False]
    assert f"sha256:{sha256(world.manifest('1'))}" == world.digests["second"]
    apply(replace(world.settings, bundle_dir=f"{world.home}/third", more_bundle_dirs=(f"{world.home}/second",)))
    assert [pullable(world, name) for name in ("first", "second", "third")] == [False, True, True]
    assert f"sha256:{sha256(world.manifest('1'))}" == world.digests["third"]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        world.file("first")
