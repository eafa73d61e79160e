# SPDX-License-Identifier: GPL-3.0-or-later
"""A provision network of two namespaces, one with the provisioner and one with a client, and a veth cable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

REPO = Path(__file__).resolve().parents[3]
MAC = "52:54:00:99:01:01"
KNOWN = [{"name": "node1", "macs": [MAC, "52:54:00:99:01:02"], "address": "10.99.7.21"}]

#: Program that runs in the provisioner's namespace and does what the module does on a provisioner.
RUN = """
import json, sys
from ansible_collections.groundup.cloud.plugins.module_utils.provision import provisioner
params, state, check, cache = json.load(sys.stdin)
try:
    print(json.dumps(provisioner.run(params, state, check, cache)))
except provisioner.EXPECTED as error:
    print(json.dumps({"error": str(error)}))
"""


def sh(*command: str, **more: Any) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


class Net:
    """Namespace `here` has prov0 with 10.99.7.1, `there` has node0 with the MAC address of a reservation."""

    def __init__(self, home: Path) -> None:
        self.home, self.state = home, home / "state"
        mark = f"prvt{os.getpid() % 10000}"
        self.here, self.there = f"{mark}-p", f"{mark}-c"
        self.params: dict[str, Any] = {
            "cloud": "prvt",
            "state_dir": str(self.state),
            "service_manager": "processes",
            "network": {"interface": None, "address": "10.99.7.1", "subnet": "10.99.7.0/24"},
            "addresses": {"provision": "10.99.7.1"},
            "bundle_dir": str(home / "bundle"),
            "machines": KNOWN,
            "images": {},
        }

    def up(self) -> None:
        for name in (self.here, self.there):
            sh("ip", "netns", "add", name)
            sh("ip", "-n", name, "link", "set", "lo", "up")
        peer = ("peer", "name", "node0", "netns", self.there)
        sh("ip", "-n", self.here, "link", "add", "prov0", "type", "veth", *peer)
        sh("ip", "-n", self.there, "link", "set", "node0", "address", MAC)
        sh("ip", "-n", self.here, "addr", "add", "10.99.7.1/24", "dev", "prov0")
        for name, link in ((self.here, "prov0"), (self.there, "node0")):
            sh("ip", "netns", "exec", name, "ethtool", "-K", link, "tx", "off")
            sh("ip", "-n", name, "link", "set", link, "up")

    def down(self) -> None:
        self.run(state="absent")
        for name in (self.here, self.there):
            for pid in sh("ip", "netns", "pids", name).split():
                os.kill(int(pid), 9)
            sh("ip", "netns", "del", name)

    def inside(self, name: str, *command: str, **more: Any) -> str:
        return sh("ip", "netns", "exec", name, *command, **more)

    def run(self, state: str = "present", check: bool = False, **more: Any) -> dict[str, Any]:
        given = json.dumps([{**self.params, **more}, state, check, str(self.home / "cache")])
        env = {**os.environ, "PYTHONPATH": str(REPO / ".ansible/collections")}
        return json.loads(self.inside(self.here, sys.executable, "-c", RUN, input=given, env=env))  # type: ignore[no-any-return]

    def processes(self) -> list[str]:
        return sh("ip", "netns", "pids", self.here).split()


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with a double of a finished build: these tests serve its image and don't boot it."""
    from ansible_collections.groundup.cloud.plugins.module_utils.provision import manifest
    from ansible_collections.groundup.cloud.plugins.module_utils.provision.recipe import recipe

    home = tmp_path_factory.mktemp("provisioner")
    place = home / "cache" / recipe("debian-13").key()
    place.mkdir(parents=True)
    (place / "os.raw").write_bytes(os.urandom(3 * 1024 * 1024))
    for name in ("vmlinuz", "ramdisk.img"):
        (place / name).write_bytes(b"double of " + name.encode())
    described = manifest.digest(str(place / "os.raw"))
    manifest.write_json(str(place / "manifest.json"), {"recipe": recipe("debian-13").key(), **described})
    (home / "bundle/files/sha256").mkdir(parents=True)
    (home / "bundle/files/sha256/abc").write_text("content")
    (home / "bundle/registry").mkdir()
    return home


@pytest.fixture(scope="module")
def net(cache: Path) -> Iterator[Net]:
    if os.geteuid() != 0:
        pytest.skip("needs root for network namespaces")
    found = Net(cache)
    found.up()
    try:
        yield found
    finally:
        found.down()
