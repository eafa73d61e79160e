# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing an image from a faulty web server: the disk has the complete, verified image, or nothing that boots."""

from __future__ import annotations

import fcntl
import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.disks import gpt
from ansible_collections.groundup.cloud.plugins.module_utils.disks.erase import erase
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent import write
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent.refusal import Refusal

STEP = 2 * 1024 * 1024
SIZE = 7 * 1024 * 1024
Fault = Callable[[int, int, bytes], bytes | int]


def content() -> bytes:
    table = gpt.Table(
        "a759afb6-44e1-5fbc-a3ff-bef44d59fcf7",
        SIZE // 512,
        (gpt.Partition(gpt.ROOT_X86_64, "a759afb6-44e1-5fbc-a3ff-bef44d59fcf8", 2048, 3 * 2048 - 1, 0, "root"),),
    )
    head, tail = gpt.build(table)
    data = bytearray(hashlib.shake_128(b"image").digest(SIZE))
    data[: len(head)] = b"B" * 440 + head[440:]
    data[2 * STEP : 3 * STEP] = bytes(STEP)  # a chunk of zeros
    data[-len(tail) :] = tail
    return bytes(data)


class Server:
    """Serves ranges; `fault(start, number of earlier requests of this range, data)` returns other bytes or a status."""

    def __init__(self) -> None:
        self.data, self.requested = content(), []
        self.fault: Fault = lambda start, count, data: data
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
                outer.requested.append(first)
                answer = outer.fault(first, outer.requested.count(first), outer.data[first : last + 1])
                body = answer if isinstance(answer, bytes) else b""
                self.send_response(206 if isinstance(answer, bytes) else answer)
                self.send_header("Content-Length", str(last + 1 - first if isinstance(answer, bytes) else 0))
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = len(body) != last + 1 - first

            def log_message(self, *_args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def manifest(self) -> dict[str, Any]:
        chunks = [hashlib.sha256(self.data[i : i + STEP]).hexdigest() for i in range(0, SIZE, STEP)]
        url = f"http://127.0.0.1:{self.http.server_port}/images/x.raw"
        return {"url": url, "size": SIZE, "chunk_size": STEP, "chunks": chunks}


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.http.shutdown()
    found.http.server_close()


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "disk"
    path.write_bytes(b"\xaa" * (16 * 1024 * 1024))
    return path


def image(server: Server) -> write.Image:
    return write.Image(server.manifest(), lambda done, total: None, sleep=lambda seconds: None)


def test_the_disk_is_bootable_only_after_finish(server: Server, disk: Path) -> None:
    erase(str(disk), 16 * 1024 * 1024, [])
    found = image(server)
    found.write(str(disk))
    written = disk.read_bytes()
    assert written[: write.HEAD] == bytes(write.HEAD)
    assert written[write.HEAD : SIZE] == server.data[write.HEAD :]
    assert 2 * STEP not in server.requested  # chunks of zeros are not fetched
    table = write.grown(found.head, 16 * 1024 * 1024, "0f1e2d3c-4b5a-4789-8abc-def012345678")
    write.finish(str(disk), found.head, table)
    final = disk.read_bytes()
    assert gpt.parse(final) == table
    assert (
        final[:440] == b"B" * 440 and final[34 * 512 : SIZE - write.HEAD] == server.data[34 * 512 : SIZE - write.HEAD]
    )
    assert final[-512 : -512 + 8] == b"EFI PART"


@pytest.mark.parametrize(
    "fault",
    [
        lambda start, count, data: data[:-1] + b"!" if count < 3 else data,
        lambda start, count, data: 503 if count < 3 else data,
        lambda start, count, data: data[: len(data) // 2] if count < 3 else data,
    ],
    ids=["wrong bytes", "503", "connection closed"],
)
def test_a_wrong_chunk_is_fetched_again(server: Server, disk: Path, fault: Fault) -> None:
    server.fault = lambda start, count, data: fault(start, count, data) if start == STEP else data
    found = image(server)
    found.write(str(disk))
    assert found.refetched == 2
    assert disk.read_bytes()[write.HEAD : SIZE] == server.data[write.HEAD :]


@pytest.mark.parametrize(
    ("fault", "code"),
    [(lambda start, count, data: bytes(len(data)), "checksum"), (lambda start, count, data: 404, "network")],
)
@pytest.mark.parametrize("chunk", [0, STEP])
def test_a_chunk_that_stays_wrong_ends_the_deployment(
    server: Server, disk: Path, fault: Fault, code: str, chunk: int
) -> None:
    erase(str(disk), 16 * 1024 * 1024, [])
    server.fault = lambda start, count, data: fault(start, count, data) if start == chunk else data
    with pytest.raises(Refusal, match="can't boot") as refusal:
        image(server).write(str(disk))
    assert refusal.value.code == code
    assert disk.read_bytes()[: write.HEAD] == bytes(write.HEAD)


def test_a_manifest_that_does_not_match_its_size_is_refused(server: Server) -> None:
    with pytest.raises(Refusal, match="lists 4 chunks"):
        write.Image({**server.manifest(), "size": SIZE * 2}, lambda done, total: None)


def test_a_reserved_disk_is_locked_against_udev(tmp_path: Path) -> None:
    """udev skips a disk that it can't lock at once (LOCK_EX | LOCK_NB)."""
    disk = tmp_path / "disk"
    disk.touch()
    with disk.open("rb") as udev:
        with write.reserved(str(disk)), pytest.raises(BlockingIOError):
            fcntl.flock(udev, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(udev, fcntl.LOCK_EX | fcntl.LOCK_NB)
