# SPDX-License-Identifier: GPL-3.0-or-later
"""Single downloads against a double of a publisher's web server, with the faults that real ones have."""

from __future__ import annotations

import hashlib
import os
import ssl
import subprocess
import threading
import typing as t
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import relock, web
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.content import write_atomic
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.fetch import Fetcher
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.guard import full_disk_named

pytestmark = pytest.mark.services

TOOL = bytes(range(256)) * 4096
OTHER = TOOL[::-1]
HALF = len(TOOL) // 2


def hexa(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Slept(list[float]):
    """A clock that only notes how long was waited."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def get(server: t.Any, directory: Path, *paths: str, slept: Slept | None = None) -> bytes:
    fetcher = Fetcher(directory, slept if slept is not None else Slept())
    return fetcher.get("tool", [f"{server.url}{path}" for path in paths or ("/tool",)], hexa(TOOL)).read_bytes()


def ranges(server: t.Any) -> list[str | None]:
    return [wanted for path, wanted in server.asked if path == "/tool"]


@pytest.fixture
def server(web: t.Any) -> t.Any:
    web.content["/tool"] = TOOL
    return web


def replace_by(server: t.Any, data: bytes) -> t.Callable[[], None]:
    return lambda: server.content.update({"/tool": data})


def test_a_file_that_changed_meanwhile_is_not_joined_to_the_old_one(server: t.Any, tmp_path: Path) -> None:
    server.tags, server.content["/tool"] = True, OTHER
    server.faults["/tool"] = ["cut", replace_by(server, TOOL)]
    assert get(server, tmp_path) == TOOL
    assert ranges(server) == [None, f"bytes={HALF}-"]  # answered with the whole, as If-Range asks for
    assert server.headers[1]["If-Range"] == f'"{hexa(OTHER)}"'


def test_the_next_run_knows_who_sent_the_beginning(server: t.Any, tmp_path: Path) -> None:
    server.tags, server.faults["/tool"] = True, ["cut", *[503] * web.ATTEMPTS]
    with pytest.raises(BundleError, match="503"):
        get(server, tmp_path)
    assert (tmp_path / f"{hexa(TOOL)}.part").stat().st_size == HALF
    assert get(server, tmp_path) == TOOL
    assert server.headers[-1]["If-Range"] == f'"{hexa(TOOL)}"'
    assert [path.name for path in tmp_path.iterdir()] == [hexa(TOOL)]


def test_a_mirror_goes_on_where_the_first_stopped_and_is_not_asked_about_its_tag(server: t.Any, tmp_path: Path) -> None:
    server.tags, server.content["/mirror"] = True, TOOL
    server.faults["/tool"] = ["cut", *[503] * web.ATTEMPTS]
    assert get(server, tmp_path, "/tool", "/mirror") == TOOL
    assert server.asked[-1] == ("/mirror", f"bytes={HALF}-")
    assert "If-Range" not in server.headers[-1]


def test_pieces_of_different_files_are_fetched_once_more_from_the_start(server: t.Any, tmp_path: Path) -> None:
    server.content["/tool"] = OTHER
    server.faults["/tool"] = ["cut", replace_by(server, TOOL)]
    assert get(server, tmp_path) == TOOL
    assert ranges(server) == [None, f"bytes={HALF}-", None]


def test_a_rest_of_another_place_is_not_taken(server: t.Any, tmp_path: Path) -> None:
    server.faults["/tool"] = ["cut", "lie"]
    assert get(server, tmp_path) == TOOL
    assert ranges(server) == [None, f"bytes={HALF}-", None]


@pytest.mark.parametrize(
    ("wish", "waited"), [("7", 7.0), ("86400", web.LONGEST), ("Fri, 31 Dec 1999 23:59:59 GMT", 1.0)]
)
def test_a_server_s_wish_for_a_pause_is_granted_within_bounds(
    server: t.Any, tmp_path: Path, wish: str, waited: float
) -> None:
    slept, server.wish, server.faults["/tool"] = Slept(), wish, [429]
    assert get(server, tmp_path, slept=slept) == TOOL
    assert slept == [waited]


def test_pauses_grow_and_end(server: t.Any, tmp_path: Path) -> None:
    slept, server.faults["/tool"] = Slept(), [503] * 100
    with pytest.raises(BundleError, match=r"tool: .*answered 503.*failed 6 times"):
        get(server, tmp_path, slept=slept)
    assert slept == [1, 2, 4, 8, 16]


def test_a_line_that_breaks_again_and_again_brings_the_file_as_long_as_it_brings_anything(
    server: t.Any, tmp_path: Path
) -> None:
    slept, server.faults["/tool"] = Slept(), ["cut"] * 10
    assert get(server, tmp_path, slept=slept) == TOOL
    assert slept == [1] * 10


def test_a_server_that_starts_over_and_breaks_off_each_time_is_given_up(server: t.Any, tmp_path: Path) -> None:
    changes = [replace_by(server, bytes([number]) * len(TOOL)) for number in range(20)]
    server.tags = True

    def another() -> str:
        changes.pop()()
        return "cut"

    server.faults["/tool"] = [another] * 20
    with pytest.raises(BundleError, match=r"broke off after \d+ of \d+ bytes \(failed 6 times\)"):
        get(server, tmp_path)
    assert len(ranges(server)) == 7  # the first brought a half, the next six not a byte more


def test_it_says_how_far_it_is(server: t.Any, tmp_path: Path) -> None:
    said: list[str] = []
    Fetcher(tmp_path, Slept()).get("tool", [f"{server.url}/tool"], hexa(TOOL), said.append)
    assert said == ["1.0 of 1.0 MiB"]


def test_a_token_goes_along_on_the_same_server_only(server: t.Any) -> None:
    here, there = f"{server.url}/tool", f"http://localhost:{server.server_port}/tool"
    server.redirects = {"/same": here, "/other": there}
    for path, expected in (("/same", "secret"), ("/other", None)):
        web.request(f"{server.url}{path}", {"Authorization": "secret"}).close()
        assert server.headers[-1].get("Authorization") == expected


@pytest.mark.parametrize("url", ["no url", "http://[::1/x", "http://127.0.0.1:port/"])
def test_an_invalid_url_is_refused_at_once(url: str) -> None:
    with pytest.raises(BundleError, match="is not a valid URL"):
        web.request(url)


@contextmanager
def over_tls(server: t.Any, scratch: Path) -> t.Iterator[str]:
    """The publisher behind a certificate that it signed itself; gives its URL."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(scratch / "key"), "-out", str(scratch / "certificate")]
    subprocess.run([*words, *names, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(scratch / "certificate", scratch / "key")
    with type(server)() as safe:
        safe.socket = context.wrap_socket(safe.socket, server_side=True)
        safe.content, safe.redirects = server.content, server.redirects
        thread = threading.Thread(target=safe.serve_forever, daemon=True)
        thread.start()
        yield safe.url.replace("http:", "https:")
        safe.shutdown()
        thread.join()


def test_a_certificate_of_an_unknown_authority_is_refused_at_once(
    server: t.Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = Slept()
    with over_tls(server, tmp_path) as url:
        with pytest.raises(BundleError, match=r"certificate can't be verified.*SSL_CERT_FILE"):
            Fetcher(tmp_path, slept).get("tool", [f"{url}/tool"], hexa(TOOL))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate"))
        assert Fetcher(tmp_path, slept).get("tool", [f"{url}/tool"], hexa(TOOL)).read_bytes() == TOOL
    assert slept == []


def test_nothing_leaves_tls(server: t.Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.redirects["/moved"] = f"{server.url}/tool"
    with over_tls(server, tmp_path) as url:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate"))
        with pytest.raises(BundleError, match=r"/moved leads to http://.*which has no TLS"):
            Fetcher(tmp_path, Slept()).get("tool", [f"{url}/moved"], hexa(TOOL))
    assert ("/tool", None) not in server.asked


@pytest.fixture
def small_disk(tmp_path: Path) -> t.Iterator[Path]:
    """A file system with room for half of TOOL and little else."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={HALF}", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_named_and_keeps_the_part_but_no_whole(server: t.Any, tmp_path: Path, small_disk: Path) -> None:
    with pytest.raises(BundleError, match=r"no room for the bundle.*disk has 0 MiB left.*continues from here"):  # noqa: SIM117
        with full_disk_named(small_disk, tmp_path):
            get(server, small_disk)
    assert not (small_disk / hexa(TOOL)).exists()
    part = small_disk / f"{hexa(TOOL)}.part"
    have = part.stat().st_size
    assert 0 < have < len(TOOL) and part.read_bytes() == TOOL[:have]
    subprocess.run(["mount", "-o", f"remount,size={3 * len(TOOL)}", str(small_disk)], check=True)
    assert get(server, small_disk) == TOOL
    assert ranges(server) == [None, f"bytes={have}-"]


def test_what_does_not_fit_replaces_nothing_and_leaves_nothing(small_disk: Path) -> None:
    write_atomic(small_disk / "index", b"old")
    with pytest.raises(OSError, match="No space left"):
        write_atomic(small_disk / "index", TOOL)
    assert [path.name for path in small_disk.iterdir()] == ["index"]
    assert (small_disk / "index").read_bytes() == b"old"


def lock_of(url: str) -> dict[str, t.Any]:
    """A lock whose one download has no digest."""
    return {
        **{name: {} for name in ("builds", "files", "layers", "images", "upstream_images")},
        "version": 1,
        "platform": "linux/amd64",
        "kubernetes": "1.0.0",
        "go": "1.26.8",
        "local_images": [],
        "debian": {"suite": "trixie"},
        "downloads": {"tool": {"version": "1", "url": url, "sha256": None}},
        "upstream_files": {"tool": {"download": "tool"}},
    }


def test_what_a_bundle_compiles_is_not_looked_up(server: t.Any, tmp_path: Path) -> None:
    lock = lock_of(f"{server.url}/missing")
    assert relock.relock(lock, {}, tmp_path / "downloads", source="source") == (lock, [])
    with pytest.raises(BundleError, match="missing"):
        relock.relock(lock, {}, tmp_path / "downloads")


def test_a_publisher_s_sums_of_a_whole_release_confirm_a_digest(server: t.Any, tmp_path: Path) -> None:
    server.content["/SHA256SUMS"] = f"{'0' * 64}  other-tool\n{hexa(TOOL)}  tool\n".encode()
    lock = lock_of(f"{server.url}/tool")
    found, filled = relock.relock(lock, {}, tmp_path / "downloads")
    assert found["downloads"]["tool"]["sha256"] == hexa(TOOL)
    assert filled == [{"name": "tool", "digest": hexa(TOOL), "confirmed": f"{server.url}/SHA256SUMS"}]
    assert list((tmp_path / "downloads").iterdir()) == []
