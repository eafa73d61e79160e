# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Open vSwitch with the user-space datapath, in a network namespace of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos import netconf
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.nvue import revision

from .fault_steps import DOUBLES
from .junos_rig import Junos
from .rigs import Ovs, Rig

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"


class Rack:
    """One bridge, `leaf1`, with dummy network devices as its ports."""

    def __init__(self, home: Path, netns: str) -> None:
        self.home, self.netns = home, netns
        self.database = f"unix:{home}/db.sock"

    def sh(self, *command: str) -> str:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def inside(self, *command: str) -> str:
        return self.sh("ip", "netns", "exec", self.netns, *command)

    def vsctl(self, *command: str) -> str:
        return self.sh("ovs-vsctl", f"--db={self.database}", "--timeout=20", *command).strip()

    def start(self) -> None:
        self.sh("ip", "netns", "add", self.netns)
        self.sh("ovsdb-tool", "create", f"{self.home}/conf.db", SCHEMA)
        self.begin()
        self.vsctl("add-br", "leaf1", "--", "set", "bridge", "leaf1", "datapath_type=netdev")
        for number in range(1, 6):
            self.add_port(f"eth{number}", f"Ethernet{number}")

    def begin(self) -> None:
        """Start both daemons with the database that there is."""
        common = ["--detach", "--no-chdir", f"--log-file={self.home}/ovs.log"]
        sockets = [f"--remote=punix:{self.home}/db.sock", f"--unixctl={self.home}/ovsdb.ctl"]
        self.inside("ovsdb-server", f"{self.home}/conf.db", *sockets, f"--pidfile={self.home}/db.pid", *common)
        self.vsctl("--no-wait", "init")
        control = [f"--unixctl={self.home}/vswitchd.ctl", f"--pidfile={self.home}/vs.pid"]
        self.inside("ovs-vswitchd", self.database, *control, *common)

    def reboot(self) -> None:
        """Kill both daemons and start them again."""
        for name in ("vs.pid", "db.pid"):
            pid = int((self.home / name).read_text())
            os.kill(pid, 9)
            while not ended(pid):
                time.sleep(0.02)
        self.begin()

    def add_port(self, netdev: str, port: str) -> None:
        self.inside("ip", "link", "add", netdev, "type", "veth", "peer", "name", f"p{netdev}")
        self.inside("ip", "link", "set", netdev, "up")
        self.inside("ip", "link", "set", f"p{netdev}", "up")
        mapped = ["set", "Interface", netdev, f"external_ids:groundup-port={port}"]
        self.vsctl("add-port", "leaf1", netdev, "tag=4095", "--", *mapped)

    def stop(self) -> None:
        for name in ("vs.pid", "db.pid"):
            path = self.home / name
            if path.exists():
                os.kill(int(path.read_text()), 15)
        subprocess.run(["ip", "netns", "del", self.netns], check=False)


def ended(pid: int) -> bool:
    """Whether a process has ended, reaped or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.fixture
def rack(tmp_path: Path) -> Iterator[Rack]:
    if not shutil.which("ovs-vswitchd"):
        pytest.fail("Open vSwitch is not installed: make setup installs openvswitch-switch")
    rack = Rack(tmp_path, f"gu-fabric-{os.getpid()}")
    try:
        rack.start()
        yield rack
    finally:
        rack.stop()


@pytest.fixture
def rig(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """The switch of the platform that the parameter names."""
    monkeypatch.setattr(netconf, "RPC_SECONDS", 5)
    monkeypatch.setattr(netconf, "COMMIT_SECONDS", 5)
    monkeypatch.setattr(revision, "_APPLY_SECONDS", 4.0)
    if request.param == "openvswitch":
        yield Ovs(request.getfixturevalue("rack"))
        return
    found: Any = Junos() if request.param == "junos" else DOUBLES[request.param](tmp_path)
    yield found
    found.close()
