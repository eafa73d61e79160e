# SPDX-License-Identifier: GPL-3.0-or-later
"""Leftovers of networks in a network namespace of their own: real interfaces, tables of nftables and routes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.services

#: In the namespaces: what flannel and `basic` leave, and things of others. A bridge stands in for flannel's tunnel.
SETUP = """\
set -e
mount -t sysfs sysfs "$1/sys"
ip link set lo up
ip link add eth9 type veth peer name eth9peer
ip address add 10.30.0.21/24 dev eth9
ip link set eth9peer up
ip link set eth9 up
ip link add cni0 type bridge
ip link add flannel.1 type bridge
ip route add 10.64.1.0/24 via 10.30.0.22 dev eth9 proto 71
ip route add 10.99.0.0/24 via 10.30.0.23 dev eth9
nft add table ip flannel-ipv4
nft add table ip groundup_pods
nft add table inet others
"""
ACT = """\
import json, subprocess, sys
from ansible_collections.groundup.cloud.plugins.module_utils.errors import CloudError
from ansible_collections.groundup.cloud.plugins.module_utils.host.system import System
from ansible_collections.groundup.cloud.plugins.module_utils.layers import network_leftovers
out = []
for params, check in json.loads(sys.argv[2]):
    try:
        found = network_leftovers.perform(params, check=check, system=System(sys.argv[1]))
    except CloudError as error:
        found = {"error": str(error)}
    words = (["ip", "-o", "link"], ["ip", "route"], ["nft", "list", "tables"])
    shown = "".join(subprocess.run(word, capture_output=True, text=True, check=True).stdout for word in words)
    out.append({"result": found, "shown": shown})
print(json.dumps(out))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    if os.geteuid() or not all(shutil.which(name) for name in ("unshare", "ip", "nft")):
        pytest.skip("needs root, unshare, ip and nft")
    for name in ("sys", "etc/cni/net.d", "opt/cni/bin"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def act(root: Path, *runs: tuple[dict[str, Any], bool]) -> list[dict[str, Any]]:
    script = f'{SETUP}exec "$2" -c "$3" "$1" "$4"\n'
    words = ["unshare", "--net", "--mount", "sh", "-c", script, "sh", str(root), sys.executable, ACT, json.dumps(runs)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, env=environment)
    if "Operation not permitted" in done.stderr or "Operation not supported" in done.stderr:
        pytest.skip(f"this host has no such namespaces or links: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_what_flannel_has_left_is_removed_for_good_and_nothing_of_others(root: Path) -> None:
    (root / "etc/cni/net.d/10-flannel.conflist").write_text("{}")
    params = {"provider": "basic", "remove": ["flannel"]}
    refused, planned, done, again = act(
        root, ({"provider": "basic"}, False), (params, True), (params, False), (params, False)
    )
    assert "there is the network flannel" in refused["result"]["error"] and "flannel.1" in refused["shown"]
    steps = ["remove table ip flannel-ipv4", "remove interface flannel.1", "remove /etc/cni/net.d/10-flannel.conflist"]
    assert planned["result"]["steps"] == done["result"]["steps"] == steps
    assert planned["shown"] == refused["shown"]
    assert "flannel" not in done["shown"]
    for kept in ("cni0", "eth9", "10.64.1.0/24", "10.99.0.0/24", "groundup_pods", "inet others"):
        assert kept in done["shown"], kept
    assert again["result"]["changed"] is False


def test_routes_and_tables_of_basic_are_removed_and_routes_of_others_stay(root: Path) -> None:
    (done,) = act(root, ({"provider": "flannel", "remove": ["basic"]}, False))
    assert done["result"]["steps"] == ["remove routes of protocol 71", "remove table ip groundup_pods"]
    assert "10.64.1.0/24" not in done["shown"] and "10.99.0.0/24" in done["shown"]
    assert "flannel.1" in done["shown"] and "cni0" in done["shown"]
