# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bundle holds beyond its lock: an image and a manifest from their publishers, with both origins."""

from __future__ import annotations

import functools
import hashlib
import http.server
import threading
import typing as t
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import digests, image_storage, index, relock
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.additions import added
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError, NotPinned
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.make import faults, make

from .test_own_images import LOCK, publish, request

pytestmark = pytest.mark.services

MANIFEST = b"apiVersion: v1\nkind: Namespace\nmetadata: {name: network}\n"
#: What no other image of this lock is made from.
ONLY: dict[str, t.Any] = {**LOCK, "images": {}, "layers": {}, "upstream_images": {}}


@contextmanager
def web_server(directory: Path) -> t.Iterator[str]:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(directory))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("origin", ["upstream", "source"])
def test_an_image_and_a_manifest_of_ones_own_are_taken_from_their_publishers(
    tmp_path: Path, serve: t.Callable[[Path], t.ContextManager[str]], origin: str
) -> None:
    digest = publish(tmp_path / "published")
    (tmp_path / "sources").mkdir()
    (tmp_path / "web").mkdir()
    (tmp_path / "web/network.yml").write_bytes(MANIFEST)
    with serve(tmp_path / "published") as registry, web_server(tmp_path / "web") as web:
        host = registry.removeprefix("http://")
        image = f"{host}/own/app:1"
        entry = {"url": f"{web}/network.yml", "sha256": hashlib.sha256(MANIFEST).hexdigest()}
        additions = {"manifests": {"network": entry}, "images": [image]}
        mirrors = {f"https://{host}": registry}
        lock = added(ONLY, additions)
        with pytest.raises(NotPinned, match=rf"no digest for upstream_images\.{image};"):
            make(request(tmp_path, lock, origin))
        parameters: dict[str, t.Any] = {"lock": ONLY, "additions": additions, "mirrors": mirrors, "images": {}}
        parameters |= {"digests": {}, "needs": {}, "source": "source", "ca_file": None, "auth_file": None}
        found = relock.resolve(parameters, tmp_path / "cache")
        assert found["digests"] == {"upstream_images": {image: digest}}
        pinned = digests.applied(lock, found["digests"], {})
        held = make(replace(request(tmp_path, pinned, origin), mirrors=mirrors))
        other = {**entry, "sha256": "a" * 64}
        wrong = digests.applied(added(ONLY, {"manifests": {"network": other}}), {}, {})
        with pytest.raises(BundleError, match=r"a{64}"):
            make(replace(request(tmp_path, wrong, origin), directory=tmp_path / "other"))
    assert not faults(tmp_path / "bundle", held) and index.registries(held) == [host]
    assert image_storage.Registry(tmp_path / "bundle/registry").digest(image) == digest
    assert index.missing(held, ["manifest:network", image, "manifest:other"]) == ["manifest:other"]
