# SPDX-License-Identifier: GPL-3.0-or-later
"""A small real Ceph of Debian's packages: three monitors, a manager, and three or more OSDs on sparse files."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from services.processes import bound

PROGRAMS = {"ceph-mon": "ceph-mon", "ceph-mgr": "ceph-mgr", "ceph-osd": "ceph-osd", "ceph": "ceph-common"}
CONF = """[global]
fsid = {fsid}
mon host = {hosts}
mon initial members = {names}
auth cluster required = none
auth service required = none
auth client required = none
public addr = 127.0.0.1
run dir = {home}
log file = {home}/$name.log
admin socket = {home}/$name.$pid.asok
pid file =
keyring = {home}/keyring
mon data = {home}/mon.$id
mgr data = {home}/mgr.$id
osd data = {home}/osd.$id
osd objectstore = bluestore
bluestore block size = 2147483648
bluestore cache size = 67108864
osd memory target = 939524096
osd crush update on start = false
osd crush chooseleaf type = 0
osd pool default pg autoscale mode = off
osd heartbeat interval = 1
osd heartbeat grace = 20
osd op complaint time = 3
mgr stats period = 2
osd recovery sleep hdd = 0
osd recovery max active hdd = 20
mon data avail warn = 1
mon lease = 5
mon warn on slow ping time = 600000
mon warn on insecure global id reclaim = false
mon warn on insecure global id reclaim allowed = false
"""


def free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for __ in range(number)]
    for item in sockets:
        item.bind(("127.0.0.1", 0))
    ports = [int(item.getsockname()[1]) for item in sockets]
    for item in sockets:
        item.close()
    return ports


class Shell:
    """`ceph` that carries out one command after another: its start takes 0.3 s of CPU, a command 0.01 s."""

    def __init__(self, command: list[str], fsid: str) -> None:
        words = [*command, "--connect-timeout", "60", "--format", "json"]
        #: What it says to the command that follows each of a test, so that the end of that one's answer is known.
        self.end = f'{{"fsid":"{fsid}"}}'
        self.process = subprocess.Popen(
            bound(*words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    def ask(self, *words: str) -> Any:
        """The object that the command answers, or else what it says; AssertionError where it fails, or after 120 s."""
        assert self.process.stdin
        timer = threading.Timer(120, self.process.kill)
        timer.start()
        try:
            self.process.stdin.write(f"{shlex.join(words)}\nfsid\n")
            self.process.stdin.flush()
            lines = self._lines()
        finally:
            timer.cancel()
        assert not any(line.startswith("Error E") for line in lines), f"{words}: {lines}"
        objects = [json.loads(line) for line in lines if line.startswith(("{", "["))]
        return objects[0] if objects else "\n".join(lines)

    def _lines(self) -> list[str]:
        assert self.process.stdout
        lines: list[str] = []
        while (line := self.process.stdout.readline()) and line.strip() != self.end:
            lines.append(line.strip())
        assert line, f"ceph ended: {lines}"
        return lines


class Cluster:
    """The cluster, its daemons by name, and a way to ask it."""

    def __init__(self, home: Path, osds: int = 3) -> None:
        self.home, self.fsid, self.osds = home, str(uuid.uuid4()), [str(number) for number in range(osds)]
        self.conf = str(home / "ceph.conf")
        self.mons = dict(zip("abc", free_ports(3), strict=True))
        self.daemons: dict[str, subprocess.Popen[Any]] = {}
        self.command = ["ceph", "-c", self.conf]
        self.shell: Shell | None = None

    def up(self) -> None:
        hosts = ",".join(f"v2:127.0.0.1:{port}" for port in self.mons.values())
        names = ",".join(self.mons)
        Path(self.conf).write_text(CONF.format(fsid=self.fsid, home=self.home, hosts=hosts, names=names))
        (self.home / "keyring").touch()
        places = [word for name, port in self.mons.items() for word in ("--addv", name, f"[v2:127.0.0.1:{port}]")]
        self.sh("monmaptool", "--create", *places, "--fsid", self.fsid, str(self.home / "monmap"))
        for name in self.mons:
            (self.home / f"mon.{name}").mkdir()
            self.sh("ceph-mon", "-c", self.conf, "-i", name, "--mkfs", "--monmap", str(self.home / "monmap"))
            self.start("mon", name)
        (self.home / "mgr.x").mkdir()
        self.start("mgr", "x")
        for number in self.osds:
            self.add_osd(number)
        self.ask("osd", "pool", "create", "rbd", "8")
        self.ask("osd", "pool", "application", "enable", "rbd", "rbd")

    def add_osd(self, number: str, device: str = "", destroyed: bool = False) -> None:
        """An OSD on a device, or on a file of 2 GiB; in the place of a destroyed one, as `ceph-volume` makes it."""
        ident = str(uuid.uuid4())
        shutil.rmtree(self.home / f"osd.{number}", ignore_errors=True)
        (self.home / f"osd.{number}").mkdir()
        if device:
            (self.home / f"osd.{number}/block").symlink_to(device)
        self.ask("osd", "new", ident, *([number] if destroyed else []))
        self.sh("ceph-osd", "-c", self.conf, "-i", number, "--mkfs", "--osd-uuid", ident)
        if not destroyed:
            self.ask("osd", "crush", "add", f"osd.{number}", "1.0", "root=default", f"host=node{number}")
        self.start("osd", number)

    def start(self, kind: str, name: str) -> None:
        words = [f"ceph-{kind}", "-c", self.conf, "-i", name, "-f"]
        with (self.home / f"{kind}.{name}.out").open("wb") as out:
            self.daemons[f"{kind}.{name}"] = subprocess.Popen(bound(*words), stdout=out, stderr=out)

    def start_again(self) -> None:
        """Start what a failed test has killed, so that the next test fails for reasons of its own only."""
        for kind, name in [("mon", name) for name in self.mons] + [("osd", number) for number in self.osds]:
            if f"{kind}.{name}" not in self.daemons:
                self.start(kind, name)

    def kill(self, daemon: str) -> None:
        process = self.daemons.pop(daemon)
        process.kill()
        process.wait()

    def ask(self, *words: str) -> Any:
        """See :class:`Shell`."""
        self.shell = self.shell or Shell(self.command, self.fsid)
        return self.shell.ask(*words)

    def sh(self, *words: str) -> str:
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout.strip()

    def until(self, true: Callable[[], bool], seconds: float = 240) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, self.ask("health", "detail")
            time.sleep(0.5)

    def down(self) -> None:
        running = [*self.daemons.values(), *([self.shell.process] if self.shell else [])]
        for process in running:
            process.kill()
        for process in running:
            process.wait()


@contextmanager
def raised(home: Path, osds: int = 3) -> Iterator[Cluster]:
    """A cluster that runs, where one can; its daemons end with the test module."""
    missing = sorted({package for program, package in PROGRAMS.items() if not shutil.which(program)})
    if missing:
        pytest.skip(f"packages are missing: {', '.join(missing)}")
    if os.geteuid():
        pytest.skip("Ceph's daemons are started as root here")
    found = Cluster(home, osds)
    try:
        found.up()
        yield found
    finally:
        found.down()


@pytest.fixture(scope="module")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with raised(tmp_path_factory.mktemp("ceph")) as found:
        yield found


@pytest.fixture
def cluster(shared_cluster: Cluster) -> Iterator[Cluster]:
    yield shared_cluster
    shared_cluster.start_again()
