# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes an image so that a disk contains either the complete, verified image, or nothing that boots.

The first MiB (boot code, partition table) is kept in memory until the caller has finished everything else, with the
seed; an interruption before that leaves a disk without a partition table.
"""

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import hashlib
import os
import queue
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...disks import gpt
from ...disks.erase import zero
from . import api, mirror
from .refusal import Refusal

HEAD = 1024 * 1024
_BLKPG = 0x1269
_ADD, _DELETE = 1, 2
_TRIES = 4

Progress = Callable[[int, int], None]


@contextlib.contextmanager
def reserved(path: str) -> Iterator[None]:
    """Locks a disk, so that udev does not read its partition table (systemd, "Locking Block Device Access").

    udev reads it whenever a writer closes the disk, which would remove a partition of `show_partition`.
    """
    disk = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(disk, fcntl.LOCK_EX)
        yield
    finally:
        os.close(disk)


def show_partition(path: str, number: int, first: int, last: int) -> None:
    """Makes the kernel provide the sectors first..last as a partition that is in no table on the disk."""
    _blkpg(path, _ADD, number, first * gpt.SECTOR, (last - first + 1) * gpt.SECTOR)


def hide_partition(path: str, number: int) -> None:
    """Removes such a partition. A missing one is not an error: that error would hide the original one."""
    try:
        _blkpg(path, _DELETE, number, 0, 0)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise


def _blkpg(path: str, operation: int, number: int, start: int, length: int) -> None:
    """The ioctl BLKPG (linux/blkpg.h). It takes a pointer to the partition, for which an array gives its address."""
    partition = array.array("B", struct.pack("<qqi64s64s4x", start, length, number, b"", b""))
    address, size = partition.buffer_info()
    disk = os.open(path, os.O_RDWR)
    try:
        fcntl.ioctl(disk, _BLKPG, struct.pack("<iiiiQ", operation, 0, size, 0, address))
    finally:
        os.close(disk)


class Image:
    """Fetches, verifies and writes the chunks of an image.

    `manifest`: `{url, size, chunk_size, chunks: [sha256]}`; raises Refusal(checksum) if a chunk is wrong in all tries.
    """

    def __init__(self, manifest: Mapping[str, Any], progress: Progress, sleep: Callable[[float], None] = time.sleep):
        self.size, self.step = int(manifest["size"]), int(manifest["chunk_size"])
        self.digests = [str(digest) for digest in manifest["chunks"]]
        self.host, self.port, self.path = api.split(str(manifest["url"]))
        self.progress, self.sleep = progress, sleep
        self.refetched = 0
        self.head = b""
        self._zero = hashlib.sha256(bytes(self.step)).hexdigest()
        if len(self.digests) != -(-self.size // self.step):
            raise Refusal(
                "plan",
                f"the manifest lists {len(self.digests)} chunks for {self.size} bytes",
                "build or publish the image again",
            )

    def write(self, *paths: str) -> None:
        """Writes, verifies and syncs everything except the first MiB, which is then in `head`, to one disk or more."""
        queued: queue.Queue[tuple[int, bytearray | None] | BaseException] = queue.Queue(maxsize=2)
        stop = threading.Event()
        reader = threading.Thread(target=self._fetch_all, args=(queued, stop), daemon=True)
        reader.start()
        disks: list[int] = []
        try:
            disks += [os.open(path, os.O_RDWR) for path in paths]
            for index in range(len(self.digests)):
                item = queued.get()
                if isinstance(item, BaseException):
                    raise item
                for disk in disks:
                    self._place(disk, *item)
                self.progress(min((index + 1) * self.step, self.size), self.size)
            for disk in disks:
                os.fsync(disk)
        finally:
            stop.set()
            for disk in disks:
                os.close(disk)

    def _place(self, disk: int, index: int, data: bytearray | None) -> None:
        start, length = index * self.step, min(self.step, self.size - index * self.step)
        if data is None:
            zero(disk, start, length)
            return
        view = memoryview(data)
        if index == 0:
            self.head, view, start = bytes(view[:HEAD]), view[HEAD:], HEAD
        done = 0
        while done < len(view):
            done += os.pwrite(disk, view[done:], start + done)

    def _fetch_all(
        self, queued: queue.Queue[tuple[int, bytearray | None] | BaseException], stop: threading.Event
    ) -> None:
        connection = api.Connection(self.host, self.port)
        try:
            for index, digest in enumerate(self.digests):
                if stop.is_set():
                    return
                blank = index > 0 and digest == self._zero
                queued.put((index, None if blank else self._chunk(connection, index, digest)))
        except BaseException as error:  # handed to the writing thread, which raises it
            queued.put(error)
        finally:
            connection.close()

    def _chunk(self, connection: api.Connection, index: int, digest: str) -> bytearray:
        """The chunk with the right digest; it is fetched again a few times if it is wrong or the connection breaks."""
        data = bytearray(min(self.step, self.size - index * self.step))
        problem = ""
        for attempt in range(_TRIES):
            if attempt:
                self.refetched += 1
                self.sleep(min(2.0**attempt, 10))
            try:
                api.fetch_range(connection, self.path, index * self.step, memoryview(data))
            except OSError as error:
                connection.close()
                problem = str(error)
                continue
            found = hashlib.sha256(data).hexdigest()
            if found == digest:
                return data
            problem = f"sha256 {found} instead of {digest}"
        code = "checksum" if problem.startswith("sha256") else "network"
        raise Refusal(
            code,
            f"chunk {index} of {self.path}: {problem} ({_TRIES} tries); the disk can't boot",
            "publish the image again on the provisioner"
            if code == "checksum"
            else "check that the provisioner's web server runs and that its disk is not full",
        )


def grown(head: bytes, size: int, deploy_id: str) -> gpt.Table:
    """The image's partition table on a disk of `size` bytes, with the deployment's id as its GUID."""
    try:
        return gpt.grow(gpt.parse(head), size // gpt.SECTOR, deploy_id)
    except gpt.GptError as error:
        raise Refusal("plan", f"the image's partition table: {error}", "build or publish the image again") from error


def tables(head: bytes, sizes: Sequence[int], deploy_id: str) -> list[gpt.Table]:
    """The partition table of each disk of `sizes` bytes: of the only one, or of two that mirror each other."""
    table = grown(head, min(sizes), deploy_id)
    return [table] if len(sizes) == 1 else mirror.tables(table, sizes, deploy_id)


def finish(path: str, head: bytes, table: gpt.Table) -> None:
    """Makes the disk bootable: writes the backup table, then the first MiB with the grown table."""
    front, back = gpt.build(table)
    first = head[:440] + front[440:] + head[len(front) :]
    disk = os.open(path, os.O_RDWR)
    try:
        os.pwrite(disk, back, (table.sectors - gpt.TAIL) * gpt.SECTOR)
        os.fsync(disk)
        os.pwrite(disk, first, 0)
        os.fsync(disk)
    finally:
        os.close(disk)
